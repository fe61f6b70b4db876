"""Hospitals and postcodes, with where they are."""

from safelight.contracts.need import LAT, LON
from safelight.sources.centroids import PLACE
from safelight.sources.column import count, district, lsoa, number, text
from safelight.sources.licences import GEOGRAPHY, OGL, crown
from safelight.sources.table import Table

HOSPITALS = Table(
    name="nhs-hospitals",
    title="NHS hospitals of England as points",
    publisher="NHS",
    licence=OGL,
    attribution=crown("NHS England"),
    edition="2022",
    file="nhs_hospitals_2022_points.csv",
    columns={
        "hospital22_name": text("name"),
        "lon": number("lon", *LON),
        "lat": number("lat", *LAT),
    },
    rows=1_061,
)

POSTCODES = Table(
    name="postcodes",
    title="Postcodes of the areas BR, CT, DA, ME and TN with place and small area",
    publisher="Ordnance Survey; small areas added by point in polygon",
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="Code-Point Open; LSOA 2011 and 2021",
    file="postcodes_br_ct_da_me_tn.csv",
    columns={
        "postcode": text("postcode", unique=True, pattern=r"[A-Z]{2}\d{1,2}[A-Z]? \d[A-Z]{2}"),
        "positional_quality": count("quality", low=10, high=90),
        **PLACE,
        "lsoa21_code": lsoa("lsoa_code", 2021, unique=False, nullable=True),
        "lsoa11_code": lsoa("lsoa11_code", 2011, unique=False, nullable=True),
        "lad_code": district("district_code", nullable=True),
    },
    rows=71_263,
)

TABLES = (HOSPITALS, POSTCODES)
