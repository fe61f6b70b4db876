"""One effect per area, part of it shared with neighbours: BYM2.

sd (√φ w + √(1−φ) v), w the scaled structured field, v independent: Riebler, Sørbye, Simpson and
Rue, Statistical Methods in Medical Research 2016;25:1145.
"""

from typing import Any

import numpy as np
from scipy.sparse import block_diag, csr_matrix, hstack, identity

from safelight.plan.need.graph import Floats
from safelight.plan.need.icar import Structure
from safelight.plan.need.laplace import Field, Model
from safelight.plan.need.priors import MixingPrior, Priors, log_sd, logit

LEVEL_SD = 10.0
START = np.array([-1.0, 0.0])


def area_model(
    counts: Floats, exposure: Floats, structure: Structure, slopes: Floats, priors: Priors
) -> Model:
    """Return the model of one count per area: level, covariates and a BYM2 effect.

    ``slopes`` (areas × covariates) multiply coefficients that are standard normal beforehand. The
    order of the latent values is v, w, level and coefficients.
    """
    count = len(counts)
    fixed = identity(1 + slopes.shape[1])
    root = block_diag([identity(count), structure.root, fixed], format="csr")
    mixing = MixingPrior(structure.eigenvalues, priors.mixing, priors.mixing_chance)
    each = identity(count)
    level = csr_matrix(np.full((count, 1), LEVEL_SD))

    def field(at: Floats) -> Field:
        share, sd = logit(at[1]), np.exp(at[0])
        own, common = sd * np.sqrt(1 - share), sd * np.sqrt(share)
        spread = np.repeat([own, common, 1.0], [count, count, 1 + slopes.shape[1]])
        return Field(spread, np.ones(1), 0.0)  # no hyperparameter enters the precision

    def log_prior(at: Floats) -> float:
        return log_sd(at[0], priors.district_sd, priors.sd_chance) + mixing(at[1])

    return Model(
        counts,
        exposure,
        hstack([each, each, level, csr_matrix(slopes)], format="csr"),
        (root.T @ root,),
        lambda _: root,
        field,
        log_prior,
        ("log sd", "logit φ"),
        START,
    )


def draw_effect(field: Floats, sd: Floats, share: Floats, rng: np.random.Generator) -> Floats:
    """Return draws (areas × draws) of the effect from draws of w, with sd and φ of each draw."""
    own: Any = rng.standard_normal(field.shape)
    effect: Floats = sd * (np.sqrt(share) * field + np.sqrt(1 - share) * own)
    return effect
