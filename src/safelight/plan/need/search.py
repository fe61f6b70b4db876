"""Where the hyperparameters are most probable, and how far they may be from there."""

from itertools import combinations

import numpy as np
from scipy.optimize import minimize

from safelight.plan.need.graph import Floats
from safelight.plan.need.laplace import Gaussian, Laplace

LIMIT = 6.0  # of log sd and logit φ, to either side
FIRST_STEP = 0.1  # of the numerical second derivatives
NARROWEST, WIDEST = 0.03, 1.5  # sd that is believed in any direction


class Search:
    """Climbs to the mode of the hyperparameters; each field starts where the last one ended."""

    def __init__(self, laplace: Laplace, near: Gaussian | None = None) -> None:
        """Start at the hyperparameters that the model gives, and at a field, where one is known."""
        self.laplace = laplace
        self.near = near
        self.evaluations = 0

    def loss(self, at: Floats) -> float:
        """Return minus the log evidence for hyperparameters ``at``."""
        self.near = self.laplace.fit(at, self.near)
        self.evaluations += 1
        return -self.near.log_evidence

    def climb(self) -> Floats:
        """Return the mode."""
        start = self.laplace.model.start
        found = minimize(
            self.loss,
            start,
            method="L-BFGS-B",
            bounds=[(-LIMIT, LIMIT)] * len(start),
            options={"ftol": 1e-9, "eps": 1e-3, "maxiter": 40},
        )
        return np.asarray(found.x)

    def covariance(self, mode: Floats) -> Floats:
        """Return the covariance of the Gaussian that bends as the evidence does at its mode."""
        middle = self.loss(mode)
        steps = np.full(len(mode), FIRST_STEP)
        for _ in range(2):  # the second time with steps of about one standard deviation
            ahead = np.array([self.loss(mode + step) for step in np.diag(steps)])
            behind = np.array([self.loss(mode - step) for step in np.diag(steps)])
            bend = (ahead - 2 * middle + behind) / steps**2
            steps, used = _believed(bend), steps
        hessian = np.diag(bend)
        for pair in combinations(range(len(mode)), 2):
            both = np.zeros(len(mode))
            both[list(pair)] = used[list(pair)]
            twist = self.loss(mode + both) - ahead[list(pair)].sum() + middle
            hessian[pair] = hessian[pair[::-1]] = twist / used[list(pair)].prod()
        values, vectors = np.linalg.eigh(hessian)
        covariance: Floats = (vectors * _believed(values) ** 2) @ vectors.T
        return covariance


def _believed(bend: Floats) -> Floats:
    """Return the standard deviations that second derivatives speak of, within reason."""
    return np.clip(1 / np.sqrt(np.maximum(bend, 1e-9)), NARROWEST, WIDEST)
