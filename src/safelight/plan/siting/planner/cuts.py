"""The rows that say what a set of sites reaches, found where a relaxed plan breaks them.

For one area with shares r₁ ≥ r₂ ≥ … of its options, and k the number of sites that may count (one,
or two for backup), the share s reached by opened options y is the least over λ of
``kλ + Σ (r − λ)⁺ y``: linear duality of ``max Σ r v, v ≤ y, Σ v ≤ k``. Each λ is one row, and the
tightest is the share at which y, summed from the best option down, passes k. With these rows the
large matrix of who goes where never enters the model (Cordeau, Furini and Ljubić 2019, EJOR 275,
for covering; the same argument holds for any decay).
"""

from typing import Final

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.siting.planner.arrays import Floats, Indices
from safelight.plan.siting.planner.solver import Rows

NOTHING: Final = 1e-12  # of a site or of a person: rounding


@compiled
def broken_cuts(
    start: Indices, share: Floats, opened: Floats, reached: Floats, fold: int, tolerance: float
) -> tuple[Indices, Indices, Floats]:
    """Find, for each area, the tightest cut if its reached share breaks it.

    ``opened`` has an entry for each pair of the reach; ``reached`` one for each area. Returns the
    areas, how many of their pairs the cut holds (the best first), and its λ.
    """
    areas = len(start) - 1
    area, count, level = (
        np.empty(areas, np.int64),
        np.empty(areas, np.int64),
        np.empty(areas, np.float64),
    )
    found = 0
    for i in range(areas):
        total, worth, last = 0.0, 0.0, start[i + 1]
        floor = 0.0
        for p in range(start[i], start[i + 1]):
            if total + opened[p] >= fold - NOTHING:
                floor, last = share[p], p
                break
            total += opened[p]
            worth += share[p] * opened[p]
        most = worth + floor * (fold - total)
        if reached[i] > most + tolerance:
            while last > start[i] and share[last - 1] <= floor:
                last -= 1
            area[found], count[found], level[found] = i, last - start[i], floor
            found += 1
    return area[:found], count[:found], level[:found]


@compiled
def loads(
    start: Indices,
    option: Indices,
    share: Floats,
    opened: Floats,
    episodes: Floats,
    load: Floats,
) -> None:
    """Add to ``load`` the episodes of each option when all go to the best that is open."""
    for i in range(len(start) - 1):
        left = 1.0
        for p in range(start[i], start[i + 1]):
            part = min(left, opened[p])
            if part > 0:
                load[option[p]] += part * share[p] * episodes[i]
                left -= part
            if left <= NOTHING:
                break


def rows_of_cuts(
    found: tuple[Indices, Indices, Floats],
    start: Indices,
    share: Floats,
    column: Indices,
    first_column: int,
    fold: int,
) -> Rows:
    """Write broken cuts as rows: ``s − Σ (r − λ) y ≤ kλ``, s in ``first_column`` + area."""
    area, count, level = found
    length = count + 1
    begin = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int64)
    total = int(length.sum())
    columns, values = np.empty(total, np.int64), np.empty(total)
    columns[begin], values[begin] = first_column + area, 1.0
    inside = np.ones(total, dtype=bool)
    inside[begin] = False
    row = np.repeat(np.arange(len(area)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    pair = start[area[row]] + within
    columns[inside], values[inside] = column[pair], level[row] - share[pair]
    return Rows(np.full(len(area), -np.inf), fold * level, begin, columns, values)
