"""Checks of a table of distances, and marks of the candidates that may and must be opened."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.kernel.errors import Invalid
from safelight.plan.siting.inputs import number_of_sites, places, real_numbers

ROWS = 1024  # looked at together, so that no second table of the whole size is made
TABLE = 2  # dimensions

Distances = npt.NDArray[np.float64] | npt.NDArray[np.float32]
Marked = npt.NDArray[np.bool_]


class Candidates(NamedTuple):
    """Which candidates may be opened, and which must be."""

    allowed: Marked
    forced: Marked


def check_distances(distance: npt.ArrayLike) -> Distances:
    """Return a table of distances, demand × candidate, as an array of its own or wider precision.

    Infinity stands for a candidate that a demand cannot reach.

    Raises:
        Invalid: It is no table, it is empty, or a distance is negative or no number.
    """
    table = real_numbers(distance, "distances", "Give real numbers.")
    if table.dtype != np.float32:
        table = table.astype(np.float64, copy=False)
    if table.ndim != TABLE or 0 in table.shape:
        raise Invalid(
            "distance-table",
            f"The distances have the shape {table.shape}.",
            "Give a table with a row for each demand and a column for each candidate.",
            shape=table.shape,
        )
    for low in range(0, len(table), ROWS):
        wrong = ~(table[low : low + ROWS] >= 0)
        if wrong.any():
            row, column = (int(at[0]) for at in np.nonzero(wrong))
            raise Invalid(
                "distance-positive",
                f"The distance in row {low + row}, column {column} is {table[low + row, column]}.",
                "Give distances of 0 or more, and infinity where a candidate cannot be reached.",
                row=low + row,
                column=column,
            )
    return np.require(table, requirements=["C", "W"])


def mark_candidates(
    count: int, p: int, forced: Sequence[int], forbidden: Sequence[int]
) -> Candidates:
    """Mark which of ``count`` candidates may be opened, and which must be.

    Raises:
        Invalid: ``p`` is below one or above the candidates left, more than ``p`` are forced, one
            is both forced and forbidden, or there is no such candidate.
    """
    must, free = places(forced, forbidden, number_of_sites(p, count), count)
    marked = Candidates(np.zeros(count, np.bool_), np.zeros(count, np.bool_))
    marked.forced[must] = True
    marked.allowed[must] = True
    marked.allowed[free] = True
    return marked
