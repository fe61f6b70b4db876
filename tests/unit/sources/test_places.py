"""Hospitals, postcodes, boundaries, and events by place."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from pyarrow import parquet

from safelight.sources import boundaries, events, places
from tests.support.published import publish, read_sample, refusal, rows

HOSPITALS = "hospital22_name,lon,lat\nBuckland Hospital,1.29,51.13\nOther Hospital,-2.2,54.07\n"


def test_hospitals_have_a_place(tmp_path: Path) -> None:
    assert rows(read_sample(places.HOSPITALS, tmp_path, HOSPITALS))[0] == {
        "name": "Buckland Hospital",
        "lon": 1.29,
        "lat": 51.13,
    }


def test_hospital_with_swapped_coordinates_is_named_by_row(tmp_path: Path) -> None:
    swapped = HOSPITALS.replace("-2.2,54.07", "54.07,-2.2")
    error = refusal(read_sample, places.HOSPITALS, tmp_path, swapped)
    assert error.message == (
        "nhs_hospitals_2022_points.csv, row 3: lon 54.07 and lat -2.2 look swapped."
    )


POSTCODES = (
    "postcode,positional_quality,easting,northing,lsoa21_code,lad_code,lsoa11_code,lon,lat\n"
    "CT16 1AA,10,631000,141500,E01024190,E07000108,E01024190,1.306,51.126\n"
    "CT16 9ZZ,60,631000,141500,,,,1.306,51.126\n"
)


def test_postcode_outside_every_area_has_none(tmp_path: Path) -> None:
    inside, outside = rows(read_sample(places.POSTCODES, tmp_path, POSTCODES))
    assert (inside["lsoa_code"], inside["district_code"]) == ("E01024190", "E07000108")
    assert (outside["lsoa_code"], outside["quality"]) == (None, 60)


def test_postcode_out_of_form_is_refused(tmp_path: Path) -> None:
    wrong = POSTCODES.replace("CT16 9ZZ", "CT169ZZ")
    error = refusal(read_sample, places.POSTCODES, tmp_path, wrong)
    assert "row 3, column 'postcode': 'CT169ZZ' is not of the form" in error.message


SQUARE = shapely.box(1.3, 51.1, 1.4, 51.2)
BOW = shapely.Polygon([(0, 50), (1, 51), (1, 50), (0, 51)])


def geojson(*shapes: shapely.Geometry) -> str:
    """Write districts with these shapes."""
    features = [
        {
            "type": "Feature",
            "properties": {"lad_code": f"E0700010{n}", "lad_name": f"District {n}"},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for n, shape in enumerate(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features})


def test_boundaries_become_shapes_by_code(tmp_path: Path) -> None:
    frame = read_sample(boundaries.KENT_DISTRICTS, tmp_path, geojson(SQUARE))
    shapes = boundaries.shapes(frame)
    assert list(shapes) == ["E07000100"]
    assert shapes["E07000100"].equals(SQUARE)


def test_shape_that_crosses_itself_is_named_by_its_place_in_the_file(tmp_path: Path) -> None:
    error = refusal(read_sample, boundaries.KENT_DISTRICTS, tmp_path, geojson(SQUARE, BOW))
    assert "kent_medway_lad.geojson, row 2, column 'geometry'" in error.message
    assert error.message.endswith("is not a valid shape.")


@pytest.mark.parametrize("text", ["{", "[]", '{"features": [{"properties": {}}]}', "null"])
def test_what_is_no_geojson_is_refused(tmp_path: Path, text: str) -> None:
    error = refusal(read_sample, boundaries.KENT_DISTRICTS, tmp_path, text)
    assert error.message.startswith("kent_medway_lad.geojson is no GeoJSON: ")


def test_geojson_without_features_has_no_rows(tmp_path: Path) -> None:
    error = refusal(read_sample, boundaries.KENT_DISTRICTS, tmp_path, '{"features": []}')
    assert error.message == "kent_medway_lad.geojson has no features."


def test_shape_with_latitude_first_is_named_by_its_place_in_the_file(tmp_path: Path) -> None:
    turned = shapely.box(51.1, 1.3, 51.2, 1.4)
    error = refusal(read_sample, boundaries.KENT_DISTRICTS, tmp_path, geojson(SQUARE, turned))
    assert error.code == "coordinates-swapped"
    assert error.message.startswith("kent_medway_lad.geojson, row 2, column 'geometry'")
    assert error.remedy == "Give WGS84 degrees, longitude first."


def test_boundaries_of_all_areas_are_read_from_geoparquet(tmp_path: Path) -> None:
    path = tmp_path / boundaries.ALL_LSOA21.file
    columns = {
        "lsoa21_code": ["E01024190"],
        "lad_code": ["E07000108"],
        "geometry": [shapely.to_wkb(SQUARE)],
    }
    parquet.write_table(pa.table(columns), path)
    error = refusal(boundaries.ALL_LSOA21.read, path)
    assert error.message.endswith("has 1 rows; this edition has 35,672: 35,671 too few.")
    frame = boundaries._load_parquet(path)
    assert frame["geometry"].iloc[0].equals(SQUARE)


@pytest.mark.parametrize("cut", [0, 40])
def test_geoparquet_that_is_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = publish(tmp_path, "PAR1" + "x" * cut, boundaries.ALL_LSOA21.file)
    error = refusal(boundaries.ALL_LSOA21.read, path)
    assert error.message == f"{path.name} is no GeoParquet, or damaged."


DEATHS = (
    "Date,Date Type,Age,Sex,Injury City,Residence City,Death City,InjuryCity_lat,"
    "InjuryCity_lon,Cause of Death,Any Opioid\n"
    "12/31/2022,Date of death,54,Male,WATERBURY,OAKVILLE,,41.5,-73.0,words,Y\n"
    "01/02/2012,Date reported,30,Male,UNKNOWN,,HEBRON,,,words,\n"
)


def test_deaths_by_town_keep_nothing_about_the_person(tmp_path: Path) -> None:
    frame = read_sample(events.CONNECTICUT, tmp_path, DEATHS)
    assert list(frame.columns) == [
        "date",
        "date_type",
        "injury_town",
        "residence_town",
        "death_town",
        "injury_lon",
        "injury_lat",
        "any_opioid",
    ]
    assert [str(day.date()) for day in frame["date"]] == ["2022-12-31", "2012-01-02"]
    assert rows(frame)[1]["injury_town"] is None
    assert list(frame["any_opioid"]) == [True, False]


def test_calls_have_day_and_place(tmp_path: Path) -> None:
    text = "year,incident_date,narcan_given,latitude,longitude\n2017,2017-01-03,NA,33.42,-111.89\n"
    row = rows(read_sample(events.TEMPE, tmp_path, text))[0]
    assert (row["year"], str(row["date"])[:10], row["lon"], row["lat"]) == (
        2017,
        "2017-01-03",
        -111.89,
        33.42,
    )
