"""What a trace of the floor adds up to: per replication, and by hour."""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.capacity.draws import (
    AFTERCARE,
    BOOTH,
    CLEANING,
    CLOSING,
    KIND,
    NO_PLACE,
    SEAT,
    Floats,
    Integers,
    Marks,
    Traits,
    Visits,
)
from safelight.plan.capacity.floor import (
    ASKED,
    BALKED,
    CLOSED,
    ENOUGH,
    LEFT,
    NEVER_ASKED,
    OUTCOME,
    RENEGED,
    SERVED,
    START,
    TOO_LATE,
    Places,
    Trace,
)
from safelight.plan.capacity.service import HOUR, HOURS
from safelight.plan.compiled import compiled

WEEK_HOURS = 168
COUNTS = {"served": (SERVED,), "balked": (BALKED,), "reneged": (RENEGED,)} | {
    "turned_away": (TOO_LATE, CLOSED)
}
IN_PLACE = ("in_booths", "in_seats", "in_chairs")


class Slots(NamedTuple):
    """Which hour of the week and day of the month each hour of the simulated days is."""

    week_hour: Integers
    month_day: Integers
    open_minutes: Floats


def slots_of(first: date, open_minutes: Floats) -> Slots:
    """Return the calendar of so many hours from 00:00 of a first day."""
    hours = np.arange(len(open_minutes))
    dates = [first + timedelta(days=day) for day in range(len(hours) // HOURS)]
    week_hour = (hours + first.weekday() * HOURS) % WEEK_HOURS
    return Slots(week_hour, np.repeat([day.day for day in dates], HOURS), open_minutes)


def wanted(trace: Trace, visits: Visits) -> npt.NDArray[np.bool_]:
    """Return which requests want a place and come in time: those that places and staff decide."""
    outcome, kind = trace.marks[:, OUTCOME], visits.traits[:, KIND]
    return np.asarray((outcome != NEVER_ASKED) & (outcome != TOO_LATE) & (kind != NO_PLACE))


def waits_of(trace: Trace, visits: Visits) -> Floats:
    """Return the minutes that each person in a booth or smoking seat has waited for it."""
    return waits_in(trace.times, trace.marks, visits.traits)


@compiled
def waits_in(times: Floats, marks: Marks, traits: Traits) -> Floats:
    """Return the waits of those served in places, in one pass."""
    out, count = np.empty(len(times)), 0
    for q in range(len(times)):
        if marks[q, OUTCOME] == SERVED and traits[q, KIND] != NO_PLACE:
            out[count] = times[q, START] - times[q, ASKED]
            count += 1
    return out[:count]


def mean_wait(trace: Trace, visits: Visits) -> float:
    """Return the mean wait of those who have begun; 0 where nobody has."""
    waits = waits_of(trace, visits)
    return float(waits.mean()) if len(waits) else 0.0


def lost_share(trace: Trace, visits: Visits) -> float:
    """Return the share of requests for a place, in time, that are never served."""
    counted = wanted(trace, visits)
    return float(np.mean(trace.marks[counted, OUTCOME] != SERVED)) if counted.any() else 0.0


def within_share(trace: Trace, visits: Visits, minutes: float, kind: int | None = None) -> float:
    """Return the share of requests for a place that begin within so many minutes.

    Who balks, gives up or is sent home at closing has not begun; who comes after the last entry
    does not count, for no number of places would change that. 1 where nobody asks.
    """
    counted = wanted(trace, visits)
    if kind is not None:
        counted &= visits.traits[:, KIND] == kind
    if not counted.any():
        return 1.0
    # A comparison with nan is false, which is right: that person never began.
    return float(np.mean((trace.times[:, START] - trace.times[:, ASKED] <= minutes)[counted]))


def summary(
    trace: Trace, visits: Visits, places: Places, slots: Slots, minutes: float
) -> dict[str, float]:
    """Return the figures of one replication; minutes for times, shares from 0 to 1."""
    outcome, waits = trace.marks[visits.first[:-1], OUTCOME], waits_of(trace, visits)
    figures: dict[str, float] = {"visits": float(len(outcome))}
    figures |= {name: float(np.isin(outcome, which).sum()) for name, which in COUNTS.items()}
    figures["episodes"] = float(len(waits))
    figures["within_target"] = within_share(trace, visits, minutes)
    figures["within_target_booths"] = within_share(trace, visits, minutes, BOOTH)
    figures["within_target_seats"] = within_share(trace, visits, minutes, SEAT)
    levels = np.quantile(waits, [0.5, 0.9, 0.95]) if len(waits) else np.zeros(3)
    figures["mean_wait"] = mean_wait(trace, visits)
    figures |= dict(zip(("median_wait", "p90_wait", "p95_wait"), map(float, levels), strict=True))
    return figures | _use(trace, visits, places, slots) | past_closing(trace, visits)


def past_closing(trace: Trace, visits: Visits) -> dict[str, float]:
    """Return by how many minutes the last person is out after closing: mean and most of all days.

    A day without anybody counts as 0 only if somebody came on it; an open door never closes.
    """
    closing = visits.needs[:, CLOSING]
    out = trace.times[:, LEFT] + np.where(
        trace.marks[:, OUTCOME] == SERVED, visits.needs[:, AFTERCARE], 0.0
    )
    known = np.isfinite(closing) & np.isfinite(out)
    if not known.any():
        return {"past_closing": 0.0, "most_past_closing": 0.0}
    _, window = np.unique(closing[known], return_inverse=True)
    last = np.zeros(window.max() + 1)
    np.maximum.at(last, window, out[known] - closing[known])
    return {"past_closing": float(last.mean()), "most_past_closing": float(last.max())}


def by_hour(trace: Trace, visits: Visits, hours: int, minutes: float) -> dict[str, Floats]:
    """Return counts and person-minutes for each simulated hour, by the hour of the arrival."""
    first = visits.first[:-1]
    outcome, hour = trace.marks[first, OUTCOME], _hour(visits.arrival, hours)
    table = {"visits": _count(hour, hours)}
    for name, which in COUNTS.items():
        table[name] = _count(hour[np.isin(outcome, which)], hours)
    needs_place = visits.traits[:, KIND] != NO_PLACE
    counted = wanted(trace, visits)
    served = (trace.marks[:, OUTCOME] == SERVED) & needs_place
    wait, asked = trace.times[:, START] - trace.times[:, ASKED], trace.times[:, ASKED]
    table["requests"] = _count(_hour(asked[counted], hours), hours)
    table["within"] = _count(_hour(asked[counted & (wait <= minutes)], hours), hours)
    table["begun"] = _count(_hour(asked[served], hours), hours)
    table["waited"] = np.bincount(_hour(asked[served], hours), wait[served], hours).astype(
        np.float64
    )
    for name, (starts, ends) in zip(IN_PLACE, occupied(trace, visits), strict=True):
        table[name] = minutes_by_hour(starts, ends, hours)
    return table


def occupied(trace: Trace, visits: Visits) -> list[tuple[Floats, Floats]]:
    """Return when people sat down and got up: in booths, in smoking seats, in aftercare chairs."""
    served, kind = trace.marks[:, OUTCOME] == SERVED, visits.traits[:, KIND]
    spans = []
    for each in (BOOTH, SEAT):
        here = served & (kind == each)
        spans.append((trace.times[here, START], trace.times[here, LEFT]))
    left = trace.times[served & (kind != NO_PLACE), LEFT]
    return [*spans, (left, left + visits.needs[served & (kind != NO_PLACE), AFTERCARE])]


def minutes_by_hour(starts: Floats, ends: Floats, hours: int) -> Floats:
    """Return how many person-minutes of some stays lie in each hour; the last holds what follows.

    Whoever begins at minute x of hour h gives what is left of h, and all hours after; whoever ends
    takes the same away.
    """
    total = np.zeros(hours + 1)
    people = np.zeros(hours + 1)
    for times, sign in ((starts, 1.0), (ends, -1.0)):
        hour = np.minimum(times // HOUR, hours).astype(np.int64)
        total += sign * np.bincount(hour, (hour + 1) * HOUR - times, hours + 1)
        people += sign * np.bincount(hour, minlength=hours + 1)
    total[1:] += np.cumsum(people)[:-1] * HOUR
    return np.asarray(total[:hours])


def _use(trace: Trace, visits: Visits, places: Places, slots: Slots) -> dict[str, float]:
    """Return the share of the open minutes of booths, seats and staff that people are in them."""
    open_minutes = float(slots.open_minutes.sum())
    booths, seats, chairs = (
        float((ends - starts).sum()) for starts, ends in occupied(trace, visits)
    )
    kind, served = visits.traits[:, KIND], trace.marks[:, OUTCOME] == SERVED
    cleaning = float(visits.needs[served & (kind != NO_PLACE), CLEANING].sum())
    supervised = places.staffed * open_minutes
    return {
        "booth_use": booths / (places.booths * open_minutes) if places.booths else 0.0,
        "seat_use": seats / (places.seats * open_minutes) if places.seats else 0.0,
        "staff_use": (booths + seats) / supervised if places.staffed < ENOUGH else 0.0,
        "people_in_chairs": chairs / open_minutes,
        "places_in_cleaning": cleaning / open_minutes,
    }


def _hour(times: Floats, hours: int) -> Integers:
    """Return the hour of each time; what comes after the last day counts for its last hour."""
    return np.minimum(times // HOUR, hours - 1).astype(np.int64)


def _count(hour: Integers, hours: int) -> npt.NDArray[np.float64]:
    return np.bincount(hour, minlength=hours).astype(np.float64)
