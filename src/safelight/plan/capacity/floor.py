"""The floor itself: who waits for what, who starts when, event by event, in compiled loops.

Rules. Each kind of place (booth, smoking seat) has its own queue, first come first served. Where
staff are the limit, whoever has asked longest goes first, of those for whom a place is free. A
place is cleaned after each use and is free again when that is done. After the last episode of a
visit the person moves to an aftercare chair; while all are taken they stay where they are, and
keep the place and the staff. People in places count for staff, people in chairs do not, as on the
floor of a running service. At closing the queue is sent home and whoever is in a place finishes.

All loops stand in one file, for numba's sake: see ``draws``.
"""

from typing import NamedTuple

import numpy as np

from safelight.plan.capacity.draws import (
    AFTERCARE,
    CLEANING,
    CLOSING,
    IS_LAST,
    KIND,
    MINUTES,
    NO_PLACE,
    PATIENCE,
    Floats,
    Integers,
    Marks,
    Traits,
    Visits,
)
from safelight.plan.compiled import compiled

# What became of a request for a place.
NEVER_ASKED, SERVED, BALKED, RENEGED, TOO_LATE, CLOSED = -1, 0, 1, 2, 3, 4

# The columns of a trace.
ASKED, START, LEFT = range(3)
PLACE, SEATED, OUTCOME = range(3)

KINDS = 2
UNLIMITED, ENOUGH = 1 << 40, 1 << 39  # a count that never runs out, and how to tell

# What an event is about: the episode ends, the place is clean, the chair is free.
END, READY, CHAIR = 0, 1, 2
TYPE_BITS, TYPE_MASK = 2, 3

# Where each count of the floor stands in its array of counts.
EVENTS, IN_USE, STAFFED, FREE_CHAIRS, BLOCKED_HEAD, BLOCKED_TAIL, SHY_AT = range(7)
FREE, HEAD, TAIL, COUNTS = 7, 9, 11, 13  # the first three by kind of place

# The rows of the lines of people and things: queues and free places by kind of place.
QUEUE, FREE_PLACES, CHAIRS, BLOCKED, LINES = 0, 2, 4, 5, 6


class Places(NamedTuple):
    """What the floor has."""

    booths: int
    seats: int
    chairs: int  # UNLIMITED where they are no limit
    staffed: int  # people in places whom the staff can supervise at once
    longest_queue: int  # at sight of a longer one some leave


class Trace(NamedTuple):
    """What became of every request for a place, in the order of ``Visits``."""

    times: Floats  # requests × ASKED, START, LEFT in minutes; nan where there was none
    marks: Marks  # requests × PLACE, SEATED, OUTCOME; a place or chair of -1 is none


@compiled
def push(count: Integers, heap: Floats, time: float, what: int) -> None:
    """Put an event into the heap, whose rows are time and what happens."""
    at = count[EVENTS]
    count[EVENTS] = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if heap[above, 0] <= time:
            break
        heap[at, 0], heap[at, 1] = heap[above, 0], heap[above, 1]
        at = above
    heap[at, 0], heap[at, 1] = time, what


@compiled
def pop(count: Integers, heap: Floats) -> int:
    """Take the earliest event out of the heap and return what it is."""
    size = count[EVENTS] - 1
    count[EVENTS] = size
    first, time, what = heap[0, 1], heap[size, 0], heap[size, 1]
    at, below = 0, 1
    while below < size:
        if below + 1 < size:
            below += heap[below + 1, 0] < heap[below, 0]
        if heap[below, 0] >= time:
            break
        heap[at, 0], heap[at, 1] = heap[below, 0], heap[below, 1]
        at, below = below, 2 * below + 1
    heap[at, 0], heap[at, 1] = time, what
    return int(first)


@compiled
def begin(
    q: int,
    time: float,
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    traits: Traits,
    times: Floats,
    marks: Marks,
) -> None:
    """Let a request have a place that is free."""
    kind = traits[q, KIND]
    count[FREE + kind] -= 1
    marks[q, PLACE] = lines[FREE_PLACES + kind, count[FREE + kind]]
    marks[q, OUTCOME] = SERVED
    times[q, START] = time
    count[IN_USE] += 1
    push(count, heap, time + needs[q, MINUTES], (q << TYPE_BITS) + END)


