"""Time as an argument: instants are aware datetimes in UTC, with microseconds."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def format_instant(instant: datetime) -> str:
    """Write an instant as journals do: ``2025-01-13T09:00:00.000000Z``."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_instant(text: str) -> datetime:
    """Read an instant; raises ValueError for a text without a time zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        message = f"{text!r} has no time zone"
        raise ValueError(message)
    return instant.astimezone(UTC)


def local_day(instant: datetime, timezone: str) -> date:
    """Return the calendar day of an instant where the site stands."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def local_month(instant: datetime, timezone: str) -> str:
    """Return the calendar month of an instant where the site stands, as ``2025-01``."""
    quarter = instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)
    return _local_month(quarter, timezone)


@lru_cache(maxsize=256)
def _local_month(instant: datetime, timezone: str) -> str:
    # No time zone in use changes its date at anything but a quarter of an hour.
    return instant.astimezone(ZoneInfo(timezone)).strftime("%Y-%m")


def minutes_between(earlier: datetime, later: datetime) -> int:
    """Return whole minutes from one instant to another, never negative."""
    return max(0, int((later - earlier) // timedelta(minutes=1)))
