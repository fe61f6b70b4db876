"""Capacity in the linear model: rows over what is reached first, people one by one where needed."""

from typing import Final

import highspy
import numpy as np

from safelight.plan.siting.planner.arrays import Flags, Floats, Indices, sums
from safelight.plan.siting.planner.crowding import crowded_areas, crowding_row
from safelight.plan.siting.planner.cuts import loads
from safelight.plan.siting.planner.reach import Reach
from safelight.plan.siting.planner.solver import Rows, add_row, add_rows

TOLERANCE: Final = 1e-7  # of a site
OVERFULL: Final = 1e-6  # of a capacity
CROWDED: Final = 1e-5  # of what sites can take


class Rooms:
    """What each option can take, and which columns say who comes to it.

    An option that is not bound has one column, that it is open; a bound option has one for each
    area in reach, the part of the area's need that comes.
    """

    def __init__(
        self, reach: Reach, scale: float, may: Flags, episodes: Floats, capacity: Floats
    ) -> None:
        """Prepare; ``scale`` divides the shares in the model."""
        self._reach, self._scale = reach, scale
        self._episodes, self._capacity = episodes, capacity
        self.column = reach.option.copy()  # of each pair; shared with the master
        self.bound = np.zeros(reach.options, dtype=bool)
        most = sums(reach.option, reach.share * episodes[reach.area], reach.options)
        self.may_fill = (most > capacity) & may

    def overfull(self, value: Floats) -> Flags:
        """Tell which options are overfull when all go to the best that is open."""
        reach = self._reach
        load = np.zeros(reach.options)
        loads(reach.start, reach.option, reach.share, value[self.column], self._episodes, load)
        return load > self._capacity * value[: reach.options] * (1 + OVERFULL) + OVERFULL

    def tighten(self, solver: highspy.Highs, value: Floats, first: int) -> int:
        """Add the rows of capacity that a solution breaks; returns how many.

        ``first`` is the first column of the shares reached.
        """
        if not self.may_fill.any():
            return 0
        return self._add_shut(solver, value) + self._add_crowding(solver, value, first)

    def _add_crowding(self, solver: highspy.Highs, value: Floats, first: int) -> int:
        if not self.overfull(value).any():
            return 0
        reach = self._reach
        opened = value[: reach.options]
        reached = value[first : first + len(self._episodes)] * self._scale
        areas = crowded_areas(reach, opened, reached, self._episodes, self._capacity)
        weight, room = crowding_row(reach, areas, self._episodes, self._capacity)
        sent = float(weight @ reached[areas])
        if sent <= float(room @ opened) * (1 + CROWDED) + CROWDED:
            return 0
        options, top = np.flatnonzero(room), float(room.max())
        column = np.concatenate([first + areas, options])
        add_row(
            solver,
            -np.inf,
            0.0,
            column,
            np.concatenate([weight * self._scale / top, -room[options] / top]),
        )
        return 1

    def _add_shut(self, solver: highspy.Highs, value: Floats) -> int:
        """Say that nobody comes to a site that is shut, x ≤ y, for the pairs that need it."""
        column, option = self.column, self._reach.option
        broken = np.flatnonzero((column != option) & (value[column] > value[option] + TOLERANCE))
        count = len(broken)
        if count:
            pairs = np.stack([column[broken], option[broken]], axis=1).ravel()
            ends = np.full(count, -np.inf), np.zeros(count)
            start = np.arange(count) * 2
            add_rows(solver, Rows(*ends, start, pairs, np.tile([1.0, -1.0], count)))
        return count

    def bind(self, solver: highspy.Highs, options: Indices) -> None:
        """Give options columns for who comes from where, and hold those within the capacity."""
        reach, first = self._reach, solver.getNumCol()
        span = [
            reach.by_option[reach.option_start[each] : reach.option_start[each + 1]]
            for each in options
        ]
        pair, counts = np.concatenate(span), np.array([len(each) for each in span])
        total, none = len(pair), np.zeros(0, np.int32)
        zeros = np.zeros(total)
        solver.addCols(total, zeros, zeros, np.ones(total), 0, none, none, np.zeros(0))
        column = first + np.arange(total)
        self.column[pair] = column
        self.bound[options] = True
        need = reach.share[pair] * self._episodes[reach.area[pair]]
        need = need / np.repeat(self._capacity[options], counts)
        ends = np.cumsum(counts)
        rows = len(options)
        start = np.concatenate([[0], ends[:-1]]) + np.arange(rows)
        columns, values = np.insert(column, ends, options), np.insert(need, ends, -1.0)
        add_rows(solver, Rows(np.full(rows, -np.inf), np.zeros(rows), start, columns, values))
