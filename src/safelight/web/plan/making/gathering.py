"""From a plan's file to what its pages and report show: every plan in it, with whom it reaches.

The file lists the sites of each plan that it compares, and of each number of sites. Whom they
reach is reckoned again here, by the planner's own rules and with the figures in the file.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from safelight.contracts.need import read_need
from safelight.contracts.plan import Alternative as Variant
from safelight.contracts.plan import Figure, Objective, Plan, read_plan
from safelight.plan.parameters import Parameter, Parameters
from safelight.plan.siting.planner.figures import KINDS, read_figures
from safelight.plan.siting.planner.model import Model, build_model
from safelight.plan.siting.planner.plan import SitePlan
from safelight.plan.siting.planner.problem import BACKUP, OVERDOSES, WORST_OFF, SiteProblem
from safelight.plan.siting.planner.report import district_rows, site_rows
from safelight.plan.siting.planner.uptake import parse_uptake
from safelight.plan.siting.planner.variants import annual_cost
from safelight.plan.siting.planner.worth import Worth
from safelight.web.plan.outcome import (
    Alternative,
    Assumption,
    DistrictRow,
    Outcome,
    Robustness,
    SiteRow,
    Step,
)

MOST_SITES = 10_000  # no limit: the sites are known
TITLES = {"building": "Buildings alone", "mobile": "Mobile stops alone"}
ALONE = "only "  # how the file names a plan of one kind
NOTES = (
    "A site stands for a whole area, not for an address, its premises or its neighbours.",
    "Figures are expectations: a share of need reached while sites are open, not lives saved.",
    "Need is of the years that the table names; services that are there already are not in it.",
    "Distances are as the crow flies.",
)

DECAYS = {"behrends": "as people told a survey in New York in 2019, nobody from beyond 3 miles"}
OBJECTIVES = {
    "overdoses": "As many overdoses as possible where somebody can help",
    "within": "As many people at risk as possible near a site",
    "worst-off": "The district that is reached least is reached as well as possible",
    "backup": "As much as possible within reach of two sites",
    "farthest": "Nobody has further to go than need be",
}


def gather(plan_file: Path, need_file: Path, title: str) -> Outcome:
    """Return the outcome of a plan; raises Invalid for files that are not what they should be."""
    plan = read_plan(plan_file)
    need, _ = read_need(need_file)
    maker = _Maker(plan, need)
    first = plan.objectives[0]
    chosen = {(site.code, site.kind): site.chosen for site in plan.sites}
    main = maker.step([(site.code, site.kind) for site in plan.sites], first, chosen)
    steps = {
        int(point.name): maker.step(_pairs(point), point.objective)
        for point in plan.frontier
        if point.objective is not None
    }
    last = max(steps, default=len(plan.sites))
    return Outcome(
        title=title,
        objective=OBJECTIVES.get(first.name, first.name),
        goal_unit=first.unit,
        unit=plan.unit,
        steps={**steps, last: main},
        chosen=last,
        alternatives=[
            maker.alternative(each) for each in plan.comparison if each.name.startswith(ALONE)
        ],
        robustness=None
        if plan.draws is None
        else Robustness(plan.draws.draws, plan.draws.regret_mean, plan.draws.regret_max),
        assumptions=[_assumption(each) for each in plan.figures],
        notes=[*_about(plan), *NOTES],
        attribution=plan.need.attribution,
    )


class _Maker:
    """Reckons whom sets of sites reach, all over the same need and with the same figures."""

    def __init__(self, plan: Plan, need: pd.DataFrame) -> None:
        values = {
            each.name: Parameter(each.value, each.unit, each.citation) for each in plan.figures
        }
        name, _, version = plan.parameters.rpartition(" ")
        figures = read_figures(Parameters(name, version, name, values))
        goal = plan.objectives[0].name
        self._problem = SiteProblem(
            figures=figures,
            uptake=parse_uptake(plan.decay, figures.parameters),
            measure=plan.measure,
            # Who goes where: by the objective, where it speaks of what is reached at all.
            objective=goal if goal in {OVERDOSES, WORST_OFF, BACKUP} else OVERDOSES,
            sites=MOST_SITES,
        )
        self._model: Model = build_model(need, self._problem)
        places, options = self._model.places, self._model.options
        self._worth = Worth(self._model.families, self._model.episodes, options.capacity)
        self._option = {
            (str(places.code[place]), KINDS[kind]): number
            for number, (place, kind) in enumerate(zip(options.place, options.kind, strict=True))
        }

    def step(
        self,
        sites: Iterable[tuple[str, str]],
        objective: Objective,
        chosen: dict[tuple[str, str], float | None] | None = None,
    ) -> Step:
        """Return a plan with whom it reaches."""
        opened = np.array(sorted(self._option[each] for each in sites), dtype=np.int64)
        goals = self._model.goals()
        visits = self._worth.visits(opened, *goals)
        plan = SitePlan(self._model, opened, (), visits, {})
        reached = np.bincount(visits.area, visits.part * visits.share, len(self._model.weight))
        codes = self._model.need["code"]
        rows = site_rows(plan)
        vehicle = self._problem.figures.vehicle
        vehicles = plan.vehicles
        return Step(
            sites=[
                SiteRow(
                    number,
                    row.code,
                    row.name,
                    row.district,
                    row.kind,
                    row.lon,
                    row.lat,
                    row.annual_cost,
                    row.share * float(self._model.weight.sum()),
                    (chosen or {}).get((row.code, row.kind)),
                )
                for number, row in enumerate(rows, start=1)
            ],
            objective=objective.value,
            bound=objective.bound,
            gap=objective.gap,
            proven=objective.proven,
            seconds=objective.seconds,
            annual=annual_cost(self._model, opened),
            capital=sum(row.capital_cost for row in rows) + vehicles * vehicle.capital,
            vehicles=vehicles,
            reach={
                str(code): round(float(share), 5)
                for code, share in zip(codes, reached, strict=True)
                if share > 0
            },
            districts=[
                DistrictRow(row.name, row.need, row.reached, row.nearest_metres)
                for row in district_rows(plan)
            ],
        )

    def alternative(self, variant: Variant) -> Alternative:
        """Return what one kind alone can do."""
        kind = variant.name.removeprefix(ALONE)
        if variant.objective is None:
            return Alternative(kind, TITLES[kind], None, variant.why)
        return Alternative(kind, TITLES[kind], self.step(_pairs(variant), variant.objective))


def _assumption(figure: Figure) -> Assumption:
    value = figure.value
    if isinstance(value, list):
        told = "; ".join(", ".join(map(str, np.atleast_1d(each))) for each in value)
    else:
        told = f"{value:,.10g}" if isinstance(value, int | float) else value
    return Assumption(figure.name.replace("_", " "), told, figure.unit, figure.citation)


def _about(plan: Plan) -> list[str]:
    """Return what a reader has to know about this plan in particular."""
    told = [f"How far people come: {DECAYS.get(plan.decay, plan.decay)}."]
    if plan.changed:
        changed = ", ".join(f"{name} {value:g}" for name, value in sorted(plan.changed.items()))
        told.append(f"Given by hand: {changed}.")
    if plan.objectives[0].stopped:
        told.append(
            "The search stopped after the work it is allowed, before its gap was closed: a better "
            "plan may exist, within the bound that is printed."
        )
    return told


def _pairs(variant: Variant) -> list[tuple[str, str]]:
    return [(code, kind) for code, _, kind in (each.rpartition(":") for each in variant.sites)]
