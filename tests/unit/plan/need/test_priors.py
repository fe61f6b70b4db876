"""The priors keep their promises: each is a density, with the tail that was asked for."""

from collections.abc import Callable

import numpy as np
import pytest

from safelight.plan.need.icar import structure
from safelight.plan.need.priors import MixingPrior, log_persistence, log_sd, logit, shipped_priors
from safelight.plan.parameters import shipped_parameters
from tests.support.need import PRIORS, map_of

GRID = np.linspace(-30, 30, 6_001)
STEP = GRID[1] - GRID[0]


def mixing() -> MixingPrior:
    _, edges = map_of(20, seed=1)
    return MixingPrior(structure(edges, 20).eigenvalues, 0.5, 2 / 3)


@pytest.mark.parametrize(
    ("density", "below", "chance"),
    [
        (lambda x: log_sd(x, 0.8, 0.01), np.log(0.8), 0.99),
        (mixing(), 0.0, 2 / 3),
        (lambda x: log_persistence(x, 0.5, 0.75), 0.0, 0.25),
    ],
    ids=["sd", "share of neighbours", "persistence"],
)
def test_prior_is_a_density_with_the_chance_asked_for(
    density: Callable[[float], float], below: float, chance: float
) -> None:
    values = np.exp([density(float(x)) for x in GRID])
    assert values.sum() * STEP == pytest.approx(1, abs=0.01)
    assert values[below > GRID].sum() * STEP == pytest.approx(chance, abs=0.01)


def test_logit_of_zero_is_one_half() -> None:
    assert logit(0.0) == 0.5


def test_priors_come_from_the_planning_parameters() -> None:
    assert shipped_priors(shipped_parameters("planning-need")) == pytest.approx(PRIORS)
