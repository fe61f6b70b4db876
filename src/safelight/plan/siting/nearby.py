"""Reach from coordinates: who is within so many metres, or how reach fades with distance."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.spatial import cKDTree

from safelight.kernel.errors import Invalid
from safelight.plan.siting.gains import Floats

Decay = Callable[[Floats], Floats]
BLOCK = 2_000_000  # pairs held as distances at one time
GREAT_BRITAIN = 1_300_000  # metres from the origin of the national grid to its far corners


def cover_within(
    demand_xy: npt.ArrayLike, candidate_xy: npt.ArrayLike, metres: float
) -> sparse.csr_array:
    """Return demand × candidate, 1 within a distance, from eastings and northings in metres.

    Raises:
        Invalid: coordinates are not metres on the national grid, or the distance is not above 0.
    """
    return reach_by_distance(demand_xy, candidate_xy, np.ones_like, metres)


def reach_by_distance(
    demand_xy: npt.ArrayLike,
    candidate_xy: npt.ArrayLike,
    decay: Decay | npt.ArrayLike,
    cutoff: float,
) -> sparse.csr_array:
    """Return demand × candidate reach in 32 bits, 0 beyond the cut-off (metres).

    ``decay`` is a function of distances in metres, or a table of (metres, reach) pairs with
    straight lines between them, level before the first; both give 0 to 1.

    Raises:
        Invalid: coordinates are not metres on the national grid, the cut-off is not above 0, or
            the decay leaves 0 to 1.
    """
    demand, candidate = _grid("demand", demand_xy), _grid("candidate", candidate_xy)
    if not cutoff > 0:
        raise Invalid(
            "siting-cutoff", f"The distance is {cutoff} m.", "Give a distance above 0, in metres."
        )
    fades = decay if callable(decay) else _table(decay)
    tree = cKDTree(candidate)
    near = tree.query_ball_point(demand, cutoff, return_length=True)
    start = np.concatenate([[0], np.cumsum(near)])
    site = np.empty(start[-1], np.int32)
    reach = np.empty(start[-1], np.float32)
    blocks = np.searchsorted(start, np.arange(BLOCK, start[-1], BLOCK))
    for rows in np.split(np.arange(len(demand)), np.unique(blocks)):
        if len(rows):
            lists = tree.query_ball_point(demand[rows], cutoff, return_sorted=True)
            part = slice(start[rows[0]], start[rows[-1] + 1])
            site[part] = np.concatenate([np.asarray(each, np.int32) for each in lists])
            apart = candidate[site[part]] - np.repeat(demand[rows], near[rows], axis=0)
            reach[part] = fades(np.hypot(apart[:, 0], apart[:, 1]))
    if not np.all((reach >= 0) & (reach <= 1)):
        raise Invalid(
            "siting-reach",
            "The decay gives a reach below 0, above 1 or not a number.",
            "Give shares from 0 to 1 up to the cut-off.",
        )
    small = len(site) < np.iinfo(np.int32).max
    start = start.astype(np.int32 if small else np.int64)
    return sparse.csr_array((reach, site, start), (len(demand), len(candidate)))


def _grid(name: str, xy: npt.ArrayLike) -> Floats:
    found = np.asarray(xy, np.float64)
    shaped = found.shape[1:] == (2,) and len(found) > 0
    if not (shaped and np.isfinite(found).all() and np.abs(found).max() <= GREAT_BRITAIN):
        raise Invalid(
            "siting-coordinates",
            f"The {name} coordinates are not metres on the national grid.",
            "Give one (easting, northing) in metres for each place, none missing.",
        )
    if len(found) > 1 and np.ptp(found, axis=0).max() < 1.0:
        raise Invalid(
            "siting-coordinates",
            f"All {name} coordinates lie within one metre; they may be degrees.",
            "Give eastings and northings in metres, not longitude and latitude.",
        )
    return found


def _table(pairs: npt.ArrayLike) -> Decay:
    table = np.asarray(pairs, np.float64)
    if table.shape[1:] != (2,) or (np.diff(table[:, 0]) <= 0).any():
        raise Invalid(
            "siting-decay",
            "The decay table is not a list of (metres, reach) with rising metres.",
            "Give pairs such as (400, 1.0), (800, 0.84).",
        )
    return lambda metres: np.interp(metres, table[:, 0], table[:, 1])
