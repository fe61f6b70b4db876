"""The check of a plan finds what is wrong with it."""

import numpy as np
import pytest

from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner import SitePlan, SiteProblem, plan_sites, read_figures
from safelight.plan.siting.planner.check import check_plan
from safelight.plan.siting.planner.uptake import behrends
from tests.support.needs import towns

PARAMETERS = shipped_parameters("planning-siting")
NEED = towns(40)
PROBLEM = SiteProblem(
    figures=read_figures(PARAMETERS), uptake=behrends(PARAMETERS), sites=4, spacing=2500.0
)
PLAN = plan_sites(NEED, PROBLEM)


def spoiled(what: str) -> SitePlan:
    visits = PLAN.visits
    (answer,) = PLAN.answers
    return {
        "bound": PLAN._replace(answers=(answer._replace(bound=answer.objective * 0.9),)),
        "objective": PLAN._replace(
            answers=(answer._replace(objective=answer.objective / 2),),
        ),
        "sites": PLAN._replace(opened=np.arange(5) * 2),
        "parts": PLAN._replace(visits=visits._replace(part=visits.part * 2)),
        "shares": PLAN._replace(visits=visits._replace(share=visits.share * 1.1)),
    }[what]


def test_sound_plan_passes() -> None:
    assert check_plan(NEED, PROBLEM, PLAN) == []


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("bound", "is not one"),
        ("objective", "the objective is"),
        ("sites", "sites: 5 of 4"),
        ("parts", "is sent 2.0"),
        ("shares", "reaches its site with"),
    ],
)
def test_spoiled_plan_is_found_out(what: str, words: str) -> None:
    assert any(words in each for each in check_plan(NEED, PROBLEM, spoiled(what)))
