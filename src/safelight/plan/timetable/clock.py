"""The week as minutes of local time from Monday 00:00, and how people write it."""

import re

from safelight.kernel.errors import Invalid

DAY, WEEK = 1440, 10_080
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


def parse_days(text: str) -> tuple[int, ...]:
    """Read ``Mon-Fri``, ``Mon,Wed,Sat`` or ``Fri-Mon`` as days, Monday being 0; raises Invalid."""
    days: set[int] = set()
    for part in filter(None, (each.strip() for each in text.split(","))):
        first, _, last = (each.strip()[:3].title() for each in part.partition("-"))
        if first not in NAMES or (last and last not in NAMES):
            raise _unreadable("days", text, "Write days as Mon-Fri or Mon,Wed,Sat.")
        begin, end = NAMES.index(first), NAMES.index(last or first)
        days |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return tuple(sorted(days))


def parse_clock(text: str) -> int:
    """Read ``09:30`` as minutes after midnight, 24:00 included; raises Invalid."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise _unreadable("time", text, "Write times as 09:30.")
    return DAY if found[1] is None else int(found[1]) * 60 + int(found[2])


def parse_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Read ``Mon-Fri 09:30-15:00; Sat 22:00-02:00`` as minutes from Monday 00:00.

    A span that does not end after it begins goes on past midnight. Days left out are all days.
    Raises Invalid.
    """
    spans = []
    for part in filter(None, (each.strip() for each in text.split(";"))):
        days, _, hours = part.rpartition(" ")
        begin, dash, end = hours.partition("-")
        if not dash:
            raise _unreadable("hours", text, "Write hours as Mon-Fri 09:30-15:00; Sat 10:00-14:00.")
        opening, closing = parse_clock(begin), parse_clock(end)
        length = (closing - opening) % DAY or DAY
        which = parse_days(days) if days.strip() else range(7)
        spans += [(day * DAY + opening, day * DAY + opening + length) for day in which]
    return tuple(sorted(spans))


def merged(spans: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Return the spans of a week as they recur, joined where they touch: three weeks of them.

    Minutes from one week before Monday 00:00, so that nights over Sunday are whole. No spans stand
    for always.
    """
    whole = spans or ((0, WEEK),)
    found: list[tuple[int, int]] = []
    for begin, end in sorted((a + week, b + week) for a, b in whole for week in (-WEEK, 0, WEEK)):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)


def clock(minute: int) -> str:
    """Write a minute of the week as a time of day: ``09:30``."""
    return f"{minute % DAY // 60:02d}:{minute % 60:02d}"


def moment(minute: int) -> str:
    """Write a minute of the week as day and time: ``Mon 09:30``."""
    return f"{NAMES[minute // DAY % 7]} {clock(minute)}"


def _unreadable(what: str, text: str, remedy: str) -> Invalid:
    return Invalid(f"timetable-{what}", f"'{text}' cannot be read as {what}.", remedy, value=text)
