"""Whether p sites cover all demand: reductions, a search, and HiGHS where neither can tell."""

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

from safelight.plan.compiled import compiled
from safelight.plan.siting.median.costs import Integers, list_costs
from safelight.plan.siting.median.search import Choice, find_plan
from safelight.plan.siting.median.tree import Tree

Marked = npt.NDArray[np.bool_]

SPLITS = 10  # of the tree that looks for a cover before HiGHS is asked
OPTIONS = {"output_flag": False, "threads": 1, "random_seed": 0, "mip_max_improving_sols": 1}


class Covering:
    """One question: do ``p`` candidates cover all demand?

    ``reach`` is demand × candidate; the forced candidates count among the p. Answers are at most p
    candidates, ascending, or None: there are no such candidates.
    """

    def __init__(self, reach: Marked, p: int, allowed: Marked, forced: Marked) -> None:
        """Open the forced candidates and reduce what is left."""
        self._opened = np.flatnonzero(forced)
        self._left = p - self._opened.size
        demands = np.flatnonzero(~reach[:, self._opened].any(axis=1))
        candidates = np.flatnonzero(allowed & ~forced)
        table = np.ascontiguousarray(reach[np.ix_(demands, candidates)])
        self.impossible = not table.any(axis=1).all()
        if not self.impossible:
            rows, columns = _reduce(table)
            self._table, self._columns = table[np.ix_(rows, columns)], candidates[columns]
            self.impossible = _apart(self._table) > self._left

    def try_(self) -> Integers | None:
        """Search for a cover without proving that there is none, unless that is quick to see."""
        if self.impossible:
            return None
        chosen = _greedy(self._table)
        if chosen.size > self._left:
            tree = self._as_median()
            self.impossible = tree.proven and tree.plan.total > 0
            if tree.plan.total > 0:
                return None
            chosen = tree.plan.sites
        return self._answer(chosen)

    def solve(self) -> Integers | None:
        """Find a cover, or prove that there is none."""
        found = self.try_()
        if found is not None or self.impossible:
            return found
        chosen = _solve(self._table, self._left)
        return None if chosen is None else self._answer(chosen)

    def _as_median(self) -> Tree:
        """Look for the p candidates that leave fewest demands unreached, each of which costs 1."""
        distance = np.where(self._table, 0.0, np.inf)
        marks = np.ones(distance.shape[1], np.int8)
        costs = list_costs(distance, np.ones(len(distance)), marks == 1)
        choice = Choice(self._left, marks, np.zeros_like(marks))
        tree = Tree(costs, choice, find_plan(costs, choice, np.empty(0, np.int64), 0))
        for _ in range(SPLITS):
            if tree.proven or tree.plan.total == 0:
                break
            tree.split()
        return tree

    def _answer(self, chosen: Integers) -> Integers:
        return np.sort(np.concatenate([self._opened, self._columns[chosen]]))


def _reduce(table: Marked) -> tuple[Integers, Integers]:
    """Drop demands that are reached wherever another is, and candidates that reach no more.

    Returns the rows and columns that are left; a cover of these covers all.
    """
    rows, columns = np.arange(table.shape[0]), np.arange(table.shape[1])
    size = -1
    while size != rows.size + columns.size:
        size = rows.size + columns.size
        columns = columns[within(np.ascontiguousarray(~table[np.ix_(rows, columns)].T))]
        rows = rows[within(table[np.ix_(rows, columns)])]
    return rows, columns


@compiled
def within(sets: Marked) -> Marked:
    """Mark the rows that contain no other row; of equal rows, the first."""
    count, size = sets.shape
    members = sets.sum(axis=1)
    kept = np.ones(count, np.bool_)
    order = np.argsort(members, kind="mergesort")
    for later in range(count):
        large = order[later]
        for earlier in range(later):
            small = order[earlier]
            if kept[small]:
                inside = True
                for k in range(size):
                    if sets[small, k] and not sets[large, k]:
                        inside = False
                        break
                if inside:
                    kept[large] = False
                    break
    return kept


def _apart(table: Marked) -> int:
    """Count demands of which no two share a candidate, taking those with few candidates first."""
    taken = np.zeros(table.shape[1], np.bool_)
    count = 0
    for row in np.argsort(table.sum(axis=1), kind="stable"):
        if not (table[row] & taken).any():
            taken |= table[row]
            count += 1
    return count


def _greedy(table: Marked) -> Integers:
    """Cover all rows, each time by the column that covers most of those left."""
    chosen = []
    left = table
    while len(left):
        best = int(left.sum(axis=0).argmax())
        chosen.append(best)
        left = left[~left[:, best]]
    return np.array(chosen, np.int64)


def _solve(table: Marked, p: int) -> Integers | None:
    """Ask HiGHS for a cover of at most ``p`` columns; what it finds is checked here."""
    rows, columns = table.shape
    matrix = sparse.vstack([sparse.csr_array(table), np.ones((1, columns))], format="csc")
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns, rows + 1
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = (
        np.ones(columns),
        np.zeros(columns),
        np.ones(columns),
    )
    lp.row_lower_ = np.append(np.ones(rows), 0.0)
    lp.row_upper_ = np.append(np.full(rows, highspy.kHighsInf), float(p))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrix.indptr, matrix.indices
    lp.a_matrix_.value_ = matrix.data.astype(float)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * columns
    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy's own is not annotated
    for name, value in OPTIONS.items():
        highs.setOptionValue(name, value)
    highs.passModel(lp)
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    chosen = np.flatnonzero(np.array(highs.getSolution().col_value) > 0.5)  # noqa: PLR2004 - rounds
    if chosen.size > p or not table[:, chosen].any(axis=1).all():
        raise ArithmeticError(f"HiGHS gave no cover: {highs.getModelStatus()}")
    return chosen
