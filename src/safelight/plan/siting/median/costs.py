"""What serving every demand costs from every candidate, and from the nearest ones in order."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Marks = npt.NDArray[np.int8]
Distances = npt.NDArray[np.float64] | npt.NDArray[np.float32]

LISTED = 50_000_000  # entries of all lists together: 12 bytes each
CELLS = 4_000_000  # distances sorted at once
# Sums of whole numbers up to here are exact, and their bounds are off by far less than one.
WHOLE = 1e11


class Costs(NamedTuple):
    """Weighted distances, demand × candidate, with each demand's candidates nearest first."""

    distance: Distances  # demand × candidate; inf where a demand cannot reach a candidate
    weight: Floats
    order: Small  # demand × place in the list
    cost: Floats  # demand × place in the list
    length: Integers  # candidates in each demand's list
    cut: Floats  # no candidate outside a demand's list costs less than this
    far: float  # what a demand costs that reaches no open site: more than any plan that serves all
    whole: bool  # whether every cost is a whole number


def list_costs(distance: Distances, weight: Floats, allowed: npt.NDArray[np.bool_]) -> Costs:
    """Sort the allowed candidates of every demand, as many as ``LISTED`` lets."""
    demands, candidates = distance.shape
    kept = min(int(allowed.sum()), max(1, LISTED // demands))
    order = np.empty((demands, kept), np.int32)
    cost = np.empty((demands, kept))
    reached = np.empty(demands, np.int64)
    most, whole = 0.0, bool((weight == np.rint(weight)).all())
    step = max(1, CELLS // candidates)
    for low in range(0, demands, step):
        rows = slice(low, low + step)
        reach = np.where(allowed, distance[rows], np.inf)
        inside = np.isfinite(reach)
        reached[rows] = np.where(weight[rows] > 0, inside.sum(axis=1), 0)
        finite = np.where(inside, reach, 0.0)
        most += float(finite.max(axis=1, initial=0.0) @ weight[rows])
        whole = whole and bool((finite == np.rint(finite)).all())
        order[rows] = np.argsort(reach, axis=1, kind="stable")[:, :kept]
        nearest = np.take_along_axis(finite, order[rows].astype(np.int64), axis=1)
        cost[rows] = nearest * weight[rows, None]
    far = 2 * most + 1
    cut = np.where(reached > kept, cost[:, -1], np.where(weight > 0, far, 0.0))
    length = np.minimum(reached, kept)
    return Costs(distance, weight, order, cost, length, cut, far, whole and most < WHOLE)
