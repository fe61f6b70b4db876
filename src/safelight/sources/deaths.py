"""ONS: deaths related to drug poisoning, by year of registration.

Registrations, not dates of death: about half of a year's registrations died in an earlier year.
The counts are of drug poisoning of any intent and any drug, unless a column says otherwise.
"""

import pandas as pd

from safelight.sources.column import count, text, year
from safelight.sources.licences import OGL, ONS, crown
from safelight.sources.table import Table

FIRST, LAST = 1993, 2020
LEVELS = {
    "K04": "country",
    "E92": "country",
    "W92": "country",
    "E12": "region",
    "E10": "county",
    "E11": "county",
    "E13": "inner or outer London",
    **dict.fromkeys(("E06", "E07", "E08", "E09", "W06"), "district"),
}
ANY_AREA = r"(?:K04|E92|W92|E1[0123]|E0[6-9]|W06)\d{6}"
SUBSTANCES = {
    "01 All drug poisonings": "any_drug",
    "02 Any opiate (includes unspecified opiates, excludes paracetamol compounds)": "any_opiate",
}


def _long(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per area and year, oldest first: code, name, level, year, deaths."""
    tall = frame.melt(["code", "name"], var_name="year", value_name="deaths")
    tall["year"] = tall["year"].astype("int64")
    tall.insert(2, "level", tall["code"].str[:3].map(LEVELS))
    return tall.sort_values(["code", "year"], ignore_index=True)


def districts(deaths: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of lower-tier districts alone, of a table that has all levels by ``code``."""
    return deaths[deaths["code"].str[:3].map(LEVELS).eq("district")].reset_index(drop=True)


def _by_substance(frame: pd.DataFrame) -> pd.DataFrame:
    """Return one row per region and year: code, name, year, any_drug, any_opiate."""
    frame = frame.assign(substance=frame["substance"].map(SUBSTANCES))
    wide = frame.pivot_table(index=["code", "name", "year"], columns="substance", values="deaths")
    return wide.astype("int64").reset_index().rename_axis(columns=None)


BY_AUTHORITY = Table(
    name="deaths-by-authority",
    title="Drug-poisoning deaths registered, by local authority",
    publisher=ONS,
    licence=OGL,
    attribution=crown(ONS),
    edition="registrations of 1993 to 2020, authorities of 2020",
    file="ons_drug_poisoning_registrations_by_la_1993_2020.csv",
    columns={
        "code": text("code", unique=True, pattern=ANY_AREA),
        "name": text("name"),
        **{str(each): count(str(each)) for each in range(FIRST, LAST + 1)},
    },
    rows=375,
    shape=_long,
)

BY_REGION = Table(
    name="deaths-by-region",
    title="Drug-poisoning deaths registered, by region, all and any opiate",
    publisher=ONS,
    licence=OGL,
    attribution=crown(ONS),
    edition="registrations of 1993 to 2020",
    file="ons_drug_poisoning_registrations_by_region_1993_2020.csv",
    columns={
        "Year of death registration": year("year", FIRST, LAST),
        # J99000001 is 'non-residents', who are in England and Wales but in no region.
        "Usual residence code": text("code", pattern=r"(?:E12|E92|W92|K04|J99)\d{6}"),
        "Usual residence name": text("name"),
        "Substance": text("substance", values=tuple(SUBSTANCES)),
        "Deaths": count("deaths"),
    },
    keys=("code", "year", "substance"),
    rows=728,
    shape=_by_substance,
)

ENGLAND_AND_WALES = Table(
    name="deaths-england-wales",
    title="Drug-poisoning deaths registered in England and Wales, by substance",
    publisher=ONS,
    licence=OGL,
    attribution=crown(ONS),
    edition="registrations of 1993 to 2021",
    file="ons_england_wales_registrations_1993_2021.csv",
    columns={
        "year": year("year", FIRST, 2021),
        **{
            name: count(name)
            for name in ("drug_poisoning", "drug_misuse", "any_opiate", "heroin_morphine")
        },
    },
    keys=("year",),
    rows=29,
)

TABLES = (BY_AUTHORITY, BY_REGION, ENGLAND_AND_WALES)
