"""Whatever anybody does to controlled-drugs registers, they add up, to the microgram.

Beside the rules a second bookkeeper adds up decimal milligrams from what was asked, and everything
is looked at after each step. ``test_register_storm`` takes many more steps and looks at less.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from safelight.kernel.errors import Refused
from safelight.run.domain import registry
from safelight.run.domain.base import HANDLING, Actor, Given, Role
from safelight.run.domain.clinic import ledger
from safelight.run.domain.clinic.destruction import APART
from safelight.run.domain.clinic.returns import WITNESSING
from safelight.run.domain.register_entities import (
    COUNTED,
    DESTROYED,
    OPENING,
    RECEIVED,
    SUPPLIED,
    WASTED,
    Line,
    Register,
    Requisition,
)
from tests.support.bookkeeper import Page, compare, milligrams
from tests.support.floors import Fields
from tests.support.registers import AUTHORISE, CY, ROLES, Book, by
from tests.support.sites import NOW, given

SEED = st.integers(0, 2**32 - 1)
PEOPLE = (*ROLES, "s-gil")
STRENGTHS = (100_000, 5_500, 3)
BUSY = 12
# What needs two people, and whom as the second.
SECOND = {
    "register.open": HANDLING,
    "register.waste": HANDLING,
    "register.count": HANDLING,
    "register.correct": HANDLING | APART,
    "register.destroy": APART,
    "discrepancy.resolve": HANDLING,
    "return.destroy": WITNESSING,
}


class Registers(RuleBasedStateMachine):
    """Registers in the hands of people who do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.book = Book()
        self.pages: dict[str, Page] = {}
        self.prepared: list[tuple[str, int]] = []
        self.now = NOW

    # People

    def somebody(self, chance: Random) -> Given:
        """Return who does it: mostly two who may, now and then anybody at any time."""
        if chance.random() < 0.8:
            second = chance.choice(("s-ben", "s-dee", "s-dee", None))
            late = chance.choice((0, 0, 0, 1, 100))
            first = chance.choice(("s-ada", "s-cy"))
            return by(first, second, now=self.now, late=timedelta(hours=late))
        actor, witness = self.anybody(chance), chance.choice((None, self.anybody(chance)))
        who = given(now=self.now, happened_at=self.now - timedelta(hours=chance.choice((0, 0, 5))))
        return who._replace(actor=actor, witness=witness)

    def anybody(self, chance: Random) -> Actor:
        """Return anybody, in any role, with or without a second factor."""
        minutes = chance.choice((0, 0, 0, 5, 6, -1, None))
        proved_at = None if minutes is None else self.now - timedelta(minutes=minutes)
        staff = chance.choice(PEOPLE)
        role = chance.choice((ROLES.get(staff, Role.WORKER), chance.choice(sorted(Role))))
        return Actor(staff, role, proved_at)

    # Doing

    def tap(self, name: str, fields: Fields, who: Given) -> bool:
        """Do something, and return whether it was done."""
        try:
            self.book.tap(name, fields, who)
        except Refused:
            return False
        assert who.actor.role in registry.COMMANDS[name].may
        if name in SECOND:
            assert who.witness is not None
            assert who.witness.staff != who.actor.staff
            assert who.witness.role in SECOND[name]
            for proved_at in (who.actor.proved_at, who.witness.proved_at):
                assert proved_at is not None
                assert timedelta(0) <= who.now - proved_at <= timedelta(minutes=5)
        return True

    def page(self, chance: Random) -> Page:
        """Draw a register that is open."""
        return self.pages[chance.choice(sorted(self.pages))]

    @initialize(seed=SEED)
    def begin(self, seed: int) -> None:
        """Open the first register, and authorise a witness."""
        self.book.tap("destruction_witness.authorise", AUTHORISE, by(CY))
        self.open_one(100_000, 30, by())
        self.opening(seed)

    @rule(seed=SEED)
    def opening(self, seed: int) -> None:
        """Somebody opens a register, or one that is open already."""
        chance = Random(seed)
        strength = chance.choice((*STRENGTHS, 0))
        self.open_one(strength, chance.choice((0, 1, 30, 10**6)), self.somebody(chance))

    def open_one(self, strength: int, units: int, who: Given) -> None:
        """Open a register with so many units."""
        fields: Fields = {"drug": "diamorphine", "form": "ampoule", "strength": strength}
        if self.tap("register.open", {**fields, "units": units}, who):
            found = ledger.register_for(self.book.site, "diamorphine", "ampoule", strength)
            assert found.id not in self.pages
            page = self.pages[found.id] = Page(found.id, strength)
            page.move(OPENING, units * page.strength)

    @rule(seed=SEED)
    def anything(self, seed: int) -> None:
        """Somebody does something."""
        chance = Random(seed)
        happens: list[Callable[[Random], None]] = [
            *[self.dose] * 3,
            *[self.delivery] * 2,
            self.wastage,
            self.count,
            self.count,
            self.discrepancy,
            self.correction,
            self.correction,
            self.destruction,
            self.order,
            self.patient_return,
        ]
        chance.choice(happens)(chance)

    @rule(seed=SEED)
    def busy_hour(self, seed: int) -> None:
        """Much happens, and every figure agrees after each of it."""
        chance = Random(seed)
        for _ in range(BUSY):
            self.now += timedelta(seconds=chance.choice((0, 5, 300)))
            self.anything(chance.getrandbits(32))
            self.both_bookkeepers_agree()

    @rule(hours=st.sampled_from([1, 24, 24 * 20]))
    def time_passes(self, hours: int) -> None:
        """The clock goes on."""
        self.now += timedelta(hours=hours)

    def dose(self, chance: Random) -> None:
        """A dose is prepared, or one that was is given, wasted and put back."""
        who = by(now=self.now)
        if self.prepared and chance.random() < 0.5:
            key, quantity = self.prepared.pop()
            strength = self.book.register(key).strength
            back = chance.randrange(quantity // strength + 1) * strength
            wasted = chance.choice((0, chance.randint(0, quantity - back)))
            given_ = quantity - back - wasted
            page = self.pages[key]
            parts = ((SUPPLIED, given_, ledger.supply), (WASTED, wasted, ledger.waste))
            for term, part, move in parts:
                self.book.move(partial(move, register_id=key, quantity=part, session="v-1"), who)
                page.move(term, milligrams(part))
            self.book.move(partial(ledger.put_back, register_id=key, quantity=back), who)
            page.prepared -= milligrams(quantity)
            return
        page = self.page(chance)
        old = self.book.register(page.key)
        quantity = chance.choice((1, 2, 3)) * old.strength
        if old.cabinet >= quantity:
            self.book.move(partial(ledger.take_out, register_id=page.key, quantity=quantity), who)
            page.prepared += milligrams(quantity)
            self.prepared.append((page.key, quantity))

    def delivery(self, chance: Random) -> None:
        """A delivery comes, on an order or on none."""
        page, units = self.page(chance), chance.choice((0, 1, 10, 10**6))
        orders = [None, *sorted(self.book.site.all_of(Requisition))]
        order = chance.choice(orders)
        left = self.book.site.all_of(Requisition)[order].left if order else units
        fields: Fields = {
            "register": page.key,
            "units": units,
            "batch": "AB12",
            "expires": "2026-01-31",
            "supplier": "Maker Ltd",
            "address": "Leeds",
            "document": "Invoice",
            "requisition": order,
        }
        if self.tap("register.receive", fields, self.somebody(chance)):
            assert 0 < units <= left
            page.move(RECEIVED, units * page.strength)

    def order(self, chance: Random) -> None:
        """An order is signed, or closed."""
        orders = sorted(self.book.site.all_of(Requisition))
        if orders and chance.random() < 0.5:
            fields: Fields = {"requisition": chance.choice(orders), "reason": "cancelled"}
            self.tap("requisition.close", fields, self.somebody(chance))
            return
        fields = {
            "register": self.page(chance).key,
            "units": chance.choice((0, 5, 20)),
            "supplier": "Maker Ltd",
            "address": "Leeds",
            "purpose": chance.choice(("Treatment", " ")),
        }
        self.tap("requisition.sign", fields, self.somebody(chance))

    def wastage(self, chance: Random) -> None:
        """Something of the cabinet is wasted."""
        page, units = self.page(chance), chance.choice((0, 1, 2, 99))
        odd = page.cabinet % page.strength
        part = chance.choice((Decimal(0), odd, odd + Decimal("0.001")))
        fields: Fields = {
            "register": page.key,
            "reason": "broken",
            "units": units,
            "part": int(part.scaleb(3)),
        }
        if self.tap("register.waste", fields, self.somebody(chance)):
            assert part <= odd
            page.move(WASTED, units * page.strength + part)

    def destruction(self, chance: Random) -> None:
        """Stock is destroyed, mostly before the authorised witness."""
        page, units = self.page(chance), chance.choice((0, 1, 3, 99))
        fields: Fields = {
            "register": page.key,
            "units": units,
            "reason": "expired",
            "method": "other",
        }
        who, hands = self.witnessed(chance), self.hands()
        if self.tap("register.destroy", fields, who):
            assert who.witness is not None
            assert who.witness.staff == "s-eve"
            assert "s-eve" not in hands
            assert self.hands() == hands | {who.actor.staff}
            page.move(DESTROYED, units * page.strength)

    def hands(self) -> set[str]:
        """Return everybody who ever had a hand in a register."""
        found = self.book.site.all_of(Register).values()
        return {staff for each in found for staff in each.handlers}

    def witnessed(self, chance: Random) -> Given:
        """Return people of whom one may witness destruction, more often than not."""
        who = self.somebody(chance)
        eve = Actor("s-eve", Role.WITNESS, self.now)
        return who._replace(witness=chance.choice((eve, eve, who.witness)))

    def count(self, chance: Random) -> None:
        """Somebody counts, rightly or wrongly; the balance is what it was."""
        page = self.page(chance)
        units = int(page.cabinet // page.strength) + chance.choice((0, 0, 1, -1))
        before = page.balance
        fields: Fields = {"register": page.key, "units": min(10**6, max(0, units))}
        if self.tap("register.count", fields, self.somebody(chance)):
            page.note(COUNTED, Decimal(0))
            assert milligrams(self.book.register(page.key).balance) == before
            assert self.book.line(page.lines, page.key).change == 0

    def discrepancy(self, chance: Random) -> None:
        """A discrepancy is reported, or resolved with a count."""
        page = self.page(chance)
        key = self.book.register(page.key).discrepancy or "difference-0"
        if chance.random() < 0.4:
            self.tap("discrepancy.report", {"discrepancy": key}, self.somebody(chance))
            return
        units = int(page.cabinet // page.strength) + chance.choice((0, 1, -1))
        units = min(10**6, max(0, units))
        missing = page.cabinet - units * page.strength
        word = chance.choice(("loss", "counted_wrong"))
        fields: Fields = {"discrepancy": key, "resolution": word, "units": units}
        if self.tap("discrepancy.resolve", fields, self.somebody(chance)):
            assert (missing > 0) == (word == "loss")
            assert missing >= 0
            page.note(COUNTED, Decimal(0))
            if missing:
                page.move(WASTED, missing)

    def correction(self, chance: Random) -> None:
        """Somebody corrects a line, and most lines can be corrected."""
        page = self.page(chance)
        record = chance.choice(page.records)
        line = self.book.archive["line", record.key]
        assert isinstance(line, Line)
        was = record.stated + chance.choice((0, 0, 0, 1))
        now = chance.choice(
            (
                Decimal(0),
                milligrams(chance.randint(0, 10**6)),
                max(Decimal(0), record.stated + page.strength * chance.randint(-3, 3)),
            )
        )
        fields: Fields = {
            "line": line.id,
            "was": int(was.scaleb(3)),
            "now": int(now.scaleb(3)),
            "reason": "other",
        }
        who = self.witnessed(chance) if record.term == DESTROYED else self.somebody(chance)
        if self.tap("register.correct", fields, who):
            assert not record.corrected
            assert was == record.stated != now
            record.corrected = True
            page.terms[record.term] += now - was
            page.note(record.term, now)
            assert self.book.archive["line", line.id] == replace(line, corrected_by=page.lines)

    def patient_return(self, chance: Random) -> None:
        """Somebody brings something back, or it is destroyed; no register knows of it."""
        before = dict(self.book.site.all_of(Register))
        fields: Fields = {
            "drug": chance.choice(("methadone", "other")),
            "form": "tablet",
            "strength": 5_000,
            "units": chance.choice((0, 3)),
        }
        self.tap("return.record", fields, self.somebody(chance))
        for key in sorted(self.book.site.parts.get("patient_return", {})):
            destroyed: Fields = {"patient_return": key, "method": "other"}
            self.tap("return.destroy", destroyed, self.witnessed(chance))
        assert dict(self.book.site.all_of(Register)) == before

    # What holds always

    @invariant()
    def both_bookkeepers_agree(self) -> None:
        """Every term is the sum of what was asked, and nothing is below nothing."""
        for key, page in self.pages.items():
            page.seen = page.lines
            page.changes = sum(line.change for line in self.book.lines(key))
            compare(self.book.register(key), page)

    @invariant()
    def lines_run_from_one_without_a_gap(self) -> None:
        """Each line carries the balance on from the one before it."""
        for key in self.pages:
            balance = 0
            for number, line in enumerate(self.book.lines(key), start=1):
                balance += line.change
                assert (line.number, line.register, line.balance) == (number, key, balance)
                assert line.recorded_at >= line.at

    @invariant()
    def what_stands_follows_from_the_journal(self) -> None:
        """Reading it again from the beginning gives the same registers and the same lines."""
        assert self.book.replayed().parts == self.book.site.parts


TestRegisters = Registers.TestCase
