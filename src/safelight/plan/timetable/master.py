"""The choice among routes and visit patterns as a linear or integer program in HiGHS.

Columns are offers (a stop's pattern of days with its gain, taken or not) and routes (a set of
calls for one kind of duty, as often as there are such vehicles). Rows: on every day of an offer
that is taken, enough routes make its call; a stop takes one offer at most; a kind of duty has only
so many vehicles. A route may make a call that nobody took up, because leaving it out always works;
so only the largest sets are needed, and vehicles that are equal do not multiply the solutions.
"""

from typing import NamedTuple

import highspy
import numpy as np

from safelight.kernel.errors import SafelightError
from safelight.plan.timetable.routes import LONGEST, Calls, Fleet, Floats, Ints

DAYS = 7
LIMITS = {
    highspy.HighsModelStatus.kTimeLimit: "the limit of seconds",
    highspy.HighsModelStatus.kSolutionLimit: "the limit of nodes",
}


class Offers(NamedTuple):
    """What each stop can be given: on these days a call of this length, for this gain."""

    call: Ints
    days: Ints  # bit d is day d
    gain: Floats


class Routes(NamedTuple):
    """Some routes: for each its kind of duty and its calls."""

    kind: Ints
    sets: Ints  # routes × LONGEST: calls, ascending, filled up with -1


class Relaxed(NamedTuple):
    """A solution of the linear relaxation over the routes so far."""

    objective: float
    worth: Floats  # calls × days: what one more call on that day would bring
    wage: Floats  # kinds: what one more duty of the kind would bring


class Decided(NamedTuple):
    """A solution in whole numbers over the routes so far."""

    taken: Ints  # offers that are taken
    used: Routes  # a route that two vehicles make is here twice
    bound: float  # over the routes so far only
    limit: str  # what ended it before the gap was reached, if anything


class Rows(NamedTuple):
    """Where the rows of the program stand."""

    cover: Ints  # calls × days: the row, or -1 where no offer has the call on that day
    stop: int  # the first row of the stops
    kind: int  # the first row of the kinds
    total: int


def rows_of(calls: Calls, fleet: Fleet, offers: Offers) -> Rows:
    """Number the rows: calls on days, then stops, then kinds."""
    wanted = np.zeros((len(calls.stop), DAYS), bool)
    for day in range(DAYS):
        wanted[offers.call[offers.days >> day & 1 == 1], day] = True
    cover = np.full(wanted.shape, -1, np.int64)
    cover[wanted] = np.arange(wanted.sum())
    first, stops = int(wanted.sum()), len(calls.first) - 1
    return Rows(cover, first, first + stops, first + stops + len(fleet.day))


