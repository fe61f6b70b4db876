"""Shifts: teams come and go by day and by night, and close where nobody is left."""

from collections.abc import Callable
from datetime import date

from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic.clinic import DAY, Clinic
from safelight.rehearse.clinic.scenario import TeamTable

CHECKS = ("oxygen", "naloxone", "pulse_oximeter")
LOOK = 300.0


def shifts(clinic: Clinic, on_day: Callable[[], None]) -> Steps:
    """Have every team come at its time, for ever; ``on_day`` is called when a day is over."""
    teams, day = clinic.scenario.teams, clinic.scenario.period.first
    starts = {team.starts for team in teams}
    while True:
        for team in teams:
            yield clinic.until(clinic.instant(day, team.starts))
            _take_over(clinic, team)
            if team.ends not in starts:
                yield from _close(clinic, team, day)
        clinic.tally.days += 1
        on_day()
        day += DAY


def _take_over(clinic: Clinic, team: TeamTable) -> None:
    """A team comes on duty: in a shift of its own where nobody is here, or with a handover."""
    staff, shift = clinic.staff, clinic.hands.site.shift
    going = [duty.staff for duty in shift.duties] if shift else []
    staff.come(team)
    if shift is not None and _empty(clinic):
        clinic.act("shift.close", {}, staff.nurse())
        shift = None
    first, *others = [clinic.staff.nurse_named(key) for key in staff.nurses]
    if shift is None:
        clinic.act("shift.open", {}, first)
    else:
        clinic.act("shift.take_duty", {"duty": "lead"}, first)
    for nurse in others:
        clinic.act("shift.take_duty", {"duty": "nurse"}, nurse)
    for key in staff.workers:
        clinic.act("shift.take_duty", {"duty": "floor_worker", "staff": key}, first)
    if shift is not None:
        for key in going:
            clinic.act("shift.end_duty", {"staff": key}, first)
    for item in CHECKS:
        clinic.act("shift.check", {"item": item, "found": "in_order"}, first)


def _empty(clinic: Clinic) -> bool:
    site = clinic.hands.site
    return not site.visits and all(i.closed_at is not None for i in site.incidents.values())


def _close(clinic: Clinic, team: TeamTable, day: date) -> Steps:
    """Close once everybody has left."""
    yield clinic.until(clinic.instant(day + DAY * (team.ends <= team.starts), team.ends))
    while not _empty(clinic):
        yield LOOK
    clinic.act("shift.close", {}, clinic.staff.nurse())
