"""The scaled structured field of BYM2."""

import numpy as np
import pytest

from safelight.plan.need.graph import Floats, Integers
from safelight.plan.need.icar import DENSE_UP_TO, draw, scaling, structure
from tests.support.need import dense, map_of

RNG = np.random.default_rng(0)
CHAIN = np.array([[0, 1], [1, 2], [2, 3]])
TWO_PARTS = np.array([[0, 1], [1, 2], [3, 4]])  # and area 5 alone


def laplacian(edges: Integers, count: int) -> Floats:
    found = np.zeros((count, count))
    for one, other in edges:
        found[[one, other], [one, other]] += 1
        found[one, other] -= 1
        found[other, one] -= 1
    return found


def geometric_mean(values: Floats) -> float:
    return float(np.exp(np.log(values).mean()))


@pytest.mark.parametrize("areas", [2, 7, 60])
def test_scaling_is_the_geometric_mean_of_the_generalised_inverse(areas: int) -> None:
    _, edges = map_of(areas, seed=4)
    expected = geometric_mean(np.diag(np.linalg.pinv(laplacian(edges, areas))))
    assert scaling(edges, areas, RNG) == pytest.approx(np.full(areas, expected))


def test_scaling_of_a_large_map_is_estimated_within_two_percent() -> None:
    count = DENSE_UP_TO + 100
    _, edges = map_of(count, seed=5)
    expected = geometric_mean(np.diag(np.linalg.pinv(laplacian(edges, count))))
    assert scaling(edges, count, RNG)[0] == pytest.approx(expected, rel=0.02)


def test_parts_are_scaled_one_by_one_and_an_area_alone_is_independent() -> None:
    scale = scaling(TWO_PARTS, 6, RNG)
    chain = geometric_mean(np.diag(np.linalg.pinv(laplacian(TWO_PARTS[:2], 3))))
    pair = geometric_mean(np.diag(np.linalg.pinv(laplacian(np.array([[0, 1]]), 2))))
    assert scale == pytest.approx(np.array([chain] * 3 + [pair] * 2 + [1.0]))


@pytest.mark.parametrize(("edges", "count"), [(CHAIN, 4), (TWO_PARTS, 6)])
def test_root_gives_the_scaled_covariance_with_mean_zero(edges: Integers, count: int) -> None:
    covariance = np.linalg.inv(dense(structure(edges, count).root))
    scale = scaling(edges, count, RNG)
    expected = np.linalg.pinv(laplacian(edges, count)) / np.sqrt(np.outer(scale, scale))
    lonely = np.flatnonzero(np.diag(laplacian(edges, count)) == 0)
    expected[lonely, lonely] = 1.0
    assert covariance == pytest.approx(expected, abs=1e-5)


def test_eigenvalues_are_those_of_the_scaled_covariance() -> None:
    _, edges = map_of(30, seed=6)
    scale = scaling(edges, 30, RNG)[0]
    expected = np.linalg.eigvalsh(np.linalg.pinv(laplacian(edges, 30))) / scale
    assert np.sort(structure(edges, 30).eigenvalues) == pytest.approx(expected, abs=1e-9)


def test_draws_have_the_variance_and_the_mean_that_they_should() -> None:
    _, edges = map_of(30, seed=6)
    scale = scaling(edges, 30, RNG)
    drawn = draw(edges, scale, 20_000, np.random.default_rng(1))
    expected = np.diag(np.linalg.pinv(laplacian(edges, 30))) / scale
    assert drawn.var(axis=1) == pytest.approx(expected, rel=0.06)
    assert np.abs(drawn.mean(axis=0)).max() < 1e-9


def test_same_seed_gives_the_same_draws() -> None:
    _, edges = map_of(30, seed=6)
    one, two = (draw(edges, np.ones(30), 5, np.random.default_rng(9)) for _ in range(2))
    assert (one == two).all()
