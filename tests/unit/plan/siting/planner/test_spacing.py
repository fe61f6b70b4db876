"""Groups of places that are too near each other."""

from itertools import combinations

import numpy as np

from safelight.plan.siting.planner.spacing import cliques


def test_groups_hold_exactly_the_pairs_that_are_too_near() -> None:
    metres = np.random.default_rng(3).uniform(0, 10_000, (60, 2))
    grouped = {
        pair for group in cliques(metres, 2000.0) for pair in combinations(group.tolist(), 2)
    }
    near = {
        (a, b) for a, b in combinations(range(60), 2) if np.hypot(*(metres[a] - metres[b])) < 2000.0
    }
    assert grouped == near


def test_places_exactly_as_far_apart_may_both_be_open() -> None:
    assert cliques(np.array([[0.0, 0.0], [0.0, 2000.0]]), 2000.0) == []


def test_one_group_says_what_many_pairs_would() -> None:
    assert [group.tolist() for group in cliques(np.zeros((5, 2)), 10.0)] == [[0, 1, 2, 3, 4]]
