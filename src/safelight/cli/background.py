"""Long work that can be watched from outside and ended at any moment."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import FrameType
from typing import Final, NoReturn, TypeVar

from safelight.cli.writing import write_out

T = TypeVar("T")
ROUND_SECONDS: Final = 0.2
INTERRUPTED, ENDED = 130, 143  # exit codes after Ctrl+C and SIGTERM


class ProgressFile:
    """A small JSON file that says how far the work has come."""

    def __init__(self, path: Path | None) -> None:
        """Keep it at a path, or nowhere."""
        self._path = path
        self._one_writer = Lock()

    def tell(self, fraction: float, message: str) -> None:
        """Replace what it says."""
        with self._one_writer:
            self._write(fraction, message)

    def tell_last(self, message: str) -> None:
        """Say how it ended; nothing can be said after it, and no other writer is half-way."""
        self._one_writer.acquire()
        self._write(0.0, message)

    def _write(self, fraction: float, message: str) -> None:
        if self._path is None:
            return
        said = {
            "fraction": round(fraction, 4),
            "message": message,
            "stage": message,
            "done": round(fraction, 4),
            "total": 1,
        }
        write_out(self._path, json.dumps(said).encode())


class _Ended(SystemExit):
    """The process was asked to end."""


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _Ended(ENDED)


@contextmanager
def asked_to_end() -> Iterator[None]:
    """Leave in good order on SIGTERM, as on Ctrl+C: what is half written is taken away."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def in_background(work: Callable[[], T], told: ProgressFile) -> T:
    """Do something on a thread of its own, so that SIGTERM and Ctrl+C are heard meanwhile.

    A solver may stay in compiled code for long. When the process is asked to end, nothing has been
    written yet, the progress file says so, and the process ends without waiting for the solver.
    """
    executor = ThreadPoolExecutor(1)
    with asked_to_end():
        try:
            future = executor.submit(work)
            result = _waited(future)
        except _Ended:
            _leave(told, ENDED)
        except KeyboardInterrupt:
            _leave(told, INTERRUPTED)
    executor.shutdown()
    return result


def _waited(future: "Future[T]") -> T:
    while True:
        try:
            return future.result(ROUND_SECONDS)
        except TimeoutError:
            if future.done():
                return future.result()


def _leave(told: ProgressFile, code: int) -> NoReturn:
    told.tell_last("Ended before it was done")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)
