"""The narrow port to a database: one connection that executes, begins, commits, rolls back."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Protocol

from safelight.kernel.errors import NotSaved


class Fault(StrEnum):
    """What kept a commit from the disk, as far as it changes what to do next."""

    FULL = "disk-full"  # nothing was written; works again once there is space
    READ_ONLY = "read-only"  # nothing was written
    LOST = "failed"  # a write or sync failed: this process must not write again


class StoreFault(NotSaved):
    """The database says that a write is not durable."""

    def __init__(self, fault: Fault, detail: str) -> None:
        """Choose words and remedy by the kind of fault."""
        words = {
            Fault.FULL: ("The disk is full.", "Free some space; then do it again."),
            Fault.READ_ONLY: (
                "The disk cannot be written to.",
                "Check the disk; then do it again.",
            ),
            Fault.LOST: (
                "The disk reported an error.",
                "Write on paper, restart Safelight, and call whoever looks after the machine.",
            ),
        }
        message, remedy = words[fault]
        super().__init__(f"disk-{fault.value}", f"NOT SAVED. {message}", remedy, detail=detail)
        self.fault = fault


class Driver(Protocol):
    """One open connection. SQL uses ``?`` for parameters on every engine."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows; raises StoreFault where a write fails."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run one statement for each row; raises StoreFault where a write fails."""

    def stream(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Run one query and yield rows without holding all of them."""

    def begin(self) -> None:
        """Begin a transaction that may write."""

    def begin_reading(self) -> None:
        """Begin a transaction in which everything is read as of one moment, until ``rollback``."""

    def commit(self) -> None:
        """Make it durable; raises StoreFault where that is not certain."""

    def rollback(self) -> None:
        """Undo it; never raises."""

    def close(self) -> None:
        """Close the connection."""

    def prepare(self) -> None:
        """Create the tables and triggers if they are not there."""

    def is_guarded(self) -> bool:
        """Tell whether the triggers stand that keep the journal append-only."""
