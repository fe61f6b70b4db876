"""ONS: boundaries of small areas and districts, as shapes in WGS84 degrees.

The simplified boundaries of England and Wales leave hairline gaps between neighbours: they are for
maps, not for finding the area of a point.
"""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import shapely
from pyarrow import parquet
from shapely.geometry import shape

from safelight.contracts.need import LAT, LON
from safelight.kernel.errors import Invalid
from safelight.sources.cells import AGAIN, read_text
from safelight.sources.column import Column, district, lsoa, text
from safelight.sources.licences import GEOGRAPHY, OGL, ONS
from safelight.sources.table import Table

SHAPE = Column("geometry", "shape")


def _load_geojson(path: Path) -> pd.DataFrame:
    """Return one row per feature, counted from 1: its properties and its ``geometry``."""
    try:
        features = json.loads(read_text(path))["features"]
        rows = [{**each["properties"], "geometry": shape(each["geometry"])} for each in features]
        outside = [at for at, row in enumerate(rows, start=1) if not _in_britain(row["geometry"])]
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as error:
        raise Invalid(
            "table-file", f"{path.name} is no GeoJSON: {error}.", AGAIN, file=path.name
        ) from error
    if not rows:
        raise Invalid("table-rows", f"{path.name} has no features.", AGAIN, file=path.name)
    _refuse_outside(outside, path.name)
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1))


def _in_britain(area: shapely.Geometry) -> bool:
    west, south, east, north = shapely.bounds(area)
    # Comparisons with the bounds of an empty shape are false; that is refused as no valid shape.
    return not (west < LON[0] or east > LON[1] or south < LAT[0] or north > LAT[1])


def _refuse_outside(rows: list[int], file: str) -> None:
    if rows:
        raise Invalid(
            "coordinates-swapped",
            f"{file}, row {rows[0]}, column 'geometry': the shape lies outside Great Britain; its "
            "longitudes and latitudes look swapped.",
            "Give WGS84 degrees, longitude first.",
            file=file,
            row=rows[0],
            column="geometry",
        )


def _load_parquet(path: Path) -> pd.DataFrame:
    """Return one row per area, counted from 1, with ``geometry`` decoded."""
    try:
        frame: pd.DataFrame = parquet.read_table(path).to_pandas()
        frame["geometry"] = shapely.from_wkb(frame["geometry"].to_numpy())
    except (pa.ArrowException, KeyError, OSError, shapely.errors.ShapelyError) as error:
        raise Invalid(
            "table-file", f"{path.name} is no GeoParquet, or damaged.", AGAIN, file=path.name
        ) from error
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    areas = enumerate(frame["geometry"], start=1)
    _refuse_outside([at for at, area in areas if not _in_britain(area)], path.name)
    return frame


def shapes(frame: pd.DataFrame) -> dict[str, shapely.Geometry]:
    """Return the shapes of a table of boundaries by code."""
    return dict(zip(frame["code"], frame["geometry"], strict=True))


KENT_LSOA21 = Table(
    name="kent-lsoa21-boundaries",
    title="Boundaries of the LSOAs 2021 of Kent and Medway",
    publisher=ONS,
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="LSOA 2021, generalised",
    file="kent_medway_lsoa21.geojson",
    columns={
        "lsoa21_code": lsoa("code", 2021),
        "lsoa21_name": text("name"),
        "lad_code": district("district_code"),
        "geometry": SHAPE,
    },
    rows=1_107,
    load=_load_geojson,
)

KENT_DISTRICTS = Table(
    name="kent-district-boundaries",
    title="Boundaries of the districts of Kent and Medway",
    publisher=f"{ONS}; derived from its LSOAs",
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="districts of 2021, simplified by 20 m",
    file="kent_medway_lad.geojson",
    columns={
        "lad_code": district("code", unique=True),
        "lad_name": text("name"),
        "geometry": SHAPE,
    },
    rows=13,
    load=_load_geojson,
)

ALL_LSOA21 = Table(
    name="lsoa21-boundaries",
    title="Boundaries of all LSOAs 2021, for maps",
    publisher=ONS,
    licence=OGL,
    attribution=GEOGRAPHY,
    edition="LSOA 2021, simplified by 60 m",
    file="lsoa21_boundaries_ew_simplified.parquet",
    columns={
        "lsoa21_code": lsoa("code", 2021),
        "lad_code": district("district_code"),
        "geometry": SHAPE,
    },
    rows=35_672,
    load=_load_parquet,
)

TABLES = (KENT_LSOA21, KENT_DISTRICTS, ALL_LSOA21)
