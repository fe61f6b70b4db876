"""How far people come, and what a distance may look like."""

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import shipped_parameters
from safelight.plan.siting.planner.uptake import behrends, parse_metres, parse_uptake

PARAMETERS = shipped_parameters("planning-siting")
MILE = 1609.344


@pytest.mark.parametrize(
    ("miles", "share"),
    [(0, 1), (0.25, 1), (0.5, 0.84), (0.75, 0.716), (1, 0.585), (1.5, 0.463), (3, 0.095)],
)
def test_default_is_the_table_of_behrends(miles: float, share: float) -> None:
    found = behrends(PARAMETERS).at(np.array([miles * MILE]))
    assert found == pytest.approx([share])


def test_between_two_points_the_line_is_straight() -> None:
    assert behrends(PARAMETERS).at(np.array([1.25 * MILE])) == pytest.approx([(0.585 + 0.463) / 2])


def test_nobody_comes_from_beyond_the_last_point() -> None:
    assert behrends(PARAMETERS).at(np.array([3.001 * MILE])).tolist() == [0.0]


def test_table_of_metres_and_shares_is_read() -> None:
    uptake = parse_uptake("0:1, 500:0.84, 1500:0.4", PARAMETERS)
    assert uptake.at(np.array([250.0, 1000.0, 1501.0])) == pytest.approx([0.92, 0.62, 0])


def test_exponential_ends_where_hardly_anybody_comes() -> None:
    uptake = parse_uptake("exp:1000", PARAMETERS)
    assert uptake.at(np.array([1000.0])) == pytest.approx([np.exp(-1)])
    assert uptake.limit == pytest.approx(1000 * np.log(100))
    assert uptake.at(np.array([uptake.limit + 1])).tolist() == [0.0]


@pytest.mark.parametrize(
    "text",
    [
        "near",
        "0:1,500",
        "500:1,900:0.5",
        "0:1,500:1.2",
        "0:1,0:0.5",
        "0:0.5,9:0.8",
        "exp:0",
        "exp:x",
        "0:nan",
        "0:1,inf:0",
    ],
)
def test_unknown_decay_is_refused_with_the_syntax(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_uptake(text, PARAMETERS)
    assert refused.value.code == "decay"
    assert "behrends" in refused.value.remedy


def test_distance_may_be_metres_kilometres_or_minutes() -> None:
    assert parse_metres("500m", 60) == 500
    assert parse_metres("2 km", 60) == 2000
    assert parse_metres("15min", 60) == 900


@pytest.mark.parametrize("text", ["500", "-1km", "0m", "five km", "5 miles"])
def test_other_distances_are_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_metres(text, 60)
    assert refused.value.code == "distance"
