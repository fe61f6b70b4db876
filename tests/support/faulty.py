"""A node whose journal lies on a disk that fails when a test wants, and its emergency store."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from safelight.journal.entry import Entry
from safelight.kernel.ids import derive_id
from safelight.run.actions.emergency import EmergencyDesk
from safelight.run.actions.engine import Engine
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Tap
from safelight.run.identity.vault import Vault
from safelight.run.store.driver import Driver
from safelight.run.store.reader import Reader
from safelight.run.store.spool import Spool
from tests.support.engines import VAULT_KEY
from tests.support.powercut import PowerCutVFS
from tests.support.powercut_workload import CutDriver, check_whole
from tests.support.workload import (
    BATCH,
    NOBODY,
    TickingClock,
    command_id,
    opening,
    packs,
    tap,
)

_names = itertools.count()


class HastyDriver(CutDriver):
    """The real driver, moving its log into the database so often that ten commands meet it."""

    checkpoint_pages = 20


def _series() -> list[Tap]:
    """Return ten core commands: a visit with an overdose, from the door to the door."""
    visit = {"visit": derive_id("v", command_id(100))}
    incident = {"incident": derive_id("i", command_id(105))}
    dose = {"micrograms": 800, "route": "intramuscular", "batch": BATCH["batch"]}
    steps: list[tuple[str, dict[str, object]]] = [
        ("visit.arrive", {"adult_confirmed": True, "remember": True}),
        ("visit.orient", {**visit}),
        ("visit.queue", {**visit, "route": "injecting"}),
        ("visit.place", {**visit, "place": "booth-1"}),
        ("episode.start", {**visit, "substances": ("heroin", "cocaine")}),
        ("incident.open", {**visit}),
        ("incident.record", {**incident, "what": "naloxone", "naloxone": dose}),
        ("incident.close", {**incident, "outcome": "recovered_on_site"}),
        ("supplies.give", {**visit, "item": "needle_1ml", "quantity": 5}),
        ("visit.leave", {**visit}),
    ]
    return [tap(name, n, fields) for n, (name, fields) in enumerate(steps, start=100)]


SERIES = _series()
EMERGENCY = tap("incident.open", 900, {"place": "seat-1"}, by=NOBODY)
EMERGENCY_INCIDENT = derive_id("i", EMERGENCY.command)


def _nowhere() -> Driver:
    raise AssertionError("these tests read through the engine only")


class FaultyLab:
    """A simulated disk with an open site on it, and nodes over it."""

    def __init__(self, folder: Path) -> None:
        self.disk = PowerCutVFS(f"faulty-{next(_names)}")
        self.clock = TickingClock()
        self._folder = folder
        engine = self.engine()
        for each in opening():
            engine.perform(each)
        engine.commit()
        engine.close()
        self._image = self.disk.image()

    def engine(self) -> Engine:
        """Open an engine over the disk as it is."""
        driver = HastyDriver(self.disk)
        driver.prepare()
        return Engine(driver, self.clock, packs)

    def fresh(self) -> None:
        """Put the disk back to the open site, and empty the emergency store."""
        self.disk.load(self._image)
        self.clock = TickingClock()
        (self._folder / "emergency.spool").unlink(missing_ok=True)

    @contextmanager
    def node(self, *, spool: bool = True) -> Iterator[Node]:
        """Run a node over the disk for a while, as one start of Safelight."""
        kept = Spool(self._folder / "emergency.spool") if spool else None
        node = Node(
            engine=self.engine(),
            reader=Reader(_nowhere),
            vault=Vault(self._folder / "vault.sqlite3", VAULT_KEY),
            desk=EmergencyDesk(kept),
            clock=self.clock,
            checkpoints=lambda _site: [],
            connect=_nowhere,
        )
        try:
            yield node
        finally:
            node.close()

    def restart(self, rng: Random) -> None:
        """Come back with a healthy disk: after a power cut, or as the system still sees it."""
        if rng.random() < 0.5:
            self.disk.cut(rng)
        else:
            self.disk.load(self.disk.image())

    def durable(self) -> list[Entry]:
        """Return the journal, after checking it and its read model."""
        driver = HastyDriver(self.disk)
        try:
            return check_whole(driver)
        finally:
            driver.close()

    def operations(self, work: Callable[[Node], object]) -> int:
        """Return how many disk operations some work takes when nothing fails."""
        self.fresh()
        with self.node() as node:
            before = self.disk.operations
            work(node)
            return self.disk.operations - before
