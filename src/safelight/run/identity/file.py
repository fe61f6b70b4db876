"""The vault's file: one connection for all threads, one transaction at a time, no traces left."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from safelight.kernel.errors import NotSaved
from safelight.run.store.sqlite import FULL, keep_log

Parameters = tuple[str | bytes | int, ...]


class VaultFile:
    """An SQLite file that is safe to use from several threads."""

    patience = 5000  # milliseconds to wait for another process that uses the file

    def __init__(self, path: Path) -> None:
        """Open or create the file."""
        # Re-entrant, so that a step of a transaction can stand in functions of its own.
        self._lock = threading.RLock()
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(self.patience)
        self._connection.pragma("journal_mode", "wal")
        keep_log(self._connection)
        self._connection.pragma("synchronous", FULL)
        self._connection.pragma("secure_delete", 1)  # what is deleted leaves no bytes in the file

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Run one statement, or several without parameters; raises NotSaved where it fails."""
        with self._lock, _saving():
            return self._connection.execute(sql, parameters).fetchall()

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each row; raises NotSaved where it fails."""
        with self._lock, _saving():
            self._connection.executemany(sql, rows)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold one transaction: all of it is durable afterwards, or nothing of it took place."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self.rows("begin immediate")
            try:
                yield
                self.rows("commit")
            except BaseException:
                self._undo()
                raise

    def _undo(self) -> None:
        if self._connection.in_transaction:  # some errors end it by themselves
            self.rows("rollback")

    def scrub(self, *, wait: bool) -> bool:
        """Empty the write-ahead log, which holds pages as they were; False where it is in use."""
        with self._lock:
            self._connection.set_busy_timeout(self.patience if wait else 0)
            try:
                self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            except apsw.Error:
                return False
            finally:
                self._connection.set_busy_timeout(self.patience)
        return True

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


@contextmanager
def _saving() -> Iterator[None]:
    """What the vault cannot write is not shown and not accepted."""
    try:
        yield
    except apsw.Error as error:
        raise NotSaved(
            "vault-writes",
            "NOT SAVED. The vault cannot be written to.",
            "Write notes and names on paper for now; everything else can be recorded.",
        ) from error
