"""Waiting by formula: Erlang B, C and A, for screening and as the truth that simulation must meet.

Poisson arrivals, exponential times, one queue, first come first served, no closing time. ``load``
is in erlangs: arrivals × minutes of use (with cleaning) / minutes between. Numbers and arrays
broadcast against each other, so that all sites × all numbers of places are one call. Sources:
Erlang 1917 for B and C; Palm 1957 and Garnett, Mandelbaum and Reiman 2002 (Manufacturing & Service
Operations Management 4(3)) for A, in which waiting people give up after an exponential patience.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.draws import Floats, Integers
from safelight.plan.compiled import compiled

NEGLIGIBLE = 1e-18  # of the most likely state


class Waiting(NamedTuple):
    """What a number of places means for those who come; arrays of one shape."""

    waits: Floats  # share of people who do not begin at once
    mean_wait: Floats  # minutes, of all who come
    within: Floats  # share of all who come that begins within the target
    abandoned: Floats  # share that gives up


def erlang_b(load: npt.ArrayLike, servers: npt.ArrayLike) -> Floats:
    """Return the share that is blocked where nobody can wait (M/M/c/c).

    Raises Invalid for a load below 0 or fewer than 1 place.
    """
    loads, counts = _checked(load, servers)
    return np.array(_blocked(loads.ravel(), counts.ravel())).reshape(loads.shape)


def erlang_c(load: npt.ArrayLike, servers: npt.ArrayLike) -> Floats:
    """Return the share that has to wait where everybody waits (M/M/c); 1 where it never ends.

    Raises Invalid for a load below 0 or fewer than 1 place.
    """
    loads, counts = _checked(load, servers)
    blocked = erlang_b(loads, counts)
    busy = np.minimum(loads / counts, 1.0)
    return np.asarray(np.where(busy < 1.0, blocked / (1.0 - busy * (1.0 - blocked)), 1.0))


def patient(
    load: npt.ArrayLike, servers: npt.ArrayLike, minutes: float, target_minutes: float
) -> Waiting:
    """Return the waiting of people who never give up (Erlang C); an endless queue waits for ever.

    Raises Invalid as ``erlang_c`` does, and for minutes that are not above 0.
    """
    loads, counts = _checked(load, servers)
    _require_minutes(minutes, target_minutes)
    waits = erlang_c(loads, counts)
    spare = np.maximum(counts - loads, 0.0) / minutes  # places freed a minute beyond arrivals
    with np.errstate(divide="ignore"):
        mean = waits / spare
    within = 1.0 - waits * np.exp(-spare * target_minutes)
    return Waiting(waits, mean, within, np.zeros_like(waits))


def impatient(
    load: npt.ArrayLike,
    servers: npt.ArrayLike,
    minutes: float,
    target_minutes: float,
    patience: float,
) -> Waiting:
    """Return the waiting of people who give up after an exponential patience (Erlang A).

    ``within`` counts who begins within the target; who gives up does not. Raises Invalid as
    ``patient`` does, and for a patience that is not above 0.
    """
    loads, counts = _checked(load, servers)
    _require_minutes(minutes, target_minutes)
    _require_minutes(patience, 0.0)
    cells = [
        _erlang_a(one, int(count), minutes / patience, target_minutes / patience)
        for one, count in zip(loads.ravel(), counts.ravel(), strict=True)
    ]
    waits, abandoned, within = np.array(cells).reshape(-1, 3).T.reshape(3, *loads.shape)
    # Little's law for the queue: the share that gives up is the mean wait over the patience.
    return Waiting(waits, abandoned * patience, within, abandoned)


def smallest(
    load: npt.ArrayLike,
    minutes: float,
    target_minutes: float,
    target_share: float,
    patience: float = math.inf,
    most: int = 1000,
) -> Integers:
    """Return the fewest places with which the target share begins within the target minutes.

    Raises Invalid for a share outside 0 to 1, and where ``most`` places are not enough.
    """
    if not 0 < target_share < 1:
        raise Invalid(
            "capacity-target",
            f"A target share of {target_share} cannot be met or missed.",
            "Give a share above 0 and below 1, such as 0.95.",
            share=target_share,
        )
    loads = np.atleast_1d(np.asarray(load, dtype=np.float64))
    low, high = np.zeros(loads.shape, dtype=np.int64), np.full(loads.shape, most, dtype=np.int64)
    if not np.all(_within(loads, high, minutes, target_minutes, patience) >= target_share):
        raise Invalid(
            "capacity-too-large",
            f"Not even {most} places meet the target.",
            "Check visits and minutes, or allow more places.",
            most=most,
        )
    while np.any(high - low > 1):
        middle = np.maximum((low + high) // 2, 1)
        good = _within(loads, middle, minutes, target_minutes, patience) >= target_share
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    return np.asarray(high.reshape(np.shape(load)))


def _within(
    load: Floats, servers: Integers, minutes: float, target_minutes: float, patience: float
) -> Floats:
    if math.isinf(patience):
        return patient(load, servers, minutes, target_minutes).within
    return impatient(load, servers, minutes, target_minutes, patience).within


@compiled
def _blocked(loads: Floats, servers: Integers) -> Floats:
    """Return Erlang B by its recursion over places, whose every step lies between 0 and 1."""
    out = np.empty(len(loads))
    for cell in range(len(loads)):
        blocked = 1.0
        for count in range(1, servers[cell] + 1):
            blocked = loads[cell] * blocked / (count + loads[cell] * blocked)
        out[cell] = blocked
    return out


def _erlang_a(load: float, servers: int, per_patience: float, target: float) -> tuple[float, ...]:
    """Return the shares that wait, give up and begin in time, for one cell.

    ``per_patience`` is minutes of use and ``target`` the target, each as a multiple of patience.
    With j people waiting, the virtual wait S of the next has exp(-S / patience) distributed
    Beta(g, j + 1), where g = servers / per_patience: a product of independent Beta(g + i, 1).
    """
    if load == 0:
        return 0.0, 0.0, 1.0
    beyond = max(load - servers, 0.0) / per_patience
    mode = math.floor(beyond) + servers if beyond else min(math.floor(load), servers)
    low, high = (_edge(load, servers, per_patience, mode, step) for step in (-1, 1))
    weights = _weights(load, servers, per_patience, mode, low, high)
    states = np.arange(low, high + 1)
    weights /= weights.sum()
    share = weights[states >= servers]  # of finding so many, all places taken
    waiting = (states[states >= servers] - servers).astype(np.float64)
    g = servers / per_patience
    served = g / (g + waiting + 1.0)
    in_time = served * (1.0 - betainc(g + 1.0, waiting + 1.0, math.exp(-target)))
    waits, abandoned = float(share.sum()), float(share @ (1.0 - served))
    return waits, abandoned, float(weights[states < servers].sum() + share @ in_time)


@compiled
def _leaving(state: int, servers: int, per_patience: float) -> float:
    """Return how fast people leave a state, served or out of patience, per minutes of use."""
    return min(state, servers) + max(state - servers, 0) * per_patience


@compiled
def _edge(load: float, servers: int, per_patience: float, mode: int, step: int) -> int:
    """Return the last state, up or down from the most likely one, that is not negligible."""
    state, weight = mode, 1.0
    while weight > NEGLIGIBLE and state + step >= 0:
        if step > 0:
            weight *= load / _leaving(state + 1, servers, per_patience)
        else:
            weight *= _leaving(state, servers, per_patience) / load
        state += step
    return state


@compiled
def _weights(
    load: float, servers: int, per_patience: float, mode: int, low: int, high: int
) -> Floats:
    """Return how likely each state is, as a multiple of the most likely one."""
    out = np.ones(high - low + 1)
    for state in range(mode + 1, high + 1):
        left = _leaving(state, servers, per_patience)
        out[state - low] = out[state - low - 1] * load / left
    for state in range(mode - 1, low - 1, -1):
        left = _leaving(state + 1, servers, per_patience)
        out[state - low] = out[state - low + 1] * left / load
    return out


def _checked(load: npt.ArrayLike, servers: npt.ArrayLike) -> tuple[Floats, Integers]:
    """Return both as arrays of one shape; raises Invalid for what no queue can have."""
    loads, counts = np.broadcast_arrays(
        np.asarray(load, dtype=np.float64), np.asarray(servers, dtype=np.int64)
    )
    if not np.all((loads >= 0) & np.isfinite(loads)):
        raise Invalid(
            "capacity-load",
            "A load is negative or not a number.",
            "Load is arrivals an hour × minutes / 60: give rates and minutes of at least 0.",
        )
    if not np.all(counts >= 1):
        raise Invalid(
            "capacity-places",
            f"There are {counts.min()} places.",
            "Give at least 1 booth or seat.",
            places=int(counts.min()),
        )
    return loads, counts


def _require_minutes(minutes: float, target_minutes: float) -> None:
    if not (0 < minutes < math.inf and target_minutes >= 0):
        raise Invalid(
            "capacity-minutes",
            f"{minutes:g} minutes with a target of {target_minutes:g} minutes cannot be planned.",
            "Give minutes of use and patience above 0, and a target of at least 0.",
            minutes=minutes,
            target_minutes=target_minutes,
        )
