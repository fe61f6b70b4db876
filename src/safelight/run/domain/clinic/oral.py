"""The part of an order that is taken by mouth, mainly for the night: given, within the day's limit.

It is not injected, so no session has to be going on; locks, consent and dates hold all the same.
"""

from msgspec.structs import replace

from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import DoseMicrograms, HealthDay, ItemId, PersonId, VisitId
from safelight.run.domain.base import HANDLING, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.day import clinic_day
from safelight.run.domain.clinic.gate import require_order_now, require_treated
from safelight.run.domain.clinic.ledger import (
    register_of,
    require_in_cabinet,
    supply,
    take_out,
)
from safelight.run.domain.clinic.patient import patient_of, require_unlocked
from safelight.run.domain.clinic.proof import require_now, require_trusted_clock, require_two
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.site import Site


class GiveOral(Command, frozen=True):
    """Give what is taken by mouth, measured by two people."""

    person: PersonId
    order: ItemId
    register: ItemId
    quantity: DoseMicrograms


class OralGiven(Fact, frozen=True):
    """What is taken by mouth was given, and taken here."""

    dose: VisitId
    person: PersonId
    order: ItemId
    register: ItemId
    quantity: DoseMicrograms
    day: HealthDay


def give(site: Site, command: GiveOral, given: Given) -> list[Fact]:
    """Give no more by mouth in a clinic day than the order says."""
    require_now(given, "A dose by mouth")
    require_two(given, HANDLING)
    require_trusted_clock(given)
    require_treated(site, command.person, given)
    patient = patient_of(site, command.person)
    require_unlocked(site, patient, given)
    order = require_order_now(site, command.person, command.order, given)
    register = register_of(site, command.register)
    if register.drug != order.oral_drug:
        raise refuse(
            "oral-register",
            f"The order says {order.oral_drug or 'nothing'} by mouth; this register holds "
            f"{register.drug}.",
            "Take it from a register of the drug that was ordered.",
            register=register.id,
        )
    today = clinic_day(site, given)
    _require_left(patient, order, command.quantity, had=oral_on(patient, today))
    require_in_cabinet(register, command.quantity)
    dose = derive_id("or", given.command)
    return [OralGiven(dose, command.person, order.id, register.id, command.quantity, today)]


def _require_left(patient: Patient, order: Prescription, quantity: int, *, had: int) -> None:
    if not 0 < quantity <= order.oral - had:
        raise refuse(
            "oral-daily",
            f"{in_figures(had)} mg of the day's {in_figures(order.oral)} mg by mouth were given; "
            f"{in_figures(quantity)} mg cannot be.",
            "Give more than 0 and at most what is left; a prescriber signs anything else.",
            person=patient.id,
            quantity=quantity,
        )


def oral_on(patient: Patient, day: object) -> int:
    """Return what a patient had by mouth on a clinic day, in micrograms."""
    return patient.oral if patient.oral_on == day else 0


def on_given(site: Site, fact: OralGiven, when: When) -> Site:
    """The register and the day's limit know of it."""
    patient = patient_of(site, fact.person)
    had = oral_on(patient, fact.day)
    site = site.put(replace(patient, oral_on=fact.day, oral=had + fact.quantity))
    order = site.all_of(Prescription).get(fact.order)
    site = take_out(site, fact.register, fact.quantity, when)
    return supply(
        site,
        fact.register,
        fact.quantity,
        when,
        person=fact.person,
        prescriber=order.prescriber if order else None,
        session=fact.dose,
        document=fact.order,
    )


COMMANDS = {"oral.give": Rule(GiveOral, give, HANDLING)}
FACTS = {"oral.given": Change(OralGiven, on_given)}
