"""Candidates that somebody lists: read, located, and refused with the row that is wrong."""

import pandas as pd
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.places import places_of
from tests.support.needs import need_table

NEED = need_table([(0, 0), (5000, 0)], districts=["Dover", "Thanet"])


def candidates(**columns: object) -> pd.DataFrame:
    base = {
        "id": ["a", "b"],
        "name": ["Hall", "Yard"],
        "easting": [600_100.0, 604_000.0],
        "northing": [150_000.0, 150_000.0],
    }
    return pd.DataFrame({**base, **columns})


def test_every_area_is_a_candidate_where_none_are_listed() -> None:
    places = places_of(NEED, None)
    assert places.code.tolist() == NEED["code"].tolist()
    assert places.allowed.all()


def test_area_at_the_same_point_as_another_keeps_its_district() -> None:
    need = need_table([(0, 0), (0, 0)], districts=["Dover", "Thanet"])
    assert places_of(need, None).district.tolist() == ["Dover", "Thanet"]


def test_candidate_is_in_the_district_of_the_nearest_area() -> None:
    assert places_of(NEED, candidates()).district.tolist() == ["Dover", "Thanet"]


def test_candidate_may_name_its_district() -> None:
    places = places_of(NEED, candidates(district=["Thanet", "Thanet"]))
    assert places.district.tolist() == ["Thanet", "Thanet"]
    assert len(set(places.district_code)) == 1


def test_longitude_and_latitude_give_the_same_place() -> None:
    grid = places_of(NEED, candidates())
    frame = candidates(lon=grid.degrees[:, 0], lat=grid.degrees[:, 1])
    places = places_of(NEED, frame.drop(columns=["easting", "northing"]))
    assert places.metres == pytest.approx(grid.metres, abs=0.01)


def test_kinds_and_costs_of_a_candidate_are_its_own() -> None:
    places = places_of(
        NEED, candidates(kinds=["building", "building;mobile"], building_running=[1.5e6, None])
    )
    assert places.allowed.tolist() == [[True, False], [True, True]]
    assert places.costs["building_running"][0] == 1.5e6


@pytest.mark.parametrize(
    ("columns", "rule", "words"),
    [
        ({"id": ["a", "a"]}, "candidate", "row 2: the id 'a' is there twice"),
        ({"id": ["a", None]}, "candidate", "row 2: the id is missing"),
        ({"building_capital": [1, -5]}, "candidate", "row 2: the building_capital -5"),
        ({"stop_running": ["x", 1]}, "candidate", "row 1: the stop_running x is no number"),
        ({"kinds": ["building", "tent"]}, "candidate", "row 2: the kind 'tent'"),
        ({"district": ["Dover", "Atlantis"]}, "candidate", "row 2: the district 'Atlantis'"),
        ({"easting": [None, 1.0]}, "candidate", "row 1: the easting"),
        ({"northing": [150_000.0, -7.0]}, "candidate", "row 2: the northing -7.0 is outside"),
        ({"lon": [51.1, 1.2], "lat": [1.1, 51.2]}, "coordinates-swapped", "row 1 (a)"),
        # Either is somewhere in Great Britain; the other way round it is amid the areas.
        (
            {"easting": [600_100.0, 150_000.0], "northing": [150_000.0, 604_000.0]},
            "coordinates-swapped",
            "row 2 (b): easting 150000.0 and northing 604000.0 look swapped",
        ),
    ],
)
def test_wrong_row_is_named(columns: dict[str, object], rule: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        places_of(NEED, candidates(**columns))
    assert refused.value.code == rule
    assert words in refused.value.message


@pytest.mark.parametrize("missing", ["id", "name", "easting"])
def test_missing_column_is_named(missing: str) -> None:
    with pytest.raises(Invalid) as refused:
        places_of(NEED, candidates().drop(columns=missing))
    assert refused.value.code == "candidates"
    assert missing in refused.value.message


def test_file_without_rows_is_refused() -> None:
    with pytest.raises(Invalid, match="no rows"):
        places_of(NEED, candidates().iloc[:0])
