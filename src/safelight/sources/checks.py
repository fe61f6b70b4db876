"""What goes wrong between tables: swapped coordinates, codes of another year, missing areas."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from safelight.contracts.areas import (
    NEW,
    OLD,
    first_issued_in_2021,
    surely_of_2011,
    turned_on_the_grid,
)
from safelight.kernel.errors import Invalid
from safelight.sources.column import Column


def first_row(mask: pd.Series) -> int:
    """Return the index of the first true cell."""
    return int(mask.index[int(np.argmax(mask.to_numpy()))])


def issued_otherwise(cells: pd.DataFrame, columns: Mapping[str, Column], file: str) -> None:
    """Complain of LSOA codes of another census than the column's.

    Raises:
        Invalid: A column of 2011 holds a code first issued in 2021, or a long column of 2021
            holds not a single new one.
    """
    for published, column in columns.items():
        if not column.issued:
            continue
        codes = cells[published].dropna()
        codes = codes[codes.str.fullmatch(column.pattern)]
        if codes.empty:
            continue
        new = pd.Series(first_issued_in_2021(codes), index=codes.index)
        at, words, row = f"{file}, column '{published}'", "", int(codes.index[0])
        if column.issued == OLD and new.any():
            row = first_row(new)
            at = f"{file}, row {row}, column '{published}'"
            words = f"{codes.loc[row]} is an LSOA 2021 code."
        elif column.issued == NEW and surely_of_2011(codes):
            words = f"these are LSOA 2011 codes, none of the {codes.nunique():,} is a new one."
        if words:
            raise Invalid(
                "codes-of-another-year",
                f"{at}: {words}",
                f"Use the table of LSOA {column.issued}, or convert through lsoa11-to-lsoa21.",
                file=file,
                row=row,
                column=published,
            )


def swapped(
    cells: pd.DataFrame, by_name: Mapping[str, str], columns: Mapping[str, Column], file: str
) -> None:
    """Complain of longitude and latitude, or easting and northing, that have changed places."""
    for across, up in (("lon", "lat"), ("easting", "northing")):
        if across not in by_name or up not in by_name:
            continue
        first, second = columns[by_name[across]], columns[by_name[up]]
        x, y = cells[by_name[across]], cells[by_name[up]]
        turned = x.between(second.low, second.high) & y.between(first.low, first.high)
        turned &= ~(x.between(first.low, first.high) & y.between(second.low, second.high))
        if across == "easting" and {"lon", "lat"} <= set(by_name):
            places = (cells[by_name[name]] for name in ("lon", "lat", across, up))
            turned |= turned_on_the_grid(*places)
        if turned.any():
            row = first_row(turned)
            raise Invalid(
                "coordinates-swapped",
                f"{file}, row {row}: {by_name[across]} {x.loc[row]} and {by_name[up]} "
                f"{y.loc[row]} look swapped.",
                f"Put the {across} under '{by_name[across]}' and the {up} under '{by_name[up]}'.",
                file=file,
                row=row,
                column=by_name[across],
            )


def distinct(frame: pd.DataFrame, keys: Iterable[str], what: str) -> None:
    """Complain where two rows have the same keys."""
    twice = frame.duplicated(list(keys))
    if twice.any():
        row = frame[list(keys)].to_numpy()[int(np.argmax(twice.to_numpy()))]
        raise Invalid(
            "table-duplicate",
            f"{what} has {', '.join(map(str, row))} twice.",
            "Take the file from its publisher again, and add it.",
        )


def complete(
    frame: pd.DataFrame,
    codes: Collection[str],
    *,
    what: str,
    column: str = "code",
    others: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Return the rows of exactly these codes, in their order, each once.

    ``others`` names collections of codes of other years, so that an error can say which year's
    codes the table holds.

    Raises:
        Invalid: The table lacks one of the codes, or has one twice.
    """
    distinct(frame, [column], what)
    held = frame[column]
    missing = pd.Index(list(codes)).difference(pd.Index(held), sort=True)
    if not len(missing):
        return frame.set_index(column).loc[list(codes)].reset_index()[list(frame.columns)]
    for name, theirs in (others or {}).items():
        if set(held) <= set(theirs):
            raise Invalid(
                "codes-of-another-year",
                f"{what} holds {name} codes: {len(missing):,} of {len(codes):,} areas are not in "
                f"it, first {missing[0]}.",
                "Use the table of the year asked for, or convert it through lsoa11-to-lsoa21.",
                code=missing[0],
            )
    raise Invalid(
        "areas-missing",
        f"{what} lacks {len(missing):,} of {len(codes):,} areas, first {missing[0]}.",
        "Take the file from its publisher again, as published, and add it; "
        "`safelight data check` shows what else is missing.",
        code=missing[0],
        missing=len(missing),
    )
