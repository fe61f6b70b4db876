"""Home Office: seizures of drugs by police force, one file a year.

Only columns that stand where their header says in all ten files are read: class A, cannabis,
amphetamines, barbiturates and the total. Further right the header of 2014-15 has slipped by one
against its figures, and that of 2015-16 calls two columns by one name.
"""

import re

import pandas as pd

from safelight.sources.column import count, text
from safelight.sources.licences import HOME_OFFICE, OGL, crown
from safelight.sources.table import Table

NUMBERS = (
    "All drugs",
    "Cocaine",
    "Crack",
    "Ecstasy",
    "Heroin",
    "LSD",
    "Methadone",
    "Morphine",
    "Other Class A",
    "Total Class A",
    "All Cannabis",
    "Amphetamines",
    "Barbiturates",
)


def _plain(published: str) -> str:
    return published.strip().lower().replace(" ", "_")


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per force and year: year (of April), force, seizures by drug.

    The names of forces carry footnote marks ('Kent 4') and two spellings of 'and'.
    """
    forces = frame["force"].str.replace(r"\s+\d+$", "", regex=True).str.strip()
    start = frame["file"].map(lambda name: 2000 + int(re.findall(r"\d\d", name)[0]))
    frame = frame.drop(columns=["file", "force"])
    frame.insert(0, "force", forces.str.replace("&", "and"))
    frame.insert(0, "year", start)
    return frame


SEIZURES = Table(
    name="police-seizures",
    title="Number of drug seizures by police force",
    publisher=HOME_OFFICE,
    licence=OGL,
    attribution=crown(HOME_OFFICE),
    edition="2009-10 to 2018-19; a year is that of its April",
    file="Seizures[0-9][0-9]-[0-9][0-9].csv",
    columns={
        "Police force": text("force", unique=True),
        # Border Force and British Transport Police leave cells empty.
        **{name: count(_plain(name), nullable=True) for name in NUMBERS},
    },
    rows=41,
    many=True,
    shape=_tidy,
)

TABLES = (SEIZURES,)
