"""Cuts a sheet into pages: every row with its height, and every page full.

Each part begins on a page of its own; footnotes stand at the foot of the page with their line.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from safelight.kernel.errors import Invalid
from safelight.run.register.blocks import Block, Typist
from safelight.run.register.layout import Layout
from safelight.run.register.letters import Letters, Lines
from safelight.run.register.measures import (
    BOTTOM,
    INSET_X,
    INSET_Y,
    SIDE,
    TOP,
    Breaker,
    height_of,
    paper,
)
from safelight.run.register.sheet import Sheet, Table
from safelight.run.register.wording import filled

Spans = tuple[tuple[int, int], ...]  # in which column a cell begins, and over how many it goes


class Band(NamedTuple):
    """One row of a page."""

    height: float
    cells: tuple[Lines, ...]
    spans: Spans


class Page(msgspec.Struct):
    """One page, in the order in which it is read: blocks, the rows of a part, more blocks."""

    table: int
    before: list[Block] = []
    bands: list[Band] = []
    notes: list[Block] = []
    after: list[Block] = []
    foot: str = ""


class Frame:
    """The columns of one part on the paper of a layout."""

    def __init__(self, table: Table, layout: Layout, letters: Letters) -> None:
        """Give each column its share of the width, and break its heading."""
        self.width, self.height = paper(layout)
        whole = sum(column.width for column in table.columns)
        within = self.width - 2 * SIDE
        self.widths = [within * column.width / whole for column in table.columns]
        self.places = [SIDE + sum(self.widths[:nth]) for nth in range(len(self.widths))]
        self.right = [column.align == "right" for column in table.columns]
        self._joins = [column.join for column in table.columns]
        self._joined = [nth for nth, join in enumerate(self._joins) if join]
        self._apart = tuple((nth, 1) for nth in range(len(self.widths)))
        self._spans_of: dict[tuple[str, ...], Spans] = {}
        self._within = [width - 2 * INSET_X for width in self.widths]
        self._lines = Breaker(letters, letters.plain)
        heads = [column.head for column in table.columns]
        self.head = self._band(heads, self._apart, Breaker(letters, letters.bold))

    def band(self, texts: Sequence[str]) -> Band:
        """Return a line of the register as a row."""
        return self._band(texts, self._spans(texts), self._lines)

    def _band(self, texts: Sequence[str], spans: Spans, lines: "Breaker") -> Band:
        if spans is self._apart:
            cells = tuple(map(lines.of, texts, self._within))
        else:
            cells = tuple([lines.of(texts[nth], self.within(nth, span)) for nth, span in spans])
        return Band(max(map(height_of, cells)) + 2 * INSET_Y, cells, spans)

    def within(self, column: int, span: int) -> float:
        """Return how wide the text of a cell may be."""
        if span == 1:
            return self._within[column]
        return sum(self.widths[column : column + span]) - 2 * INSET_X

    def _spans(self, texts: Sequence[str]) -> Spans:
        """Return which cells there are, and remember it: most lines are alike."""
        said = tuple([texts[nth] for nth in self._joined])
        found = self._spans_of.get(said)
        if found is None:
            found = self._spans_of[said] = self._together(texts) if said else self._apart
        return found

    def _together(self, texts: Sequence[str]) -> Spans:
        """Join neighbours that say the same, where the layout wants that."""
        spans, column = [], 0
        while column < len(texts):
            end = column + 1
            if self._joins[column]:
                while end < len(texts) and self._joins[end] and texts[end] == texts[column]:
                    end += 1
            spans.append((column, end - column))
            column = end
        return tuple(spans)


def planned(sheet: Sheet, letters: Letters) -> tuple[list[Page], list[Frame]]:
    """Return the pages of a sheet, and the columns of its parts."""
    frames = [Frame(table, sheet.layout, letters) for table in sheet.tables]
    typist, pages, room = Typist(sheet, letters), [], 0.0
    for nth, (table, frame) in enumerate(zip(sheet.tables, frames, strict=True)):
        before = [*([] if nth else typist.opening()), typist.heading(table.title)]
        for page, left in _cut(Page(nth, before), table, frame, typist):
            pages.append(page)
            room = left
    ending = typist.ending()
    if room < sum(block.height for block in ending):
        pages.append(Page(len(sheet.tables) - 1))
    pages[-1].after = ending
    for number, page in enumerate(pages, 1):
        numbers = {"page": str(number), "pages": str(len(pages))}
        page.foot = filled(sheet.layout.page, numbers)
    return pages, frames


def _cut(page: Page, table: Table, frame: Frame, typist: Typist) -> Iterator[tuple[Page, float]]:
    """Yield the pages of a part, each with the room that is left on it."""
    whole = frame.height - TOP - BOTTOM
    room = whole - sum(block.height for block in page.before)
    if not table.rows:
        page.notes.append(typist.note(table.empty))
        yield page, room - page.notes[0].height
        return
    room -= frame.head.height
    for row in table.rows:
        band = frame.band(row.cells)
        notes = [typist.note(note) for note in row.notes]
        height = band.height + sum(note.height for note in notes)
        if height > whole - frame.head.height:
            raise Invalid(
                "register-column",
                f"Line {row.number} would take more than a page.",
                "Make the narrowest columns of the layout wider.",
                line=row.number,
            )
        if height > room and (page.bands or page.before):
            yield page, room
            page, room = Page(page.table), whole - frame.head.height
        page.bands.append(band)
        page.notes += notes
        room -= height
    yield page, room
