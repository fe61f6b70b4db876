"""The question that a plan answers: objective, limits, rules, and what is assumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Final

import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.figures import KINDS, Figures
from safelight.plan.siting.planner.uptake import Uptake

OVERDOSES, WITHIN, WORST_OFF, BACKUP, FARTHEST = OBJECTIVES = (
    "overdoses",
    "within",
    "worst-off",
    "backup",
    "farthest",
)
MEASURES: Final = {
    "overdoses": ("deaths", "nonfatal_overdoses"),
    "deaths": ("deaths",),
    "people": ("people_at_risk",),
}
MEASURE_UNITS: Final = {
    "overdoses": "overdoses a year",
    "deaths": "deaths a year",
    "people": "people at risk",
}
NODES: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class SiteProblem:
    """What to site, for what, and within which limits. Money is £, distances are metres.

    ``budget`` is a year's cost: running cost plus capital spread over its life; ``capital`` limits
    what is spent at the start. ``force`` and ``forbid`` name places, or a place with a kind
    ('E02005117:mobile'). ``nodes`` is the counted work after which a search stops unproven.
    """

    figures: Figures
    uptake: Uptake
    objective: str = OVERDOSES
    then: str | None = None  # a second objective, among the plans best for the first
    measure: str | None = None  # overdoses, deaths or people; by the objective where left out
    within: float | None = None
    budget: float | None = None
    capital: float | None = None
    sites: int | None = None
    buildings: int | None = None
    mobile_stops: int | None = None
    vehicles: int | None = None
    kinds: tuple[str, ...] = KINDS
    force: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    min_district: Mapping[str, int] = field(default_factory=dict)
    max_district: Mapping[str, int] = field(default_factory=dict)
    spacing: float = 0.0
    candidates: pd.DataFrame | None = None
    travel: pd.DataFrame | None = None
    gap: float = 0.0
    nodes: int = NODES
    draws: int = 0
    frontier: tuple[int, int] | None = None
    compare: bool = False

    @property
    def goals(self) -> tuple[str, ...]:
        """Return the objective, and the second where there is one."""
        return (self.objective,) if self.then is None else (self.objective, self.then)

    @property
    def weight(self) -> str:
        """Return the measure of need: as given, or people for 'within' and overdoses otherwise."""
        return self.measure or ("people" if self.objective == WITHIN else "overdoses")

    @property
    def backup_weight(self) -> float:
        """Return what the second site in reach counts, as a share of the objective."""
        return self.figures.parameters.number("backup_weight")


def check_problem(problem: SiteProblem) -> None:
    """Raise Invalid for the first part of a question that makes no sense by itself."""
    _check_names(problem)
    _check_goals(problem)
    _check_limits(problem)
    _check_work(problem)


def _check_names(problem: SiteProblem) -> None:
    names = [
        *(("site-objective", each, OBJECTIVES) for each in problem.goals),
        ("site-measure", problem.weight, tuple(MEASURES)),
        *(("site-kind", each, KINDS) for each in problem.kinds),
    ]
    for rule, name, known in names:
        if name not in known:
            raise Invalid(
                rule,
                f"There is no {rule.removeprefix('site-')} {name!r}.",
                f"Take one of {', '.join(known)}.",
                name=name,
            )
    if not problem.kinds:
        raise Invalid("site-kind", "No kind of site is allowed.", f"Allow {' or '.join(KINDS)}.")


def _check_goals(problem: SiteProblem) -> None:
    if WITHIN in problem.goals and problem.within is None:
        raise Invalid(
            "site-within",
            "The objective 'within' needs a distance or a walking time.",
            "Give --within 500m or --within 15min.",
        )
    if problem.then in {problem.objective, FARTHEST}:
        raise Invalid(
            "site-then",
            f"'{problem.then}' cannot be the second objective after '{problem.objective}'.",
            f"Take another of {', '.join(each for each in OBJECTIVES if each != FARTHEST)}.",
        )
    if problem.objective == FARTHEST and problem.draws:
        raise Invalid(
            "site-draws",
            "The objective 'farthest' does not depend on how much need there is.",
            "Leave --draws out, or take another objective.",
        )


def _check_limits(problem: SiteProblem) -> None:
    counts = {
        "--sites": problem.sites,
        "--buildings": problem.buildings,
        "--mobile-stops": problem.mobile_stops,
        "--vehicles": problem.vehicles,
    }
    money = {"--budget": problem.budget, "--capital": problem.capital}
    for name, limit in {**counts, **money}.items():
        if limit is not None and not 0 <= limit < inf:
            raise Invalid(
                "site-limit", f"{name} is {limit:g}.", "Give a number of 0 or more.", option=name
            )
    if problem.sites == 0 or (problem.buildings == 0 and problem.mobile_stops == 0):
        raise Invalid("site-count", "A plan of 0 sites plans nothing.", "Allow at least 1 site.")
    limited = [counts["--sites"], *money.values()]
    both = problem.buildings is not None and problem.mobile_stops is not None
    if not both and all(each is None for each in limited) and problem.frontier is None:
        raise Invalid(
            "site-limits",
            "Nothing limits the plan.",
            "Give --budget or --sites, or both --buildings and --mobile-stops.",
        )


def _check_work(problem: SiteProblem) -> None:
    wrong = {
        "--gap": (not 0 <= problem.gap < 1, "Give a share from 0 (proven best) to below 1."),
        "--nodes": (problem.nodes < 1, "Give a number of 1 or more."),
        "--draws": (problem.draws < 0, "Give a number of draws, or 0 for none."),
        "--spacing": (not 0 <= problem.spacing < inf, "Give a distance of 0 or more."),
    }
    for name, (is_wrong, remedy) in wrong.items():
        if is_wrong:
            value = getattr(problem, name.removeprefix("--"))
            raise Invalid("site-option", f"{name} cannot be {value:g}.", remedy, option=name)
    if problem.frontier and not 1 <= problem.frontier[0] <= problem.frontier[1]:
        first, last = problem.frontier
        raise Invalid(
            "site-frontier",
            f"The frontier {first}..{last} is no range of numbers of sites.",
            "Write --frontier 1..20.",
        )
