"""The exact step: a mixed-integer programme over the sites that are left, solved by HiGHS.

Radius formulation: a demand earns the difference between its k-th and next best gain if one of
its k best sites opens. Equal lists of k best sites are merged over all demands, which is what
makes the programme small.
"""

from typing import NamedTuple

import highspy
import numpy as np
from scipy import sparse

from safelight.plan.siting.gains import Floats, Gains, Ints, value
from safelight.plan.siting.search import Purse

TOLERANCE = 1e-9  # of rows and integrality in HiGHS
HALF = 0.5  # a site is open in HiGHS if it is more open than shut
SLACK = 1e-7  # by which its bound is rounded up, as a share, for those tolerances


class Rows(NamedTuple):
    """Further rules on the sites: low ≤ matrix · opened ≤ high, one row for each rule."""

    matrix: sparse.csr_array
    low: Floats
    high: Floats


class Solved(NamedTuple):
    """The best sites found, what they are worth, and a bound for every allowed set."""

    sites: Ints
    worth: float
    bound: float


def solved(
    gains: Gains,
    purse: Purse,
    start: Ints,
    *,
    rows: Rows | None = None,
    nodes: int = 1000,
    seconds: float | None = None,
) -> Solved:
    """Search by branch and bound, for so many nodes; ``start`` must obey purse and rows.

    Sites are those of ``gains``; what HiGHS finds is valued here, not there.
    """
    layer, earns = layer_rows(gains)
    model = _highs(nodes, seconds)
    model.passModel(_programme(gains.sites, layer, earns, purse, rows))
    first = np.zeros(gains.sites + len(earns))
    first[start] = 1.0
    first[gains.sites :] = np.minimum(1.0, layer @ first[: gains.sites])
    guess = highspy.HighsSolution()
    guess.col_value = list(first)
    model.setSolution(guess)
    model.run()
    bound = model.getInfo().mip_dual_bound
    sites = start
    point = np.array(model.getSolution().col_value)
    if len(point):
        found = np.flatnonzero(point[: gains.sites] > HALF)
        sites = found if value(gains, found) > value(gains, start) else start
    worth = value(gains, sites)
    return Solved(sites, worth, max(worth, bound * (1 + SLACK)))


def layer_rows(gains: Gains) -> tuple[sparse.csr_array, Floats]:
    """Return the merged lists of best sites (layer × site) and what each earns."""
    lists: dict[bytes, int] = {}
    earns: list[float] = []
    rows: list[np.ndarray] = []
    for i in np.flatnonzero(np.diff(gains.row_start)):
        a, b = gains.row_start[i], gains.row_start[i + 1]
        gain = np.append(gains.row_gain[a:b], 0.0)
        for k in np.flatnonzero(gain[:-1] > gain[1:]):
            best = np.sort(gains.row_site[a : a + k + 1])
            place = lists.setdefault(best.tobytes(), len(rows))
            if place == len(rows):
                rows.append(best)
                earns.append(0.0)
            earns[place] += gain[k] - gain[k + 1]
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    index = np.concatenate(rows) if rows else np.zeros(0, np.int32)
    layer = sparse.csr_array((np.ones(len(index)), index, start), (len(rows), gains.sites))
    return layer, np.array(earns)


def _highs(nodes: int, seconds: float | None) -> highspy.Highs:
    model = highspy.Highs()  # type: ignore[no-untyped-call]  # it ships no types
    options = {
        "output_flag": False,
        "threads": 1,
        "mip_max_nodes": nodes,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.0,
        "mip_feasibility_tolerance": TOLERANCE,
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
        **({} if seconds is None else {"time_limit": seconds}),
    }
    for name, setting in options.items():
        model.setOptionValue(name, setting)
    return model


def _programme(
    sites: int, layer: sparse.csr_array, earns: Floats, purse: Purse, rows: Rows | None
) -> highspy.HighsLp:
    """Maximise what layers earn: layer share ≤ its open sites, cost ≤ purse, and the rules."""
    m, k = sites, len(earns)
    blocks = [
        sparse.hstack([-layer, sparse.eye_array(k)]),
        sparse.csr_array((purse.cost, (np.zeros(m, int), np.arange(m))), (1, m + k)),
    ]
    low = [np.full(k + 1, -highspy.kHighsInf)]
    high = [np.append(np.zeros(k), purse.total)]
    if rows is not None:
        empty = sparse.csr_array((rows.matrix.shape[0], k))
        blocks.append(sparse.hstack([rows.matrix, empty]))
        low.append(rows.low)
        high.append(rows.high)
    matrix = sparse.csc_array(sparse.vstack(blocks))
    programme = highspy.HighsLp()
    programme.sense_ = highspy.ObjSense.kMaximize
    programme.num_col_, programme.num_row_ = m + k, matrix.shape[0]
    programme.col_cost_ = np.concatenate([np.zeros(m), earns])
    programme.col_lower_, programme.col_upper_ = np.zeros(m + k), np.ones(m + k)
    programme.row_lower_, programme.row_upper_ = np.concatenate(low), np.concatenate(high)
    programme.a_matrix_.start_ = matrix.indptr
    programme.a_matrix_.index_ = matrix.indices
    programme.a_matrix_.value_ = matrix.data
    kinds = highspy.HighsVarType
    programme.integrality_ = [kinds.kInteger] * m + [kinds.kContinuous] * k
    return programme
