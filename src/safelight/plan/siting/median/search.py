"""Good plans quickly: interchange from many starts, and from kicked copies of the best plan."""

from typing import NamedTuple

import numpy as np

from safelight.plan.siting.median.costs import Costs, Integers, Marks
from safelight.plan.siting.median.interchange import interchange, total_of

STARTS = 16
FRESH = 4  # every so many starts begins anywhere; the others kick the best plan
KICKS = (2, 3, 5)  # sites replaced at random


class Choice(NamedTuple):
    """What may be opened and what must be."""

    p: int
    allowed: Marks  # by candidate
    forced: Marks  # by candidate


class Plan(NamedTuple):
    """Open sites and their total."""

    sites: Integers
    total: float


def improve(costs: Costs, choice: Choice, sites: Integers) -> Plan:
    """Improve a plan by interchange; the total is added up afresh."""
    sites = np.array(sites, np.int64)
    interchange(costs, sites, choice.allowed, choice.forced)
    sites.sort()
    return Plan(sites, total_of(costs, sites))


def find_plan(costs: Costs, choice: Choice, first: Integers, seed: int) -> Plan:
    """Search from some first sites, from random and from kicked plans; the seed decides all."""
    rng = np.random.default_rng(seed)
    best = improve(costs, choice, _complete(choice, first, rng))
    for start in range(STARTS):
        if best.total == 0:
            break
        if start % FRESH == 0:
            begin = _complete(choice, np.flatnonzero(choice.forced), rng)
        else:
            begin = _kick(choice, best.sites, KICKS[start % FRESH - 1], rng)
        found = improve(costs, choice, begin)
        if found.total < best.total:
            best = found
    return best


def _complete(choice: Choice, sites: Integers, rng: np.random.Generator) -> Integers:
    """Fill a plan up with candidates drawn at random."""
    others = np.setdiff1d(np.flatnonzero(choice.allowed), sites)
    return np.concatenate([sites, rng.permutation(others)[: choice.p - sites.size]])


def _kick(choice: Choice, sites: Integers, count: int, rng: np.random.Generator) -> Integers:
    free = rng.permutation(sites[choice.forced[sites] == 0])
    return _complete(choice, np.setdiff1d(sites, free[:count]), rng)
