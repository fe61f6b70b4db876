"""How long a patient is observed, as the screens say it."""

from datetime import datetime, timedelta
from typing import NamedTuple

from safelight.run.domain.clinic.observation import AFTER_NALOXONE, watches
from safelight.run.domain.dosing_entities import Session
from safelight.web.floor.frame import Frame


class Watching(NamedTuple):
    """One time of observation; its length is missing where the pack does not say it."""

    since: datetime
    minutes: int | None
    after_naloxone: bool

    @property
    def over(self) -> datetime | None:
        """When it is over."""
        return None if self.minutes is None else self.since + timedelta(minutes=self.minutes)


def watching(frame: Frame, session: Session) -> Watching | None:
    """Return the time of observation that ends last; one of unknown length ends last of all."""
    found = [
        Watching(watch.since, frame.protocol.optional(watch.value), watch.value == AFTER_NALOXONE)
        for watch in watches(frame.site, session)
    ]
    return max(found, key=_end, default=None)


def _end(watch: Watching) -> tuple[bool, datetime]:
    return watch.over is None, watch.over or watch.since
