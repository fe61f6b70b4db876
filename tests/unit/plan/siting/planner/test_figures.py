"""What sites cost, hold and are open for, as the planning parameters give it."""

import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner.figures import annuity, read_figures

PARAMETERS = shipped_parameters("planning-siting")


def test_building_is_the_thistle() -> None:
    building = read_figures(PARAMETERS).kinds["building"]
    assert (building.running, building.open_share) == (2_300_000, 0.5)
    # 8 booths, 84 hours a week, an episode every half hour, 70% of the time.
    assert building.capacity == pytest.approx(8 * 84 * 365.25 / 7 * 2 * 0.7)


def test_volume_is_the_thistles_and_not_insites() -> None:
    figures = read_figures(PARAMETERS)
    assert figures.episodes_per_person == pytest.approx(7827 / 575, abs=0.01)


def test_stop_is_open_six_hours_a_week_and_takes_two_visits() -> None:
    stop = read_figures(PARAMETERS).kinds["mobile"]
    assert (stop.open_share, stop.visits, stop.capital) == (6 / 168, 2, 0)


def test_every_figure_without_a_source_is_called_an_assumption() -> None:
    for name, each in PARAMETERS.values.items():
        assert (
            each.citation.startswith("Assumption: ")
            or "http" in each.citation
            or ("doi" in each.citation or "ICER" in each.citation)
        ), name


def test_capital_is_spread_over_its_life() -> None:
    assert annuity(1000, 10, 0) == 100
    # A sum lent at 3.5% for 15 years: the payments' present value is the sum.
    a_year = annuity(1000, 15, 0.035)
    assert sum(a_year / 1.035**year for year in range(1, 16)) == pytest.approx(1000)


def test_figure_given_by_hand_says_so() -> None:
    figures = read_figures(PARAMETERS, {"building_booths": 4})
    assert figures.changed == {"building_booths": 4}
    assert figures.parameters["building_booths"].citation == "Given by hand for this plan"
    assert figures.kinds["building"].capacity == pytest.approx(
        read_figures(PARAMETERS).kinds["building"].capacity / 2
    )


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"building_running_cost": -1}, "siting-figure"),
        ({"building_booths": 0}, "siting-figure"),
        ({"willingness": 1.5}, "siting-figure"),
        ({"backup_weight": 0.6}, "siting-figure"),
        ({"building_hours_a_week": 169}, "siting-hours"),
        ({"no_such_figure": 1}, "planning-parameter"),
    ],
)
def test_figure_that_makes_no_sense_is_refused(changed: dict[str, float], rule: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_figures(PARAMETERS, changed)
    assert refused.value.code == rule
    assert refused.value.remedy