@compiled
def free_place(
    q: int,
    count: Integers,
    lines: Integers,
    traits: Traits,
    marks: Marks,
) -> None:
    """Put a place back among the free ones."""
    kind = traits[q, KIND]
    lines[FREE_PLACES + kind, count[FREE + kind]] = marks[q, PLACE]
    count[FREE + kind] += 1


@compiled
def leave_place(
    q: int,
    time: float,
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    traits: Traits,
    times: Floats,
    marks: Marks,
) -> None:
    """Let a person get up; the place is cleaned, or free at once where that takes no time."""
    times[q, LEFT] = time
    count[IN_USE] -= 1
    if needs[q, CLEANING] > 0.0:
        push(count, heap, time + needs[q, CLEANING], (q << TYPE_BITS) + READY)
    else:
        free_place(q, count, lines, traits, marks)


@compiled
def first_waiting(
    kind: int,
    time: float,
    count: Integers,
    lines: Integers,
    needs: Floats,
    times: Floats,
    marks: Marks,
) -> int:
    """Return who is first in a queue, after those who have left it; -1 for nobody."""
    while count[HEAD + kind] < count[TAIL + kind]:
        q = lines[QUEUE + kind, count[HEAD + kind]]
        left, closing = times[q, LEFT], needs[q, CLOSING]
        # Patience ends just after its last moment, so that who never waits takes a free place.
        if left > time or (left == time and time < closing):
            return int(q)
        gave_up = times[q, ASKED] + needs[q, PATIENCE] < closing
        marks[q, OUTCOME] = RENEGED if gave_up else CLOSED
        count[HEAD + kind] += 1
    return -1


@compiled
def serve(
    time: float,
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    traits: Traits,
    times: Floats,
    marks: Marks,
) -> None:
    """Let all begin who can: longest wait first among those with a free place."""
    while count[IN_USE] < count[STAFFED]:
        chosen = -1
        for kind in range(KINDS):
            if count[FREE + kind] > 0:
                q = first_waiting(kind, time, count, lines, needs, times, marks)
                if q >= 0 and (chosen < 0 or times[q, ASKED] < times[chosen, ASKED]):
                    chosen = q
        if chosen < 0:
            return
        count[HEAD + traits[chosen, KIND]] += 1
        begin(chosen, time, count, heap, lines, needs, traits, times, marks)


@compiled
def ask(
    q: int,
    time: float,
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    traits: Traits,
    times: Floats,
    marks: Marks,
) -> None:
    """Let a person ask for a place: they begin at once or join the queue."""
    kind = traits[q, KIND]
    times[q, ASKED] = time
    times[q, LEFT] = min(time + needs[q, PATIENCE], needs[q, CLOSING])
    lines[QUEUE + kind, count[TAIL + kind]] = q
    count[TAIL + kind] += 1
    serve(time, count, heap, lines, needs, traits, times, marks)


@compiled
def is_long(
    kind: int,
    time: float,
    count: Integers,
    lines: Integers,
    times: Floats,
) -> bool:
    """Tell whether more people wait than some put up with."""
    if count[TAIL + kind] - count[HEAD + kind] <= count[SHY_AT]:
        return False
    waiting = 0
    for at in range(count[HEAD + kind], count[TAIL + kind]):
        waiting += times[lines[QUEUE + kind, at], LEFT] > time
    return bool(waiting > count[SHY_AT])


@compiled
def sit_down(
    q: int,
    time: float,
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    marks: Marks,
) -> None:
    """Let somebody have an aftercare chair that is free."""
    count[FREE_CHAIRS] -= 1
    marks[q, SEATED] = lines[CHAIRS, count[FREE_CHAIRS]]
    push(count, heap, time + needs[q, AFTERCARE], (q << TYPE_BITS) + CHAIR)


