"""Rows that keep what is reached within what sites can take, without saying who goes where.

For any set T of areas the episodes reached in it fit into the open sites:
``Σ_T e s ≤ Σ min(Q, Σ_T e r) y``. The T that a relaxed plan breaks most is one side of a minimum
cut between areas and sites, each area sending e·s, each pair taking e·r·y, each site Q·y.
"""

from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from safelight.plan.siting.planner.arrays import Floats, Indices, sums
from safelight.plan.siting.planner.reach import Reach

FINE: Final = 2.0**30  # flows are whole numbers: all that is sent comes to this
OPEN: Final = 1e-9


def crowded_areas(
    reach: Reach, opened: Floats, reached: Floats, episodes: Floats, capacity: Floats
) -> Indices:
    """Return the areas whose reached episodes most overfill what is open to them; none if they fit.

    ``opened`` is a share of each option, ``reached`` a share of each area's need.
    """
    sent = episodes * np.maximum(reached, 0.0)
    total = float(sent.sum())
    if total <= 0:
        return np.zeros(0, dtype=np.int64)
    pair = np.flatnonzero((opened[reach.option] > OPEN) & (sent[reach.area] > 0))
    area, option = reach.area[pair], reach.option[pair]
    areas, options = len(episodes), reach.options
    source, sink = areas + options, areas + options + 1
    used = np.unique(option)
    start = np.concatenate([np.full(areas, source), area, areas + used])
    end = np.concatenate([np.arange(areas), areas + option, np.full(len(used), sink)])
    flow = np.concatenate(
        [
            sent,
            episodes[area] * reach.share[pair] * opened[option],
            np.minimum(capacity[used] * opened[used], total),
        ]
    )
    whole = np.ceil(flow / total * FINE).astype(np.int32)
    whole[:areas] = np.floor(flow[:areas] / total * FINE)
    graph = sparse.csr_matrix((whole, (start, end)), shape=(sink + 1, sink + 1))
    graph.eliminate_zeros()
    found = maximum_flow(graph, source, sink)
    left = graph - found.flow
    left.data = np.maximum(left.data, 0)
    left.eliminate_zeros()
    side = breadth_first_order(left, source, return_predecessors=False)
    return np.sort(side[side < areas]).astype(np.int64)


def crowding_row(
    reach: Reach, areas: Indices, episodes: Floats, capacity: Floats
) -> tuple[Floats, Floats]:
    """Return the row's weights: e of the areas in T, and ``min(Q, Σ_T e r)`` of every option."""
    inside = np.zeros(len(episodes))
    inside[areas] = episodes[areas]
    potential = sums(reach.option, inside[reach.area] * reach.share, reach.options)
    return episodes[areas], np.minimum(potential, capacity)
