"""Doses that went on paper, because the system was down or its clock could not be trusted.

What was given was given: it is recorded whatever the rules would have said, so that the register
is right. Because no rule stood before it, the patient has no further dose until a prescriber has
looked at it.
"""

from msgspec.structs import replace

from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import (
    DoseMicrograms,
    HealthCode,
    HealthDay,
    ItemId,
    PersonId,
    VisitId,
)
from safelight.run.domain.base import HANDLING, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.day import clinic_day_of
from safelight.run.domain.clinic.dose import RESIDUE
from safelight.run.domain.clinic.ledger import (
    register_of,
    require_in_cabinet,
    require_since_opening,
    supply,
    take_out,
    waste,
)
from safelight.run.domain.clinic.patient import after_dose, patient_of
from safelight.run.domain.clinic.proof import require_two
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Dose, Patient
from safelight.run.domain.dosing_locks import locked
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment

LATE_DOSE = "late_dose"


class RecordLateDose(Command, frozen=True):
    """Record a dose that was given and went on paper; its time is that of the form."""

    person: PersonId
    register: ItemId
    administered: DoseMicrograms
    by: HealthCode
    wasted: DoseMicrograms = 0
    order: ItemId | None = None


class LateDoseRecorded(Fact, frozen=True):
    """A dose that went on paper is in the journal."""

    dose: VisitId
    person: PersonId
    register: ItemId
    drug: HealthCode
    administered: DoseMicrograms
    day: HealthDay
    by: HealthCode
    wasted: DoseMicrograms = 0
    order: ItemId | None = None


def record(site: Site, command: RecordLateDose, given: Given) -> list[Fact]:
    """Record it with two people, if the register can have held what was given."""
    require_two(given, HANDLING)
    person = site.person(command.person)
    _require_patient(site, person.id)
    given.protocol.require("administered_by", command.by)
    if command.administered < 1:
        raise refuse(
            "late-dose-given",
            "A dose of 0 mg is no dose.",
            "Give what was injected; what was only wasted is entered in the register.",
            administered=command.administered,
        )
    _require_own_order(site, person.id, command.order)
    register = register_of(site, command.register)
    require_since_opening(register, given)
    require_in_cabinet(register, command.administered + command.wasted)
    return [
        LateDoseRecorded(
            dose=derive_id("ld", given.command),
            person=person.id,
            register=register.id,
            drug=register.drug,
            administered=command.administered,
            day=clinic_day_of(site, given.happened_at, given.protocol),
            by=command.by,
            wasted=command.wasted,
            order=command.order,
        )
    ]


def _require_patient(site: Site, person: str) -> None:
    ever = any(each.person == person for each in site.all_of(Treatment).values())
    if not ever and person not in site.all_of(Patient):
        raise refuse(
            "late-dose-patient",
            f"{person} was never referred for treatment here.",
            "Check who it was; refer them first if they are treated here.",
            person=person,
        )


def _require_own_order(site: Site, person: str, key: str | None) -> None:
    """Refuse an order of somebody else; one that no longer stands may have been the one."""
    order = site.all_of(Prescription).get(key) if key else None
    if key is not None and (order is None or order.person != person):
        raise refuse(
            "late-dose-order",
            f"{key} is no order of this patient.",
            "Choose one of the patient's orders, or leave it out where there was none.",
            person=person,
            order=key,
        )


def on_recorded(site: Site, fact: LateDoseRecorded, when: When) -> Site:
    """It counts from the time that was told, and locks further doses until a review."""
    order = site.all_of(Prescription).get(fact.order) if fact.order else None
    site = take_out(site, fact.register, fact.administered + fact.wasted, when)
    site = supply(
        site,
        fact.register,
        fact.administered,
        when,
        person=fact.person,
        prescriber=order.prescriber if order else None,
        session=fact.dose,
        document=fact.order,
    )
    if fact.wasted:
        site = waste(
            site,
            fact.register,
            fact.wasted,
            when,
            reason=RESIDUE,
            session=fact.dose,
            person=fact.person,
        )
    if order is not None:
        site = site.put(replace(order, given=order.given + fact.administered))
    before = patient_of(site, fact.person)
    dose = Dose(when.happened_at, fact.day, fact.drug, fact.administered, fact.dose)
    patient = after_dose(before, dose, order.sessions if order else before.sessions)
    newest = max(filter(None, (before.last_dose_at, patient.last_dose_at)))
    site = site.put(replace(patient, last_dose_at=newest))
    return locked(site, fact.person, LATE_DOSE, when.recorded_at)


COMMANDS = {"doses.record_late": Rule(RecordLateDose, record, HANDLING)}
FACTS = {"doses.late_recorded": Change(LateDoseRecorded, on_recorded)}
