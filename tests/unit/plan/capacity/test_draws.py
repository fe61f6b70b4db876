"""Counter-based draws: known numbers, right shapes, and the same people however they are drawn."""

from datetime import date

import numpy as np
import pytest
from scipy import stats

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.distributions import (
    Distribution,
    constant,
    empirical,
    exponential,
    gamma,
    laws,
    lognormal,
)
from safelight.plan.capacity.draws import KIND, MINUTES, drawn, mixed, stream, uniform
from safelight.plan.capacity.hours import parse_hours
from safelight.plan.capacity.service import Route, Service, calendar_of
from safelight.plan.capacity.simulation import Crowd

GOLDEN = 0x9E3779B97F4A7C15
MANY = 20_000


def splitmix(seed: int, count: int) -> list[int]:
    """SplitMix64 as its authors describe it, in plain whole numbers."""
    numbers, mask = [], 2**64 - 1
    for step in range(1, count + 1):
        x = (seed + step * GOLDEN) & mask
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
        numbers.append(x ^ (x >> 31))
    return numbers


def service(**changes: object) -> Service:
    values: dict[str, object] = {
        "hours": parse_hours("Mon-Sun 09:00-21:00"),
        "visits_per_day": 40.0,
        "routes": (Route("injecting", 1.0, "booth", exponential(20)),),
    }
    return Service(**{**values, **changes})  # type: ignore[arg-type]  # any field may change


def test_mixing_gives_the_published_numbers() -> None:
    """The first outputs of SplitMix64 from seed 1234567 are widely published."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert splitmix(1234567, 3) == published
    ours = [int(mixed(np.uint64((1234567 + step * GOLDEN) % 2**64))) for step in range(1, 4)]
    assert ours == published


def test_uniform_numbers_are_even_and_independent_of_their_neighbours() -> None:
    numbers = np.array([uniform(stream(7, 3), counter) for counter in range(MANY)])
    assert stats.kstest(numbers, "uniform").pvalue > 0.01
    for lag in (1, 2, 1024):
        assert abs(np.corrcoef(numbers[:-lag], numbers[lag:])[0, 1]) < 4 / MANY**0.5


def test_replications_and_seeds_draw_different_numbers() -> None:
    keys = {int(stream(seed, replication)) for seed in range(30) for replication in range(30)}
    assert len(keys) == 900


OBSERVED = (4.0, 9.0, 9.0, 30.0)
SHAPES = {
    "exponential": (exponential(20), stats.expon(scale=20)),
    "lognormal": (lognormal(13, 0.45), stats.lognorm(0.45, scale=13)),
    "gamma": (gamma(30, 4), stats.gamma(4, scale=7.5)),
    "gamma of a shape below 1": (gamma(30, 0.5), stats.gamma(0.5, scale=60)),
}


@pytest.mark.parametrize(("ours", "theirs"), SHAPES.values(), ids=list(SHAPES))
def test_minutes_have_the_distribution_they_name(
    ours: Distribution,
    theirs: stats.rv_continuous,
) -> None:
    law = laws([ours])
    key = stream(1, 0)
    values = [
        drawn(law.code[0], law.first[0], law.second[0], key, visit << 20) for visit in range(MANY)
    ]
    assert stats.kstest(values, theirs.cdf).pvalue > 0.01
    assert stats.kstest(np.multiply(values, 1.05), theirs.cdf).pvalue < 0.01
    assert ours.mean == pytest.approx(theirs.mean())


def test_observed_minutes_come_as_often_as_they_were_observed() -> None:
    crowd = Crowd(
        service(routes=(Route("injecting", 1.0, "booth", empirical(OBSERVED)),)), seed=1, years=1
    )
    values, counts = np.unique(crowd.year(0).needs[:, MINUTES], return_counts=True)
    assert values.tolist() == [4.0, 9.0, 30.0]
    assert counts / counts.sum() == pytest.approx([0.25, 0.5, 0.25], abs=0.02)


def test_people_do_not_depend_on_which_years_are_drawn_or_in_which_order() -> None:
    several, alone = Crowd(service(), seed=5, years=4), Crowd(service(), seed=5, years=1)
    for number in (3, 0, 2):
        several.year(number)
    several.forget()
    for ours, theirs in zip(several.year(3), alone.year(3), strict=True):
        assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_first_days_are_the_same_in_a_longer_year() -> None:
    """A week is the beginning of a month: what is drawn hangs on the person, not on the total."""
    week, month = (Crowd(service(), seed=5, years=1, days=days).year(0) for days in (7, 28))
    count = len(week.arrival)
    assert np.allclose(week.arrival, month.arrival[:count], rtol=0, atol=1e-6)
    assert np.array_equal(week.needs[:, MINUTES], month.needs[:count, MINUTES])


def test_arrivals_follow_the_rate_of_every_hour() -> None:
    weights = tuple(float(3 if 12 <= hour < 15 else 1) for hour in range(24))
    busy = service(hour_weights=weights, month_day_weights={1: 2.0}, visits_per_day=200.0)
    crowd = Crowd(busy, seed=2, years=1)
    arrival = crowd.year(0).arrival
    hour = np.bincount((arrival % 1440 // 60).astype(int), minlength=24)
    share = np.array([0] * 9 + [1, 1, 1, 3, 3, 3, 1, 1, 1, 1, 1, 1] + [0] * 3) / 18
    assert hour[share == 0].sum() == 0
    result = stats.chisquare(hour[share > 0], share[share > 0] * hour.sum())
    assert result.pvalue > 0.01
    assert len(arrival) == pytest.approx(200 * 365, rel=0.02)
    days = np.bincount((arrival // 1440).astype(int), minlength=365)
    is_first = np.array(
        [date.fromordinal(date(2024, 1, 1).toordinal() + d).day == 1 for d in range(365)]
    )
    assert days[is_first].mean() / days[~is_first].mean() == pytest.approx(2, rel=0.1)


def test_number_expected_in_a_year_does_not_hang_on_the_weights() -> None:
    for changes in ({}, {"month_day_weights": {28: 5.0}}, {"weekday_weights": (3.0,) + (1.0,) * 6}):
        calendar = calendar_of(service(**changes), date(2024, 1, 1), 365)
        assert calendar.rates @ calendar.lengths == pytest.approx(40 * 365)


def test_routes_come_in_their_shares() -> None:
    routes = (
        Route("injecting", 0.5, "booth", exponential(20)),
        Route("smoking", 0.2, "smoking_seat", exponential(20)),
        Route("other", 0.3, "none", constant(0)),
    )
    traits = Crowd(service(routes=routes), seed=1, years=1).year(0).traits
    counts = np.bincount(traits[:, KIND] + 1, minlength=3)
    assert stats.chisquare(counts, np.array([0.3, 0.5, 0.2]) * counts.sum()).pvalue > 0.01


@pytest.mark.parametrize(
    "make",
    [
        lambda: exponential(0),
        lambda: exponential(-3),
        lambda: lognormal(10, 0),
        lambda: gamma(10, float("nan")),
        lambda: constant(-1),
        lambda: empirical(()),
        lambda: empirical((1.0, -2.0)),
    ],
)
def test_minutes_that_cannot_be_are_refused(make) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - one lambda a row
    with pytest.raises(Invalid, match="above 0"):
        make()
