"""More sites, one by one: the best plan for each number, each with its own proof."""

import time
from collections.abc import Sequence

import numpy.typing as npt

from safelight.kernel.errors import Invalid
from safelight.plan.siting.effort import effort_of
from safelight.plan.siting.gains import gains_of, value
from safelight.plan.siting.inputs import (
    Matrix,
    Places,
    check_search,
    number_of_sites,
    places,
    reach_matrix,
    weights,
)
from safelight.plan.siting.ladder import Climb, Progress, Stop, climbed
from safelight.plan.siting.question import answer, ready
from safelight.plan.siting.result import Siting
from safelight.plan.siting.search import greedy


def frontier(
    reach: Matrix,
    weight: npt.ArrayLike,
    ps: Sequence[int],
    *,
    seed: int = 0,
    gap: float = 0.0,
    effort: str = "standard",
    forced: Places = (),
    forbidden: Places = (),
    progress: Progress | None = None,
) -> list[Siting]:
    """Return the best plan for each number of sites, in the order of ``ps``.

    Arguments are those of ``decay`` (for covering, ``reach`` is 0 or 1). Each number begins from
    the plan and the prices of the one before, with sites added greedily; so no plan is worth
    less than one for fewer sites.

    Raises:
        Invalid: the input cannot be meant, or ``ps`` is empty; the message says what to do.
    """
    check_search(gap, seed)
    matrix = reach_matrix(reach)
    demand = weights(weight, matrix.shape[0])
    if not len(ps):
        raise Invalid("siting-count", "No number of sites is asked for.", "Give at least one.")
    whole, found = gains_of(matrix, demand), dict[int, Siting]()
    before: Climb | None = None
    for p in sorted({number_of_sites(p, matrix.shape[1]) for p in ps}):
        began = time.perf_counter()
        asked = ready(whole, p, *places(forced, forbidden, p, matrix.shape[1]))
        start = None
        if before is not None:
            more = greedy(asked.gains, asked.purse, before.sites)
            start = before._replace(sites=more, worth=value(asked.gains, more))
        before = climbed(
            asked.gains,
            asked.purse,
            effort_of(effort),
            Stop(gap),
            seed=seed,
            start=start,
            progress=progress,
        )
        found[p] = answer(asked, before, began)
    return [found[int(p)] for p in ps]
