"""p-centre: the p sites that make the largest distance to the nearest one least."""

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from safelight.kernel.errors import Invalid
from safelight.plan.siting.cover import Covering
from safelight.plan.siting.distances import (
    Candidates,
    Distances,
    check_distances,
    mark_candidates,
)
from safelight.plan.siting.median.costs import Floats, Integers
from safelight.plan.siting.result import Siting


def p_center(
    distance: npt.ArrayLike, p: int, *, forced: Sequence[int] = (), forbidden: Sequence[int] = ()
) -> Siting:
    """Open ``p`` candidates so that the demand farthest from an open one is as near as can be.

    ``distance`` is demand × candidate, in any unit, infinite where a demand cannot reach a
    candidate. Always proven: ``bound`` equals ``objective``, one of the distances given. Asks
    distance after distance whether p sites cover all demand within it (Minieka 1970, SIAM Review
    12); covers are found or ruled out by reductions, by the machinery of p-median, or by HiGHS,
    whose word is taken only that there is none.

    Raises:
        Invalid: What is given makes no sense (see ``distances``), or no ``p`` sites reach all
            demand.
    """
    started = time.perf_counter()
    table = check_distances(distance)
    candidates = mark_candidates(table.shape[1], p, forced, forbidden)
    nearest = np.where(candidates.allowed, table, np.inf).min(axis=1)
    possible = np.unique(table[:, candidates.allowed])
    possible = possible[(possible >= nearest.max()) & np.isfinite(possible)]
    sites = _search(table, int(p), candidates, possible)
    if sites is None:
        raise Invalid(
            "sites-reach",
            f"No {p} sites reach all demand.",
            "Ask for more sites, allow more candidates, or leave out the demand out of reach.",
            sites=p,
        )
    opened = _fill(table, sites, int(p), candidates)
    objective = float(table[:, opened].min(axis=1).max())
    return Siting(opened, objective, objective, time.perf_counter() - started)


def _search(table: Distances, p: int, candidates: Candidates, possible: Floats) -> Integers | None:
    """Find the sites with the least of the possible distances; None where none reach all.

    Ruling a distance out takes far longer than finding sites for it, so those that a quick search
    finds come first; the distance just below the best is then the first to be proven impossible.
    """
    sites: Integers | None = None
    low, high = 0, possible.size  # the answer is at low or later; sites are known for high
    hoped = 0
    while hoped < high:
        middle = (hoped + high) // 2
        covering = Covering(table <= possible[middle], p, *candidates)
        found = covering.try_()
        if found is None:
            hoped = middle + 1
            low = hoped if covering.impossible else low
        else:
            sites, high = found, _rank(table, found, possible)
    step = 1
    while low < high:
        at = max(low, high - step)
        found = Covering(table <= possible[at], p, *candidates).solve()
        if found is None:
            low, step = at + 1, 1
        else:
            sites, high, step = found, _rank(table, found, possible), 2 * step
    return sites


def _rank(table: Distances, sites: Integers, possible: Floats) -> int:
    """Tell which of the possible distances is the largest from demand to site."""
    return int(np.searchsorted(possible, table[:, sites].min(axis=1).max()))


def _fill(table: Distances, sites: Integers, p: int, candidates: Candidates) -> Integers:
    """Open sites up to ``p``, each where it shortens the sum of distances most."""
    while sites.size < p:
        near = table[:, sites].min(axis=1)
        totals = np.minimum(table, near[:, None]).sum(axis=0, dtype=np.float64)
        totals[~candidates.allowed] = np.inf
        totals[sites] = np.inf
        sites = np.sort(np.append(sites, int(totals.argmin())))
    return sites
