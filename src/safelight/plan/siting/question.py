"""A siting question made ready: forced and forbidden sites taken out of the gains for good."""

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.siting.gains import Gains, Ints, best_gain, gains_of, restricted, value
from safelight.plan.siting.inputs import (
    Matrix,
    Places,
    number_of_sites,
    places,
    reach_matrix,
    weights,
)
from safelight.plan.siting.ladder import ALIKE, Climb, tightened
from safelight.plan.siting.result import Siting
from safelight.plan.siting.search import Purse, sites_to_open


class Question(NamedTuple):
    """The whole gains, and those of the free sites above what the forced sites give."""

    whole: Gains
    forced: Ints
    free: Ints
    gains: Gains
    purse: Purse
    sites: int  # to open, the forced ones among them


def question(
    reach: Matrix, weight: npt.ArrayLike, p: int, forced: Places = (), forbidden: Places = ()
) -> Question:
    """Check what was asked and make it ready; raises Invalid with the remedy."""
    matrix = reach_matrix(reach)
    demand = weights(weight, matrix.shape[0])
    count = number_of_sites(p, matrix.shape[1])
    must, free = places(forced, forbidden, count, matrix.shape[1])
    return ready(gains_of(matrix, demand), count, must, free)


def ready(whole: Gains, count: int, forced: Ints, free: Ints) -> Question:
    """Return the question that is left once the forced sites are open."""
    everywhere = len(free) == whole.sites
    gains = whole if everywhere else restricted(whole, free, best_gain(whole, forced))
    purse = sites_to_open(count - len(forced), len(free))
    return Question(whole, forced, free, gains, purse, count)


def answer(asked: Question, climb: Climb, began: float) -> Siting:
    """Return the sites in the caller's numbers, with objective and bound of the whole.

    Raises:
        ArithmeticError: the bound lies below the objective, which is a fault of this program.
    """
    chosen = np.union1d(asked.forced, asked.free[climb.sites])
    spare = np.setdiff1d(asked.free, chosen)[: asked.sites - len(chosen)]  # where no site adds
    opened = np.union1d(chosen, spare).astype(np.int64)
    objective = value(asked.whole, opened)
    base = float(best_gain(asked.whole, asked.forced).sum())
    bound = base + climb.bound
    if bound < objective * (1 - ALIKE):
        raise ArithmeticError(f"The bound {bound} lies below the objective {objective}.")
    bound = tightened(asked.whole, objective, bound)
    return Siting(opened, objective, bound, time.perf_counter() - began)
