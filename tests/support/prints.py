"""A small register with a line of every kind, its journal, and a home that holds both."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from safelight.journal.entry import GENESIS, Entry, canonical_body, chained
from safelight.kernel.clock import format_instant
from safelight.run.domain.authority import SiteFounded
from safelight.run.domain.base import Fact, When
from safelight.run.domain.clinic.destruction import StockDestroyed
from safelight.run.domain.clinic.late import LateDoseRecorded
from safelight.run.domain.clinic.oral import OralGiven
from safelight.run.domain.clinic.prescription import PrescriptionSigned
from safelight.run.domain.register_entities import Line, Register
from safelight.run.domain.registry import FACTS, KIND_OF_FACT
from safelight.run.register.layout import Layout, installed_layouts
from safelight.run.register.sheet import About, Sheet, sheet_of
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.rebuild import rebuild
from safelight.wiring import LAYOUTS, PACKS, Home, prepare_home
from tests.support.registers import AMPOULE, HEROIN, RECEIVE, Book, by, opened
from tests.support.sites import ADA, BEN, NOW, TODAY

SITE = "north"
UK, GERMAN = "uk-2001", "de-btmvv"
PATIENT, ORDER = "p-1", "rx-1"
FEBRUARY = NOW.replace(month=2)
FORMULA = '=HYPERLINK("http://x","y")'  # a supplier's name that a spreadsheet would run


def layout(name: str = UK) -> Layout:
    """Return a layout that is shipped."""
    return installed_layouts(PACKS / LAYOUTS)[name]


def book() -> Book:
    """Return a register of eleven lines: every kind, one late, two corrected, one in February."""
    made = opened()
    made.tap("register.receive", RECEIVE)
    made.write(_order(), by("s-dee", None))
    made.write(_dose("ld-1", 180_000, 20_000))
    made.write(_dose("ld-2", 150_500), by(late=timedelta(days=3)))
    made.write(OralGiven("or-1", PATIENT, ORDER, HEROIN, 100_000, TODAY))
    made.tap("register.waste", {"register": HEROIN, "units": 1, "reason": "broken"})
    made.write(StockDestroyed(HEROIN, 2, 2 * AMPOULE, "expired", "denaturing_kit", "AB12"))
    made.tap("register.count", {"register": HEROIN, "units": 54})
    made.tap(
        "register.correct",
        {"line": f"{HEROIN}-3", "was": 180_000, "now": 170_000, "reason": "typing_slip"},
    )
    made.tap(
        "register.receive",
        {**RECEIVE, "supplier": FORMULA, "document": "Invoice 78"},
        by(now=FEBRUARY),
    )
    return made


def _order() -> PrescriptionSigned:
    return PrescriptionSigned(
        prescription=ORDER,
        person=PATIENT,
        licence="licence-1",
        drug="diamorphine",
        form="ampoule",
        strength=AMPOULE,
        route="intravenous",
        dose=200_000,
        sessions=2,
        daily=400_000,
        total=2_000_000,
        valid_from=TODAY,
        valid_to=TODAY + timedelta(days=14),
    )


def _dose(key: str, administered: int, wasted: int = 0) -> LateDoseRecorded:
    return LateDoseRecorded(
        dose=key,
        person=PATIENT,
        register=HEROIN,
        drug="diamorphine",
        administered=administered,
        day=TODAY,
        by="patient",
        wasted=wasted,
        order=ORDER,
    )


def about(**fields: Any) -> About:  # noqa: ANN401 - fields of an About
    """Return what a print says of the premises."""
    return About(SITE, "North", "Europe/London")._replace(**fields)


def sheet(made: Book, name: str = UK, **fields: Any) -> Sheet:  # noqa: ANN401 - as above
    """Return a register on a sheet, without names."""
    return sheet_of(made.register(), made.lines(), layout(name), about(**fields))


def entries_of(made: Book) -> list[Entry]:
    """Return the journal of a book, chained.

    The founding of its site comes last, so that entries have the numbers that the book gave them.
    """
    founded = SiteFounded("North", "building", "Europe/London")
    found: list[Entry] = []
    facts = [(fact, when) for fact, when in made.journal if isinstance(fact, Fact)]
    facts.append((founded, facts[-1][1]))
    for fact, when in facts:
        entry = _entry(fact, when, len(found) + 1)
        found.append(chained(entry, found[-1].hash if found else GENESIS))
    return found


def _entry(fact: Fact, when: When, seq: int) -> Entry:
    kind = KIND_OF_FACT[type(fact)]
    return Entry(
        site=SITE,
        seq=seq,
        happened_at=format_instant(when.happened_at),
        recorded_at=format_instant(when.recorded_at),
        actor=when.staff,
        witness=when.witness,
        kind=kind,
        version=FACTS[kind].version,
        body=canonical_body(fact),
        command=f"00000000-0000-4000-8000-{seq:012d}",
        hash=b"",
    )


def keep(driver: Driver, made: Book) -> None:
    """Write a book's journal into a database, and the read model that it gives."""
    driver.begin()
    journal.append(driver, entries_of(made))
    driver.commit()
    rebuild(driver, SITE, lambda _: None)


def home_with(folder: Path, made: Book) -> Home:
    """Return a home that holds a book."""
    home = Home(folder)
    prepare_home(home)
    driver = home.connect_for_writing()
    keep(driver, made)
    driver.close()
    return home


def a_line(
    number: int,
    kind: str,
    change: int,
    balance: int,
    **fields: Any,  # noqa: ANN401 - fields of a Line
) -> Line:
    """Return a line that stands for itself."""
    standard: dict[str, Any] = {
        "id": f"{HEROIN}-{number}",
        "register": HEROIN,
        "number": number,
        "seq": number,
        "kind": kind,
        "at": NOW,
        "recorded_at": NOW,
        "staff": ADA,
        "witness": BEN,
        "change": change,
        "balance": balance,
    }
    return Line(**{**standard, **fields})


def a_register(**fields: Any) -> Register:  # noqa: ANN401 - fields of a Register
    """Return a register whose terms nobody asks for."""
    standard: dict[str, Any] = {
        "id": HEROIN,
        "drug": "diamorphine",
        "form": "ampoule",
        "strength": AMPOULE,
        "opened_at": NOW,
    }
    return Register(**{**standard, **fields})
