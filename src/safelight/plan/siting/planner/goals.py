"""Objectives as weights on what is reached: every one is linear once the open sites are known."""

from typing import Final, NamedTuple

from safelight.plan.siting.planner.arrays import Flags, Floats, Indices, sums
from safelight.plan.siting.planner.problem import BACKUP, WITHIN, WORST_OFF
from safelight.plan.siting.planner.reach import Reach

REACH: Final = "reach"  # by the best open site, within its capacity
FREE: Final = "free"  # by the best open site, whatever its capacity
NEAR: Final = "near"  # 1 where an open site is within the distance
PAIR: Final = "pair"  # by the two best open sites together
FOLDS: Final = {REACH: 1, FREE: 1, NEAR: 1, PAIR: 2}


class Goal(NamedTuple):
    """Weights on families of shares: their sum is the objective, or their least share by group.

    ``group`` is each area's district for 'worst-off', where the objective is the smallest over
    districts of the weights reached, as a share of the district's weights; None elsewhere.
    """

    name: str
    weights: dict[str, Floats]
    group: Indices | None = None

    @property
    def totals(self) -> Floats:
        """Return each district's need; only for 'worst-off'."""
        assert self.group is not None  # noqa: S101 - for the type checker
        return sums(self.group, self.weights[REACH], int(self.group.max()) + 1)

    def value(self, shares: dict[str, Floats]) -> float:
        """Return the objective for shares reached, one array of areas per family."""
        if self.group is None:
            return float(sum(weight @ shares[name] for name, weight in self.weights.items()))
        totals = self.totals
        reached = sums(self.group, self.weights[REACH] * shares[REACH], len(totals))
        return float((reached[totals > 0] / totals[totals > 0]).min(initial=1.0))


def goal_of(name: str, weights: Floats, district: Indices, backup_weight: float) -> Goal:
    """Return an objective for weights of need per area."""
    if name == WITHIN:
        return Goal(name, {NEAR: weights})
    if name == BACKUP:
        first, both = (1 - 2 * backup_weight) * weights, backup_weight * weights
        return Goal(name, {FREE: first, PAIR: both})
    return Goal(name, {REACH: weights}, district if name == WORST_OFF else None)


def free_shares(families: dict[str, Reach], is_open: Flags) -> dict[str, Floats]:
    """Return what open sites reach when none is ever full, one array of areas per family."""
    shares = {}
    for name, reach in families.items():
        shares[name] = reach.top(is_open)
        if FOLDS[name] > 1:
            shares[name] = shares[name] + reach.top(is_open, 2)
    return shares
