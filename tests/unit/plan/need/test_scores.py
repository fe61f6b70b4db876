"""Naive answers, and the scores by which forecasts are judged."""

import numpy as np
import pytest

from safelight.plan.need.baselines import baselines, between_variance
from safelight.plan.need.scoring import (
    BASELINES,
    Forecast,
    by_empirical_bayes,
    by_population,
    capture,
    coverage,
    from_rates,
    log_score,
    top_places,
)

COUNTS, PEOPLE = np.array([10.0, 0.0, 5.0, 1.0]), np.array([100.0, 50.0, 40.0, 10.0])


def test_population_shares_the_total_and_the_last_count_is_the_count() -> None:
    found = baselines(COUNTS, PEOPLE)
    assert found.population == pytest.approx([8.0, 4.0, 3.2, 0.8])
    assert found.last_count == pytest.approx(COUNTS)


def test_empirical_bayes_lies_between_the_two() -> None:
    counts = np.array([40.0, 5.0, 13.0, 2.0])
    found = baselines(counts, PEOPLE)
    low, high = np.minimum(counts, found.population), np.maximum(counts, found.population)
    assert ((low < found.empirical_bayes) & (found.empirical_bayes < high)).all()


def test_empirical_bayes_is_population_where_counts_vary_by_chance_alone() -> None:
    counts = np.array([8.0, 4.0, 3.0, 1.0])
    assert between_variance(counts, PEOPLE) == 0
    found = baselines(counts, PEOPLE)
    assert found.empirical_bayes == pytest.approx(found.population)
    seen = np.array([7.0, 3.0, 5.0, 0.0])
    both = (by(counts, PEOPLE, PEOPLE, seen) for by in (by_empirical_bayes, by_population))
    one, other = both
    assert one.upto == pytest.approx(other.upto)


@pytest.mark.parametrize(("areas", "places"), [(5, 1), (10, 2), (11, 3), (13, 3)])
def test_top_fifth_is_rounded_up(areas: int, places: int) -> None:
    assert top_places(areas) == places


def test_capture_is_the_share_in_the_top_fifth() -> None:
    seen = np.array([5.0, 1.0, 3.0, 1.0, 0.0])
    assert capture(np.array([1.0, 0.0, 2.0, 0.5, 0.1]), seen) == 0.3
    assert capture(seen, seen) == 0.5


def test_areas_that_tie_share_the_places() -> None:
    assert capture(np.ones(5), np.array([5.0, 1.0, 3.0, 1.0, 0.0])) == pytest.approx(0.2)


def test_a_right_forecast_covers_exactly_its_level() -> None:
    rng = np.random.default_rng(1)
    rates = rng.gamma(2.0, 1.0, 20_000)  # counts as small as those of LSOAs
    seen = rng.poisson(rates).astype(float)
    found = from_rates(rates[:, None], seen)
    for level in (0.5, 0.9, 0.95):
        assert coverage(found, level) == pytest.approx(level, abs=0.01)


def test_a_forecast_that_is_too_sure_covers_less() -> None:
    rng = np.random.default_rng(1)
    seen = rng.poisson(rng.gamma(2.0, 1.0, 5_000)).astype(float)
    assert coverage(from_rates(np.full((5_000, 1), 2.0), seen), 0.9) < 0.85


def test_log_score_prefers_the_right_forecast() -> None:
    seen = np.array([2.0, 7.0])
    right, wrong = (from_rates(np.array(rate)[:, None], seen) for rate in ([2.0, 7], [7.0, 2]))
    assert log_score(right) > log_score(wrong)


@pytest.mark.parametrize("name", BASELINES)
def test_baseline_forecasts_are_probabilities(name: str) -> None:
    counts = np.array([40.0, 5.0, 12.0, 3.0])
    found: Forecast = BASELINES[name](counts, PEOPLE, PEOPLE, np.array([30.0, 6.0, 0.0, 2.0]))
    assert (found.upto > found.below).all()
    assert (found.below >= 0).all()
    assert (found.upto <= 1).all()
