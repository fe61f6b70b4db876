"""The real engine on a disk whose power fails: what was acknowledged must be there, whole.

One cut: boot a disk with an open site, let staff work in groups of taps, cut the power in a random
disk operation, boot with what survived, and compare the journal with what was acknowledged, entry
by entry. A quarter of the cuts is followed by another one while the journal is being recovered.
"""

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from safelight.journal.entry import GENESIS, Entry
from safelight.journal.verify import verify_chunk
from safelight.kernel.errors import Refused, Tampered
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain.site import Site
from safelight.run.store import journal
from safelight.run.store.driver import Driver, StoreFault
from safelight.run.store.projection import apply_entry, changed_rows
from safelight.run.store.sqlite import SQLiteDriver
from tests.support.powercut import PowerCutVFS
from tests.support.workload import SITE, Staff, TickingClock, opening, packs

PATH = "/journal.sqlite3"
HISTORY = 30  # taps on the floor before the site is put on the disk that every cut boots from
GROUPS = 8  # commits in a run that no cut ends
_names = itertools.count()


class CutDriver(SQLiteDriver):
    """The real driver on the simulated disk, with a log so short that checkpoints are cut too."""

    checkpoint_pages = 40

    def __init__(self, disk: PowerCutVFS) -> None:
        super().__init__(PATH, exclusive=True, vfs=disk.name)


@dataclass
class PowerCutReport:
    """What many cuts came to; ``broken`` says what was wrong and after which cut."""

    cuts: int = 0
    second_cuts: int = 0
    while_idle: int = 0
    commands: int = 0  # acknowledged before a cut
    survived_unacknowledged: int = 0  # groups that were durable although nobody was told
    sent_again: int = 0
    broken: list[str] = field(default_factory=list)


class Group(NamedTuple):
    """The taps that one commit makes durable, and their entries."""

    taps: list[Tap]
    entries: list[Entry]


class Work:
    """One stretch of work, from boot to cut."""

    def __init__(self, engine: Engine, staff: Staff, rng: Random) -> None:
        self.engine, self._staff, self._rng = engine, staff, rng
        self.acknowledged: list[Group] = []
        self.in_flight = Group([], [])

    def go_on(self, groups: int) -> None:
        """Work until so many groups are committed; raises StoreFault when the power fails."""
        for _ in range(groups):
            self.in_flight = Group([], [])
            for _ in range(self._rng.randint(1, 4)):
                self._tap(self._staff.next_tap(self.engine.standing(SITE).site))
            self.in_flight = Group(self.in_flight.taps, list(self.engine._entries))
            self.engine.commit()
            self.acknowledged.append(self.in_flight)
        self.in_flight = Group([], [])

    def _tap(self, tap: Tap) -> None:
        with suppress(Refused):
            self.engine.perform(tap)
            self.in_flight.taps.append(tap)


