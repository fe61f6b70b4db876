"""Counts of controlled drugs, by two people. A count never changes a balance.

Where the cabinet differs from the register, a discrepancy is opened and stays until it is
explained: a footnote, an entry that was missing, or a loss that is written off as one. Doses go
on meanwhile; nobody is refused treatment for a miscount.
"""

from msgspec.structs import replace

from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import Count, ItemId, Micrograms
from safelight.run.domain.base import HANDLING, Change, Command, Fact, Given, Rule, When
from safelight.run.domain.clinic.ledger import enter, register_of, require_room
from safelight.run.domain.clinic.proof import require_now, require_two
from safelight.run.domain.register_entities import COUNTED, Discrepancy, Register
from safelight.run.domain.site import Site


class CountRegister(Command, frozen=True):
    """Say how many units lie in the cabinet; what is prepared is not among them."""

    register: ItemId
    units: Count


class RegisterCounted(Fact, frozen=True):
    """Two people counted: what should be in the cabinet, and what was."""

    register: ItemId
    units: Count
    expected: Micrograms
    counted: Micrograms


class DiscrepancyOpened(Fact, frozen=True):
    """A count differed from the register."""

    discrepancy: ItemId
    register: ItemId
    expected: Micrograms
    counted: Micrograms


def count(site: Site, command: CountRegister, given: Given) -> list[Fact]:
    """Compare the cabinet with the register; a difference is opened as a discrepancy."""
    require_two(given, HANDLING)
    require_now(given, "A count")
    register = register_of(site, command.register)
    counted = counted_as(register, command.units)
    if register.discrepancy is not None or counted.counted == counted.expected:
        return [counted]
    key = derive_id("difference", given.command)
    return [counted, DiscrepancyOpened(key, register.id, counted.expected, counted.counted)]


def counted_as(register: Register, units: int) -> RegisterCounted:
    """Return the fact that so many units were counted."""
    quantity = units * register.strength
    require_room(quantity)
    return RegisterCounted(register.id, units, register.cabinet, quantity)


def on_counted(site: Site, fact: RegisterCounted, when: When) -> Site:
    """The count stands on a line, and the balance is what it was."""
    register = replace(site.all_of(Register)[fact.register], counted_at=when.recorded_at)
    return enter(site, register, when, kind=COUNTED, units=fact.units, counted=fact.counted)


def on_discrepancy(site: Site, fact: DiscrepancyOpened, when: When) -> Site:
    """The discrepancy is open, and the register says so."""
    register = site.all_of(Register)[fact.register]
    return site.put(replace(register, discrepancy=fact.discrepancy)).put(
        Discrepancy(
            id=fact.discrepancy,
            register=fact.register,
            found_at=when.recorded_at,
            staff=when.staff,
            witness=when.witness,
            expected=fact.expected,
            counted=fact.counted,
        )
    )


COMMANDS = {"register.count": Rule(CountRegister, count, HANDLING)}
FACTS = {
    "register.counted": Change(RegisterCounted, on_counted),
    "discrepancy.opened": Change(DiscrepancyOpened, on_discrepancy),
}
