"""p-centre: the worst-off demand is as near as can be, and what is refused."""

from typing import Any

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.siting import cover
from safelight.plan.siting.centres import p_center
from tests.support.affine import FEWEST, hits

ROAD = np.array([[0.0, 1.0, 10.0], [1.0, 0.0, 9.0], [10.0, 9.0, 0.0]])


def test_one_site_goes_to_the_middle() -> None:
    found = p_center(ROAD, 1)
    assert found.opened.tolist() == [1]
    assert found.objective == found.bound == 9.0


def test_two_sites_serve_both_ends() -> None:
    found = p_center(ROAD, 2)
    assert found.objective == found.bound == 1.0
    assert 2 in found.opened


def test_sites_beyond_those_the_worst_off_needs_shorten_the_other_distances() -> None:
    distance = np.array([[0.0, 3.0, 1.0], [3.0, 0.0, 5.0], [5.0, 5.0, 5.0]])
    found = p_center(distance, 2)
    assert found.objective == 5.0
    assert found.opened.tolist() == [0, 1]


def test_forced_sites_open_and_forbidden_ones_stay_shut() -> None:
    assert p_center(ROAD, 1, forced=[2]).objective == 10.0
    assert p_center(ROAD, 1, forbidden=[1]).objective == 10.0
    assert p_center(ROAD, 2, forced=[1], forbidden=[2]).opened.tolist() == [0, 1]


def test_optimum_that_greedy_covers_miss_is_found_and_proven() -> None:
    # Greedy takes the long row of six first and then needs three; the two rows of five suffice.
    reach = np.zeros((10, 3))
    reach[:5, 0], reach[5:, 1], reach[[0, 1, 2, 5, 6, 7], 2] = 1, 1, 1
    found = p_center(np.where(reach, 1.0, 2.0), 2)
    assert (found.opened.tolist(), found.objective, found.bound) == ([0, 1], 1.0, 1.0)


def test_cover_that_relaxations_cannot_rule_out_is_ruled_out() -> None:
    distance = np.where(hits(), 1.0, 2.0)
    assert p_center(distance, FEWEST).objective == 1.0
    assert p_center(distance, FEWEST - 1).objective == 2.0


def test_solver_s_covers_cover() -> None:
    reach = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]], np.bool_)
    found = cover._solve(reach, 2)
    assert found is not None
    assert reach[:, found].any(axis=1).all()
    assert found.size == 2
    assert cover._solve(reach, 1) is None


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"p": 0}, "siting-count"),
        ({"p": 4}, "siting-count"),
        ({"forced": [0], "forbidden": [0]}, "siting-forced-forbidden"),
        ({"distance": -ROAD}, "distance-positive"),
        ({"distance": ROAD * np.nan}, "distance-positive"),
        ({"distance": ROAD[0]}, "distance-table"),
        ({"distance": np.where(np.eye(3), 0.0, np.inf)}, "sites-reach"),
        ({"distance": np.full((3, 3), np.inf)}, "sites-reach"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(changed: dict[str, Any], rule: str) -> None:
    given: dict[str, Any] = {"distance": ROAD, "p": 2, **changed}
    with np.errstate(invalid="ignore"), pytest.raises(Invalid) as caught:
        p_center(**given)
    assert caught.value.code == rule
    assert caught.value.remedy
