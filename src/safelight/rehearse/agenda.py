"""What happens next: processes that take turns on one line of simulated time."""

import heapq
from collections.abc import Callable, Generator
from datetime import datetime, timedelta
from itertools import count

# A process does something, then yields how many seconds pass before it looks again.
Steps = Generator[float, None, None]


class Agenda:
    """Processes by the time of their next step; ties go in the order in which they came."""

    def __init__(self, start: datetime) -> None:
        """Begin at an instant with nothing to do."""
        self.start = self._now = start
        self.elapsed = 0.0
        self._next = count()
        self._waiting: list[tuple[float, int, Steps]] = []

    def now(self) -> datetime:
        """Return the simulated time."""
        return self._now

    def spawn(self, steps: Steps, after: float = 0.0) -> None:
        """Have a process begin after some seconds."""
        heapq.heappush(self._waiting, (self.elapsed + after, next(self._next), steps))

    @property
    def due(self) -> float | None:
        """When the next step is due, in seconds since the start; None if nothing is left."""
        return self._waiting[0][0] if self._waiting else None

    def step(self) -> None:
        """Go to the next step and take it."""
        self.elapsed, _, steps = heapq.heappop(self._waiting)
        self._now = self.start + timedelta(seconds=self.elapsed)
        wait = next(steps, None)
        if wait is not None:
            # Whole seconds: the last digit of a logarithm must not decide which comes first.
            self.spawn(steps, max(1.0, float(round(wait))))

    def run(self, until: datetime | None = None, each: Callable[[], None] = lambda: None) -> None:
        """Take steps until nothing is left, or a time has come; ``each`` is called after each."""
        end = None if until is None else (until - self.start).total_seconds()
        while (due := self.due) is not None and (end is None or due <= end):
            self.step()
            each()
