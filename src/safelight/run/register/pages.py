"""Cuts a sheet into pages before it is set, so that each page can be set by itself.

One long table would take far longer than its pages do, and what is cut beforehand can be set by
several processes that know every page number. How much fits is estimated from above; the setting
checks that every page did fit, and nothing is ever cut off.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

import msgspec

from safelight.run.register.binding import Bookmark
from safelight.run.register.layout import Column, Layout
from safelight.run.register.sheet import Row, Sheet, Table
from safelight.run.register.wording import filled

# In points: papers and margins, the text of tables, and what else takes room on a page.
PAPERS: Final = {"a4": (595.28, 841.89), "a3": (841.89, 1190.55), "us-letter": (612.0, 792.0)}
SIDE, TOP, BOTTOM = 30.0, 48.0, 42.0
SIZE, LEADING, INSET_X, INSET_Y = 7.5, 1.2, 3.0, 2.4
TITLE, HEADING, ITEM, SIGNATURE, STATEMENT = 36.0, 26.0, 12.0, 48.0, 30.0
FULLEST: Final = 0.97  # of a page's height that is planned for
UNBROKEN: Final = "\u200b"  # lets a word break that has no place for it
# Widths of letters in ems, rather too wide than too narrow.
_WIDTHS: Final = {
    **dict.fromkeys("iljtfrI.,:;'|!()[]-/ ", 0.36),
    **dict.fromkeys("0123456789", 0.5),
    **dict.fromkeys("mwMWQO@%\u2014\u2026", 1.0),
    UNBROKEN: 0.0,
}
_SMALL, _CAPITAL, _OTHER, _LATIN = 0.56, 0.78, 1.05, "\u0250"

Cell = str | tuple[int, str]  # a text, or one over several columns


class Page(msgspec.Struct):
    """One page, as it is handed to be set."""

    table: int  # which part's columns it has
    rows: list[tuple[Cell, ...]]
    notes: list[str]
    heading: str = ""  # where a part begins
    first: bool = False
    last: bool = False  # ends with the sums and signatures
    foot: str = ""


class Plan(NamedTuple):
    """The pages of a sheet, and the places to jump to."""

    pages: list[Page]
    bookmarks: list[Bookmark]


def planned(sheet: Sheet, fullness: float = FULLEST) -> Plan:
    """Return the pages; a lower ``fullness`` leaves more room on each."""
    room = _Room(sheet.layout, fullness)
    pages: list[Page] = []
    for nth, table in enumerate(sheet.tables):
        pages += _cut(nth, table, room, sheet)
    _end(pages, sheet, room)
    bookmarks = []
    for number, page in enumerate(pages):
        if page.heading:
            bookmarks.append(Bookmark(page.heading, number))
        numbers = {"page": str(number + 1), "pages": str(len(pages))}
        page.foot = filled(sheet.layout.page, numbers)
    return Plan(pages, bookmarks)


class _Room:
    """How much a page of a layout holds, and how much has been used of the present one."""

    def __init__(self, layout: Layout, fullness: float) -> None:
        width, height = PAPERS[layout.paper]
        if layout.landscape:
            width, height = height, width
        self.width = width - 2 * SIDE
        self.height = (height - TOP - BOTTOM) * fullness
        self.used = 0.0

    def takes(self, height: float) -> bool:
        """Use so much of the page if it is still there."""
        if self.used + height > self.height:
            return False
        self.used += height
        return True

    def widths(self, columns: Sequence[Column]) -> list[float]:
        """Return how wide each column is."""
        whole = sum(column.width for column in columns)
        return [self.width * column.width / whole for column in columns]


def _cut(nth: int, table: Table, room: _Room, sheet: Sheet) -> Iterator[Page]:
    """Yield the pages of one part, which begins on a page of its own."""
    widths = room.widths(table.columns)
    heads = _height([column.head for column in table.columns], widths)
    joins = [column.join for column in table.columns]
    page = Page(nth, [], [], heading=table.title, first=nth == 0)
    room.used = heads + HEADING
    if page.first:
        room.used += TITLE + ITEM * len(sheet.facts)
    for row in table.rows:
        cells = _softened(row.cells, widths)
        height = _row_height(cells, row, joins, widths, room)
        if not room.takes(height) and page.rows:
            yield page
            page = Page(nth, [], [])
            room.used = heads + height
        page.rows.append(_joined(cells, joins))
        page.notes += row.notes
    yield page


def _end(pages: list[Page], sheet: Sheet, room: _Room) -> None:
    """Put the sums and signatures on the last page, or on one more."""
    height = HEADING + ITEM * len(sheet.summary)
    height += (STATEMENT if sheet.layout.statement else 0) + SIGNATURE * len(sheet.layout.signature)
    if not room.takes(height):
        pages.append(Page(len(sheet.tables) - 1, [], []))
    pages[-1].last = True


def _row_height(
    cells: Sequence[str],
    row: Row,
    joins: Sequence[bool],
    widths: Sequence[float],
    room: _Room,
) -> float:
    """Return how high a row is at most, with its footnotes at the foot of the page."""
    if any(joins):
        spans = _spans(cells, joins)
        merged = [sum(widths[start:end]) for start, end in spans]
        height = _height([cells[start] for start, _ in spans], merged)
    else:
        height = _height(cells, widths)
    return height + sum(_height([note], [room.width]) for note in row.notes)


def _height(texts: Sequence[str], widths: Sequence[float]) -> float:
    most = max(map(_lines, texts, widths), default=1)
    return most * (SIZE + LEADING) + 2 * INSET_Y


def _lines(text: str, width: float) -> int:
    if len(text) * SIZE * _OTHER <= width - 2 * INSET_X:
        return 1
    return _wrapped(text, width)


@lru_cache(maxsize=1 << 16)
def _wrapped(text: str, width: float) -> int:
    """Return how many lines a text takes at most."""
    whole, lines, used = width - 2 * INSET_X, 1, 0.0
    for word in text.split(" "):
        needs = _wide(word)
        if used and used + needs > whole:
            lines, used = lines + 1, 0.0
        lines += int(needs // whole)
        used += needs % whole + SIZE * _WIDTHS[" "]
    return lines


def _wide(text: str) -> float:
    return SIZE * sum(map(_letter, text))


def _letter(letter: str) -> float:
    known = _WIDTHS.get(letter)
    if known is not None:
        return known
    if letter >= _LATIN:
        return _OTHER
    return _CAPITAL if letter.isupper() else _SMALL


def _softened(cells: Sequence[str], widths: Sequence[float]) -> list[str]:
    """Let words break that are wider than their column."""
    return [
        cell if len(cell) * SIZE * _OTHER <= width else _broken(cell, width)
        for cell, width in zip(cells, widths, strict=True)
    ]


@lru_cache(maxsize=1 << 16)
def _broken(text: str, width: float) -> str:
    fits = max(1, int((width - 2 * INSET_X) / (SIZE * _OTHER)))
    words = []
    for word in text.split(" "):
        if _wide(word) > width - 2 * INSET_X:
            pieces = [word[place : place + fits] for place in range(0, len(word), fits)]
            words.append(UNBROKEN.join(pieces))
        else:
            words.append(word)
    return " ".join(words)


def _spans(cells: Sequence[str], joins: Sequence[bool]) -> list[tuple[int, int]]:
    """Return from where to where cells are one: neighbours that join and say the same."""
    spans = []
    place = 0
    for _, group in groupby(
        enumerate(cells), lambda item: (joins[item[0]], item[1] if joins[item[0]] else item[0])
    ):
        count = len(list(group))
        spans.append((place, place + count))
        place += count
    return spans


def _joined(cells: Sequence[str], joins: Sequence[bool]) -> tuple[Cell, ...]:
    if not any(joins):
        return tuple(cells)
    return tuple(
        cells[start] if end - start == 1 else (end - start, cells[start])
        for start, end in _spans(cells, joins)
    )
