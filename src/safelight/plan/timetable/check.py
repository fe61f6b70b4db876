"""Checks a timetable against its problem, step by step, knowing nothing of how it was found."""

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from typing import NamedTuple

from safelight.plan.timetable.clock import DAY, WEEK, clock, merged, moment
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.result import Timetable, Tour, Visit

TOLERANCE = 1e-6  # relative, of gains


class Breach(NamedTuple):
    """One rule that a timetable breaks."""

    rule: str
    where: str
    words: str


def check_timetable(plan: Timetable, problem: Problem) -> list[Breach]:
    """Return every breach of the problem's rules and of the plan's own sums; none for a good plan.

    Rules: ``known``, ``shift``, ``drive``, ``rest``, ``set-up``, ``pack-up``, ``dwell``,
    ``window``, ``most-stops``, ``one-at-a-time``, ``visits``, ``apart``, ``gain``, ``bound`` and
    ``sum`` (of driving).
    """
    unknown = list(_unknown(plan, problem))
    if unknown:
        return unknown
    checks: tuple[Callable[[Timetable, Problem], Iterator[Breach]], ...] = (
        _tours,
        _one_at_a_time,
        _patterns,
        _sums,
    )
    return [breach for check in checks for breach in check(plan, problem)]


def _unknown(plan: Timetable, problem: Problem) -> Iterator[Breach]:
    vehicles, stops = {each.id for each in problem.vehicles}, {each.id for each in problem.stops}
    for tour in plan.tours:
        if tour.vehicle not in vehicles:
            yield Breach("known", tour.vehicle, "There is no such vehicle.")
        if not tour.visits:
            yield Breach("known", tour.vehicle, "A tour without a visit.")
        for visit in tour.visits:
            if visit.stop not in stops:
                yield Breach("known", visit.stop, "There is no such stop.")


def _tours(plan: Timetable, problem: Problem) -> Iterator[Breach]:
    used: set[tuple[str, tuple[int, int]]] = set()
    for tour in plan.tours:
        where = f"{tour.vehicle}, {moment(tour.depart)}"
        at = next(n for n, each in enumerate(problem.vehicles) if each.id == tour.vehicle)
        vehicle = problem.vehicles[at]
        shift = next((s for s in vehicle.shifts if s[0] <= tour.depart and tour.back <= s[1]), None)
        if shift is None:
            yield Breach("shift", where, f"Out until {moment(tour.back)}: within no shift.")
        elif (tour.vehicle, shift) in used:
            yield Breach("shift", where, "Two tours in one shift.")
        else:
            used.add((tour.vehicle, shift))
        if len(tour.visits) > vehicle.most_stops:
            words = f"{len(tour.visits)} stops; {vehicle.most_stops} at most."
            yield Breach("most-stops", where, words)
        yield from _road(tour, problem, at)
        for visit in tour.visits:
            stop = next(each for each in problem.stops if each.id == visit.stop)
            yield from _stay(visit, stop, vehicle)


def _road(tour: Tour, problem: Problem, at: int) -> Iterator[Breach]:
    """Check driving times and the rest, which lies on the way between two stays."""
    vehicle, drive = problem.vehicles[at], problem.drive[at]
    place = {stop.id: number for number, stop in enumerate(problem.stops)}
    home, driven, rests = len(problem.stops), 0, 0
    left, behind = tour.depart, home
    ends = [(visit.arrive, visit.leave, place[visit.stop]) for visit in tour.visits]
    for arrive, leave, here in [*ends, (tour.back, tour.back, home)]:
        where = f"{tour.vehicle}, {moment(arrive)}"
        resting = 0
        if tour.rest is not None and left <= tour.rest[0] and tour.rest[1] <= arrive:
            resting, rests = tour.rest[1] - tour.rest[0], rests + 1
        needed = int(drive[behind, here])
        if arrive - left - resting < needed:
            words = f"{arrive - left - resting} minutes for a drive of {needed}."
            yield Breach("drive", where, words)
        driven += needed
        left, behind = leave, here
    where = f"{tour.vehicle}, {moment(tour.depart)}"
    length = tour.rest[1] - tour.rest[0] if tour.rest else 0
    if length < vehicle.rest or (tour.rest and not rests):
        words = f"A rest of {length} minutes on the way; {vehicle.rest} are due."
        yield Breach("rest", where, words)
    if driven != tour.drive:
        yield Breach("sum", where, f"{tour.drive} minutes of driving said; the legs are {driven}.")


