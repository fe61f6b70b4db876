"""MHCLG and the Home Office: recorded crime, by small area and by police force.

Neither says where drugs are dealt or used: the rates by small area hold no drug offences.
"""

from safelight.sources.column import Column, count, district, lsoa, number, text
from safelight.sources.licences import HOME_OFFICE, MHCLG, OGL, crown
from safelight.sources.table import Table

# Per 1,000 people at risk, burglary per 1,000 properties.
_PUBLISHED = {
    "violence_with_injury": "population",
    "violence_without_injury": "population",
    "stalking_and_harassment": "population",
    "burglary": "properties",
    "theft": "population",
    "criminal_damage": "population",
    "public_order_and_possession_of_weapons": "population",
    "anti_social_behaviour": "population",
}
CRIME_RATES = {
    f"{name}_rate_per_1_000_at_risk_{of}": number(name, 0) for name, of in _PUBLISHED.items()
}

KENT_RATES = Table(
    name="kent-crime-rates",
    title="Recorded crime per 1,000 by kind, LSOAs of Kent and Medway",
    publisher=MHCLG,
    licence=OGL,
    attribution=crown(MHCLG),
    edition="indicators of the Indices of Deprivation 2025",
    file="kent_medway_lsoa21_crime_rates_iod2025.csv",
    columns={
        "lsoa21_code": lsoa("code", 2021),
        "lsoa21_name": text("name"),
        "ltla24_code": district("district_code"),
        "ltla24_name": text("district"),
        **CRIME_RATES,
    },
    rows=1_107,
)

RECORDED = Table(
    name="recorded-crime",
    title="Police recorded crime by force, quarter and offence",
    publisher=HOME_OFFICE,
    licence=OGL,
    attribution=crown(HOME_OFFICE),
    edition="2017/18; a negative count takes back crimes of an earlier quarter",
    file="police_recorded_crime_by_force_offence_2017_18.csv",
    columns={
        "Financial_Year": text("year", pattern=r"20\d\d/\d\d"),
        "Financial_Quarter": count("quarter", low=1, high=4),
        "Force_Name": text("force"),
        "Offence_Code": text("offence_code"),
        "Offence_Description": text("offence"),
        "Offence_Group": text("offence_group"),
        "Number_of_Offences": Column("offences", "count"),
    },
    rows=23_068,
)

TABLES = (KENT_RATES, RECORDED)
