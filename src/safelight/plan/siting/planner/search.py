"""A good plan quickly: the best next site again and again, then exchanges of one for others."""

from typing import Final, NamedTuple

import numpy as np

from safelight.plan.siting.planner.arrays import Flags, Floats, Indices, sums
from safelight.plan.siting.planner.board import Board
from safelight.plan.siting.planner.cuts import loads
from safelight.plan.siting.planner.goals import FOLDS, REACH, Goal, free_shares
from safelight.plan.siting.planner.reach import Reach

TRIES: Final = 200
LEVELS: Final = 8
LEAST: Final = 0.1  # of an option in a relaxed plan, below which rounding passes it over
STRETCH: Final = 1.1  # how far above a plan's level the exchanges aim
BETTER: Final = 1e-9  # relative: what counts as an improvement


class Crowd(NamedTuple):
    """Episodes a year: of each area if all of it came, and what each option can take."""

    episodes: Floats
    capacity: Floats

    def most(self, reach: Reach, weight: Floats) -> Floats:
        """Return what each option could add at most, all it can take being of the worthiest."""
        worth = weight / np.maximum(self.episodes, 1e-300)
        top = np.zeros(reach.options)
        np.maximum.at(top, reach.option, worth[reach.area])
        return self.capacity * top

    def served(self, reach: Reach, is_open: Flags) -> Floats:
        """Return the share of each area reached when full sites turn the rest away."""
        load = np.zeros(reach.options)
        opened = is_open[reach.option].astype(float)
        loads(reach.start, reach.option, reach.share, opened, self.episodes, load)
        part = np.minimum(1.0, self.capacity / np.maximum(load, 1e-300))
        return reach.top(is_open, factor=part)


class Gains:
    """What opening one more option adds to a goal, for every option at once."""

    def __init__(self, families: dict[str, Reach], goal: Goal, cost: Floats, crowd: Crowd) -> None:
        """Prepare; ``cost`` weighs options against each other."""
        self.goal, self.cost, self._crowd = goal, cost, crowd
        self._most = np.full(len(cost), np.inf)
        if REACH in goal.weights and goal.group is None:
            self._most = crowd.most(families[REACH], goal.weights[REACH])
        self._families = {name: families[name] for name in goal.weights}
        self._ordered = {
            name: (reach.area[reach.by_option], reach.share[reach.by_option], reach.option_start)
            for name, reach in self._families.items()
        }

    def of(self, is_open: Flags) -> Floats:
        """Return the gains."""
        found = np.zeros(len(is_open))
        for name, weight in self.goal.weights.items():
            area, share, start = self._ordered[name]
            have = self._families[name].top(is_open, FOLDS[name])
            gain = weight[area] * np.maximum(share - have[area], 0.0)
            total = np.concatenate([[0.0], np.cumsum(gain)])
            found += total[start[1:]] - total[start[:-1]]
        return np.asarray(np.minimum(found, self._most))

    def value(self, is_open: Flags) -> float:
        """Return the goal if all go to their best site, and a full one turns the rest away."""
        shares = free_shares(self._families, is_open)
        if REACH in shares:
            shares[REACH] = self._crowd.served(self._families[REACH], is_open)
        return self.goal.value(shares)


class LevelGains(Gains):
    """Gains towards a level that every district should reach: ``Σ min(share of district, level)``.

    Raising the level step by step finds good plans for the worst-off district (Krause, McMahan,
    Guestrin and Gupta 2008, Journal of Machine Learning Research 9).
    """

    def __init__(
        self,
        families: dict[str, Reach],
        goal: Goal,
        cost: Floats,
        crowd: Crowd,
        level: float,
    ) -> None:
        """Prepare for a level between 0 and 1."""
        super().__init__(families, goal, cost, crowd)
        assert goal.group is not None  # noqa: S101 - for the type checker
        area, _, start = self._ordered[REACH]
        totals = goal.totals
        self._level, self._groups = level, len(totals)
        self._weight = goal.weights[REACH] / np.where(totals > 0, totals, 1.0)[goal.group]
        option = np.repeat(np.arange(len(start) - 1), np.diff(start))
        self._cell = option * self._groups + goal.group[area]

    def _shares(self, top: Floats) -> Floats:
        """Return what each district has."""
        assert self.goal.group is not None  # noqa: S101 - for the type checker
        return sums(self.goal.group, self._weight * top, self._groups)

    def of(self, is_open: Flags) -> Floats:  # type: ignore[explicit-override]  # 3.11 has none
        """Return what each option adds towards the level, summed over districts."""
        area, share, _ = self._ordered[REACH]
        have = self._families[REACH].top(is_open)
        gain = self._weight[area] * np.maximum(share - have[area], 0.0)
        size = len(is_open) * self._groups
        more = sums(self._cell, gain, size).reshape(len(is_open), self._groups)
        now = self._shares(have)
        level = self._level
        return np.asarray((np.minimum(now + more, level) - np.minimum(now, level)).sum(axis=1))

    def value(self, is_open: Flags) -> float:  # type: ignore[explicit-override]  # 3.11 has none
        """Return how much of the level the districts have, summed over them."""
        have = self._shares(self._families[REACH].top(is_open))
        return float(np.minimum(have, self._level).sum())


