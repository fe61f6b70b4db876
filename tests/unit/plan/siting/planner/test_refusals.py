"""Every question that makes no sense gets one clear error with the remedy."""

from typing import Any

import pandas as pd
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner import SiteProblem, plan_sites, read_figures
from safelight.plan.siting.planner.uptake import behrends
from tests.support.needs import need_table

PARAMETERS = shipped_parameters("planning-siting")
FIGURES = read_figures(PARAMETERS)
NEED = need_table([(0, 0), (1000, 0), (9000, 0)], districts=["Dover", "Dover", "Thanet"], draws=5)
CODES = NEED["code"].tolist()


def refused(need: pd.DataFrame = NEED, **options: Any) -> Invalid:  # noqa: ANN401 - any option
    problem = SiteProblem(figures=FIGURES, uptake=behrends(PARAMETERS), **options)
    with pytest.raises(Invalid) as found:
        plan_sites(need, problem)
    assert found.value.remedy
    return found.value


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({}, "site-limits"),
        ({"buildings": 2}, "site-limits"),
        ({"sites": 0}, "site-count"),
        ({"buildings": 0, "mobile_stops": 0}, "site-count"),
        ({"sites": -1}, "site-limit"),
        ({"budget": float("nan")}, "site-limit"),
        ({"sites": 1, "objective": "happiness"}, "site-objective"),
        ({"sites": 1, "measure": "visits"}, "site-measure"),
        ({"sites": 1, "kinds": ("tent",)}, "site-kind"),
        ({"sites": 1, "kinds": ()}, "site-kind"),
        ({"sites": 1, "objective": "within"}, "site-within"),
        ({"sites": 1, "then": "overdoses"}, "site-then"),
        ({"sites": 1, "then": "farthest"}, "site-then"),
        ({"sites": 1, "objective": "farthest", "draws": 2}, "site-draws"),
        ({"sites": 1, "draws": 6}, "site-draws"),
        ({"sites": 1, "gap": 1.5}, "site-option"),
        ({"sites": 1, "nodes": 0}, "site-option"),
        ({"sites": 1, "draws": -1}, "site-option"),
        ({"sites": 1, "spacing": -1.0}, "site-option"),
        ({"frontier": (5, 2)}, "site-frontier"),
        ({"sites": 1, "force": ("E02999999",)}, "site-place"),
        ({"sites": 1, "forbid": ("E02999999",)}, "site-place"),
        ({"sites": 1, "force": (f"{CODES[0]}:tent",)}, "site-place"),
        ({"sites": 1, "kinds": ("mobile",), "force": (f"{CODES[0]}:building",)}, "site-place"),
        ({"sites": 1, "force": (CODES[0],), "forbid": (CODES[0],)}, "site-forced"),
        ({"sites": 1, "force": tuple(CODES[:2])}, "site-impossible"),
        ({"sites": 1, "min_district": {"Atlantis": 1}}, "site-district"),
        ({"sites": 3, "min_district": {"Thanet": 2}}, "site-min-district"),
        ({"sites": 3, "min_district": {"Dover": 2}, "spacing": 2000.0}, "site-spacing"),
        (
            {"sites": 3, "force": (CODES[2],), "max_district": {"Thanet": 0}},
            "site-max-district",
        ),
        ({"budget": 1000.0}, "site-budget"),
        ({"budget": 1e7, "capital": 1000.0}, "site-capital"),
    ],
)
def test_refusal_names_its_rule(options: dict[str, Any], rule: str) -> None:
    assert refused(**options).code == rule


def test_seed_is_no_negative_number() -> None:
    problem = SiteProblem(figures=FIGURES, uptake=behrends(PARAMETERS), sites=1)
    with pytest.raises(Invalid, match="The seed is -1"):
        plan_sites(NEED, problem, seed=-1)


def test_budget_error_says_the_least_that_would_do() -> None:
    error = refused(budget=100_000.0)
    values = error.as_dict()["values"]
    assert isinstance(values, dict)
    # One stop: a vehicle, its capital over 7 years at 3.5%, and the stop.
    vehicle = 150_000 * 0.035 / (1 - 1.035**-7)
    assert float(values["least"]) == pytest.approx(350_000 + vehicle + 10_000)
    assert "384,532" in error.message


def test_least_budget_is_enough() -> None:
    values = refused(budget=100_000.0).as_dict()["values"]
    assert isinstance(values, dict)
    least = float(values["least"])
    problem = SiteProblem(figures=FIGURES, uptake=behrends(PARAMETERS), budget=least + 1)
    assert len(plan_sites(NEED, problem).opened) == 1


def test_need_without_draws_has_no_uncertainty_to_plan_for() -> None:
    assert refused(NEED.drop(columns="deaths_draws"), sites=1, draws=2).code == "need-draws"


def test_need_of_nobody_is_refused() -> None:
    assert refused(need_table([(0, 0)], deaths=[0.0]), sites=1).code == "site-need"


def test_need_table_is_checked_before_it_is_used() -> None:
    swapped = NEED.assign(lon=NEED["lat"], lat=NEED["lon"])
    assert refused(swapped, sites=1).code == "coordinates-swapped"
    assert refused(NEED.assign(population=-1.0), sites=1).code == "need-value"


def travel(**columns: object) -> pd.DataFrame:
    base = {"from": CODES, "to": [CODES[0]] * 3, "minutes": [0.0, 5.0, 20.0]}
    return pd.DataFrame({**base, **columns})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (travel().drop(columns="minutes"), "no column minutes"),
        (travel(to=["x", *CODES[:2]]), "row 1: to x is unknown"),
        (travel(minutes=[1.0, -1.0, 2.0]), "row 2: the minutes are -1.0"),
        (travel().iloc[:2], f"no row from {CODES[2]}"),
        (pd.concat([travel(), travel()]), "gives a pair of places twice"),
    ],
)
def test_travel_times_name_what_is_wrong(table: pd.DataFrame, words: str) -> None:
    error = refused(sites=1, travel=table)
    assert error.code == "travel-times"
    assert words in error.message
