"""The ladder: greedy, bound, search, fixing, and at its top the exact step.

Each rung narrows the gap or proves that nothing better is left; the climb ends at the gap that
was asked for, or where the effort ends. All work is counted, so that a seed has one answer.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from safelight.plan.siting.bounding import bounded, first_point, purse_for
from safelight.plan.siting.dual import may_improve
from safelight.plan.siting.effort import Effort, Rung
from safelight.plan.siting.exact import solved
from safelight.plan.siting.gains import Gains, Ints, is_whole, restricted, value
from safelight.plan.siting.merging import merged
from safelight.plan.siting.saddle import Point
from safelight.plan.siting.search import Purse, greedy
from safelight.plan.siting.team import searched

Progress = Callable[[str, float, float], None]  # rung, objective, bound
OPEN = 1e-3  # share from which the relaxation opens a site in earnest
NEARLY_ONE = 0.999  # whole gains: the next worth is one more, and sums are off by far less
ALIKE = 2e-7  # sets that differ in worth by less than this share count as the same


class Stop(NamedTuple):
    """When to be content."""

    gap: float = 0.0
    seconds: float | None = None  # a safety only: where it ends the climb, answers may differ
    began: float = 0.0

    def reached(self, climb: "Climb") -> bool:
        """Tell whether the gap is small enough, or the time is up."""
        late = self.seconds is not None and time.perf_counter() - self.began > self.seconds
        return late or climb.bound - climb.worth <= self.gap * climb.worth

    @property
    def left(self) -> float | None:
        """Return the seconds that are left."""
        return (
            None
            if self.seconds is None
            else max(1.0, self.seconds - (time.perf_counter() - self.began))
        )


class Climb(NamedTuple):
    """Where the climb stands."""

    sites: Ints
    worth: float
    bound: float
    point: Point | None = None


def climbed(
    gains: Gains,
    purse: Purse,
    effort: Effort,
    stop: Stop,
    *,
    seed: int = 0,
    start: Climb | None = None,
    progress: Progress | None = None,
) -> Climb:
    """Find good sites for all gains and prove how good; ``start`` may come from a like problem."""
    sites = greedy(gains, purse)
    if not len(sites):
        return Climb(sites, 0.0, 0.0)
    if start is not None and value(gains, start.sites) > value(gains, sites):
        sites = start.sites
    climb = Climb(
        sites, value(gains, sites), float("inf"), start.point if start is not None else None
    )
    left = np.arange(gains.sites)  # all that a better set may contain
    for number, rung in enumerate(effort.rungs):
        climb, left = _rung(gains, purse, rung, climb, left, seed + number)
        if progress is not None:
            progress(f"bound and search {number + 1}", climb.worth, climb.bound)
        if stop.reached(climb):
            return climb
    return _top(gains, purse, effort, climb, left, stop)


def least_better(gains: Gains, worth: float) -> float:
    """Return what a set must exceed to be worth more: whole gains allow a step of nearly 1."""
    return worth + NEARLY_ONE if is_whole(gains) else worth * (1 + ALIKE)


def tightened(gains: Gains, worth: float, bound: float) -> float:
    """Return the bound, or the worth where no set can be worth more than that."""
    if bound <= least_better(gains, worth):
        return worth
    return max(worth, float(np.floor(bound))) if is_whole(gains) else bound


def _rung(
    gains: Gains, purse: Purse, rung: Rung, climb: Climb, left: Ints, seed: int
) -> tuple[Climb, Ints]:
    """Bound what the sites that are left may reach, search among the best, drop the hopeless."""
    part = gains if len(left) == gains.sites else restricted(gains, left, np.zeros(gains.demands))
    own = purse_for(purse, left)
    if climb.point is None:
        start = first_point(part, own, np.flatnonzero(np.isin(left, climb.sites)))
    else:
        start = climb.point._replace(share=climb.point.share[left])
    found = bounded(part, own, start, rung.rounds)
    hopeful = left[found.point.share > OPEN]
    sites = searched(gains, purse, climb.sites, hopeful, rung.search, seed)
    worth = value(gains, sites)
    # A set with a site that was dropped is worth no more than some set found before.
    bound = max(worth, min(climb.bound, found.proof.bound))
    share = np.zeros(gains.sites)
    share[left] = found.point.share
    left = left[may_improve(found.proof, own, least_better(gains, worth))]
    if not len(np.setdiff1d(left, sites)):
        bound = worth
    return Climb(sites, worth, bound, found.point._replace(share=share)), left


def _top(gains: Gains, purse: Purse, effort: Effort, climb: Climb, left: Ints, stop: Stop) -> Climb:
    """Solve exactly over what is left, if it is small enough."""
    pool = np.union1d(left, climb.sites)
    few, _ = merged(restricted(gains, pool, np.zeros(gains.demands)))
    if not effort.nodes or len(few.row_gain) > effort.entries:
        return climb
    start = np.searchsorted(pool, climb.sites)
    best = solved(few, purse_for(purse, pool), start, nodes=effort.nodes, seconds=stop.left)
    sites = pool[best.sites]
    worth = value(gains, sites)
    bound = max(worth, min(climb.bound, best.bound))
    return climb._replace(sites=sites, worth=worth, bound=bound)
