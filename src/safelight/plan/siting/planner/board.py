"""Which options may still be opened beside those that are: the rules, quick to ask."""

from typing import Final

import numpy as np
from scipy import sparse

from safelight.plan.siting.planner.arrays import Flags, Indices
from safelight.plan.siting.planner.rules import Rules

SLACK: Final = 1e-9


class Board:
    """The rows of the rules as one sparse matrix."""

    def __init__(self, rules: Rules) -> None:
        """Prepare for many questions about the same rules."""
        self.rules, count = rules, len(rules.may)
        rows = rules.rows
        self._matrix = sparse.csc_matrix(
            (
                np.concatenate([row.coefficient for row in rows]),
                (
                    np.repeat(np.arange(len(rows)), [len(row.option) for row in rows]),
                    np.concatenate([row.option for row in rows]),
                ),
            ),
            shape=(len(rows), count),
        )
        self._column = np.repeat(np.arange(count), np.diff(self._matrix.indptr))
        self._low, self._high, self._vehicle = (
            np.array([getattr(row, name) for row in rows]) for name in ("low", "high", "vehicle")
        )
        scale = np.abs(self._matrix).max(axis=1).toarray().ravel()
        self._slack = SLACK * np.maximum(1.0, scale)

    def keeps(self, opened: Indices) -> bool:
        """Tell whether a set of open options keeps every rule."""
        rules = self.rules
        is_open = np.zeros(len(rules.may), dtype=bool)
        is_open[opened] = True
        vehicles = rules.vehicles_for(opened)
        if (
            vehicles > rules.vehicles
            or (is_open & ~rules.may).any()
            or (rules.must & ~is_open).any()
        ):
            return False
        total = self._matrix @ is_open.astype(float) + self._vehicle * vehicles
        low, high = self._low - self._slack, self._high + self._slack
        return bool(((total >= low) & (total <= high)).all())

    def addable(self, is_open: Flags) -> Flags:
        """Tell which shut options can be opened without breaking an upper limit."""
        rules, matrix = self.rules, self._matrix
        now = rules.vehicles_for(np.flatnonzero(is_open))
        visits = float(rules.visits[is_open].sum())
        more = np.ceil((visits + rules.visits) / rules.visits_a_vehicle - SLACK) - now
        total = matrix @ is_open.astype(float) + self._vehicle * now
        room = self._high + self._slack - total
        row = matrix.indices
        over = matrix.data + self._vehicle[row] * more[self._column] > room[row]
        bad = np.bincount(self._column[over], minlength=len(is_open)) > 0
        return rules.may & ~is_open & ~bad & (now + more <= rules.vehicles)

    def wanted(self, is_open: Flags) -> Flags | None:
        """Tell which options help with a lower limit that is not met yet; None where all are."""
        total = self._matrix @ is_open.astype(float)
        lacking = total < self._low - self._slack
        missing = self.rules.must & ~is_open
        if missing.any():
            return missing
        if not lacking.any():
            return None
        helps = lacking[self._matrix.indices] & (self._matrix.data > 0)
        return np.bincount(self._column[helps], minlength=len(is_open)) > 0
