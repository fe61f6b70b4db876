"""NHS Digital: hospital admissions for poisoning by drug misuse, by area and year."""

import pandas as pd

from safelight.sources.column import count, year
from safelight.sources.licences import OGL, crown
from safelight.sources.table import Table

# The rows of 2020 have slipped against the areas in the file (Kent 40, Medway 205, against 410 and
# 75 in 2019), so they are dropped.
LAST_USABLE = 2019
EDITION = "2009 to 2019 (the rows of 2020 have slipped in the source and are dropped)"


def _long(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per area and year of the usable years: area, year, admissions (or missing)."""
    tall = frame.melt("year", var_name="area", value_name="admissions")
    usable = tall[tall["year"] <= LAST_USABLE]
    return usable.sort_values(["area", "year"], ignore_index=True)[["area", "year", "admissions"]]


BY_AREA = Table(
    name="hospital-admissions",
    title="Hospital admissions for poisoning by drug misuse, by area",
    publisher="NHS Digital",
    licence=OGL,
    attribution=crown("NHS Digital, Statistics on Drug Misuse"),
    edition=EDITION,
    file="nhs_hospital_admissions_2009_2019/misuse.csv",
    columns={
        "year": year("year", 2009, 2020),
        "Kent": count("Kent", nullable=True),
        "Medway": count("Medway", nullable=True),
    },
    keys=("year",),
    rest=count("", nullable=True),
    rows=12,
    shape=_long,
)

BY_REGION = Table(
    name="hospital-admissions-by-region",
    title="Hospital admissions for poisoning by drug misuse, England and regions",
    publisher="NHS Digital",
    licence=OGL,
    attribution=crown("NHS Digital, Statistics on Drug Misuse"),
    edition=EDITION,
    file="nhs_hospital_admissions_2009_2019/misuse_England_and_regions.csv",
    columns={"year": year("year", 2009, 2020), "England": count("England", nullable=True)},
    keys=("year",),
    rest=count("", nullable=True),
    rows=12,
    shape=_long,
)

TABLES = (BY_AREA, BY_REGION)
