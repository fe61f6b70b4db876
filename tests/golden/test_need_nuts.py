"""The fast posterior of the need model, held to NUTS on the same made-up counts.

The reference is made by ``python -m benchmarks.nuts`` in an environment with NumPyro.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from safelight.plan.need.bym2 import area_model
from safelight.plan.need.graph import Floats
from safelight.plan.need.icar import Structure, structure
from safelight.plan.need.laplace import Model
from safelight.plan.need.mixture import draw_posterior, posterior
from safelight.plan.need.spacetime import full_design, space_time_model
from tests.support.need import PRIORS, area_counts, district_counts

REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "need" / "nuts.json").read_text("utf-8")
)
POINTS, DRAWS = 64, 4000
MEAN = 0.15  # of a posterior sd, for the worst area
MEAN_OF_ALL = 0.05
SD = 0.12  # for the worst area


class Agreement:
    """How far draws of log rates are from the reference."""

    def __init__(self, draws: Floats, name: str) -> None:
        reference = REFERENCE[name]
        mean, sd = np.array(reference["mean"]), np.array(reference["sd"])
        self.shift = np.abs(draws.mean(axis=1) - mean) / sd
        self.ratio = np.abs(draws.std(axis=1) / sd - 1)
        inside = (draws >= np.array(reference["lower"])[:, None]) & (
            draws <= np.array(reference["upper"])[:, None]
        )
        self.inside = float(inside.mean())

    @property
    def holds(self) -> bool:
        return bool(
            self.shift.max() < MEAN
            and self.shift.mean() < MEAN_OF_ALL
            and self.ratio.max() < SD
            and abs(self.inside - 0.95) < 0.01
        )

    @override
    def __repr__(self) -> str:
        return (
            f"means off by {self.shift.mean():.3f} sd, at most {self.shift.max():.3f}; "
            f"sds by {self.ratio.mean():.1%}, at most {self.ratio.max():.1%}; "
            f"{self.inside:.1%} of draws in the 95% interval"
        )


def drawn(model: Model) -> Floats:
    return draw_posterior(model, posterior(model, 1, POINTS), DRAWS, 1)


def of_areas(*, wrong_scale: float = 1.0) -> Agreement:
    counts, exposure, edges, _ = area_counts(80, 3)
    right = structure(edges, 80)
    wrong = Structure(right.eigenvalues, right.root * np.sqrt(wrong_scale))
    model = area_model(counts, exposure, wrong, np.zeros((80, 0)), PRIORS)
    return Agreement(model.design @ drawn(model), "areas")


def of_districts(*, persistence: float = 0.5) -> Agreement:
    data, _ = district_counts(13, 12, 5)
    model = space_time_model(data, PRIORS._replace(persistence=persistence))
    return Agreement(full_design(data) @ drawn(model), "districts")


@pytest.mark.parametrize("name", ["areas", "districts"])
def test_reference_mixed_well(name: str) -> None:
    assert REFERENCE[name]["worst_r_hat"] < 1.01


def test_area_model_agrees_with_nuts() -> None:
    found = of_areas()
    assert found.holds, found


def test_district_model_agrees_with_nuts() -> None:
    found = of_districts()
    assert found.holds, found


def test_a_wrong_scaling_of_the_map_is_noticed() -> None:
    found = of_areas(wrong_scale=25.0)
    assert not found.holds, found


def test_another_prior_is_noticed() -> None:
    found = of_districts(persistence=0.999)
    assert not found.holds, found
