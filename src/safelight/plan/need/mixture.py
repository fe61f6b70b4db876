"""The hyperparameters, integrated: a weighted set of Gaussians in place of one.

Importance sampling at quasi-random points of a Student t around the mode (integrated nested Laplace
with importance sampling: Berild, Martino, Gómez-Rubio and Rue, Journal of Computational and
Graphical Statistics 2022;31:1225). The number of points that count (the effective sample size) is
reported: a low one says that the answer is rough.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import gammaincinv, gammaln, ndtri

from safelight.plan.need.graph import Floats
from safelight.plan.need.laplace import ROUGH, Gaussian, Laplace, Model
from safelight.plan.need.search import Search

POINTS = 64
FREEDOM = 6.0  # of the Student t
PROBES = 200  # draws behind the variances of the log rates
NEGLIGIBLE = 1e-3  # points with less weight, against the heaviest, are left out
Told = Callable[[float], None]  # hears the share of the work that is done


def _silent(_: float) -> None:
    return None


class Posterior(NamedTuple):
    """The joint posterior of hyperparameters and field, as weighted points."""

    points: Floats  # points × hyperparameters, as searched
    weights: Floats  # sums to 1
    variance: Floats  # of each observation's log rate
    effective: float  # points that count, of those tried
    evaluations: int  # of the evidence, for the search

    @property
    def means(self) -> Floats:
        """Return the posterior means of the hyperparameters, as searched."""
        means: Floats = self.weights @ self.points
        return means


def posterior(model: Model, seed: int, points: int = POINTS, told: Told = _silent) -> Posterior:
    """Return the posterior of a model from ``points`` points."""
    laplace = Laplace(model)
    search = Search(laplace)
    mode = search.climb()
    told(0.4)
    where, proposal = _student(mode, search.covariance(mode), points, seed)
    best = laplace.fit(mode, search.near)
    logs = []
    for number, point in enumerate(where):
        logs.append(laplace.fit(point, best, tolerance=ROUGH).log_evidence)
        told(0.6 + 0.4 * (number + 1) / points)
    log_weights = np.array(logs) - proposal
    weights = np.exp(log_weights - log_weights.max())
    kept = weights > NEGLIGIBLE
    return Posterior(
        where[kept],
        weights[kept] / weights[kept].sum(),
        _variance(laplace, best, np.random.default_rng([seed, 1])),
        float(weights.sum() ** 2 / (weights**2).sum()),
        search.evaluations,
    )


def draw_posterior(
    model: Model, found: Posterior, draws: int, seed: int, told: Told = _silent
) -> Floats:
    """Return joint draws (latent values × draws), each value times its spread.

    The points share the draws by their weights as evenly as whole numbers allow; the order of the
    draws is then shuffled.
    """
    rng = np.random.default_rng([seed, 4])
    laplace = Laplace(model)
    ladder = (np.arange(draws) + rng.random()) / draws
    rungs = np.searchsorted(np.cumsum(found.weights)[:-1], ladder)
    near: Gaussian | None = None
    values = []
    for point, share in zip(*np.unique(rungs, return_counts=True), strict=True):
        near = laplace.fit(found.points[point], near, found.variance, ROUGH)
        values.append(laplace.draw(near, int(share), rng))
        told(sum(each.shape[1] for each in values) / draws)
    shuffled: Floats = np.hstack(values)[:, rng.permutation(draws)]
    return shuffled


def _variance(laplace: Laplace, fitted: Gaussian, rng: np.random.Generator) -> Floats:
    """Return the variance of each observation's log rate, estimated from draws."""
    field = laplace.draw(fitted, PROBES, rng) - (fitted.mean * fitted.spread)[:, None]
    variance: Floats = np.asarray((laplace.design @ field) ** 2).mean(axis=1)
    return variance


def spread_out(points: int, size: int, seed: int) -> Floats:
    """Return points in the unit cube (points × size) that leave no large gap.

    A Kronecker sequence by the powers of the generalised golden ratio (Roberts 2018, after
    Kronecker and Weyl), shifted at random.
    """
    ratio = 2.0
    for _ in range(60):  # the root of x^(size + 1) = x + 1
        ratio = (1 + ratio) ** (1 / (size + 1))
    step = ratio ** -np.arange(1.0, size + 1)
    shift = np.random.default_rng([seed, 2]).random(size)
    return (shift + np.arange(1, points + 1)[:, None] * step) % 1


def _student(mode: Floats, covariance: Floats, points: int, seed: int) -> tuple[Floats, Floats]:
    """Return quasi-random points of a multivariate Student t and their log densities."""
    size = len(mode)
    share = np.clip(spread_out(points, size + 1, seed), 1e-6, 1 - 1e-6)
    stretch = np.sqrt(FREEDOM / (2 * gammaincinv(FREEDOM / 2, share[:, size])))
    root = np.linalg.cholesky(covariance)
    moved = (ndtri(share[:, :size]) * stretch[:, None]) @ root.T
    distance = (np.linalg.solve(root, moved.T) ** 2).sum(axis=0)
    log_density = (
        gammaln((FREEDOM + size) / 2)
        - gammaln(FREEDOM / 2)
        - (FREEDOM + size) / 2 * np.log1p(distance / FREEDOM)
    )
    return mode + moved, log_density
