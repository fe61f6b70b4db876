"""A wait after too many wrong passwords for one login name."""

import time
from collections.abc import Callable
from math import ceil

FAILURES = 5
WINDOW_SECONDS = 300.0
MOST_NAMES = 10_000


class Throttle:
    """Failures by login name, in memory: one process serves all logins.

    It counts for names that do not exist as well, so that it tells nobody which ones do.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Start without failures."""
        self._monotonic = monotonic
        self._failures: dict[str, list[float]] = {}

    def wait(self, login: str) -> int:
        """Return how many seconds a login name has to wait: 0 for none."""
        recent = self._recent(login)
        if len(recent) < FAILURES:
            return 0
        return ceil(recent[-FAILURES] + WINDOW_SECONDS - self._monotonic())

    def failed(self, login: str) -> None:
        """Count a wrong password."""
        if len(self._failures) >= MOST_NAMES:
            self._failures.clear()
        self._failures[login] = [*self._recent(login), self._monotonic()]

    def passed(self, login: str) -> None:
        """Forget the failures of somebody who got in."""
        self._failures.pop(login, None)

    def _recent(self, login: str) -> list[float]:
        since = self._monotonic() - WINDOW_SECONDS
        return [at for at in self._failures.get(login, ()) if at > since]
