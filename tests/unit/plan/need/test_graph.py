"""Neighbours from points alone."""

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.need.graph import neighbours, parts
from tests.support.need import map_of


def test_two_points_are_neighbours_unless_a_third_lies_between() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [5.0, 1.0]])
    assert neighbours(points).tolist() == [[0, 2], [1, 2]]
    points[2] = [5.0, 5.1]
    assert neighbours(points).tolist() == [[0, 1], [0, 2], [1, 2]]


def test_graph_is_the_one_that_the_definition_gives() -> None:
    points, edges = map_of(40, seed=2)
    by_hand = []
    for one in range(40):
        for other in range(one + 1, 40):
            middle = (points[one] + points[other]) / 2
            radius = np.linalg.norm(points[one] - points[other]) / 2
            distance = np.linalg.norm(points - middle, axis=1)
            distance[[one, other]] = np.inf
            if (distance >= radius).all():
                by_hand.append([one, other])
    assert sorted(edges.tolist()) == by_hand


@pytest.mark.parametrize("areas", [1, 2, 3, 4, 50])
def test_graph_is_connected(areas: int) -> None:
    _, edges = map_of(areas, seed=areas)
    assert parts(edges, areas).max() == 0


def test_points_on_one_line_are_joined_along_it() -> None:
    points = np.stack([np.arange(5.0), np.zeros(5)], axis=1)
    assert neighbours(points).tolist() == [[0, 1], [1, 2], [2, 3], [3, 4]]


def test_an_island_hangs_on_its_nearest_shore() -> None:
    points = np.array([[0.0, 0], [1, 0], [0, 1], [1, 1], [50, 0.4]])
    assert [1, 4] in neighbours(points).tolist()


@pytest.mark.parametrize("wrong", [[np.nan, 1.0], [0.0, 0.0]])
def test_missing_or_equal_coordinates_are_refused(wrong: list[float]) -> None:
    with pytest.raises(Invalid) as caught:
        neighbours(np.array([[0.0, 0.0], [1.0, 1.0], wrong]))
    assert caught.value.code == "area-coordinates"
