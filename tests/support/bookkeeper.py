"""A second bookkeeper for controlled-drugs registers, who works in decimal milligrams.

What it enters comes from what was asked, and not from what the rules made of it.
"""

from decimal import Decimal
from typing import Final

from safelight.run.domain.register_entities import (
    DESTROYED,
    OPENING,
    RECEIVED,
    SUPPLIED,
    WASTED,
    Line,
    Register,
)

KEPT: Final = 24  # lines of each register that a footnote may still correct


class Record:
    """A line as the second bookkeeper has it."""

    __slots__ = ("corrected", "key", "order", "stated", "term")

    def __init__(self, key: str, term: str, stated: Decimal, order: str | None) -> None:
        """Note a line, uncorrected."""
        self.key, self.term, self.stated, self.order = key, term, stated, order
        self.corrected = False


class Page:
    """One register as the second bookkeeper has it, in milligrams."""

    __slots__ = (
        "archive",
        "changes",
        "key",
        "lines",
        "prepared",
        "records",
        "seen",
        "strength",
        "terms",
    )

    def __init__(self, key: str, strength: int) -> None:
        """Begin an empty page."""
        self.key, self.strength = key, milligrams(strength)
        self.terms = dict.fromkeys((OPENING, RECEIVED, SUPPLIED, WASTED, DESTROYED), Decimal(0))
        self.prepared = Decimal(0)
        self.changes = self.lines = self.seen = 0
        self.records: list[Record] = []
        self.archive: dict[str, Line] = {}

    @property
    def balance(self) -> Decimal:
        """Add the terms up."""
        terms = self.terms
        left = terms[OPENING] + terms[RECEIVED] - terms[SUPPLIED]
        return left - terms[WASTED] - terms[DESTROYED]

    @property
    def cabinet(self) -> Decimal:
        """Say what should lie in the cabinet."""
        return self.balance - self.prepared

    def note(self, term: str, stated: Decimal, order: str | None = None) -> None:
        """Note the next line; old ones are forgotten."""
        self.lines += 1
        self.records.append(Record(f"{self.key}-{self.lines}", term, stated, order))
        if len(self.records) > KEPT:
            self.archive.pop(self.records.pop(0).key, None)

    def move(self, term: str, quantity: Decimal, order: str | None = None) -> None:
        """Enter a quantity and its line."""
        self.terms[term] += quantity
        self.note(term, quantity, order)


def milligrams(quantity: int) -> Decimal:
    """Return micrograms as decimal milligrams."""
    return Decimal(quantity).scaleb(-3)


def micrograms(quantity: Decimal) -> int:
    """Return decimal milligrams as micrograms."""
    return int(quantity.scaleb(3))


def compare(register: Register, page: Page) -> None:
    """Hold both bookkeepers against each other; every figure agrees, and none is below nothing."""
    terms = page.terms
    assert register.opening == terms[OPENING].scaleb(3)
    assert register.received == terms[RECEIVED].scaleb(3)
    assert register.supplied == terms[SUPPLIED].scaleb(3)
    assert register.wasted == terms[WASTED].scaleb(3)
    assert register.destroyed == terms[DESTROYED].scaleb(3)
    assert register.prepared == page.prepared.scaleb(3)
    assert register.balance == page.balance.scaleb(3) == page.changes
    assert register.balance >= register.cabinet >= 0
    assert register.prepared >= 0
    assert register.lines == page.lines == page.seen
