"""How long things take: the few shapes that a service can say about its own minutes."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.kernel.errors import Invalid

CONSTANT, EXPONENTIAL, LOGNORMAL, GAMMA, EMPIRICAL = range(5)


@dataclass(frozen=True)
class Distribution:
    """Minutes that vary; made by the functions below, which say what their numbers mean."""

    kind: str
    code: int
    first: float  # see the function that makes the kind
    second: float
    mean: float  # minutes
    values: tuple[float, ...] = ()  # minutes as observed; for the empirical kind alone


class Laws(NamedTuple):
    """Several distributions as arrays, for the compiled loops; entry i of each belongs together."""

    code: npt.NDArray[np.int64]
    first: npt.NDArray[np.float64]
    second: npt.NDArray[np.float64]
    table: npt.NDArray[np.float64]  # the observations of all empirical distributions


def _require(good: bool, kind: str, **given: object) -> None:  # noqa: FBT001 - the whole question
    if not good:
        told = ", ".join(f"{name} {value}" for name, value in given.items())
        raise Invalid(
            "capacity-minutes",
            f"No {kind} time has {told}.",
            "Give minutes and shapes above 0; a constant time and observed minutes may be 0.",
            kind=kind,
            **given,
        )


def constant(minutes: float) -> Distribution:
    """Return minutes that never vary; raises Invalid for a negative or endless number."""
    _require(minutes >= 0 and math.isfinite(minutes), "constant", minutes=minutes)
    return Distribution("constant", CONSTANT, minutes, 0.0, minutes)


def exponential(mean: float) -> Distribution:
    """Return exponential minutes of this mean; raises Invalid unless the mean is above 0."""
    _require(0 < mean < math.inf, "exponential", mean=mean)
    return Distribution("exponential", EXPONENTIAL, mean, 0.0, mean)


def lognormal(median: float, spread: float) -> Distribution:
    """Return lognormal minutes; ``spread`` is the standard deviation of their logarithm.

    Raises Invalid unless both are above 0.
    """
    _require(
        0 < median < math.inf and 0 < spread < math.inf, "lognormal", median=median, spread=spread
    )
    mean = median * math.exp(spread**2 / 2)
    return Distribution("lognormal", LOGNORMAL, math.log(median), spread, mean)


def gamma(mean: float, shape: float) -> Distribution:
    """Return gamma minutes; a shape of 1 is exponential, a greater one more regular.

    Raises Invalid unless both are above 0.
    """
    _require(0 < mean < math.inf and 0 < shape < math.inf, "gamma", mean=mean, shape=shape)
    return Distribution("gamma", GAMMA, shape, mean / shape, mean)


def empirical(values: tuple[float, ...]) -> Distribution:
    """Return minutes drawn from observations, each as likely; raises Invalid for bad ones."""
    good = bool(values) and all(0 <= value < math.inf for value in values)
    _require(good, "empirical", values=values)
    return Distribution("empirical", EMPIRICAL, 0.0, 0.0, sum(values) / len(values), values)


NO_TIME = constant(0)
FOR_EVER = Distribution("never", CONSTANT, math.inf, 0.0, math.inf)  # the patience of some


def laws(distributions: list[Distribution]) -> Laws:
    """Return distributions as arrays; an empirical one points to its part of the table."""
    first: list[float] = []
    second: list[float] = []
    table: list[float] = []
    for each in distributions:
        is_empirical = each.code == EMPIRICAL
        first.append(float(len(table)) if is_empirical else each.first)
        second.append(float(len(each.values)) if is_empirical else each.second)
        table += each.values
    return Laws(
        np.array([each.code for each in distributions], dtype=np.int64),
        np.array(first, dtype=np.float64),
        np.array(second, dtype=np.float64),
        np.array(table or [0.0], dtype=np.float64),
    )
