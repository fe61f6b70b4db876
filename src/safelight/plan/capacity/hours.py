"""Opening hours of a nominal week: local wall-clock time, without the two days the clocks change.

A week has 10,080 minutes from Monday, 00:00. On the day when summer time begins or ends a service
that is open through the night has an hour less or more than the plan says; nothing else differs.
"""

import math
import re
from dataclasses import dataclass

from safelight.kernel.errors import Invalid

DAY, WEEK = 1440, 10_080  # minutes
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REMEDY = "Write hours like 'Mon-Fri 09:00-21:00; Sat 20:00-04:00', or '24 hours'."
LATEST_MINUTE = 59

_RULE = re.compile(r"([a-z]{3})[a-z]*(?:\s*-\s*([a-z]{3})[a-z]*)?\s+(.+)")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Hours:
    """Windows of a week: opening and closing in minutes from Monday 00:00, ascending.

    A closing above 10,080 lies in the week after. Windows that touch are one.
    """

    windows: tuple[tuple[int, int], ...]

    @property
    def is_always_open(self) -> bool:
        """Tell whether the doors never close."""
        return self.windows == ((0, WEEK),)

    @property
    def open_minutes(self) -> int:
        """Return the minutes that the service is open in a week."""
        return sum(closes - opens for opens, closes in self.windows)


def parse_hours(text: str) -> Hours:
    """Read opening hours; a closing at or before the opening is on the next day.

    Raises Invalid for what is no day or time, for overlaps and where nothing is open.
    """
    if text.strip().lower() in {"24 hours", "24h", "24/7", "always"}:
        return Hours(((0, WEEK),))
    found = [window for rule in text.split(";") if rule.strip() for window in _windows(rule)]
    return opening_hours(found)


def opening_hours(windows: list[tuple[int, int]]) -> Hours:
    """Return windows in order, joined where they touch; raises Invalid where they overlap."""
    if not windows:
        raise Invalid("capacity-hours", "The service is never open.", REMEDY)
    ordered = sorted(windows)
    joined = [ordered[0]]
    for opens, closes in ordered[1:]:
        if opens < joined[-1][1]:
            raise _overlap(opens)
        if opens == joined[-1][1]:
            joined[-1] = (joined[-1][0], closes)
        else:
            joined.append((opens, closes))
    over = joined[-1][1] - WEEK
    if over > joined[0][0]:
        raise _overlap(joined[0][0])
    if over == joined[0][0]:  # Sunday night goes on into Monday
        opens, _ = joined.pop()
        if not joined:
            return Hours(((0, WEEK),))
        joined = [*joined[1:], (opens, WEEK + joined[0][1])]
    return Hours(tuple(joined))


def calendar_windows(hours: Hours, weekday: int, days: int) -> list[tuple[float, float, float]]:
    """Return the windows of a stretch of days as opening, end of arrivals, closing, in minutes.

    The stretch begins at 00:00 of a weekday (0 is Monday). A window that is open at its first or
    last moment is cut there, and keeps its true closing; an endless one closes at infinity.
    """
    last = float(days * DAY)
    if hours.is_always_open:
        return [(0.0, last, math.inf)]
    found = []
    for week in range(-1, days // 7 + 2):
        shift = week * WEEK - weekday * DAY
        for opens, closes in hours.windows:
            begins, ends = max(0.0, opens + shift), min(last, float(closes + shift))
            if begins < ends:
                found.append((begins, ends, float(closes + shift)))
    return found


def _windows(rule: str) -> list[tuple[int, int]]:
    matched = _RULE.fullmatch(rule.strip().lower())
    if not matched or {matched[1], matched[2] or matched[1]} - set(DAYS):
        raise Invalid("capacity-hours", f"'{rule.strip()}' is no day with its hours.", REMEDY)
    first, final = DAYS.index(matched[1]), DAYS.index(matched[2] or matched[1])
    days = [(first + step) % 7 for step in range((final - first) % 7 + 1)]
    spans = [_span(part) for part in matched[3].split(",")]
    return [(day * DAY + opens, day * DAY + closes) for day in days for opens, closes in spans]


def _span(text: str) -> tuple[int, int]:
    matched = _SPAN.fullmatch(text.strip())
    numbers = [int(number) for number in matched.groups()] if matched else []
    if not numbers or max(numbers[1], numbers[3]) > LATEST_MINUTE:
        raise Invalid("capacity-hours", f"'{text.strip()}' is no opening and closing.", REMEDY)
    opens, closes = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if max(opens, closes) > DAY or opens == DAY:
        raise Invalid("capacity-hours", f"'{text.strip()}' is past midnight.", REMEDY)
    return opens, closes if closes > opens else closes + DAY


def _overlap(at: int) -> Invalid:
    day, minute = DAYS[at // DAY % 7].title(), at % DAY
    return Invalid(
        "capacity-hours",
        f"Two opening hours overlap on {day} at {minute // 60:02}:{minute % 60:02}.",
        "Give every hour of the week once.",
        minute=at,
    )
