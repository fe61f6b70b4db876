"""Driving times from coordinates and from matrices."""

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.timetable.travel import check_coordinates, minutes_by_road, shortest

DOVER, CANTERBURY = (1.3134, 51.1279), (1.0789, 51.2802)


def test_minutes_follow_from_distance_detour_and_speed() -> None:
    """Dover to Canterbury is 23.6 km as the crow flies."""
    minutes = minutes_by_road([DOVER, CANTERBURY], speed_kmh=40.0, detour=1.4)
    assert minutes.tolist() == [[0, 50], [50, 0]]


@pytest.mark.parametrize(("speed", "detour"), [(0.0, 1.4), (-1.0, 1.4), (40.0, 0.9)])
def test_senseless_speed_or_detour_is_refused(speed: float, detour: float) -> None:
    with pytest.raises(Invalid, match="makes no sense"):
        minutes_by_road([DOVER, CANTERBURY], speed_kmh=speed, detour=detour)


def test_way_through_a_third_place_is_taken_where_it_is_shorter() -> None:
    given = np.array([[0, 100, 10.2], [100, 0, 20], [10, 20, 5]])
    assert shortest(given).tolist() == [[0, 31, 11], [30, 0, 20], [10, 20, 0]]


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), 1441.0])
def test_bad_minutes_are_refused_with_their_place(bad: float) -> None:
    with pytest.raises(Invalid, match="place 1 to place 2"):
        shortest(np.array([[0, bad], [1, 0]]))


def test_matrix_that_is_not_square_is_refused() -> None:
    with pytest.raises(Invalid, match="shape"):
        shortest(np.zeros((2, 3)))


def test_swapped_coordinates_are_named() -> None:
    with pytest.raises(Invalid, match=r"stop A: lon 51\.1279 and lat 1\.3134 look swapped"):
        check_coordinates(["stop A"], np.array([DOVER[::-1]]))


def test_place_abroad_is_refused() -> None:
    with pytest.raises(Invalid, match="not in Great Britain"):
        check_coordinates(["stop A"], np.array([(13.4, 52.5)]))
