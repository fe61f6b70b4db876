"""Branch and bound: the part of all plans with the lowest bound is split on one candidate."""

import heapq
import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.siting.median.costs import Costs, Floats, Marks
from safelight.plan.siting.median.dual import CLOSED, FREE, OPEN, Limits, Node, raise_bound
from safelight.plan.siting.median.search import Choice, Plan, improve

ROOT_TURNS, ROOT_ROUNDS, ROOT_PATIENCE, ROOT_STEP = 6, 300, 30, 1.0
ROUNDS, PATIENCE, STEP = 200, 20, 0.5
PROGRESS = 1e-3  # share of the gap that a turn at the root must close to earn another
TOLERANCE = 1e-9  # share of the total: plans better by less are not looked for
TINY = 1e-300  # so that a total of nothing is proven at once
# Where all costs are whole, a better plan is better by one; a bound may be off by this much less.
SLACK = 1e-3

Halves = npt.NDArray[np.float32]


class Part(NamedTuple):
    """A part of all plans that may hold a better one; parts compare by bound, then by age."""

    bound: float
    age: int
    status: Marks
    price: Halves  # any prices give a valid bound, so rounded ones do
    share: Halves
    branch: int  # candidate to split on


class Tree:
    """The best plan known, and the parts of all plans that are not yet ruled out."""

    def __init__(self, costs: Costs, choice: Choice, plan: Plan) -> None:
        """Bound all plans together, and improve the best one on the way."""
        self.costs, self.choice, self.plan = costs, choice, plan
        self.scanned = 0  # list entries: the work done so far
        self._parts: list[Part] = []
        self._ages = itertools.count()
        self._tried: set[bytes] = set()
        self._bound_all()

    @property
    def settled(self) -> float:
        """Return the bound above which a part holds no better plan."""
        total = self.plan.total
        return total - (1 - SLACK if self.costs.whole else max(TOLERANCE * total, TINY))

    @property
    def proven(self) -> bool:
        """Tell whether no part is left that may hold a better plan."""
        return not self._parts or self._parts[0].bound > self.settled

    @property
    def bound(self) -> float:
        """Return what no plan undercuts."""
        if self.proven:
            return self.plan.total
        lowest = self._parts[0].bound
        return float(np.ceil(lowest - SLACK)) if self.costs.whole else lowest

    def split(self) -> None:
        """Split the part with the lowest bound: plans with its candidate, and plans without."""
        part = heapq.heappop(self._parts)
        for status in (OPEN, CLOSED):
            node = _node(part.status, part.price, part.share)
            node.status[part.branch] = status
            bound = self._raise(node, ROUNDS, PATIENCE, STEP)
            self._improve(node)
            self._push(max(bound, part.bound), node)

    def _bound_all(self) -> None:
        status = np.where(self.choice.allowed, FREE, CLOSED).astype(np.int8)
        status[self.choice.forced == 1] = OPEN
        node = _node(status, self._second_costs(), np.zeros(status.size))
        bound = 0.0
        for turn in range(ROOT_TURNS):
            before = bound, self.plan
            raised = self._raise(node, ROOT_ROUNDS, ROOT_PATIENCE, ROOT_STEP / 2**turn)
            bound = max(bound, raised)
            self._improve(node)
            least = before[0] + PROGRESS * (self.plan.total - bound)
            if bound > self.settled or (bound < least and self.plan is before[1]):
                break
        self._push(bound, node)

    def _second_costs(self) -> Floats:
        """Return what every demand's second nearest open site costs: a fair first price."""
        reach = self.costs.distance[:, self.plan.sites]
        place = min(1, reach.shape[1] - 1)
        second = np.partition(reach, place, axis=1)[:, place]
        reached = np.isfinite(second)
        price = np.where(reached, second, 0.0) * self.costs.weight
        return np.minimum(np.where(reached, price, self.costs.far), self.costs.cut)

    def _raise(self, node: Node, rounds: int, patience: int, step: float) -> float:
        limits = Limits(self.plan.total, self.settled, rounds, patience, step)
        bound, scanned = raise_bound(self.costs, node, self.choice.p, limits)
        self.scanned += scanned
        return bound

    def _improve(self, node: Node) -> None:
        """Try the plan that a bound suggests: for a part with one plan left, that plan."""
        rank = np.argsort(-(node.share + 2.0 * node.status), kind="stable")
        sites = np.sort(rank[: self.choice.p])
        if sites.tobytes() in self._tried:
            return
        self._tried.add(sites.tobytes())
        found = improve(self.costs, self.choice, sites)
        if found.total < self.plan.total:
            self.plan = found

    def _push(self, bound: float, node: Node) -> None:
        opened, free = int((node.status == OPEN).sum()), node.status == FREE
        if bound > self.settled or not opened < self.choice.p < opened + int(free.sum()):
            return
        branch = int(np.argmin(np.where(free, np.abs(node.share - 0.5), np.inf)))
        price, share = node.price.astype(np.float32), node.share.astype(np.float32)
        heapq.heappush(
            self._parts, Part(bound, next(self._ages), node.status, price, share, branch)
        )


def _node(status: Marks, price: Floats | Halves, share: Floats | Halves) -> Node:
    chosen = np.zeros(status.size, np.int8)
    return Node(status.copy(), price.astype(float), share.astype(float), chosen)
