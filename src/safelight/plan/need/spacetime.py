"""Districts over years: a common trend, lasting differences and each district's own course.

log rate of district d in year t = offset_d + level + slopes_d·b + s1 g_t
    + s2 (√φ w_d + √(1−φ) v_d) + s3 c_dt

g is a random walk of first order with mean zero and typical size 1, w and v are those of BYM2, c is
an autoregression of first order (correlation rho) per district with variance 1, b standard normal
(covariates, already scaled by their prior). Years without counts are forecast.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import block_diag, csr_matrix, diags, eye, hstack, identity, kron

from safelight.plan.need.bym2 import LEVEL_SD
from safelight.plan.need.graph import Floats, Integers
from safelight.plan.need.icar import Structure, structure
from safelight.plan.need.laplace import Field, Model
from safelight.plan.need.priors import MixingPrior, Priors, log_persistence, log_sd, logit

NAMES = ("log sd trend", "log sd districts", "logit φ", "log sd own course", "logit rho")
START = np.array([-1.5, -1.2, 0.5, -1.5, 2.0])


class Districts(NamedTuple):
    """Counts by district and year; a year to be forecast holds nothing but NaN."""

    counts: Floats  # districts × years
    exposure: Floats  # districts × years, above zero
    edges: Integers  # of neighbouring districts
    offset: Floats  # districts
    slopes: Floats  # districts × covariates

    @property
    def known(self) -> Integers:
        """Return which district-years have a count, district by district."""
        return np.flatnonzero(np.isfinite(self.counts).ravel())


def space_time_model(data: Districts, priors: Priors) -> Model:
    """Return the model of districts over years for ``posterior``."""
    districts, years = data.counts.shape
    between = structure(data.edges, districts)
    mixing = MixingPrior(between.eigenvalues, priors.mixing, priors.mixing_chance)
    fixed = _fixed_root(data, between)

    def root(at: Floats) -> Any:  # noqa: ANN401 - a sparse matrix
        return block_diag([_courses_root(logit(at[4]), data), fixed], format="csr")

    def field(at: Floats) -> Field:
        rho = logit(at[4])
        weights = np.array([1.0, 1.0, rho**2, -rho])
        weights[1:] /= 1 - rho**2
        determinant = -districts * (years - 1) * float(np.log1p(-(rho**2)))
        return Field(_spread(at, data), weights, determinant)

    def log_prior(at: Floats) -> float:
        return (
            log_sd(at[0], priors.trend_sd, priors.sd_chance)
            + log_sd(at[1], priors.district_sd, priors.sd_chance)
            + mixing(at[2])
            + log_sd(at[3], priors.course_sd, priors.sd_chance)
            + log_persistence(at[4], priors.persistence, priors.persistence_chance)
        )

    return Model(
        data.counts.ravel()[data.known],
        _fixed(data).ravel()[data.known],
        full_design(data)[data.known],
        _precision_parts(fixed, data),
        root,
        field,
        log_prior,
        NAMES,
        START,
    )


def expected_deaths(data: Districts, latent: Floats) -> Floats:
    """Return the expected deaths of every year, forecasts too (districts × years × draws)."""
    log_rates = (full_design(data) @ latent).reshape(*data.counts.shape, latent.shape[1])
    deaths: Floats = _fixed(data)[:, :, None] * np.exp(log_rates)
    return deaths


def _fixed(data: Districts) -> Floats:
    """Return the exposure with the fixed part of the rate (districts × years)."""
    return data.exposure * np.exp(data.offset)[:, None]


def full_design(data: Districts) -> Any:  # noqa: ANN401 - a sparse matrix
    """Return the design of every district-year, district by district, years to forecast too.

    The columns stand in the order in which the factor costs least: own courses, v, w, trend,
    level and covariates.
    """
    districts, years = data.counts.shape
    each_district = kron(identity(districts), np.ones((years, 1)))
    each_year = kron(np.ones((districts, 1)), identity(years))
    cells = districts * years
    return hstack(
        [
            identity(cells),
            each_district,
            each_district,
            each_year,
            csr_matrix(np.full((cells, 1), LEVEL_SD)),
            each_district @ csr_matrix(data.slopes),
        ],
        format="csr",
    )


def _spread(at: Floats, data: Districts) -> Floats:
    districts, years = data.counts.shape
    share = logit(at[2])
    trend, lasting, course = np.exp(at[[0, 1, 3]])
    values = [course, lasting * np.sqrt(1 - share), lasting * np.sqrt(share), trend, 1.0]
    return np.repeat(
        values, [districts * years, districts, districts, years, 1 + _covariates(data)]
    )


def _covariates(data: Districts) -> int:
    return int(data.slopes.shape[1])


def _fixed_root(data: Districts, between: Structure) -> Any:  # noqa: ANN401 - a sparse matrix
    """Return the roots of all parts whose precision holds no hyperparameter."""
    districts, years = data.counts.shape
    steps = np.stack([np.arange(years - 1), np.arange(1, years)], axis=1)
    return block_diag(
        [
            identity(districts),
            between.root,
            structure(steps, years).root,
            identity(1 + _covariates(data)),
        ],
        format="csr",
    )


def _courses_root(rho: float, data: Districts) -> Any:  # noqa: ANN401 - a sparse matrix
    """Return B with BᵀB the precision of the districts' autoregressions of variance 1."""
    districts, years = data.counts.shape
    ahead = eye(years) - rho * eye(years, k=-1)
    scale = np.full(years, 1 / np.sqrt(1 - rho**2))
    scale[0] = 1.0
    return kron(identity(districts), diags(scale) @ ahead, format="csr")


def _precision_parts(fixed: Any, data: Districts) -> tuple[Any, ...]:  # noqa: ANN401
    """Return the parts of the precision: all that is fixed, and three of the autoregression."""
    districts, years = data.counts.shape
    inner = np.ones(years)
    inner[[0, -1]] = 0.0
    off = eye(years, k=1) + eye(years, k=-1)
    nothing = csr_matrix((fixed.shape[1], fixed.shape[1]))
    courses = [kron(identity(districts), one) for one in (identity(years), diags(inner), off)]
    zero = csr_matrix((districts * years, districts * years))
    return (
        block_diag([zero, fixed.T @ fixed], format="csr"),
        *(block_diag([course, nothing], format="csr") for course in courses),
    )
