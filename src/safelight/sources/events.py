"""Overdose deaths and calls, case by case, in North America: for checks of method only.

People died in these rows. Nothing is read that could tell who: no age, sex, cause or free text.
"""

import pandas as pd

from safelight.sources.column import Column, number, text, year
from safelight.sources.table import Table


def _yes(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(any_opioid=frame["any_opioid"].eq("Y"))


CONNECTICUT = Table(
    name="connecticut-deaths",
    title="Accidental drug deaths by date and town of injury, residence and death",
    publisher="State of Connecticut, Office of the Chief Medical Examiner",
    licence="public domain",
    attribution="Source: State of Connecticut, Office of the Chief Medical Examiner.",
    edition="2012 to 2022",
    file="connecticut_accidental_drug_deaths_2012_2022.csv",
    columns={
        "Date": Column("date", "date", format="%m/%d/%Y"),
        "Date Type": text("date_type", values=("Date of death", "Date reported")),
        "Injury City": text("injury_town", nullable=True),
        "Residence City": text("residence_town", nullable=True),
        "Death City": text("death_town", nullable=True),
        # Places outside the state occur, so the limits are those of the north-east.
        "InjuryCity_lon": number("injury_lon", -80, -66, nullable=True),
        "InjuryCity_lat": number("injury_lat", 38, 48, nullable=True),
        "Any Opioid": text("any_opioid", values=("Y", "N"), nullable=True),
    },
    rows=10_654,
    blanks=("", "UNKNOWN", "Unknown"),
    shape=_yes,
)

TEMPE = Table(
    name="tempe-calls",
    title="Ambulance calls to opioid overdoses, places rounded by the city",
    publisher="City of Tempe, Arizona",
    licence="CC BY",
    attribution="Source: City of Tempe open data, CC BY.",
    edition="2017 to 2024",
    file="tempe_opioid_ems_calls.csv",
    columns={
        "year": year("year", 2017, 2024),
        "incident_date": Column("date", "date", format="%Y-%m-%d"),
        "longitude": number("lon", -113, -111),
        "latitude": number("lat", 32.5, 34.5),
    },
    rows=3_379,
)

TABLES = (CONNECTICUT, TEMPE)
