"""What a rule says, as a screen says it: in the site's own time, and with people by their names.

The rules speak UTC and ids. At three at night in summer nobody should have to add an hour in their
head, or to know whose id that is.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from safelight.kernel.errors import SafelightError
from safelight.run.domain.site import Site

_MONTHS = (
    "January February March April May June July August September October November December"
).split()
_PERSON = re.compile(r"\b(?:staff|p)-[a-z0-9-]*[a-z0-9]")
_TIME = re.compile(
    rf"(?:(?P<day>\d{{1,2}}) (?P<month>{'|'.join(_MONTHS)}) (?:(?P<year>\d{{4}}) )?)?"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?P<second>:\d\d)? UTC"
)


NOBODY: Mapping[str, str] = MappingProxyType({})


class Told(NamedTuple):
    """What a rule said, in the words of a screen."""

    code: str
    message: str
    remedy: str
    values: dict[str, object]

    def __str__(self) -> str:  # type: ignore[explicit-override]  # 3.11 has no typing.override
        """Return both sentences, for an answer without a page."""
        return f"{self.message} {self.remedy}"


def told_here(
    error: SafelightError, timezone: str, now: datetime, called: Mapping[str, str] = NOBODY
) -> Told:
    """Return an error as a screen of the site says it; ``called`` is what to call people, by id."""
    message, remedy = (
        local(named(text, called), timezone, now) for text in (error.message, error.remedy)
    )
    return Told(error.code, message, remedy, error.values)


def handles_in(error: SafelightError, site: Site) -> dict[str, str]:
    """Return the handles of the people that an error is about, by id."""
    persons = site.persons
    found = [str(value) for value in error.values.values() if str(value) in persons]
    return {key: persons[key].handle for key in found}


def named(text: str, called: Mapping[str, str]) -> str:
    """Return a text in which people are called by their names or handles, as far as known."""
    return _PERSON.sub(lambda found: called.get(found[0]) or found[0], text)


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
