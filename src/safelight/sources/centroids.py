"""Where the people of each small area live, on average: population-weighted centroids."""

from safelight.contracts.need import EASTING, LAT, LON, NORTHING
from safelight.sources.column import Column, count, lsoa, number
from safelight.sources.licences import GEOGRAPHY, OGL, ONS
from safelight.sources.table import Table

# British National Grid in metres, and WGS84 degrees.
PLACE = {
    "easting": number("easting", *EASTING),
    "northing": number("northing", *NORTHING),
    "lon": number("lon", *LON),
    "lat": number("lat", *LAT),
}
METHOD = Column("method", values=("oa_population_weighted", "point_in_polygon"))


def _centroids(issued: int, rows: int) -> Table:
    return Table(
        name=f"lsoa{issued % 100}-centroids",
        title=f"Centroids of LSOA {issued}, weighted by residents of 2011",
        publisher=f"{ONS}; derived from output areas and their residents of 2011",
        licence=OGL,
        attribution=GEOGRAPHY,
        edition=f"LSOA {issued}, weights of Census 2011",
        file=f"lsoa{issued % 100}_centroids_ew.csv",
        columns={
            f"lsoa{issued % 100}_code": lsoa("code", issued),
            **PLACE,
            # Missing where an area is new and a point inside it stands in for the centroid.
            "census2011_population": count("population_2011", nullable=True),
            "method": METHOD,
        },
        rows=rows,
    )


LSOA21 = _centroids(2021, 35_672)
LSOA11 = _centroids(2011, 34_753)

TABLES = (LSOA21, LSOA11)
