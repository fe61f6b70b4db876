"""A register of 100,000 lines: verified, made anew from its journal, printed as tagged PDF."""

import os
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from benchmarks.clinic_year import PROBE_SECONDS, raw_steps
from benchmarks.floor import AT_LEAST, AT_MOST, Measured
from safelight.journal.entry import GENESIS, Entry, canonical_body, chained
from safelight.kernel.clock import format_instant
from safelight.run.domain.authority import SiteFounded
from safelight.run.domain.base import Fact
from safelight.run.domain.clinic.count import RegisterCounted
from safelight.run.domain.clinic.late import LateDoseRecorded
from safelight.run.domain.clinic.register import RegisterOpened, StockObtained
from safelight.run.domain.registry import FACTS, KIND_OF_FACT
from safelight.run.register.check import check_registers
from safelight.run.register.layout import Layout
from safelight.run.register.press import to_pdf
from safelight.run.register.sheet import About, sheet_of
from safelight.run.store import journal
from safelight.run.store.rebuild import rebuild
from safelight.run.store.registers import lines_of, register_of
from safelight.run.store.verification import verify_journal
from safelight.wiring import Home, layouts_of, prepare_home

SITE, REGISTER = "clinic", "cd-diamorphine-ampoule-100mg"
AMPOULE = 100_000  # micrograms
LINES = 100_000
PATIENTS = 60
DELIVERY_EVERY, COUNT_EVERY, DELIVERED = 400, 120, 1_000  # doses, doses, units
STEP = timedelta(minutes=7)
BEGAN = datetime(2024, 1, 1, 7, tzinfo=UTC)
BATCH = 10_000
PRINTED_AT = datetime(2026, 1, 1, tzinfo=UTC)


class Timed(NamedTuple):
    """How long each step took, in seconds, and what it made."""

    verified: float
    checked: float
    printed: float
    pages: bytes
    peak: float  # memory of this process, in MB

    @property
    def seconds(self) -> float:
        """Verified and printed, with the check against the journal between."""
        return self.verified + self.checked + self.printed


def facts() -> Iterator[Fact]:
    """Yield the founding, the opening, then doses with what was left over, deliveries and counts.

    A dose is 180 mg of two ampoules and leaves two lines.
    """
    yield SiteFounded("The clinic", "building", "Europe/London")
    yield RegisterOpened(REGISTER, "diamorphine", "ampoule", AMPOULE, units=DELIVERED)
    dose = 0
    while True:
        dose += 1
        if dose % DELIVERY_EVERY == 0:
            yield StockObtained(
                register=REGISTER,
                units=DELIVERED,
                quantity=DELIVERED * AMPOULE,
                batch=f"AB{dose}",
                expires=date(2027, 1, 31),
                supplier="Maker & Sons",
                address="1 Works Road, Leeds LS1 4AB",
                document=f"Invoice {dose}",
            )
        if dose % COUNT_EVERY == 0:
            yield RegisterCounted(REGISTER, 100, 100 * AMPOULE, 100 * AMPOULE)
        yield LateDoseRecorded(
            dose=f"ld-{dose:020d}",
            person=f"p-{dose % PATIENTS:020d}",
            register=REGISTER,
            drug="diamorphine",
            administered=180_000 + dose % 5_000,
            day=BEGAN.date(),
            by="patient",
            wasted=20_000 - dose % 5_000,
        )


def build(home: Home, lines: int) -> None:
    """Write a journal whose register has so many lines, and its read model."""
    prepare_home(home)
    driver = home.connect_for_writing()
    entries = _entries()
    written = 0
    while written < lines:
        batch = []
        for entry, more in entries:
            batch.append(entry)
            written += more
            if len(batch) == BATCH or written >= lines:
                break
        driver.begin()
        journal.append(driver, batch)
        driver.commit()
    rebuild(driver, SITE, lambda _: None)
    driver.close()


def _entries() -> Iterator[tuple[Entry, int]]:
    """Yield chained entries, each with how many lines it writes."""
    prev = GENESIS
    for seq, fact in enumerate(facts(), 1):
        kind, at = KIND_OF_FACT[type(fact)], format_instant(BEGAN + seq * STEP)
        body, command = canonical_body(fact), str(uuid.UUID(int=seq))
        version = FACTS[kind].version
        entry = chained(
            Entry(SITE, seq, at, at, "staff-ada", "staff-ben", kind, version, body, command, b""),
            prev,
        )
        prev = entry.hash
        yield entry, {SiteFounded: 0, LateDoseRecorded: 2}.get(type(fact), 1)


def timed(home: Home, layout: Layout) -> Timed:
    """Verify, check and print, each timed."""
    started = time.perf_counter()
    verify_journal(home.connector, SITE, [])
    verified = time.perf_counter()
    driver = home.connect()
    found = check_registers(driver, SITE)
    assert all(each.ok and each.lines >= LINES for each in found), found
    checked = time.perf_counter()
    register = register_of(driver, SITE, REGISTER)
    assert register is not None
    lines = list(lines_of(driver, SITE, REGISTER, register.lines))
    about = About(SITE, "The clinic", "Europe/London", printed_at=PRINTED_AT, printed_by="Ben")
    sheet = sheet_of(register, lines, layout, about, people=_people, staff=_people)
    pages = to_pdf(sheet, PRINTED_AT)
    driver.close()
    printed = time.perf_counter()
    return Timed(verified - started, checked - verified, printed - checked, pages, _peak())


def _people(keys: frozenset[str]) -> Mapping[str, str]:
    """Return names and addresses as long as real ones."""
    return {
        key: f"Made-up Patient {key[-4:]}, 12 Invented Street, Middlesbrough TS1 0AA"
        for key in keys
    }


def _peak() -> float:
    status = Path(f"/proc/{os.getpid()}/status").read_text()
    return next(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM")) / 1024


def run() -> list[Measured]:
    """Measure a register of 100,000 lines."""
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as name:
        home = Home(Path(name) / "home")
        build(home, LINES)
        before = raw_steps(PROBE_SECONDS)
        got = timed(home, layouts_of(home)["uk-2001"])
        probe = (before + raw_steps(PROBE_SECONDS)) / 2
    told = {"megabytes": len(got.pages) / 1e6, "probe": probe, "peak": got.peak}
    return [
        Measured("register verified and printed", got.seconds, "s", AT_MOST, 20, told),
        Measured("  the journal verified", got.verified, "s", AT_MOST, 20, {}),
        Measured("  the register made anew", got.checked, "s", AT_MOST, 20, {}),
        Measured("  the PDF", got.printed, "s", AT_MOST, 20, {}),
        Measured("lines / probe steps", LINES / got.seconds / probe, "ratio", AT_LEAST, 0.001, {}),
        Measured("register, peak of the process", got.peak, "MB", AT_MOST, 1_000, {}),
    ]
