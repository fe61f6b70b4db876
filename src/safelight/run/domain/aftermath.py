"""After an incident: completing the record, the debrief, and who answers for it."""

from msgspec.structs import replace

from safelight.kernel.privacy import (
    Code,
    Flag,
    HealthCode,
    HealthFlag,
    IncidentId,
    Sealed,
    StaffId,
)
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import Completion, Debrief, Incident
from safelight.run.domain.incident import UNKNOWN_KIND, remember_overdose, require_classified
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment


class Complete(Command, frozen=True):
    """Fill in afterwards what nobody had time for."""

    incident: IncidentId
    kind: HealthCode
    substances: tuple[HealthCode, ...] = ()
    kind_reason: HealthCode | None = None
    hospital: HealthFlag = False
    police: HealthFlag = False
    naloxone_batches_checked: Flag = False
    note: Sealed | None = None


class IncidentCompleted(Fact, frozen=True):
    """The record of an incident is complete."""

    incident: IncidentId
    kind: HealthCode
    substances: tuple[HealthCode, ...] = ()
    kind_reason: HealthCode | None = None
    hospital: HealthFlag = False
    police: HealthFlag = False
    naloxone_batches_checked: Flag = False
    note: Sealed | None = None


class HoldDebrief(Command, frozen=True):
    """Record that the team talked it over."""

    incident: IncidentId
    learning: Code
    staff: tuple[StaffId, ...] = ()
    note: Sealed | None = None


class DebriefHeld(Fact, frozen=True):
    """The team talked it over."""

    incident: IncidentId
    learning: Code
    staff: tuple[StaffId, ...]
    note: Sealed | None = None


class Attribute(Command, frozen=True):
    """Say who recorded an emergency that was recorded without signing in."""

    incident: IncidentId
    staff: StaffId | None = None


class IncidentAttributed(Fact, frozen=True):
    """Somebody answers for entries made without signing in."""

    incident: IncidentId
    staff: StaffId


def complete(site: Site, command: Complete, given: Given) -> list[Fact]:
    """Complete a closed incident; its kind is known now, or openly unclassified."""
    incident = site.incident(command.incident)
    if incident.closed_at is None:
        raise refuse(
            "outcome-first",
            "The incident is still running.",
            "Record its outcome first, then complete the record.",
            incident=incident.id,
        )
    _require_whose(site, incident)
    if command.kind == UNKNOWN_KIND:
        raise refuse(
            "kind-classified",
            "The kind of incident is still open.",
            "Choose the kind, or 'unclassified' with a reason.",
            incident=incident.id,
        )
    require_classified(command.kind, command.kind_reason, "kind", given)
    given.protocol.require("incident_kinds", command.kind)
    given.protocol.require("substances", *command.substances)
    return [
        IncidentCompleted(
            incident=incident.id,
            kind=command.kind,
            substances=tuple(sorted(set(command.substances))),
            kind_reason=command.kind_reason,
            hospital=command.hospital,
            police=command.police,
            naloxone_batches_checked=command.naloxone_batches_checked,
            note=command.note,
        )
    ]


def _require_whose(site: Site, incident: Incident) -> None:
    """Refuse to finish, at a clinic, what may have been a patient's overdose: doses wait for it."""
    known = incident.person or incident.visit or incident.about_nobody_here
    if not known and site.all_of(Treatment):
        raise refuse(
            "whose-first",
            "Nobody said yet whose incident this is.",
            "Say it on the incident's page, or that it was nobody who is treated here.",
            incident=incident.id,
        )


def on_completed(site: Site, fact: IncidentCompleted, when: When) -> Site:
    """The record is complete."""
    done = Completion(
        at=when.happened_at,
        staff=when.staff,
        substances=fact.substances,
        kind_reason=fact.kind_reason,
        hospital=fact.hospital,
        police=fact.police,
        naloxone_batches_checked=fact.naloxone_batches_checked,
        note=fact.note,
    )
    incident = replace(site.incident(fact.incident), kind=fact.kind, completion=done)
    return remember_overdose(site.put(incident), incident, when)


def hold_debrief(site: Site, command: HoldDebrief, given: Given) -> list[Fact]:
    """Record a debrief of an incident that is over."""
    incident = site.incident(command.incident)
    given.protocol.require("learning", command.learning)
    if incident.closed_at is None:
        raise refuse(
            "outcome-first",
            "The incident is still running.",
            "Record its outcome first, then debrief.",
            incident=incident.id,
        )
    staff = tuple(sorted({given.actor.staff, *command.staff}))
    return [DebriefHeld(incident.id, command.learning, staff, command.note)]


def on_debriefed(site: Site, fact: DebriefHeld, when: When) -> Site:
    """The debrief is on record."""
    held = Debrief(at=when.happened_at, staff=fact.staff, learning=fact.learning, note=fact.note)
    return site.put(replace(site.incident(fact.incident), debrief=held))


def attribute(site: Site, command: Attribute, given: Given) -> list[Fact]:
    """Answer for an incident that was recorded without signing in."""
    incident = site.incident(command.incident)
    if incident.attributed_to is not None:
        raise refuse(
            "attributed-once",
            f"{incident.attributed_to} answers for this incident already.",
            "Nothing to do.",
            staff=incident.attributed_to,
        )
    return [IncidentAttributed(incident.id, command.staff or given.actor.staff)]


def on_attributed(site: Site, fact: IncidentAttributed, _: When) -> Site:
    """Somebody answers for it."""
    return site.put(replace(site.incident(fact.incident), attributed_to=fact.staff))


COMMANDS = {
    "incident.complete": Rule(Complete, complete, FLOOR),
    "incident.debrief": Rule(HoldDebrief, hold_debrief, FLOOR),
    "incident.attribute": Rule(Attribute, attribute, FLOOR),
}
FACTS = {
    "incident.completed": Change(IncidentCompleted, on_completed),
    "incident.debriefed": Change(DebriefHeld, on_debriefed),
    "incident.attributed": Change(IncidentAttributed, on_attributed),
}
