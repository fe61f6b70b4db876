"""Which stops fit into one shift, in which order: exact searches over the orders of a day.

Times are whole minutes from Monday 00:00. A *call* is a stop with one of its lengths of stay. A
*kind* of duty is a class of equal vehicles on one day. The crew leaves the night parking place not
before ``start``, is back not after ``end``, and rests once for ``rest`` minutes, on the way to a
stop or on the way home. A stay is set-up, opening and pack-up, and all of it lies inside one of
the stop's windows. Driving times obey the triangle inequality (``travel.shortest``), so that
dropping a stop from a route always leaves a route.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.compiled import compiled

NEVER = 1 << 40
LONGEST = 12  # stops in one shift, at most

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Calls(NamedTuple):
    """What can be called at, and when each stop may be stood at."""

    stop: Ints  # calls: the stop of each
    windows: Ints  # windows × 2: from, to, ascending and apart within a stop
    first: Ints  # stops + 1: where each stop's windows begin


class Fleet(NamedTuple):
    """Duties by kind: equal vehicles on one day are interchangeable, so they are only counted."""

    drive: Ints  # classes × (stops + 1) × (stops + 1): minutes; the last is the parking place
    stay: Ints  # classes × calls: minutes from arrival to leaving
    of: Ints  # kinds: the class of vehicles
    day: Ints  # kinds: 0 is Monday
    start: Ints  # kinds
    end: Ints  # kinds
    rest: Ints  # kinds: minutes
    most: Ints  # kinds: stops in one shift
    number: Ints  # kinds: vehicles


@compiled
def leave(calls: Calls, fleet: Fleet, kind: int, call: int, at: int) -> int:
    """Return when a vehicle that could arrive at ``at`` has packed up; NEVER where it cannot."""
    stop, stay = calls.stop[call], fleet.stay[fleet.of[kind], call]
    for window in range(calls.first[stop], calls.first[stop + 1]):
        begin = max(at, calls.windows[window, 0])
        if begin + stay <= calls.windows[window, 1]:
            return int(begin + stay)
    return NEVER


@compiled
def advance(
    calls: Calls, fleet: Fleet, kind: int, place: int, fresh: int, rested: int, call: int
) -> tuple[int, int]:
    """Return when the next call is over: without a rest so far, and with the rest behind.

    ``fresh`` and ``rested`` are the same two times at ``place``. NEVER stands for impossible, also
    where the crew could not be home in time.
    """
    drive, home = fleet.drive[fleet.of[kind]], fleet.drive.shape[1] - 1
    way, rest = drive[place, calls.stop[call]], fleet.rest[kind]
    early = leave(calls, fleet, kind, call, fresh + way)
    late = leave(calls, fleet, kind, call, min(fresh + rest, rested) + way)
    back = drive[calls.stop[call], home]
    if min(early + rest, late) + back > fleet.end[kind]:
        return NEVER, NEVER
    return early, late


@compiled
def is_repeated(path: Ints, depth: int) -> bool:
    """Tell whether the last step of a path was taken before."""
    repeated = False
    for before in range(depth):
        repeated |= path[before] == path[depth]
    return repeated


@compiled
def best_order(calls: Calls, fleet: Fleet, kind: int, chosen: Ints) -> tuple[int, Ints]:
    """Return the least minutes of driving for exactly these calls, one or more, and their order.

    Tries every order, but gives up a beginning that is late or already drives too much. Returns
    NEVER where no order keeps the times.
    """
    size, drive, home = len(chosen), fleet.drive[fleet.of[kind]], fleet.drive.shape[1] - 1
    order, best, driven = np.full(size, -1, np.int64), chosen.copy(), np.zeros(size, np.int64)
    fresh, rested = np.full(size, NEVER, np.int64), np.full(size, NEVER, np.int64)
    fresh[0], rested[0] = fleet.start[kind], fleet.start[kind] + fleet.rest[kind]
    least, depth = NEVER, 0 if size <= fleet.most[kind] else -1
    while depth >= 0:
        order[depth] += 1
        if order[depth] == size:
            order[depth] = -1
            depth -= 1
            continue
        call = chosen[order[depth]]
        place = home if depth == 0 else calls.stop[chosen[order[depth - 1]]]
        way = driven[depth] + drive[place, calls.stop[call]]
        if way >= least or is_repeated(order, depth):
            continue
        early, late = advance(calls, fleet, kind, place, fresh[depth], rested[depth], call)
        if late < NEVER and depth < size - 1:
            depth += 1
            fresh[depth], rested[depth], driven[depth] = early, late, way
        elif late < NEVER and way + drive[calls.stop[call], home] < least:
            least = way + drive[calls.stop[call], home]
            best = chosen[order]
    return least, best
