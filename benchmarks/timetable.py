"""``run.py bench timetable``: weeks for mobile units on made-up counties the size of Kent."""

import resource
import time
from typing import NamedTuple

import numpy as np

from benchmarks.floor import AT_MOST, Measured
from safelight.plan.timetable.check import check_timetable
from safelight.plan.timetable.clock import DAY
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.solve import timetable
from safelight.plan.timetable.travel import minutes_by_road

WEST, EAST, SOUTH, NORTH = 0.05, 1.40, 51.00, 51.45  # degrees: about 95 by 50 km
TOWNS, SPREAD = 13, 0.03  # degrees: about 3 km
WEEKDAYS = range(5)


class Case(NamedTuple):
    """One made-up county and its vehicles."""

    stops: int
    vans: int
    seed: int = 1
    dwell: tuple[int, ...] = (120,)
    most: int = 3
    hours: int = 10
    parking: int = 1  # how many places the vans are spread over
    rest: int = 0
    school: bool = False  # half of the stops only outside 08:00 to 09:00 and 15:00 to 16:00
    weekend: bool = False

    @property
    def name(self) -> str:
        """Say what sets the case apart."""
        extra = [
            f"{len(self.dwell)} lengths" if len(self.dwell) > 1 else "",
            f"{self.most} a shift" if self.most != Case(0, 0).most else "",
            f"{self.parking} bases" if self.parking > 1 else "",
            "windows and rest" if self.school else "",
            "7 days" if self.weekend else "",
            f"seed {self.seed}" if self.seed != 1 else "",
        ]
        return ", ".join(filter(None, [f"{self.stops} stops × {self.vans} vans", *extra]))


def county(case: Case) -> Problem:
    """Make up a county: stops around towns of very different size, vans with one crew a day."""
    dice = np.random.default_rng(case.seed)
    towns = dice.uniform([WEST, SOUTH], [EAST, NORTH], size=(TOWNS, 2))
    share = dice.pareto(1.2, TOWNS) + 0.5
    at = towns[dice.choice(TOWNS, case.stops, p=share / share.sum())]
    at = at + dice.normal(0, SPREAD, at.shape) * [1.6, 1.0]
    weight, reach = dice.lognormal(3, 0.7, case.stops), dice.uniform(0.25, 0.5, case.stops)
    outside = ((0, 8 * 60), (9 * 60, 15 * 60), (16 * 60, DAY))
    windows = tuple((day * DAY + a, day * DAY + b) for day in range(7) for a, b in outside)
    stops = tuple(
        Stop(
            f"S{number}",
            f"Stop {number}",
            float(weight[number]),
            float(reach[number]),
            case.dwell,
            (1, 2, 3),
            windows if case.school and number % 2 else (),
        )
        for number in range(case.stops)
    )
    days = range(7) if case.weekend else WEEKDAYS
    shifts = tuple((day * DAY + 480, day * DAY + 480 + case.hours * 60) for day in days)
    bases = np.array([[0.72, 51.2], [1.25, 51.2], [0.35, 51.3]])[: case.parking]
    drives = [minutes_by_road(np.vstack([at, base]), speed_kmh=40, detour=1.4) for base in bases]
    vans = tuple(
        Vehicle(f"V{number}", f"Base {number % case.parking}", shifts, case.most, case.rest, 15, 15)
        for number in range(case.vans)
    )
    drive = tuple(drives[number % case.parking] for number in range(case.vans))
    return Problem(stops, vans, drive, {1: 1, 2: 2, 3: 2})


CASES = (
    (Case(30, 2), 0.02, 30),
    (Case(60, 3), 0.02, 180),
    (Case(100, 3), 0.02, 180),
    (Case(200, 5), 0.02, 600),
    (Case(60, 3, seed=2), 0.02, 180),
    (Case(60, 3, parking=3), 0.02, 180),
    (Case(60, 3, school=True, rest=30), 0.02, 180),
    (Case(60, 3, dwell=(120, 180), weekend=True), 0.02, 180),
    (Case(60, 3, dwell=(60,), most=5), 0.02, 600),
    (Case(40, 2, dwell=(45,), most=8), 0.05, 600),
)


PROVEN = CASES[:4]  # and once more to the optimum


def run() -> list[Measured]:
    """Plan every case to its gap; the first plan, which compiles, is not counted."""
    timetable(county(Case(5, 1)))
    near = [each for case, gap, limit in CASES for each in _measure(case, None, gap, limit)]
    best = [each for case, _, limit in PROVEN for each in _measure(case, 0.0, 0.0, limit)]
    return [*near, *best]


def _measure(case: Case, asked: float | None, gap: float, limit: float) -> list[Measured]:
    """Plan a case, to the gap that is the default where none is asked for."""
    problem = county(case)
    wall, work = time.perf_counter(), time.process_time()
    plan = timetable(problem) if asked is None else timetable(problem, gap=asked)
    wall, work = time.perf_counter() - wall, time.process_time() - work
    assert check_timetable(plan, problem) == []
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    detail = {
        "gain": plan.gain,
        "bound": plan.bound,
        "cpu": work,
        "peak MB": peak,
        "drive": plan.drive,
        "visits": sum(len(each) for each in plan.visits.values()),
        "served": len(plan.visits),
        "routes": plan.routes,
        "rounds": plan.rounds,
        "limit": plan.limit,
    }
    name = case.name if asked is None else f"{case.name}, best"
    return [
        Measured(f"{name}: gap", 100 * plan.gap, "%", AT_MOST, 100 * gap, detail),
        Measured(f"{name}: time", wall, "s", AT_MOST, limit, {"cpu": work}),
    ]
