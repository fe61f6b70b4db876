"""Stops, vehicles and driving times from rows, with row and column of what is wrong."""

import pandas as pd
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import shipped_parameters
from safelight.plan.timetable.problem import Stop
from safelight.plan.timetable.tables import (
    problem_of,
    read_drive,
    read_stops,
    read_vehicles,
    stops_from_need,
)

PACK = shipped_parameters("planning-timetable")
QUAY = {"id": "A", "name": "Quay", "lon": "1.31", "lat": "51.13", "weight": "40"}
VAN = {
    "id": "V",
    "lon": "1.08",
    "lat": "51.28",
    "days": "Mon-Fri",
    "start": "10:00",
    "end": "18:00",
}


def test_what_is_left_out_comes_from_the_parameters() -> None:
    (placed,) = read_stops([QUAY], PACK)
    assert placed.stop == Stop("A", "Quay", 40.0, 0.3, (120,), (1, 2, 3, 5))
    assert placed.lonlat == (1.31, 51.13)


def test_cells_replace_the_parameters() -> None:
    row = {**QUAY, "reach": "0.5", "dwell": "180|120", "visits": "2", "hours": "Mon 09:00-12:00"}
    (placed,) = read_stops([row], PACK)
    assert placed.stop == Stop("A", "Quay", 40.0, 0.5, (120, 180), (2,), ((540, 720),))


def test_gains_name_the_visits_to_choose_from() -> None:
    (placed,) = read_stops([{"id": "A", "gain_1": "5", "gain_3": "8", "gain_5": ""}], PACK)
    assert (placed.stop.visits, placed.stop.gains) == ((1, 3), {1: 5.0, 3: 8.0})


def test_vehicle_with_other_hours_on_saturday_has_two_rows() -> None:
    saturday = {**VAN, "days": "Sat", "start": "22:00", "end": "02:00"}
    (placed,) = read_vehicles([VAN, saturday], PACK)
    assert placed.vehicle.shifts[-1] == (5 * 1440 + 1320, 6 * 1440 + 120)
    assert len(placed.vehicle.shifts) == 6
    assert (placed.vehicle.most_stops, placed.vehicle.rest, placed.vehicle.set_up) == (3, 20, 15)


def test_driving_times_are_estimated_from_coordinates() -> None:
    problem = problem_of(read_stops([QUAY], PACK), read_vehicles([VAN], PACK), None, PACK)
    assert problem.drive[0].tolist() == [[0, 48], [48, 0]]
    assert problem.apart == {2: 2, 3: 2}


def test_driving_times_from_a_table_are_picked_by_id() -> None:
    table = read_drive([["", "V", "X", "A"], ["V", "0", "5", "31"], ["X", "5", "0", "40"],
                        ["A", "33", "40", "0"]])  # fmt: skip
    problem = problem_of(read_stops([QUAY], PACK), read_vehicles([VAN], PACK), table, PACK)
    assert problem.drive[0].tolist() == [[0, 33], [31, 0]]


BAD_STOPS = {
    "the stops, row 1, column weight: 'lots'": {**QUAY, "weight": "lots"},
    "the stops, row 1, column weight: ''": {"id": "A"},
    "the stops, row 1, column id": {"weight": "1"},
    "the stops, row 1, column lat": {"id": "A", "weight": "1", "lon": "1"},
    "the stops, row 1, column hours": {**QUAY, "hours": "mornings"},
    "the stops has a column 'wieght'": {"id": "A", "wieght": "1"},
}


@pytest.mark.parametrize(("words", "row"), BAD_STOPS.items(), ids=list(BAD_STOPS))
def test_bad_stop_is_refused_by_row_and_column(words: str, row: dict[str, str]) -> None:
    with pytest.raises(Invalid, match=words.replace("(", r"\(")):
        read_stops([row], PACK)


@pytest.mark.parametrize("column", ["days", "start", "end"])
def test_bad_vehicle_is_refused_by_row_and_column(column: str) -> None:
    with pytest.raises(Invalid, match=f"the vehicles, row 2, column {column}"):
        read_vehicles([VAN, {**VAN, column: "?"}], PACK)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["", "A", "B"], ["A", "0", "1"]],
        [["", "A", "B"], ["B", "0", "1"], ["A", "1", "0"]],
        [["", "A"], ["A", "far"]],
        [["", "A", "B"], ["A", "0", "1"], ["B", "1"]],
    ],
)
def test_bad_driving_times_are_refused(rows: list[list[str]]) -> None:
    with pytest.raises(Invalid):
        read_drive(rows)


def test_place_without_driving_times_is_named() -> None:
    table = read_drive([["", "V"], ["V", "0"]])
    with pytest.raises(Invalid, match="no place 'A'"):
        problem_of(read_stops([QUAY], PACK), read_vehicles([VAN], PACK), table, PACK)


def test_place_without_coordinates_is_named() -> None:
    stops = read_stops([{"id": "A", "weight": "1"}], PACK)
    with pytest.raises(Invalid, match="where stop A is"):
        problem_of(stops, read_vehicles([VAN], PACK), None, PACK)


def test_areas_with_most_need_become_stops() -> None:
    frame = pd.DataFrame(
        {
            "code": ["E01", "E02", "E03"],
            "name": ["One", "Two", "Three"],
            "lon": 1.0,
            "lat": 51.0,
            "people_at_risk": [5.0, 9.0, 9.0],
        }
    )
    stops = stops_from_need(frame, 2, PACK)
    assert [(each.stop.id, each.stop.weight) for each in stops] == [("E02", 9.0), ("E03", 9.0)]
    with pytest.raises(Invalid, match="0 stops"):
        stops_from_need(frame, 0, PACK)
