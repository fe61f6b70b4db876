"""The exact search: branch on how many of each kind, prove the rest in one integer model each."""

import heapq
from collections.abc import Callable, Iterable
from math import ceil, floor, inf
from typing import Final, NamedTuple

import highspy
import numpy as np

from safelight.plan.siting.planner.arrays import Flags, Floats, Indices
from safelight.plan.siting.planner.master import Box, Master, Relaxed
from safelight.plan.siting.planner.problem import NODES
from safelight.plan.siting.planner.solver import opened_by, silent_solver

PROVEN: Final = 1e-6  # a relative gap below which rounding is all there is
WHOLE: Final = 1e-6
ROUNDS: Final = 200
INTERNAL_GAP: Final = 1e-7
BOX: Final = 20  # nodes of an integer model that one box counts for


class Found(NamedTuple):
    """The best plan of a search, and the best that any plan could be worth."""

    opened: Indices | None
    objective: float
    bound: float
    stopped: bool  # by the limit of nodes, before the gap was reached


class Search:
    """Best-first over boxes of counts; every box ends in its relaxation or one integer model."""

    def __init__(
        self,
        master: Master,
        value: Callable[[Indices], float],
        *,
        finish: Callable[[Floats], Indices | None],
        gap: float = 0.0,
        nodes: int = NODES,
        told: Callable[[float, float], None] = lambda _objective, _bound: None,
    ) -> None:
        """Prepare; ``value`` is what options are worth, −inf where they break a rule.

        ``finish`` makes a plan of a relaxed one; ``told`` hears of progress.
        """
        self._master, self._value, self._finish, self._told = master, value, finish, told
        self._gap, self._nodes = max(gap, PROVEN), nodes
        self._opened: Indices | None = None
        self._objective = -inf
        self._stopped, self._work = False, 0

    def run(self, plans: Iterable[Indices] = ()) -> Found:
        """Search to the gap; ``plans`` are feasible ones known before."""
        for plan in plans:
            self._consider(plan)
        whole = self._master.everything
        root = self._relax(whole)
        heap = [(-root.bound, 0, whole, root)] if root.bound > -inf else []
        made, closed = 1, -inf
        while heap:
            bound = -heap[0][0]
            self._told(self._objective, max(bound, closed))
            if bound <= self._enough():
                break
            if self._work >= self._nodes:
                self._stopped = True
                break
            _, _, box, relaxed = heapq.heappop(heap)
            halves = self._split(box, relaxed)
            if halves is None:
                closed = max(closed, self._leaf(box))
                continue
            for half in halves:
                child = self._relax(half)
                if child.bound > self._enough():
                    heapq.heappush(heap, (-child.bound, made, half, child))
                    made += 1
                else:
                    closed = max(closed, child.bound)
        left = -heap[0][0] if heap else -inf
        bound = max(left, closed, self._objective)
        return Found(self._opened, self._objective, bound, self._stopped)

    def _enough(self) -> float:
        """Return the bound at which a box needs no more work."""
        if self._opened is None:
            return -inf
        return self._objective + self._gap * abs(self._objective)

    def _relax(self, box: Box) -> Relaxed:
        self._work += BOX
        self._master.limit(box)
        relaxed = self._master.relax(self._enough())
        if relaxed.bound > self._enough():
            plan = self._finish(relaxed.opened)
            if plan is not None:
                self._consider(plan)
        return relaxed

    def _consider(self, opened: Indices) -> None:
        worth = self._value(opened)
        if worth == -inf:
            return
        if self._opened is None or worth > self._objective:
            self._opened, self._objective = np.sort(opened), worth

    def _split(self, box: Box, relaxed: Relaxed) -> tuple[Box, Box] | None:
        """Split on the count that is least whole, dear things first; None where all are whole."""
        counts = self._master.counts(relaxed)
        off = [abs(count - round(count)) for count in counts]
        turns = self._master.rules.turns
        broken = [k for k in range(len(off)) if off[k] > WHOLE]
        if not broken:
            return None
        k = min(broken, key=lambda each: (turns[each], -off[each]))
        high, low = list(box.high), list(box.low)
        high[k], low[k] = float(floor(counts[k])), float(ceil(counts[k]))
        return Box(box.low, tuple(high)), Box(tuple(low), box.high)

    def _leaf(self, box: Box) -> float:
        """Prove what a box is worth; returns its bound."""
        master = self._master
        master.limit(box)
        bound = inf
        for _ in range(ROUNDS):
            relaxed = master.relax(self._enough())
            bound = min(bound, relaxed.bound)
            if bound <= self._enough():
                break
            may, must = self._fixed(relaxed)
            value: Floats | None = relaxed.value
            if not _is_whole(relaxed.opened):
                value, found, done = self._integer(master.integer_model(may, must))
                bound = min(bound, found)
                if not done:
                    break
            if value is None:
                break
            self._consider(opened_by(value, master.options))
            if bound <= self._enough():
                break
            if not master.tighten(value) and not master.bound_capacities(value, may):
                break
        return bound

    def _fixed(self, relaxed: Relaxed) -> tuple[Flags, Flags]:
        """Return what may and what must be open in any better plan.

        At an optimum of the relaxation, opening an option that is shut changes the bound by its
        slope; where the bound would fall below the best plan known, it stays shut.
        """
        may, must = self._master.rules.may.copy(), self._master.rules.must.copy()
        if self._opened is not None:
            room = relaxed.bound - self._objective
            away = np.abs(relaxed.slope) > room * (1 + WHOLE) + WHOLE * abs(self._objective)
            may &= must | ~(away & (relaxed.opened < WHOLE))
            must |= away & (relaxed.opened > 1 - WHOLE)
        return may, must

    def _integer(self, model: highspy.HighsLp) -> tuple[Floats | None, float, bool]:
        """Solve an integer model for something better than the best plan known.

        Returns a solution or none, the bound, and whether the search ended by itself.
        """
        solver, cutoff = silent_solver(), -self._objective
        solver.setOptionValue("mip_rel_gap", max(self._gap / 2, INTERNAL_GAP))
        solver.setOptionValue("mip_abs_gap", 0.0)
        solver.setOptionValue("mip_max_nodes", max(self._nodes - self._work, 1))
        if cutoff < inf:
            solver.setOptionValue("objective_bound", cutoff - INTERNAL_GAP * abs(cutoff))
        solver.passModel(model)
        solver.run()
        status, info = solver.getModelStatus(), solver.getInfo()
        self._work += max(int(info.mip_node_count), 0)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None, self._objective, True
        done = status == highspy.HighsModelStatus.kOptimal
        self._stopped |= not done
        solution = solver.getSolution()
        value = np.asarray(solution.col_value) if solution.value_valid else None
        if value is not None and not done:
            self._consider(opened_by(value, self._master.options))
        return value, -info.mip_dual_bound, done


def _is_whole(opened: Floats) -> bool:
    return bool((np.abs(opened - np.round(opened)) <= WHOLE).all())
