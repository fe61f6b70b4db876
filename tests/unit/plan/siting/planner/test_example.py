"""The plan for the shipped example of Kent and Medway: a changed result has to be meant."""

import pytest

from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner import SiteProblem, plan_sites, read_figures
from safelight.plan.siting.planner.check import check_plan
from safelight.plan.siting.planner.report import site_rows
from safelight.plan.siting.planner.uptake import behrends
from safelight.sources.example import example_need

PARAMETERS = shipped_parameters("planning-siting")


def test_five_million_a_year_buy_buildings_in_chatham_and_margate() -> None:
    need, _ = example_need()
    problem = SiteProblem(
        figures=read_figures(PARAMETERS), uptake=behrends(PARAMETERS), budget=5e6, compare=True
    )
    plan = plan_sites(need, problem)
    assert check_plan(need, problem, plan) == []
    assert [(site.name, site.kind) for site in site_rows(plan)] == [
        ("Chatham South East", "building"),
        ("Salmestone", "building"),
    ]
    (answer,) = plan.answers
    assert answer.objective == pytest.approx(33.011, abs=0.001)
    assert answer.proven
    worth = [each.answer.objective for each in plan.variants if each.answer]
    assert worth == pytest.approx([33.011, 14.850, 33.011], abs=0.001)
