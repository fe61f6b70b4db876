"""The journal database on PostgreSQL, through psycopg, for a service of several sites."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import errors

from safelight.kernel.errors import SafelightError
from safelight.run.store import schema
from safelight.run.store.driver import Fault, StoreFault

_STREAM_ROWS = 5000
_WRITER = 0x5AFE_11FE  # the advisory lock that the one writer holds


class PostgresDriver:
    """One connection with ``synchronous_commit`` on; the schema is found by the search path."""

    lock_milliseconds = 5000  # how long a writer waits for another to be gone

    def __init__(self, address: str, *, read_only: bool = False) -> None:
        """Connect; raises StoreFault where the server does not answer."""
        try:
            self._connection = psycopg.connect(address, autocommit=True)
        except psycopg.OperationalError as error:
            raise StoreFault(Fault.READ_ONLY, f"no connection: {error}") from error
        self._connection.execute("set timezone to 'UTC'")
        self._connection.execute("set synchronous_commit to on")
        if read_only:
            self._connection.execute("set default_transaction_read_only to on")
        else:
            self._lock_out_others()

    def _lock_out_others(self) -> None:
        """Be the one writer of this database, from whatever machine, while connected."""
        try:
            # A writer that was killed keeps the lock until the server notices.
            self._connection.execute(f"set lock_timeout to {self.lock_milliseconds}")
            self._connection.execute("select pg_advisory_lock(%s)", (_WRITER,))
            self._connection.execute("set lock_timeout to default")
        except errors.LockNotAvailable as error:
            self.close()
            raise SafelightError(
                "one-writer",
                "Another Safelight is writing in this PostgreSQL database.",
                "Stop it first, or use a database of your own.",
            ) from error

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows."""
        with _faults():
            cursor = self._connection.execute(_placed(sql), parameters)
            return cursor.fetchall() if cursor.description else []

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row."""
        with _faults(), self._connection.cursor() as cursor:
            cursor.executemany(_placed(sql), list(rows))

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Run one query with a server-side cursor and yield its rows."""
        with (
            _faults(),
            self._connection.transaction(),
            self._connection.cursor(name="stream") as cursor,
        ):
            cursor.itersize = _STREAM_ROWS
            cursor.execute(_placed(sql), parameters)
            yield from cursor

    def begin(self) -> None:
        """Begin a transaction."""
        self.execute("begin")

    def begin_reading(self) -> None:
        """Read as of one moment."""
        self.execute("begin isolation level repeatable read")

    def commit(self) -> None:
        """Commit; the server replies after its log is on disk."""
        self.execute("commit")

    def rollback(self) -> None:
        """Undo what was not committed."""
        with suppress(psycopg.Error):
            self._connection.execute("rollback")

    def close(self) -> None:
        """Close the connection."""
        with suppress(psycopg.Error):
            self._connection.close()

    def prepare(self) -> None:
        """Create tables and triggers in one transaction; refuses a newer schema."""
        if self.execute("select to_regclass('schema_version') is not null") == [(True,)]:
            schema.refuse_newer(self.execute("select version from schema_version")[0][0])
            return
        self.begin()
        try:
            for statement in schema.POSTGRES:
                self.execute(statement)
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def is_guarded(self) -> bool:
        """Tell whether the append-only trigger stands and is enabled."""
        return bool(
            self.execute(
                "select 1 from pg_trigger where tgname = 'entry_append_only' and tgenabled <> 'D'"
            )
        )


def _placed(sql: str) -> str:
    """Return SQL with PostgreSQL's placeholders; no statement here holds ``?`` or ``%`` itself."""
    return sql.replace("?", "%s")


class _faults:  # noqa: N801 - reads as a word in ``with``
    """Turns psycopg's errors into what the store may say about a write."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: object
    ) -> None:
        match error:
            case errors.DiskFull():
                raise StoreFault(Fault.FULL, str(error)) from error
            case errors.ReadOnlySqlTransaction():
                raise StoreFault(Fault.READ_ONLY, str(error)) from error
            case psycopg.OperationalError() | psycopg.InterfaceError():
                raise StoreFault(Fault.LOST, str(error)) from error
            case _:
                return
