"""When something happened that is entered late: a time on the wall clock of the site."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from safelight.kernel.clock import parse_instant
from safelight.kernel.errors import Invalid

# A time that is less than this ahead is that of a fast watch, and not of yesterday.
SOON = timedelta(hours=1)
HALF_A_DAY = timedelta(hours=12)
_TIME = re.compile(r"([01]?\d|2[0-3])[:.]?([0-5]\d)")


def happened_at(time: str, instant: str, now: datetime, timezone: str) -> datetime | None:
    """Return when it happened; None for 'just now'.

    ``instant`` may have no time zone: then it is a day and a time on the site's clock.
    """
    if time:
        return latest_at(time, now, timezone)
    if not instant:
        return None
    try:
        return parse_instant(instant)
    except ValueError:
        return shown_at(instant, now, timezone)


def shown_at(text: str, now: datetime, timezone: str) -> datetime:
    """Return when the site's clock showed a day and a time, such as ``2026-01-13T11:30``.

    In the hour that a change of clocks repeats, that is the second one if it is past already.
    """
    zone = ZoneInfo(timezone)
    try:
        naive = datetime.fromisoformat(text)
        shown = [naive.replace(tzinfo=zone, fold=fold) for fold in (1, 0)]
        moments = [moment.astimezone(UTC) for moment in shown if _was_shown(moment, zone)]
    except (ValueError, OverflowError):
        raise _invalid(f"{text[:40]!r} is no day with a time.") from None
    if not moments:
        raise _invalid(f"The clock never showed {text[:40]}: it was put forward over that.")
    return next((moment for moment in moments if moment <= now), moments[-1])


def latest_at(time: str, now: datetime, timezone: str) -> datetime:
    """Return the last moment, today or yesterday, at which the site's clock showed this time.

    In the hour that a change of clocks repeats, that is the second one if it is past already.
    """
    parts = _TIME.fullmatch(time)
    if parts is None:
        raise _invalid(f"{time[:10]!r} is no time of day.")
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    hour, minute = int(parts[1]), int(parts[2])
    shown = [
        datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)
        for day in (today - timedelta(days=1), today, today + timedelta(days=1))
        for fold in (1, 0)
    ]
    moments = [m.astimezone(UTC) for m in shown if _was_shown(m, zone)]
    latest = max((m for m in moments if m <= now), default=None)
    if latest is None:
        raise _invalid(f"The clock showed {time} neither today nor yesterday.")
    if now - latest > HALF_A_DAY and any(now < m <= now + SOON for m in moments):
        raise _invalid(f"{time} has not come yet: it is {now.astimezone(zone):%H:%M} here.")
    return latest


def _was_shown(moment: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the clock ever showed this: a change of clocks skips an hour."""
    back = moment.astimezone(UTC).astimezone(zone)
    return (back.hour, back.minute) == (moment.hour, moment.minute)


def _invalid(message: str) -> Invalid:
    return Invalid("happened-time", message, "Give it as hours and minutes, such as 03:12.")
