"""Refuses a problem that makes no sense, in words that say what to change."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import isfinite

from safelight.kernel.errors import Invalid
from safelight.plan.timetable.clock import DAY, NAMES, WEEK, moment
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.routes import LONGEST


def refuse_nonsense(problem: Problem) -> None:
    """Raise Invalid for the first thing that is wrong with a problem, naming it and the remedy."""
    if not problem.vehicles:
        raise Invalid(
            "timetable-vehicles",
            "There is no vehicle.",
            "Give a row for each, or in TOML a [[vehicles]] table.",
        )
    if not problem.stops:
        raise Invalid("timetable-stops", "There is no stop.", "Give one stop or more.")
    _refuse_twice("stop", [stop.id for stop in problem.stops])
    _refuse_twice("vehicle", [vehicle.id for vehicle in problem.vehicles])
    for stop in problem.stops:
        _refuse_first(_wrong_with_stop(stop), "timetable-stop", f"Stop {stop.id}", stop=stop.id)
    for vehicle in problem.vehicles:
        _refuse_first(
            _wrong_with_vehicle(vehicle),
            "timetable-vehicle",
            f"Vehicle {vehicle.id}",
            vehicle=vehicle.id,
        )
    _refuse_overlapping_days(problem.vehicles)
    _refuse_drive(problem)


def _refuse_twice(what: str, ids: list[str]) -> None:
    for each in ids:
        if ids.count(each) > 1:
            raise Invalid(
                f"timetable-{what}", f"There are two {what}s '{each}'.", "Give each its own id."
            )


def _refuse_first(
    wrongs: Iterable[tuple[str, str]], rule: str, subject: str, **values: object
) -> None:
    for what, remedy in wrongs:
        raise Invalid(rule, f"{subject}: {what}.", remedy, **values)


def _wrong_with_stop(stop: Stop) -> Iterator[tuple[str, str]]:
    if not (isfinite(stop.weight) and stop.weight >= 0):
        yield f"weight {stop.weight}", "A weight is 0 or more."
    if not 0 <= stop.reach <= 1:
        yield f"reach {stop.reach}", "The share reached by one visit is between 0 and 1."
    if not stop.dwell or min(stop.dwell) <= 0:
        yield f"dwell {list(stop.dwell)} minutes", "Give one length of opening above 0, or several."
    if not stop.visits or not all(1 <= number <= len(NAMES) for number in stop.visits):
        yield f"visits {list(stop.visits)}", "Give numbers of visits a week from 1 to 7."
    for begin, end in stop.windows:
        if not (0 <= begin < WEEK and begin < end <= begin + WEEK):
            yield f"window from minute {begin} to {end}", "A window begins in the week, then ends."
    yield from _wrong_with_gains(stop)


def _wrong_with_gains(stop: Stop) -> Iterator[tuple[str, str]]:
    if stop.gains is None:
        return
    if set(stop.visits) - set(stop.gains):
        yield f"no gain for {set(stop.visits) - set(stop.gains)} visits", "Give one for each."
    if not all(isfinite(gain) and gain >= 0 for gain in stop.gains.values()):
        yield f"gains {list(stop.gains.values())}", "A gain is 0 or more."
    if len(stop.dwell) > 1:
        yield "gains for several lengths of opening", "Give weight and reach, or one length."


def _wrong_with_vehicle(vehicle: Vehicle) -> Iterator[tuple[str, str]]:
    if not vehicle.shifts:
        yield "it works on no day", "Give one day or more."
    if not 1 <= vehicle.most_stops <= LONGEST:
        yield f"{vehicle.most_stops} stops in a shift", f"Give a number from 1 to {LONGEST}."
    for what, minutes in vehicle._asdict().items():
        if what in {"rest", "set_up", "pack_up"} and minutes < 0:
            yield f"{what} {minutes} minutes", "Give 0 or more."
    for begin, end in vehicle.shifts:
        if not (0 <= begin < WEEK and begin < end <= begin + DAY):
            yield (
                f"shift from minute {begin} to {end}",
                "A shift begins in the week and lasts at most 24 hours.",
            )
    around = [*sorted(vehicle.shifts), *((a + WEEK, b + WEEK) for a, b in vehicle.shifts)]
    for (begin, end), (later, _) in pairwise(sorted(around)):
        if later < end:
            yield (
                (
                    f"the shift from {moment(begin)} to {moment(end)} is not over when that from "
                    f"{moment(later)} begins"
                ),
                "One vehicle has one crew at a time.",
            )


def _refuse_overlapping_days(vehicles: tuple[Vehicle, ...]) -> None:
    """Hold the days apart: then one visit a day means one vehicle at a time."""
    shifts = [(begin, end, vehicle.id) for vehicle in vehicles for begin, end in vehicle.shifts]
    for begin, end, first in shifts:
        for start, _, second in shifts:
            later = start + WEEK if begin // DAY == WEEK // DAY - 1 and start < DAY else start
            if later // DAY == begin // DAY + 1 and later < end:
                raise Invalid(
                    "timetable-days",
                    f"{first}'s shift from {moment(begin)} to {moment(end)} is not over when "
                    f"{second}'s of the next day begins at {moment(later)}.",
                    "End the one earlier or begin the other later, so that days do not overlap.",
                    vehicles=f"{first}, {second}",
                )


def _refuse_drive(problem: Problem) -> None:
    size = len(problem.stops) + 1
    for vehicle, drive in zip(problem.vehicles, problem.drive, strict=False):
        if drive.shape != (size, size) or drive.min() < 0:
            raise Invalid(
                "timetable-drive",
                f"The driving times of {vehicle.id} have the shape {drive.shape}, or negative "
                "minutes.",
                f"Give {size} × {size} times of 0 or more, the parking place last.",
            )
        if any((drive > drive[:, [through]] + drive[through]).any() for through in range(size)):
            raise Invalid(
                "timetable-drive",
                f"Some driving times of {vehicle.id} are longer than by way of a third place.",
                "Pass them through travel.shortest first.",
            )
    if len(problem.drive) != len(problem.vehicles):
        raise Invalid(
            "timetable-drive",
            f"{len(problem.drive)} matrices of driving times for {len(problem.vehicles)} vehicles.",
            "Give one for each vehicle.",
        )
