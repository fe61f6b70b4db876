"""One suite, two engines: a test that asks for ``database`` runs on SQLite and PostgreSQL."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from safelight.run.store.driver import Driver
from safelight.run.store.postgres import PostgresDriver
from safelight.run.store.sqlite import SQLiteDriver

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


class Database:
    """An empty database of one engine, and the ways into it."""

    def __init__(self, name: str, connect: Callable[..., Driver]) -> None:
        self.name = name
        self.connect = connect
        self._open: list[Driver] = []

    @property
    def reader(self) -> Callable[[], Driver]:
        """The way to open a connection that only reads, in a form other processes can take."""
        return partial(self.connect, read_only=True)

    def open(self, *, read_only: bool = False) -> Driver:
        """Open a connection that is closed when the test is over; a writing one is prepared."""
        driver = self.connect(read_only=read_only)
        self._open.append(driver)
        if not read_only:
            driver.prepare()
        return driver

    def close(self) -> None:
        """Close every connection."""
        for driver in self._open:
            driver.close()


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, on each engine in turn."""
    if request.param == "sqlite":
        opened = Database("sqlite", partial(SQLiteDriver, str(tmp_path / "journal.sqlite3")))
    else:
        address = request.getfixturevalue("postgres_address")
        opened = Database("postgres", partial(PostgresDriver, address))
    yield opened
    opened.close()
