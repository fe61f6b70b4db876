"""A lower bound from prices: what every demand would pay, raised until no more can be had.

Each demand offers a price. A site saves, over the prices, what it can serve for less; opening the
p sites that save most gives a total that no plan undercuts, whatever the prices (Cornuéjols,
Fisher and Nemhauser 1977, Management Science 23). Subgradient steps raise it. A candidate whose
opening (or closing) alone would lift the bound past the best plan known is closed (or opened) for
good.

All loops of one job stand in one file: numba keeps machine code by file.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.siting.median.costs import Costs, Floats, Integers, Marks, Small

OPEN, FREE, CLOSED = 1, 0, -1
REACH, FEWEST = 2.0, 8  # how far past its price a demand's list is kept, and how many at least
MOMENTUM = 0.6  # share of the last step's course in the next
MEMORY = 0.95  # share of the past in the running mean of what was chosen
WORTH = 1e-4  # share of the gap that a step must close to count as progress
SMALLEST_STEP = 0.01
# Steps aim above the best total by this share: where a part of all plans holds the best plan, its
# bound cannot pass that total, and steps that aim at the total itself would shrink to nothing.
AIM = 3e-3
RECONDENSE = 8  # lists are drawn up again when one in so many free candidates is settled


class Node(NamedTuple):
    """A part of all plans: which candidates are settled, and the prices to start from."""

    status: Marks
    price: Floats  # by demand; the best ones on return
    share: Floats  # by candidate: how often it was chosen lately
    chosen: Marks  # by candidate: the last choice


class Lists(NamedTuple):
    """The candidates that still matter to each demand, cheapest first, end to end."""

    start: Integers
    site: Small
    cost: Floats
    cut: Floats  # by demand: no candidate left out costs less, so no price may be higher


class Limits(NamedTuple):
    """When to stop."""

    upper: float  # total of the best plan known
    settled: float  # parts of all plans whose bound is above this hold nothing better
    rounds: int
    patience: int  # rounds without progress before the step is halved
    step: float


@compiled
def keep(costs: Costs, node: Node, demand: int) -> tuple[int, float]:
    """Tell how many places of a demand's list still matter, and what those left out cost."""
    taken, reach = 0, REACH * node.price[demand]
    for k in range(costs.length[demand]):
        status = node.status[costs.order[demand, k]]
        if status == OPEN or (status == FREE and taken >= FEWEST and costs.cost[demand, k] > reach):
            return k + 1, costs.cost[demand, k]
        taken += status == FREE
    return costs.length[demand], costs.cut[demand]


@compiled
def condense(costs: Costs, node: Node) -> Lists:
    """Draw up the lists without closed candidates, and without what lies behind an open one."""
    demands = costs.weight.size
    upto, cut = np.empty(demands, np.int64), np.empty(demands)
    start = np.zeros(demands + 1, np.int64)
    for i in range(demands):
        upto[i], cut[i] = keep(costs, node, i)
        start[i + 1] = start[i]
        for k in range(upto[i]):
            start[i + 1] += node.status[costs.order[i, k]] != CLOSED
    site, cost = np.empty(start[demands], np.int32), np.empty(start[demands])
    for i in range(demands):
        at = start[i]
        for k in range(upto[i]):
            if node.status[costs.order[i, k]] != CLOSED:
                site[at], cost[at] = costs.order[i, k], costs.cost[i, k]
                at += 1
    return Lists(start, site, cost, cut)


@compiled
def save(lists: Lists, price: Floats, saving: Floats) -> float:
    """Fill in what each candidate saves (as a negative number); return the sum of the prices."""
    saving[:] = 0.0
    total = 0.0
    for i in range(price.size):
        offer = price[i]
        total += offer
        for at in range(lists.start[i], lists.start[i + 1]):
            if lists.cost[at] >= offer:
                break
            saving[lists.site[at]] += lists.cost[at] - offer
    return total


@compiled
def choose(node: Node, saving: Floats, p: int) -> tuple[float, float, float]:
    """Choose the sites that save most: their savings, the last one's, and the next one's."""
    free = np.flatnonzero(node.status == FREE)
    node.chosen[:] = node.status == OPEN
    total = 0.0
    for j in np.flatnonzero(node.status == OPEN):
        total += saving[j]
        p -= 1
    ranked = free[np.argsort(saving[free])]
    for j in ranked[:p]:
        total += saving[j]
        node.chosen[j] = 1
    node.share[:] = MEMORY * node.share + (1 - MEMORY) * node.chosen
    last = saving[ranked[p - 1]] if p > 0 else -np.inf
    following = saving[ranked[p]] if p < ranked.size else np.inf
    return total, last, following


@compiled
def settle(
    node: Node, saving: Floats, bound: float, last: float, following: float, most: float
) -> int:
    """Close and open the candidates that no better plan has, or lacks; return how many."""
    count = 0
    for j in range(saving.size):
        if node.status[j] == FREE:
            if node.chosen[j]:
                if bound - saving[j] + following > most:
                    node.status[j] = OPEN
                    count += 1
            elif bound + saving[j] - last > most:
                node.status[j] = CLOSED
                count += 1
    return count


@compiled
def move(lists: Lists, node: Node, course: Floats, price: Floats, ahead: float) -> None:
    """Step the prices towards a bound that is ``ahead`` higher."""
    length = 0.0
    for i in range(price.size):
        slope = 1.0
        for at in range(lists.start[i], lists.start[i + 1]):
            if lists.cost[at] >= price[i]:
                break
            slope -= node.chosen[lists.site[at]]
        course[i] = slope + MOMENTUM * course[i]
        length += course[i] * course[i]
    if length > 0:
        for i in range(price.size):
            price[i] = min(max(price[i] + ahead / length * course[i], 0.0), lists.cut[i])


@compiled
def raise_bound(costs: Costs, node: Node, p: int, limits: Limits) -> tuple[float, int]:
    """Raise the bound of a node; return it, and how many list entries that took."""
    lists = condense(costs, node)
    price, course = node.price.copy(), np.zeros(node.price.size)
    saving = np.empty(node.status.size)
    bound, step, stalled, unlisted, scanned = -np.inf, limits.step, 0, 0, 0
    for _ in range(limits.rounds):
        total = save(lists, price, saving)
        scanned += lists.site.size
        savings, last, following = choose(node, saving, p)
        total += savings
        stalled = 0 if total > bound + WORTH * (limits.upper - bound) else stalled + 1
        if total > bound:
            bound = total
            node.price[:] = price
        unlisted += settle(node, saving, total, last, following, limits.settled)
        free, opened = (node.status == FREE).sum(), (node.status == OPEN).sum()
        if bound > limits.settled or opened >= p or opened + free <= p:
            break
        if unlisted * RECONDENSE > free:
            lists, unlisted = condense(costs, node), 0
        if stalled > limits.patience:
            step, stalled = step / 2, 0
            price[:], course[:] = node.price, 0.0
            if step < SMALLEST_STEP:
                break
        move(lists, node, course, price, step * (limits.upper * (1 + AIM) - total))
    return bound, scanned
