"""What stands on pages besides tables: title and facts, headings, footnotes, sums, signatures."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from safelight.run.register.letters import Letters, Lines
from safelight.run.register.measures import INSET_X, SIDE, SIZE, Breaker, height_of, paper
from safelight.run.register.sheet import Sheet

TITLE_SIZE, HEADING_SIZE, ITEM_SIZE = 17.0, 11.0, 9.0
AFTER_TITLE, AROUND_HEADING, AFTER_ITEM, AROUND_END, ABOVE_SIGNATURE = 10.0, 6.0, 2.5, 8.0, 26.0
LABEL: Final = 200.0  # how wide the labels of facts and sums are


class Piece(NamedTuple):
    """A text of a block, and how far from the left it begins."""

    lines: Lines
    left: float
    size: float = SIZE
    bold: bool = False


class Block(NamedTuple):
    """One element of the document: its tag, its texts, and the room that it takes."""

    tag: str
    pieces: tuple[Piece, ...]
    height: float
    above: float = 0.0
    ruled: bool = False  # with a line above the text, on which somebody signs


class Typist:
    """Makes blocks for one print."""

    def __init__(self, sheet: Sheet, letters: Letters) -> None:
        """Take the letters in all sizes."""
        self._sheet = sheet
        self.width = paper(sheet.layout)[0] - 2 * SIDE
        self._title = Breaker(letters, letters.bold, TITLE_SIZE)
        self._heading = Breaker(letters, letters.bold, HEADING_SIZE)
        self._label = Breaker(letters, letters.plain, ITEM_SIZE)
        self._value = Breaker(letters, letters.bold, ITEM_SIZE)
        self._note = Breaker(letters, letters.plain)

    def opening(self) -> list[Block]:
        """Return the title and the facts about the print."""
        title = self._title.of(self._sheet.layout.title, self.width)
        height = height_of(title, TITLE_SIZE) + AFTER_TITLE
        block = Block("H1", (Piece(title, 0.0, TITLE_SIZE, bold=True),), height)
        return [block, *self._items(self._sheet.facts)]

    def heading(self, text: str) -> Block:
        """Return the heading of a part."""
        lines = self._heading.of(text, self.width)
        height = height_of(lines, HEADING_SIZE) + 2 * AROUND_HEADING
        pieces = (Piece(lines, 0.0, HEADING_SIZE, bold=True),)
        return Block("H2", pieces, height, above=AROUND_HEADING)

    def note(self, text: str) -> Block:
        """Return a footnote, or what is said of an empty part."""
        lines = self._note.of(text, self.width - 2 * INSET_X)
        return Block("P", (Piece(lines, INSET_X),), height_of(lines) + INSET_X, above=INSET_X)

    def ending(self) -> list[Block]:
        """Return the sums, and where somebody signs."""
        blocks = [Block("", (), AROUND_END), *self._items(self._sheet.summary)]
        layout = self._sheet.layout
        if layout.statement:
            lines = self._label.of(layout.statement, self.width)
            height = height_of(lines, ITEM_SIZE) + AROUND_END
            blocks.append(Block("P", (Piece(lines, 0.0, ITEM_SIZE),), height, above=AROUND_END))
        for label in layout.signature:
            lines = self._label.of(label, self.width / 2)
            height = height_of(lines, ITEM_SIZE) + ABOVE_SIGNATURE
            piece = Piece(lines, 0.0, ITEM_SIZE)
            blocks.append(Block("P", (piece,), height, above=ABOVE_SIGNATURE, ruled=True))
        return blocks

    def _items(self, items: Iterable[tuple[str, str]]) -> list[Block]:
        blocks = []
        for label, value in items:
            left = self._label.of(label, LABEL - 2 * INSET_X)
            right = self._value.of(value, self.width - LABEL)
            height = max(height_of(left, ITEM_SIZE), height_of(right, ITEM_SIZE)) + AFTER_ITEM
            pieces = (Piece(left, 0.0, ITEM_SIZE), Piece(right, LABEL, ITEM_SIZE, bold=True))
            blocks.append(Block("P", pieces, height))
        return blocks
