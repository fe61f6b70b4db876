"""The linear model behind a plan, kept small: options, vehicles, and what each area has of them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import highspy
import numpy as np

from safelight.plan.siting.planner.arrays import Flags, Floats, Indices
from safelight.plan.siting.planner.cuts import broken_cuts, rows_of_cuts
from safelight.plan.siting.planner.goals import FOLDS, REACH, Goal
from safelight.plan.siting.planner.reach import Reach
from safelight.plan.siting.planner.rooms import Rooms
from safelight.plan.siting.planner.rules import Rules
from safelight.plan.siting.planner.solver import add_row, add_rows, silent_solver

TOLERANCE: Final = 1e-7  # of an area's share: cuts broken by less are left out
ROUNDS: Final = 500
FLAT: Final = 2e-4  # of the bound, over FLAT_ROUNDS rounds
FLAT_ROUNDS: Final = 8


class Relaxed(NamedTuple):
    """A solution of the linear relaxation; ``bound`` is −inf where there is none."""

    bound: float
    opened: Floats
    vehicles: float
    slope: Floats  # of the bound, by option: what opening one more would add
    value: Floats  # of every column


class Box(NamedTuple):
    """Limits of the counts that the search branches on: the vehicles, then the counted rows."""

    low: tuple[float, ...]
    high: tuple[float, ...]


class Master:
    """Columns: options, vehicles, the least share, then the shares of each family of reach.

    Shares are scaled so that the largest is 1. Cuts and capacity rows are added where a solution
    breaks them, and stay: they hold whatever the weights of need are.
    """

    def __init__(
        self, families: dict[str, Reach], rules: Rules, episodes: Floats, capacity: Floats
    ) -> None:
        """Prepare; ``episodes`` per area if all of it came, ``capacity`` per option, a year."""
        self.rules, self._families = rules, families
        self.options, self.areas = len(capacity), len(episodes)
        self._vehicles, self._least = self.options, self.options + 1
        self._scale = {
            name: max(reach.share.max(initial=0), 1e-12) for name, reach in families.items()
        }
        self._share = {name: reach.share / self._scale[name] for name, reach in families.items()}
        self._first = {name: self.options + 2 + k * self.areas for k, name in enumerate(families)}
        self._column = {name: reach.option.copy() for name, reach in families.items()}
        self._rooms = Rooms(families[REACH], self._scale[REACH], rules.may, episodes, capacity)
        self._column[REACH] = self._rooms.column
        self._active: set[str] = set()
        self._goal: Goal | None = None
        self._district_row = -1  # the first of them, once they are there
        self.solver = silent_solver()
        self._begin()

    def _begin(self) -> None:
        most = self.rules.vehicles_for(np.arange(self.options))
        self._most_vehicles = min(most, self.rules.vehicles)
        model = highspy.HighsLp()
        best = [
            reach.best / self._scale[name] * FOLDS[name] for name, reach in self._families.items()
        ]
        upper = [self.rules.may.astype(float), [self._most_vehicles, 1.0], *best]
        count = self.options + 2 + self.areas * len(self._families)
        model.num_col_, model.num_row_ = count, 0
        model.col_cost_ = np.zeros(count)
        model.col_lower_ = np.concatenate([self.rules.must, np.zeros(count - self.options)])
        model.col_upper_ = np.concatenate(upper)
        model.a_matrix_.start_ = np.zeros(count + 1, dtype=np.int32)
        self.solver.passModel(model)
        for row in self.rules.rows:
            scale = max(1.0, float(np.abs(row.coefficient).max(initial=0)), abs(row.vehicle))
            column, value = row.option, row.coefficient
            if row.vehicle:
                column, value = np.append(column, self._vehicles), np.append(value, row.vehicle)
            self.add_row(row.low / scale, row.high / scale, column, value / scale)
        moving = np.flatnonzero(self.rules.visits)
        self.add_row(
            -np.inf,
            0,
            np.append(moving, self._vehicles),
            np.append(self.rules.visits[moving], -self.rules.visits_a_vehicle),
        )

    def add_row(self, low: float, high: float, column: Indices, value: Floats) -> None:
        """Add one row."""
        add_row(self.solver, low, high, column, value)

    def aim(self, goal: Goal) -> None:
        """Take another objective, or other weights of the same one."""
        cost = np.zeros(self.solver.getNumCol())
        if goal.group is None:
            column, value = self._weights(goal)
            cost[column] = -value
        else:
            cost[self._least] = -1.0
            self._set_districts(goal)
        self._goal = goal
        self._active |= set(goal.weights)
        index = np.arange(len(cost), dtype=np.int32)
        self.solver.changeColsCost(len(index), index, cost)

    def _weights(self, goal: Goal) -> tuple[Indices, Floats]:
        """Return the columns of a goal's shares and their weights."""
        every = np.arange(self.areas)
        columns = [self._first[name] + every for name in goal.weights]
        values = [weight * self._scale[name] for name, weight in goal.weights.items()]
        return np.concatenate(columns), np.concatenate(values)

    def _set_districts(self, goal: Goal) -> None:
        """Hold the least share below that of every district, ``Σ w s / Σ w ≥ t``."""
        assert goal.group is not None  # noqa: S101 - for the type checker
        totals, weight = goal.totals, goal.weights[REACH] * self._scale[REACH]
        begun = self._district_row
        row = begun if begun >= 0 else self.solver.getNumRow()
        self._district_row = row
        for district in range(len(totals)):
            area = np.flatnonzero(goal.group == district)
            # A district without need is no district to be worst off: its row says t ≤ 1.
            value = weight[area] / totals[district] if totals[district] > 0 else weight[area] * 0
            low = 0.0 if totals[district] > 0 else -1.0
            column = self._first[REACH] + area
            if begun < 0:
                self.add_row(low, np.inf, np.append(column, self._least), np.append(value, -1.0))
                continue
            self.solver.changeRowBounds(row + district, low, np.inf)
            for each, coefficient in zip(column, value, strict=True):
                self.solver.changeCoeff(row + district, int(each), float(coefficient))

    def lock(self, value: float) -> None:
        """Allow only what is as good as ``value`` for the present objective."""
        goal = self._goal
        assert goal is not None  # noqa: S101 - for the type checker
        low = value - TOLERANCE * max(abs(value), 1e-12)
        if goal.group is not None:
            self.solver.changeColBounds(self._least, low, 1.0)
            return
        column, weight = self._weights(goal)
        scale = max(float(np.abs(weight).max(initial=0)), 1e-12)
        self.add_row(low / scale, np.inf, column, weight / scale)

    @property
    def everything(self) -> Box:
        """Return the box without any limit."""
        count = 1 + len(self.rules.counted)
        return Box((0.0,) * count, (np.inf,) * count)

    def limit(self, box: Box) -> None:
        """Set the limits of the counts that the search branches on."""
        most = min(box.high[0], self._most_vehicles)
        self.solver.changeColBounds(self._vehicles, box.low[0], most)
        for row, low, high in zip(self.rules.counted, box.low[1:], box.high[1:], strict=True):
            own = self.rules.rows[row]
            self.solver.changeRowBounds(row, max(own.low, low), min(own.high, high))

    def limit_sites(self, most: float) -> None:
        """Set how many sites may be open at most."""
        self.solver.changeRowBounds(0, 1.0, most)

    def relax(self, enough: float = -np.inf) -> Relaxed:
        """Solve the relaxation, adding the rows it breaks.

        Stops early once the bound is ``enough``, or once more rows hardly move it.
        """
        bounds: list[float] = []
        for _ in range(ROUNDS):
            self.solver.run()
            if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            solution = self.solver.getSolution()
            value, slope = np.asarray(solution.col_value), -np.asarray(solution.col_dual)
            bounds.append(-self.solver.getInfo().objective_function_value)
            if bounds[-1] <= enough or _is_flat(bounds) or not self.tighten(value):
                opened, vehicles = value[: self.options], float(value[self._vehicles])
                return Relaxed(bounds[-1], opened, vehicles, slope[: self.options], value)
        empty = np.zeros(self.options)
        return Relaxed(-np.inf, empty, 0.0, empty, empty)

    def tighten(self, value: Floats) -> int:
        """Add the cuts and capacities that a solution breaks; returns how many rows."""
        added = 0
        for name in self._active:
            reach, first, fold = self._families[name], self._first[name], FOLDS[name]
            found = broken_cuts(
                reach.start,
                self._share[name],
                value[self._column[name]],
                value[first : first + self.areas],
                fold,
                TOLERANCE,
            )
            if len(found[0]):
                added += len(found[0])
                share, column = self._share[name], self._column[name]
                add_rows(self.solver, rows_of_cuts(found, reach.start, share, column, first, fold))
        if REACH in self._active:
            added += self._rooms.tighten(self.solver, value, self._first[REACH])
        return added

    def bound_capacities(self, value: Floats, may: Flags) -> int:
        """Hold the options that may still be opened to their capacity, person by person.

        Only where the solution overfills an option; returns how many options were bound.
        """
        if REACH not in self._active or not self._rooms.overfull(value).any():
            return 0
        options = np.flatnonzero(self._rooms.may_fill & may & ~self._rooms.bound)
        if len(options):
            self._rooms.bind(self.solver, options)
        return len(options)

    def counts(self, solution: Relaxed) -> list[float]:
        """Return the counts of a relaxed solution, in the order of a box."""
        rows = [self.rules.rows[row] for row in self.rules.counted]
        sums = [float(row.coefficient @ solution.opened[row.option]) for row in rows]
        return [solution.vehicles, *sums]

    def integer_model(self, may: Flags, must: Flags) -> highspy.HighsLp:
        """Return the model so far with whole options, some of them fixed open or shut."""
        model = self.solver.getLp()
        lower, upper = np.asarray(model.col_lower_).copy(), np.asarray(model.col_upper_).copy()
        upper[: self.options][~may] = 0
        lower[: self.options][must] = 1
        model.col_lower_, model.col_upper_ = lower, upper
        whole, real = highspy.HighsVarType.kInteger, highspy.HighsVarType.kContinuous
        model.integrality_ = [whole] * (self.options + 1) + [real] * (
            model.num_col_ - self.options - 1
        )
        return model


def _is_flat(bounds: Sequence[float]) -> bool:
    """Tell whether the last rounds of rows brought the bound down too little to go on."""
    if len(bounds) <= FLAT_ROUNDS:
        return False
    return bounds[-1 - FLAT_ROUNDS] - bounds[-1] < FLAT * abs(bounds[-1])
