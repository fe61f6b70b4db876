"""What a set of open sites is worth: who goes where, within what each site can take."""

from math import inf
from typing import Final, NamedTuple

import highspy
import numpy as np

from safelight.plan.siting.planner.arrays import Flags, Floats, Indices, sums
from safelight.plan.siting.planner.cuts import loads
from safelight.plan.siting.planner.goals import REACH, Goal, free_shares
from safelight.plan.siting.planner.reach import Reach
from safelight.plan.siting.planner.solver import add_row, silent_solver

LOOSE: Final = 1e-9


class Visits(NamedTuple):
    """Which part of each area's need turns to which open option; pairs left out are nought."""

    area: Indices
    option: Indices
    part: Floats  # of the area's need that turns there, 0 to 1
    share: Floats  # of that part which the option reaches


class Worth:
    """Values sets of open options, exactly."""

    def __init__(self, families: dict[str, Reach], episodes: Floats, capacity: Floats) -> None:
        """Prepare; ``episodes`` per area if all of it came, ``capacity`` per option, a year."""
        self.families, self._episodes, self._capacity = families, episodes, capacity
        self._known: dict[bytes, dict[str, Floats]] = {}

    def visits(self, opened: Indices, *goals: Goal) -> Visits:
        """Return who goes where: to the best open site, or as capacity best allows.

        Where a site would overflow, parts are moved so that the goals are served best, the first
        one before the next.
        """
        reach = self.families[REACH]
        is_open = self._flags(opened)
        keep = np.flatnonzero(is_open[reach.option])
        if self._overflows(is_open):
            part = _allocated(reach, keep, self._episodes, self._capacity, goals)
            used = keep[part > LOOSE]
            return Visits(
                reach.area[used], reach.option[used], part[part > LOOSE], reach.share[used]
            )
        best = keep[np.flatnonzero(np.diff(reach.area[keep], prepend=-1))]
        return Visits(reach.area[best], reach.option[best], np.ones(len(best)), reach.share[best])

    def shares(self, opened: Indices, *goals: Goal) -> dict[str, Floats]:
        """Return the share of each area that is reached, one array per family."""
        key = np.sort(opened).tobytes()
        if key in self._known:
            return self._known[key]
        is_open = self._flags(opened)
        found = free_shares(self.families, is_open)
        if self._overflows(is_open):
            visits = self.visits(opened, *goals)
            reached = sums(visits.area, visits.part * visits.share, len(self._episodes))
            return {**found, REACH: reached}
        self._known[key] = found  # without an overflow the goals change nothing
        return found

    def value(self, opened: Indices, *goals: Goal) -> float:
        """Return what the last goal comes to, the earlier ones being served before it."""
        return goals[-1].value(self.shares(opened, *goals))

    def _flags(self, opened: Indices) -> Flags:
        is_open = np.zeros(len(self._capacity), dtype=bool)
        is_open[opened] = True
        return is_open

    def _overflows(self, is_open: Flags) -> bool:
        reach, load = self.families[REACH], np.zeros(len(self._capacity))
        opened = is_open[reach.option].astype(float)
        loads(reach.start, reach.option, reach.share, opened, self._episodes, load)
        return bool((load > self._capacity * (1 + LOOSE)).any())


def _allocated(
    reach: Reach, pair: Indices, episodes: Floats, capacity: Floats, goals: tuple[Goal, ...]
) -> Floats:
    """Return the part of each pair's area that turns to its option, best for goal after goal."""
    area, option, share = reach.area[pair], reach.option[pair], reach.share[pair]
    solver, count = silent_solver(), len(pair)
    solver.addVars(count + 1, np.zeros(count + 1), np.ones(count + 1))
    every = np.arange(count)
    for each in np.unique(area):
        mine = every[area == each]
        add_row(solver, -inf, 1.0, mine, np.ones(len(mine)))
    for each in np.unique(option):
        mine = every[option == each]
        need = share[mine] * episodes[area[mine]] / capacity[each]
        add_row(solver, -inf, 1.0, mine, need)
    scale = max(float(share.max(initial=0)), LOOSE)
    for goal in goals:
        if REACH not in goal.weights:
            continue
        worth = goal.weights[REACH][area] * share
        cost = np.zeros(count + 1)
        if goal.group is None:
            cost[:count] = -worth / max(float(worth.max(initial=0)), LOOSE)
        else:
            _add_districts(solver, goal, area, worth / scale)
            cost[count] = -1.0
        index = np.arange(count + 1, dtype=np.int32)
        solver.changeColsCost(count + 1, index, cost)
        solver.run()
        best = -solver.getInfo().objective_function_value
        used = np.flatnonzero(cost)
        add_row(solver, best * (1 - LOOSE), inf, used, -cost[used])
    part = np.asarray(solver.getSolution().col_value)[:count]
    return np.asarray(np.clip(part, 0.0, 1.0))


def _add_districts(solver: highspy.Highs, goal: Goal, area: Indices, worth: Floats) -> None:
    """Hold the last column below what each district has reached, as a share of its need."""
    assert goal.group is not None  # noqa: S101 - for the type checker
    totals, last = goal.totals, len(area)
    for district in np.flatnonzero(totals > 0):
        mine = np.flatnonzero(goal.group[area] == district)
        value = np.append(worth[mine] / totals[district], -1.0)
        add_row(solver, 0.0, inf, np.append(mine, last), value)
