"""Keeps the floor running: opens and closes the shift, changes teams, drives the vehicle on.

It looks at the site and does the one thing that is due next, so it can take over a floor in
whatever state it finds it.
"""

from collections.abc import Callable
from datetime import date, timedelta

from safelight.rehearse.agenda import Steps
from safelight.rehearse.chores import opening_chores
from safelight.rehearse.dice import Dice
from safelight.rehearse.floor import Floor, actor_for, crew, simulated
from safelight.rehearse.timetable import Window
from safelight.run.domain.entities import AIR_CLEARING, CLEANING, Shift

LONGEST_LOOK = 900.0  # seconds; somebody at a screen may have changed duties in between
CLOSING_LOOK, OVERLAP, FAULT_SHARE = 60.0, 900.0, 0.01
TICK = timedelta(microseconds=1)
ROOM_CHECK, SMOKING = "ventilation", "smoking"


def keep(floor: Floor, last: date | None, on_closed: Callable[[], None] = lambda: None) -> Steps:
    """Keep a floor until the last day's doors have closed, or for ever if there is none.

    ``on_closed`` is called whenever a shift has closed.
    """
    while True:
        # One look at the clock for all: between two looks a new day may begin.
        now, shift = floor.now, floor.site.shift
        window = floor.timetable.at(now)
        coming = window or floor.timetable.following(now)
        if floor.stale:
            yield from _close(floor, on_closed)
        elif shift is None and last is not None and coming.day > last:
            return
        elif window is None:
            yield min(LONGEST_LOOK, (coming.opens - now).total_seconds())
        elif shift is None:
            yield from _open(floor, window)
        else:
            yield from _run(floor, window, shift)


def _open(floor: Floor, window: Window) -> Steps:
    """Open the shift with a team, check the equipment, and put the day's chores on the agenda."""
    members = crew(window.team(floor.now), window.day)
    staff, duty = members[0]
    if floor.act("shift.open", by=actor_for(staff, duty)) is None:
        yield CLOSING_LOOK
        return
    _take_duties(floor, members[1:] if duty == "lead" else members)
    dice = Dice(floor.seed, floor.scenario.id, "opening", window.day)
    smokes = any(SMOKING in place.routes for place in floor.scenario.places)
    for item in floor.post.protocol().words("shift_checks"):
        if item != ROOM_CHECK or smokes:
            found = "replaced" if dice.chance(FAULT_SHARE) else "in_order"
            floor.act("shift.check", {"item": item, "found": found})
    floor.agenda.spawn(opening_chores(floor, window.day))
    yield 1


def _take_duties(floor: Floor, members: list[tuple[str, str]]) -> None:
    for staff, duty in members:
        fields = {"duty": duty, "staff": staff}
        floor.act("shift.take_duty", fields, by=actor_for(staff, duty))


def _run(floor: Floor, window: Window, shift: Shift) -> Steps:
    """Do what the time of day asks for; then wait until it asks for something else."""
    now, stop = min(floor.now, window.closes - TICK), floor.site.stop
    session = window.session(now)
    present = {duty.staff for duty in shift.duties}
    members = crew(window.team(now), window.day)
    if not present & {staff for staff, _ in members}:
        _change_team(floor, members, shift)
    if floor.scenario.stops:
        here, there = stop.label if stop else "", session.label if session else ""
        if here and here != there:
            yield from _leave_stop(floor)
            return
        if there and not here:
            floor.act("stop.arrive", {"label": there})
    yield min(LONGEST_LOOK, (window.next_change(now) - now).total_seconds())


def _leave_stop(floor: Floor) -> Steps:
    if not floor.site.visits:
        floor.act("stop.leave")
    yield CLOSING_LOOK


def _change_team(floor: Floor, members: list[tuple[str, str]], shift: Shift) -> None:
    """Have the next team come on duty; the one before hands over and goes a little later."""
    hand_over(floor)
    going = [duty.staff for duty in shift.duties if simulated(duty.staff)]
    _take_duties(floor, members)
    floor.agenda.spawn(_go_home(floor, going), OVERLAP)


def _go_home(floor: Floor, going: list[str]) -> Steps:
    shift = floor.site.shift
    present = {duty.staff for duty in shift.duties} if shift else set()
    for staff in going:
        if staff in present:
            floor.act("shift.end_duty", {"staff": staff})
    yield 0


def hand_over(floor: Floor) -> None:
    """Leave a handover note, where notes can be sealed."""
    if floor.seal is None:
        return
    site = floor.site
    papers = sum(i.closed_at is not None and i.completion is None for i in site.incidents.values())
    note = (
        f"{len(site.visits)} people here, {site.occupied()} of them in places. "
        f"Incident records to complete: {papers}. (Rehearsal: nobody here exists.)"
    )
    floor.act("shift.hand_over", {"note": floor.seal(note, None)}, by=floor.by("lead", "nurse"))


def _close(floor: Floor, on_closed: Callable[[], None]) -> Steps:
    """Close the shift once everybody has left and every place is clean."""
    site = floor.site
    running = any(incident.closed_at is None for incident in site.incidents.values())
    dirty = any(place.state in {CLEANING, AIR_CLEARING} for place in site.places.values())
    if not (site.visits or running or dirty):
        hand_over(floor)
        if floor.act("shift.close", by=floor.by("lead", "nurse")) is not None:
            on_closed()
    yield CLOSING_LOOK
