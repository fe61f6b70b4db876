"""An objective with its proof, and how the objectives of a problem are answered in turn."""

from collections.abc import Callable, Iterable
from math import isinf
from time import perf_counter
from typing import NamedTuple

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Indices
from safelight.plan.siting.planner.blame import impossible
from safelight.plan.siting.planner.branch import PROVEN, Found
from safelight.plan.siting.planner.centre import centre
from safelight.plan.siting.planner.problem import FARTHEST
from safelight.plan.siting.planner.prove import Prover, Told

Progress = Callable[[float, str], None]


class Answer(NamedTuple):
    """An objective reached, with the proof of how good it is.

    The bound is the best that any plan could do: never below the objective, or never above it
    where less is better ('farthest').
    """

    name: str
    objective: float
    bound: float
    seconds: float
    stopped: bool  # by the limit of work, before the gap was reached

    @property
    def gap(self) -> float:
        """Return how far the bound is from the objective, as a share of the objective."""
        if self.objective == self.bound:
            return 0.0
        return abs(self.bound - self.objective) / max(abs(self.objective), 1e-12)

    @property
    def proven(self) -> bool:
        """Tell whether nothing better is possible, but for rounding."""
        return self.gap <= PROVEN


def heard(told: Progress, fraction: float, what: str) -> Told:
    """Return what turns objective and bound of a search into words of progress."""

    def hear(objective: float, bound: float) -> None:
        if isinf(objective):
            told(fraction, what)
        else:
            gap = abs(bound - objective) / max(abs(objective), 1e-12)
            told(fraction, f"{what}: within {gap:.2%} of the best possible")

    return hear


def first_answer(
    prover: Prover, told: Told, plans: Iterable[Indices] = ()
) -> tuple[Answer, Found, list[Indices]]:
    """Answer the first objective; returns it with the plan, and for 'farthest' what it covers.

    Raises Invalid where no plan keeps the rules, or none was found within the work allowed.
    """
    model, begun = prover.model, perf_counter()
    name, covers = model.problem.objective, list[Indices]()
    if name == FARTHEST:
        middle = centre(model, told)
        covers = middle.covers
        found = Found(middle.opened, middle.metres, middle.bound, middle.stopped)
    else:
        found = prover.best(model.goals()[0], plans, told)
    if found.opened is not None:
        seconds = perf_counter() - begun
        return Answer(name, found.objective, found.bound, seconds, found.stopped), found, covers
    if not found.stopped:
        raise impossible(model)
    raise Invalid(
        "site-work",
        f"No plan was found within {model.problem.nodes:,} steps of the search.",
        "Give a larger --nodes, or loosen the rules.",
    )


def answers_of(prover: Prover, told: Progress) -> tuple[tuple[Answer, ...], Found]:
    """Answer the objectives of the prover's problem, each among the best plans for those before.

    Raises Invalid as ``first_answer`` does.
    """
    answer, found, covers = first_answer(prover, heard(told, 0.2, "Proving"))
    problem, goals = prover.model.problem, prover.model.goals()
    if problem.then is None:
        return (answer,), found
    assert found.opened is not None  # noqa: S101 - for the type checker
    begun, hear = perf_counter(), heard(told, 0.6, f"Then {problem.then}")
    second = Prover(prover.model)
    if problem.objective == FARTHEST:
        after = second.best_covering(goals[1], covers, found.opened, hear)
    else:
        after = second.best_then(goals[0], goals[1], found, hear)
    seconds = perf_counter() - begun
    other = Answer(problem.then, after.objective, after.bound, seconds, after.stopped)
    return (answer, other), after
