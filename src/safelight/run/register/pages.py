"""Cuts a sheet into pages: every cell in lines, every row with its height, every page full.

Each part begins on a page of its own; footnotes stand at the foot of the page with their line.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from safelight.run.register.layout import Column, Layout
from safelight.run.register.letters import Face, Letters, Lines, Whole, tidy
from safelight.run.register.sheet import Row, Sheet, Table
from safelight.run.register.wording import filled

# In points.
PAPERS: Final = {"a4": (595.28, 841.89), "a3": (841.89, 1190.55), "us-letter": (612.0, 792.0)}
SIDE, TOP, BOTTOM = 30.0, 46.0, 40.0
SIZE, LEADING, INSET_X, INSET_Y = 7.5, 1.2, 3.0, 2.6
LINE: Final = SIZE + LEADING
TITLE_SIZE, HEADING_SIZE, ITEM_SIZE = 17.0, 11.0, 9.0
TITLE, HEADING, ITEM, STATEMENT, SIGNATURE = 32.0, 24.0, 13.0, 26.0, 46.0
ITEM_LABEL: Final = 190.0  # where the values of facts and sums begin


class Cell(NamedTuple):
    """What stands in one column, or in neighbours that say the same."""

    lines: Lines
    column: int
    span: int = 1


class Band(msgspec.Struct, frozen=True, gc=False):
    """One row of a page."""

    height: float
    cells: tuple[Cell, ...]


class Page(msgspec.Struct, gc=False):
    """One page, in the order in which it is read."""

    table: int
    bands: list[Band] = []
    notes: list[tuple[Lines, float]] = []
    heading: str = ""  # where a part begins
    first: bool = False
    last: bool = False  # ends with the sums and signatures
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
        self._joined = any(self._joins)
        self._lines = Breaker(letters, letters.plain)
        heads = Breaker(letters, letters.bold)
        self.head = self.band([column.head for column in table.columns], heads)

    def band(self, texts: Sequence[str], lines: "Breaker | None" = None) -> Band:
        """Return texts as a row."""
        lines, cells = lines or self._lines, []
        for column, span in self._spans(texts):
            width = sum(self.widths[column : column + span]) - 2 * INSET_X
            cells.append(Cell(lines.of(texts[column], width), column, span))
        height = max((height_of(cell.lines) for cell in cells), default=0.0)
        return Band(height + 2 * INSET_Y, tuple(cells))

    def _spans(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        column = 0
        while column < len(texts):
            end = column + 1
            if self._joined and self._joins[column]:
                while end < len(texts) and self._joins[end] and texts[end] == texts[column]:
                    end += 1
            yield column, end - column
            column = end


class Breaker:
    """Breaks texts into lines, and remembers how: most of them come again and again."""

    def __init__(self, letters: Letters, face: Face) -> None:
        """Use one weight of the letters."""
        self._letters, self._face = letters, face
        self._widest = SIZE * max(face.widths.values(), default=1.0)
        self._broken = lru_cache(maxsize=1 << 16)(self._break)

    def of(self, text: str, width: float) -> Lines:
        """Return a text in lines that are no wider than that."""
        if len(text) * self._widest <= width and not self._face.missing(text):
            return text
        return self._broken(text, width)

    def _break(self, text: str, width: float) -> Lines:
        if self._face.missing(text):
            return self._letters.whole(text, width)
        if self._face.width(text, SIZE) <= width:
            return text
        lines = self._face.broken(text, width, SIZE)
        return lines if len(lines) > 1 else lines[0]


def height_of(lines: Lines) -> float:
    """Return how high a text is."""
    if isinstance(lines, Whole):
        return lines.height
    return LINE * (1 if isinstance(lines, str) else len(lines))


def paper(layout: Layout) -> tuple[float, float]:
    """Return width and height of a layout's pages."""
    width, height = PAPERS[layout.paper]
    return (height, width) if layout.landscape else (width, height)
