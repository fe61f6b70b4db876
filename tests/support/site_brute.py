"""Every plan of a tiny siting problem, valued by plain loops and a textbook linear programme."""

from collections.abc import Iterator
from itertools import combinations
from math import ceil, hypot, inf
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linprog

from safelight.plan.siting.planner.figures import annuity
from safelight.plan.siting.planner.problem import SiteProblem


class Candidate(NamedTuple):
    """A place with a kind."""

    row: int
    kind: str


class Brute:
    """All that can be said of a problem whose candidates are the areas themselves."""

    def __init__(self, need: pd.DataFrame, problem: SiteProblem) -> None:
        """Read the problem."""
        self.need, self.problem = need, problem
        self.xy = need[["easting", "northing"]].to_numpy(float)
        self.candidates = [Candidate(k, kind) for k in range(len(need)) for kind in problem.kinds]
        self.weight = {
            "overdoses": need["deaths"] + need["nonfatal_overdoses"],
            "deaths": need["deaths"],
            "people": need["people_at_risk"],
        }[problem.weight].to_numpy(float)

    def distance(self, one: int, two: int) -> float:
        """Metres between two rows."""
        return hypot(*(self.xy[one] - self.xy[two]))

    def share(self, area: int, site: Candidate) -> float:
        """The share of an area's need that a site reaches."""
        figures = self.problem.figures
        come = float(self.problem.uptake.at(np.array(self.distance(area, site.row))))
        return come * figures.willingness * figures.kinds[site.kind].open_share

    def vehicles(self, plan: tuple[Candidate, ...]) -> int:
        """Vehicles that the stops need."""
        figures = self.problem.figures
        visits = sum(figures.kinds[site.kind].visits for site in plan)
        return ceil(visits / figures.vehicle.visits - 1e-9)

    def costs(self, plan: tuple[Candidate, ...]) -> tuple[float, float]:
        """Cost a year, and capital."""
        figures = self.problem.figures
        rate, vehicle = figures.discount_rate, figures.vehicle
        kinds = [figures.kinds[site.kind] for site in plan]
        count = self.vehicles(plan)
        a_year = sum(k.running + annuity(k.capital, k.life, rate) for k in kinds)
        a_year += count * (vehicle.running + annuity(vehicle.capital, vehicle.life, rate))
        return a_year, sum(k.capital for k in kinds) + count * vehicle.capital

    def allowed(self, plan: tuple[Candidate, ...]) -> bool:
        """Tell whether a plan keeps the rules."""
        problem, codes = self.problem, self.need["code"].tolist()
        a_year, capital = self.costs(plan)
        kinds = [site.kind for site in plan]
        named = {f"{codes[site.row]}:{site.kind}" for site in plan} | {
            codes[site.row] for site in plan
        }
        inside = [self.need["district"].iloc[site.row] for site in plan]
        limits = [
            (a_year, problem.budget),
            (capital, problem.capital),
            (len(plan), problem.sites),
            (kinds.count("building"), problem.buildings),
            (kinds.count("mobile"), problem.mobile_stops),
            (self.vehicles(plan), problem.vehicles),
        ]
        return (
            len(plan) > 0
            and len({site.row for site in plan}) == len(plan)
            and all(most is None or value <= most + 1e-6 for value, most in limits)
            and all(each in named for each in problem.force)
            and all(each not in named for each in problem.forbid)
            and all(inside.count(name) >= n for name, n in problem.min_district.items())
            and all(inside.count(name) <= n for name, n in problem.max_district.items())
            and all(
                self.distance(a.row, b.row) >= problem.spacing for a, b in combinations(plan, 2)
            )
        )

    def plans(self) -> Iterator[tuple[Candidate, ...]]:
        """Every plan that keeps the rules."""
        for size in range(1, len(self.candidates) + 1):
            for plan in combinations(self.candidates, size):
                if self.allowed(plan):
                    yield plan

    def value(self, name: str, plan: tuple[Candidate, ...]) -> float:
        """What a plan comes to."""
        areas = range(len(self.need))
        if name == "within":
            near = self.problem.within or 0.0
            hit = [any(self.distance(i, s.row) <= near for s in plan) for i in areas]
            return float(self.weight @ np.array(hit, dtype=float))
        if name == "farthest":
            needy = [i for i in areas if self.weight[i] > 0]
            return -max(min(self.distance(i, s.row) for s in plan) for i in needy)
        if name == "backup":
            theta = self.problem.backup_weight
            top = [[*sorted((self.share(i, s) for s in plan), reverse=True), 0.0] for i in areas]
            both = np.array([(1 - theta) * first + theta * second for first, second, *_ in top])
            return float(self.weight @ both)
        return self._served(name, plan)

    def _served(self, name: str, plan: tuple[Candidate, ...]) -> float:
        """Solve for who goes where, within capacities."""
        areas, sites = len(self.need), len(plan)
        figures = self.problem.figures
        share = np.array([[self.share(i, s) for s in plan] for i in range(areas)])
        people = self.need["people_at_risk"].to_numpy(float) * figures.episodes_per_person
        worth = self.weight[:, None] * share
        best = share == share.max(axis=1, keepdims=True)
        first = best & (np.cumsum(best, axis=1) == 1)
        room = [figures.kinds[site.kind].capacity for site in plan]
        if (((people[:, None] * share) * first).sum(axis=0) <= room).all():
            return self._reached(name, self.weight * share.max(axis=1))
        count = areas * sites
        once = np.kron(np.eye(areas), np.ones(sites))
        load = np.concatenate([np.diag(row) for row in people[:, None] * share], axis=1)
        rows, limits = np.vstack([once, load]), np.concatenate([np.ones(areas), room])
        if name == "overdoses":
            found = linprog(-worth.ravel(), A_ub=rows, b_ub=limits, bounds=(0, 1))
            return float(-found.fun)
        rows = np.hstack([rows, np.zeros((len(rows), 1))])
        for district in sorted(set(self.need["district"])):
            inside = (self.need["district"] == district).to_numpy()
            total = self.weight[inside].sum()
            if total > 0:
                got = np.where(inside[:, None], worth, 0.0).ravel() / total
                rows = np.vstack([rows, np.append(-got, 1.0)])
                limits = np.append(limits, 0.0)
        cost = np.append(np.zeros(count), -1.0)
        found = linprog(cost, A_ub=rows, b_ub=limits, bounds=(0, 1))
        return float(-found.fun)

    def _reached(self, name: str, reached: npt.NDArray[np.float64]) -> float:
        """What reached need comes to: its sum, or the least share of a district."""
        if name == "overdoses":
            return float(reached.sum())
        least = 1.0
        for district in sorted(set(self.need["district"])):
            inside = (self.need["district"] == district).to_numpy()
            if self.weight[inside].sum() > 0:
                least = min(least, float(reached[inside].sum() / self.weight[inside].sum()))
        return least

    def best(self, name: str) -> float:
        """The best of all plans; −inf where there is none."""
        return max((self.value(name, plan) for plan in self.plans()), default=-inf)

    def best_then(self, first: str, second: str) -> float:
        """The best for the second among the best for the first; without capacities only."""
        worth = [(self.value(first, p), self.value(second, p)) for p in self.plans()]
        top = max((value for value, _ in worth), default=-inf)
        return max(
            (other for value, other in worth if value >= top - 1e-6 * abs(top)), default=-inf
        )
