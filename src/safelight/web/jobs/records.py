"""What is written down about a job: who asked for what, how it stands, and how it ended.

A job is a folder. ``request.json`` never changes; ``state.json`` is the desk's word on it;
``process.json`` and ``result.json`` are the worker's; ``progress.json``, ``log.txt`` and the files
that were asked for come from the commands.
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from safelight.kernel.errors import Invalid
from safelight.sources.files import write_whole

REQUEST, STATE = "request.json", "state.json"
PROCESS, RESULT = "process.json", "result.json"
PROGRESS, LOG, LOCK = "progress.json", "log.txt", "lock"

S = TypeVar("S", bound=msgspec.Struct)


class Status(StrEnum):
    """How a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({Status.DONE, Status.FAILED, Status.CANCELLED})


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asked for; enough to do it again from the beginning."""

    id: str
    kind: str  # by which the pages know what to make of the outcome
    title: str
    staff: str  # who asked; an id, as in journals
    asked_at: datetime
    steps: list[list[str]]  # command lines, one after the other
    stages: list[str] = []  # what each of them does, said until it says more itself
    inputs: dict[str, list[str]] = {}  # the form as it was sent


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands."""

    status: Status = Status.QUEUED
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancelled_by: str = ""
    error: str = ""
    remedy: str = ""


class Process(msgspec.Struct, frozen=True):
    """The worker that does the job; its number is that of its process group too."""

    pid: int


class Result(msgspec.Struct, frozen=True):
    """How the commands ended: with the exit code of the last one that ran."""

    code: int
    step: int


class Progress(msgspec.Struct, frozen=True):
    """How far the command has come, in its own words."""

    stage: str = ""
    done: float = 0
    total: float = 0

    @property
    def share(self) -> float | None:
        """Return what is done of the whole, from 0 to 1; None where nobody can tell."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else None


def write_record(folder: Path, name: str, record: msgspec.Struct) -> None:
    """Write one of the records, all at once."""
    write_whole(folder / name, msgspec.json.encode(record))


def read_record(folder: Path, name: str, kind: type[S]) -> S | None:
    """Return one of the records, or None where it is not there or cannot be understood."""
    try:
        return msgspec.json.decode((folder / name).read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None


def read_request(folder: Path) -> Request:
    """Return what was asked for; raises Invalid for a folder that is no job."""
    request = read_record(folder, REQUEST, Request)
    if request is None:
        raise Invalid(
            "job-known", "There is no such job.", "Look at the list of jobs.", job=folder.name
        )
    return request
