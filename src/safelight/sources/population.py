"""ONS: people living in each authority and in each small area."""

import pandas as pd

from safelight.sources.column import count, lsoa, text, year
from safelight.sources.deaths import ANY_AREA, FIRST, LAST
from safelight.sources.licences import OGL, ONS, crown
from safelight.sources.table import Table

CENSUS_BANDS = ("0_15", "16_24", "25_34", "35_49", "50_64", "65_plus")
OLDEST = 90  # and over


def ages(frame: pd.DataFrame, first: int, last: int) -> pd.Series:
    """Return the people aged ``first`` to ``last`` in each row of ``lsoa11-population``."""
    return frame[[f"age_{age}" for age in range(first, last + 1)]].sum(axis=1)


AUTHORITIES = Table(
    name="authority-populations",
    title="Drug-poisoning deaths registered and mid-year population, by local authority",
    publisher=ONS,
    licence=OGL,
    attribution=crown(ONS),
    edition="deaths of 1993 to 2020, population of 1997 to 2020",
    file="derived_la_annual_long_1993_2020.csv",
    columns={
        "area_code": text("code", pattern=ANY_AREA),
        "area_name": text("name"),
        "year": year("year", FIRST, LAST),
        "deaths": count("deaths"),
        # Not published before 1997, nor for metropolitan counties, Inner and Outer London and the
        # counties of Cumbria, North Yorkshire and Somerset.
        "population": count("population", nullable=True),
    },
    keys=("code", "year"),
    rows=10_500,
)

LSOA21 = Table(
    name="lsoa21-population",
    title="Population by age band, by LSOA 2021",
    publisher=ONS,
    licence=OGL,
    attribution=crown(ONS),
    edition="Census 2021 (ONS changes small cells a little)",
    file="population_census2021_lsoa21_by_age.csv",
    columns={
        "lsoa21_code": lsoa("code", 2021),
        "lsoa21_name": text("name"),
        **{f"age_{band}": count(f"age_{band}") for band in CENSUS_BANDS},
        "total": count("population"),
    },
    rows=35_672,
    total=("total", 59_597_114),
)

LSOA11 = Table(
    name="lsoa11-population",
    title="Population by single year of age, by LSOA 2011",
    publisher=ONS,
    licence=OGL,
    attribution=crown(ONS),
    edition="small-area estimates, mid-2020",
    file="population_mid2020_lsoa11_by_age.csv",
    columns={
        "lsoa11_code": lsoa("code", 2011),
        "lsoa11_name": text("name"),
        "total_population": count("population"),
        **{str(age): count(f"age_{age}") for age in range(OLDEST)},
        f"{OLDEST}+": count(f"age_{OLDEST}"),
    },
    rows=34_753,
    total=("total_population", 59_719_724),
)

TABLES = (AUTHORITIES, LSOA21, LSOA11)
