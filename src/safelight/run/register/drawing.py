"""Draws pages: what stands where, and the tags that tell a reader's software what it is."""

from collections.abc import Sequence
from typing import Final

from safelight.run.register.blocks import Block
from safelight.run.register.file import File, pointing_to, text_string
from safelight.run.register.letters import Face, Letters, Lines, Whole
from safelight.run.register.measures import INSET_X, INSET_Y, LEADING, RISE, SIDE, SIZE, TOP
from safelight.run.register.pages import Band, Frame

SHADE, DARK = "0.94 g", "0 g"
RULE: Final = 0.5  # the width of lines, in points
RULED: Final = 260.0  # how long a line is on which somebody signs


class Pen:
    """Draws one page from the top, and keeps what its marks belong to."""

    def __init__(self, file: File, letters: Letters, page: int, height: float) -> None:
        """Begin an empty page whose object has that number."""
        self.file, self.letters, self.page = file, letters, page
        self.y = height - TOP
        self.marks: list[int] = []
        self._drawn = [f"/R0 {SIZE} Tf"]

    @property
    def content(self) -> bytes:
        """Everything that was drawn."""
        return "\n".join(self._drawn).encode("ascii")

    def tagged(self, tag: str, parent: int, drawn: str, more: str = "") -> int:
        """Draw something that is one element of the document; return the element's number."""
        number = self.file.numbers()
        mark = self.mark(number)
        self._drawn.append(f"/{tag}<</MCID {mark}>>BDC {drawn} EMC")
        about = f"<</S/{tag}/P {parent} 0 R/Pg {self.page} 0 R/K {mark}{more}>>"
        self.file.put(number, about)
        return number

    def mark(self, number: int) -> int:
        """Return the mark of what is drawn next, which belongs to an element."""
        self.marks.append(number)
        return len(self.marks) - 1

    def aside(self, drawn: str, about: str = "") -> None:
        """Draw something that is no part of the document, such as what stands on every page."""
        opening = f"/Artifact<<{about}>>BDC" if about else "/Artifact BMC"
        self._drawn.append(f"{opening} {drawn} EMC")

    def add(self, drawn: str) -> None:
        """Draw something that is marked already."""
        self._drawn.append(drawn)


def draw_block(pen: Pen, block: Block, parent: int) -> int | None:
    """Draw a block from where the pen stands; return the number of its tag, if it has one."""
    pen.y -= block.above
    if block.ruled:
        end = SIDE + RULED
        pen.aside(f"{RULE} w {SIDE:.2f} {pen.y + 3:.2f} m {end:.2f} {pen.y + 3:.2f} l S")
    drawn = []
    for lines, left, size, bold in block.pieces:
        face = pen.letters.bold if bold else pen.letters.plain
        drawn.append(f"/{face.name}0 {size} Tf {written(lines, SIDE + left, pen.y, face, size)}")
    pen.y -= block.height - block.above
    if not block.pieces:
        return None
    drawn.append(f"/{pen.letters.plain.name}0 {SIZE} Tf")
    return pen.tagged(block.tag, parent, " ".join(drawn))


def written(lines: Lines, x: float, y: float, face: Face, size: float = SIZE) -> str:
    """Return what draws a text with its top at ``y``, in the present font."""
    if isinstance(lines, Whole):
        place = f"q 1 0 0 1 {x:.2f} {y - lines.height:.2f} cm/{lines.name} Do Q"
        return f"/Span<</ActualText{text_string(lines.text)}>>BDC {place} EMC"
    start = f"BT 1 0 0 1 {x:.2f} {y - RISE * size:.2f} Tm"
    if isinstance(lines, str):
        return f"{start}{face.shown(lines, size)} ET"
    below = f" 0 {-size - LEADING:.2f} Td".join([face.shown(line, size) for line in lines])
    return f"{start}{below} ET"


def written_right(lines: Lines, x: float, y: float, face: Face) -> str:
    """Return what draws a text with its top at ``y`` and each line's end at ``x``."""
    if isinstance(lines, Whole):
        return written(lines, x - lines.width, y, face)
    each = (lines,) if isinstance(lines, str) else lines
    return " ".join(
        [
            written(line, x - face.width(line.rstrip(), SIZE), y - nth * (SIZE + LEADING), face)
            for nth, line in enumerate(each)
        ]
    )


def draw_table(pen: Pen, frame: Frame, bands: Sequence[Band], parent: int) -> int:
    """Draw the rows of a page under their headings, as a table; return the number of its tag."""
    rows = 1 + len(bands)
    table = pen.file.numbers(1 + rows + len(frame.head.cells) + sum(len(b.cells) for b in bands))
    tags, number, trs = [""], table + 1, []
    for nth, band in enumerate((frame.head, *bands)):
        if nth and nth % 2 == 0:
            across = frame.width - 2 * SIDE
            box = f"{SIDE:.2f} {pen.y - band.height:.2f} {across:.2f} {band.height:.2f}"
            pen.aside(f"{SHADE} {box} re f {DARK}")
        trs.append(number)
        tags += _row(pen, frame, band, number, table, heads=nth == 0)
        number += 1 + len(band.cells)
        pen.y -= band.height
    tags[0] = f"<</S/Table/P {parent} 0 R/K{pointing_to(trs)}>>"
    pen.file.put(table, *tags)
    return table


def _row(pen: Pen, frame: Frame, band: Band, number: int, table: int, *, heads: bool) -> list[str]:
    """Draw a row, and return the tags of it and of its cells."""
    tag, more, face = "TD", "", pen.letters.plain
    if heads:
        tag, more, face = "TH", "/A<</O/Table/Scope/Column>>", pen.letters.bold
        pen.add(f"/{face.name}0 {SIZE} Tf")
    cells = range(number + 1, number + 1 + len(band.cells))
    tags = [f"<</S/TR/P {table} 0 R/K{pointing_to(cells)}>>"]
    top, mark = pen.y - INSET_Y, len(pen.marks)
    pen.marks += cells
    for lines, (column, span) in zip(band.cells, band.spans, strict=True):
        left = frame.places[column]
        if frame.right[column]:
            end = left + frame.within(column, span) + INSET_X
            drawn = written_right(lines, end, top, face)
        else:
            drawn = written(lines, left + INSET_X, top, face)
        pen.add(f"/{tag}<</MCID {mark}>>BDC {drawn} EMC")
        wide = f"/A<</O/Table/ColSpan {span}>>" if span > 1 else more
        tags.append(f"<</S/{tag}/P {number} 0 R/Pg {pen.page} 0 R/K {mark}{wide}>>")
        mark += 1
    if heads:
        pen.add(f"/{pen.letters.plain.name}0 {SIZE} Tf")
        line = pen.y - band.height
        pen.aside(f"{RULE} w {SIDE:.2f} {line:.2f} m {frame.width - SIDE:.2f} {line:.2f} l S")
    return tags
