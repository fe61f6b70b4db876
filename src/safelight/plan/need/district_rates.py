"""The districts' expected deaths, year by year, as joint draws."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from safelight.plan.need.areas import Areas
from safelight.plan.need.covariates import Coefficients, district_effect, learn_coefficients
from safelight.plan.need.graph import Floats, Integers, neighbours
from safelight.plan.need.history import History
from safelight.plan.need.mixture import draw_posterior, posterior
from safelight.plan.need.priors import Priors
from safelight.plan.need.spacetime import Districts, expected_deaths, space_time_model

RECENT = 10  # years of deaths that tell the effect of the covariates
SMALL = 50  # districts up to which a point of the hyperparameters costs next to nothing
POINTS_SMALL, POINTS_LARGE = 64, 32


class Rates(NamedTuple):
    """Draws of what the model of the districts says."""

    districts: Integers  # their numbers, ascending
    years: Integers
    deaths: Floats  # expected in the year: districts × years × draws
    population: Floats  # districts × years
    beta: Floats  # covariates × draws
    coefficients: Coefficients  # of the covariates, learned from elsewhere
    hyperparameters: dict[str, float]  # posterior means, as searched
    effective: float  # points of the hyperparameters that count
    points: int


class Framed(NamedTuple):
    """The districts of a frame, ready for the model, with what is known of the covariates."""

    data: Districts
    prior: Coefficients  # what β is before the frame's own deaths
    learned: Coefficients  # where the covariates' effect was made linear

    @property
    def root(self) -> Floats:
        """Return the factor from standard normal to β's spread before the data."""
        factor: Floats = np.linalg.cholesky(self.prior.covariance).astype(np.float64)
        return factor


def framed(
    areas: Areas, history: History, frame: Integers, priors: Priors, vague: Coefficients
) -> Framed:
    """Return the districts of ``frame`` with the effect of the covariates made linear.

    The effect is learned from the recent years of all other districts of England and Wales, so
    that no death counts twice; where there are too few others, only the frame's own deaths tell.
    Years without deaths (NaN) are to be forecast.
    """
    everywhere = np.arange(len(areas.districts))
    others = np.setdiff1d(everywhere, frame)
    alone = len(others) < len(frame)
    source = everywhere if alone else others
    exposure = _exposure(areas, history)
    known = np.isfinite(history.deaths).all(axis=0)
    recent = np.flatnonzero(known)[-RECENT:]
    learned = learn_coefficients(
        areas,
        source,
        history.deaths[source][:, recent].sum(axis=1),
        exposure[source][:, recent].sum(axis=1),
        vague,
        priors,
    )
    prior = vague if alone else learned
    effect, slopes = district_effect(areas, frame, learned.mean)
    data = Districts(
        history.deaths[frame],
        exposure[frame],
        neighbours(areas.districts[["easting", "northing"]].to_numpy(float)[frame]),
        effect - slopes @ (learned.mean - prior.mean),
        slopes @ np.linalg.cholesky(prior.covariance),
    )
    return Framed(data, prior, learned)


def district_rates(
    framing: Framed,
    history: History,
    frame: Integers,
    priors: Priors,
    draws: int,
    seed: int,
    told: Callable[[float], None],
) -> Rates:
    """Fit the districts of ``frame`` and return joint draws."""
    data = framing.data
    points = POINTS_SMALL if len(frame) <= SMALL else POINTS_LARGE
    model = space_time_model(data, priors)
    found = posterior(model, seed, points, lambda share: told(0.85 * share))
    latent = draw_posterior(model, found, draws, seed, lambda share: told(0.85 + 0.15 * share))
    return Rates(
        frame,
        history.years,
        expected_deaths(data, latent),
        history.population[frame],
        framing.prior.mean[:, None] + framing.root @ latent[-len(framing.prior.mean) :],
        framing.learned,
        dict(zip(model.names, found.means.tolist(), strict=True)),
        found.effective,
        points,
    )


def _exposure(areas: Areas, history: History) -> Floats:
    """Return people weighted by age, so scaled that the mean rate is one (districts × years)."""
    count = len(areas.districts)
    weighted = np.bincount(areas.district, areas.exposure, count)
    age = weighted / np.bincount(areas.district, areas.population, count)
    exposure = history.population * age[:, None]
    known = np.isfinite(history.deaths)
    scaled: Floats = exposure * (history.deaths[known].sum() / exposure[known].sum())
    return scaled
