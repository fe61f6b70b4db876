"""Covering and decay equal brute force on small instances, whatever the order of candidates."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from safelight.plan.siting.covering import decay, maximal_covering
from safelight.plan.siting.effort import EFFORTS
from safelight.plan.siting.exact import Rows, solved
from safelight.plan.siting.frontier import frontier
from safelight.plan.siting.gains import gains_of, value
from safelight.plan.siting.inputs import reach_matrix
from safelight.plan.siting.ladder import Stop, climbed
from safelight.plan.siting.search import Purse, greedy

Table = npt.NDArray[np.float64]
SHARES = [0.0, 0.0, 0.1, 0.25, 0.5, 0.5, 1.0]
FEW = settings(max_examples=25, deadline=None)


@st.composite
def instances(draw: st.DrawFn, shares: list[float] | None = None) -> tuple[Table, Table]:
    """Draw a table of reach that reaches somebody, and whole weights."""
    demands, sites = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    share = st.sampled_from(SHARES if shares is None else shares)
    rows = st.lists(share, min_size=sites, max_size=sites)
    reach = np.array(draw(st.lists(rows, min_size=demands, max_size=demands)))
    reach[draw(st.integers(0, demands - 1)), draw(st.integers(0, sites - 1))] = 1.0
    weight = st.lists(st.integers(0, 9), min_size=demands, max_size=demands)
    return reach, np.array(draw(weight), float)


def worth(reach: Table, weight: Table, sites: tuple[int, ...]) -> float:
    return float((reach[:, list(sites)].max(axis=1) * weight).sum()) if sites else 0.0


def best(reach: Table, weight: Table, p: int, must: set[int], never: set[int]) -> float:
    free = [j for j in range(reach.shape[1]) if j not in never]
    return max(worth(reach, weight, s) for s in combinations(free, p) if must <= set(s))


@FEW
@given(instances([0.0, 0.0, 1.0]), st.data())
def test_covering_equals_brute_force_and_says_that_it_is_proven(
    instance: tuple[Table, Table], data: st.DataObject
) -> None:
    reach, weight = instance
    p = data.draw(st.integers(1, reach.shape[1]))
    found = maximal_covering(reach > 0, weight, p)
    assert found.objective == found.bound == best(reach, weight, p, set(), set())
    assert len(found.opened) == p


@FEW
@given(instances(), st.data())
def test_decay_with_forced_and_forbidden_sites_equals_brute_force(
    instance: tuple[Table, Table], data: st.DataObject
) -> None:
    reach, weight = instance
    sites = range(reach.shape[1])
    roles = data.draw(st.lists(st.sampled_from("fxo"), min_size=len(sites), max_size=len(sites)))
    must = {j for j in sites if roles[j] == "f"}
    never = {j for j in sites if roles[j] == "x"}
    if len(never) == len(sites):
        never.pop()
    p = data.draw(st.integers(max(1, len(must)), len(sites) - len(never)))
    found = decay(reach, weight, p, forced=sorted(must), forbidden=sorted(never))
    expected = best(reach, weight, p, must, never)
    assert np.isclose(found.objective, expected, rtol=1e-9)
    assert found.bound == found.objective
    assert must <= set(found.opened.tolist())
    assert not never & set(found.opened.tolist())


@FEW
@given(instances(), st.integers(0, 3))
def test_order_of_candidates_does_not_change_what_is_proven(
    instance: tuple[Table, Table], seed: int
) -> None:
    reach, weight = instance
    order = np.random.default_rng(seed).permutation(reach.shape[1])
    p = (reach.shape[1] + 1) // 2
    one, other = decay(reach, weight, p), decay(reach[:, order], weight, p)
    assert np.isclose(one.objective, other.objective, rtol=1e-9)


@FEW
@given(instances())
def test_another_site_never_lowers_the_objective_along_the_frontier(
    instance: tuple[Table, Table],
) -> None:
    reach, weight = instance
    plans = frontier(reach, weight, range(1, reach.shape[1] + 1))
    worths = [plan.objective for plan in plans]
    assert worths == sorted(worths)
    assert all(plan.bound >= plan.objective for plan in plans)
    assert [len(plan.opened) for plan in plans] == list(range(1, reach.shape[1] + 1))


@FEW
@given(instances(), st.data())
def test_budget_equals_brute_force(instance: tuple[Table, Table], data: st.DataObject) -> None:
    reach, weight = instance
    m = reach.shape[1]
    cost = np.array(data.draw(st.lists(st.integers(1, 5), min_size=m, max_size=m)), float)
    total = float(data.draw(st.integers(1, int(cost.sum()))))
    gains = gains_of(reach_matrix(reach), weight)
    climb = climbed(gains, Purse(cost, total), EFFORTS["standard"], Stop())
    payable = [
        worth(reach, weight, sites)
        for size in range(m + 1)
        for sites in combinations(range(m), size)
        if cost[list(sites)].sum() <= total
    ]
    assert cost[climb.sites].sum() <= total
    assert np.isclose(climb.worth, max(payable), rtol=1e-9)
    assert np.isclose(climb.bound, max(payable), rtol=1e-6)


@FEW
@given(instances(), st.integers(0, 2**31))
def test_exact_step_keeps_to_further_rules(instance: tuple[Table, Table], seed: int) -> None:
    reach, weight = instance
    m = reach.shape[1]
    rule = np.random.default_rng(seed).integers(0, 2, (1, m)).astype(float)
    gains = gains_of(reach_matrix(reach), weight)
    purse = Purse(np.ones(m), float((m + 1) // 2))
    rows = Rows(sparse.csr_array(rule), np.zeros(1), np.ones(1))
    found = solved(gains, purse, np.zeros(0, np.int64), rows=rows)
    allowed = [
        worth(reach, weight, sites)
        for size in range((m + 1) // 2 + 1)
        for sites in combinations(range(m), size)
        if rule[0, list(sites)].sum() <= 1
    ]
    assert rule[0, found.sites].sum() <= 1
    assert np.isclose(found.worth, max(allowed), rtol=1e-9)
    assert found.worth <= found.bound <= max(allowed) * (1 + 1e-6) + 1e-6


@FEW
@given(instances())
def test_greedy_is_worth_what_its_sites_are_worth(instance: tuple[Table, Table]) -> None:
    reach, weight = instance
    gains = gains_of(reach_matrix(reach), weight)
    sites = greedy(gains, Purse(np.ones(gains.sites), 2.0))
    assert np.isclose(value(gains, sites), worth(reach, weight, tuple(sites)))
