"""A good week by taking a few stops out and putting stops in again, many times over.

The classic ruin and recreate: it proves nothing, but it gives the exact method a start and the
week less driving. The work is counted, so that a seed gives the same week on every machine.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.compiled import compiled
from safelight.plan.timetable.master import DAYS
from safelight.plan.timetable.routes import NEVER, Ints, advance
from safelight.plan.timetable.week import Task, Week, copy_week, drive_of, gain_of

MOST_REMOVED = 6  # stops in one turn
HALF = 0.5
SAME = 1e-9  # gains this near are equal


class Places(NamedTuple):
    """Where a call would fit in with the least driving on a day, kept up as the week changes."""

    added: Ints  # calls × days: minutes of driving, or NEVER
    duty: Ints  # calls × days
    slot: Ints  # calls × days: before the how-manieth call of that duty
    stale: npt.NDArray[np.bool_]  # days that changed since


@compiled
def fits(task: Task, duty: int, route: Ints, size: int, call: int, slot: int) -> bool:
    """Tell whether a duty keeps its times with one more call before its ``slot``-th."""
    calls, fleet, kind = task.calls, task.fleet, task.kind[duty]
    place = fleet.drive.shape[1] - 1
    fresh, rested = fleet.start[kind], fleet.start[kind] + fleet.rest[kind]
    for at in range(size + 1):
        after = at - 1 if at > slot else at
        following = call if at == slot else route[after]
        fresh, rested = advance(calls, fleet, kind, place, fresh, rested, following)
        if rested >= NEVER:
            return False
        place = calls.stop[following]
    return True


@compiled
def detour(task: Task, duty: int, route: Ints, size: int, call: int, slot: int) -> int:
    """Return the minutes of driving that one more call adds."""
    drive = task.fleet.drive[task.fleet.of[task.kind[duty]]]
    home, stop = drive.shape[0] - 1, task.calls.stop[call]
    before = home if slot == 0 else task.calls.stop[route[slot - 1]]
    behind = home if slot == size else task.calls.stop[route[slot]]
    added = drive[before, stop] + drive[stop, behind]
    return int(added - (drive[before, behind] if size else 0))


@compiled
def look(task: Task, week: Week, places: Places, call: int, day: int) -> None:
    """Find where a call fits in best on a day."""
    best = NEVER
    for duty in range(len(task.kind)):
        kind = task.kind[duty]
        size = week.size[duty]
        if task.fleet.day[kind] != day or size >= task.fleet.most[kind]:
            continue
        for slot in range(size + 1):
            added = detour(task, duty, week.route[duty], size, call, slot)
            if added < best and fits(task, duty, week.route[duty], size, call, slot):
                best = added
                places.duty[call, day], places.slot[call, day] = duty, slot
    places.added[call, day] = best


@compiled
def refresh(task: Task, week: Week, places: Places) -> None:
    """Look again on every day that changed, for all calls of stops that have no offer."""
    for call in range(len(task.calls.stop)):
        if week.taken[task.calls.stop[call]] < 0:
            for day in range(DAYS):
                if places.stale[day]:
                    look(task, week, places, call, day)
    places.stale[:] = False


@compiled
def added_by(task: Task, places: Places, offer: int) -> int:
    """Return the minutes of driving that an offer adds; NEVER where it does not fit."""
    total = 0
    for day in range(DAYS):
        if task.offers.days[offer] >> day & 1:
            total += places.added[task.offers.call[offer], day]
    return min(total, NEVER)


@compiled
def put_in(task: Task, week: Week, places: Places, offer: int) -> None:
    """Make the calls of an offer where they fit in best."""
    call = task.offers.call[offer]
    week.taken[task.calls.stop[call]] = offer
    for day in range(DAYS):
        if task.offers.days[offer] >> day & 1:
            duty, slot = places.duty[call, day], places.slot[call, day]
            for at in range(week.size[duty], slot, -1):
                week.route[duty, at] = week.route[duty, at - 1]
            week.route[duty, slot] = call
            week.size[duty] += 1
            places.stale[day] = True


@compiled
def take_out(task: Task, week: Week, places: Places, stop: int) -> None:
    """Drop all calls at a stop."""
    call = task.offers.call[week.taken[stop]]
    week.taken[stop] = -1
    # Days on which nothing changed are looked at again too: the stop itself has no places yet.
    places.stale[:] = True
    for duty in range(len(task.kind)):
        kept = 0
        for at in range(week.size[duty]):
            if week.route[duty, at] != call:
                week.route[duty, kept] = week.route[duty, at]
                kept += 1
        week.route[duty, kept:] = -1
        week.size[duty] = kept


@compiled
def fill(task: Task, week: Week, places: Places, dice: np.random.Generator, price: float) -> None:
    """Give offers to stops that have none, the most promising first, while any fits."""
    per_visit = dice.random() < HALF
    while True:
        refresh(task, week, places)
        best, chosen = 0.0, -1
        for stop in range(len(week.taken)):
            if week.taken[stop] >= 0:
                continue
            luck = 0.8 + 0.4 * dice.random()
            for offer in range(task.begin[stop], task.begin[stop + 1]):
                added = added_by(task, places, offer)
                if added >= NEVER:
                    continue
                visits = 0
                for day in range(DAYS):
                    visits += task.offers.days[offer] >> day & 1
                score = luck * (task.offers.gain[offer] - price * added)
                score /= visits if per_visit else 1
                if score > best:
                    best, chosen = score, offer
        if chosen < 0:
            return
        put_in(task, week, places, chosen)


@compiled
def ruin(task: Task, week: Week, places: Places, dice: np.random.Generator) -> None:
    """Take out a few stops: one by chance, and then its neighbours or others by chance."""
    served = np.flatnonzero(week.taken >= 0)
    if len(served) == 0:
        return
    first = served[int(dice.random() * len(served))]
    number = min(1 + int(dice.random() * MOST_REMOVED), len(served))
    if dice.random() < HALF:
        near = task.fleet.drive[0, first, :-1][served] + 10 * dice.random()
        order = served[np.argsort(near)]
    else:
        order = served[np.argsort(np.array([dice.random() for _ in served]))]
    for stop in order[:number]:
        take_out(task, week, places, stop)


@compiled
def improve(
    task: Task, start: Week, dice: np.random.Generator, rounds: int, price: float, leeway: float
) -> Week:
    """Return a week that is worth no less than ``start``, and needs less driving if worth the same.

    ``price`` is what a minute of driving counts for while searching (gain), ``leeway`` how much
    worse than the present week the next one may be, falling to nothing.
    """
    places = Places(
        np.full((len(task.calls.stop), DAYS), NEVER, np.int64),
        np.zeros((len(task.calls.stop), DAYS), np.int64),
        np.zeros((len(task.calls.stop), DAYS), np.int64),
        np.ones(DAYS, np.bool_),
    )
    week = Week(start.taken.copy(), start.route.copy(), start.size.copy())
    now = Week(start.taken.copy(), start.route.copy(), start.size.copy())
    best = Week(start.taken.copy(), start.route.copy(), start.size.copy())
    best_gain, best_drive = gain_of(task, best), drive_of(task, best)
    value = best_gain - price * best_drive
    for turn in range(rounds):
        ruin(task, week, places, dice)
        places.stale[:] = True
        fill(task, week, places, dice, price)
        gain, drive = gain_of(task, week), drive_of(task, week)
        more = gain - best_gain
        if more > SAME or (more > -SAME and drive < best_drive):
            copy_week(week, best)
            best_gain, best_drive = gain, drive
        if gain - price * drive >= value - leeway * (1 - turn / rounds):
            copy_week(week, now)
            value = gain - price * drive
        else:
            copy_week(now, week)
    return best
