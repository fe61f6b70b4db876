"""What stands between a patient and a dose besides the order: locks, missed sessions, reviews.

Whoever overdosed, had naloxone or missed too many sessions gets no dose before a prescriber has
reviewed them. The review decides; nothing here works out a dose.
"""

from datetime import date, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from safelight.kernel.privacy import HealthCode, HealthFlag, HealthInstant, PersonId, Sealed
from safelight.run.domain.base import (
    CLINICAL,
    PRESCRIBING,
    Change,
    Command,
    Fact,
    Given,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.day import clinic_day, clinic_day_of
from safelight.run.domain.clinic.proof import require_now, require_proof
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Dose, Patient
from safelight.run.domain.dosing_locks import is_overdose, locked
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment

MISSED_LIMIT: Final = "missed_sessions_review"
EARLY_DAYS: Final = "early_days"
# Doses of the last days are kept in memory; no limit looks back further.
KEPT: Final = timedelta(days=4)


class LockDoses(Command, frozen=True):
    """Stop a patient's doses until a prescriber has reviewed them."""

    person: PersonId
    reason: HealthCode
    note: Sealed | None = None


class DosesLocked(Fact, frozen=True):
    """A patient's doses are stopped until a review."""

    person: PersonId
    reason: HealthCode
    note: Sealed | None = None


class ReviewDoses(Command, frozen=True):
    """A prescriber reviewed a patient, and doses may go on under an order that stands.

    ``lock`` is the time of the lock that the review is about, nothing where there is none.
    """

    person: PersonId
    reason: HealthCode
    lock: HealthInstant | None = None
    restart: HealthFlag = False
    note: Sealed | None = None


class DosesReviewed(Fact, frozen=True):
    """A prescriber reviewed a patient, and doses may go on."""

    person: PersonId
    reason: HealthCode
    restart: HealthFlag
    note: Sealed | None = None


def patient_of(site: Site, person: str) -> Patient:
    """Return what is known of a patient's doses, nothing where there was none."""
    return site.all_of(Patient).get(person) or Patient(person)


def require_in_treatment(site: Site, person: str) -> Treatment:
    """Return the treatment a person is in; refuses where nobody accepted them, or it ended."""
    for treatment in site.all_of(Treatment).values():
        if treatment.person == person and treatment.running:
            return treatment
    raise refuse(
        "in-treatment",
        f"{person} is not in treatment here.",
        "A prescriber decides on the referral first, under Treatment.",
        person=person,
    )


def lock(site: Site, command: LockDoses, given: Given) -> list[Fact]:
    """Lock a patient's doses, for a reason that the pack knows; a second lock adds nothing."""
    require_in_treatment(site, command.person)
    given.protocol.require("lock_reasons", command.reason)
    return [DosesLocked(command.person, command.reason, command.note)]


def on_locked(site: Site, fact: DosesLocked, when: When) -> Site:
    """No dose before a review."""
    return locked(site, fact.person, fact.reason, when.recorded_at)


def review(site: Site, command: ReviewDoses, given: Given) -> list[Fact]:
    """Let doses go on after a review, when no emergency of the patient is running."""
    require_proof(given)
    require_now(given, "A review")
    require_in_treatment(site, command.person)
    given.protocol.require("dose_review_reasons", command.reason)
    running = _open_overdose(site, command.person)
    if running is not None:
        raise refuse(
            "overdose-over",
            "An incident of this patient is still running.",
            "Record its outcome first, then review.",
            incident=running,
        )
    _require_newest_lock(patient_of(site, command.person), command.lock)
    today = clinic_day(site, given)
    missed = missed_since_dose(site, command.person, today, given.protocol)
    restart = command.restart or missed > given.protocol.number(MISSED_LIMIT)
    return [DosesReviewed(command.person, command.reason, restart, command.note)]


def _require_newest_lock(patient: Patient, lock: datetime | None) -> None:
    """Refuse a review of what is no longer so: a lock that came meanwhile would be gone unseen."""
    if lock != patient.locked_at:
        raise refuse(
            "review-newest",
            f"Doses are {_spoken(patient.locked_at)}, and this review is of doses {_spoken(lock)}.",
            "Look at the patient's page as it is now, and review that.",
            person=patient.id,
            lock=lock,
        )


def _spoken(lock: datetime | None) -> str:
    return f"locked since {lock:%d %B %H:%M:%S} UTC" if lock else "not locked"


def on_reviewed(site: Site, fact: DosesReviewed, when: When) -> Site:
    """The lock is gone; after a restart the first days count anew from the next dose."""
    patient = patient_of(site, fact.person)
    started = None if fact.restart else patient.started_at
    return site.put(
        replace(
            patient,
            locked_at=None,
            locked_for=(),
            reviewed_at=when.recorded_at,
            started_at=started,
        )
    )


def require_unlocked(site: Site, patient: Patient, given: Given) -> None:
    """Refuse a dose to whoever is locked, has an overdose running, or missed too many sessions."""
    if patient.locked_at is not None:
        reasons = ", ".join(patient.locked_for).replace("_", " ")
        raise refuse(
            "dose-lock",
            f"Doses are locked since {patient.locked_at:%d %B %H:%M} UTC ({reasons}).",
            "A prescriber reviews the patient and decides under Prescriber review.",
            person=patient.id,
            reasons=reasons,
        )
    running = _open_overdose(site, patient.id)
    if running is not None:
        raise refuse(
            "dose-after-overdose",
            "An incident of this patient is still running.",
            "Look after them; a prescriber reviews them when it is over.",
            incident=running,
        )
    if too_many_missed(site, patient.id, given):
        raise refuse(
            "dose-after-missed",
            f"{missed_by(site, patient.id, clinic_day(site, given), given.protocol)} sessions "
            "passed without a dose; tolerance may have fallen.",
            "A prescriber reviews the patient; nothing is reduced or restarted by itself.",
            person=patient.id,
        )


def require_nobody_unknown(site: Site) -> None:
    """Refuse doses while it is open to whom of those here an overdose happened."""
    for incident in site.incidents.values():
        known = incident.person or incident.visit or incident.about_nobody_here
        if not known and is_overdose(incident):
            raise refuse(
                "overdose-whose",
                f"Nobody said yet whose overdose the incident {incident.id} is.",
                "Say it on the incident's page, or that it was nobody who is treated here.",
                incident=incident.id,
            )


def too_many_missed(site: Site, person: str, given: Given) -> bool:
    """Tell whether more sessions passed without a dose than the pack allows without a review."""
    limit = given.protocol.number(MISSED_LIMIT)
    return missed_by(site, person, clinic_day(site, given), given.protocol) > limit


def missed_by(site: Site, person: str, today: date, protocol: Protocol) -> int:
    """Return how many ordered sessions passed without a dose since the last dose or review.

    Today's sessions do not count yet. Somebody who never had a dose missed none.
    """
    patient = patient_of(site, person)
    dosed, reviewed = patient.last_dose_at, patient.reviewed_at
    if dosed is None or reviewed is None or reviewed < dosed:
        return missed_since_dose(site, person, today, protocol)
    since = clinic_day_of(site, reviewed, protocol)
    return max(0, (today - since).days - 1) * _most_sessions(site, person)


def missed_since_dose(site: Site, person: str, today: date, protocol: Protocol) -> int:
    """Return how many sessions passed since the last dose, whatever a prescriber reviewed since.

    The order of that dose counts too: an order for fewer sessions makes nobody miss fewer.
    """
    patient = patient_of(site, person)
    if patient.last_dose_at is None:
        return 0
    last_day = clinic_day_of(site, patient.last_dose_at, protocol)
    if today <= last_day:
        return 0
    sessions = max(patient.sessions, _most_sessions(site, person))
    on_last_day = sum(dose.day == last_day for dose in patient.doses)
    return max(0, sessions - on_last_day) + ((today - last_day).days - 1) * sessions


def _most_sessions(site: Site, person: str) -> int:
    return max((order.sessions for order in orders_of(site, person)), default=0)


def order_of(site: Site, person: str, order_id: str | None) -> Prescription:
    """Return an order of a person that stands; refuses any other."""
    order = site.all_of(Prescription).get(order_id) if order_id else None
    if order is None or not order.stands or order.person != person:
        raise refuse(
            "dose-order",
            f"No signed order {order_id} of this patient stands.",
            "Choose the order that stands; a prescriber signs one if there is none.",
            person=person,
            order=order_id,
        )
    return order


def orders_of(site: Site, person: str) -> list[Prescription]:
    """Return a person's orders that stand, whatever their dates."""
    orders = site.all_of(Prescription).values()
    return [order for order in orders if order.person == person and order.stands]


def is_early(patient: Patient, now: datetime, protocol: Protocol) -> bool:
    """Tell whether a patient is in the first days after a start or restart, which are flagged.

    Five of eleven overdoses with naloxone in SALOME came in the first 30 days. Whoever had no
    dose since the start is in them too.
    """
    days = protocol.number(EARLY_DAYS)
    return patient.started_at is None or now - patient.started_at < timedelta(days=days)


def after_dose(patient: Patient, dose: Dose, sessions: int) -> Patient:
    """Return the patient after a dose under an order for so many sessions a day.

    Doses that no limit can ask about any more are let go.
    """
    kept = tuple(each for each in patient.doses if dose.at - each.at < KEPT)
    return replace(
        patient,
        doses=(*kept, dose),
        last_dose_at=dose.at,
        sessions=sessions,
        started_at=patient.started_at or dose.at,
    )


def _open_overdose(site: Site, person: str) -> str | None:
    for incident in site.incidents.values():
        if incident.person == person and incident.closed_at is None and is_overdose(incident):
            return incident.id
    return None


COMMANDS = {
    "doses.lock": Rule(LockDoses, lock, CLINICAL),
    "doses.review": Rule(ReviewDoses, review, PRESCRIBING),
}
FACTS = {
    "doses.locked": Change(DosesLocked, on_locked),
    "doses.reviewed": Change(DosesReviewed, on_reviewed),
}
