"""HiGHS as siting uses it: silent, on one thread, exact to nine digits; and rows to add to it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import highspy
import numpy as np

from safelight.plan.siting.planner.arrays import Floats, Indices

FEASIBLE: Final = 1e-9  # what HiGHS may leave of a row


class Rows(NamedTuple):
    """Rows to add to a linear model, all of them ``low ≤ row ≤ high``."""

    low: Floats
    high: Floats
    start: Indices
    column: Indices
    value: Floats


def silent_solver() -> highspy.Highs:
    """Return a HiGHS that says nothing, uses one thread and is exact to nine digits."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # it ships no types
    for name, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("primal_feasibility_tolerance", FEASIBLE),
        ("dual_feasibility_tolerance", FEASIBLE),
        ("mip_feasibility_tolerance", FEASIBLE),
    ):
        solver.setOptionValue(name, value)
    return solver


def add_row(solver: highspy.Highs, low: float, high: float, column: Indices, value: Floats) -> None:
    """Add one row."""
    solver.addRow(low, high, len(column), column.astype(np.int32), value)


def add_rows(solver: highspy.Highs, rows: Rows) -> None:
    """Add many rows at once."""
    solver.addRows(
        len(rows.low),
        rows.low,
        rows.high,
        len(rows.column),
        rows.start.astype(np.int32),
        rows.column.astype(np.int32),
        rows.value,
    )


def opened_by(value: Sequence[float] | Floats, options: int) -> Indices:
    """Return the options that a whole solution opens."""
    return np.flatnonzero(np.asarray(value)[:options] > 0.5)  # noqa: PLR2004 - whole numbers