class Master:
    """The program, grown by routes."""

    def __init__(self, calls: Calls, fleet: Fleet, offers: Offers) -> None:
        """Build it with all offers and no route."""
        self._fleet, self._offers = fleet, offers
        self._rows = rows_of(calls, fleet, offers)
        self._routes = Routes(np.zeros(0, np.int64), np.zeros((0, LONGEST), np.int64))
        self._number: dict[bytes, int] = {}
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]  # it ships no types
        self._set(output_flag=False, threads=1, random_seed=0)
        self._highs.passModel(self._model(calls))

    def __len__(self) -> int:
        """Return how many routes there are."""
        return len(self._number)

    def _set(self, **options: float) -> None:
        for name, value in options.items():
            self._highs.setOptionValue(name, value)

    def _model(self, calls: Calls) -> highspy.HighsLp:
        offers, rows, size = self._offers, self._rows, len(self._offers.call)
        column, day = np.nonzero(offers.days[:, None] >> np.arange(DAYS) & 1)
        row = np.concatenate(
            [rows.cover[offers.call[column], day], rows.stop + calls.stop[offers.call]]
        )
        value = np.concatenate([-np.ones(len(column)), np.ones(size)])
        start, order = _by_column(np.concatenate([column, np.arange(size)]), size)
        endless = np.full(rows.total, highspy.kHighsInf)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_, lp.sense_ = size, rows.total, highspy.ObjSense.kMaximize
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = offers.gain, np.zeros(size), np.ones(size)
        lp.row_lower_ = np.concatenate([np.zeros(rows.stop), -endless[rows.stop :]])
        lp.row_upper_ = np.concatenate(
            [endless[: rows.stop], np.ones(rows.kind - rows.stop), self._fleet.number.astype(float)]
        )
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = start
        lp.a_matrix_.index_, lp.a_matrix_.value_ = row[order], value[order]
        return lp

    def add(self, routes: Routes) -> int:
        """Add the routes that are not here yet; returns how many those were."""
        fresh = [at for at, key in enumerate(_keys(routes)) if self._is_new(key)]
        kind, sets = routes.kind[fresh], routes.sets[fresh]
        route, slot = np.nonzero(sets >= 0)
        row = self._rows.cover[sets[route, slot], self._fleet.day[kind[route]]]
        route, row = route[row >= 0], row[row >= 0]
        start, order = _by_column(np.concatenate([route, np.arange(len(kind))]), len(kind))
        index = np.concatenate([row, self._rows.kind + kind])[order]
        zeros, most = np.zeros(len(kind)), self._fleet.number[kind].astype(float)
        if fresh:
            self._highs.addCols(
                len(kind), zeros, zeros, most, len(index), start[:-1], index, np.ones(len(index))
            )
            old = self._routes
            self._routes = Routes(
                np.concatenate([old.kind, kind]), np.concatenate([old.sets, sets])
            )
        return len(fresh)

    def _is_new(self, key: bytes) -> bool:
        """Number a route, unless it has a number already."""
        known = len(self._number)
        return self._number.setdefault(key, known) == known

    def relax(self) -> Relaxed:
        """Solve the linear relaxation."""
        self._run()
        rows, dual = self._rows, np.array(self._highs.getSolution().row_dual)
        return Relaxed(
            float(self._highs.getInfo().objective_function_value),
            np.where(rows.cover >= 0, np.maximum(0.0, -dual[rows.cover]), 0.0),
            np.maximum(0.0, dual[rows.kind :]),
        )

    def decide(
        self, taken: Ints, used: Routes, *, gap: float, nodes: int, seconds: float
    ) -> Decided:
        """Solve in whole numbers, from a first solution over known routes.

        Stops at a relative gap, after so many nodes of the search tree, or after so many seconds.
        """
        size, offers = len(self._offers.call) + len(self._number), len(self._offers.call)
        start = np.zeros(size)
        start[taken] = 1
        np.add.at(start, [offers + self._number[key] for key in _keys(used)], 1)
        columns = np.arange(size, dtype=np.int32)
        whole = np.full(size, highspy.HighsVarType.kInteger)
        self._highs.changeColsIntegrality(size, columns, whole)
        self._set(mip_rel_gap=gap, mip_abs_gap=1e-6, mip_max_nodes=nodes, time_limit=seconds)
        self._highs.setSolution(size, columns, start)
        self._run()
        value = np.round(np.array(self._highs.getSolution().col_value)).astype(np.int64)
        times = np.repeat(np.arange(len(self._number)), value[offers:])
        return Decided(
            np.flatnonzero(value[:offers]),
            Routes(self._routes.kind[times], self._routes.sets[times]),
            float(self._highs.getInfo().mip_dual_bound),
            LIMITS.get(self._highs.getModelStatus(), ""),
        )

    def _run(self) -> None:
        if self._highs.run() == highspy.HighsStatus.kError:
            status = self._highs.modelStatusToString(self._highs.getModelStatus())
            raise SafelightError("timetable-solver", f"The solver stopped: {status}.")


def _by_column(column: Ints, size: int) -> tuple[Ints, Ints]:
    """Return where each column's entries begin once they are sorted, and the order that sorts."""
    start = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=size))])
    return start.astype(np.int32), np.argsort(column, kind="stable")


def _keys(routes: Routes) -> list[bytes]:
    return [row.tobytes() for row in np.column_stack([routes.kind, routes.sets])]
