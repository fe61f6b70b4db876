"""The same question under changed limits: one kind of site alone, or other numbers of sites."""

from dataclasses import replace
from typing import NamedTuple

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.answer import Answer, Progress, first_answer, heard
from safelight.plan.siting.planner.arrays import Indices
from safelight.plan.siting.planner.figures import KINDS
from safelight.plan.siting.planner.model import Model, build_model
from safelight.plan.siting.planner.options import vehicle_cost
from safelight.plan.siting.planner.prove import Prover


class Variant(NamedTuple):
    """A plan under a changed limit, or why there is none."""

    name: str
    answer: Answer | None
    sites: tuple[tuple[str, str], ...] = ()  # code and kind
    vehicles: int = 0
    annual: float = 0.0  # £ a year
    why: str = ""  # there is no plan


def annual_cost(model: Model, opened: Indices) -> float:
    """Return what open options and their vehicles cost a year, in £."""
    vehicles = model.rules.vehicles_for(opened)
    return float(model.options.annual[opened].sum()) + vehicles * vehicle_cost(model.problem)


def _variant(name: str, model: Model, opened: Indices, answer: Answer) -> Variant:
    options, places = model.options, model.places
    sites = tuple(
        (str(places.code[options.place[each]]), KINDS[options.kind[each]]) for each in opened
    )
    vehicles = model.rules.vehicles_for(opened)
    return Variant(name, answer, sites, vehicles, annual_cost(model, opened))


def _solved(name: str, prover: Prover, told: Progress, plans: list[Indices]) -> Variant:
    """Solve a prover's problem and keep the plan among ``plans``; its refusal becomes a reason."""
    try:
        answer, found, _ = first_answer(prover, heard(told, 0.0, name), plans)
    except Invalid as error:
        return Variant(name, None, why=error.message)
    assert found.opened is not None  # noqa: S101 - for the type checker
    plans[:] = [found.opened]
    return _variant(name, prover.model, found.opened, answer)


def compared(model: Model, opened: Indices, answer: Answer, told: Progress) -> tuple[Variant, ...]:
    """Solve with only buildings and with only mobile stops, under the same limits."""
    variants = []
    for k, kind in enumerate(KINDS):
        told(k / len(KINDS), f"Comparing: only {kind}")
        try:
            only = build_model(model.need, replace(model.problem, kinds=(kind,), then=None))
        except Invalid as error:
            variants.append(Variant(f"only {kind}", None, why=error.message))
            continue
        variants.append(_solved(f"only {kind}", Prover(only), lambda *_: None, []))
    return (*variants, _variant("both", model, opened, answer))


def last_point(model: Model, frontier: tuple[int, int]) -> int:
    """Return the largest number of sites of a frontier that the problem allows."""
    return int(min(frontier[1], model.rules.rows[0].high, len(model.places.code)))


def frontier_of(model: Model, points: tuple[int, int], told: Progress) -> tuple[Variant, ...]:
    """Solve for every number of sites; what one proves about reach helps the next."""
    prover, plans = Prover(model), list[Indices]()
    last = last_point(model, points)
    found = []
    for sites in range(points[0], last + 1):
        told((sites - points[0]) / (last - points[0] + 1), f"Planning for {sites} sites")
        prover.limit_sites(sites)
        found.append(_solved(str(sites), prover, lambda *_: None, plans))
    return tuple(found)
