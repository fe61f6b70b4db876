"""Priors that shrink to the simpler model unless the data speak: penalised complexity.

Simpson, Rue, Riebler, Martins and Sørbye, Statistical Science 2017;32:1. Each function returns a
log density on the scale on which the hyperparameter is searched, its Jacobian included.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.need.graph import Floats
from safelight.plan.parameters import Parameters


class Priors(NamedTuple):
    """The limits of the priors: P(sd > limit) = ``sd_chance``, and so on."""

    trend_sd: float
    district_sd: float
    course_sd: float
    sd_chance: float
    mixing: float  # P(φ < mixing) = mixing_chance
    mixing_chance: float
    persistence: float  # P(rho > persistence) = persistence_chance
    persistence_chance: float


def shipped_priors(parameters: Parameters) -> Priors:
    """Return the priors that a set of planning parameters gives."""
    return Priors(*(parameters.number(f"prior_{name}") for name in Priors._fields))


def log_sd(value: float, upper: float, chance: float) -> float:
    """Return the log density of log sd, exponential with P(sd > ``upper``) = ``chance``."""
    rate = -np.log(chance) / upper
    return float(np.log(rate) - rate * np.exp(value) + value)


def logit(value: float) -> float:
    """Return the share, or correlation, that was searched as ``value``."""
    return float(1 / (1 + np.exp(-value)))


class MixingPrior:
    """The prior of φ, the share of a BYM2 effect that neighbours have in common.

    P(φ < ``upper``) = ``chance``; the distance from the unstructured model depends on the map
    through the eigenvalues of the scaled structure's generalised inverse. Riebler et al. 2016.
    """

    def __init__(self, eigenvalues: Floats, upper: float, chance: float) -> None:
        """Take the eigenvalues (one per area) of the scaled field's covariance."""
        self.excess = eigenvalues - 1
        self.rate = -np.log1p(-chance) / self._distance(upper)

    def _distance(self, share: float) -> float:
        moved = share * self.excess
        return float(np.sqrt(np.sum(moved - np.log1p(moved))))

    def __call__(self, value: float) -> float:
        """Return the log density of logit φ."""
        share = min(max(logit(value), 1e-6), 1 - 1e-6)
        distance = self._distance(share)
        slope = 0.5 / distance * np.sum(self.excess * (1 - 1 / (1 + share * self.excess)))
        jacobian = np.log(share) + np.log1p(-share)
        return float(np.log(self.rate) - self.rate * distance + np.log(slope) + jacobian)


def log_persistence(value: float, lower: float, chance: float) -> float:
    """Return the log density of logit rho, where P(rho > ``lower``) = ``chance`` for 0 < rho < 1.

    The simpler model is no change over time (rho = 1). Sørbye and Rue, Journal of Time Series
    Analysis 2017;38:923, here cut off at zero: a district's departure does not alternate.
    """
    rho = min(max(logit(value), 1e-9), 1 - 1e-9)
    rate = _persistence_rate(lower, chance)
    gap = np.sqrt(1 - rho)
    return float(
        np.log(rate)
        - rate * gap
        - np.log(2 * gap)
        - np.log1p(-np.exp(-rate))
        + np.log(rho)
        + np.log1p(-rho)
    )


def _persistence_rate(lower: float, chance: float) -> float:
    """Solve (1 − e^{−λ√(1−lower)}) / (1 − e^{−λ}) = ``chance`` for λ by halving."""
    low, high = 1e-3, 100.0
    for _ in range(80):
        rate = (low + high) / 2
        share = np.expm1(-rate * np.sqrt(1 - lower)) / np.expm1(-rate)
        low, high = (rate, high) if share < chance else (low, rate)
    return (low + high) / 2