def filled(board: Board, gains: Gains, is_open: Flags, *, by_cost: bool) -> Flags | None:
    """Open the best addable option until nothing adds anything; None where a rule stays unmet."""
    is_open = is_open.copy()
    while True:
        addable, wanted = board.addable(is_open), board.wanted(is_open)
        score = gains.of(is_open)
        if by_cost:
            score = score / gains.cost
        if wanted is not None:
            addable &= wanted
            score = score + 1.0  # what a rule asks for is opened even where it adds nothing
        score = np.where(addable, score, 0.0)
        best = int(np.argmax(score))
        if score[best] <= 0:
            return None if wanted is not None else is_open
        is_open[best] = True


def improved(board: Board, gains: Gains, is_open: Flags, tries: int = TRIES) -> Flags:
    """Shut one site and fill up again, as long as that is better and tries are left."""
    best, before = gains.value(is_open), -np.inf
    while best > before:
        before = best
        for shut in np.flatnonzero(is_open & ~board.rules.must):
            if not is_open[shut]:
                continue
            tries -= 1
            if tries < 0:
                return is_open
            fewer = is_open.copy()
            fewer[shut] = False
            for by_cost in (True, False):
                other = filled(board, gains, fewer, by_cost=by_cost)
                if other is None:
                    continue
                worth = gains.value(other)
                if worth > best * (1 + BETTER):
                    best, is_open = worth, other
    return is_open


def first_plans(
    board: Board, families: dict[str, Reach], goal: Goal, cost: Floats, crowd: Crowd
) -> list[Indices]:
    """Return plans to begin with: greedy by gain and by gain for money, each improved."""
    if goal.group is not None:
        return _level_plans(board, families, goal, cost, crowd)
    gains = Gains(families, goal, cost, crowd)
    nothing = np.zeros(len(board.rules.may), dtype=bool)
    found: list[Indices] = []
    for by_cost in (True, False):
        start = filled(board, gains, nothing, by_cost=by_cost)
        if start is not None:
            plan = np.flatnonzero(improved(board, gains, start))
            found += [plan] if all(not np.array_equal(plan, other) for other in found) else []
    return found


def _level_plans(
    board: Board, families: dict[str, Reach], goal: Goal, cost: Floats, crowd: Crowd
) -> list[Indices]:
    """Return plans for the worst-off district, found by halving the level that all can reach."""
    low, high = 0.0, float(families[REACH].best.max(initial=0.0))
    nothing = np.zeros(len(board.rules.may), dtype=bool)
    plans: list[tuple[float, Flags]] = []
    for _ in range(LEVELS):
        level = (low + high) / 2
        gains = LevelGains(families, goal, cost, crowd, level)
        for by_cost in (True, False):
            plan = filled(board, gains, nothing, by_cost=by_cost)
            if plan is not None:
                plans.append((goal.value(free_shares(families, plan)), plan))
        best = max((worth for worth, _ in plans), default=0.0)
        low, high = max(low, best), high if best >= level else level
    if not plans:
        return []
    best, plan = max(plans, key=lambda each: each[0])
    gains = LevelGains(families, goal, cost, crowd, best * STRETCH)
    return [np.flatnonzero(each) for each in (plan, improved(board, gains, plan))]


def rounded(board: Board, gains: Gains, opened: Floats) -> Indices | None:
    """Turn a relaxed plan into a whole one: its largest parts first, then what adds most."""
    is_open = np.zeros(len(opened), dtype=bool)
    for option in np.argsort(-opened, kind="stable"):
        if opened[option] < LEAST:
            break
        wanted = board.wanted(is_open)
        if board.addable(is_open)[option] and (wanted is None or wanted[option]):
            is_open[option] = True
    found = filled(board, gains, is_open, by_cost=False)
    return None if found is None else np.flatnonzero(found)
