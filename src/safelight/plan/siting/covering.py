"""Maximal covering, and its gradual form: demand that fades with distance."""

import time

import numpy as np
import numpy.typing as npt
from scipy import sparse

from safelight.kernel.errors import Invalid
from safelight.plan.siting.effort import effort_of
from safelight.plan.siting.inputs import Matrix, Places, check_search, real_numbers
from safelight.plan.siting.ladder import Progress, Stop, climbed
from safelight.plan.siting.question import answer, question
from safelight.plan.siting.result import Siting


def maximal_covering(
    covers: Matrix,
    weight: npt.ArrayLike,
    p: int,
    *,
    seed: int = 0,
    gap: float = 0.0,
    effort: str = "standard",
    time_limit: float | None = None,
    forced: Places = (),
    forbidden: Places = (),
    progress: Progress | None = None,
) -> Siting:
    """Open p sites so that the demand covered by at least one of them weighs most.

    ``covers`` is demand × candidate, dense or sparse; whatever is not 0 covers. ``weight`` is 0 or
    more for each demand. The search ends at the ``gap`` (a share of the objective), else where
    the ``effort`` (quick, standard, thorough) ends; the same seed gives the same answer.
    ``time_limit`` in seconds is a safety, looked at between the stages: with it an answer may
    depend on the machine. Church and ReVelle 1974 (Papers in Regional Science 32:101).

    Raises:
        Invalid: the input cannot be meant; the message says what to do.
    """
    return decay(
        _covered(covers),
        weight,
        p,
        seed=seed,
        gap=gap,
        effort=effort,
        time_limit=time_limit,
        forced=forced,
        forbidden=forbidden,
        progress=progress,
    )


def decay(
    reach: Matrix,
    weight: npt.ArrayLike,
    p: int,
    *,
    seed: int = 0,
    gap: float = 0.0,
    effort: str = "standard",
    time_limit: float | None = None,
    forced: Places = (),
    forbidden: Places = (),
    progress: Progress | None = None,
) -> Siting:
    """Open p sites so that most demand is served, each by the open site that it reaches best.

    ``reach`` is demand × candidate, dense or sparse: the probability from 0 to 1 that demand uses
    a site there when that is its best; the objective is Σ weight × best reach. All else as in
    ``maximal_covering``. Gradual covering: Berman, Krass and Drezner 2003 (EJOR 151:474).

    Raises:
        Invalid: the input cannot be meant; the message says what to do.
    """
    began = time.perf_counter()
    check_search(gap, seed, time_limit)
    asked = question(reach, weight, p, forced, forbidden)
    stop = Stop(gap, time_limit, began)
    climb = climbed(asked.gains, asked.purse, effort_of(effort), stop, seed=seed, progress=progress)
    return answer(asked, climb, began)


def _covered(covers: Matrix) -> Matrix:
    remedy = "Give 0 or False where a candidate does not cover a demand, 1 or True where it does."
    given = real_numbers(covers.data if sparse.issparse(covers) else covers, "cover", remedy)
    if np.isnan(given).any():
        raise Invalid("siting-numbers", "The cover holds nan, which is no number.", remedy)
    if not sparse.issparse(covers):
        return given != 0
    return sparse.csr_array(covers != 0)
