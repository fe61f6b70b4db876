"""What a line's values are in the words of a layout."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from safelight.run.domain.register_entities import Line
from safelight.run.register.layout import Column, Layout
from safelight.run.register.wording import Dates, Fill, filling, milligrams


class Teller:
    """Tells one line after the other."""

    def __init__(
        self,
        layout: Layout,
        timezone: str,
        people: Mapping[str, str],
        staff: Mapping[str, str],
        corrected: frozenset[int],
    ) -> None:
        """Take what people are called, and the numbers of the lines that a footnote corrects."""
        self.layout, self.people, self.staff, self.corrected = layout, people, staff, corrected
        self._zone, self._told_day = ZoneInfo(timezone), Dates(layout).told
        self._fillings: dict[tuple[str, bool], list[Fill]] = {}
        self._line: Line

    def cells(self, line: Line, columns: Sequence[Column]) -> tuple[str, ...]:
        """Return what stands in the columns of the part to which the line's kind belongs."""
        key = (line.kind, line.session is not None)
        fillings = self._fillings.get(key)
        if fillings is None:
            shown = [column.shows(key[0], on_premises=key[1]) for column in columns]
            fillings = self._fillings[key] = [filling(text) for text in shown]
        self._line = line
        told = self._told
        return tuple([fill(told) for fill in fillings])

    def footnote(self, line: Line) -> str:
        """Return a correction as the footnote of the line that it corrects."""
        self._line = line
        return filling(self.layout.footnote)(self._told)

    def _told(self, name: str) -> str:
        return VALUES[name](self, self._line)

    def day_of(self, instant: datetime) -> date:
        """Return the day at the site."""
        return instant.astimezone(self._zone).date()

    def day(self, day: date | None) -> str:
        """Return a day as the layout writes it."""
        return "" if day is None else self._told_day(day)

    def quantity(self, micrograms: int | None) -> str:
        """Return a quantity as the layout writes it, in milligrams."""
        return "" if micrograms is None else milligrams(micrograms, self.layout)

    def term(self, code: str | None) -> str:
        """Return the words for a code."""
        return "" if code is None else self.layout.term(code)

    def person(self, key: str | None) -> str:
        """Return what a patient is called."""
        return "" if key is None else self.people.get(key, key)

    def colleague(self, key: str | None) -> str:
        """Return what a member of staff is called."""
        return "" if key is None else self.staff.get(key, key)

    def late(self, line: Line) -> str:
        """Say that a line was written later than it may be, or nothing."""
        if line.at == line.recorded_at:
            return ""
        days = (self.day_of(line.recorded_at) - self.day_of(line.at)).days
        return filling(self.layout.late)(self._told) if days > self.layout.late_days else ""


VALUES: Final[Mapping[str, Callable[[Teller, Line], str]]] = {
    "number": lambda _, line: str(line.number),
    "mark": lambda told, line: "*" if line.number in told.corrected else "",
    "date": lambda told, line: told.day(told.day_of(line.at)),
    "entered": lambda told, line: told.day(told.day_of(line.recorded_at)),
    "late": lambda told, line: told.late(line),
    "quantity": lambda told, line: told.quantity(abs(line.change)),
    "change": lambda told, line: told.quantity(line.change),
    "in": lambda told, line: told.quantity(line.change) if line.change > 0 else "",
    "out": lambda told, line: told.quantity(-line.change) if line.change < 0 else "",
    "balance": lambda told, line: told.quantity(line.balance),
    "counted": lambda told, line: told.quantity(line.counted),
    "was": lambda told, line: told.quantity(line.was),
    "now": lambda told, line: told.quantity(line.now),
    "units": lambda _, line: "" if line.units is None else str(line.units),
    "refers_to": lambda _, line: "" if line.refers_to is None else str(line.refers_to),
    "batch": lambda _, line: line.batch or "",
    "expires": lambda told, line: told.day(line.expires),
    "supplier": lambda _, line: line.supplier or "",
    "address": lambda _, line: line.address or "",
    "document": lambda _, line: line.document or "",
    "session": lambda _, line: line.session or "",
    "reason": lambda told, line: told.term(line.reason),
    "method": lambda told, line: told.term(line.method),
    "person": lambda told, line: told.person(line.person),
    "prescriber": lambda told, line: told.colleague(line.prescriber),
    "staff": lambda told, line: told.colleague(line.staff),
    "witness": lambda told, line: told.colleague(line.witness),
}
