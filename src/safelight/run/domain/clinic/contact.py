"""Counselling and other psychosocial contacts: planned, then attended, missed or cancelled."""

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.ids import derive_random_id
from safelight.kernel.privacy import HealthCode, HealthInstant, ItemId, Sealed, StaffId
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.licence import clinic_date
from safelight.run.domain.clinic.referral import changed, open_treatment, treatment_of
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import (
    ATTENDED,
    CANCELLED,
    PLANNED,
    Contact,
    Treatment,
)


class PlanContact(Command, frozen=True):
    """Plan a contact, with oneself or with a colleague."""

    treatment: ItemId
    kind: HealthCode
    planned_for: HealthInstant
    staff: StaffId | None = None


class ContactPlanned(Fact, frozen=True):
    """A contact was planned."""

    treatment: ItemId
    contact: ItemId
    kind: HealthCode
    planned_for: HealthInstant
    staff: StaffId


class RecordContact(Command, frozen=True):
    """Say what became of a planned contact, or that one took place without a plan."""

    treatment: ItemId
    result: HealthCode
    contact: ItemId | None = None
    kind: HealthCode | None = None
    note: Sealed | None = None


class ContactRecorded(Fact, frozen=True):
    """A contact was attended, missed or cancelled; one without a plan brings its kind."""

    treatment: ItemId
    contact: ItemId
    result: HealthCode
    kind: HealthCode | None = None
    note: Sealed | None = None


def plan(site: Site, command: PlanContact, given: Given) -> list[Fact]:
    """Plan a contact for a time to come."""
    treatment = open_treatment(site, command.treatment)
    given.protocol.require("contact_kinds", command.kind)
    if command.planned_for <= given.now:
        raise refuse(
            "contact-ahead",
            f"The contact would be planned for {command.planned_for:%d %B %Y %H:%M %Z}, which has "
            "passed.",
            "Record a contact that took place as attended, without a plan.",
            planned_for=command.planned_for,
        )
    return [
        ContactPlanned(
            treatment=treatment.id,
            contact=derive_random_id("contact", given.command),
            kind=command.kind,
            planned_for=command.planned_for,
            staff=command.staff or given.actor.staff,
        )
    ]


def on_planned(site: Site, fact: ContactPlanned, _: When) -> Site:
    """The contact is on the list."""
    new = Contact(id=fact.contact, kind=fact.kind, planned_for=fact.planned_for, staff=fact.staff)
    old = treatment_of(site, fact.treatment).contacts
    return changed(site, fact.treatment, contacts=(*old, new))


def record(site: Site, command: RecordContact, given: Given) -> list[Fact]:
    """Record what became of a contact, once."""
    treatment = open_treatment(site, command.treatment)
    given.protocol.require("contact_results", command.result)
    if command.contact is None:
        return [_unplanned(treatment, command, given)]
    planned = _require_planned(treatment, command.contact)
    _require_its_day(site, planned, command, given)
    return [ContactRecorded(treatment.id, planned.id, command.result, None, command.note)]


def on_recorded(site: Site, fact: ContactRecorded, when: When) -> Site:
    """A planned contact is settled; one without a plan is on the list from its own time."""
    old = treatment_of(site, fact.treatment).contacts
    if fact.kind is not None:
        new = Contact(
            id=fact.contact,
            kind=fact.kind,
            planned_for=when.happened_at,
            staff=when.staff,
            state=fact.result,
            note=fact.note,
        )
        return changed(site, fact.treatment, contacts=(*old, new))
    contacts = tuple(
        replace(each, state=fact.result, staff=when.staff, note=fact.note)
        if each.id == fact.contact
        else each
        for each in old
    )
    return changed(site, fact.treatment, contacts=contacts)


def _unplanned(treatment: Treatment, command: RecordContact, given: Given) -> ContactRecorded:
    if command.result != ATTENDED or command.kind is None:
        raise refuse(
            "contact-unplanned",
            "A contact without a plan has a kind and was attended.",
            "Choose the planned contact, or say what kind it was and that it took place.",
            result=command.result,
            kind=command.kind,
        )
    given.protocol.require("contact_kinds", command.kind)
    contact = derive_random_id("contact", given.command)
    return ContactRecorded(treatment.id, contact, ATTENDED, command.kind, command.note)


def _require_planned(treatment: Treatment, key: str) -> Contact:
    for contact in treatment.contacts:
        if contact.id == key and contact.state == PLANNED:
            return contact
    raise refuse(
        "contact-planned",
        f"No contact {key} of this patient is still planned.",
        "Look at the list of contacts; a colleague may have recorded it already.",
        contact=key,
    )


def _require_its_day(site: Site, contact: Contact, command: RecordContact, given: Given) -> None:
    """A contact may be cancelled ahead of its day, and neither attended nor missed."""
    timezone = site.premises.timezone if site.premises else "UTC"
    day = local_day(contact.planned_for, timezone)
    if command.result != CANCELLED and clinic_date(site, given) < day:
        raise refuse(
            "contact-day",
            f"The contact is planned for {day}, which has not come.",
            "Cancel it, or wait; what took place today is recorded without a plan.",
            contact=contact.id,
            day=day,
        )


COMMANDS = {
    "contact.plan": Rule(PlanContact, plan, FLOOR),
    "contact.record": Rule(RecordContact, record, FLOOR),
}
FACTS = {
    "contact.planned": Change(ContactPlanned, on_planned),
    "contact.recorded": Change(ContactRecorded, on_recorded),
}
