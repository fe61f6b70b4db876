"""A plan under uncertainty: the best sites for each draw of need, and what a fixed plan forgoes."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.kernel.errors import Invalid
from safelight.plan.siting.effort import effort_of
from safelight.plan.siting.gains import Floats, Ints, gains_of, value
from safelight.plan.siting.inputs import (
    Matrix,
    Places,
    check_search,
    reach_matrix,
    real_numbers,
    weights,
)
from safelight.plan.siting.ladder import Climb, Stop, climbed
from safelight.plan.siting.question import Question, answer, question, ready
from safelight.plan.siting.result import Siting


class OverDraws(NamedTuple):
    """What each draw would choose, against one plan for all of them."""

    plan: Ints  # the plan that is judged, ascending
    opened: Ints  # draws × p
    chosen: Floats  # by candidate: the share of draws in which it is chosen
    objective: Floats  # by draw: the worth of its own best sites, and the bound
    bound: Floats
    plan_worth: Floats  # by draw: what the plan is worth in it

    @property
    def regret(self) -> Floats:
        """Return, by draw, what the plan forgoes at most, as a share of what could be had."""
        return 1.0 - self.plan_worth / np.maximum(self.bound, 1e-300)


def over_draws(
    reach: Matrix,
    draws: npt.ArrayLike,
    p: int,
    *,
    plan: Places | None = None,
    seed: int = 0,
    gap: float = 1e-3,
    effort: str = "standard",
    forced: Places = (),
    forbidden: Places = (),
    workers: int = 1,
) -> OverDraws:
    """Choose p sites anew for every draw of the weights (draws × demand).

    ``plan`` is judged against them: by default the best sites for the mean weights. Every draw
    starts from the sites and prices of the mean, never from another draw, so that any number of
    workers (threads) gives the same answer. Other arguments are those of ``decay``.

    Raises:
        Invalid: the input cannot be meant; the message says what to do.
    """
    check_search(gap, seed)
    matrix = reach_matrix(reach)
    needs = real_numbers(draws, "draws", "Give numbers of 0 or more.").astype(np.float64)
    if needs.shape[1:] != (matrix.shape[0],) or not len(needs):
        raise Invalid(
            "siting-draws",
            f"The draws have shape {needs.shape}.",
            "Give at least one draw: draws × demand, in the order of the rows of the reach.",
        )
    for draw in needs:
        weights(draw, matrix.shape[0])
    mean = question(matrix, needs.mean(axis=0), p, forced, forbidden)
    if plan is not None:
        plan = np.unique(np.asarray(plan, np.int64))
        question(matrix, needs[0], max(1, len(plan)), plan)  # refuses what is no candidate
    first = climbed(mean.gains, mean.purse, effort_of(effort), Stop(gap), seed=seed)
    settle = partial(_settle, matrix, mean, first, effort, gap, seed)
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(settle, needs))
    judged = answer(mean, first, 0.0).opened if plan is None else plan
    opened = np.array([each.opened for each in found])
    share = np.bincount(opened.ravel(), minlength=matrix.shape[1]) / len(needs)
    return OverDraws(
        judged,
        opened,
        share,
        np.array([each.objective for each in found]),
        np.array([each.bound for each in found]),
        np.array([value(gains_of(matrix, draw), judged) for draw in needs]),
    )


def _settle(
    reach: Matrix,
    mean: Question,
    first: Climb,
    effort: str,
    gap: float,
    seed: int,
    draw: Floats,
) -> Siting:
    """Choose sites for one draw, from the sites and prices of the mean."""
    asked = ready(gains_of(reach, draw), mean.sites, mean.forced, mean.free)
    start = first
    if first.point is not None:
        # What a demand keeps moves with its weight: prices are per unit of need.
        before, now = (_best(each) for each in (mean, asked))
        scale = np.divide(now, before, out=np.ones_like(now), where=before > 0)
        start = first._replace(point=first.point._replace(kept=first.point.kept * scale))
    climb = climbed(asked.gains, asked.purse, effort_of(effort), Stop(gap), seed=seed, start=start)
    return answer(asked, climb, 0.0)


def _best(asked: Question) -> Floats:
    """Return each demand's largest gain from a free site."""
    start, gain = asked.gains.row_start, asked.gains.row_gain
    best = np.zeros(asked.gains.demands)
    some = np.diff(start) > 0
    best[some] = gain[start[:-1][some]]
    return best
