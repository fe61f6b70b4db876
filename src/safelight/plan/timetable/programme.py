"""Turns a problem into arrays: calls, kinds of duty and offers."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from safelight.kernel.errors import Invalid
from safelight.plan.timetable.clock import DAY, merged, moment
from safelight.plan.timetable.master import Offers
from safelight.plan.timetable.problem import Problem, Stop, spaced
from safelight.plan.timetable.routes import Calls, Fleet, Floats, Ints, leave

BEST_GAIN = 1000.0  # gains are scaled so that the solver's tolerances mean the same everywhere


class Programme(NamedTuple):
    """A problem as arrays, and the way back."""

    calls: Calls
    dwell: Ints  # calls: minutes open
    fleet: Fleet
    vehicles: tuple[tuple[int, ...], ...]  # kinds: which vehicles are of the kind
    alike: Ints  # kinds: the first kind with the same routes, on whatever day
    offers: Offers  # stop by stop; gains scaled
    scale: float  # scaled gain of one unit of gain


def programme_of(problem: Problem) -> Programme:
    """Lay a problem out as arrays; raises Invalid for a stop that fits into no shift."""
    calls, dwell = _calls(problem)
    fleet, vehicles = _fleet(problem, dwell)
    able = _able(problem, calls, fleet)
    stop, days, gain = _offers(problem, calls, dwell, able)
    scale = BEST_GAIN / float(gain.max()) if gain.any() else 1.0
    alike = _alike(calls, fleet)
    offers = Offers(stop, days, gain * scale)
    return Programme(calls, dwell, fleet, vehicles, alike, offers, scale)


def _calls(problem: Problem) -> tuple[Calls, Ints]:
    pairs = [(at, dwell) for at, stop in enumerate(problem.stops) for dwell in set(stop.dwell)]
    pairs.sort()
    windows = [merged(stop.windows) for stop in problem.stops]
    return Calls(
        np.array([at for at, _ in pairs], np.int64),
        np.array([span for spans in windows for span in spans], np.int64),
        np.cumsum([0, *(len(spans) for spans in windows)]).astype(np.int64),
    ), np.array([dwell for _, dwell in pairs], np.int64)


def _fleet(problem: Problem, dwell: Ints) -> tuple[Fleet, tuple[tuple[int, ...], ...]]:
    """Sort the shifts into kinds: same day and hours, same times on the road and at a stop."""
    classes: dict[object, int] = {}
    first: list[int] = []
    kinds: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for at, vehicle in enumerate(problem.vehicles):
        key = (problem.drive[at].tobytes(), vehicle.set_up + vehicle.pack_up)
        which = classes.setdefault(key, len(classes))
        if which == len(first):
            first.append(at)
        for begin, end in vehicle.shifts:
            kind = (begin // DAY, which, begin, end, vehicle.rest, vehicle.most_stops)
            kinds[kind].append(at)
    order = sorted(kinds)
    day, of, start, end_, rest, most = (
        np.array(each, np.int64) for each in zip(*order, strict=True)
    )
    around = [problem.vehicles[at].set_up + problem.vehicles[at].pack_up for at in first]
    fleet = Fleet(
        np.array([problem.drive[at] for at in first], np.int64),
        dwell + np.array(around, np.int64)[:, None],
        of,
        day,
        start,
        end_,
        rest,
        most,
        np.array([len(kinds[each]) for each in order], np.int64),
    )
    return fleet, tuple(tuple(kinds[each]) for each in order)


def _able(problem: Problem, calls: Calls, fleet: Fleet) -> dict[int, set[int]]:
    """Return for each call the days on which some shift has the time for it alone."""
    able: dict[int, set[int]] = {}
    for call in range(len(calls.stop)):
        spare = [slack(calls, fleet, kind, call) for kind in range(len(fleet.day))]
        able[call] = {int(fleet.day[kind]) for kind, left in enumerate(spare) if left >= 0}
    for at, stop in enumerate(problem.stops):
        own = np.flatnonzero(calls.stop == at)
        if not any(able[int(call)] for call in own):
            raise _too_far(stop, calls, fleet, int(own[0]))
    return able


def slack(calls: Calls, fleet: Fleet, kind: int, call: int) -> int:
    """Return the minutes left of a shift that makes one call only; negative where it cannot."""
    drive, home = fleet.drive[fleet.of[kind]], fleet.drive.shape[1] - 1
    out, back = drive[home, calls.stop[call]], drive[calls.stop[call], home]
    start, rest = fleet.start[kind], fleet.rest[kind]
    over = min(
        leave(calls, fleet, kind, call, start + out) + rest,
        leave(calls, fleet, kind, call, start + rest + out),
    )
    return int(fleet.end[kind] - over - back)


def _too_far(stop: Stop, calls: Calls, fleet: Fleet, call: int) -> Invalid:
    """Say what one call takes and what the best shift has."""
    home, at = fleet.drive.shape[1] - 1, calls.stop[call]
    needed = [
        int(drive[home, at] + drive[at, home] + stay[call])
        for drive, stay in zip(fleet.drive, fleet.stay, strict=True)
    ]
    times = [
        (needed[of] + int(rest), int(end - start))
        for of, rest, start, end in zip(fleet.of, fleet.rest, fleet.start, fleet.end, strict=True)
    ]
    takes, has = max(times, key=lambda each: each[1] - each[0])
    if takes > has:
        return Invalid(
            "timetable-too-far",
            f"Stop {stop.id} ({stop.name}): driving there and back, set-up, the opening, pack-up "
            f"and the rest take {takes} minutes; the best shift for it has {has}.",
            "Lengthen a shift, shorten the opening, or leave the stop out.",
            stop=stop.id,
            minutes=takes - has,
        )
    spans = ", ".join(f"{moment(a)} to {moment(b)}" for a, b in stop.windows)
    return Invalid(
        "timetable-window",
        f"Stop {stop.id} ({stop.name}): no shift has the {takes} minutes for it within its hours "
        f"({spans}).",
        "Widen the hours of the stop, change a shift, or leave the stop out.",
        stop=stop.id,
        minutes=takes,
    )


def _offers(
    problem: Problem, calls: Calls, dwell: Ints, able: dict[int, set[int]]
) -> tuple[Ints, Ints, Floats]:
    rows: list[tuple[int, int, float]] = []
    for call, at in enumerate(calls.stop):
        stop = problem.stops[at]
        for visits in sorted(set(stop.visits)):
            gain = stop.gain(visits, int(dwell[call]))
            patterns = spaced(tuple(able[call]), visits, problem.apart.get(visits, 1))
            rows += [(call, sum(1 << day for day in days), gain) for days in patterns]
    offered = {int(calls.stop[call]) for call, _, _ in rows}
    for at, stop in enumerate(problem.stops):
        if at not in offered:
            raise Invalid(
                "timetable-visits",
                f"Stop {stop.id} ({stop.name}): no days fit any of {list(stop.visits)} visits a "
                "week with the days between them.",
                "Allow fewer visits, fewer days between them, or more working days.",
                stop=stop.id,
            )
    taken = [np.array(column) for column in zip(*rows, strict=True)]
    return taken[0].astype(np.int64), taken[1].astype(np.int64), taken[2].astype(float)


def _alike(calls: Calls, fleet: Fleet) -> Ints:
    """Return for each kind the first kind with the same routes: equal hours and open windows."""
    seen: dict[object, int] = {}
    found = []
    for kind in range(len(fleet.day)):
        start, length = fleet.start[kind], fleet.end[kind] - fleet.start[kind]
        windows = np.clip(calls.windows - start, 0, length)
        key = (fleet.of[kind], length, fleet.rest[kind], fleet.most[kind], windows.tobytes())
        found.append(seen.setdefault(key, kind))
    return np.array(found, np.int64)