class PowerCutLab:
    """A simulated disk with an open site on it, to boot from again and again."""

    def __init__(self, driver: Callable[[PowerCutVFS], SQLiteDriver] = CutDriver) -> None:
        self.disk = PowerCutVFS(f"powercut-lab-{next(_names)}")
        self._driver = driver
        driver_ = driver(self.disk)
        driver_.prepare()
        engine = Engine(driver_, TickingClock(), packs)
        for tap in opening():
            engine.perform(tap)
        engine.commit()
        Work(engine, Staff(Random(0)), Random(0)).go_on(HISTORY)
        engine.close()
        self._image = self.disk.image()
        self._base = self._look()
        self.operations = self._measure()

    def close(self) -> None:
        """Take the disk out of SQLite's list of file systems."""
        self.disk.unregister()

    def _look(self) -> list[Entry]:
        driver = self._driver(self.disk)
        found = everything(driver)
        driver.close()
        return found

    def _measure(self) -> int:
        """Return how many disk operations a run takes that no cut ends."""
        self.disk.load(self._image)
        work = self._work(Random(1))
        work.go_on(GROUPS)
        work.engine.close()
        return self.disk.operations

    def _work(self, rng: Random) -> Work:
        engine = Engine(self._driver(self.disk), TickingClock(), packs)
        return Work(engine, Staff(rng), rng)

    def cut(self, seed: str, report: PowerCutReport) -> None:
        """Do one cut, and add what came of it to a report."""
        rng = Random(seed)
        self.disk.load(self._image)
        work = self._work(rng)
        self.disk.cut_after(rng.randint(1, self.operations), rng)
        with suppress(StoreFault):
            work.go_on(GROUPS)
        report.while_idle += not self.disk.power_is_off
        work.engine.close()
        self.disk.cut(rng)
        if rng.random() < 0.25:
            report.second_cuts += 1
            self._cut_again(rng)
        report.cuts += 1
        report.commands += sum(len(group.taps) for group in work.acknowledged)
        try:
            self._check(work, rng, report)
        except (AssertionError, StoreFault, Tampered) as error:
            report.broken.append(f"cut {seed}: {type(error).__name__}: {error}")

    def _cut_again(self, rng: Random) -> None:
        """Cut the power while the engine recovers, or soon after."""
        self.disk.cut_after(rng.randint(1, 12), rng)
        with suppress(StoreFault):
            driver = self._driver(self.disk)
            with suppress(StoreFault):
                driver.checkpoint()
            driver.close()
        self.disk.cut(rng)

    def _check(self, work: Work, rng: Random, report: PowerCutReport) -> None:
        again = self._work(rng)
        try:
            self._check_found(work, again.engine, report)
            self._check_sent_again(work, again.engine, report)
            again.go_on(2)
            check_whole(again.engine._driver)
        finally:
            again.engine.close()

    def _check_found(self, work: Work, engine: Engine, report: PowerCutReport) -> None:
        found = check_whole(engine._driver)
        told = [*self._base, *(e for group in work.acknowledged for e in group.entries)]
        assert found[: len(told)] == told, f"{len(told)} entries told, {len(found)} found"
        rest = found[len(told) :]
        assert rest in ([], work.in_flight.entries), f"{len(rest)} entries of half a group"
        report.survived_unacknowledged += bool(rest)

    def _check_sent_again(self, work: Work, engine: Engine, report: PowerCutReport) -> None:
        """Send what was in flight again, and the last group that was not: each is there once."""
        earlier = work.acknowledged[-1:]
        for group in [*earlier, work.in_flight]:
            receipts = [engine.perform(tap) for tap in group.taps]
            engine.commit()
            report.sent_again += len(group.taps)
            for tap, receipt in zip(group.taps, receipts, strict=True):
                assert written(engine._driver, tap) == _span(receipt), f"{tap.command} twice"


def _span(receipt: Receipt) -> list[int]:
    return list(range(receipt.first, receipt.last + 1))


def written(driver: Driver, tap: Tap) -> list[int]:
    """Return the numbers of the entries that a command wrote."""
    rows = driver.execute("select seq from entry where command = ? order by seq", (tap.command,))
    return [row[0] for row in rows]


def everything(driver: Driver) -> list[Entry]:
    """Return the whole journal of the site."""
    return list(journal.entries(driver, SITE, 1, journal.head(driver, SITE).seq))


def check_whole(driver: Driver) -> list[Entry]:
    """Return the journal, after checking its chain and that the read model follows from it."""
    found = everything(driver)
    verify_chunk(SITE, 1, GENESIS, found)
    site = Site(SITE)
    for entry in found:
        site = apply_entry(site, entry, lambda _kind, _key: None)
    assert list(journal.all_entities(driver, SITE)) == changed_rows(site), "read model differs"
    return found


def power_cuts(
    count: int,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
    driver: Callable[[PowerCutVFS], SQLiteDriver] = CutDriver,
) -> PowerCutReport:
    """Cut the power so many times; ``progress`` is told after each how many there were."""
    lab, report = PowerCutLab(driver), PowerCutReport()
    try:
        for number in range(1, count + 1):
            lab.cut(f"{seed}/{number}", report)
            progress(number)
    finally:
        lab.close()
    return report
