"""Bounds: any prices prove one, the relaxation proves the least, and fixing drops no better set."""

from itertools import combinations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from safelight.plan.siting.bounding import Rounds, bounded, first_point
from safelight.plan.siting.dual import may_improve, proof
from safelight.plan.siting.exact import layer_rows
from safelight.plan.siting.gains import Gains, gains_of, value
from safelight.plan.siting.search import Purse, greedy, sites_to_open


def random_gains(seed: int, demands: int = 40, sites: int = 12) -> Gains:
    rng = np.random.default_rng(seed)
    reach = rng.random((demands, sites)) * (rng.random((demands, sites)) < 0.3)
    return gains_of(sparse.csr_array(reach), rng.integers(1, 50, demands).astype(float))


def relaxation(gains: Gains, purse: Purse) -> float:
    """Return the optimum of the linear relaxation, by another solver and formulation."""
    layer, earns = layer_rows(gains)
    m, k = gains.sites, len(earns)
    found = linprog(
        -np.concatenate([np.zeros(m), earns]),
        A_ub=sparse.vstack(
            [
                sparse.hstack([-layer, sparse.eye_array(k)]),
                np.concatenate([purse.cost, np.zeros(k)])[None],
            ]
        ),
        b_ub=np.append(np.zeros(k), purse.total),
        bounds=(0, 1),
    )
    return -float(found.fun)


@pytest.mark.parametrize("seed", range(5))
def test_any_prices_prove_a_bound(seed: int) -> None:
    gains, purse = random_gains(seed), sites_to_open(3, 12)
    best = max(value(gains, sites) for sites in combinations(range(12), 3))
    rng = np.random.default_rng(seed)
    for _ in range(20):
        kept = rng.random(gains.demands) * rng.choice([0.0, 1.0, 20.0, 60.0])
        assert proof(gains, purse, kept).bound >= best


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("costs", ["one each", "several"])
def test_bound_comes_down_to_the_relaxation(seed: int, costs: str) -> None:
    gains = random_gains(seed)
    cost = np.ones(12) if costs == "one each" else np.random.default_rng(seed).random(12) + 0.5
    purse = Purse(cost, 3.0)
    start = first_point(gains, purse, greedy(gains, purse))
    found = bounded(gains, purse, start, Rounds(2_000, (), 1e-5))
    least = relaxation(gains, purse)
    assert least * (1 - 1e-9) <= found.proof.bound <= least * 1.001


@pytest.mark.parametrize("seed", range(5))
def test_fixing_keeps_every_site_of_every_better_set(seed: int) -> None:
    gains, purse = random_gains(seed), sites_to_open(3, 12)
    start = first_point(gains, purse, greedy(gains, purse))
    found = bounded(gains, purse, start, Rounds(400, (), 1e-5))
    worths = {sites: value(gains, sites) for sites in combinations(range(12), 3)}
    for worth in sorted(worths.values())[-40::8]:
        left = set(may_improve(found.proof, purse, worth).tolist())
        assert all(set(s) <= left for s in worths if worths[s] > worth)


def test_a_bound_over_a_pool_holds_for_sites_outside_it() -> None:
    rng = np.random.default_rng(9)
    there, here = rng.random((600, 2)), rng.random((300, 2))
    near = np.hypot(*(there[:, None] - here[None]).transpose(2, 0, 1)) < 0.08
    gains = gains_of(sparse.csr_array(near.astype(float)), rng.integers(1, 9, 600).astype(float))
    purse = sites_to_open(10, 300)
    start = first_point(gains, purse, greedy(gains, purse))
    found = bounded(gains, purse, start, Rounds(40, (200, 200, 200), 1e-4))
    assert found.proof.bound >= relaxation(gains, purse) * (1 - 1e-9)
    assert found.proof.bound <= relaxation(gains, purse) * 1.002
