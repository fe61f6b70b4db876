"""Controlled drugs that a patient brought back: a record of their own, and never stock.

They need no authorised witness, and two people all the same (PSNC on patient-returned drugs).
"""

from typing import Final

from msgspec.structs import replace

from safelight.kernel.ids import derive_random_id
from safelight.kernel.privacy import Code, Count, HealthCode, ItemId, Micrograms, PersonId
from safelight.run.domain.base import (
    HANDLING,
    INSPECTING,
    Change,
    Command,
    Fact,
    Given,
    Role,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.ledger import require_room
from safelight.run.domain.clinic.proof import require_proof, require_two
from safelight.run.domain.register_entities import PatientReturn
from safelight.run.domain.site import Site

WITNESSING: Final = INSPECTING | {Role.WITNESS}


class RecordReturn(Command, frozen=True):
    """Take back what somebody brought; they need not say who they are."""

    drug: HealthCode
    form: HealthCode
    strength: Micrograms  # in one unit
    units: Count
    person: PersonId | None = None


class ReturnRecorded(Fact, frozen=True):
    """Somebody brought controlled drugs back."""

    patient_return: ItemId
    drug: HealthCode
    form: HealthCode
    strength: Micrograms
    units: Count
    person: PersonId | None = None


class DestroyReturn(Command, frozen=True):
    """Destroy what was brought back."""

    patient_return: ItemId
    method: Code


class ReturnDestroyed(Fact, frozen=True):
    """What was brought back was destroyed."""

    patient_return: ItemId
    method: Code


def record(site: Site, command: RecordReturn, given: Given) -> list[Fact]:
    """Record what was brought back, apart from the register."""
    require_proof(given)
    given.protocol.require("returned_drugs", command.drug)
    given.protocol.require("drug_forms", command.form)
    if command.person is not None:
        site.person(command.person)
    if not (command.units and command.strength):
        raise refuse(
            "return-some",
            f"{command.units} units are nothing to record, or their strength is missing.",
            "Count what was brought back, and read the strength of one unit off it.",
            units=command.units,
            strength=command.strength,
        )
    require_room(command.units * command.strength)
    return [
        ReturnRecorded(
            patient_return=derive_random_id("return", given.command),
            drug=command.drug,
            form=command.form,
            strength=command.strength,
            units=command.units,
            person=command.person,
        )
    ]


def on_recorded(site: Site, fact: ReturnRecorded, when: When) -> Site:
    """It waits to be destroyed; no register and no stock changes."""
    return site.put(
        PatientReturn(
            id=fact.patient_return,
            drug=fact.drug,
            form=fact.form,
            strength=fact.strength,
            units=fact.units,
            returned_at=when.happened_at,
            staff=when.staff,
            person=fact.person,
        )
    )


def destroy(site: Site, command: DestroyReturn, given: Given) -> list[Fact]:
    """Destroy it before another person."""
    require_two(given, WITNESSING)
    found = site.all_of(PatientReturn).get(command.patient_return)
    if found is None or found.destroyed_at is not None:
        raise refuse(
            "return-kept",
            f"Nothing that was brought back is kept here under {command.patient_return}.",
            "Look at the list of returns; it may have been destroyed already.",
            patient_return=command.patient_return,
        )
    if given.happened_at < found.returned_at:
        raise refuse(
            "return-then-destroyed",
            f"It was brought back on {found.returned_at:%d %B %H:%M} UTC, and destroyed before.",
            "Check the time.",
            patient_return=found.id,
            happened_at=given.happened_at,
        )
    given.protocol.require("destruction_methods", command.method)
    return [ReturnDestroyed(found.id, command.method)]


def on_destroyed(site: Site, fact: ReturnDestroyed, when: When) -> Site:
    """The record says when, by whom and before whom."""
    old = site.all_of(PatientReturn)[fact.patient_return]
    return site.put(
        replace(
            old,
            destroyed_at=when.happened_at,
            destroyed_by=when.staff,
            witness=when.witness,
            method=fact.method,
        )
    )


COMMANDS = {
    "return.record": Rule(RecordReturn, record, HANDLING),
    "return.destroy": Rule(DestroyReturn, destroy, HANDLING),
}
FACTS = {
    "return.recorded": Change(ReturnRecorded, on_recorded),
    "return.destroyed": Change(ReturnDestroyed, on_destroyed),
}
