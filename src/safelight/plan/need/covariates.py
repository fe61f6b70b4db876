"""What deprivation does to the rate, learned from districts, where deaths are counted.

A district's rate is the mean of its LSOAs' rates, not the rate of its mean LSOA, so the effect of
the covariates on a district is f(β) = log Σ e_i exp(x_i β) / Σ e_i over its LSOAs, which is not
linear. It is made linear around the best β, again and again until β rests, as in inlabru (Lindgren
et al., 2024).
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.need.areas import COVARIATES, Areas
from safelight.plan.need.bym2 import area_model
from safelight.plan.need.graph import Floats, Integers, neighbours
from safelight.plan.need.icar import structure
from safelight.plan.need.laplace import Gaussian, Laplace
from safelight.plan.need.priors import Priors
from safelight.plan.need.search import Search
from safelight.plan.parameters import Parameters

ROUNDS = 12
RESTS = 1e-3  # far below what is known of β


class Coefficients(NamedTuple):
    """What is known of β: a normal law with this mean and covariance."""

    mean: Floats
    covariance: Floats


def vague_coefficients(parameters: Parameters) -> Coefficients:
    """Return what is known of β before any data: zero, give or take ``covariate_sd``."""
    count = len(COVARIATES)
    spread = parameters.number("covariate_sd")
    return Coefficients(np.zeros(count), spread**2 * np.eye(count))


def district_effect(areas: Areas, districts: Integers, beta: Floats) -> tuple[Floats, Floats]:
    """Return f(β) for some districts, and its slopes (districts × covariates)."""
    raised = areas.exposure * np.exp(areas.covariates @ beta)
    size = len(areas.districts)
    total = np.bincount(areas.district, raised, size)
    base = np.bincount(areas.district, areas.exposure, size)
    columns = (raised * column for column in areas.covariates.T)
    slopes = np.stack([np.bincount(areas.district, each, size) for each in columns], axis=1)
    return np.log(total / base)[districts], (slopes / total[:, None])[districts]


def learn_coefficients(
    areas: Areas,
    districts: Integers,
    deaths: Floats,
    exposure: Floats,
    prior: Coefficients,
    priors: Priors,
) -> Coefficients:
    """Return what the deaths of some districts over some years say about β.

    Deaths and exposure are one number per district; what the covariates leave unexplained is BYM2,
    its spread the most probable one.
    """
    place = areas.districts[["easting", "northing"]].to_numpy(float)[districts]
    between = structure(neighbours(place), len(districts))
    beta = prior.mean
    root = np.linalg.cholesky(prior.covariance)
    fitted: Gaussian | None = None
    for _ in range(ROUNDS):
        effect, slopes = district_effect(areas, districts, beta)
        offset = effect - slopes @ (beta - prior.mean)
        model = area_model(deaths, exposure * np.exp(offset), between, slopes @ root, priors)
        laplace = Laplace(model)
        fitted = laplace.fit(model.start, fitted)
        moved = prior.mean + root @ fitted.mean[-len(beta) :]
        rested = float(np.abs(moved - beta).max()) < RESTS
        beta = moved
        if rested:
            break
    search = Search(laplace, fitted)
    fitted = laplace.fit(search.climb(), search.near)
    mean, covariance = laplace.moments(fitted, len(beta))
    return Coefficients(prior.mean + root @ mean, root @ covariance @ root.T)