def _stay(visit: Visit, stop: Stop, vehicle: Vehicle) -> Iterator[Breach]:
    where = f"{visit.stop}, {moment(visit.open)}"
    for rule, minutes, due in (
        ("set-up", visit.open - visit.arrive, vehicle.set_up),
        ("pack-up", visit.leave - visit.close, vehicle.pack_up),
        ("dwell", visit.close - visit.open, visit.dwell),
    ):
        if minutes < due:
            yield Breach(rule, where, f"{minutes} minutes; {due} are due.")
    if visit.dwell not in stop.dwell:
        yield Breach("dwell", where, f"{visit.dwell} minutes; {stop.dwell} are the choices.")
    spans = merged(stop.windows)
    if not any(begin <= visit.arrive and visit.leave <= end for begin, end in spans):
        words = f"There from {clock(visit.arrive)} to {clock(visit.leave)}: outside its hours."
        yield Breach("window", where, words)


def _one_at_a_time(plan: Timetable, problem: Problem) -> Iterator[Breach]:  # noqa: ARG001
    for stop, visits in plan.visits.items():
        for one, other in combinations(visits, 2):
            for week in (-WEEK, 0, WEEK):
                if one.arrive < other.leave + week and other.arrive + week < one.leave:
                    where = f"{stop}, {moment(other.arrive)}"
                    yield Breach("one-at-a-time", where, "Two vehicles at a time.")


def _patterns(plan: Timetable, problem: Problem) -> Iterator[Breach]:
    """Check number, spacing and equal length of each stop's visits; a night counts as its eve."""
    days: dict[str, list[int]] = {}
    for tour in plan.tours:
        vehicle = next(each for each in problem.vehicles if each.id == tour.vehicle)
        eve = [begin for begin, end in vehicle.shifts if begin <= tour.depart < end]
        for visit in tour.visits:
            days.setdefault(visit.stop, []).append((eve or [tour.depart])[0] // DAY)
    for stop in problem.stops:
        found = sorted(days.get(stop.id, []))
        if not found:
            continue
        if len(found) not in stop.visits:
            words = f"{len(found)} visits a week; {stop.visits} are the choices."
            yield Breach("visits", stop.id, words)
        least = problem.apart.get(len(found), 1)
        if any(later - day < least for day, later in pairwise([*found, found[0] + 7])):
            yield Breach("apart", stop.id, f"Visits less than {least} days apart.")
        if len({visit.dwell for visit in plan.visits[stop.id]}) > 1:
            yield Breach("dwell", stop.id, "Visits of different lengths.")


def _sums(plan: Timetable, problem: Problem) -> Iterator[Breach]:
    visits = plan.visits
    counted = {
        stop.id: stop.gain(len(visits[stop.id]), visits[stop.id][0].dwell)
        for stop in problem.stops
        if stop.id in visits and (stop.gains is None or len(visits[stop.id]) in stop.gains)
    }
    gain = sum(counted.values())
    room = TOLERANCE * max(1.0, abs(gain))
    if abs(gain - plan.gain) > room:
        yield Breach("gain", "the week", f"{plan.gain} said; the visits are worth {gain}.")
    if plan.bound < gain - room:
        yield Breach("bound", "the week", f"A bound of {plan.bound} below a gain of {gain}.")
