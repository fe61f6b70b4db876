"""Maximal covering and decay: what they promise, and what they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from safelight.kernel.errors import Invalid
from safelight.plan.siting import question as questions
from safelight.plan.siting.covering import decay, maximal_covering
from safelight.plan.siting.draws import over_draws
from safelight.plan.siting.frontier import frontier
from safelight.plan.siting.ladder import Climb
from safelight.plan.siting.nearby import cover_within, reach_by_distance
from safelight.plan.siting.result import Siting

COVERS = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], bool)
WEIGHT = [5.0, 3.0, 4.0]


def town(demands: int, sites: int, seed: int = 0) -> tuple[sparse.csr_array, npt.NDArray[Any]]:
    """Scatter places over 10 km of the national grid; reach fades over 3 km."""
    rng = np.random.default_rng(seed)
    there, here = (500_000 + rng.random((count, 2)) * 10_000 for count in (demands, sites))
    reach = reach_by_distance(there, here, lambda metres: np.exp(-metres / 1_000), 3_000)
    return reach, rng.integers(1, 100, demands).astype(float)


def same(one: Siting, other: Siting) -> bool:
    return (one.opened.tolist(), *one[1:3]) == (other.opened.tolist(), *other[1:3])


def test_one_site_covers_whom_it_can() -> None:
    found = maximal_covering(COVERS, WEIGHT, 1)
    assert found.opened.tolist() == [1]
    assert found.objective == found.bound == 8


def test_so_many_sites_open_even_where_fewer_would_do() -> None:
    found = maximal_covering(COVERS, WEIGHT, 3)
    assert found.opened.tolist() == [0, 1, 2]
    assert found.objective == found.bound == 12


def test_sparse_and_dense_tables_give_the_same_plan() -> None:
    reach, weight = town(60, 40)
    assert same(decay(reach, weight, 4), decay(reach.toarray(), weight, 4))


def test_covering_ignores_how_far_the_numbers_of_a_cover_are_above_nothing() -> None:
    reach, weight = town(60, 40)
    assert same(maximal_covering(reach, weight, 4), maximal_covering(reach > 0, weight, 4))


def test_one_seed_gives_one_plan() -> None:
    reach, weight = town(400, 200)
    plans = [maximal_covering(reach, weight, 12, seed=5, effort="quick") for _ in range(2)]
    assert same(*plans)


def test_gap_ends_the_climb_before_the_proof() -> None:
    reach, weight = town(400, 200)
    rough = maximal_covering(reach, weight, 12, gap=0.5)
    assert rough.gap <= 0.5
    assert rough.bound >= maximal_covering(reach, weight, 12).objective


def test_progress_hears_objective_and_bound_of_every_rung() -> None:
    heard = list[tuple[str, float, float]]()
    reach, weight = town(400, 200)
    maximal_covering(reach, weight, 12, progress=lambda *each: heard.append(each))
    assert heard
    assert all(objective <= bound for _, objective, bound in heard)
    assert [bound for *_, bound in heard] == sorted((b for *_, b in heard), reverse=True)


def test_nothing_is_asked_of_sites_once_all_are_forced() -> None:
    found = maximal_covering(COVERS, WEIGHT, 2, forced=[0, 2])
    assert found.opened.tolist() == [0, 2]
    assert found.objective == found.bound == 9


def test_weights_of_nothing_are_worth_nothing() -> None:
    found = maximal_covering(COVERS, [0, 0, 0], 2)
    assert (found.objective, found.bound, len(found.opened)) == (0, 0, 2)


def test_a_bound_below_the_objective_is_a_fault_of_ours() -> None:
    asked = questions.question(COVERS.astype(float), WEIGHT, 1)
    with pytest.raises(ArithmeticError, match="below the objective"):
        questions.answer(asked, Climb(np.array([1]), 8.0, 3.0), 0.0)


def test_frontier_answers_in_the_order_that_was_asked() -> None:
    reach, weight = town(60, 40)
    plans = frontier(reach, weight, [5, 1, 3])
    assert [len(plan.opened) for plan in plans] == [5, 1, 3]
    assert plans[0].objective > plans[2].objective > plans[1].objective
    assert plans[2].objective == pytest.approx(decay(reach, weight, 3).objective)


def test_draws_say_how_often_each_site_is_chosen_and_what_the_plan_forgoes() -> None:
    reach, weight = town(60, 40)
    draws = np.random.default_rng(1).gamma(2.0, 0.5, (12, 60)) * weight
    found = over_draws(reach, draws, 3)
    alone = decay(reach, draws[7], 3, gap=1e-3)
    assert found.objective[7] == pytest.approx(alone.objective, rel=1e-3)
    assert found.chosen.sum() == pytest.approx(3)
    assert found.chosen.tolist() == [(found.opened == j).any(axis=1).mean() for j in range(40)]
    assert np.all(found.plan_worth <= found.bound)
    assert np.all(found.regret >= 0)
    assert found.regret.max() > 0.01  # the mean plan is not best in every draw


def test_draws_are_the_same_with_two_workers() -> None:
    reach, weight = town(60, 40)
    draws = np.random.default_rng(1).gamma(2.0, 0.5, (6, 60)) * weight
    one, two = (over_draws(reach, draws, 3, workers=workers) for workers in (1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_given_plan_is_judged_by_its_regret() -> None:
    found = over_draws(COVERS, [[5, 3, 4], [0, 0, 9]], 1, plan=[1])
    assert found.plan_worth.tolist() == [8, 0]
    assert found.regret.tolist() == [0, 1]


def test_cover_within_counts_the_distance_itself_as_near() -> None:
    here = [[500_000, 100_000], [500_300, 100_400], [502_000, 100_000]]
    assert cover_within(here, here, 500).toarray().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_a_decay_table_is_read_with_straight_lines() -> None:
    there, here = [[500_000, 100_000]], [[500_300, 100_400], [500_000, 100_900], [501_000, 0]]
    reach = reach_by_distance(there, here, [(400, 1.0), (600, 0.5), (1_000, 0.1)], 950)
    assert np.allclose(reach.toarray(), [[0.75, 0.2, 0.0]])


def test_reach_from_coordinates_equals_every_pair_worked_out() -> None:
    rng = np.random.default_rng(4)
    there, here = (500_000 + rng.random((count, 2)) * 5_000 for count in (150, 90))
    apart = np.hypot(*(there[:, None] - here[None]).transpose(2, 0, 1))
    found = reach_by_distance(there, here, lambda metres: np.exp(-metres / 700), 1_500)
    assert np.allclose(found.toarray(), np.where(apart <= 1_500, np.exp(-apart / 700), 0))


Call = Callable[[], object]
ONES = np.ones((3, 3))
BAD: dict[str, tuple[Call, str, str]] = {
    "no sites": (lambda: decay(ONES, WEIGHT, 0), "siting-count", "1 to 3"),
    "more sites than places": (lambda: decay(ONES, WEIGHT, 4), "siting-count", "1 to 3"),
    "half a site": (lambda: decay(ONES, WEIGHT, 1.5), "siting-count", "1 to 3"),  # type: ignore[arg-type]  # the mistake
    "weight below 0": (lambda: decay(ONES, [1, -1, 1], 1), "siting-weight", "0 or more"),
    "weight missing": (lambda: decay(ONES, [1, np.nan, 1], 1), "siting-weight", "0 or more"),
    "a weight too few": (lambda: decay(ONES, [1, 1], 1), "siting-shape", "each row"),
    "a list for a table": (lambda: decay(np.ones(3), WEIGHT, 1), "siting-shape", "two-dim"),
    "reach above 1": (lambda: decay(ONES * 2, WEIGHT, 1), "siting-reach", "0 to 1"),
    "reach below 0": (lambda: decay(-ONES, WEIGHT, 1), "siting-reach", "0 to 1"),
    "reach missing": (lambda: decay(ONES * np.nan, WEIGHT, 1), "siting-reach", "0 to 1"),
    "nobody reached": (lambda: decay(ONES * 0, WEIGHT, 1), "siting-nobody", "metres"),
    "forced and forbidden": (
        lambda: decay(ONES, WEIGHT, 1, forced=[1], forbidden=[1]),
        "siting-forced-forbidden",
        "one of the two",
    ),
    "more forced than sites": (
        lambda: decay(ONES, WEIGHT, 1, forced=[0, 1]),
        "siting-forced-count",
        "2 to 3",
    ),
    "too many forbidden": (
        lambda: decay(ONES, WEIGHT, 3, forbidden=[0]),
        "siting-forced-count",
        "1 to 2",
    ),
    "a forced place that is none": (
        lambda: decay(ONES, WEIGHT, 1, forced=[3]),
        "siting-candidate",
        "0 to 2",
    ),
    "an unknown effort": (lambda: decay(ONES, WEIGHT, 1, effort="x"), "siting-effort", "quick"),
    "an empty frontier": (lambda: frontier(ONES, WEIGHT, []), "siting-count", "at least one"),
    "no draws": (lambda: over_draws(ONES, np.ones((0, 3)), 1), "siting-draws", "at least one"),
    "a draw too narrow": (lambda: over_draws(ONES, [[1, 2]], 1), "siting-draws", "rows"),
    "a plan that is none": (
        lambda: over_draws(ONES, [[1, 2, 3]], 1, plan=[7]),
        "siting-candidate",
        "0 to 2",
    ),
    "degrees for metres": (
        lambda: cover_within([[1.3, 51.1], [1.2, 51.3]], [[1.3, 51.1]], 500),
        "siting-coordinates",
        "longitude",
    ),
    "a coordinate missing": (
        lambda: cover_within([[np.nan, 1.0]], [[1.0, 1.0]], 500),
        "siting-coordinates",
        "none missing",
    ),
    "a distance of nothing": (
        lambda: cover_within([[0.0, 1.0]], [[1.0, 1.0]], 0),
        "siting-cutoff",
        "above 0",
    ),
    "a decay table out of order": (
        lambda: reach_by_distance([[0.0, 1.0]], [[1.0, 1.0]], [(800, 0.5), (400, 1)], 900),
        "siting-decay",
        "pairs",
    ),
    "a decay above 1": (
        lambda: reach_by_distance([[0.0, 1.0]], [[1.0, 1.0]], [(0, 2.0), (400, 1)], 900),
        "siting-reach",
        "0 to 1",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_one_error_with_the_remedy(name: str) -> None:
    call, code, remedy = BAD[name]
    with pytest.raises(Invalid) as refused:
        call()
    assert refused.value.code == code
    assert remedy in refused.value.remedy
