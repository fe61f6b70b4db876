"""Made-up counts on made-up maps, with known truth, for the checks of the need model."""

import numpy as np
import numpy.typing as npt

from safelight.plan.need.graph import Floats, Integers, neighbours
from safelight.plan.need.icar import draw, scaling
from safelight.plan.need.priors import Priors
from safelight.plan.need.spacetime import Districts

PRIORS = Priors(
    trend_sd=1.0,
    district_sd=1.0,
    course_sd=0.5,
    sd_chance=0.01,
    mixing=0.5,
    mixing_chance=2 / 3,
    persistence=0.5,
    persistence_chance=0.75,
)


def map_of(areas: int, seed: int) -> tuple[Floats, Integers]:
    """Return points in a square of 10 km and their edges."""
    points = np.random.default_rng(seed).uniform(0, 10_000, (areas, 2))
    return points, neighbours(points)


def area_counts(
    areas: int, seed: int, *, mean: float = 4.0, sd: float = 0.6, share: float = 0.7
) -> tuple[Floats, Floats, Integers, Floats]:
    """Return counts, exposure, edges and the true log rates of a BYM2 map."""
    rng = np.random.default_rng([seed, 7])
    _, edges = map_of(areas, seed)
    field = draw(edges, scaling(edges, areas, rng), 1, rng)[:, 0]
    truth = sd * (np.sqrt(share) * field + np.sqrt(1 - share) * rng.standard_normal(areas))
    exposure = rng.gamma(4.0, mean / 4.0, areas)
    return rng.poisson(exposure * np.exp(truth)).astype(float), exposure, edges, truth


def district_counts(districts: int, years: int, seed: int) -> tuple[Districts, Floats]:
    """Return counts of districts over years with one covariate, and the true log rates."""
    rng = np.random.default_rng([seed, 8])
    _, edges = map_of(districts, seed)
    field = draw(edges, scaling(edges, districts, rng), 1, rng)[:, 0]
    lasting = 0.3 * (np.sqrt(0.5) * field + np.sqrt(0.5) * rng.standard_normal(districts))
    trend = np.cumsum(rng.normal(0, 0.08, years))
    course = np.zeros((districts, years))
    course[:, 0] = rng.standard_normal(districts)
    for year in range(1, years):
        new = rng.standard_normal(districts)
        course[:, year] = 0.8 * course[:, year - 1] + 0.6 * new
    slopes = rng.standard_normal((districts, 1))
    truth = lasting[:, None] + trend - trend.mean() + 0.15 * course + 0.3 * slopes
    exposure = np.repeat(rng.gamma(6.0, 2.0, districts)[:, None], years, axis=1)
    counts = rng.poisson(exposure * np.exp(truth)).astype(float)
    return Districts(counts, exposure, edges, np.zeros(districts), slopes), truth


def dense(root: npt.NDArray[np.float64]) -> Floats:
    """Return BᵀB of a sparse root as a full matrix."""
    found: Floats = (root.T @ root).toarray()  # type: ignore[attr-defined]  # scipy has no types
    return found
