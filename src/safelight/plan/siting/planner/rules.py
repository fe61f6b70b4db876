"""What a plan must keep to, as linear rows over options and vehicles."""

from collections.abc import Iterator, Sequence
from math import ceil, inf
from typing import Final, NamedTuple

import numpy as np

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Flags, Floats, Indices
from safelight.plan.siting.planner.figures import BUILDING, KINDS
from safelight.plan.siting.planner.options import Options, vehicle_cost
from safelight.plan.siting.planner.places import Places
from safelight.plan.siting.planner.problem import WORST_OFF, SiteProblem
from safelight.plan.siting.planner.spacing import cliques

SLACK: Final = 1e-9  # of a row's scale: what rounding may add


BUILDINGS: Final = "buildings"
TALLY: Final = "tally-"


class Rule(NamedTuple):
    """``low ≤ Σ coefficient of the open options + vehicle × vehicles ≤ high``."""

    name: str
    option: Indices
    coefficient: Floats
    vehicle: float = 0.0
    low: float = -inf
    high: float = inf


class Rules(NamedTuple):
    """All rows, and which options may or must be open."""

    rows: tuple[Rule, ...]
    counted: tuple[int, ...]  # rows that count sites, which the search branches on in this order
    may: Flags
    must: Flags
    visits: Floats  # of a vehicle a week, per option
    visits_a_vehicle: float
    vehicles: float  # at most

    @property
    def turns(self) -> list[int]:
        """Return when the search branches on the vehicles and each counted row: dear things first.

        Buildings come before vehicles, and those before stops: a vehicle more or less moves a
        bound little while parts of a building are still to be had.
        """
        dear = {BUILDINGS, f"{TALLY}{BUILDING}"}
        return [1, *(0 if self.rows[row].name in dear else 2 for row in self.counted)]

    def vehicles_for(self, opened: Sequence[int] | Indices) -> int:
        """Return how many vehicles some open options need."""
        visits = float(self.visits[np.asarray(opened, dtype=np.int64)].sum())
        return ceil(visits / self.visits_a_vehicle - SLACK)


def rules_of(problem: SiteProblem, places: Places, options: Options) -> Rules:
    """Return the rows of a problem; raises Invalid for a place or district that is not there."""
    forced = [_named(each, "force", places, options) for each in problem.force]
    barred = [_named(each, "forbid", places, options) for each in problem.forbid]
    may, must = np.ones(len(options.place), dtype=bool), np.zeros(len(options.place), dtype=bool)
    for each in barred:
        may[each] = False
    for text, each in zip(problem.force, forced, strict=True):
        if not may[each].any():
            raise Invalid(
                "site-forced",
                f"{text} is both forced and forbidden.",
                "Leave it out of --force or of --forbid.",
                place=text,
            )
        if len(each) == 1:
            must[each] = True
    counts = (*_count_rows(problem, options), *_tallies(problem, places, options))
    rows = (
        Rule("sites", *_ones(may | ~may), low=1, high=_most(problem.sites)),
        *counts,
        *_money_rows(problem, options),
        *(Rule("force", each, np.ones(len(each)), low=1) for each in forced if len(each) > 1),
        *_district_rows(problem, places, options),
        *_spacing_rows(problem, places, options),
    )
    vehicles = inf if problem.vehicles is None else problem.vehicles
    slots = problem.figures.vehicle.visits
    counted = tuple(range(1, 1 + len(counts)))
    return Rules(rows, counted, may, must, options.visits, slots, vehicles)


