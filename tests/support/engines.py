"""Engines and nodes on a floor that is open, over a database in a folder of the test."""

from pathlib import Path

from safelight.journal.entry import Entry
from safelight.run.actions.emergency import EmergencyDesk
from safelight.run.actions.engine import Engine
from safelight.run.actions.node import Node
from safelight.run.identity.vault import Vault
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.reader import Reader
from safelight.run.store.spool import Spool
from safelight.run.store.sqlite import SQLiteDriver
from tests.support.workload import SITE, TickingClock, opening, packs

VAULT_KEY = bytes(range(32))


class Floor:
    """A folder with the journal of an open site, to open engines and nodes over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = TickingClock()
        engine = self.engine()
        for each in opening():
            engine.perform(each)
        engine.commit()
        engine.close()

    def connect(self, *, read_only: bool = True) -> Driver:
        """Open a connection to the journal."""
        return SQLiteDriver(str(self.folder / "journal.sqlite3"), read_only=read_only)

    def engine(self) -> Engine:
        """Open an engine, as a start of Safelight does."""
        driver = self.connect(read_only=False)
        driver.prepare()
        return Engine(driver, self.clock, packs)

    def node(self, engine: Engine | None = None, *, spool: bool = True) -> Node:
        """Open a node over an engine, with or without an emergency store."""
        kept = Spool(self.folder / "emergency.spool") if spool else None
        return Node(
            engine=engine or self.engine(),
            reader=Reader(self.connect),
            vault=Vault(self.folder / "vault.sqlite3", VAULT_KEY),
            desk=EmergencyDesk(kept),
            clock=self.clock,
            checkpoints=lambda _site: [],
            connect=self.connect,
        )

    def entries(self, *commands: str) -> list[Entry]:
        """Return the durable entries of some commands, or all."""
        driver = self.connect()
        try:
            found = list(journal.entries(driver, SITE, 1, 1 << 40))
        finally:
            driver.close()
        return [entry for entry in found if not commands or entry.command in commands]

    @property
    def head(self) -> int:
        """The number of the last durable entry."""
        return len(self.entries())
