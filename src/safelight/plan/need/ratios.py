"""From deaths to people at risk and to overdoses that reached a hospital bed: uncertain ratios."""

import numpy as np

from safelight.plan.need.graph import Floats
from safelight.plan.need.shares import NORMAL_95
from safelight.plan.parameters import Parameter, Parameters

OWN = "people_at_risk_"  # and the code of an upper-tier authority that has a figure of its own


def ratio_draws(
    parameters: Parameters,
    name: str,
    upper_tiers: list[str],
    deaths: Floats,
    draws: int,
    rng: np.random.Generator,
) -> Floats:
    """Return draws of a ratio to deaths (upper tiers × draws): log-normal, each authority's own.

    Where the parameters hold an authority's own number of people at risk, that number over its
    ``deaths`` a year (one per upper tier) and the general ratio are averaged on the log scale, by
    precision.
    """
    laws = [
        _law(parameters, name, code, each) for code, each in zip(upper_tiers, deaths, strict=True)
    ]
    middle, spread = np.array(laws).T[:, :, None]
    ratios: Floats = np.exp(middle + spread * rng.standard_normal((len(laws), draws)))
    return ratios


def _law(parameters: Parameters, name: str, code: str, deaths: float) -> tuple[float, float]:
    """Return mean and standard deviation of the logarithm of one authority's ratio."""
    middle, spread = _log_normal(parameters[name])
    if name != "people_at_risk_per_death" or OWN + code not in parameters.values or deaths <= 0:
        return middle, spread
    own, own_spread = _log_normal(parameters[OWN + code])
    weights = np.array([spread**-2, own_spread**-2])
    mean = float(weights @ [middle, own - np.log(deaths)] / weights.sum())
    return mean, float(weights.sum() ** -0.5)


def _log_normal(parameter: Parameter) -> tuple[float, float]:
    value = float(parameter.value)  # type: ignore[arg-type]  # numbers, as number() has checked
    low, high = parameter.low or value, parameter.high or value
    return float(np.log(value)), float(np.log(high / low) / (2 * NORMAL_95))
