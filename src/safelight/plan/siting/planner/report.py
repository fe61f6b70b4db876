"""A plan as rows for a file, a table and a map."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from safelight.contracts.need import Provenance
from safelight.contracts.plan import (
    Alternative,
    DistrictReached,
    DrawsSummary,
    Figure,
    Objective,
    Plan,
    PlannedSite,
    Rival,
)
from safelight.plan.siting.planner.answer import Answer
from safelight.plan.siting.planner.arrays import sums
from safelight.plan.siting.planner.figures import KINDS, MOBILE
from safelight.plan.siting.planner.goals import NEAR
from safelight.plan.siting.planner.model import measure_of
from safelight.plan.siting.planner.plan import SitePlan
from safelight.plan.siting.planner.problem import (
    BACKUP,
    FARTHEST,
    MEASURE_UNITS,
    WITHIN,
    WORST_OFF,
    SiteProblem,
)
from safelight.plan.siting.planner.variants import Variant, annual_cost

RIVALS = 10  # sites that draws choose though the plan does not


def unit_of(name: str, problem: SiteProblem) -> str:
    """Return what an objective is counted in."""
    measure = MEASURE_UNITS[problem.weight]
    return {
        WITHIN: f"{measure} within {problem.within or 0:,.0f} m of a site",
        WORST_OFF: f"share of the {measure} reached in the district that has least",
        BACKUP: f"{measure} reached, the second site in reach counting as well",
        FARTHEST: "metres from the farthest area with need to its nearest site",
    }.get(name, f"{measure} expected to be supervised")


def site_rows(plan: SitePlan) -> list[PlannedSite]:
    """Return the sites, most reached first."""
    model, options, places = plan.model, plan.model.options, plan.model.places
    visits, count = plan.visits, len(model.options.place)
    part = visits.part * visits.share
    reached = {
        name: sums(visits.option, measure_of(model.need, name)[visits.area] * part, count)
        for name in MEASURE_UNITS
    }
    load = sums(visits.option, model.episodes[visits.area] * part, count)
    total = max(float(model.weight.sum()), 1e-12)
    order = sorted(plan.opened, key=lambda each: (-reached[model.problem.weight][each], each))
    return [
        PlannedSite(
            code=str(places.code[place]),
            name=str(places.name[place]),
            kind=KINDS[options.kind[each]],
            district_code=str(places.district_code[place]),
            district=str(places.district[place]),
            easting=float(places.metres[place, 0]),
            northing=float(places.metres[place, 1]),
            lon=float(places.degrees[place, 0]),
            lat=float(places.degrees[place, 1]),
            capital_cost=float(options.capital[each]),
            running_cost=float(options.running[each]),
            annual_cost=float(options.annual[each]),
            people=float(reached["people"][each]),
            overdoses=float(reached["overdoses"][each]),
            deaths=float(reached["deaths"][each]),
            share=float(reached[model.problem.weight][each] / total),
            episodes=float(load[each]),
            capacity=float(options.capacity[each]),
            chosen=None if plan.draws is None else float(plan.draws.chosen[each]),
        )
        for each in order
        for place in [int(options.place[each])]
    ]


def district_rows(plan: SitePlan) -> list[DistrictReached]:
    """Return need and what is reached of it by district, in order of need."""
    model, visits = plan.model, plan.visits
    count = int(model.district.max(initial=-1)) + 1
    need = sums(model.district, model.weight, count)
    got = sums(visits.area, visits.part * visits.share, len(model.weight)) * model.weight
    reached = sums(model.district, got, count)
    areas = model.need[["easting", "northing"]].to_numpy(float)
    place = model.options.place[plan.opened]
    away = np.hypot(
        *(areas[:, None, :] - model.places.metres[place][None, :, :]).transpose(2, 0, 1)
    )
    nearest, metres = np.argmin(away, axis=1), away.min(axis=1)
    rows = []
    for district in np.argsort(-need, kind="stable"):
        mine = np.flatnonzero(model.district == district)
        weight = model.weight[mine] if need[district] > 0 else np.ones(len(mine))
        most = sums(nearest[mine], weight, len(place)).argmax()
        code = str(model.need["district_code"].iloc[mine[0]])
        rows.append(
            DistrictReached(
                code=code,
                name=str(model.need["district"].iloc[mine[0]]),
                need=float(need[district]),
                reached=float(reached[district]),
                share=float(reached[district] / need[district]) if need[district] > 0 else 0.0,
                sites=int((model.places.district_code[place] == code).sum()),
                nearest=str(model.places.name[place[most]]),
                nearest_metres=float(np.average(metres[mine], weights=weight)),
            )
        )
    return rows


def _objective(answer: Answer, problem: SiteProblem) -> Objective:
    return Objective(
        name=answer.name,
        unit=unit_of(answer.name, problem),
        value=answer.objective,
        bound=answer.bound + 0.0,  # no -0.0
        gap=answer.gap,
        proven=answer.proven,
        seconds=answer.seconds,
        stopped=answer.stopped,
        less_is_better=answer.name == FARTHEST,
    )


def _alternative(variant: Variant, problem: SiteProblem) -> Alternative:
    answer = variant.answer
    stops = sum(kind == MOBILE for _, kind in variant.sites)
    return Alternative(
        name=variant.name,
        objective=None if answer is None else _objective(answer, problem),
        sites=[f"{code}:{kind}" for code, kind in variant.sites],
        buildings=len(variant.sites) - stops,
        mobile_stops=stops,
        vehicles=variant.vehicles,
        annual_cost=variant.annual,
        why=variant.why,
    )


def _draws(plan: SitePlan, seed: int) -> DrawsSummary | None:
    study = plan.draws
    if study is None:
        return None
    model, options = plan.model, plan.model.options
    others = study.chosen.copy()
    others[plan.opened] = 0
    rivals = [each for each in np.argsort(-others, kind="stable")[:RIVALS] if others[each] > 0]
    regret, loss = study.regret, np.maximum(study.objective - study.printed, 0.0)
    return DrawsSummary(
        draws=len(regret),
        seed=seed,
        regret_mean=float(regret.mean()),
        regret_p90=float(np.quantile(regret, 0.9)),
        regret_max=float(regret.max()),
        loss_mean=float(loss.mean()),
        loss_max=float(loss.max()),
        objective_low=float(np.quantile(study.printed, 0.025)),
        objective_high=float(np.quantile(study.printed, 0.975)),
        worst_gap=study.worst_gap,
        rivals=[
            Rival(
                code=str(model.places.code[options.place[each]]),
                name=str(model.places.name[options.place[each]]),
                kind=KINDS[options.kind[each]],
                chosen=float(others[each]),
            )
            for each in rivals
        ],
    )


def _figures(problem: SiteProblem) -> list[Figure]:
    return [
        Figure(name=name, value=each.value, unit=each.unit, citation=each.citation)
        for name, each in problem.figures.parameters.values.items()
    ]


def plan_document(
    plan: SitePlan,
    provenance: Provenance,
    *,
    sha256: str,
    seed: int,
    options: Mapping[str, Any],
) -> Plan:
    """Return a plan as the file that screens and reports read."""
    problem, model = plan.model.problem, plan.model
    sites = site_rows(plan)
    reached = sums(plan.visits.area, plan.visits.part * plan.visits.share, len(model.weight))
    parameters = problem.figures.parameters
    start = problem.figures.vehicle.capital * plan.vehicles
    near = plan.shares.get(NEAR)
    people = measure_of(model.need, "people")
    return Plan(
        need=provenance,
        need_sha256=sha256,
        parameters=f"{parameters.id} {parameters.version}",
        figures=_figures(problem),
        changed=dict(problem.figures.changed),
        decay=problem.uptake.name,
        seed=seed,
        options=dict(options),
        measure=problem.weight,
        unit=MEASURE_UNITS[problem.weight],
        objectives=[_objective(answer, problem) for answer in plan.answers],
        need_total=float(model.weight.sum()),
        reached_total=float(model.weight @ reached),
        people_within=None if near is None else float(people @ near),
        buildings=sum(site.kind != MOBILE for site in sites),
        mobile_stops=sum(site.kind == MOBILE for site in sites),
        vehicles=plan.vehicles,
        annual_cost=annual_cost(model, plan.opened),
        capital_cost=sum(site.capital_cost for site in sites) + start,
        sites=sites,
        districts=district_rows(plan),
        comparison=[_alternative(each, problem) for each in plan.variants],
        frontier=[_alternative(each, problem) for each in plan.frontier],
        draws=_draws(plan, seed),
    )
