"""The plan that leaves nobody far from a site: p-centre with budgets and kinds, by bisection."""

from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Flags, Floats, Indices
from safelight.plan.siting.planner.model import Model
from safelight.plan.siting.planner.programme import rules_model, solved
from safelight.plan.siting.planner.prove import Told, nobody
from safelight.plan.siting.planner.reach import MOST_PAIRS
from safelight.plan.siting.planner.solver import add_row


class Centre(NamedTuple):
    """Opened options and the distance within which every area with need then has a site."""

    opened: Indices | None
    metres: float
    bound: float  # no plan does better than this
    covers: list[Indices]  # for each area, the options within that distance
    stopped: bool


def centre(model: Model, told: Told = nobody) -> Centre:
    """Return the plan with the smallest greatest distance, proven by covering models.

    A distance D is enough where one option can be opened within D of every area that has need:
    an integer model says yes or no, and the distances that occur are halved until one is left.
    Raises Invalid where there are too many pairs of areas and places.
    """
    metres = _distances(model)
    levels = np.unique(metres[np.isfinite(metres)])
    # No plan can do better than with every place open.
    alone = metres.min(axis=1, initial=np.inf).max(initial=0.0)
    low, high = int(np.searchsorted(levels, alone)), len(levels)
    opened, stopped = None, False
    while low < high and not stopped:
        # The largest distance first: where that is not enough, nothing is.
        middle = len(levels) - 1 if opened is None else (low + high) // 2
        found, settled = _covered(model, metres <= levels[middle])
        if found is not None:
            is_open = np.isin(np.arange(metres.shape[1]), model.options.place[found])
            reached = metres[:, is_open].min(axis=1).max(initial=0.0)
            opened, high = found, int(np.searchsorted(levels, reached))
        elif settled:
            low = middle + 1
        else:
            stopped = True
        if opened is not None:
            told(-float(levels[high]), -float(levels[min(low, high)]))
    if opened is None:
        return Centre(None, np.inf, np.inf, [], stopped)
    best = float(levels[high])
    return Centre(opened, best, float(levels[low]), _covers(model, metres <= best), stopped)


def _distances(model: Model) -> Floats:
    """Return metres from every area with need to every place."""
    needy = np.flatnonzero(model.weight > 0)
    places = len(model.places.code)
    if len(needy) * places > MOST_PAIRS:
        raise Invalid(
            "site-size",
            f"{len(needy):,} areas and {places:,} places are too many for 'farthest'.",
            "Plan a smaller region, or list candidates.",
        )
    if model.problem.travel is None:
        areas = model.need[["easting", "northing"]].to_numpy(float)[needy]
        return np.asarray(cdist(areas, model.places.metres))
    metres = np.full((len(model.weight), places), np.inf)
    metres[model.pairs.area, model.pairs.place] = model.pairs.metres
    return metres[needy]


def _covers(model: Model, near: Flags) -> list[Indices]:
    """Return the options near each area, without areas whose places include another's."""
    rows = near.astype(np.float32)
    # Row b holds all of row a where what they share is all of a; of equal rows the first stays.
    inside = (rows @ rows.T) >= rows.sum(axis=1)[:, None]
    idle = inside & (~inside.T | np.tri(len(near), k=-1, dtype=bool).T)
    return [np.flatnonzero(row[model.options.place]) for row in near[~idle.any(axis=0)]]


def _covered(model: Model, near: Flags) -> tuple[Indices | None, bool]:
    """Return options that cover every area, or none, and whether that is settled."""
    count = len(model.options.place)
    solver = rules_model(model.rules, np.zeros(count), 0.0)
    for cover in _covers(model, near):
        add_row(solver, 1.0, np.inf, cover, np.ones(len(cover)))
    return solved(solver, count, model.problem.nodes)
