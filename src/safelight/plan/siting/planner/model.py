"""A problem over a need table, as arrays: areas, places, options, rules and reach."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Floats, Indices
from safelight.plan.siting.planner.goals import FREE, NEAR, PAIR, REACH, Goal, goal_of
from safelight.plan.siting.planner.options import Options, options_of, vehicle_cost
from safelight.plan.siting.planner.places import Places, places_of
from safelight.plan.siting.planner.problem import (
    BACKUP,
    MEASURE_UNITS,
    MEASURES,
    WITHIN,
    SiteProblem,
)
from safelight.plan.siting.planner.reach import Pairs, Reach, near_pairs, reach_of, travel_pairs
from safelight.plan.siting.planner.rules import Rules, rules_of


class Model(NamedTuple):
    """Everything that a search needs, as arrays; areas are the rows of the need table."""

    problem: SiteProblem
    need: pd.DataFrame
    places: Places
    options: Options
    rules: Rules
    families: dict[str, Reach]
    pairs: Pairs  # areas and places, in metres
    weight: Floats  # of each area, in the problem's measure
    district: Indices  # of each area, counted from 0
    episodes: Floats  # a year, if all of an area came
    cost: Floats  # £ a year of each option, with its share of a vehicle

    def goals(self, weight: Floats | None = None) -> list[Goal]:
        """Return the objectives in their order, for other weights of need where given."""
        used = self.weight if weight is None else weight
        backup = self.problem.backup_weight
        return [goal_of(name, used, self.district, backup) for name in self.problem.goals]


def measure_of(need: pd.DataFrame, measure: str) -> Floats:
    """Return the need of each area in a measure: overdoses, deaths or people."""
    return np.asarray(need[list(MEASURES[measure])].to_numpy(float).sum(axis=1))


def build_model(need: pd.DataFrame, problem: SiteProblem) -> Model:
    """Return the arrays of a problem; raises Invalid for input that makes no sense."""
    need = need.reset_index(drop=True)
    if not measure_of(need, problem.weight).sum() > 0:
        raise Invalid(
            "site-need",
            f"The need table has no {MEASURE_UNITS[problem.weight]} anywhere.",
            "Take another --measure, or another need table.",
        )
    places = places_of(need, problem.candidates)
    options = options_of(places, problem)
    pairs = _pairs(need, places, problem)
    families = _families(pairs, options, problem, len(need))
    slots = problem.figures.vehicle.visits
    people = need["people_at_risk"].to_numpy(float)
    return Model(
        problem,
        need,
        places,
        options,
        rules_of(problem, places, options),
        families,
        pairs,
        measure_of(need, problem.weight),
        pd.factorize(need["district_code"], sort=True)[0].astype(np.int64),
        people * problem.figures.episodes_per_person,
        np.maximum(options.annual + options.visits / slots * vehicle_cost(problem), 1.0),
    )


def _pairs(need: pd.DataFrame, places: Places, problem: SiteProblem) -> Pairs:
    if problem.travel is not None:
        minute = problem.figures.metres_per_minute
        return travel_pairs(problem.travel, need, places, minute)
    limit = max(problem.uptake.limit, problem.within or 0.0)
    return near_pairs(need[["easting", "northing"]].to_numpy(float), places.metres, limit)


def _families(pairs: Pairs, options: Options, problem: SiteProblem, areas: int) -> dict[str, Reach]:
    """Return the reach that the objectives speak of; what people reach is always there."""
    counts = (areas, len(options.place))
    near = np.searchsorted(options.place, pairs.place, "left")
    past = np.searchsorted(options.place, pairs.place, "right")
    which = np.repeat(np.arange(len(pairs.area)), past - near)
    within = np.arange(len(which)) - np.repeat(np.cumsum(past - near) - (past - near), past - near)
    option = near[which] + within
    spread = Pairs(pairs.area[which], option, pairs.metres[which])
    come = problem.uptake.at(spread.metres) * problem.figures.willingness
    reach = reach_of(spread, come * options.open_share[option], counts)
    found = {REACH: reach}
    if BACKUP in problem.goals:
        found |= {FREE: reach, PAIR: reach}
    if WITHIN in problem.goals and problem.within is not None:
        inside = (spread.metres <= problem.within).astype(float)
        found[NEAR] = reach_of(spread, inside, counts)
    return found
