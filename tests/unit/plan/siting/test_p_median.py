"""p-median: what is opened, what is proven, and what is refused."""

import math
from typing import Any

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.siting import medians as module
from safelight.plan.siting.median import costs
from safelight.plan.siting.medians import p_median
from tests.support.affine import FEWEST, hits

# Three villages on a road, at 0, 1 and 10 km; candidates in each.
ROAD = np.array([[0.0, 1.0, 10.0], [1.0, 0.0, 9.0], [10.0, 9.0, 0.0]])
PEOPLE = np.array([5.0, 4.0, 3.0])


def town(demands: int, candidates: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    homes, sites = rng.random((demands, 2)), rng.random((candidates, 2))
    distance = np.hypot(*(homes[:, None] - sites[None]).transpose(2, 0, 1))
    return distance, rng.integers(1, 101, demands).astype(float)


def test_one_site_goes_where_the_total_is_least() -> None:
    found = p_median(ROAD, PEOPLE, 1)
    assert found.opened.tolist() == [1]
    assert found.objective == found.bound == 5 * 1 + 3 * 9


def test_two_sites_serve_the_far_village_and_the_larger_of_the_near_ones() -> None:
    found = p_median(ROAD, PEOPLE, 2)
    assert found.opened.tolist() == [0, 2]
    assert found.objective == found.bound == 4.0


def test_all_candidates_open_cost_what_remains() -> None:
    found = p_median(ROAD[:, :2], PEOPLE, 2)
    assert found.opened.tolist() == [0, 1]
    assert found.objective == found.bound == 27.0


def test_more_sites_than_demands_leave_no_distance() -> None:
    found = p_median(ROAD[:1], PEOPLE[:1], 2)
    assert found.opened.size == 2
    assert found.objective == found.bound == 0.0


def test_forced_sites_open_and_forbidden_ones_stay_shut() -> None:
    assert p_median(ROAD, PEOPLE, 1, forced=[2]).opened.tolist() == [2]
    assert p_median(ROAD, PEOPLE, 1, forbidden=[1]).opened.tolist() == [0]
    assert p_median(ROAD, PEOPLE, 2, forced=[1], forbidden=[2]).opened.tolist() == [0, 1]


def test_demand_without_weight_need_not_be_reached() -> None:
    far = np.vstack([ROAD, np.full(3, np.inf)])
    found = p_median(far, [*PEOPLE, 0.0], 1)
    assert (found.opened.tolist(), found.objective) == ([1], 32.0)


def test_plan_that_reaches_all_is_found_where_few_do() -> None:
    # Each of the last five candidates alone serves one island; they are far from everyone else.
    distance, weight = town(40, 30, 1)
    distance[:5, :25] = np.inf
    distance[:5, 25:] = np.where(np.eye(5), 50.0, np.inf)
    found = p_median(distance, weight, 6)
    assert found.opened[1:].tolist() == [25, 26, 27, 28, 29]
    assert found.objective == pytest.approx(found.bound, rel=1e-12)
    assert math.isfinite(found.objective)


def test_reach_that_takes_every_one_of_many_sites_is_found_or_refused() -> None:
    distance = np.where(hits(), 1.0, np.inf)
    assert p_median(distance, np.ones(len(distance)), FEWEST).objective == len(distance)
    with pytest.raises(Invalid, match=f"No {FEWEST - 1} sites reach all demand"):
        p_median(distance, np.ones(len(distance)), FEWEST - 1)


def test_single_precision_and_whole_numbers_are_taken_as_they_are() -> None:
    whole = (ROAD * 1000).astype(np.int64)
    assert p_median(whole, PEOPLE, 2).objective == 4000.0
    assert p_median(ROAD.astype(np.float32), PEOPLE, 2).objective == 4.0


def test_same_seed_gives_same_plan_and_any_seed_the_same_proof() -> None:
    distance, weight = town(120, 60, 2)
    first, again, other = (p_median(distance, weight, 6, seed=seed) for seed in (3, 3, 4))
    assert first.opened.tolist() == again.opened.tolist()
    assert first.objective == again.objective
    assert first.bound == first.objective == pytest.approx(other.objective, rel=1e-9)


def test_gap_asked_for_stops_the_search_early_with_an_honest_bound() -> None:
    distance, weight = town(300, 150, 5)
    exact = p_median(distance, weight, 12)
    rough = p_median(distance, weight, 12, gap=0.05)
    assert exact.gap == 0
    assert rough.bound <= exact.objective <= rough.objective
    assert rough.gap <= 0.05


def test_work_that_runs_out_leaves_a_plan_and_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    # Distances without geometry are hard to prove.
    distance = np.random.default_rng(1).random((150, 100))
    monkeypatch.setattr(module, "EFFORT", 1)
    found = p_median(distance, np.ones(150), 8)
    assert 0 < found.gap < 0.5
    assert found.bound < found.objective


def test_time_that_runs_out_leaves_a_plan_and_a_gap() -> None:
    distance = np.random.default_rng(1).random((150, 100))
    timed = p_median(distance, np.ones(150), 8, time_limit=0.0)
    assert timed.bound < timed.objective


def test_lists_too_short_for_the_proof_still_give_a_valid_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distance, weight = town(100, 50, 4)
    exact = p_median(distance, weight, 2)
    monkeypatch.setattr(costs, "LISTED", 100 * 5)
    monkeypatch.setattr(module, "EFFORT", 1_000_000)
    short = p_median(distance, weight, 2)
    assert short.bound <= exact.objective <= short.objective
    assert short.objective == pytest.approx(exact.objective, rel=0.01)


def test_progress_is_told_objective_and_bound() -> None:
    told: list[tuple[float, float]] = []
    distance = np.random.default_rng(1).random((60, 30))  # no geometry: the tree grows
    found = p_median(distance, np.ones(60), 4, progress=lambda *now: told.append(now))
    assert len(told) > 2
    assert told[-1] == (found.objective, found.bound)
    assert all(bound <= objective for objective, bound in told)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"p": 0}, "siting-count"),
        ({"p": 4}, "siting-count"),
        ({"p": 1.5}, "siting-count"),
        ({"p": 3, "forbidden": [0]}, "siting-forced-count"),
        ({"p": 1, "forced": [0, 1]}, "siting-forced-count"),
        ({"forced": [0], "forbidden": [0]}, "siting-forced-forbidden"),
        ({"forced": [3]}, "siting-candidate"),
        ({"forbidden": [-1]}, "siting-candidate"),
        ({"distance": np.where(ROAD == 9, np.nan, ROAD)}, "distance-positive"),
        ({"distance": -ROAD}, "distance-positive"),
        ({"distance": ROAD[0]}, "distance-table"),
        ({"distance": ROAD[:, :0]}, "distance-table"),
        ({"distance": ROAD.astype(str)}, "siting-numbers"),
        ({"weight": PEOPLE[:2]}, "siting-shape"),
        ({"weight": -PEOPLE}, "siting-weight"),
        ({"weight": PEOPLE * np.inf}, "siting-weight"),
        ({"gap": 1.0}, "siting-gap"),
        ({"distance": np.where(np.eye(3), 0.0, np.inf)}, "sites-reach"),
        ({"distance": np.full((3, 3), np.inf)}, "sites-reach"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(changed: dict[str, Any], rule: str) -> None:
    given: dict[str, Any] = {"distance": ROAD, "weight": PEOPLE, "p": 2, **changed}
    with pytest.raises(Invalid) as caught:
        p_median(**given)
    assert caught.value.code == rule
    assert caught.value.remedy
