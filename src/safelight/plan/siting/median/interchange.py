"""Interchange: swap an open site for a closed one while that lowers the total, in compiled loops.

Gain, loss and their correction are kept for every pair of sites and brought up to date only where
a swap touches them (Resende and Werneck 2007, European Journal of Operational Research 174).

All loops of one job stand in one file: numba keeps machine code by file.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.siting.median.costs import Costs, Floats, Integers, Marks

LEAST = 1e-10  # share of the total that a swap must save: less may be rounding


class Standing(NamedTuple):
    """Which sites are open, how each demand is served, and what a swap would bring."""

    sites: Integers  # the open candidates, by slot
    slot: Integers  # of each candidate; -1 where it is closed
    first: Integers  # slot of each demand's nearest open site
    second: Integers  # slot of its second nearest; -1 where there is one site only
    near: Floats  # cost from the nearest
    next: Floats  # cost from the second nearest
    gain: Floats  # by candidate: what opening it alone would save
    loss: Floats  # by slot: what closing it alone would cost
    both: Floats  # candidate × slot: what is counted twice when both are done


@compiled
def cost_of(costs: Costs, demand: int, site: int) -> float:
    """Return what a demand costs from a site."""
    distance = float(costs.distance[demand, site])
    weight = float(costs.weight[demand])
    if distance < np.inf:
        return weight * distance
    return costs.far if weight > 0 else 0.0


@compiled
def total_of(costs: Costs, sites: Integers) -> float:
    """Return the total with these sites open, each demand at its cheapest."""
    total = 0.0
    for i in range(costs.weight.size):
        least = costs.far
        for site in sites:
            least = min(least, cost_of(costs, i, site))
        total += least
    return total


@compiled
def find_two(costs: Costs, now: Standing, demand: int) -> tuple[int, float, int, float]:
    """Find the two open sites that serve a demand cheapest: slot and cost of each."""
    first, near = -1, costs.far
    for k in range(costs.length[demand]):
        slot = now.slot[costs.order[demand, k]]
        if slot >= 0:
            if first >= 0:
                return first, near, slot, costs.cost[demand, k]
            first, near = slot, costs.cost[demand, k]
    first, near, second, following = -1, np.inf, -1, np.inf  # they are not in the list
    for slot in range(now.sites.size):
        cost = cost_of(costs, demand, now.sites[slot])
        if cost < near:
            first, near, second, following = slot, cost, first, near
        elif cost < following:
            second, following = slot, cost
    alone = costs.far if costs.weight[demand] > 0 else 0.0
    return first, near, second, min(following, alone)


@compiled
def credit(costs: Costs, now: Standing, demand: int, sign: float) -> None:
    """Add (1) or take away (-1) what one demand contributes to gain, loss and correction."""
    near, following, first = now.near[demand], now.next[demand], now.first[demand]
    now.loss[first] += sign * (following - near)
    listed = following <= costs.cut[demand]  # or candidates matter that are not in the list
    for k in range(costs.length[demand] if listed else now.slot.size):
        site = costs.order[demand, k] if listed else k
        cost = costs.cost[demand, k] if listed else cost_of(costs, demand, k)
        if cost < following:
            now.gain[site] += sign * max(near - cost, 0.0)
            now.both[site, first] += sign * (following - max(near, cost))
        elif listed:
            return


@compiled
def best_swap(now: Standing, allowed: Marks, kept: Marks) -> tuple[float, int, int]:
    """Find the swap that saves most: the saving, the candidate to open, the slot to empty."""
    best, opening, slot = 0.0, -1, -1
    for j in range(now.slot.size):
        if allowed[j] and now.slot[j] < 0:
            for s in range(now.sites.size):
                saving = now.gain[j] - now.loss[s] + now.both[j, s]
                if saving > best and not kept[now.sites[s]]:
                    best, opening, slot = saving, j, s
    return best, opening, slot


@compiled
def swap(costs: Costs, now: Standing, opening: int, slot: int, touched: Marks) -> None:
    """Open a candidate in the place of the site in a slot."""
    for i in range(touched.size):
        leaves = now.first[i] == slot or now.second[i] == slot
        touched[i] = leaves or cost_of(costs, i, opening) < now.next[i]
        if touched[i]:
            credit(costs, now, i, -1.0)
    now.loss[slot] = 0.0  # nothing is left of the old site but rounding
    now.both[:, slot] = 0.0
    now.slot[now.sites[slot]] = -1
    now.slot[opening] = slot
    now.sites[slot] = opening
    for i in range(touched.size):
        if touched[i]:
            now.first[i], now.near[i], now.second[i], now.next[i] = find_two(costs, now, i)
            credit(costs, now, i, 1.0)


@compiled
def interchange(costs: Costs, sites: Integers, allowed: Marks, kept: Marks) -> float:
    """Swap sites, in place, until no swap of two lowers the total, and return it.

    ``allowed`` marks the candidates that may be opened, ``kept`` those that may not be closed.
    """
    demands, candidates = costs.distance.shape
    now = Standing(
        sites,
        np.full(candidates, -1),
        np.zeros(demands, np.int64),
        np.zeros(demands, np.int64),
        np.zeros(demands),
        np.zeros(demands),
        np.zeros(candidates),
        np.zeros(sites.size),
        np.zeros((candidates, sites.size)),
    )
    for s in range(sites.size):
        now.slot[sites[s]] = s
    for i in range(demands):
        now.first[i], now.near[i], now.second[i], now.next[i] = find_two(costs, now, i)
        credit(costs, now, i, 1.0)
    touched = np.zeros(demands, np.int8)
    while True:
        total = float(now.near.sum())
        saving, opening, slot = best_swap(now, allowed, kept)
        if saving <= LEAST * total:
            return total
        swap(costs, now, opening, slot, touched)
