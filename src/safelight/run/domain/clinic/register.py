"""The controlled-drugs register: opened, received into, wasted from.

One for each drug, form and strength at these premises.
"""

from typing import Final

from msgspec.structs import replace

from safelight.kernel.ids import derive_random_id
from safelight.kernel.privacy import (
    Batch,
    Citation,
    Code,
    Count,
    Day,
    ItemId,
    Label,
    Micrograms,
)
from safelight.run.domain.base import HANDLING, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.ledger import (
    enter,
    find_register,
    register_of,
    require_in_cabinet,
    require_room,
    require_since_opening,
    require_whole_units,
)
from safelight.run.domain.clinic.ledger import waste as wasted
from safelight.run.domain.clinic.proof import require_now, require_proof, require_two
from safelight.run.domain.clinic.requisition import receive_against, require_left
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.register_entities import OPENING, RECEIVED, Register
from safelight.run.domain.site import Site

# An id of a line is that of its register and a number, and both keep to the limit of an id.
LONGEST_ID: Final = 52
LONGEST_STEM: Final = 31  # leaves room for the digest that derive_random_id appends


class OpenRegister(Command, frozen=True):
    """Open the register of a drug, form and strength with what two people counted."""

    drug: Code
    form: Code
    strength: Micrograms  # in one unit
    units: Count = 0


class RegisterOpened(Fact, frozen=True):
    """A register was opened with its opening stock."""

    register: ItemId
    drug: Code
    form: Code
    strength: Micrograms
    units: Count


class ReceiveStock(Command, frozen=True):
    """Enter what was obtained from a supplier."""

    register: ItemId
    units: Count
    batch: Batch
    expires: Day
    supplier: Label
    address: Citation
    document: Citation  # the invoice or delivery note
    requisition: ItemId | None = None


class StockObtained(Fact, frozen=True):
    """Stock was obtained from a supplier."""

    register: ItemId
    units: Count
    quantity: Micrograms
    batch: Batch
    expires: Day
    supplier: Label
    address: Citation
    document: Citation
    requisition: ItemId | None = None


class WasteStock(Command, frozen=True):
    """Enter stock of the cabinet that can no longer be used, such as a broken ampoule.

    ``part`` is for the part of a unit that a footnote, or a dose recorded late, left in the book.
    """

    register: ItemId
    reason: Code
    units: Count = 0
    part: Micrograms = 0


class StockWasted(Fact, frozen=True):
    """Stock of the cabinet was wasted."""

    register: ItemId
    quantity: Micrograms
    reason: Code


def open_register(site: Site, command: OpenRegister, given: Given) -> list[Fact]:
    """Open a register that is not there yet; the opening stock is counted by two people."""
    require_two(given, HANDLING)
    require_now(given, "Opening stock")
    if command.drug not in given.protocol.words("oral_drugs"):
        given.protocol.require("drugs", command.drug)
    given.protocol.require("drug_forms", command.form)
    found = find_register(site, command.drug, command.form, command.strength)
    if found is not None:
        raise refuse(
            "register-once",
            f"The register {found.id} is for this drug, form and strength.",
            "Go on with it; opening stock is entered once.",
            register=found.id,
        )
    if command.strength < 1:
        raise refuse(
            "register-strength",
            "A unit of 0 mg is no unit.",
            "Read the strength of one unit off the box.",
            strength=command.strength,
        )
    require_room(command.units * command.strength)
    key = register_id(site, command.drug, command.form, command.strength)
    return [RegisterOpened(key, command.drug, command.form, command.strength, command.units)]


def register_id(site: Site, drug: str, form: str, strength: int) -> str:
    """Return the id of a new register, such as ``cd-diamorphine-ampoule-100mg``."""
    strong = in_figures(strength).replace(".", "-")
    text = f"cd-{drug}-{form}-{strong}mg".replace("_", "-")
    # Codes that differ only in where their words part would share the id.
    if len(text) > LONGEST_ID or text in site.all_of(Register):
        return derive_random_id(text[:LONGEST_STEM], f"{drug}|{form}|{strength}")
    return text


def on_opened(site: Site, fact: RegisterOpened, when: When) -> Site:
    """The register stands with its first line."""
    opening = fact.units * fact.strength
    register = Register(
        id=fact.register,
        drug=fact.drug,
        form=fact.form,
        strength=fact.strength,
        opened_at=when.recorded_at,
        opening=opening,
        counted_at=when.recorded_at,
    )
    return enter(site, register, when, kind=OPENING, change=opening, units=fact.units)


def receive(site: Site, command: ReceiveStock, given: Given) -> list[Fact]:
    """Enter a delivery, today's or one that nobody entered in time."""
    require_proof(given)
    if given.witness is not None:
        require_two(given, HANDLING)
    register = register_of(site, command.register)
    require_since_opening(register, given)
    quantity = command.units * register.strength
    require_whole_units(register, quantity)
    require_room(quantity, register.opening + register.received)
    if command.requisition is not None:
        require_left(site, command.requisition, register.id, command.units)
    return [
        StockObtained(
            register=register.id,
            units=command.units,
            quantity=quantity,
            batch=command.batch,
            expires=command.expires,
            supplier=command.supplier,
            address=command.address,
            document=command.document,
            requisition=command.requisition,
        )
    ]


def on_obtained(site: Site, fact: StockObtained, when: When) -> Site:
    """The balance rises, and the requisition is met that far."""
    site = receive_against(site, fact.requisition, fact.units, when)
    old = site.all_of(Register)[fact.register]
    return enter(
        site,
        replace(old, received=old.received + fact.quantity),
        when,
        kind=RECEIVED,
        change=fact.quantity,
        units=fact.units,
        batch=fact.batch,
        expires=fact.expires,
        supplier=fact.supplier,
        address=fact.address,
        document=fact.document,
        requisition=fact.requisition,
    )


def waste(site: Site, command: WasteStock, given: Given) -> list[Fact]:
    """Enter wastage of the cabinet, before two people."""
    require_two(given, HANDLING)
    register = register_of(site, command.register)
    require_since_opening(register, given)
    given.protocol.require("wastage_reasons", command.reason)
    quantity = command.units * register.strength
    if quantity or not command.part:
        require_whole_units(register, quantity)
    left = register.cabinet % register.strength
    if command.part > left:
        raise refuse(
            "part-left",
            f"The register has {in_figures(left)} mg of a part unit in the cabinet, not "
            f"{in_figures(command.part)} mg.",
            "Enter whole units; what is left of a dose is wasted in its session.",
            register=register.id,
            part=command.part,
            left=left,
        )
    require_in_cabinet(register, quantity + command.part)
    return [StockWasted(register.id, quantity + command.part, command.reason)]


def on_wasted(site: Site, fact: StockWasted, when: When) -> Site:
    """The balance falls."""
    return wasted(site, fact.register, fact.quantity, when, reason=fact.reason)


COMMANDS = {
    "register.open": Rule(OpenRegister, open_register, HANDLING),
    "register.receive": Rule(ReceiveStock, receive, HANDLING),
    "register.waste": Rule(WasteStock, waste, HANDLING),
}
FACTS = {
    "register.opened": Change(RegisterOpened, on_opened),
    "register.received": Change(StockObtained, on_obtained),
    "register.wasted": Change(StockWasted, on_wasted),
}
