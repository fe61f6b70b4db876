"""Timetables of tiny counties: as good as trying everything, and never worse for having more."""

from itertools import chain, permutations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.plan.timetable.check import check_timetable
from safelight.plan.timetable.clock import DAY, merged
from safelight.plan.timetable.problem import Problem, Stop, Vehicle, spaced
from safelight.plan.timetable.result import Timetable
from safelight.plan.timetable.solve import Effort, timetable
from safelight.plan.timetable.travel import shortest

LITTLE = Effort(rounds=20)
HOUR = 60
Call = tuple[int, int]  # stop, minutes open

lengths = st.sampled_from([(60,), (90,), (60, 120)])
weights = st.integers(1, 50).map(float)
# Wide enough that every stop can be reached by every shift that is drawn below.
hours = st.sampled_from(
    [
        (),
        tuple((day * DAY, day * DAY + 13 * HOUR) for day in range(7)),
        tuple((day * DAY + 11 * HOUR, day * DAY + 20 * HOUR) for day in range(7)),
    ]
)


@st.composite
def stops(draw: st.DrawFn, number: int) -> Stop:
    return Stop(
        f"S{number}",
        f"Stop {number}",
        draw(weights),
        draw(st.sampled_from([0.2, 0.5, 0.9])),
        draw(lengths),
        draw(st.sampled_from([(1,), (1, 2), (2,)])),
        draw(hours),
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    size = draw(st.integers(1, 4))
    days = draw(st.sampled_from([(0, 2), (0, 1, 3), (0, 2, 4)]))
    some = tuple(draw(stops(number)) for number in range(size))
    minutes = draw(st.lists(st.integers(0, 50), min_size=(size + 1) ** 2, max_size=(size + 1) ** 2))
    drive = shortest(np.array(minutes).reshape(size + 1, size + 1))
    vans = []
    for number in range(draw(st.integers(1, 2))):
        begin = draw(st.sampled_from([9, 10])) * HOUR
        end = begin + draw(st.integers(5, 7)) * HOUR
        shifts = tuple((day * DAY + begin, day * DAY + end) for day in days)
        rest = draw(st.sampled_from([0, 30]))
        vans.append(Vehicle(f"V{number}", "Base", shifts, draw(st.integers(1, 3)), rest, 5, 5))
    return Problem(some, tuple(vans), (drive,) * len(vans), {2: draw(st.sampled_from([1, 2]))})


def can_make(problem: Problem, van: int, shift: tuple[int, int], calls: tuple[Call, ...]) -> bool:
    """Try every order and every place for the rest."""
    vehicle, home = problem.vehicles[van], len(problem.stops)
    if len(calls) > vehicle.most_stops:
        return False
    for order, resting in product(permutations(calls), range(len(calls) + 1)):
        now, place = shift[0], home
        for at, (stop, dwell) in enumerate(order):
            now += vehicle.rest if at == resting else 0
            now += int(problem.drive[van][place, stop])
            stay = vehicle.set_up + dwell + vehicle.pack_up
            spans = merged(problem.stops[stop].windows)
            begins = [max(now, a) for a, b in spans if max(now, a) + stay <= b]
            now, place = (begins[0] + stay if begins else 10**9), stop
        now += vehicle.rest if resting == len(order) else 0
        if now + problem.drive[van][place, home] <= shift[1]:
            return True
    return False


def can_share_out(problem: Problem, day: int, calls: tuple[Call, ...]) -> bool:
    """Try every way of giving a day's calls to that day's shifts."""
    shifts = [
        (van, shift)
        for van, vehicle in enumerate(problem.vehicles)
        for shift in vehicle.shifts
        if shift[0] // DAY == day
    ]
    return any(
        all(
            can_make(
                problem, van, shift, tuple(c for c, to in zip(calls, given, strict=True) if to == n)
            )
            for n, (van, shift) in enumerate(shifts)
        )
        for given in product(range(len(shifts)), repeat=len(calls))
    )


def best_by_trying(problem: Problem) -> float:
    """Return the highest gain of all combinations of visits that can be driven."""
    days = sorted({shift[0] // DAY for vehicle in problem.vehicles for shift in vehicle.shifts})
    offers = [
        [
            ((), 0, 0.0),
            *(
                (pattern, dwell, stop.gain(visits, dwell))
                for dwell in stop.dwell
                for visits in stop.visits
                for pattern in spaced(tuple(days), visits, problem.apart.get(visits, 1))
            ),
        ]
        for stop in problem.stops
    ]
    plans = sorted(product(*offers), key=lambda plan: -sum(offer[2] for offer in plan))
    known: dict[tuple[int, tuple[Call, ...]], bool] = {}
    for plan in plans:
        made = [
            (day, tuple((at, offer[1]) for at, offer in enumerate(plan) if day in offer[0]))
            for day in days
        ]
        for each in made:
            if each not in known:
                known[each] = can_share_out(problem, *each)
        if all(known[each] for each in made):
            return float(sum(offer[2] for offer in plan))
    raise AssertionError


def planned(problem: Problem) -> Timetable:
    plan = timetable(problem, gap=0.0, effort=LITTLE)
    assert check_timetable(plan, problem) == []
    return plan


def timeless(plan: Timetable) -> Timetable:
    return plan._replace(seconds=0.0)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_week_is_as_good_as_the_best_of_all_weeks(problem: Problem) -> None:
    plan = planned(problem)
    best = best_by_trying(problem)
    assert abs(plan.gain - best) <= 1e-6 * best
    assert abs(plan.bound - best) <= 1e-6 * best


@settings(max_examples=20, deadline=None)
@given(problems())
def test_one_more_van_never_lowers_the_gain(problem: Problem) -> None:
    more = problem._replace(
        vehicles=(*problem.vehicles, problem.vehicles[0]._replace(id="more")),
        drive=(*problem.drive, problem.drive[0]),
    )
    assert planned(more).gain >= planned(problem).gain - 1e-6


@settings(max_examples=20, deadline=None)
@given(problems())
def test_one_more_hour_never_lowers_the_gain(problem: Problem) -> None:
    first = problem.vehicles[0]
    longer = first._replace(shifts=tuple((begin, end + HOUR) for begin, end in first.shifts))
    more = problem._replace(vehicles=(longer, *problem.vehicles[1:]))
    assert planned(more).gain >= planned(problem).gain - 1e-6


@settings(max_examples=20, deadline=None)
@given(problems(), stops(9))
def test_one_more_stop_never_lowers_the_gain(problem: Problem, stop: Stop) -> None:
    size = len(problem.stops)
    old = [*range(size), size + 1]
    drive = np.full((size + 2, size + 2), 50, np.int64)
    drives = []
    for each in problem.drive:
        wider = drive.copy()
        wider[np.ix_(old, old)] = each
        drives.append(wider * (1 - np.eye(size + 2, dtype=np.int64)))
    more = problem._replace(stops=(*problem.stops, stop), drive=tuple(map(shortest, drives)))
    assert planned(more).gain >= planned(problem).gain - 1e-6


@settings(max_examples=10, deadline=None)
@given(problems(), st.integers(0, 5))
def test_same_seed_gives_the_same_week(problem: Problem, seed: int) -> None:
    plans = [timetable(problem, seed=seed, effort=LITTLE) for _ in range(2)]
    assert timeless(plans[0]) == timeless(plans[1])


@settings(max_examples=20, deadline=None)
@given(problems())
def test_stretched_week_is_worth_the_same_and_breaks_nothing(problem: Problem) -> None:
    plan = timetable(problem, gap=0.0, effort=LITTLE)
    longer = timetable(problem, gap=0.0, effort=LITTLE, stretch=True)
    assert check_timetable(longer, problem) == []
    assert longer.gain == plan.gain
    pairs = zip(
        *(chain.from_iterable(t.visits for t in p.tours) for p in (plan, longer)), strict=True
    )
    assert all(b.close - b.open >= a.close - a.open for a, b in pairs)
