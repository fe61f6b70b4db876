"""A timetable in rows, as a value for JSON, and as text to read."""

from typing import Any

from safelight.plan.timetable.clock import NAMES, clock, moment
from safelight.plan.timetable.problem import Problem
from safelight.plan.timetable.result import Timetable, Tour

COLUMNS = (
    "vehicle", "day", "depart", "order", "stop", "name", "arrive", "open", "close", "leave",
    "drive_minutes", "rest", "back",
)  # fmt: skip


def as_rows(plan: Timetable, problem: Problem) -> list[dict[str, object]]:
    """Return one row for each visit, with its tour's departure, rest and return; local times."""
    names = {stop.id: stop.name for stop in problem.stops}
    rows: list[dict[str, object]] = []
    for tour in plan.tours:
        head = {
            "vehicle": tour.vehicle,
            "day": NAMES[tour.depart // 1440 % 7],
            "depart": moment(tour.depart),
            "rest": _rest(tour),
            "back": moment(tour.back),
        }
        for order, visit in enumerate(tour.visits, 1):
            times = {
                key: moment(getattr(visit, key)) for key in ("arrive", "open", "close", "leave")
            }
            place = {"stop": visit.stop, "name": names[visit.stop]}
            rows.append({**head, "order": order, **place, **times, "drive_minutes": visit.drive})
    return [{column: row[column] for column in COLUMNS} for row in rows]


def as_value(plan: Timetable, problem: Problem) -> dict[str, Any]:
    """Return everything for JSON: gain and proof, tours, and the visits of every stop."""
    return {
        "gain": plan.gain,
        "bound": plan.bound,
        "gap": plan.gap,
        "seconds": plan.seconds,
        "limit": plan.limit,
        "drive_minutes": plan.drive,
        "visits": sum(len(each) for each in plan.visits.values()),
        "stops_served": len(plan.visits),
        "open_minutes": _open_minutes(plan),
        "tours": [_tour(tour) for tour in plan.tours],
        "stops": [
            {
                "stop": stop.id,
                "name": stop.name,
                "visits": [moment(visit.open) for visit in plan.visits.get(stop.id, [])],
                "gain": _gain(plan, problem, at),
            }
            for at, stop in enumerate(problem.stops)
        ],
    }


def as_text(plan: Timetable, problem: Problem) -> str:
    """Return the week to read: tours by vehicle, then what it is worth and how sure that is."""
    names = {stop.id: stop.name for stop in problem.stops}
    lines = []
    for vehicle in problem.vehicles:
        lines.append(f"{vehicle.id} (parked at {vehicle.parking})")
        own = [tour for tour in plan.tours if tour.vehicle == vehicle.id]
        for tour in own:
            lines.append(f"  {moment(tour.depart)}  sets off; {tour.drive} min of driving")
            lines += [
                f"      {clock(v.open)}–{clock(v.close)}  {names[v.stop]} ({v.stop})"
                for v in tour.visits
            ]
            rest = _rest(tour)
            lines.append(f"      {clock(tour.back)}  back" + (f"; rest {rest}" if rest else ""))
        if not own:
            lines.append("  is not needed")
    served, visits = len(plan.visits), sum(len(each) for each in plan.visits.values())
    lines += [
        (
            f"{served} of {len(problem.stops)} stops, {visits} visits, "
            f"{_open_minutes(plan) / 60:.0f} hours open, {plan.drive / 60:.1f} hours of driving."
        ),
        (
            f"Gain {plan.gain:.6g}; no week is worth more than {plan.bound:.6g} "
            f"(gap {plan.gap:.2%}); {plan.seconds:.1f} s."
        ),
    ]
    if plan.limit:
        lines.append(f"The search ended before the gap was reached: {plan.limit}.")
    return "\n".join(lines)


def _rest(tour: Tour) -> str:
    return "–".join(clock(each) for each in tour.rest) if tour.rest else ""


def _open_minutes(plan: Timetable) -> int:
    return sum(visit.close - visit.open for tour in plan.tours for visit in tour.visits)


def _gain(plan: Timetable, problem: Problem, at: int) -> float:
    stop = problem.stops[at]
    visits = plan.visits.get(stop.id, [])
    return stop.gain(len(visits), visits[0].dwell) if visits else 0.0


def _tour(tour: Tour) -> dict[str, Any]:
    return {
        "vehicle": tour.vehicle,
        "depart": moment(tour.depart),
        "visits": [
            {
                "stop": visit.stop,
                "arrive": moment(visit.arrive),
                "open": moment(visit.open),
                "close": moment(visit.close),
                "leave": moment(visit.leave),
                "drive_minutes": visit.drive,
            }
            for visit in tour.visits
        ],
        "rest": _rest(tour) or None,
        "back": moment(tour.back),
        "drive_minutes": tour.drive,
    }
