"""The bound over all sites, mostly from a relaxation over the few sites that matter.

Of thousands of candidates the relaxation opens a few hundred. A short walk over all sites finds
out which; a longer one follows over that pool alone; its prices are then put to all sites, and
those that beat the price of the purse join the pool (site generation). Every round proves a
bound for all sites, whatever the pool lacks.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.siting.dual import Proof, proof
from safelight.plan.siting.gains import Gains, Ints, best_gain, restricted
from safelight.plan.siting.saddle import STRETCH, Point, relaxed, relaxed_worth
from safelight.plan.siting.search import Purse

HOPEFUL = 0.5  # share of its present gain that a demand keeps to begin with
NEAR = 0.08  # sites short of the price of the purse by up to this share of it join the pool


class Rounds(NamedTuple):
    """How hard to work on a bound: steps over all sites, then over pools; when to be content."""

    wide: int = 120
    pools: tuple[int, ...] = (400, 400)
    precision: float = 2e-4


class Bounded(NamedTuple):
    """A proven bound, and the point of the relaxation that it comes from."""

    proof: Proof
    point: Point


def purse_for(purse: Purse, sites: Ints) -> Purse:
    """Return the same purse for some sites alone."""
    return Purse(purse.cost[sites], purse.total)


def first_point(gains: Gains, purse: Purse, sites: Ints) -> Point:
    """Begin half way between some good sites and all sites alike."""
    share = np.full(gains.sites, min(1.0, 0.5 * purse.total / max(purse.cost.sum(), 1e-300)))
    share[sites] = np.minimum(1.0, share[sites] + 0.5)
    return Point(share, HOPEFUL * best_gain(gains, sites), STRETCH)


def bounded(gains: Gains, purse: Purse, start: Point, rounds: Rounds) -> Bounded:
    """Prove a bound over all sites, starting from some point."""
    point = relaxed(gains, purse, start, rounds.wide, rounds.precision)
    found = Bounded(proof(gains, purse, point.kept), point)
    worth, latest = relaxed_worth(gains, point.share), found
    nothing = np.zeros(gains.demands)
    for steps in rounds.pools:
        if found.proof.bound - worth <= rounds.precision * found.proof.bound:
            break
        pool = _pool(latest, purse, worth)
        part = restricted(gains, pool, nothing)
        start = latest.point._replace(share=latest.point.share[pool])
        point = relaxed(part, purse_for(purse, pool), start, steps, rounds.precision / 2)
        worth = max(worth, relaxed_worth(part, point.share))
        share = np.zeros(gains.sites)
        share[pool] = point.share
        point = point._replace(share=share)
        latest = Bounded(proof(gains, purse, point.kept), point)
        if latest.proof.bound < found.proof.bound:
            found = latest
    return Bounded(found.proof, latest.point)


def _pool(found: Bounded, purse: Purse, worth: float) -> Ints:
    """Return the sites that the relaxation may open: those not too dear by its gap, or by NEAR."""
    dear = found.proof.price * purse.cost
    margin = np.minimum(NEAR * dear, max(0.0, found.proof.bound - worth))
    return np.flatnonzero((found.proof.reduced >= dear - margin) | (found.point.share > 0))
