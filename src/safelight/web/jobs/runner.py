"""How the desk has a job done: started, asked after, stopped."""

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from safelight.web.jobs.records import LOCK, PROCESS, Process, read_record

WORKER = "safelight.web.jobs.worker"


class Runner(Protocol):
    """Has the commands of a job run, outside the server."""

    def start(self, folder: Path) -> None:
        """Begin; raises OSError where the machine cannot."""
        ...

    def is_alive(self, folder: Path) -> bool:
        """Tell whether somebody works on the job, whoever started it."""
        ...

    def stop(self, folder: Path, *, at_once: bool) -> None:
        """Tell all processes of the job to end, or end them."""
        ...


class SystemRunner:
    """Runs a worker process for each job, in a session of its own."""

    def __init__(self) -> None:
        """Start with no children; those of a server before this one are known by their locks."""
        self._children: dict[Path, subprocess.Popen[bytes]] = {}

    def start(self, folder: Path) -> None:
        """Start a worker, which outlives this server."""
        self._children[folder] = subprocess.Popen(  # noqa: S603 - our own worker
            [sys.executable, "-m", WORKER, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def is_alive(self, folder: Path) -> bool:
        """Tell whether the worker or its command lives: then one of them holds the lock."""
        child = self._children.get(folder)
        if child is not None:
            if child.poll() is None:
                return True
            del self._children[folder]
        return _is_locked(folder / LOCK)

    def stop(self, folder: Path, *, at_once: bool) -> None:
        """Signal the job's process group; the lock says that its number is still theirs."""
        child = self._children.get(folder)
        told = read_record(folder, PROCESS, Process)
        if child is not None and child.poll() is None:
            group = child.pid
        elif told is not None and _is_locked(folder / LOCK):
            group = told.pid
        else:
            return
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL if at_once else signal.SIGTERM)


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
