"""Prints of a register, which show names: each leaves an entry that says what left, and for whom.

The names are looked up and the pages are set before; nobody is handed them until the entry stands.
"""

from typing import Final

from safelight.kernel.privacy import Code, Day, Digest, ItemId, Total
from safelight.run.domain.base import (
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
from safelight.run.domain.clinic.ledger import register_of
from safelight.run.domain.register_entities import Register
from safelight.run.domain.site import Site

PRINTING: Final = MANAGEMENT | {Role.PHARMACIST, Role.OFFICER}


class PrintRegister(Command, frozen=True):
    """Print lines of a register of these premises in a layout; ``digest`` is of the file."""

    register: ItemId
    site: ItemId  # that the print is of
    layout: ItemId
    layout_digest: Digest
    lines: Total
    digest: Digest
    reason: Code
    first: Day | None = None
    last: Day | None = None


class RegisterPrinted(Fact, frozen=True):
    """A register was printed, with the names of those in it."""

    register: ItemId
    layout: ItemId
    layout_digest: Digest
    lines: Total
    digest: Digest
    reason: Code
    first: Day | None = None
    last: Day | None = None


def print_register(site: Site, command: PrintRegister, _: Given) -> list[Fact]:
    """Let a print leave; it is of these premises and holds no more lines than there are."""
    register = require_printable(site, command.register, command.site)
    if command.first and command.last and command.last < command.first:
        raise refuse(
            "print-period",
            f"The print would end ({command.last}) before it begins ({command.first}).",
            "Give the first day and the last in their order, or leave both empty for all lines.",
            first=command.first,
            last=command.last,
        )
    if command.lines > register.lines:
        raise refuse(
            "print-lines",
            f"The print has {command.lines} lines, and the register has {register.lines}.",
            "Check the register against its journal before anything is printed.",
            lines=command.lines,
        )
    return [
        RegisterPrinted(
            register=register.id,
            layout=command.layout,
            layout_digest=command.layout_digest,
            lines=command.lines,
            digest=command.digest,
            reason=command.reason,
            first=command.first,
            last=command.last,
        )
    ]


def require_printable(site: Site, register: str, wanted: str) -> Register:
    """Return a register of these premises; refuses those of others, before any name is read."""
    if wanted != site.id:
        raise refuse(
            "print-premises",
            f"The print is of {wanted}, and these are the registers of {site.id}.",
            "Print it where it is kept; each premises have a register of their own.",
            site=wanted,
        )
    return register_of(site, register)


def on_printed(site: Site, _: RegisterPrinted, __: When) -> Site:
    """Nothing in the register changes."""
    return site


COMMANDS = {"register.print": Rule(PrintRegister, print_register, PRINTING)}
FACTS = {"register.printed": Change(RegisterPrinted, on_printed)}
