"""Whether the machine's clock can be relied on: it was confirmed, and nobody has moved it since.

The wall clock is compared with one that only ever counts up and cannot be set. The two drift apart
only where somebody, or a time service, moved the wall clock.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from safelight.kernel.clock import Clock

# How far the two clocks may drift apart; a time service steps by less once it is in step.
DRIFT: Final = timedelta(seconds=30)


class Anchor(NamedTuple):
    """What both clocks said when two people found the wall clock right."""

    wall: datetime
    steady: float  # seconds


def _keep_nothing(_: Anchor) -> None:
    return None


class Timekeeper:
    """Compares two clocks with what they said when they were confirmed."""

    def __init__(
        self,
        clock: Clock,
        steady: Callable[[], float],
        anchor: Anchor | None = None,
        keep: Callable[[Anchor], None] = _keep_nothing,
    ) -> None:
        """Take the wall clock, one that only counts up, and the anchor of an earlier run.

        ``keep`` stores an anchor for the next run; ``anchor`` may only be one that ``steady``
        still counts from.
        """
        self._clock, self._steady = clock, steady
        self._anchor, self._keep = anchor, keep

    @property
    def trusted(self) -> bool:
        """Whether the wall clock was confirmed, and has kept step since."""
        if self._anchor is None:
            return False
        wall, steady = self._anchor
        drift = (self._clock() - wall) - timedelta(seconds=self._steady() - steady)
        return abs(drift) <= DRIFT

    def confirm(self) -> None:
        """Rely on the wall clock from now on."""
        self._anchor = Anchor(self._clock(), self._steady())
        self._keep(self._anchor)
