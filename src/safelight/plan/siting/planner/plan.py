"""Sites for a need table: solve, then compare kinds, trace the frontier, ask draws of need."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

import pandas as pd

from safelight.contracts.need import check_need
from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.answer import Answer, answers_of
from safelight.plan.siting.planner.arrays import Floats, Indices
from safelight.plan.siting.planner.model import Model, build_model
from safelight.plan.siting.planner.problem import FARTHEST, SiteProblem, check_problem
from safelight.plan.siting.planner.prove import Prover
from safelight.plan.siting.planner.uncertain import DrawStudy, study_draws
from safelight.plan.siting.planner.variants import Variant, compared, frontier_of, last_point
from safelight.plan.siting.planner.worth import Visits

Progress = Callable[[float, str], None]
DRAW: Final = 0.2  # of the work that a plan takes, for planning again for one draw


class SitePlan(NamedTuple):
    """Where to open what, what it reaches, and the proof."""

    model: Model
    opened: Indices  # options
    answers: tuple[Answer, ...]  # one per objective, in their order
    visits: Visits
    shares: dict[str, Floats]
    variants: tuple[Variant, ...] = ()
    frontier: tuple[Variant, ...] = ()
    draws: DrawStudy | None = None

    @property
    def vehicles(self) -> int:
        """Return how many vehicles the mobile stops need."""
        return self.model.rules.vehicles_for(self.opened)


def _silent(_fraction: float, _message: str) -> None:
    """Tell nobody."""


def plan_sites(
    need: pd.DataFrame, problem: SiteProblem, *, seed: int = 1, progress: Progress | None = None
) -> SitePlan:
    """Choose fixed buildings and mobile stops together, with a proven bound.

    ``need`` is a need table of version 1; ``seed`` picks the draws of need; ``progress`` hears the
    share of the work that is done and what is being done. The same arguments give the same plan on
    any number of cores.

    Raises Invalid for input that makes no sense, and for rules that no plan keeps.
    """
    check_problem(problem)
    if seed < 0:
        raise Invalid("site-option", f"The seed is {seed}.", "Give a whole number of 0 or more.")
    stages = _stages(problem, progress or _silent)
    stages["plan"](0.05, "Measuring who can reach what")
    model = build_model(check_need(need), problem)
    prover = Prover(model)
    if problem.frontier:
        prover.limit_sites(last_point(model, problem.frontier))
        model = prover.model
    answers, found = answers_of(prover, stages["plan"])
    assert found.opened is not None  # noqa: S101 - answers_of raises otherwise
    goals = [goal for goal in model.goals() if goal.name != FARTHEST]
    visits = prover.worth.visits(found.opened, *goals)
    shares = prover.worth.shares(found.opened, *goals)
    plan = SitePlan(model, found.opened, answers, visits, shares)
    if problem.compare:
        plan = plan._replace(variants=compared(model, found.opened, answers[0], stages["compare"]))
    if problem.frontier:
        plan = plan._replace(frontier=frontier_of(model, problem.frontier, stages["frontier"]))
    if problem.draws:
        study = study_draws(Prover(model), found, problem.draws, seed, stages["draws"])
        plan = plan._replace(draws=study)
    return plan


def _stages(problem: SiteProblem, told: Progress) -> dict[str, Progress]:
    """Return, for each part of the work, what turns its progress into that of the whole."""
    first, last = problem.frontier or (0, -1)
    sizes = {
        "plan": 2.0 * len(problem.goals),
        "compare": 2.0 * problem.compare,
        "frontier": float(last - first + 1),
        "draws": DRAW * problem.draws,
    }
    whole = sum(sizes.values())
    begun, stages = 0.0, dict[str, Progress]()
    for name, size in sizes.items():
        stages[name] = partial(_tell, told, begun / whole, size / whole)
        begun += size
    return stages


def _tell(told: Progress, start: float, size: float, fraction: float, message: str) -> None:
    told(start + size * fraction, message)