def _named(text: str, what: str, places: Places, options: Options) -> Indices:
    """Return the options that a place's code names, or a code with a kind."""
    code, _, kind = text.partition(":")
    place = np.flatnonzero(places.code == code)
    if not len(place):
        raise Invalid(
            "site-place",
            f"--{what} {text}: there is no place {code!r} among the candidates.",
            "Give a code of the need table, or an id of the candidates file.",
            place=code,
        )
    found = options.place == place[0]
    if kind:
        if kind not in KINDS:
            raise Invalid(
                "site-place", f"--{what} {text}: {kind!r} is no kind.", f"Take {', '.join(KINDS)}."
            )
        found &= options.kind == KINDS.index(kind)
    if not found.any():
        raise Invalid(
            "site-place",
            f"--{what} {text}: no site of that kind is allowed there.",
            "Allow its kind with --kinds, or in the candidates file.",
            place=code,
        )
    return np.flatnonzero(found)


def _ones(flags: Flags) -> tuple[Indices, Floats]:
    found = np.flatnonzero(flags)
    return found, np.ones(len(found))


def _most(limit: float | None) -> float:
    return inf if limit is None else float(limit)


def _count_rows(problem: SiteProblem, options: Options) -> Iterator[Rule]:
    yield Rule(BUILDINGS, *_ones(options.is_building), high=_most(problem.buildings))
    yield Rule("mobile-stops", *_ones(options.is_mobile), high=_most(problem.mobile_stops))


def _tallies(problem: SiteProblem, places: Places, options: Options) -> Iterator[Rule]:
    """Count each kind in each district, without a limit, where the worst-off district counts.

    A relaxed plan puts parts of sites into every district; once the counts are whole there is
    little left to decide.
    """
    if WORST_OFF not in problem.goals:
        return
    district = places.district_code[options.place]
    for code in sorted(set(district)):
        for kind in range(len(KINDS)):
            found = (options.kind == kind) & (district == code)
            if found.any():
                yield Rule(f"{TALLY}{KINDS[kind]}", *_ones(found))


def _money_rows(problem: SiteProblem, options: Options) -> Iterator[Rule]:
    every = np.arange(len(options.place))
    if problem.budget is not None:
        cost = vehicle_cost(problem)
        yield Rule("budget", every, options.annual, cost, high=problem.budget)
    if problem.capital is not None:
        cost = problem.figures.vehicle.capital
        yield Rule("capital", every, options.capital, cost, high=problem.capital)


def _district_rows(problem: SiteProblem, places: Places, options: Options) -> Iterator[Rule]:
    for name, count in problem.min_district.items():
        yield Rule("min-district", *_inside(name, places, options, "--min-district"), low=count)
    for name, count in problem.max_district.items():
        yield Rule("max-district", *_inside(name, places, options, "--max-district"), high=count)


def _inside(name: str, places: Places, options: Options, flag: str) -> tuple[Indices, Floats]:
    """Return the options in a district, by its name or code; Invalid where there is none."""
    wanted = name.casefold()
    same = [
        wanted in {str(code).casefold(), str(each).casefold()}
        for code, each in zip(places.district_code, places.district, strict=True)
    ]
    found = np.array(same)[options.place]
    if found.any():
        return _ones(found)
    known = ", ".join(sorted({str(each) for each in places.district}))
    raise Invalid(
        "site-district",
        f"{flag} {name}: no candidate is in a district of that name or code.",
        f"The candidates are in {known}.",
        district=name,
    )


def _spacing_rows(problem: SiteProblem, places: Places, options: Options) -> Iterator[Rule]:
    """One site at a place, and none nearer to another than the spacing."""
    if problem.spacing:
        name = "spacing"
        groups = cliques(places.metres, problem.spacing)
        spaced = np.zeros(len(places.code), dtype=bool)
        for group in groups:
            spaced[group] = True
    else:
        name, groups, spaced = "place", [], np.zeros(len(places.code), dtype=bool)
    first = np.searchsorted(options.place, np.arange(len(places.code) + 1))
    alone = [np.array([each]) for each in np.flatnonzero(~spaced)]
    for group in (*groups, *alone):
        found = np.concatenate([np.arange(first[each], first[each + 1]) for each in group])
        if len(found) > 1:
            yield Rule(name if len(group) > 1 else "place", found, np.ones(len(found)), high=1)
