"""The floor where nothing is shared: person by person instead of by event.

Where staff and chairs are no limit, nobody wants a second episode and nobody is put off by a
queue, the first in line starts as soon as they ask or the earliest place is ready (the recursion
of Kiefer and Wolfowitz 1955), at a tenth of the cost. The times are those of ``floor`` to the last
bit; a test holds them together. Which of several free places is taken may differ.
"""

import numpy as np

from safelight.plan.capacity.draws import (
    CLEANING,
    CLOSING,
    KIND,
    MINUTES,
    NO_PLACE,
    PATIENCE,
    Floats,
    Marks,
    Visits,
)
from safelight.plan.capacity.floor import (
    ASKED,
    CLOSED,
    ENOUGH,
    KINDS,
    LEFT,
    OUTCOME,
    PLACE,
    RENEGED,
    SEATED,
    SERVED,
    START,
    TOO_LATE,
    Places,
    Trace,
)
from safelight.plan.compiled import compiled


@compiled
def postpone_earliest(ready: Floats, place: Marks, size: int, time: float) -> None:
    """Let the place that is ready first be ready later instead; both arrays are a heap by time."""
    moved, at, below = place[0], 0, 1
    while below < size:
        if below + 1 < size:
            below += ready[below + 1] < ready[below]
        if ready[below] >= time:
            break
        ready[at], place[at] = ready[below], place[below]
        at, below = below, 2 * below + 1
    ready[at], place[at] = time, moved


@compiled
def run(visits: Visits, sizes: Marks, ready: Floats, place: Marks, trace: Trace) -> None:
    """Serve everybody in the order in which they come; one row of the heaps for each kind."""
    arrival, late, _, _, needs, traits = visits
    times, marks = trace
    for q in range(len(arrival)):
        time, kind = arrival[q], traits[q, KIND]
        times[q, ASKED], times[q, START], times[q, LEFT] = time, np.nan, time
        marks[q, PLACE], marks[q, SEATED] = -1, -1
        if late[q]:
            marks[q, OUTCOME] = TOO_LATE
            continue
        start = time if kind == NO_PLACE else max(time, ready[kind, 0])
        closing = needs[q, CLOSING]
        deadline = min(time + needs[q, PATIENCE], closing)
        if kind == NO_PLACE or (start <= deadline and start < closing):
            left = start + needs[q, MINUTES]
            times[q, START], times[q, LEFT] = start, left
            marks[q, OUTCOME] = SERVED
            if kind != NO_PLACE:
                marks[q, PLACE] = place[kind, 0]
                clean = left + needs[q, CLEANING]
                postpone_earliest(ready[kind], place[kind], sizes[kind], clean)
        else:
            times[q, LEFT] = deadline
            marks[q, OUTCOME] = RENEGED if deadline < closing else CLOSED


def are_apart(visits: Visits, places: Places) -> bool:
    """Tell whether no queue can hold up another, so that this module is enough."""
    return bool(
        places.staffed >= places.booths + places.seats
        and places.chairs >= ENOUGH
        and len(visits.traits) == len(visits.arrival)
        and not visits.shy.any()
    )


def run_lanes(visits: Visits, places: Places) -> Trace:
    """Run visits for which ``are_apart`` holds; every request has an outcome in the trace."""
    asked = len(visits.traits)
    sizes = np.array([places.booths, places.seats], dtype=np.int32)
    most = max(places.booths, places.seats, 1)
    trace = Trace(np.empty((asked, 3)), np.empty((asked, 3), dtype=np.int32))
    place = np.tile(np.arange(most, dtype=np.int32), (KINDS, 1))
    run(visits, sizes, np.zeros((KINDS, most)), place, trace)
    return trace
