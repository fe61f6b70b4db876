"""Local search: close a few neighbouring sites, open better ones, accept less and less loss.

Ruin and recreate with simulated annealing (Schrimpf and others 2000, J Comput Phys 159:139).
Steps are counted, never timed, so that one seed gives one answer on any machine.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.compiled import compiled
from safelight.plan.siting.gains import Floats, Gains, Ints, value
from safelight.plan.siting.opening import Opening, close_site, none_open, open_site

Random = npt.NDArray[np.uint64]  # one number, which changes in place
ROUND_OFF = 1e-9  # a step up or a cost that differs by less, as a share, may be rounding alone
NONE = np.zeros(0, np.int64)
NEARER = 0.7  # share of walks that end at the nearest open site, not the second
TRIES = 20  # walks to neighbouring sites before any open site will do


class Purse(NamedTuple):
    """What may be spent: a cost for each site, and the sum that opened sites may cost."""

    cost: Floats
    total: float


class Schedule(NamedTuple):
    """How long and how boldly to search."""

    steps: int
    most: int = 8  # sites closed in one step, 1 to this many
    hot: float = 0.4  # loss accepted at first, as a share of the mean worth of an open site
    cool: float = 0.02  # and at the end
    blink: float = 0.1  # share of times that the best next site is passed over


def sites_to_open(count: int, sites: int) -> Purse:
    """Return the purse that buys a number of sites, each costing 1."""
    return Purse(np.ones(sites), float(count))


def greedy(gains: Gains, purse: Purse, first: Ints = NONE) -> Ints:
    """Open, again and again, the site that adds most for its cost, after some; ascending."""
    state = none_open(gains)
    for site in first:
        open_site(gains, state, int(site))
    left = purse.total - float(purse.cost[first].sum())
    _spend(gains, state, purse, left, 0.0, np.zeros(1, np.uint64))
    return np.flatnonzero(state.is_open)


def improved(gains: Gains, purse: Purse, sites: Ints, schedule: Schedule, seed: int) -> Ints:
    """Search from some sites; returns the best set met, never worth less than the start."""
    worth = value(gains, sites)
    if worth <= 0 or schedule.steps < 1:
        return sites
    state = none_open(gains)
    for site in sites:
        open_site(gains, state, int(site))
    heat = worth / len(sites) * np.array([schedule.hot, schedule.cool])
    best = _search(gains, state, purse, schedule, heat, np.array([seed], np.uint64))
    return best if value(gains, best) > worth else sites


@compiled
def _search(
    gains: Gains, state: Opening, purse: Purse, schedule: Schedule, heat: Floats, random: Random
) -> Ints:
    sites = np.flatnonzero(state.is_open)
    best = sites
    worth = most = state.best.sum()
    left = purse.total - purse.cost[sites].sum()
    warmth, cooling = heat[0], (heat[1] / heat[0]) ** (1.0 / schedule.steps)
    for _ in range(schedule.steps):
        warmth *= cooling
        wanted = 1 + int(_uniform(random) * min(schedule.most, len(sites)))
        closed = _neighbours(gains, state, sites, wanted, random)
        before, purse_before = worth, left
        for site in closed:
            close_site(gains, state, site)
            worth -= state.rise[site]
            left += purse.cost[site]
        opened, gained, left = _spend(gains, state, purse, left, schedule.blink, random)
        worth += gained
        if worth >= before + warmth * np.log(_uniform(random) + 1e-300):
            sites = np.flatnonzero(state.is_open)
            if worth > most * (1 + ROUND_OFF):
                most, best = worth, sites
        else:
            worth, left = before, purse_before
            for site in opened:
                close_site(gains, state, site)
            for site in closed:
                open_site(gains, state, site)
    return best


@compiled
def _spend(
    gains: Gains, state: Opening, purse: Purse, left: float, blink: float, random: Random
) -> tuple[list[int], float, float]:
    """Open what adds most for its cost until nothing fits; returns that and what is left."""
    opened = [0 for _ in range(0)]
    gained = 0.0
    while True:
        site = _next_site(state, purse, left, blink, random)
        if site < 0:
            return opened, gained, left
        gained += state.rise[site]
        open_site(gains, state, site)
        left -= purse.cost[site]
        opened.append(site)


@compiled
def _next_site(state: Opening, purse: Purse, left: float, blink: float, random: Random) -> int:
    """Return the closed site that adds most for its cost, -1 if none fits; at times the second."""
    m = len(state.rise)
    can_pay = left + ROUND_OFF * purse.total
    most, best = 0.0, -1
    first = int(_uniform(random) * m) if blink > 0 else 0
    for step in range(m):
        site = first + step
        if site >= m:
            site -= m
        rise = state.rise[site]
        # The product is compared, so that a site that costs nothing needs no care.
        if rise > most * purse.cost[site] and not state.is_open[site]:
            if rise <= 0.0 or purse.cost[site] > can_pay:
                continue
            if best >= 0 and blink > 0 and _uniform(random) < blink:
                continue
            most, best = rise / max(purse.cost[site], ROUND_OFF), site
    return best


@compiled
def _neighbours(
    gains: Gains, state: Opening, sites: Ints, wanted: int, random: Random
) -> list[int]:
    """Return so many open sites: one by chance, the others near by where the walk finds them."""
    found = [int(sites[int(_uniform(random) * len(sites))])]
    for _ in range(TRIES):
        if len(found) == wanted:
            return found
        near = _site_near(gains, state, found[int(_uniform(random) * len(found))], random)
        if near >= 0 and near not in found:
            found.append(near)
    while len(found) < wanted:
        site = int(sites[int(_uniform(random) * len(sites))])
        if site not in found:
            found.append(site)
    return found


@compiled
def _site_near(gains: Gains, state: Opening, site: int, random: Random) -> int:
    """Walk from a site over two shared demands to an open site; -1 where the walk ends."""
    for step in range(2):
        a, b = gains.col_start[site], gains.col_start[site + 1]
        if a == b:
            return -1
        i = gains.col_demand[a + int(_uniform(random) * (b - a))]
        if step == 1:
            return int(state.best_site[i] if _uniform(random) < NEARER else state.next_site[i])
        a, b = gains.row_start[i], gains.row_start[i + 1]
        site = gains.row_site[a + int(_uniform(random) * (b - a))]
    return -1


@compiled
def _uniform(random: Random) -> float:
    """Return the next number from 0 to 1 (PCG's linear congruential step, its upper bits)."""
    random[0] = random[0] * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    return float((random[0] >> np.uint64(11)) * (1.0 / 9007199254740992.0))
