"""The journal database on SQLite, through APSW: WAL, ``synchronous=FULL``, one writer.

The standard library's SQLite is often older than 3.51.3 and can corrupt a WAL database; APSW
carries a current one, and lets tests put a file system under it that loses power.
"""

import ctypes
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import apsw

from safelight.run.store import schema
from safelight.run.store.driver import Fault, StoreFault

# Pages in the write-ahead log after which the writer copies them into the database.
CHECKPOINT_PAGES = 2000
BUSY_MILLISECONDS = 5000
NO_SPACE_FOR_INDEX = apsw.SQLITE_IOERR_SHMSIZE
FULL = 2  # sync the log at every commit


class SQLiteDriver:
    """One APSW connection."""

    checkpoint_pages = CHECKPOINT_PAGES

    def __init__(
        self,
        path: str,
        *,
        read_only: bool = False,
        exclusive: bool = False,
        scratch: bool = False,
        vfs: str | None = None,
    ) -> None:
        """Open the file; only the one writer opens it without ``read_only``.

        ``exclusive`` keeps other processes out and needs no shared memory; ``scratch`` is a
        database in memory that nobody relies on.
        """
        flags = (
            apsw.SQLITE_OPEN_READONLY
            if read_only
            else (apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE)
        )
        self._log_pages = 0
        self._lost: StoreFault | None = None
        with _Faults(self):
            self._connection = apsw.Connection(path, flags=flags, vfs=vfs)
        try:
            with _Faults(self):
                self._connection.set_busy_timeout(BUSY_MILLISECONDS)
                if read_only:
                    self._connection.pragma("query_only", 1)
                elif not scratch:
                    self._open_for_writing(exclusive=exclusive)
        except BaseException:
            self.close()
            raise
        self._cursor = self._connection.cursor()

    def _open_for_writing(self, *, exclusive: bool) -> None:
        connection = self._connection
        if exclusive:
            connection.pragma("locking_mode", "exclusive")
        mode = connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", FULL)
        keep_log(connection)
        # Checkpoints are made by name, so that a sync that fails there is noticed as such.
        connection.pragma("wal_autocheckpoint", 0)
        if mode != "wal" or connection.pragma("synchronous") != FULL:
            raise StoreFault(Fault.LOST, f"journal_mode={mode}")
        connection.set_wal_hook(self._on_log)

    def _on_log(self, _: apsw.Connection, __: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows."""
        with _Faults(self):
            return self._cursor.execute(sql, parameters).fetchall()

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row."""
        with _Faults(self):
            self._cursor.executemany(sql, rows)

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Run one query and yield its rows."""
        with _Faults(self):
            yield from self._connection.cursor().execute(sql, parameters)

    def begin(self) -> None:
        """Take the write lock; raises StoreFault where an earlier write failed for good."""
        if self._lost is not None:
            raise self._lost
        self.execute("begin immediate")

    def begin_reading(self) -> None:
        """Read as of one moment; with a log that is written ahead, nobody waits for it."""
        self.execute("begin")

    def commit(self) -> None:
        """Commit and sync; then move the log into the database when it has grown.

        A checkpoint that fails takes nothing back: the commit is durable in the log. For want of
        space it is tried again at the next commit; after any other fault no write follows.
        """
        self.execute("commit")
        if self._log_pages >= self.checkpoint_pages:
            with suppress(StoreFault):
                self.checkpoint()

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the database file as far as readers allow."""
        with _Faults(self):
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self._log_pages = 0

    def rollback(self) -> None:
        """Undo what was not committed; SQLite may have done so already."""
        with suppress(apsw.Error):
            if self._connection.in_transaction:
                self._cursor.execute("rollback")

    def close(self) -> None:
        """Close; what was committed is durable, whatever closing says."""
        with suppress(apsw.Error):
            if self._lost is not None:  # closing would move the log into the database
                self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            self._connection.close()

    def prepare(self) -> None:
        """Create tables and triggers in one transaction; refuses a newer schema."""
        version = int(self._connection.pragma("user_version"))
        schema.refuse_newer(version)
        if version == schema.VERSION:
            return
        self.begin()
        try:
            for statement in schema.SQLITE:
                self.execute(statement)
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def is_guarded(self) -> bool:
        """Tell whether the append-only triggers stand."""
        rows = self.execute("select name from sqlite_master where type = 'trigger'")
        return set(schema.SQLITE_TRIGGERS) <= {row[0] for row in rows}


def keep_log(connection: apsw.Connection) -> None:
    """Let the log and its index stay when the database is closed.

    Their space is taken then, so that even on a full disk the database can be opened again.
    """
    on = ctypes.c_int(1)
    connection.file_control("main", apsw.SQLITE_FCNTL_PERSIST_WAL, ctypes.addressof(on))


class _Faults:
    """Turns APSW's errors into what the store may say about a write; remembers the worst."""

    def __init__(self, driver: SQLiteDriver) -> None:
        self._driver = driver

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: object
    ) -> None:
        if not isinstance(error, apsw.Error):
            return
        match error:
            case apsw.FullError():
                fault = Fault.FULL
            case apsw.IOError() if getattr(error, "extendedresult", 0) == NO_SPACE_FOR_INDEX:
                fault = Fault.FULL
            case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError():
                fault = Fault.READ_ONLY
            case apsw.BusyError():  # another program holds the file: nothing was written
                fault = Fault.READ_ONLY
            case apsw.IOError() | apsw.CorruptError() | apsw.NotADBError():
                fault = Fault.LOST
            case _:
                return
        raised = StoreFault(fault, f"{type(error).__name__}: {error}")
        if fault is Fault.LOST:
            self._driver._lost = raised  # noqa: SLF001 - a part of the driver
        raise raised from error
