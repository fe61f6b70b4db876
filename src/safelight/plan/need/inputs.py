"""What the model of need is fed with: published tables, joined and checked."""

from typing import NamedTuple

import pandas as pd

from safelight.kernel.errors import Invalid

NAMES = (
    "lsoa21-lookup",
    "lsoa21-centroids",
    "lsoa21-population",
    "imd2025-england",
    "imd2019-wales",
    "lsoa11-to-lsoa21",
    "authority-populations",
    "authority-codes",
)


class Tables(NamedTuple):
    """The published tables, with the plain column names of the sources, in the order of NAMES."""

    lookup: pd.DataFrame
    centroids: pd.DataFrame
    population: pd.DataFrame
    england: pd.DataFrame  # deprivation by LSOA 2021
    wales: pd.DataFrame  # deprivation by LSOA 2011
    lsoa11_to_lsoa21: pd.DataFrame
    deaths: pd.DataFrame  # and population, by authority and year
    authority_codes: pd.DataFrame


def aligned(frame: pd.DataFrame, codes: pd.Series, table: str) -> pd.DataFrame:
    """Return the rows of ``frame`` (by its column ``code``) in the order of ``codes``.

    Raises:
        Invalid: for an LSOA that is missing from the table, or there twice.
    """
    held = pd.Index(frame["code"].to_numpy(dtype=object))
    if not held.is_unique:
        raise _unlike("is there twice", str(held[held.duplicated()][0]), table)
    wanted = codes.to_numpy(dtype=object)
    rows = held.get_indexer(wanted)
    if (rows < 0).all():
        raise Invalid(
            "area-year",
            f"The table '{table}' has none of the {len(codes):,} LSOAs asked for: "
            f"it has {held[0]} …, they are {wanted[0]} …",
            "Its codes are of another year. Take the edition with the codes of LSOA 2021.",
            table=table,
        )
    if (rows < 0).any():
        raise _unlike("is missing", str(wanted[rows < 0][0]), table)
    found: pd.DataFrame = frame.iloc[rows].reset_index(drop=True)
    return found


def non_negative(values: pd.Series, codes: pd.Series, table: str) -> None:
    """Raise Invalid for the first value that is missing or below zero."""
    wrong = ~(values.to_numpy(dtype=float) >= 0)
    if wrong.any():
        row = int(wrong.argmax())
        raise Invalid(
            "area-population",
            f"'{table}', {codes.iloc[row]}: {values.iloc[row]} people.",
            "A population is a number from zero up. Correct the cell and add the table again.",
            table=table,
            code=codes.iloc[row],
        )


def _unlike(what: str, code: str, table: str) -> Invalid:
    return Invalid(
        "area-missing",
        f"The LSOA {code} {what} in the table '{table}'.",
        "All tables must be of LSOA 2021 and whole. Take the file from its publisher again and "
        "run `safelight data add DIR`.",
        code=code,
        table=table,
    )
