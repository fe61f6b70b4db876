"""Who could reach what: a sparse matrix of areas × options, each row from best to worst."""

from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Flags, Floats, Indices, Texts
from safelight.plan.siting.planner.places import Places

MOST_PAIRS: Final = 40_000_000


class Pairs(NamedTuple):
    """Areas and places near enough to each other, in metres as the crow flies."""

    area: Indices
    place: Indices
    metres: Floats


class Reach(NamedTuple):
    """Shares of areas' need that options reach; within an area, from the largest share down."""

    start: Indices  # of each area's pairs, and the end
    area: Indices
    option: Indices
    share: Floats
    options: int
    by_option: Indices  # the pairs, ordered by option
    option_start: Indices

    @property
    def best(self) -> Floats:
        """Return the largest share of each area that any option reaches."""
        found = np.zeros(len(self.start) - 1)
        filled = np.diff(self.start) > 0
        found[filled] = self.share[self.start[:-1][filled]]
        return found

    def top(self, is_open: Flags, rank: int = 1, factor: Floats | None = None) -> Floats:
        """Return the share of each area's best open option, or of its second best (rank 2).

        With a ``factor`` of each option, that share is what is left of it.
        """
        keep = is_open[self.option]
        area, share = self.area[keep], self.share[keep]
        if factor is not None:
            share = share * factor[self.option[keep]]
        first = np.searchsorted(area, np.arange(len(self.start) - 1)) + rank - 1
        found = np.zeros(len(self.start) - 1)
        there = first < len(area)
        there[there] = area[first[there]] == np.flatnonzero(there)
        found[there] = share[first[there]]
        return found


def reach_of(pairs: Pairs, share: Floats, counts: tuple[int, int]) -> Reach:
    """Sort pairs of areas and options into a Reach; ``pairs.place`` holds options here.

    ``counts`` is the number of areas and of options. Pairs that reach nothing are left out.
    """
    areas, options = counts
    keep = share > 0
    area, option, share = pairs.area[keep], pairs.place[keep], share[keep]
    order = np.lexsort((option, -share, area))
    area, option, share = area[order], option[order], share[order]
    by_option = np.lexsort((area, option))
    return Reach(
        np.searchsorted(area, np.arange(areas + 1)).astype(np.int64),
        area,
        option,
        share,
        options,
        by_option,
        np.searchsorted(option[by_option], np.arange(options + 1)).astype(np.int64),
    )


def near_pairs(areas: Floats, places: Floats, limit: float) -> Pairs:
    """Return the areas and places within ``limit`` metres; raises Invalid where too many are."""
    tree, other = cKDTree(areas), cKDTree(places)
    count = int(tree.count_neighbors(other, limit))
    if count > MOST_PAIRS:
        raise Invalid(
            "site-size",
            f"{count:,} pairs of areas and places are within {limit:,.0f} m of each other.",
            "Plan a smaller region, list candidates, or take a decay that ends sooner.",
            pairs=count,
        )
    found = tree.sparse_distance_matrix(other, limit, output_type="ndarray")
    order = np.lexsort((found["j"], found["i"]))
    found = found[order]
    return Pairs(found["i"].astype(np.int64), found["j"].astype(np.int64), found["v"])


def travel_pairs(
    travel: pd.DataFrame, need: pd.DataFrame, places: Places, metres_per_minute: float
) -> Pairs:
    """Return a table of travel times (from, to, minutes) as pairs of equivalent metres.

    Pairs that the table leaves out are out of reach. Raises Invalid for a column that is missing,
    a code that is unknown, a time that is negative, and an area without any row.
    """
    missing = sorted({"from", "to", "minutes"} - set(travel))
    if missing:
        raise _wrong_travel(f"has no column {', '.join(missing)}")
    area, place = (
        _found(travel[column], codes, column)
        for column, codes in (("from", need["code"].to_numpy()), ("to", places.code))
    )
    minutes = pd.to_numeric(travel["minutes"], errors="coerce").to_numpy(float)
    wrong = ~(minutes >= 0) | np.isinf(minutes)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _wrong_travel(
            f"is wrong in row {row + 1}: the minutes are {travel['minutes'].iloc[row]}"
        )
    if pd.DataFrame({"area": area, "place": place}).duplicated().any():
        raise _wrong_travel("gives a pair of places twice")
    lacking = np.setdiff1d(np.arange(len(need)), area)
    if len(lacking):
        raise _wrong_travel(f"has no row from {need['code'].iloc[lacking[0]]}")
    return Pairs(area, place, minutes * metres_per_minute)


def _found(given: "pd.Series[str]", codes: Texts, column: str) -> Indices:
    index = pd.Index(codes).get_indexer(pd.Index(given.astype(str)))
    if (index < 0).any():
        row = int(np.argmax(index < 0))
        raise _wrong_travel(f"is wrong in row {row + 1}: {column} {given.iloc[row]} is unknown")
    return index.astype(np.int64)


def _wrong_travel(what: str) -> Invalid:
    return Invalid(
        "travel-times",
        f"The table of travel times {what}.",
        "Give the columns from (an area), to (a candidate) and minutes, a row for each pair that "
        "can be travelled.",
    )
