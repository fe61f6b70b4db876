"""How a district's deaths are shared among its small areas.

Nothing is counted below the district, so the share rests on age, on deprivation with the effect
that it has between districts, and on a BYM2 effect whose spread is prior alone. The shares of a
district's areas add up to one in every draw.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from safelight.plan.need.areas import Areas
from safelight.plan.need.bym2 import draw_effect
from safelight.plan.need.graph import Floats, Integers, neighbours
from safelight.plan.need.icar import draw, scaling
from safelight.plan.need.priors import logit
from safelight.plan.parameters import Parameters

AT_ONCE = 50  # draws that are worked on together, which bounds the memory
NORMAL_95 = 1.959964


def shared_deaths(
    areas: Areas,
    chosen: Integers,
    deaths: Floats,
    beta: Floats,
    parameters: Parameters,
    seed: int,
    told: Callable[[float], None],
) -> npt.NDArray[np.float32]:
    """Return draws of the deaths a year of the areas ``chosen`` (areas × draws).

    ``deaths`` are the draws of all districts in their numbering (districts × draws); ``beta`` the
    covariates' effects (covariates × draws).
    """
    rng = np.random.default_rng([seed, 5])
    points = areas.points[chosen]
    edges = neighbours(points)
    scale = scaling(edges, len(chosen), rng)
    told(0.2)
    district = areas.district[chosen]
    exposure, covariates = areas.exposure[chosen], areas.covariates[chosen]
    draws = deaths.shape[1]
    found = np.empty((len(chosen), draws), dtype=np.float32)
    for first in range(0, draws, AT_ONCE):
        part = slice(first, min(first + AT_ONCE, draws))
        size = part.stop - part.start
        field = draw(edges, scale, size, rng)
        effect = draw_effect(field, *_spread(parameters, size, rng), rng)
        weight = exposure[:, None] * np.exp(covariates @ beta[:, part] + effect)
        found[:, part] = deaths[district, part] * within(weight, district, len(areas.districts))
        told(0.2 + 0.8 * part.stop / draws)
    return found


def within(weight: Floats, district: Integers, districts: int) -> Floats:
    """Return weights (areas × draws) as shares of their district."""
    order = np.argsort(district, kind="stable")
    present, start = np.unique(district[order], return_index=True)
    total = np.ones((districts, weight.shape[1]))
    total[present] = np.add.reduceat(weight[order], start, axis=0)
    shares: Floats = weight / total[district]
    return shares


def _spread(parameters: Parameters, size: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw sd and φ of the areas: log-normal and logit-normal with the limits of the parameters."""
    sd, share = parameters["lsoa_sd"], parameters["lsoa_share"]
    middle = np.log(parameters.number("lsoa_sd"))
    width = np.log((sd.high or 1.0) / (sd.low or 1.0)) / (2 * NORMAL_95)
    between = [np.log(each / (1 - each)) for each in (share.low or 0.5, share.high or 0.5)]
    steep = (between[1] - between[0]) / (2 * NORMAL_95)
    common = np.vectorize(logit)(np.mean(between) + steep * rng.standard_normal(size))
    return np.exp(middle + width * rng.standard_normal(size)), common
