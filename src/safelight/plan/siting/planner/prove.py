"""One model, solved again and again: for other weights, other limits, a second objective."""

from collections.abc import Callable, Iterable
from functools import partial
from math import inf

import numpy as np

from safelight.plan.siting.planner.arrays import Indices
from safelight.plan.siting.planner.board import Board
from safelight.plan.siting.planner.branch import Found, Search
from safelight.plan.siting.planner.goals import Goal
from safelight.plan.siting.planner.master import TOLERANCE, Master
from safelight.plan.siting.planner.model import Model
from safelight.plan.siting.planner.search import Crowd, Gains, first_plans, rounded
from safelight.plan.siting.planner.worth import Worth

Told = Callable[[float, float], None]


def nobody(_objective: float, _bound: float) -> None:
    """Tell nobody how a search goes."""


class Prover:
    """Finds best plans of a model with a proof; what it learns about reach it keeps."""

    def __init__(self, model: Model) -> None:
        """Prepare."""
        capacity = model.options.capacity
        self.model = model
        self.master = Master(model.families, model.rules, model.episodes, capacity)
        self.worth = Worth(model.families, model.episodes, capacity)
        self._board = Board(model.rules)
        self._crowd = Crowd(model.episodes, capacity)

    def limit_sites(self, most: int) -> None:
        """Allow at most so many sites from now on."""
        sites, *others = self.model.rules.rows
        rules = self.model.rules._replace(rows=(sites._replace(high=float(most)), *others))
        self.model = self.model._replace(rules=rules)
        self._board = Board(rules)
        self.master.rules = rules
        self.master.limit_sites(most)

    def best(
        self, goal: Goal, plans: Iterable[Indices] = (), told: Told = nobody, *, fresh: bool = True
    ) -> Found:
        """Return the best plan for an objective, beginning with plans that are known.

        Without ``fresh`` no plans are made from nothing, which saves time where good ones are
        known.
        """
        self.master.aim(goal)
        plans = list(plans)
        if fresh:
            cost = self.model.cost
            plans += first_plans(self._board, self.model.families, goal, cost, self._crowd)
        return self._search(goal, lambda opened: self.worth.value(opened, goal), plans, told)

    def best_then(self, first: Goal, second: Goal, found: Found, told: Told = nobody) -> Found:
        """Return the best plan for a second objective among those as good for the first."""
        assert found.opened is not None  # noqa: S101 - for the type checker
        self.master.aim(first)
        self.master.lock(found.objective)
        least = found.objective - TOLERANCE * abs(found.objective)

        def value(opened: Indices) -> float:
            if self.worth.value(opened, first) < least:
                return -inf
            return self.worth.value(opened, first, second)

        self.master.aim(second)
        return self._search(second, value, [found.opened], told)

    def best_covering(
        self, second: Goal, covers: list[Indices], plan: Indices, told: Told = nobody
    ) -> Found:
        """Return the best plan among those that open one option of every cover."""
        for cover in covers:
            self.master.add_row(1.0, inf, cover, np.ones(len(cover)))

        def value(opened: Indices) -> float:
            is_open = np.zeros(len(self.model.cost), dtype=bool)
            is_open[opened] = True
            if not all(is_open[cover].any() for cover in covers):
                return -inf
            return self.worth.value(opened, second)

        self.master.aim(second)
        return self._search(second, value, [plan], told)

    def _search(
        self, goal: Goal, value: Callable[[Indices], float], plans: list[Indices], told: Told
    ) -> Found:
        gains = Gains(self.model.families, goal, self.model.cost, self._crowd)
        problem, board = self.model.problem, self._board
        search = Search(
            self.master,
            lambda opened: value(opened) if board.keeps(opened) else -inf,
            finish=partial(rounded, board, gains),
            gap=problem.gap,
            nodes=problem.nodes,
            told=told,
        )
        return search.run(plans)
