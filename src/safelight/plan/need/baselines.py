"""The naive answers beside which the model has to stand."""

from typing import NamedTuple

import numpy as np

from safelight.plan.need.graph import Floats


class Baselines(NamedTuple):
    """Expected counts, one per area."""

    population: Floats
    last_count: Floats
    empirical_bayes: Floats


def baselines(counts: Floats, exposure: Floats) -> Baselines:
    """Return what population alone, the last count and empirical Bayes expect next.

    ``counts`` and ``exposure`` are of the last period. All three add up to about its total.
    """
    rate = counts.sum() / exposure.sum()
    return Baselines(rate * exposure, counts.astype(float), empirical_bayes(counts, exposure))


def empirical_bayes(counts: Floats, exposure: Floats) -> Floats:
    """Return counts shrunk to the common rate, each by its own chance.

    The global estimator of Marshall, Applied Statistics 1991;40:283.
    """
    mean = counts.sum() / exposure.sum()
    rates = counts / exposure
    between = between_variance(counts, exposure)
    weight = between / (between + mean / exposure) if between > 0 else np.zeros(len(counts))
    shrunk: Floats = exposure * (mean + weight * (rates - mean))
    return shrunk


def between_variance(counts: Floats, exposure: Floats) -> float:
    """Return Marshall's variance of the true rates between areas, not below zero."""
    mean = counts.sum() / exposure.sum()
    spread = float(exposure @ (counts / exposure - mean) ** 2 / exposure.sum())
    return max(spread - float(mean / exposure.mean()), 0.0)
