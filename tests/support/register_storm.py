"""A storm over controlled-drugs registers: random operations, and a second bookkeeper beside them.

The second bookkeeper works in decimal milligrams, from what was asked and not from what the rules
made of it. It also says beforehand whether an operation is possible, so that a refusal too many
is found as well as one too few. Lines are not kept: a storm may be as long as one likes.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Context, Decimal, Inexact, localcontext
from operator import attrgetter
from random import Random
from typing import Final, NamedTuple

from safelight.kernel.errors import Refused
from safelight.run.domain import registry
from safelight.run.domain.base import Actor, Command, Given, Role, When
from safelight.run.domain.clinic import ledger
from safelight.run.domain.clinic.count import CountRegister
from safelight.run.domain.clinic.destruction import AuthoriseWitness, DestroyStock
from safelight.run.domain.clinic.discrepancy import LOSS, Report, Resolve
from safelight.run.domain.clinic.footnote import CorrectLine
from safelight.run.domain.clinic.register import OpenRegister, ReceiveStock, WasteStock
from safelight.run.domain.clinic.requisition import CloseRequisition, SignRequisition
from safelight.run.domain.register_entities import (
    COUNTED,
    DESTROYED,
    OPENING,
    RECEIVED,
    SUPPLIED,
    WASTED,
    Discrepancy,
    Line,
    Register,
    Requisition,
)
from safelight.run.domain.site import Site
from tests.support.bookkeeper import KEPT, Page, Record, compare, micrograms, milligrams
from tests.support.sites import NOW, TODAY, protocol

CHAPTER: Final = 100_000  # operations, after which a new site begins: no register ever fills up
PREPARED_AT_ONCE: Final = 8
STRENGTHS: Final = (100_000, 30_000, 5_500, 7)  # micrograms
HANDLERS: Final = tuple(
    Actor(f"s-{name}", role, NOW)
    for name, role in (
        ("ada", Role.NURSE),
        ("ben", Role.PHARMACIST),
        ("cy", Role.MANAGER),
        ("dee", Role.MANAGER),
    )
)
WITNESS: Final = Actor("s-eve", Role.WITNESS, NOW)
# Pairs of which no two people with a right to it stand there.
NONSENSE: Final = (
    (HANDLERS[0], None),
    (HANDLERS[0], HANDLERS[0]),
    (HANDLERS[0], Actor("s-fay", Role.OFFICER, NOW)),
    (HANDLERS[0], HANDLERS[1]._replace(proved_at=None)),
    (HANDLERS[0]._replace(proved_at=NOW - timedelta(hours=1)), HANDLERS[1]),
    (HANDLERS[0], HANDLERS[1]._replace(proved_at=NOW + timedelta(minutes=1))),
    (Actor("s-gil", Role.WORKER, NOW), HANDLERS[1]),
)
PACK: Final = protocol()
IN_UNITS: Final = frozenset({OPENING, RECEIVED, DESTROYED})
NONSENSICAL: Final = 0.05  # how much is asked by people who may not


class Weather(NamedTuple):
    """What a storm was: how much was done, and how often each rule said no."""

    operations: int
    accepted: int
    lines: int
    refused: Counter[str]


class Storm:
    """One site, its second bookkeeper, and people who do whatever they like."""

    def __init__(self, seed: int) -> None:
        """Begin with the first chapter."""
        self.random = Random(seed)
        self.operations = self.accepted = self.lines = 0
        self.refused: Counter[str] = Counter()
        self.chances: list[Callable[[], None]] = [
            *[self.dose] * 10,
            *[self.receive] * 3,
            self.waste,
            self.count,
            self.resolve,
            self.correct,
            self.correct,
            self.destroy,
            self.order,
        ]
        self.begin()

    def begin(self) -> None:
        """Open registers at a new site."""
        self.site = Site("north")
        self.seq = 0
        self.open: list[tuple[Page, Decimal]] = []
        self.ordered: dict[str, int] = {}
        self.pages: list[Page] = []
        authorised = AuthoriseWitness(WITNESS.staff, TODAY, TODAY, "Made up")
        self.ask("destruction_witness.authorise", authorised, HANDLERS[2], None, possible=True)
        for strength in STRENGTHS:
            command = OpenRegister("diamorphine", "ampoule", strength, 40)
            self.ask("register.open", command, *self.two(), possible=True)
            found = ledger.register_for(self.site, "diamorphine", "ampoule", strength)
            page = Page(found.id, strength)
            self.pages.append(page)
            page.move(OPENING, 40 * page.strength)
            self.settle(page)

    def run(self, operations: int) -> None:
        """Do so many things, each checked as soon as it is done."""
        for _ in range(operations):
            self.operations += 1
            if self.operations % CHAPTER == 0:
                self.begin()
            self.chances[self.below(len(self.chances))]()

    # Chances

    def below(self, limit: int) -> int:
        """Draw a number from 0 to below a limit; quicker than ``randrange``."""
        return int(self.random.random() * limit)

    def page(self) -> Page:
        """Draw a register."""
        return self.pages[self.below(len(self.pages))]

    def few_or_all(self, page: Page) -> int:
        """Draw a few units; or now and then all of the cabinet, and sometimes one more."""
        few = self.below(4)
        return few if self.below(20) else int(page.cabinet // page.strength) + few // 2

    def two(self) -> tuple[Actor, Actor]:
        """Draw two people who may, with a manager in front."""
        first = self.below(4)
        return HANDLERS[first], HANDLERS[(first + 1 + self.below(3)) % 4]

    # Doing

    def ask(
        self,
        name: str,
        command: Command,
        actor: Actor,
        witness: Actor | None,
        *,
        possible: bool,
    ) -> bool:
        """Ask for something, and say whether it was done; it must be so if it is possible."""
        text = f"00000000-0000-4000-8000-{self.seq:012d}"
        given = Given(NOW, NOW, actor, PACK, text, witness)
        facts = []
        try:
            facts = registry.decide(self.site, name, command, given)
        except Refused as refused:
            self.refused[refused.code] += 1
        assert bool(facts) == possible, f"{command} by {actor} and {witness}: {facts}"
        self.accepted += possible
        for fact in facts:
            self.seq += 1
            when = When(self.seq, NOW, NOW, actor.staff, witness.staff if witness else None)
            self.site = registry.evolve(self.site, fact, when)
        return possible

    def asked_by_two(self, page: Page, name: str, command: Command, *, possible: bool) -> bool:
        """Ask by two people; now and then by people who may not, and then nothing is possible."""
        if self.random.random() < NONSENSICAL:
            actor, witness = NONSENSE[self.below(len(NONSENSE))]
            alone_may = witness is None and name == "register.receive"
            done = self.ask(name, command, actor, witness, possible=possible and alone_may)
            return done or self.unchanged(page)
        return self.ask(name, command, *self.two(), possible=possible) or self.unchanged(page)

    def unchanged(self, page: Page) -> bool:
        """Check that a refusal left a register as it was."""
        self.settle(page)
        return False

    def settle(self, page: Page) -> None:
        """Compare both bookkeepers, and go on without the lines that were written."""
        register = self.site.all_of(Register)[page.key]
        lines = [each for each in self.site.changes.values() if isinstance(each, Line)]
        for line in sorted(lines, key=attrgetter("number")):
            self.take_in(page, line)
        self.site = self.site.settled()
        compare(register, page)

    def take_in(self, page: Page, line: Line) -> None:
        """Keep a line for as long as a footnote may correct it."""
        if line.number > page.seen:
            assert line.number == page.seen + 1
            page.seen = line.number
            page.changes += line.change
            self.lines += 1
            assert line.change == 0 or line.kind != COUNTED
        if line.number > page.lines - KEPT:
            page.archive[line.id] = line

    # Operations

    def dose(self) -> None:
        """Prepare a dose, or account for one."""
        if self.below(PREPARED_AT_ONCE) < len(self.open):
            self.account()
        else:
            self.prepare()

    def prepare(self) -> None:
        """Take units, or a part of one, out of the cabinet."""
        page, units = self.page(), self.below(5)
        register = self.site.all_of(Register)[page.key]
        quantity = units * register.strength + (self.below(9) == 0)
        asked = milligrams(quantity)
        possible = 0 < asked <= page.cabinet and asked % page.strength == 0
        try:
            ledger.require_whole_units(register, quantity)
            ledger.require_in_cabinet(register, quantity)
        except Refused as refused:
            self.refused[refused.code] += 1
            quantity = 0
        assert bool(quantity) == possible
        if not possible:
            return
        self.move(page, ledger.take_out, quantity)
        page.prepared += asked
        self.open.append((page, asked))
        self.settle(page)

    def account(self) -> None:
        """Give, waste and put back what was prepared, to the last microgram."""
        page, asked = self.open.pop(self.below(len(self.open)))
        strength = micrograms(page.strength)
        quantity = micrograms(asked)
        back = self.below(quantity // strength + 1) * strength if self.below(4) == 0 else 0
        given = quantity - back - (self.below(quantity - back + 1) if self.below(2) else 0)
        wasted = quantity - back - given
        for move, part, term in (
            (ledger.supply, given, SUPPLIED),
            (ledger.waste, wasted, WASTED),
            (ledger.put_back, back, None),
        ):
            if part:
                self.move(page, move, part)
                page.prepared -= milligrams(part)
                if term:
                    page.move(term, milligrams(part))
        self.settle(page)

    def move(self, page: Page, how: Callable[..., Site], quantity: int) -> None:
        """Apply what a dose does to the register."""
        actor, witness = self.two()
        self.seq += 1
        self.accepted += 1
        when = When(self.seq, NOW, NOW, actor.staff, witness.staff)
        session = {"session": "s-1"} if how is ledger.waste or how is ledger.supply else {}
        self.site = how(self.site, page.key, quantity, when, **session)

    def receive(self) -> None:
        """Receive units, now and then against an order."""
        page, units = self.page(), self.below(9)
        order = next(iter(self.ordered), None) if self.below(3) == 0 else None
        possible = units > 0
        if order is not None:
            found = self.site.all_of(Requisition)[order]
            possible = 0 < units <= self.ordered[order] and found.register == page.key
        command = ReceiveStock(
            page.key, units, "AB12", TODAY, "Maker Ltd", "Leeds", "Invoice", order
        )
        if self.asked_by_two(page, "register.receive", command, possible=possible):
            page.move(RECEIVED, units * page.strength, order)
            self.meet(order, units)
            self.settle(page)

    def meet(self, order: str | None, units: int) -> None:
        """Note what came of an order that is open; all of it closes the order."""
        if order in self.ordered:
            self.ordered[order] -= units
            if self.ordered[order] <= 0:
                del self.ordered[order]

    def order(self) -> None:
        """Order units, or close the oldest order."""
        page, manager = self.page(), HANDLERS[2 + self.below(2)]
        if self.ordered and self.below(2):
            key = next(iter(self.ordered))
            closing = CloseRequisition(key, "cancelled")
            self.ask("requisition.close", closing, manager, None, possible=True)
            del self.ordered[key]
        else:
            units = self.below(30)
            signing = SignRequisition(page.key, units, "Maker Ltd", "Leeds", "Treatment")
            if self.ask("requisition.sign", signing, manager, None, possible=units > 0):
                (key,) = set(self.site.all_of(Requisition)) - set(self.ordered)
                self.ordered[key] = units
        self.settle(page)

    def waste(self) -> None:
        """Waste units of the cabinet, or the part of one that is left in the book."""
        page = self.page()
        units = self.few_or_all(page)
        odd = page.cabinet % page.strength
        part = odd if self.below(2) else milligrams(self.below(9))
        quantity = units * page.strength + part
        possible = part <= odd and 0 < quantity <= page.cabinet
        command = WasteStock(page.key, "broken", units, micrograms(part))
        if self.asked_by_two(page, "register.waste", command, possible=possible):
            page.move(WASTED, quantity)
            self.settle(page)

    def destroy(self) -> None:
        """Destroy units before the authorised witness, or before somebody who is none."""
        page = self.page()
        units = self.few_or_all(page)
        possible = 0 < units * page.strength <= page.cabinet
        command = DestroyStock(page.key, units, "expired", "denaturing_kit")
        witness = WITNESS if self.below(4) else HANDLERS[1]
        possible = possible and witness is WITNESS
        if self.ask("register.destroy", command, HANDLERS[0], witness, possible=possible):
            page.move(DESTROYED, units * page.strength)
        self.settle(page)

    def count(self) -> None:
        """Count rightly or wrongly."""
        page = self.page()
        units = max(0, int(page.cabinet // page.strength) + (0, 0, 0, 1, -1)[self.below(5)])
        before = page.balance
        if self.asked_by_two(page, "register.count", CountRegister(page.key, units), possible=True):
            page.note(COUNTED, Decimal(0))
            self.settle(page)
            assert page.balance == before

    def resolve(self) -> None:
        """Resolve a discrepancy as a loss, as explained, or not at all."""
        for found in self.site.all_of(Discrepancy).values():
            page = next(page for page in self.pages if page.key == found.register)
            if found.reported_at is None and self.below(2):
                self.ask("discrepancy.report", Report(found.id), HANDLERS[0], None, possible=True)
            units = max(0, int(page.cabinet // page.strength) + (0, 0, 1, -1)[self.below(4)])
            missing = page.cabinet - units * page.strength
            word = LOSS if self.below(2) else "counted_wrong"
            reported = self.site.all_of(Discrepancy)[found.id].reported_at is not None
            possible = missing == 0 if word != LOSS else missing > 0 and reported
            command = Resolve(found.id, word, units)
            manager = HANDLERS[2]
            if self.ask("discrepancy.resolve", command, manager, HANDLERS[1], possible=possible):
                page.note(COUNTED, Decimal(0))
                if missing:
                    page.move(WASTED, missing)
            self.settle(page)
            return

    def correct(self) -> None:
        """Correct a line of late, rightly or wrongly."""
        page = self.page()
        record = page.records[self.below(len(page.records))]
        line = page.archive[record.key]
        was = record.stated if self.below(10) else record.stated + 1
        now = self.what_it_should_say(page, record)
        command = CorrectLine(line.id, micrograms(was), micrograms(now), "typing_slip")
        possible = self.can_be_corrected(page, record, was, now)
        witness = WITNESS if record.term == DESTROYED else HANDLERS[1]
        before, self.site = self.site, self.site.recalled(line)
        if self.ask("register.correct", command, HANDLERS[0], witness, possible=possible):
            record.corrected = True
            page.terms[record.term] += now - was
            page.note(record.term, now, record.order)
            self.meet(record.order, int((now - was) // page.strength))
        else:
            self.site = before
        self.settle(page)

    def what_it_should_say(self, page: Page, record: Record) -> Decimal:
        """Draw what a footnote says: a few units more or fewer, nothing at all, or anything."""
        if self.below(4) == 0:
            return milligrams(self.below(4) * self.below(micrograms(page.strength)))
        return max(Decimal(0), record.stated + page.strength * (self.below(7) - 3))

    @staticmethod
    def can_be_corrected(page: Page, record: Record, was: Decimal, now: Decimal) -> bool:
        """Say whether a footnote may be written."""
        if record.corrected or record.term == COUNTED or was != record.stated or now == was:
            return False
        if record.term in IN_UNITS and now % page.strength:
            return False
        more = now - was if record.term in (OPENING, RECEIVED) else was - now
        return page.cabinet + more >= 0


def storm(seed: int, operations: int) -> Weather:
    """Let people do so many things, and return what came of it.

    Raises:
        AssertionError: The rules and the second bookkeeper disagree.
    """
    with localcontext(Context(prec=40, traps=[Inexact])):
        it = Storm(seed)
        it.run(operations)
    return Weather(operations, it.accepted, it.lines, it.refused)
