"""A wait after too many wrong passwords, or wrong codes, of one person."""

import threading
import time
from collections.abc import Callable
from math import ceil

FAILURES = 5
WINDOW_SECONDS = 300.0
MOST_NAMES = 10_000


class Throttle:
    """Failures by name (a login, or a staff id), in memory: one process serves all logins.

    It counts for names that do not exist as well, so that it tells nobody which ones do. Safe to
    use from several threads.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without failures."""
        self._monotonic = monotonic
        self._failures: dict[str, list[float]] = {}
        self._lock = threading.Lock()

    def wait(self, name: str) -> int:
        """Return how many seconds a name has to wait: 0 for none."""
        recent = self._recent(name)
        if len(recent) < FAILURES:
            return 0
        return ceil(recent[-FAILURES] + WINDOW_SECONDS - self._monotonic())

    def failed(self, name: str) -> None:
        """Count a failure."""
        with self._lock:
            if len(self._failures) >= MOST_NAMES:
                self._failures.clear()
            self._failures[name] = [*self._recent(name), self._monotonic()]

    def passed(self, name: str) -> None:
        """Forget the failures of somebody who got it right."""
        self._failures.pop(name, None)

    def _recent(self, name: str) -> list[float]:
        since = self._monotonic() - WINDOW_SECONDS
        return [at for at in self._failures.get(name, ()) if at > since]
