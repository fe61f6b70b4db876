"""A week that is being planned: which offer each stop has, and the route of every duty."""

from typing import NamedTuple

import numpy as np

from safelight.plan.compiled import compiled
from safelight.plan.timetable.master import DAYS, Offers, Routes
from safelight.plan.timetable.routes import LONGEST, Calls, Fleet, Ints, best_order


class Task(NamedTuple):
    """What is to be planned."""

    calls: Calls
    fleet: Fleet
    offers: Offers
    begin: Ints  # stops + 1: where the offers of each stop begin; offers lie stop by stop
    kind: Ints  # duties: what kind each is


class Week(NamedTuple):
    """Which offer each stop has, and what every duty does."""

    taken: Ints  # stops: the offer, or -1
    route: Ints  # duties × LONGEST: calls in order, filled up with -1
    size: Ints  # duties


def task_of(calls: Calls, fleet: Fleet, offers: Offers) -> Task:
    """Lay the duties out one by one, kind by kind; the offers have to lie stop by stop."""
    begin = np.searchsorted(calls.stop[offers.call], np.arange(len(calls.first)))
    kind = np.repeat(np.arange(len(fleet.day)), fleet.number)
    return Task(calls, fleet, offers, begin.astype(np.int64), kind.astype(np.int64))


def idle_week(task: Task) -> Week:
    """Return the week in which nobody drives."""
    duties = len(task.kind)
    return Week(
        np.full(len(task.begin) - 1, -1, np.int64),
        np.full((duties, LONGEST), -1, np.int64),
        np.zeros(duties, np.int64),
    )


def routes_in(task: Task, week: Week) -> Routes:
    """Return the routes of the duties that are not idle."""
    busy = week.size > 0
    # Behind the last call stands -1: sorted to the front, and brought back to the end.
    sets = np.sort(np.where(week.route < 0, np.iinfo(np.int64).max, week.route), axis=1)
    return Routes(task.kind[busy], np.where(sets == np.iinfo(np.int64).max, -1, sets)[busy])


def week_of(task: Task, taken: Ints, used: Routes) -> Week:
    """Return the week of some offers (ascending) and routes, each call made once, least driving."""
    week = idle_week(task)
    week.taken[task.calls.stop[task.offers.call[taken]]] = taken
    wanted = {
        (int(task.offers.call[offer]), day)
        for offer in taken
        for day in range(DAYS)
        if task.offers.days[offer] >> day & 1
    }
    for kind, calls in zip(used.kind, used.sets, strict=True):
        day = int(task.fleet.day[kind])
        made = [int(call) for call in calls if (int(call), day) in wanted]
        wanted -= {(call, day) for call in made}
        if made:
            free = int(np.flatnonzero((task.kind == kind) & (week.size == 0))[0])
            chosen = np.array(made, np.int64)
            order = best_order(task.calls, task.fleet, int(kind), chosen)[1]
            week.route[free, : len(made)], week.size[free] = order, len(made)
    return week


@compiled
def gain_of(task: Task, week: Week) -> float:
    """Return what a week is worth."""
    total = 0.0
    for offer in week.taken:
        if offer >= 0:
            total += task.offers.gain[offer]
    return total


@compiled
def drive_of(task: Task, week: Week) -> int:
    """Return the minutes driven in a week."""
    total = 0
    for duty in range(len(task.kind)):
        drive = task.fleet.drive[task.fleet.of[task.kind[duty]]]
        place = drive.shape[0] - 1
        for at in range(week.size[duty]):
            stop = task.calls.stop[week.route[duty, at]]
            total += drive[place, stop]
            place = stop
        total += drive[place, drive.shape[0] - 1]
    return total


@compiled
def copy_week(source: Week, target: Week) -> None:
    """Make one week like another."""
    target.taken[:], target.route[:], target.size[:] = source.taken, source.route, source.size
