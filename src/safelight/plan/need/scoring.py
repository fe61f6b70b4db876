"""How good a forecast of counts was: what its top areas captured, whether its intervals held."""

from typing import NamedTuple

import numpy as np
from scipy.special import betainc, pdtr

from safelight.plan.need.baselines import between_variance
from safelight.plan.need.graph import Floats

TOP_SHARE = 0.2
LEVELS = (0.5, 0.8, 0.9, 0.95)
JEFFREYS = 0.5
LEAST = 1e-12


class Forecast(NamedTuple):
    """What a method says about counts that have since been seen, area by area."""

    expected: Floats
    below: Floats  # probability of fewer than what was seen
    upto: Floats  # probability of that many or fewer


def from_rates(rates: Floats, seen: Floats) -> Forecast:
    """Return the forecast of draws of Poisson means (areas × draws)."""
    cells = seen[:, None]
    return Forecast(
        rates.mean(axis=1),
        _poisson(cells - 1, rates).mean(axis=1),
        _poisson(cells, rates).mean(axis=1),
    )


def by_population(counts: Floats, exposure: Floats, ahead: Floats, seen: Floats) -> Forecast:
    """Forecast the common rate in every area: Poisson."""
    expected = ahead * counts.sum() / exposure.sum()
    return Forecast(expected, _poisson(seen - 1, expected), _poisson(seen, expected))


def by_last_count(counts: Floats, exposure: Floats, ahead: Floats, seen: Floats) -> Forecast:
    """Forecast each area's last rate, its chance by a gamma law with Jeffreys's prior."""
    law = _gamma(counts + JEFFREYS, exposure, ahead, seen)
    return law._replace(expected=counts / exposure * ahead)


def by_empirical_bayes(counts: Floats, exposure: Floats, ahead: Floats, seen: Floats) -> Forecast:
    """Forecast each area's rate shrunk to the common one: gamma and Poisson."""
    mean = counts.sum() / exposure.sum()
    between = between_variance(counts, exposure)
    if between <= 0:
        return by_population(counts, exposure, ahead, seen)
    shape, rate = mean**2 / between, mean / between
    return _gamma(shape + counts, rate + exposure, ahead, seen)


def _gamma(shape: Floats, rate: Floats, ahead: Floats, seen: Floats) -> Forecast:
    """Return a negative binomial forecast: Poisson with a gamma law of the rate."""
    share = rate / (rate + ahead)
    below = np.where(seen > 0, betainc(shape, np.maximum(seen, 1.0), share), 0.0)
    return Forecast(shape / rate * ahead, below, betainc(shape, seen + 1, share))


def _poisson(counts: Floats, mean: Floats) -> Floats:
    """Return the probability of that many or fewer."""
    found: Floats = np.where(counts < 0, 0.0, pdtr(np.maximum(counts, 0.0), mean))
    return found


BASELINES = {
    "population": by_population,
    "last count": by_last_count,
    "empirical Bayes": by_empirical_bayes,
}


def capture(expected: Floats, seen: Floats) -> float:
    """Return the share of what was seen in the top fifth of the areas by what was expected.

    Areas that tie at the limit share its places.
    """
    places = top_places(len(seen))
    limit = np.sort(expected)[::-1][places - 1]
    above, tied = expected > limit, expected == limit
    taken = seen[above].sum() + (places - above.sum()) * seen[tied].mean()
    return float(taken / max(seen.sum(), LEAST))


def top_places(areas: int) -> int:
    """Return how many areas the top fifth has, rounded up."""
    return int(np.ceil(TOP_SHARE * areas - 1e-9))


def coverage(forecast: Forecast, level: float) -> float:
    """Return the share of areas whose count lay in the central interval of ``level``.

    Counts are whole, so a count at the edge is inside in part: by as much of its probability as
    lies within the interval's limits. A forecast that is right then covers exactly ``level``.
    """
    low = np.maximum(forecast.below, (1 - level) / 2)
    high = np.minimum(forecast.upto, (1 + level) / 2)
    width = np.maximum(forecast.upto - forecast.below, LEAST)
    return float((np.maximum(high - low, 0) / width).mean())


def log_score(forecast: Forecast) -> float:
    """Return the mean log probability of what was seen: the higher, the better."""
    return float(np.log(np.maximum(forecast.upto - forecast.below, LEAST)).mean())
