"""The site planner against every plan of tiny problems, and what must hold of any plan."""

from dataclasses import replace
from math import inf

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner import SiteProblem, plan_sites, read_figures
from safelight.plan.siting.planner.check import check_plan
from safelight.plan.siting.planner.uptake import behrends, parse_uptake
from tests.support.needs import need_table
from tests.support.site_brute import Brute

EXAMPLES = settings().max_examples  # of the profile
PARAMETERS = shipped_parameters("planning-siting")
FIGURES = read_figures(PARAMETERS)
# A building that is open like a stop and hardly larger, so that kinds compete and sites fill up.
TIGHT = read_figures(
    PARAMETERS,
    {
        "building_hours_a_week": 20,
        "building_booths": 1,
        "usable_share": 0.1,
        "building_running_cost": 300_000,
        "mobile_visits_a_vehicle": 4,
        "mobile_hours_a_visit": 6,
    },
)
DISTRICTS = ["Dover", "Thanet", "Medway"]


@st.composite
def needs(draw: st.DrawFn) -> pd.DataFrame:
    """Three to five areas on a rough grid, some at the same point, some without need."""
    count = draw(st.integers(3, 4))
    spot = st.tuples(st.integers(0, 12), st.integers(0, 12))
    points = draw(st.lists(spot, min_size=count, max_size=count))
    deaths = draw(st.lists(st.sampled_from([0.0, 0.2, 1.0, 3.0]), min_size=count, max_size=count))
    names = [*DISTRICTS, draw(st.sampled_from(DISTRICTS))][:count]
    deaths[0] = max(deaths[0], 0.2)
    return need_table([(400.0 * x, 400.0 * y) for x, y in points], deaths=deaths, districts=names)


@st.composite
def problems(draw: st.DrawFn) -> SiteProblem:
    """Any objective under some of the rules."""
    place = st.integers(0, 2).map(lambda k: f"E0200{k:04}")
    named = st.one_of(place, place.map(lambda code: f"{code}:mobile"))
    district = st.dictionaries(st.sampled_from(DISTRICTS), st.integers(1, 2), max_size=1)
    rare = st.sampled_from([True, False, False, False])
    return SiteProblem(
        figures=draw(st.sampled_from([FIGURES, TIGHT])),
        uptake=draw(
            st.sampled_from(
                [behrends(PARAMETERS), parse_uptake("0:1,1000:0.5,2500:0.1", PARAMETERS)]
            )
        ),
        objective=draw(st.sampled_from(["overdoses", "within", "worst-off", "backup", "farthest"])),
        within=draw(st.sampled_from([500.0, 1500.0])),
        sites=draw(st.integers(1, 4)),
        budget=draw(st.sampled_from([None, 400_000.0, 1_200_000.0, 2_600_000.0, 6_000_000.0])),
        capital=draw(st.sampled_from([None, None, 150_000.0, 1_200_000.0])),
        buildings=draw(st.sampled_from([None, None, 1])),
        mobile_stops=draw(st.sampled_from([None, None, 1, 2])),
        vehicles=draw(st.sampled_from([None, None, 1])),
        force=tuple(draw(st.lists(named, max_size=1))) if draw(rare) else (),
        forbid=tuple(draw(st.lists(named, max_size=2))) if draw(rare) else (),
        min_district=draw(district) if draw(rare) else {},
        max_district=draw(district) if draw(rare) else {},
        spacing=draw(st.sampled_from([0.0, 0.0, 900.0, 2000.0])),
    )


@settings(max_examples=EXAMPLES // 2)
@given(needs(), problems())
def test_plan_equals_the_best_of_all_plans(need: pd.DataFrame, problem: SiteProblem) -> None:
    brute = Brute(need, problem)
    best = brute.best(problem.objective)
    try:
        plan = plan_sites(need, problem)
    except Invalid:
        assert best == -inf
        return
    (answer,) = plan.answers
    sign = -1 if problem.objective == "farthest" else 1
    assert sign * answer.objective == pytest.approx(best, rel=2e-6, abs=1e-9)
    assert answer.proven
    assert check_plan(need, problem, plan) == []


@settings(max_examples=EXAMPLES // 5)
@given(needs(), problems(), st.sampled_from(["overdoses", "within", "backup", "worst-off"]))
def test_second_objective_is_the_best_among_the_best_for_the_first(
    need: pd.DataFrame, problem: SiteProblem, then: str
) -> None:
    problem = replace(problem, figures=FIGURES, then=then)
    if then == problem.objective:
        return
    try:
        plan = plan_sites(need, problem)
    except Invalid:
        return
    first, second = plan.answers
    expected = Brute(need, problem).best_then(first.name, then)
    assert second.objective == pytest.approx(expected, rel=2e-6, abs=1e-9)
    assert check_plan(need, problem, plan) == []


@settings(max_examples=EXAMPLES // 5)
@given(needs(), problems(), st.integers(1, 3), st.sampled_from([1e5, 1e6, 3e6]))
def test_more_money_or_more_sites_never_make_a_plan_worse(
    need: pd.DataFrame, problem: SiteProblem, sites: int, pounds: float
) -> None:
    problem = replace(problem, objective="overdoses", budget=problem.budget or 1e6)
    try:
        less = plan_sites(need, problem)
    except Invalid:
        return
    assert problem.sites is not None
    assert problem.budget is not None
    wider = replace(problem, sites=problem.sites + sites, budget=problem.budget + pounds)
    more = plan_sites(need, wider)
    assert more.answers[0].objective >= less.answers[0].objective * (1 - 1e-6)
