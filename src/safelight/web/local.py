"""Times in what a rule says: the rules speak UTC, a screen speaks the site's own time.

At three at night in summer nobody should have to add an hour in their head.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from safelight.kernel.errors import SafelightError

_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_TIME = re.compile(
    rf"(?:(?P<day>\d{{1,2}}) (?P<month>{'|'.join(_MONTHS)}) (?:(?P<year>\d{{4}}) )?)?"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?P<second>:\d\d)? UTC"
)


class Told(NamedTuple):
    """What a rule said, with times as the site's clocks show them."""

    code: str
    message: str
    remedy: str
    values: dict[str, object]

    def __str__(self) -> str:  # type: ignore[explicit-override]  # 3.11 has no typing.override
        """Return both sentences, for an answer without a page."""
        return f"{self.message} {self.remedy}"


def told_here(error: SafelightError, timezone: str, now: datetime) -> Told:
    """Return an error as a screen of the site says it."""
    message, remedy = (local(text, timezone, now) for text in (error.message, error.remedy))
    return Told(error.code, message, remedy, error.values)


def local(text: str, timezone: str, now: datetime) -> str:
    """Return a text in which every time in UTC is the site's own; a date goes along with it."""
    zone = ZoneInfo(timezone)

    def here(found: re.Match[str]) -> str:
        moment = _moment(found, now).astimezone(zone)
        parts = [f"{moment:%H:%M:%S}" if found["second"] else f"{moment:%H:%M}"]
        if found["day"]:
            year = f" {moment.year}" if found["year"] else ""
            parts.insert(0, f"{moment.day} {_MONTHS[moment.month - 1]}{year}")
        return " ".join(parts)

    return _TIME.sub(here, text)


def _moment(found: re.Match[str], now: datetime) -> datetime:
    """Return the instant that is meant: without a date the nearest, without a year this one."""
    second = int((found["second"] or ":00")[1:])
    at = time(int(found["hour"]), int(found["minute"]), second, tzinfo=UTC)
    today = now.astimezone(UTC).date()
    if not found["day"]:
        days = [today + timedelta(days=days) for days in (-1, 0, 1)]
    else:
        years = [int(found["year"])] if found["year"] else [now.year + year for year in (-1, 0, 1)]
        month, day = _MONTHS.index(found["month"]) + 1, int(found["day"])
        # Only a leap year has a 29th of February.
        days = [date(year, month, min(day, monthrange(year, month)[1])) for year in years]
    return min((datetime.combine(day, at) for day in days), key=lambda each: abs(each - now))
