"""Prices that prove a bound: no set of sites within the purse is worth more.

Let every demand keep ``u`` of its gain for itself and offer the rest to sites. A site is then
worth at most the sum of (gain − u)⁺ over the demands it reaches, its *reduced gain*, and

    bound(u) = Σ u + what the purse buys of the reduced gains

holds for every u ≥ 0 (Lagrangian relaxation; Geoffrion 1974). The least bound over u equals that
of the linear relaxation. Any u is proof enough, wherever it came from.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.siting.gains import Floats, Gains, Ints
from safelight.plan.siting.search import Purse

LEAST = 1e-300  # stands for a cost of nothing where a rate is wanted
SUMMING = 1e-11  # sums of doubles are off by less, as a share


class Proof(NamedTuple):
    """A bound, the u that proves it, each site's reduced gain and the price of the purse."""

    bound: float
    kept: Floats  # by demand: u
    reduced: Floats  # by site
    price: float  # of one unit of cost


def proof(gains: Gains, purse: Purse, kept: Floats) -> Proof:
    """Evaluate the bound for some u, over all sites, rounded up beyond the error of summing."""
    reduced = reduced_gains(gains, kept)
    worth, price = bought(reduced, purse)
    return Proof(float(kept.sum() + worth) * (1 + SUMMING), kept, reduced, price)


def may_improve(proof: Proof, purse: Purse, worth: float) -> Ints:
    """Return the sites that a set worth more than ``worth`` could still contain.

    Opening a site whose reduced gain falls short of what the purse pays for as much cost lowers
    the bound by at least the difference.
    """
    short = np.maximum(0.0, proof.price * purse.cost - proof.reduced)
    return np.flatnonzero(proof.bound - short > worth)


@compiled
def bought(reduced: Floats, purse: Purse) -> tuple[float, float]:
    """Spend the purse on the best reduced gains for their cost, the last one in part.

    Returns what that brings, and the price of one more unit of cost.
    """
    rates = reduced / np.maximum(purse.cost, LEAST)
    total, left, price = 0.0, purse.total, 0.0
    for j in np.argsort(-rates, kind="mergesort"):
        if purse.cost[j] > left:
            # Where the purse is spent to the last coin, the last rate bought is a price as well;
            # as the higher one, it tells more sites to be too dear.
            price = rates[j] if left > 0 else price
            return total + rates[j] * max(0.0, left), price
        total += reduced[j]
        left -= purse.cost[j]
        price = rates[j]
    return total, 0.0


@compiled
def reduced_gains(gains: Gains, kept: Floats) -> Floats:
    """Return, for each site, Σ (gain − u)⁺."""
    reduced = np.zeros(len(gains.col_start) - 1)
    for i in range(len(kept)):
        for e in range(gains.row_start[i], gains.row_start[i + 1]):
            above = gains.row_gain[e] - kept[i]
            if above <= 0:
                break
            reduced[gains.row_site[e]] += above
    return reduced
