"""The proof of p-median stands without the luck of its search.

The search nearly always finds the best plan, so a wrong proof would go unnoticed. Here the search
is switched off: plans come from the tree alone, from a poor first one, and only a tree that rules
out nothing good ends at the best of all plans.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from safelight.plan.siting.median import tree
from safelight.plan.siting.median.costs import Costs, Integers, list_costs
from safelight.plan.siting.median.interchange import total_of
from safelight.plan.siting.median.search import Choice, Plan

DEMANDS, CANDIDATES = 60, 16  # more than the fewest kept in a list, few enough to try every plan

Table = npt.NDArray[np.float64]


def problem(kind: str, seed: int) -> tuple[Table, Table]:
    dice = np.random.default_rng(seed)
    homes, sites = dice.random((DEMANDS, 2)), dice.random((CANDIDATES, 2))
    distance = np.hypot(*(homes[:, None] - sites).transpose(2, 0, 1))
    if kind == "no geometry":
        distance = dice.random((DEMANDS, CANDIDATES))
    if kind == "whole":
        distance = np.rint(20 * distance)
    return distance, dice.integers(0, 10, DEMANDS).astype(float)


def total(distance: Table, weight: Table, plan: tuple[int, ...]) -> float:
    return float(weight @ distance[:, [*plan]].min(axis=1))


def as_it_is(costs: Costs, _choice: Choice, sites: Integers) -> Plan:
    return Plan(sites, total_of(costs, sites))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("p", [1, 2, 4, 7])
@pytest.mark.parametrize("kind", ["square", "whole", "no geometry"])
def test_tree_alone_ends_at_the_best_of_all_plans(
    kind: str, p: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "improve", as_it_is)
    distance, weight = problem(kind, seed)
    worst_to_best = sorted(
        combinations(range(CANDIDATES), p), key=lambda plan: -total(distance, weight, plan)
    )
    costs = list_costs(distance, weight, np.ones(CANDIDATES, np.bool_))
    marks = np.ones(CANDIDATES, np.int8)
    poor = np.array(worst_to_best[len(worst_to_best) // 2], np.int64)
    choice = Choice(p, marks, np.zeros_like(marks))
    grown = tree.Tree(costs, choice, as_it_is(costs, choice, poor))
    best = total(distance, weight, worst_to_best[-1])
    while not grown.proven:
        assert grown.bound <= best * (1 + 1e-12)
        grown.split()
    assert grown.plan.total == pytest.approx(best, rel=1e-9)
