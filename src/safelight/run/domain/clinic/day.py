"""The clinic day: it turns at a time that the pack says, once a day, whatever clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from safelight.kernel.clock import local_day
from safelight.run.domain.base import Given
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site

TURN: Final = "clinic_day_turn_minutes"
DAY: Final = timedelta(days=1)


def clinic_day_of(site: Site, now: datetime, protocol: Protocol) -> date:
    """Return the clinic day of an instant; refuses where the pack does not say when it turns."""
    timezone = site.premises.timezone if site.premises else "UTC"
    turn = protocol.number(TURN)
    day = local_day(now, timezone)
    return day if now >= turn_of(day, timezone, turn) else day - DAY


def clinic_day(site: Site, given: Given) -> date:
    """Return the clinic day by the time of writing."""
    return clinic_day_of(site, given.now, given.protocol)


@lru_cache(maxsize=64)
def turn_of(day: date, timezone: str, turn: int) -> datetime:
    """Return the instant at which a clinic day begins, ``turn`` minutes after midnight.

    In the hour that autumn repeats, it is the first of the two; in the hour that spring leaves
    out, it is as if the clock had gone on. So a clinic day never begins twice.
    """
    midnight = datetime.combine(day, time())
    return (midnight + timedelta(minutes=turn)).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
