"""The linear relaxation solved to a set precision, by its saddle point.

With a share y of each site open, a demand takes its best sites until it has one whole site, and
keeps u, the gain at which it stops:

    max over shares y in the purse, min over u ≥ 0:   Σ u + Σ y · Σ (gain − u)⁺

Steps alternate: shares follow the reduced gains, extrapolated; each u then minimises its own
part exactly, near where it was (Hamedani and Aybat 2021, SIAM J Optim 31:1299, for saddle points
that are not bilinear; step lengths scaled by rows and columns after Pock and Chambolle 2011;
averaging and restarts after Applegate and others 2021, "PDLP"). A step costs one pass over the
gains above u.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.siting.dual import bought, reduced_gains
from safelight.plan.siting.gains import Floats, Gains
from safelight.plan.siting.search import Purse
from safelight.plan.siting.stepping import Scaling, begin, scaling_of, step_once

CHECK = 40  # steps between two looks at the gap
RESTART, RESTART_WORSE, LONG = 0.4, 0.8, 0.4  # when to begin again from the better point
STILL = 1e-15  # moves too short to compare
STRETCH = 3.0  # how long steps in u are against steps in shares, to begin with


class Point(NamedTuple):
    """Shares and prices from which the relaxation may be solved further."""

    share: Floats  # by site: y
    kept: Floats  # by demand: u
    stretch: float = STRETCH


def relaxed(gains: Gains, purse: Purse, start: Point, steps: int, precision: float) -> Point:
    """Take up to so many steps, fewer once bound and relaxation agree to a share of the bound.

    Returns the best shares and the best u met.
    """
    if not len(gains.row_gain):
        return start
    return _iterate(gains, purse, start, steps, precision)


@compiled
def relaxed_worth(gains: Gains, share: Floats) -> float:
    """Return what shares are worth in the relaxation: never more than its optimum."""
    worth = 0.0
    for i in range(len(gains.row_start) - 1):
        left = 1.0
        for e in range(gains.row_start[i], gains.row_start[i + 1]):
            taken = min(left, share[gains.row_site[e]])
            worth += taken * gains.row_gain[e]
            left -= taken
            if left <= 0:
                break
    return worth


@compiled
def _iterate(gains: Gains, purse: Purse, start: Point, steps: int, precision: float) -> Point:
    scaling, stretch, price = scaling_of(gains, start.kept), start.stretch, 0.0
    walk = begin(gains, start.share, start.kept)
    restart = best = Point(start.share.copy(), start.kept.copy(), stretch)
    bound, worth, since, gap_then, gap_last = np.inf, -np.inf, 0, np.inf, np.inf
    for step in range(1, steps + 1):
        price = step_once(gains, purse, walk, scaling, stretch, price)
        since += 1
        if step % CHECK and step < steps:
            continue
        gap, whole = np.inf, False
        for mean in (False, True):
            share = walk.sum_share / since if mean else walk.share
            kept = walk.sum_kept / since if mean else walk.kept
            upper = kept.sum() + bought(reduced_gains(gains, kept), purse)[0]
            lower = relaxed_worth(gains, share)
            if upper < bound:
                bound, best = upper, Point(best.share, kept.copy(), stretch)
            if lower > worth:
                worth, best = lower, Point(share.copy(), best.kept, stretch)
            if upper - lower <= gap:
                gap, whole = upper - lower, mean
        if bound - worth <= precision * bound:
            break
        due = gap < RESTART * gap_then or (gap < RESTART_WORSE * gap_then and gap > gap_last)
        gap_last = gap
        if due or since > LONG * step:
            share = walk.sum_share / since if whole else walk.share.copy()
            kept = walk.sum_kept / since if whole else walk.kept.copy()
            stretch = _balanced(stretch, share - restart.share, kept - restart.kept, scaling)
            restart = Point(share, kept, stretch)
            walk, scaling = begin(gains, share, kept), scaling_of(gains, kept)
            since, gap_then, gap_last = 0, gap, np.inf
    return Point(best.share, best.kept, stretch)


@compiled
def _balanced(stretch: float, share: Floats, kept: Floats, scaling: Scaling) -> float:
    """Balance how far shares and prices have moved, half way in logarithms."""
    moved_share = np.sqrt((share * share / scaling.share).sum())
    moved_kept = 0.0
    for i in range(len(kept)):
        if scaling.kept[i] > 0:
            moved_kept += kept[i] * kept[i] / scaling.kept[i]
    if moved_share < STILL or moved_kept < STILL:
        return stretch
    return float(np.sqrt(stretch * np.sqrt(moved_kept) / moved_share))
