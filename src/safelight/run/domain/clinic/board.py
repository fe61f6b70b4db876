"""Today's patients at one glance: due, waiting, in session, observing, done, missed, blocked."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from safelight.kernel.clock import local_day
from safelight.run.domain.clinic.day import TURN, clinic_day_of, turn_of
from safelight.run.domain.clinic.patient import (
    MISSED_LIMIT,
    is_early,
    missed_by,
    orders_of,
    patient_of,
)
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import HERE, LEFT, OBSERVING, PREPARED, Session
from safelight.run.domain.protocol import Protocol, Slot
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment

# Where a patient stands today.
DUE, LATER, MISSED, WAITING, IN_SESSION, READY, OBSERVED, TO_ACCOUNT, DONE, NO_ORDER = (
    "due",
    "later",
    "missed",
    "waiting",
    "in_session",
    "ready",
    "observed",
    "to_account",
    "done",
    "no_order",
)
STAGE_STATES: Final = {HERE: WAITING, PREPARED: READY, OBSERVING: OBSERVED, LEFT: TO_ACCOUNT}


class Expected(NamedTuple):
    """One patient of today."""

    person: str
    handle: str
    treatment: Treatment
    state: str
    session: Session | None
    order: Prescription | None
    attended: int
    missed_today: int  # sessions that can no longer take place today
    early: bool  # in the first days after a start or restart
    locked_for: tuple[str, ...]
    missed: int  # sessions without a dose since the last one
    needs_review: bool
    last_dose_at: datetime | None


def todays_patients(site: Site, now: datetime, protocol: Protocol) -> list[Expected]:
    """Return everybody in treatment, in the order of their handles."""
    running = [each for each in site.all_of(Treatment).values() if each.running]
    rows = [_expected(site, treatment, now, protocol) for treatment in running]
    return sorted(rows, key=lambda row: (row.handle, row.person))


def _expected(site: Site, treatment: Treatment, now: datetime, protocol: Protocol) -> Expected:
    person, today = treatment.person, clinic_day_of(site, now, protocol)
    patient = patient_of(site, person)
    order = _order_today(site, person, now)
    session = site.all_of(Session).get(patient.session) if patient.session else None
    attended = patient.attended if patient.attended_on == today else 0
    missed = missed_by(site, person, today, protocol)
    limit = protocol.optional(MISSED_LIMIT)
    known = site.persons.get(person)
    minute = minutes_into_day(site, now, protocol)
    ahead = _ahead(protocol, minute)
    return Expected(
        person=person,
        handle=known.handle if known else person,
        treatment=treatment,
        state=_state(session, order, attended, ahead, minute),
        session=session,
        order=order,
        attended=attended,
        missed_today=_missed_today(order, attended, ahead),
        early=is_early(patient, now, protocol),
        locked_for=patient.locked_for,
        missed=missed,
        needs_review=patient.locked_at is not None or (limit is not None and missed > limit),
        last_dose_at=patient.last_dose_at,
    )


def _order_today(site: Site, person: str, now: datetime) -> Prescription | None:
    day = local_day(now, site.premises.timezone if site.premises else "UTC")
    orders = [o for o in orders_of(site, person) if o.valid_from <= day <= o.valid_to]
    return max(orders, key=lambda order: (order.sessions, order.id), default=None)


def _state(
    session: Session | None,
    order: Prescription | None,
    attended: int,
    ahead: list[Slot] | None,
    minute: int,
) -> str:
    if session is not None:
        return STAGE_STATES.get(session.stage, IN_SESSION)
    if order is None:
        return NO_ORDER
    if attended >= order.sessions:
        return DONE
    if ahead is None:
        return DUE
    if not ahead:
        return MISSED
    return DUE if ahead[0].opens <= minute else LATER


def _missed_today(order: Prescription | None, attended: int, ahead: list[Slot] | None) -> int:
    """Return how many of the day's sessions no remaining time of the day is left for."""
    if order is None or ahead is None:
        return 0
    return max(0, order.sessions - attended - len(ahead))


def _ahead(protocol: Protocol, minute: int) -> list[Slot] | None:
    """Return the times of the day that are open or still to come, or None where there are none.

    A pack without times of the day is one of a clinic that is always open.
    """
    if not protocol.slots:
        return None
    return sorted((s for s in protocol.slots if s.closes > minute), key=lambda slot: slot.opens)


def open_slot(site: Site, now: datetime, protocol: Protocol) -> Slot | None:
    """Return the time of the day that is open now, or None between them."""
    passed = minutes_into_day(site, now, protocol)
    return next((slot for slot in protocol.slots if slot.opens <= passed < slot.closes), None)


def minutes_into_day(site: Site, now: datetime, protocol: Protocol) -> int:
    """Return how many minutes the clinic day is old."""
    timezone = site.premises.timezone if site.premises else "UTC"
    began = turn_of(clinic_day_of(site, now, protocol), timezone, protocol.number(TURN))
    return (now - began) // timedelta(minutes=1)
