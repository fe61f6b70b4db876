"""Requisitions: what is ordered from a supplier, signed by somebody who may.

Misuse of Drugs Regulations 2001, regulation 14: signed, with the recipient's name, address and
profession, the purpose and the total quantity. The recipient is whoever signs at these premises.
"""

from msgspec.structs import replace

from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import Citation, Code, Count, ItemId, Label
from safelight.run.domain.base import (
    MANAGEMENT,
    PRESCRIBING,
    Change,
    Command,
    Fact,
    Given,
    Role,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.ledger import register_of, require_room, require_whole_units
from safelight.run.domain.clinic.proof import require_now, require_proof
from safelight.run.domain.register_entities import Requisition
from safelight.run.domain.site import Site

ORDERING = PRESCRIBING | MANAGEMENT | {Role.PHARMACIST}


class SignRequisition(Command, frozen=True):
    """Order stock for a register."""

    register: ItemId
    units: Count
    supplier: Label
    address: Citation
    purpose: Citation


class RequisitionSigned(Fact, frozen=True):
    """Stock was ordered."""

    requisition: ItemId
    register: ItemId
    units: Count
    supplier: Label
    address: Citation
    purpose: Citation
    profession: Code


class CloseRequisition(Command, frozen=True):
    """Expect no more of what was ordered."""

    requisition: ItemId
    reason: Code


class RequisitionClosed(Fact, frozen=True):
    """No more is expected of what was ordered."""

    requisition: ItemId
    reason: Code


def sign(site: Site, command: SignRequisition, given: Given) -> list[Fact]:
    """Sign an order for a register that is open."""
    require_proof(given)
    require_now(given, "A requisition")
    register = register_of(site, command.register)
    require_whole_units(register, command.units * register.strength)
    require_room(command.units * register.strength)
    if not (command.address.strip() and command.purpose.strip()):
        raise refuse(
            "requisition-complete",
            "A requisition names the supplier's address and what the drugs are for.",
            "Fill both in; regulation 14 wants them.",
            register=register.id,
        )
    return [
        RequisitionSigned(
            requisition=derive_id("rq", given.command),
            register=register.id,
            units=command.units,
            supplier=command.supplier,
            address=command.address,
            purpose=command.purpose,
            profession=given.actor.role.value,
        )
    ]


def on_signed(site: Site, fact: RequisitionSigned, when: When) -> Site:
    """The order stands until all of it came, or until it is closed."""
    return site.put(
        Requisition(
            id=fact.requisition,
            register=fact.register,
            supplier=fact.supplier,
            address=fact.address,
            purpose=fact.purpose,
            units=fact.units,
            signed_at=when.recorded_at,
            signed_by=when.staff,
            profession=fact.profession,
        )
    )


def close(site: Site, command: CloseRequisition, given: Given) -> list[Fact]:
    """Close an order of which no more will come."""
    require_proof(given)
    found = _open(site, command.requisition)
    given.protocol.require("requisition_close_reasons", command.reason)
    return [RequisitionClosed(found.id, command.reason)]


def on_closed(site: Site, fact: RequisitionClosed, when: When) -> Site:
    """Nothing can be received against the order any more."""
    old = site.all_of(Requisition)[fact.requisition]
    return site.put(replace(old, closed_at=when.recorded_at, closed_for=fact.reason))


def require_left(site: Site, key: str, register: str, units: int) -> None:
    """Refuse a receipt against an order that is closed, for other stock, or for fewer units."""
    found = _open(site, key)
    if found.register != register:
        raise refuse(
            "requisition-register",
            f"The requisition is for {found.register}, and this is {register}.",
            "Choose the requisition of this register, or leave it out.",
            requisition=key,
            register=register,
        )
    if units > found.left:
        raise refuse(
            "requisition-left",
            f"Of {found.units} units that were ordered {found.left} are still to come, not "
            f"{units}.",
            "Send back what was not ordered, or enter it without the requisition.",
            requisition=key,
            left=found.left,
            units=units,
        )


def receive_against(site: Site, key: str | None, units: int, when: When) -> Site:
    """Units came on an order, or a footnote says that so many fewer did; all of it closes it."""
    found = site.all_of(Requisition).get(key) if key else None
    if found is None:
        return site
    found = replace(found, received=max(0, found.received + units))
    if not found.left and found.closed_at is None:
        found = replace(found, closed_at=when.recorded_at)
    return site.put(found)


def _open(site: Site, key: str) -> Requisition:
    found = site.all_of(Requisition).get(key)
    if found is None or found.closed_at is not None:
        raise refuse(
            "requisition-open",
            f"No requisition {key} is open here.",
            "Look at the list of requisitions; all of it may have come already.",
            requisition=key,
        )
    return found


COMMANDS = {
    "requisition.sign": Rule(SignRequisition, sign, ORDERING),
    "requisition.close": Rule(CloseRequisition, close, ORDERING),
}
FACTS = {
    "requisition.signed": Change(RequisitionSigned, on_signed),
    "requisition.closed": Change(RequisitionClosed, on_closed),
}
