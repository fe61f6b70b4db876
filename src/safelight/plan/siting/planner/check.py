"""Checks a plan from nothing but the need table and the problem: the proof's second pair of eyes.

Everything is reckoned again in plain loops: distances, shares, who goes where, loads and costs.
"""

from math import ceil, hypot

import numpy as np
import pandas as pd

from safelight.plan.siting.planner.figures import MOBILE, annuity
from safelight.plan.siting.planner.plan import SitePlan
from safelight.plan.siting.planner.problem import FARTHEST, OVERDOSES, SiteProblem
from safelight.plan.siting.planner.report import site_rows

SLACK = 1e-6


def check_plan(need: pd.DataFrame, problem: SiteProblem, plan: SitePlan) -> list[str]:
    """Name everything about a plan that does not hold; nothing where it is sound.

    Checks the proof, the limits, the spacing, the parts of need that go to each site, every
    capacity, and for overdoses the objective itself.
    """
    return [
        *_proof(plan),
        *_limits(problem, plan),
        *_spacing(problem, plan),
        *_visits(need, problem, plan),
    ]


def _proof(plan: SitePlan) -> list[str]:
    wrong = []
    for answer in plan.answers:
        better = answer.objective - answer.bound
        if (-better if answer.name == FARTHEST else better) > 0:
            wrong.append(f"{answer.name}: the bound {answer.bound} is not one")
    return wrong


def _limits(problem: SiteProblem, plan: SitePlan) -> list[str]:
    sites = site_rows(plan)
    stops = [site for site in sites if site.kind == MOBILE]
    figures = problem.figures
    kind, vehicle = figures.kinds[MOBILE], figures.vehicle
    vehicles = ceil(len(stops) * kind.visits / vehicle.visits - SLACK)
    a_vehicle = vehicle.running + annuity(vehicle.capital, vehicle.life, figures.discount_rate)
    limits = {
        "budget": (sum(site.annual_cost for site in sites) + vehicles * a_vehicle, problem.budget),
        "capital": (
            sum(site.capital_cost for site in sites) + vehicles * vehicle.capital,
            problem.capital,
        ),
        "sites": (len(sites), problem.sites),
        "buildings": (len(sites) - len(stops), problem.buildings),
        "mobile-stops": (len(stops), problem.mobile_stops),
        "vehicles": (vehicles, problem.vehicles),
    }
    return [
        f"{name}: {value} of {most}"
        for name, (value, most) in limits.items()
        if most is not None and value > most * (1 + SLACK)
    ]


def _spacing(problem: SiteProblem, plan: SitePlan) -> list[str]:
    sites = site_rows(plan)
    wrong = []
    for k, one in enumerate(sites):
        for two in sites[k + 1 :]:
            apart = hypot(one.easting - two.easting, one.northing - two.northing)
            if one.code == two.code or apart < problem.spacing - SLACK:
                wrong.append(f"{one.code} and {two.code} are {apart:.0f} m apart")
    return wrong


def _visits(need: pd.DataFrame, problem: SiteProblem, plan: SitePlan) -> list[str]:
    """Reckon loads and what is reached from the parts of need that the plan sends to each site."""
    figures, model = problem.figures, plan.model
    people = need["people_at_risk"].to_numpy(float)
    weight = model.weight
    sent, load, reached, wrong = dict[int, float](), dict[int, float](), 0.0, list[str]()
    opened = {int(each) for each in plan.opened}
    for area, option, part, share in zip(*(each.tolist() for each in plan.visits), strict=True):
        place = int(model.options.place[option])
        kind = figures.kinds[("building", "mobile")[int(model.options.kind[option])]]
        if option not in opened:
            wrong.append(f"area {area} is sent to a site that is shut")
        if problem.travel is None:
            east, north = model.places.metres[place]
            away = hypot(need["easting"].iloc[area] - east, need["northing"].iloc[area] - north)
            expected = (
                float(problem.uptake.at(np.array(away))) * figures.willingness * kind.open_share
            )
            if abs(expected - share) > SLACK:
                wrong.append(f"area {area} reaches its site with {share}, not {expected}")
        sent[area] = sent.get(area, 0.0) + part
        episodes = people[area] * figures.episodes_per_person * part * share
        load[option] = load.get(option, 0.0) + episodes
        reached += weight[area] * part * share
    wrong += [f"area {area} is sent {part}" for area, part in sent.items() if part > 1 + SLACK]
    for option, episodes in load.items():
        capacity = model.options.capacity[option]
        if episodes > capacity * (1 + SLACK):
            wrong.append(f"option {option} takes {episodes} of {capacity} episodes")
    (answer,) = (each for each in plan.answers[:1])
    if answer.name == OVERDOSES and abs(answer.objective - reached) > SLACK * max(reached, 1.0):
        wrong.append(f"the objective is {reached}, not {answer.objective}")
    return wrong
