"""A register as its layout shows it: plain texts, ready to be set on pages or written to a file.

Lines stand in the order in which they were written, each with the day on which it took place; one
that was written late says so. A footnote stands with the line that it corrects, and is a line of
its own as well. What was prepared and is not accounted for is no line.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from safelight.run.domain.register_entities import CORRECTED, Line, Register
from safelight.run.register.layout import KINDS, Column, Item, Layout
from safelight.run.register.telling import Teller
from safelight.run.register.wording import Dates, filled, milligrams

Names = Callable[[frozenset[str]], Mapping[str, str]]  # what to call people, by id


class About(NamedTuple):
    """What a print is of, besides the lines; the days are days of writing at the site."""

    site: str
    premises: str
    timezone: str
    first: date | None = None
    last: date | None = None
    printed_at: datetime | None = None
    printed_by: str = ""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One line as it is shown: its cells, and the footnotes at the foot of its page."""

    number: int
    seq: int
    kind: str
    change: int
    balance: int
    cells: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """One part of the register."""

    title: str
    empty: str
    columns: tuple[Column, ...]
    rows: list[Row]


class Sheet(msgspec.Struct, frozen=True):
    """The whole print."""

    layout: Layout
    register: str
    head: str
    facts: list[tuple[str, str]]
    tables: list[Table]
    summary: list[tuple[str, str]]
    lines: int
    balance: int  # after the last line, in micrograms


def nobody(_: frozenset[str]) -> Mapping[str, str]:
    """Name nobody: ids stand as they are, as in every file that leaves without the vault."""
    return {}


def written_between(
    lines: Iterable[Line], first: date | None, last: date | None, timezone: str
) -> list[Line]:
    """Return the lines that were written on these days, by the calendar of the site.

    By the day of writing, and not by that on which it took place: so every line stands in exactly
    one month's print, also one that was written late, and the balances of each print add up.
    """
    zone, lowest, highest = ZoneInfo(timezone), first or date.min, last or date.max
    return [line for line in lines if lowest <= line.recorded_at.astimezone(zone).date() <= highest]


def sheet_of(
    register: Register,
    lines: Sequence[Line],
    layout: Layout,
    about: About,
    *,
    people: Names = nobody,
    staff: Names = nobody,
) -> Sheet:
    """Return a register on a sheet; ``lines`` are all of it, by number, whatever the days."""
    chosen = written_between(lines, about.first, about.last, about.timezone)
    notes: dict[int, list[Line]] = {}
    for line in lines:
        if line.kind == CORRECTED and line.refers_to is not None:
            notes.setdefault(line.refers_to, []).append(line)
    shown = [*chosen, *(note for line in chosen for note in notes.get(line.number, ()))]
    teller = Teller(
        layout,
        about.timezone,
        people(frozenset(line.person for line in shown if line.person)),
        staff(frozenset(each for line in shown for each in _staff(line))),
        frozenset(notes),
    )
    tables = [Table(part.title, part.empty, part.column, []) for part in layout.part]
    place = {
        kind: table for table, part in zip(tables, layout.part, strict=True) for kind in part.kinds
    }
    for line in chosen:
        table = place[line.kind]
        cells = teller.cells(line, table.columns)
        footnotes = tuple(teller.footnote(note) for note in notes.get(line.number, ()))
        table.rows.append(
            Row(line.number, line.seq, line.kind, line.change, line.balance, cells, footnotes)
        )
    values = _values(register, layout, about, chosen)
    before = chosen[0].balance - chosen[0].change if chosen else _before(lines, about)
    after = chosen[-1].balance if chosen else before
    return Sheet(
        layout=layout,
        register=register.id,
        head=filled(layout.head, values),
        facts=_items(layout.fact, values),
        tables=tables,
        summary=_items(layout.summary, _sums(chosen, before, after, layout)),
        lines=len(chosen),
        balance=after,
    )


def _staff(line: Line) -> list[str]:
    return [each for each in (line.staff, line.witness, line.prescriber) if each]


def _before(lines: Sequence[Line], about: About) -> int:
    """Return the balance of a time in which nothing was written."""
    if about.first is None:
        return 0
    zone = ZoneInfo(about.timezone)
    earlier = [x for x in lines if x.recorded_at.astimezone(zone).date() < about.first]
    return earlier[-1].balance if earlier else 0


def _items(items: Iterable[Item], values: Mapping[str, str]) -> list[tuple[str, str]]:
    told = [(item.label, filled(item.show, values)) for item in items]
    return [(label, text) for label, text in told if text.strip()]


def _values(
    register: Register, layout: Layout, about: About, chosen: Sequence[Line]
) -> dict[str, str]:
    """Return what the texts about the whole print can show."""
    dates, zone = Dates(layout), ZoneInfo(about.timezone)

    def day(instant: datetime) -> str:
        return dates.told(instant.astimezone(zone).date())

    ends = [day(line.recorded_at) for line in (*chosen[:1], *chosen[-1:])] or ["", ""]
    printed = about.printed_at
    return {
        "premises": about.premises,
        "site": about.site,
        "drug": layout.term(register.drug),
        "form": layout.term(register.form),
        "strength": milligrams(register.strength, layout),
        "register": register.id,
        "first": dates.told(about.first) if about.first else ends[0],
        "last": dates.told(about.last) if about.last else ends[-1],
        "printed": f"{day(printed)}, {printed.astimezone(zone):%H:%M}" if printed else "",
        "printer": about.printed_by,
    }


def _sums(chosen: Sequence[Line], before: int, after: int, layout: Layout) -> dict[str, str]:
    """Return what the texts at the end can show; quantities out are told without a sign."""
    change = dict.fromkeys(KINDS, 0)
    for line in chosen:
        change[line.kind] += line.change
    sums = {kind: change[kind] if kind == CORRECTED else abs(change[kind]) for kind in KINDS}
    sums["brought"], sums["carried"] = before, after
    sums["came"] = sum(line.change for line in chosen if line.change > 0)
    sums["went"] = -sum(line.change for line in chosen if line.change < 0)
    told = {name: milligrams(quantity, layout) for name, quantity in sums.items()}
    return {**told, "lines": str(len(chosen))}
