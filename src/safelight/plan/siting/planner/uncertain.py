"""The same question asked of many draws of need: which sites stay, and what the plan may lose."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from safelight.contracts.need import draws_of
from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Floats, Indices
from safelight.plan.siting.planner.branch import Found
from safelight.plan.siting.planner.prove import Prover


class DrawStudy(NamedTuple):
    """A plan against draws of need; one entry per draw in each array.

    ``objective`` is the best plan's for that draw, ``bound`` the proof of it, ``printed`` what the
    printed plan is worth there; the regret is what the printed plan loses.
    """

    chosen: Floats  # share of the draws in which each option is in the best plan
    objective: Floats
    bound: Floats
    printed: Floats

    @property
    def regret(self) -> Floats:
        """Return the loss of the printed plan, as a share of the best of each draw."""
        best = np.where(self.objective > 0, self.objective, 1.0)
        return np.maximum(self.objective - self.printed, 0.0) / best

    @property
    def worst_gap(self) -> float:
        """Return the largest gap of any draw, as a share of its objective."""
        best = np.where(self.objective > 0, self.objective, 1.0)
        return float(((self.bound - self.objective) / best).max(initial=0.0))


def study_draws(
    prover: Prover, plan: Found, count: int, seed: int, told: Callable[[float, str], None]
) -> DrawStudy:
    """Optimise again for ``count`` draws of need, chosen by ``seed`` from those of the table.

    The draws are of deaths; overdoses and people at risk move in proportion within an area, and
    what sites can take is reckoned with the mean. Every search begins with the plans found before.

    Raises Invalid where the need table has no draws, or fewer than asked for.
    """
    assert plan.opened is not None  # noqa: S101 - for the type checker
    model = prover.model
    factors = _factors(prover, count, seed)
    known: dict[bytes, Indices] = {plan.opened.tobytes(): plan.opened}
    chosen = np.zeros(len(model.cost))
    rows = np.zeros((count, 3))
    for k in range(count):
        goal = model.goals(model.weight * factors[:, k])[0]
        printed = prover.worth.value(plan.opened, goal)
        found = prover.best(goal, known.values(), fresh=False)
        assert found.opened is not None  # noqa: S101 - the printed plan is one
        known.setdefault(found.opened.tobytes(), found.opened)
        chosen[found.opened] += 1
        rows[k] = found.objective, found.bound, printed
        told((k + 1) / count, f"Planned for {k + 1} of {count} draws of need")
    return DrawStudy(chosen / count, rows[:, 0], rows[:, 1], rows[:, 2])


def _factors(prover: Prover, count: int, seed: int) -> Floats:
    """Return how many times its mean each area's need is, areas × draws."""
    draws = draws_of(prover.model.need).astype(float)
    if draws.shape[1] < count:
        raise Invalid(
            "site-draws",
            f"The need table has {draws.shape[1]} draws, fewer than {count}.",
            "Ask for fewer, or make the table again with `safelight need --draws`.",
            draws=draws.shape[1],
        )
    which = np.random.default_rng(seed).permutation(draws.shape[1])[:count]
    deaths = prover.model.need["deaths"].to_numpy(float)
    mean = np.where(deaths > 0, deaths, 1.0)
    return np.where(deaths[:, None] > 0, draws[:, which] / mean[:, None], 1.0)
