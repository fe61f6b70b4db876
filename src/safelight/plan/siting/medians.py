"""p-median: the p sites that make the total weighted distance to the nearest one least."""

import time
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from safelight.kernel.errors import Invalid
from safelight.plan.siting.cover import Covering
from safelight.plan.siting.distances import check_distances, mark_candidates
from safelight.plan.siting.inputs import check_search, weights
from safelight.plan.siting.median.costs import Costs, list_costs
from safelight.plan.siting.median.search import Choice, Plan, find_plan
from safelight.plan.siting.median.tree import Tree
from safelight.plan.siting.result import Siting

EFFORT = 30_000_000_000  # list entries scanned before the search gives up its proof

Progress = Callable[[float, float], None]


def p_median(
    distance: npt.ArrayLike,
    weight: npt.ArrayLike,
    p: int,
    *,
    seed: int = 0,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    gap: float = 0.0,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Siting:
    """Open ``p`` candidates so that Σ weight × distance to the nearest open one is least.

    ``distance`` is demand × candidate, in any unit, infinite where a demand cannot reach a
    candidate; a demand of weight 0 need not reach any. The answer is proven optimal when ``bound``
    equals ``objective``: exactly where all weighted distances are whole numbers, to nine digits
    otherwise. The search stops at the ``gap`` asked for (a share of the objective), or after
    counted work, so the same seed gives the same answer however fast the machine; ``time_limit``
    (seconds) cuts it short for safety. ``progress`` is told objective and bound. Besides the
    distances it takes about 12 bytes for each of them, up to 600 MB, and as much while it works.

    Branch and bound on the Lagrangian dual of the assignment (Cornuéjols, Fisher and Nemhauser
    1977), with interchange (Resende and Werneck 2007) for plans.

    Raises:
        Invalid: What is given makes no sense (see ``distances``), the gap is not from 0 to below
            1, or no ``p`` sites serve all demand.
    """
    started = time.perf_counter()
    check_search(gap, seed, time_limit)
    table = check_distances(distance)
    people = np.require(weights(weight, len(table)), requirements=["C", "W"])
    candidates = mark_candidates(table.shape[1], p, forced, forbidden)
    costs = list_costs(table, people, candidates.allowed)
    choice = Choice(int(p), candidates.allowed.astype(np.int8), candidates.forced.astype(np.int8))
    tree = Tree(costs, choice, _first_plan(costs, choice, seed))
    while not tree.proven and tree.scanned < EFFORT:
        if progress:
            progress(tree.plan.total, tree.bound)
        late = time_limit is not None and time.perf_counter() - started > time_limit
        if late or tree.bound >= tree.plan.total * (1 - gap):
            break
        tree.split()
    if progress:
        progress(tree.plan.total, tree.bound)
    seconds = time.perf_counter() - started
    return Siting(tree.plan.sites, tree.plan.total, tree.bound, seconds)


def _first_plan(costs: Costs, choice: Choice, seed: int) -> Plan:
    """Search for a plan that serves all; where that is hard, start from a cover."""
    plan = find_plan(costs, choice, np.flatnonzero(choice.forced), seed)
    if plan.total < costs.far:
        return plan
    served = np.isfinite(costs.distance) | (costs.weight == 0)[:, None]
    cover = Covering(served, choice.p, choice.allowed == 1, choice.forced == 1).solve()
    if cover is None:
        raise Invalid(
            "sites-reach",
            f"No {choice.p} sites reach all demand.",
            "Ask for more sites, allow more candidates, or leave out the demand out of reach.",
            sites=choice.p,
        )
    return find_plan(costs, choice, cover, seed)
