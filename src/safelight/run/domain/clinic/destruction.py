"""Destruction of stock, before a witness who is authorised and not in day-to-day charge.

Misuse of Drugs Regulations 2001, regulation 27: stock of schedule 2 is destroyed only before an
authorised witness, who is nobody that handles controlled drugs here. What patients brought back is
no stock; see ``returns``.
"""

from typing import Final

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import (
    Batch,
    Citation,
    Code,
    Count,
    Day,
    ItemId,
    Micrograms,
    StaffId,
)
from safelight.run.domain.authority import holds
from safelight.run.domain.base import (
    HANDLING,
    MANAGEMENT,
    Change,
    Command,
    Fact,
    Given,
    Role,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.ledger import (
    enter,
    register_of,
    require_in_cabinet,
    require_since_opening,
    require_whole_units,
)
from safelight.run.domain.clinic.licence import clinic_date
from safelight.run.domain.clinic.proof import require_proof, require_two
from safelight.run.domain.register_entities import DESTROYED, DestructionWitness, Register
from safelight.run.domain.site import Site

# Roles that handle no controlled drugs; an authorisation has to come to them as well.
APART: Final = frozenset({Role.WITNESS, Role.OFFICER, Role.WORKER})


class AuthoriseWitness(Command, frozen=True):
    """Put on file that somebody is authorised to witness destruction."""

    staff: StaffId
    valid_from: Day
    valid_to: Day
    document: Citation


class WitnessAuthorised(Fact, frozen=True):
    """Somebody is authorised to witness destruction."""

    authorisation: ItemId
    staff: StaffId
    valid_from: Day
    valid_to: Day
    document: Citation


class WithdrawWitness(Command, frozen=True):
    """Record that an authorisation no longer holds."""

    authorisation: ItemId
    reason: Code


class WitnessWithdrawn(Fact, frozen=True):
    """An authorisation no longer holds."""

    authorisation: ItemId
    reason: Code


class DestroyStock(Command, frozen=True):
    """Enter stock that was destroyed, such as what has expired."""

    register: ItemId
    units: Count
    reason: Code
    method: Code
    batch: Batch | None = None


class StockDestroyed(Fact, frozen=True):
    """Stock was destroyed before an authorised witness."""

    register: ItemId
    units: Count
    quantity: Micrograms
    reason: Code
    method: Code
    batch: Batch | None = None


def authorise(site: Site, command: AuthoriseWitness, given: Given) -> list[Fact]:
    """Authorise somebody who never had a hand in a register here."""
    require_proof(given)
    if command.valid_to < command.valid_from:
        raise refuse(
            "authorisation-dates",
            f"The authorisation would end ({command.valid_to}) before it begins.",
            "Check both dates against the document.",
            valid_from=command.valid_from,
            valid_to=command.valid_to,
        )
    _require_apart(site, command.staff)
    return [
        WitnessAuthorised(
            authorisation=derive_id("dw", given.command),
            staff=command.staff,
            valid_from=command.valid_from,
            valid_to=command.valid_to,
            document=command.document,
        )
    ]


def on_authorised(site: Site, fact: WitnessAuthorised, _: When) -> Site:
    """The authorisation is on file."""
    return site.put(
        DestructionWitness(
            id=fact.authorisation,
            staff=fact.staff,
            valid_from=fact.valid_from,
            valid_to=fact.valid_to,
            document=fact.document,
        )
    )


def withdraw(site: Site, command: WithdrawWitness, given: Given) -> list[Fact]:
    """Withdraw an authorisation that stands."""
    require_proof(given)
    found = site.all_of(DestructionWitness).get(command.authorisation)
    if found is None or found.withdrawn_at is not None:
        raise refuse(
            "authorisation-stands",
            f"No authorisation {command.authorisation} stands here.",
            "Look at the list of authorised witnesses; it may be withdrawn already.",
            authorisation=command.authorisation,
        )
    given.protocol.accept("withdraw_reasons", command.reason)
    return [WitnessWithdrawn(found.id, command.reason)]


def on_withdrawn(site: Site, fact: WitnessWithdrawn, when: When) -> Site:
    """The authorisation stays on file, with the time from which it no longer holds."""
    old = site.all_of(DestructionWitness)[fact.authorisation]
    return site.put(replace(old, withdrawn_at=when.recorded_at))


def destroy(site: Site, command: DestroyStock, given: Given) -> list[Fact]:
    """Enter a destruction before an authorised witness."""
    require_destruction_witness(site, given)
    register = register_of(site, command.register)
    require_since_opening(register, given)
    given.protocol.require("destruction_reasons", command.reason)
    given.protocol.require("destruction_methods", command.method)
    quantity = command.units * register.strength
    require_whole_units(register, quantity)
    require_in_cabinet(register, quantity)
    return [
        StockDestroyed(
            register=register.id,
            units=command.units,
            quantity=quantity,
            reason=command.reason,
            method=command.method,
            batch=command.batch,
        )
    ]


def on_destroyed(site: Site, fact: StockDestroyed, when: When) -> Site:
    """The balance falls, and the line names the witness."""
    old = site.all_of(Register)[fact.register]
    return enter(
        site,
        replace(old, destroyed=old.destroyed + fact.quantity),
        when,
        kind=DESTROYED,
        change=-fact.quantity,
        units=fact.units,
        batch=fact.batch,
        reason=fact.reason,
        method=fact.method,
    )


def require_destruction_witness(site: Site, given: Given) -> str:
    """Return the witness, who is authorised today and on the day, and handles no drugs here."""
    witness = require_two(given, APART)
    _require_apart(site, witness)
    today = clinic_date(site, given)
    timezone = site.premises.timezone if site.premises else "UTC"
    days = {today, local_day(given.happened_at, timezone)}
    for document in site.all_of(DestructionWitness).values():
        if document.staff == witness and all(holds(document, day) for day in days):
            return witness
    raise refuse(
        "witness-authorised",
        f"{witness} is not authorised to witness destruction on {min(days)}.",
        "A manager puts the authorisation on file; or ask somebody whose authorisation holds.",
        witness=witness,
    )


def _require_apart(site: Site, staff: str) -> None:
    for register in site.all_of(Register).values():
        if staff in register.handlers:
            raise refuse(
                "witness-apart",
                f"{staff} has handled drugs of the register {register.id}.",
                "The witness is somebody who handles no controlled drugs here.",
                staff=staff,
                register=register.id,
            )


COMMANDS = {
    "destruction_witness.authorise": Rule(AuthoriseWitness, authorise, MANAGEMENT),
    "destruction_witness.withdraw": Rule(WithdrawWitness, withdraw, MANAGEMENT),
    "register.destroy": Rule(DestroyStock, destroy, HANDLING),
}
FACTS = {
    "destruction_witness.authorised": Change(WitnessAuthorised, on_authorised),
    "destruction_witness.withdrawn": Change(WitnessWithdrawn, on_withdrawn),
    "register.destroyed": Change(StockDestroyed, on_destroyed),
}
