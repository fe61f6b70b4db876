"""The approximate posterior: right on simulated truth, and the same for the same seed."""

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.need.bym2 import area_model
from safelight.plan.need.graph import Floats
from safelight.plan.need.icar import structure
from safelight.plan.need.laplace import Laplace, Model
from safelight.plan.need.mixture import draw_posterior, posterior
from safelight.plan.need.spacetime import Districts, expected_deaths, space_time_model
from tests.support.need import PRIORS, area_counts, district_counts

AREAS = 60


def area_posterior(seed: int) -> tuple[Floats, Floats]:
    """Return draws of the log rates and the truth."""
    counts, exposure, edges, truth = area_counts(AREAS, seed)
    model = area_model(counts, exposure, structure(edges, AREAS), np.zeros((AREAS, 0)), PRIORS)
    drawn = draw_posterior(model, posterior(model, 1, 16), 500, 1)
    return model.design @ drawn, truth


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    inside = {0.5: 0.0, 0.9: 0.0}
    maps = 6
    for seed in range(maps):
        drawn, truth = area_posterior(seed)
        for level in inside:
            low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
            inside[level] += float(((low <= truth) & (truth <= high)).mean()) / maps
    assert inside == {0.5: pytest.approx(0.5, abs=0.08), 0.9: pytest.approx(0.9, abs=0.05)}


def test_model_is_nearer_to_the_truth_than_the_counts_are() -> None:
    counts, exposure, _, truth = area_counts(AREAS, 1)
    drawn, _ = area_posterior(1)
    raw = np.log(np.maximum(counts, 0.5) / exposure)
    assert ((drawn.mean(axis=1) - truth) ** 2).mean() < 0.6 * ((raw - truth) ** 2).mean()


def test_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    first, again = area_posterior(2)[0], area_posterior(2)[0]
    assert (first == again).all()
    counts, exposure, edges, _ = area_counts(AREAS, 2)
    model = area_model(counts, exposure, structure(edges, AREAS), np.zeros((AREAS, 0)), PRIORS)
    found = posterior(model, 1, 16)
    assert (draw_posterior(model, found, 50, 1) != draw_posterior(model, found, 50, 2)).any()


def test_gaussian_has_the_curvature_and_the_gradient_of_the_density() -> None:
    counts, exposure, edges, _ = area_counts(8, 3)
    model = area_model(counts, exposure, structure(edges, 8), np.zeros((8, 0)), PRIORS)
    fitted = Laplace(model).fit(model.start)
    design = model.design.toarray() * fitted.spread
    precision = model.parts[0].toarray() + design.T @ np.diag(fitted.rate) @ design
    assert fitted.factor.solve(precision) == pytest.approx(np.eye(len(precision)), abs=1e-6)
    gradient = design.T @ (counts - fitted.rate) - model.parts[0] @ fitted.mean
    assert np.abs(gradient).max() < 1e-4


def test_evidence_is_the_integral_that_a_fine_grid_gives() -> None:
    """One count, an exponential prior: small enough to integrate over everything by hand."""
    differences = []
    for counts in (np.array([3.0, 9.0]), np.array([6.0, 6.0])):
        exposure = np.array([4.0, 5.0])
        edges = np.array([[0, 1]])
        model = area_model(counts, exposure, structure(edges, 2), np.zeros((2, 0)), PRIORS)
        at = np.array([-0.5, 0.0])
        laplace = Laplace(model).fit(at).log_evidence - model.log_prior(at)
        differences.append(laplace - by_hand(counts, exposure, model, at))
    assert differences[0] == pytest.approx(differences[1], abs=0.03)


def by_hand(counts: Floats, exposure: Floats, model: Model, at: Floats) -> float:
    """Integrate the likelihood of two counts over their log rates' normal law, on a grid."""
    spread = model.field(at).spread
    design = model.design.toarray() * spread
    covariance = design @ np.linalg.inv(model.parts[0].toarray()) @ design.T
    axis = np.linspace(-4, 4, 401)
    one, other = np.meshgrid(axis, axis, indexing="ij")
    points = np.stack([one.ravel(), other.ravel()])
    energy = (points * np.linalg.solve(covariance, points)).sum(axis=0) / 2
    rates = exposure[:, None] * np.exp(points)
    likelihood = (counts[:, None] * points).sum(axis=0) - rates.sum(axis=0)
    return float(np.log(np.exp(likelihood - energy).sum()))


def test_covariate_is_found() -> None:
    data, _ = district_counts(13, 12, 5)
    model = space_time_model(data, PRIORS)
    drawn = draw_posterior(model, posterior(model, 1, 32), 500, 1)[-1]
    assert abs(drawn.mean() - 0.3) < 2 * drawn.std()


def test_moments_are_those_of_the_draws() -> None:
    data, _ = district_counts(13, 12, 5)
    laplace = Laplace(space_time_model(data, PRIORS))
    fitted = laplace.fit(laplace.model.start)
    mean, covariance = laplace.moments(fitted, 2)
    drawn = laplace.draw(fitted, 20_000, np.random.default_rng(1))[-2:]
    assert drawn.mean(axis=1) == pytest.approx(mean, abs=0.002)
    assert np.cov(drawn) == pytest.approx(covariance, rel=0.05, abs=1e-4)


def test_next_year_is_forecast_with_more_doubt_than_this_one() -> None:
    data, _ = district_counts(13, 12, 5)
    ahead = Districts(
        np.column_stack([data.counts, np.full(13, np.nan)]),
        np.column_stack([data.exposure, data.exposure[:, -1]]),
        *data[2:],
    )
    model = space_time_model(ahead, PRIORS)
    drawn = expected_deaths(ahead, draw_posterior(model, posterior(model, 1, 32), 400, 1))
    spread = np.log(drawn).std(axis=2).mean(axis=0)
    assert spread[-1] > 1.1 * spread[-2]


def test_impossible_exposure_is_refused_in_words() -> None:
    counts, exposure, edges, _ = area_counts(8, 3)
    exposure[2] = np.nan
    model = area_model(counts, exposure, structure(edges, 8), np.zeros((8, 0)), PRIORS)
    with pytest.raises(Invalid) as caught:
        Laplace(model).fit(model.start)
    assert caught.value.code == "need-model"
