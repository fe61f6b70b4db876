"""The smaller pieces: history, ratios, standing, shares."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from safelight.plan.need.history import district_history
from safelight.plan.need.ratios import ratio_draws
from safelight.plan.need.shares import within
from safelight.plan.need.standing import Period, poisson_interval, ranks
from safelight.plan.parameters import shipped_parameters
from tests.support.country import FIRST_POPULATION, made_up_country

PARAMETERS = shipped_parameters("planning-need")
KENT, MEDWAY = "E10000016", "E06000035"


def test_exact_interval_is_that_of_the_poisson_law() -> None:
    low, high = poisson_interval(np.array([0.0, 1.0, 38.0]))
    assert low[0] == 0
    assert poisson.sf(np.array([0, 37]), low[1:]) == pytest.approx([0.025, 0.025])
    assert poisson.cdf(np.array([0, 1, 38]), high) == pytest.approx([0.025] * 3)


def test_interval_of_dover_is_the_published_one() -> None:
    low, high = poisson_interval(np.array([38.0]))
    people = 38 / 10.75  # 10.7 per 100,000 in 2018 to 2020, 7.6 to 14.8
    assert (low[0] / people, high[0] / people) == pytest.approx((7.6, 14.8), abs=0.1)


def test_rank_one_is_the_highest_in_each_draw() -> None:
    assert ranks(np.array([[3.0, 1.0], [2.0, 5.0], [1.0, 2.0]])).tolist() == [
        [1, 3],
        [2, 1],
        [3, 2],
    ]


def test_shares_add_up_to_one_in_each_district_and_draw() -> None:
    district = np.array([2, 0, 2, 0, 1])
    weight = np.arange(1.0, 11.0).reshape(5, 2)
    shares = within(weight, district, 4)
    for number in range(3):
        assert shares[district == number].sum(axis=0) == pytest.approx([1.0, 1.0])
    assert shares[0] == pytest.approx(weight[0] / (weight[0] + weight[2]))


def test_merged_districts_are_sums_of_their_parts() -> None:
    tables = made_up_country()
    codes = tables.authority_codes.copy()
    codes.loc[codes["code"] == "E07000002", "current_code"] = "E07000001"
    today = codes["current_code"].drop_duplicates()
    merged = district_history(tables.deaths, codes, today)
    apart = district_history(tables.deaths, tables.authority_codes, codes["code"])
    assert merged.deaths[0] == pytest.approx(apart.deaths[0] + apart.deaths[1])
    known = merged.years >= FIRST_POPULATION
    both = apart.population[0] + apart.population[1]
    assert merged.population[0, known] == pytest.approx(both[known])


def test_population_is_carried_back_by_its_own_growth() -> None:
    tables = made_up_country()
    grown = tables.deaths.copy()
    grown["population"] *= 1.02 ** (grown["year"] - FIRST_POPULATION)
    codes = pd.Series(sorted(grown["code"].unique()))
    found = district_history(grown, tables.authority_codes, codes)
    assert found.population[:, 1:] / found.population[:, :-1] == pytest.approx(1.02)


def test_ratio_has_the_value_and_the_limits_of_its_parameter() -> None:
    rng = np.random.default_rng(1)
    drawn = ratio_draws(PARAMETERS, "admissions_per_death", [MEDWAY], np.array([20.0]), 50_000, rng)
    parameter = PARAMETERS["admissions_per_death"]
    low, middle, high = np.quantile(drawn, [0.025, 0.5, 0.975])
    assert (low, middle, high) == pytest.approx(
        (parameter.low, parameter.value, parameter.high), rel=0.05
    )


def test_an_authority_with_a_figure_of_its_own_lies_between_it_and_the_general_ratio() -> None:
    rng = np.random.default_rng(1)
    deaths = np.array([105.7, 22.7])
    drawn = ratio_draws(PARAMETERS, "people_at_risk_per_death", [KENT, MEDWAY], deaths, 20_000, rng)
    kent, medway = np.median(drawn, axis=1)
    own = PARAMETERS.number(f"people_at_risk_{KENT}") / 105.7
    general = PARAMETERS.number("people_at_risk_per_death")
    assert own < kent < general
    assert medway == pytest.approx(general, rel=0.02)
    assert np.log(drawn[0]).std() < np.log(drawn[1]).std()


@pytest.mark.parametrize(
    ("period", "words"), [((2018, 2020), "2018 to 2020"), ((2020,) * 2, "2020")]
)
def test_a_period_is_written_in_words(period: tuple[int, int], words: str) -> None:
    assert str(Period(*period)) == words
