"""A whole rehearsal of a clinic: in memory for years, or through the real store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from safelight.kernel.errors import Invalid, SafelightError
from safelight.rehearse.agenda import Agenda
from safelight.rehearse.clinic.clinic import DAY, Clinic
from safelight.rehearse.clinic.founding import begin, found_clinic
from safelight.rehearse.clinic.hands import Hands, Oracle
from safelight.rehearse.clinic.invariants import Broken, Invariants
from safelight.rehearse.clinic.memory import Memory
from safelight.rehearse.clinic.scenario import ClinicScenario
from safelight.rehearse.clinic.store import Store
from safelight.rehearse.clinic.tally import Tally
from safelight.rehearse.floor import CommandIds
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.register_entities import Register
from safelight.run.store.packs import load_pack
from safelight.wiring import PACKS, Home, WriterLock, open_engine, prepare_home

PACK = "rehearsal-clinic.toml"
SETTING_UP = timedelta(hours=1)  # how long before the first team the clinic is founded


class RegisterReport(NamedTuple):
    """One register at the end, beside what really lies in the cabinet."""

    id: str
    lines: int
    balance: int  # micrograms
    cabinet: int  # micrograms, by the book
    units: int  # really there
    agrees: bool  # the book says what it should, but for what was never entered in it


class ClinicReport(NamedTuple):
    """What a rehearsal came to."""

    site: str
    entries: int
    seconds: float
    tally: Tally
    registers: tuple[RegisterReport, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        registers = [each._asdict() for each in self.registers]
        kept = {"site": self.site, "entries": self.entries, "seconds": self.seconds}
        return {**kept, **self.tally.as_dict(), "registers": registers}


def rehearsal_pack() -> Protocol:
    """Return the pack by which clinics are rehearsed."""
    return load_pack(PACKS / PACK)


def agenda_of(scenario: ClinicScenario) -> Agenda:
    """Return an agenda that begins when a scenario's clinic is founded."""
    zone, team = ZoneInfo(scenario.site.timezone), scenario.teams[0]
    opens = datetime.combine(scenario.period.first, team.starts, zone).astimezone(UTC)
    return Agenda(opens - SETTING_UP)


def rehearse_in_memory(
    scenario: ClinicScenario,
    seed: int,
    days: int,
    oracle: Oracle,
    pack: Protocol,
    on_day: Callable[[], None] = lambda: None,
) -> ClinicReport:
    """Rehearse so many days against the rules alone; a broken invariant ends it and is reported."""
    started, agenda = perf_counter(), agenda_of(scenario)
    ids = CommandIds(scenario.id, scenario.period.first, seed)
    hands = Memory(scenario.site.id, ids, agenda.now, pack, oracle)
    clinic = Clinic(scenario, seed, hands, agenda)
    _judged(clinic, lambda: live(clinic, pack, days, on_day))
    return _report(clinic, hands, started)


def rehearse_clinic(
    home: Home,
    scenario: ClinicScenario,
    seed: int,
    days: int | None = None,
    on_day: Callable[[], None] = lambda: None,
) -> ClinicReport:
    """Rehearse through the real store, at a site that is founded for it.

    The journal follows from the scenario, the seed and this version of Safelight alone.

    Raises:
        SafelightError: where the site exists, or another process writes.

    """
    days = _checked_days(scenario, days)
    prepare_home(home)
    started, agenda, pack = perf_counter(), agenda_of(scenario), rehearsal_pack()
    ids = CommandIds(scenario.id, scenario.period.first, seed)
    lock = WriterLock(home)
    try:
        hands = Store(
            lambda: open_engine(home, agenda.now),
            home.connect,
            scenario.site.id,
            ids,
            agenda.now,
            Invariants(),
        )
        try:
            _require_new(hands, scenario)
            clinic = Clinic(scenario, seed, hands, agenda)
            _judged(clinic, lambda: _through_the_store(clinic, hands, pack, days, on_day))
        finally:
            hands.close()
    finally:
        lock.release()
    return _report(clinic, hands, started)


def _judged(clinic: Clinic, rehearsal: Callable[[], None]) -> None:
    """Rehearse until the end, or until an invariant is broken, which is reported."""
    try:
        rehearsal()
    except Broken as broken:
        clinic.tally.violation(f"seed {clinic.seed}, {clinic.now:%Y-%m-%d %H:%M}: {broken}")


def _through_the_store(
    clinic: Clinic, hands: Store, pack: Protocol, days: int, on_day: Callable[[], None]
) -> None:
    live(clinic, pack, days, on_day)
    hands.settle()


def live(clinic: Clinic, pack: Protocol, days: int, on_day: Callable[[], None]) -> None:
    """Found a clinic, and let so many days go by."""
    found_clinic(clinic, pack)
    begin(clinic, on_day)
    scenario = clinic.scenario
    end = clinic.instant(scenario.period.first + DAY * days, scenario.teams[0].starts)
    clinic.agenda.run(until=end - SETTING_UP)


def _report(clinic: Clinic, hands: Hands, started: float) -> ClinicReport:
    clinic.tally.checked = hands.checked
    books = hands.site.all_of(Register)
    registers = []
    for stock in clinic.cabinet.values():
        book = books[stock.register]
        agrees = book.cabinet == stock.by_the_book * stock.strength
        if not agrees:
            clinic.tally.violation(f"{book.id} says {book.cabinet}, and {stock} is there")
        registers.append(
            RegisterReport(book.id, book.lines, book.balance, book.cabinet, stock.units, agrees)
        )
    seconds = perf_counter() - started
    return ClinicReport(
        clinic.scenario.site.id, hands.entries, seconds, clinic.tally, tuple(registers)
    )


def _checked_days(scenario: ClinicScenario, days: int | None) -> int:
    if days is not None and not 0 < days <= scenario.days:
        raise Invalid(
            "rehearsal-days",
            f"{days} days cannot be rehearsed: {scenario.id} has {scenario.days}.",
            f"Give 1 to {scenario.days}, or leave it out for all of them.",
            days=days,
        )
    return days or scenario.days


def _require_new(hands: Store, scenario: ClinicScenario) -> None:
    if hands.entries:
        raise SafelightError(
            "rehearsal-new-site",
            f"There is a site {scenario.site.id} here already; a rehearsal begins with a new one.",
            "Use an empty folder: set SAFELIGHT_HOME to it, or move this one away.",
            site=scenario.site.id,
        )
