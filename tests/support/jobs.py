"""A desk over fake workers, and the smallest commands for real ones."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from safelight.web.jobs.desk import Desk
from safelight.web.jobs.records import RESULT, Request, Result, write_record

START = datetime(2025, 1, 13, 9, tzinfo=UTC)


class Hours:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **much: float) -> None:
        """Let time pass."""
        self.now += timedelta(**much)


class FakeRunner:
    """Workers that do nothing until a test says what became of them."""

    def __init__(self) -> None:
        self.alive: set[Path] = set()
        self.started: list[str] = []
        self.signals: list[tuple[str, bool]] = []
        self.refuses: OSError | None = None
        self.obeys = True

    def start(self, folder: Path) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.started.append(folder.name)
        self.alive.add(folder)

    def is_alive(self, folder: Path) -> bool:
        return folder in self.alive

    def stop(self, folder: Path, *, at_once: bool) -> None:
        self.signals.append((folder.name, at_once))
        if self.obeys or at_once:
            self.alive.discard(folder)

    def end(self, folder: Path, code: int = 0) -> None:
        """Let the command end."""
        write_record(folder, RESULT, Result(code, 0))
        self.alive.discard(folder)

    def die(self, folder: Path) -> None:
        """Let the worker vanish, as in a power cut."""
        self.alive.discard(folder)


def request(number: int = 1, **changes: object) -> Request:
    """Return a job that somebody asks for."""
    asked = Request(
        id=f"job-{number:012x}",
        kind="site",
        title=f"Plan {number}",
        staff="staff-a",
        asked_at=START,
        steps=[],
    )
    return msgspec.structs.replace(asked, **changes)


def desk_in(folder: Path, runner: FakeRunner, clock: Hours | None = None) -> Desk:
    """Open a desk that no thread looks after: a test says when."""
    return Desk(folder / "plan", runner, clock or Hours())


def no_steps(_: Path) -> list[list[str]]:
    """Return no commands: a fake worker needs none."""
    return []


def python(code: str) -> list[str]:
    """Return a command that runs a line of Python."""
    return [sys.executable, "-c", code]
