"""Several searches, then more among the sites that any of them chose (tour merging, in effect)."""

from typing import NamedTuple

import numpy as np

from safelight.plan.siting.gains import Gains, Ints, restricted, value
from safelight.plan.siting.merging import merged
from safelight.plan.siting.search import Purse, Schedule, greedy, improved

APART = Schedule(0, most=8, hot=0.4, cool=0.002)  # from anywhere
TOGETHER = Schedule(0, most=8, hot=0.1, cool=0.002)  # near the best plan so far
MEMBERS, MEETINGS = 4, 3
LEAST = 100  # steps of one search, at least


class Search(NamedTuple):
    """How much to search in all: steps, and entries touched (about), whichever ends first."""

    steps: int
    work: float


def searched(
    gains: Gains, purse: Purse, sites: Ints, hopeful: Ints, search: Search, seed: int
) -> Ints:
    """Search among the present sites and hopeful ones; returns sites worth at least as much."""
    pool = np.union1d(sites, hopeful)
    plans = [sites]
    for meeting in range(1 + MEETINGS):
        few, _ = merged(restricted(gains, pool, np.zeros(gains.demands)))
        own = Purse(purse.cost[pool], purse.total)
        schedule = APART if meeting == 0 else TOGETHER
        schedule = schedule._replace(steps=_steps(few, len(sites), search))
        start = np.searchsorted(pool, plans[0])
        rough = greedy(few, own)
        if meeting == 0 and value(few, rough) > value(few, start):
            start = rough
        plans += [
            pool[improved(few, own, start, schedule, seed + 100 * meeting + member)]
            for member in range(MEMBERS)
        ]
        plans.sort(key=lambda plan: -value(gains, plan))
        pool = np.unique(np.concatenate(plans))
    return plans[0]


def _steps(gains: Gains, opened: int, search: Search) -> int:
    """Return the steps of one search that its part of the work allows."""
    entries = len(gains.row_gain)
    per_site = entries / max(1, gains.sites) * entries / max(1, gains.demands) + gains.sites
    moved = min(APART.most, opened) + 1  # sites closed, opened, and half of these undone
    searches = MEMBERS * (1 + MEETINGS)
    return int(max(LEAST, min(search.steps, search.work / (moved * per_site)) / searches))