@compiled
def finish(
    q: int,
    time: float,
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    traits: Traits,
    times: Floats,
    marks: Marks,
) -> None:
    """Let an episode end: another one, a chair, the wait for a chair, or the way out."""
    if traits[q, IS_LAST] == 0:
        leave_place(q, time, count, heap, lines, needs, traits, times, marks)
        ask(q + 1, time, count, heap, lines, needs, traits, times, marks)
    elif needs[q, AFTERCARE] == 0.0 or count[FREE_CHAIRS] >= ENOUGH:
        leave_place(q, time, count, heap, lines, needs, traits, times, marks)
    elif count[FREE_CHAIRS] > 0:
        sit_down(q, time, count, heap, lines, needs, marks)
        leave_place(q, time, count, heap, lines, needs, traits, times, marks)
    else:
        lines[BLOCKED, count[BLOCKED_TAIL]] = q
        count[BLOCKED_TAIL] += 1


@compiled
def stand_up(
    q: int,
    time: float,
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    traits: Traits,
    times: Floats,
    marks: Marks,
) -> None:
    """Let a chair become free, for whoever has waited for one longest."""
    lines[CHAIRS, count[FREE_CHAIRS]] = marks[q, SEATED]
    count[FREE_CHAIRS] += 1
    if count[BLOCKED_HEAD] < count[BLOCKED_TAIL]:
        following = lines[BLOCKED, count[BLOCKED_HEAD]]
        count[BLOCKED_HEAD] += 1
        sit_down(following, time, count, heap, lines, needs, marks)
        leave_place(following, time, count, heap, lines, needs, traits, times, marks)


@compiled
def happen(
    count: Integers,
    heap: Floats,
    lines: Integers,
    needs: Floats,
    traits: Traits,
    times: Floats,
    marks: Marks,
) -> None:
    """Let the earliest event happen."""
    time = heap[0, 0]
    what = pop(count, heap)
    q = what >> TYPE_BITS
    if what & TYPE_MASK == END:
        finish(q, time, count, heap, lines, needs, traits, times, marks)
    elif what & TYPE_MASK == READY:
        free_place(q, count, lines, traits, marks)
    else:
        stand_up(q, time, count, heap, lines, needs, traits, times, marks)
    serve(time, count, heap, lines, needs, traits, times, marks)


@compiled
def run(count: Integers, heap: Floats, lines: Integers, visits: Visits, trace: Trace) -> None:
    """Let all visits come and all events happen; what ends goes before who arrives just then."""
    arrival, late, shy, first, needs, traits = visits
    times, marks = trace
    visit, visitors = 0, len(arrival)
    while visit < visitors or count[EVENTS] > 0:
        if count[EVENTS] > 0 and (visit == visitors or heap[0, 0] <= arrival[visit]):
            happen(count, heap, lines, needs, traits, times, marks)
            continue
        q, time = first[visit], arrival[visit]
        kind = traits[q, KIND]
        times[q, ASKED], times[q, LEFT] = time, time
        if late[visit]:
            marks[q, OUTCOME] = TOO_LATE
        elif kind == NO_PLACE:
            times[q, START], times[q, LEFT] = time, time + needs[q, MINUTES]
            marks[q, OUTCOME] = SERVED
        elif shy[visit] and is_long(kind, time, count, lines, times):
            marks[q, OUTCOME] = BALKED
        else:
            ask(q, time, count, heap, lines, needs, traits, times, marks)
        visit += 1
    for kind in range(KINDS):
        first_waiting(kind, np.inf, count, lines, needs, times, marks)


def run_floor(visits: Visits, places: Places) -> Trace:
    """Run everybody's visits through some places; every request has an outcome in the trace."""
    asked = len(visits.traits)
    chairs = 0 if places.chairs >= ENOUGH else places.chairs
    count = np.zeros(COUNTS, dtype=np.int64)
    count[STAFFED], count[SHY_AT] = places.staffed, places.longest_queue
    count[FREE_CHAIRS] = places.chairs
    count[FREE : FREE + KINDS] = places.booths, places.seats
    lines = np.empty((LINES, max(asked, places.booths, places.seats, chairs)), dtype=np.int64)
    lines[FREE_PLACES, : places.booths] = np.arange(places.booths)
    lines[FREE_PLACES + 1, : places.seats] = np.arange(places.seats)
    lines[CHAIRS, :chairs] = np.arange(chairs)
    trace = Trace(np.full((asked, 3), np.nan), np.full((asked, 3), -1, dtype=np.int32))
    heap = np.empty((places.booths + places.seats + chairs + 1, 2))
    run(count, heap, lines, visits, trace)
    return trace
