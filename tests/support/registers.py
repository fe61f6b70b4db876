"""A site with controlled-drugs registers, people who use them, and every line ever written."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain import registry
from safelight.run.domain.base import Actor, Entity, Fact, Given, Role, When
from safelight.run.domain.clinic.ledger import supply, take_out, waste
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.register_entities import Line, Register
from safelight.run.domain.site import Site
from safelight.run.store.projection import apply_fact, let_go, recalled
from tests.support.floors import Fields
from tests.support.sites import ADA, BEN, NOW, given, person, site_with, stored, well_said

Move = Callable[..., Site]
Asked = Mapping[str, object] | None
CY, DEE, EVE, FAY = "s-cy", "s-dee", "s-eve", "s-fay"
ROLES = {
    ADA: Role.NURSE,
    BEN: Role.PHARMACIST,
    CY: Role.MANAGER,
    DEE: Role.PRESCRIBER,
    EVE: Role.WITNESS,
    FAY: Role.OFFICER,
}
AMPOULE = 100_000  # micrograms
HEROIN = "cd-diamorphine-ampoule-100mg"
OPEN: Fields = {"drug": "diamorphine", "form": "ampoule", "strength": AMPOULE, "units": 50}
RECEIVE: Fields = {
    "register": HEROIN,
    "units": 10,
    "batch": "AB12",
    "expires": "2026-01-31",
    "supplier": "Maker Ltd",
    "address": "1 Works Road, Leeds",
    "document": "Invoice 77",
}
WASTE: Fields = {"register": HEROIN, "units": 1, "reason": "broken"}
AUTHORISE: Fields = {
    "staff": EVE,
    "valid_from": "2025-01-01",
    "valid_to": "2025-01-28",
    "document": "Letter of 20 December",
}


def by(
    staff: str = ADA,
    witness: str | None = BEN,
    *,
    now: datetime = NOW,
    late: timedelta = timedelta(0),
    pack: Protocol | None = None,
) -> Given:
    """Return what a decision is given when these two stand there; both proved it just now."""
    beside = Actor(witness, ROLES[witness], now) if witness else None
    return given(
        now=now,
        happened_at=now - late,
        role=ROLES[staff],
        staff=staff,
        proved_at=now,
        witness=beside,
        pack=pack,
    )


class Book:
    """A site, its journal in memory, and an archive from which old lines come back."""

    def __init__(self, *opened: Mapping[str, object]) -> None:
        """Open registers, an hour before anything else takes place."""
        self.site = site_with(person())
        self.archive: dict[tuple[str, str], Entity] = {}
        self.journal: list[tuple[Fact | Move, When]] = []
        self.taps = 0
        for fields in opened:
            self.tap("register.open", fields, by(now=NOW - timedelta(hours=1)))

    def recall(self, kind: str, key: str) -> Entity | None:
        """Return something from the archive."""
        return self.archive.get((kind, key))

    def tap(self, name: str, fields: Asked = None, who: Given | None = None) -> list[Fact]:
        """Decide a command as the engine does, and apply its facts; a refusal changes nothing."""
        who = (who or by())._replace(command=f"00000000-0000-4000-8000-{self.taps:012d}")
        self.taps += 1
        command = msgspec.convert(fields or {}, registry.rule_for(name).command)
        site, brought = recalled(self.site, command, self.recall)
        facts = registry.decide(site, name, command, who)
        self.site = let_go(site, brought)
        for fact in facts:
            self.write(fact, who)
        return facts

    def write(self, fact: Fact, who: Given | None = None) -> None:
        """Apply a fact, which reads back from the journal as it was."""
        assert stored(fact) == fact
        when = self.next_entry(fact, who or by())
        self.site = apply_fact(self.site, fact, when, self.recall)
        self.keep()

    def move(self, how: Move, who: Given | None = None) -> None:
        """Apply what another subject's fact does to a register, such as a dose."""
        when = self.next_entry(how, who or by())
        self.site = how(self.site, when=when)
        self.keep()

    def next_entry(self, what: Fact | Move, who: Given) -> When:
        """Note what is applied next, and return where in the journal it stands."""
        witness = who.witness.staff if who.witness else None
        seq = len(self.journal) + 1
        when = When(seq, who.happened_at, who.now, who.actor.staff, witness)
        self.journal.append((what, when))
        return when

    def keep(self) -> None:
        """Put what changed into the archive, as rows that read back as they were."""
        for (kind, key), entity in self.site.changes.items():
            again = msgspec.json.decode(msgspec.json.encode(entity), type=type(entity))
            assert again == entity
            self.archive[kind, key] = again
        self.site = self.site.settled()

    def refusal(self, name: str, fields: Asked = None, who: Given | None = None) -> Refused:
        """Return the refusal that a command meets, after checking that it says what to do."""
        before = self.site
        with pytest.raises(Refused) as caught:
            self.tap(name, fields, who)
        assert self.site is before
        return well_said(caught.value)

    def refused(self, name: str, fields: Asked = None, who: Given | None = None) -> str:
        """Return the name of the rule that refuses a command."""
        return self.refusal(name, fields, who).code

    def register(self, key: str = HEROIN) -> Register:
        """Return a register as it stands."""
        return self.site.all_of(Register)[key]

    def line(self, number: int, key: str = HEROIN) -> Line:
        """Return a line as the archive has it."""
        found = self.archive["line", f"{key}-{number}"]
        assert isinstance(found, Line)
        return found

    def lines(self, key: str = HEROIN) -> list[Line]:
        """Return all lines of a register."""
        return [self.line(number, key) for number in range(1, self.register(key).lines + 1)]

    def replayed(self) -> Site:
        """Return the site that the journal gives when it is read again from the beginning."""
        archive: dict[tuple[str, str], Entity] = {}
        site = site_with(person())
        for what, when in self.journal:
            if isinstance(what, Fact):
                site = apply_fact(site, what, when, lambda *key: archive.get(key))
            else:
                site = what(site, when=when)
            archive.update(site.changes)
            site = site.settled()
        return site


def opened(*more: Mapping[str, object]) -> Book:
    """Return a book with 50 ampoules of 100 mg of diamorphine, and more registers."""
    return Book(OPEN, *more)


def footnote(number: int, was: int, now: int, **details: object) -> Fields:
    """Return a correction of a line."""
    told = {"line": f"{HEROIN}-{number}", "was": was, "now": now, "reason": "typing_slip"}
    return {**told, **details}


def dosed() -> Book:
    """Return a book in which 200 mg were prepared, 190 mg of it given and 10 mg wasted."""
    book = opened()
    of = {"session": "v-1", "person": "p-1"}
    book.move(lambda site, when: take_out(site, HEROIN, 200_000, when))
    book.move(lambda site, when: supply(site, HEROIN, 190_000, when, prescriber=DEE, **of))
    book.move(lambda site, when: waste(site, HEROIN, 10_000, when, reason="residue", **of))
    return book
