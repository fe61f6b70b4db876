"""A sheet as tagged PDF (PDF/UA-1, ISO 14289-1): its pages, its tags, and what says what it is.

The lines of a register are drawn by code of our own: a hundred thousand of them take seconds, where
setting them as tables takes a minute. Tags tell title, headings, tables, their headings and cells;
what stands on every page is marked as no part of the text.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from html import escape
from itertools import chain
from typing import Final

import msgspec

from safelight.kernel.clock import format_instant
from safelight.kernel.errors import Invalid
from safelight.run.register.drawing import Pen, draw_block, draw_table, written, written_right
from safelight.run.register.file import File, pointing_to, text_string
from safelight.run.register.letters import Letters, tidy
from safelight.run.register.measures import BOTTOM, LEADING, SIDE, SIZE, TOP, Breaker, paper
from safelight.run.register.pages import Frame, Page, planned
from safelight.run.register.plain import ShapeError
from safelight.run.register.sheet import Row, Sheet

HIGH: Final = 22.0  # above the text, where the head of every page stands
DIGITS: Final = "0123456789"

Progress = Callable[[int], None]


def to_pdf(sheet: Sheet, made: datetime, *, progress: Progress = lambda _: None) -> bytes:
    """Return the sheet as PDF; ``progress`` is told how many lines are drawn.

    Raises:
        Invalid: No font of this machine has all the letters, or none could be set.

    """
    try:
        return _Press(_tidied(sheet), made).pressed(progress)
    except ShapeError as error:
        raise Invalid(
            "register-pdf",
            f"The letters of the print are not as they were expected ({error}).",
            "Export the register instead; and report this with the version of Safelight.",
        ) from error


def _tidied(sheet: Sheet) -> Sheet:
    """Return the sheet with every text in its usual form."""
    tables = [
        msgspec.structs.replace(table, rows=[_tidied_row(row) for row in table.rows])
        for table in sheet.tables
    ]
    return msgspec.structs.replace(
        sheet,
        tables=tables,
        head=tidy(sheet.head),
        facts=[(tidy(label), tidy(text)) for label, text in sheet.facts],
        summary=[(tidy(label), tidy(text)) for label, text in sheet.summary],
    )


def _tidied_row(row: Row) -> Row:
    if all(map(str.isascii, row.cells)) and all(map(str.isprintable, row.cells)) and not row.notes:
        return row
    cells, notes = tuple(map(tidy, row.cells)), tuple(map(tidy, row.notes))
    return msgspec.structs.replace(row, cells=cells, notes=notes)


def _texts(sheet: Sheet) -> Iterator[str]:
    """Yield every text that is drawn."""
    yield from (sheet.layout.title, sheet.layout.page, sheet.layout.statement, sheet.head)
    yield from sheet.layout.signature
    yield from chain(*sheet.facts, *sheet.summary)
    yield DIGITS
    for table in sheet.tables:
        yield from (table.title, table.empty)
        yield from (column.head for column in table.columns)
        for row in table.rows:
            yield from row.cells
            yield from row.notes


def _bold_texts(sheet: Sheet) -> Iterator[str]:
    """Yield every text that is drawn bold."""
    yield sheet.layout.title
    yield from (text for _, text in (*sheet.facts, *sheet.summary))
    for table in sheet.tables:
        yield table.title
        yield from (column.head for column in table.columns)


class _Press:
    """One print on its way."""

    def __init__(self, sheet: Sheet, made: datetime) -> None:
        self._sheet, self._made = sheet, made
        self._letters = Letters(_texts(sheet), _bold_texts(sheet), sheet.layout.language)
        self._running = Breaker(self._letters, self._letters.plain)
        self._pages, self._frames = self._planned()
        if self._letters.waiting:
            self._letters.set_waiting(SIZE, LEADING)
            self._pages, self._frames = self._planned()
        self._width, self._height = paper(sheet.layout)
        self._file = File()
        self._catalog, self._tree, self._root, self._document, self._resources = (
            self._file.numbers() for _ in range(5)
        )
        self._sections = [self._file.numbers() for _ in sheet.tables]
        self._within: list[list[int]] = [[] for _ in sheet.tables]
        self._above: list[int] = []  # what stands in the document before its parts
        self._below: list[int] = []  # and after them
        self._leaves: list[int] = []
        self._marks: list[int] = []
        self._begins: dict[int, int] = {}  # by part, the number of its first page

    def pressed(self, progress: Progress) -> bytes:
        """Return the file."""
        done = 0
        for page in self._pages:
            self._page(page)
            done += len(page.bands)
            progress(done)
        self._file.put(self._resources, self._letters.embed(self._file))
        self._tags()
        return self._file.finished(self._catalog, self._about())

    def _planned(self) -> tuple[list[Page], list[Frame]]:
        width = paper(self._sheet.layout)[0] - 2 * SIDE
        for text in (self._sheet.head, self._sheet.layout.title):
            self._running.of(text, width)  # so that it waits with the others where it has to
        return planned(self._sheet, self._letters)

    def _page(self, page: Page) -> None:
        """Draw a page, and write it with its content and the tags of its marks."""
        number = self._file.numbers(3)
        content, marks = number + 1, number + 2
        pen = Pen(self._file, self._letters, number, self._height)
        section = self._sections[page.table]
        self._begins.setdefault(page.table, number)
        self._run(pen, page)
        for block in page.before:
            top = block.tag in {"H1", "P"}
            place = self._above if top else self._within[page.table]
            place += _drawn(draw_block(pen, block, self._document if top else section))
        if page.bands:
            frame = self._frames[page.table]
            self._within[page.table].append(draw_table(pen, frame, page.bands, section))
        for block in page.notes:
            self._within[page.table] += _drawn(draw_block(pen, block, section))
        for block in page.after:
            self._below += _drawn(draw_block(pen, block, self._document))
        box = f"[0 0 {self._width} {self._height}]"
        self._file.put(
            number,
            f"<</Type/Page/Parent {self._tree} 0 R/MediaBox{box}/Contents {content} 0 R"
            f"/Resources {self._resources} 0 R/StructParents {len(self._leaves)}/Tabs/S>>",
        )
        self._file.put(marks, pointing_to(pen.marks))
        self._file.put_stream(content, pen.content)
        self._leaves.append(number)
        self._marks.append(marks)

    def _run(self, pen: Pen, page: Page) -> None:
        """Draw what stands on every page."""
        face, width = self._letters.plain, self._width - 2 * SIDE
        table, layout = self._sheet.tables[page.table], self._sheet.layout
        for left, right, y, kind in (
            (self._sheet.head, table.title, self._height - TOP + HIGH, "Header"),
            (layout.title, page.foot, BOTTOM - HIGH / 2, "Footer"),
        ):
            drawn = written(self._running.of(left, width), SIDE, y, face)
            end = written_right(self._running.of(right, width), self._width - SIDE, y, face)
            pen.aside(f"{drawn} {end}", f"/Type/Pagination/Subtype/{kind}")

    def _tags(self) -> None:
        """Write the tree of pages, the tree of tags, and the places to jump to."""
        file, kids = self._file, []
        leaves = pointing_to(self._leaves)
        file.put(self._tree, f"<</Type/Pages/Count {len(self._leaves)}/Kids{leaves}>>")
        for section, within in zip(self._sections, self._within, strict=True):
            tag = f"<</S/Sect/P {self._document} 0 R/K{pointing_to(within)}>>"
            file.put(section, tag)
            kids.append(section)
        kids = [*self._above, *kids, *self._below]
        file.put(self._document, f"<</S/Document/P {self._root} 0 R/K{pointing_to(kids)}>>")
        marks = " ".join(f"{page} {number} 0 R" for page, number in enumerate(self._marks))
        file.put(
            self._root,
            f"<</Type/StructTreeRoot/K {self._document} 0 R/ParentTree<</Nums[{marks}]>>"
            f"/ParentTreeNextKey {len(self._marks)}>>",
        )

    def _outline(self) -> int:
        """Write the places to jump to: where each part begins."""
        file, count = self._file, len(self._begins)
        outline = file.numbers(1 + count)
        first, last = outline + 1, outline + count
        file.put(outline, f"<</Type/Outlines/First {first} 0 R/Last {last} 0 R/Count {count}>>")
        for number, (table, page) in enumerate(self._begins.items(), first):
            title = text_string(self._sheet.tables[table].title)
            before = f"/Prev {number - 1} 0 R" if number > first else ""
            after = f"/Next {number + 1} 0 R" if number < last else ""
            file.put(
                number,
                f"<</Title{title}/Parent {outline} 0 R/Dest[{page} 0 R/Fit]{before}{after}>>",
            )
        return outline

    def _about(self) -> int:
        """Write the catalog and what says what the file is; return the number of the latter."""
        layout, file = self._sheet.layout, self._file
        metadata, info = file.numbers(), file.numbers()
        language = f"{layout.language}-{layout.region}" if layout.region else layout.language
        about = METADATA.format(
            title=escape(layout.title), language=language, made=format_instant(self._made)
        )
        whole = about.encode()
        head = b"<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n" % len(whole)
        file.put_whole(metadata, head + whole + b"\nendstream")
        made = f"(D:{self._made:%Y%m%d%H%M%S}Z)"
        file.put(
            info,
            f"<</Title{text_string(layout.title)}/Creator(Safelight)/CreationDate{made}"
            f"/ModDate{made}>>",
        )
        file.put(
            self._catalog,
            f"<</Type/Catalog/Pages {self._tree} 0 R/StructTreeRoot {self._root} 0 R"
            f"/MarkInfo<</Marked true>>/Lang({language})/Metadata {metadata} 0 R"
            f"/Outlines {self._outline()} 0 R/ViewerPreferences<</DisplayDocTitle true>>>>",
        )
        return info


def _drawn(number: int | None) -> list[int]:
    return [] if number is None else [number]


METADATA: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<dc:format>application/pdf</dc:format>
<xmp:CreatorTool>Safelight</xmp:CreatorTool>
<xmp:CreateDate>{made}</xmp:CreateDate><xmp:ModifyDate>{made}</xmp:ModifyDate>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""
