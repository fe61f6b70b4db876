"""One step towards the saddle point of the relaxation: shares first, then what demands keep."""

from typing import NamedTuple

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.siting.dual import reduced_gains
from safelight.plan.siting.gains import Floats, Gains
from safelight.plan.siting.search import Purse

BELOW = 0.8  # gains down to this share of u count in the step lengths, for u will move
PAID = 1e-9  # how exactly shares must cost what the purse holds, as a share of it
HALVINGS = 100


class Scaling(NamedTuple):
    """Step lengths, before stretching, that the gains above u allow."""

    kept: Floats
    share: Floats


class Walk(NamedTuple):
    """Where the steps are (arrays that change in place) and where they have been on average."""

    share: Floats
    kept: Floats
    reduced: Floats
    reduced_before: Floats
    sum_share: Floats
    sum_kept: Floats


@compiled
def begin(gains: Gains, share: Floats, kept: Floats) -> Walk:
    """Return a walk that starts from some shares and prices."""
    reduced = reduced_gains(gains, kept)
    return Walk(
        share.copy(),
        kept.copy(),
        reduced,
        reduced.copy(),
        np.zeros_like(share),
        np.zeros_like(kept),
    )


@compiled
def scaling_of(gains: Gains, kept: Floats) -> Scaling:
    """Return step lengths: a demand's best gain over its sites, one over a site's best gains."""
    by_demand, by_site = np.zeros(len(kept)), np.zeros(len(gains.col_start) - 1)
    for i in range(len(kept)):
        a, count = gains.row_start[i], 0
        for e in range(a, gains.row_start[i + 1]):
            if count and gains.row_gain[e] <= BELOW * kept[i]:
                break
            count += 1
            by_site[gains.row_site[e]] += gains.row_gain[a]
        if count:
            by_demand[i] = gains.row_gain[a] / count
    least = by_site.max() * 1e-9 + 1e-300
    return Scaling(by_demand, 1.0 / np.maximum(by_site, least))


@compiled
def step_once(
    gains: Gains, purse: Purse, walk: Walk, scaling: Scaling, stretch: float, price: float
) -> float:
    """Take one step in shares and one in u; returns the price at which the purse is spent."""
    slope = scaling.share / stretch
    walk.share[:] += slope * (2 * walk.reduced - walk.reduced_before)
    price = _into_purse(walk.share, slope * purse.cost, purse, price)
    walk.reduced_before[:] = walk.reduced
    walk.reduced[:] = 0.0
    for i in range(len(walk.kept)):
        a, b = gains.row_start[i], gains.row_start[i + 1]
        if a == b:
            continue
        length = scaling.kept[i] * stretch
        kept = walk.kept[i] - length
        for e in range(a, b):  # with e sites better than u, u moves by length × (their share − 1)
            if kept >= gains.row_gain[e]:
                break
            kept = min(gains.row_gain[e], kept + length * walk.share[gains.row_site[e]])
        walk.kept[i] = kept = max(0.0, kept)
        for e in range(a, b):
            above = gains.row_gain[e] - kept
            if above <= 0:
                break
            walk.reduced[gains.row_site[e]] += above
    walk.sum_share[:] += walk.share
    walk.sum_kept[:] += walk.kept
    return price


@compiled
def _into_purse(share: Floats, slope: Floats, purse: Purse, price: float) -> float:
    """Bring shares between 0 and 1 that the purse can pay, the nearest; returns the price."""
    low, high = 0.0, np.inf
    for _ in range(HALVINGS):
        spent, change = 0.0, 0.0
        for j in range(len(share)):
            y = share[j] - slope[j] * price
            if y >= 1.0:
                spent += purse.cost[j]
            elif y > 0.0:
                spent += purse.cost[j] * y
                change += purse.cost[j] * slope[j]
        over = spent - purse.total
        if abs(over) <= PAID * purse.total or (price == 0.0 and over < 0):
            break
        if over > 0:
            low = price
        else:
            high = price
        price += over / change if change > 0 else (1.0 + price) * np.sign(over)
        if price <= low or price >= high:
            price = 0.5 * (low + high) if high < np.inf else 2.0 * low + 1.0
    for j in range(len(share)):
        share[j] = min(1.0, max(0.0, share[j] - slope[j] * price))
    return price
