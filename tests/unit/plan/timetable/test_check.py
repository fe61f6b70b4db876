"""``check_timetable`` finds each kind of breach; a good week has none."""

from typing import Any

import numpy as np
import pytest

from safelight.plan.timetable.check import check_timetable
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.result import Timetable, Tour, Visit

MONDAY, WEDNESDAY = 0, 2 * 1440
SHIFTS = ((MONDAY + 540, MONDAY + 1020), (WEDNESDAY + 540, WEDNESDAY + 1020))
SCHOOL = ((MONDAY, MONDAY + 900), (WEDNESDAY, WEDNESDAY + 900))  # until 15:00
DRIVE = np.array([[0, 20, 30], [20, 0, 40], [30, 40, 0]])
PROBLEM = Problem(
    (
        Stop("A", "Quay", 10.0, 0.5, (60, 90), (1, 2)),
        Stop("B", "Mill", 8.0, 0.5, (60,), (1,), SCHOOL),
    ),
    (
        Vehicle("V", "Depot", SHIFTS, 2, rest=30, set_up=10, pack_up=5),
        Vehicle("W", "Depot", SHIFTS, 2, rest=30, set_up=10, pack_up=5),
    ),
    (DRIVE, DRIVE),
    {2: 2},
)
# Depot 09:00, A 09:30 to 10:45, rest, B 11:35 to 12:50, depot 13:30.
QUAY = Visit("A", 570, 580, 640, 645, 60, 30)
MILL = Visit("B", 695, 705, 765, 770, 60, 20)
FIRST = Tour("V", 540, (QUAY, MILL), (645, 675), 810, 90)
LATER = Visit("A", WEDNESDAY + 570, WEDNESDAY + 580, WEDNESDAY + 640, WEDNESDAY + 645, 60, 30)
SECOND = Tour(
    "V", WEDNESDAY + 540, (LATER,), (WEDNESDAY + 645, WEDNESDAY + 675), WEDNESDAY + 705, 60
)
GOOD = Timetable((FIRST, SECOND), 7.5 + 4.0, 12.0, 0.0, 1, 1)


def with_first(**changes: Any) -> Timetable:  # noqa: ANN401 - any field
    return GOOD._replace(tours=(FIRST._replace(**changes), SECOND))


def with_quay(**changes: Any) -> Timetable:  # noqa: ANN401 - any field
    return with_first(visits=(QUAY._replace(**changes), MILL))


def test_good_week_has_no_breach() -> None:
    assert check_timetable(GOOD, PROBLEM) == []


BAD: dict[str, tuple[str, Timetable, Problem]] = {
    "unknown vehicle": ("known", with_first(vehicle="X"), PROBLEM),
    "unknown stop": ("known", with_quay(stop="X"), PROBLEM),
    "tour without a visit": ("known", with_first(visits=()), PROBLEM),
    "out before the shift": ("shift", with_first(depart=530), PROBLEM),
    "back after the shift": ("shift", with_first(back=1030), PROBLEM),
    "two tours in a shift": ("shift", GOOD._replace(tours=(FIRST, FIRST, SECOND)), PROBLEM),
    "too fast": ("drive", with_quay(arrive=565, open=575), PROBLEM),
    "home too fast": ("drive", with_first(back=800), PROBLEM),
    "no rest": ("rest", with_first(rest=None), PROBLEM),
    "short rest": ("rest", with_first(rest=(645, 670)), PROBLEM),
    "rest during a stay": ("rest", with_first(rest=(600, 630)), PROBLEM),
    "no time to set up": ("set-up", with_quay(open=575), PROBLEM),
    "no time to pack up": ("pack-up", with_quay(close=643), PROBLEM),
    "open too short": ("dwell", with_quay(close=630), PROBLEM),
    "length that is no choice": ("dwell", with_quay(dwell=45), PROBLEM),
    "different lengths": ("dwell", with_quay(dwell=90), PROBLEM),
    "school hours": (
        "window",
        GOOD,
        PROBLEM._replace(stops=(PROBLEM.stops[0], PROBLEM.stops[1]._replace(windows=((0, 760),)))),
    ),
    "too many stops": (
        "most-stops",
        GOOD,
        PROBLEM._replace(vehicles=tuple(v._replace(most_stops=1) for v in PROBLEM.vehicles)),
    ),
    "two vehicles at once": (
        "one-at-a-time",
        GOOD._replace(tours=(FIRST, FIRST._replace(vehicle="W"), SECOND)),
        PROBLEM,
    ),
    "too many visits": (
        "visits",
        GOOD,
        PROBLEM._replace(stops=(PROBLEM.stops[0]._replace(visits=(1,)), PROBLEM.stops[1])),
    ),
    "days too near": ("apart", GOOD, PROBLEM._replace(apart={2: 3})),
    "gain overstated": ("gain", GOOD._replace(gain=11.9), PROBLEM),
    "bound below the gain": ("bound", GOOD._replace(bound=11.0), PROBLEM),
    "driving understated": ("sum", with_first(drive=80), PROBLEM),
}


@pytest.mark.parametrize(("rule", "plan", "problem"), BAD.values(), ids=list(BAD))
def test_breach_is_found(rule: str, plan: Timetable, problem: Problem) -> None:
    assert rule in {breach.rule for breach in check_timetable(plan, problem)}


def test_night_over_sunday_meets_monday_morning() -> None:
    """The week recurs: Sunday's crew may not stand where Monday's first crew stands."""
    sunday = 6 * 1440
    shifts = ((0, 400), (sunday + 1200, sunday + 1620))
    tours = (
        Tour("V", 30, (Visit("A", 60, 70, 130, 135, 60, 30),), (0, 30), 165, 60),
        Tour(
            "W",
            sunday + 1440,
            (Visit("A", sunday + 1500, sunday + 1510, sunday + 1570, sunday + 1575, 60, 30),),
            (sunday + 1440, sunday + 1470),
            sunday + 1605,
            60,
        ),
    )
    vehicles = tuple(v._replace(shifts=shifts) for v in PROBLEM.vehicles)
    plan = GOOD._replace(tours=tours)
    found = check_timetable(plan, PROBLEM._replace(vehicles=vehicles, apart={}))
    assert "one-at-a-time" in {breach.rule for breach in found}
