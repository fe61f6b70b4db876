"""Joins the parts of a tagged PDF, so that a register that was set part by part is one document.

Several processes set and pack parts side by side (see ``parts``); joining them is then a matter of
one tree of pages, one tree of tags and one index.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from safelight.run.register.parts import (
    CATALOG,
    DOCUMENT,
    END,
    ENTRY,
    FIRST,
    INFO,
    LOOSE,
    METADATA,
    OUTLINE,
    PAGES,
    PARENTS,
    TREE,
    Part,
    ShapeError,
    find,
    stream,
)


class Bookmark(NamedTuple):
    """A place that readers can jump to."""

    title: str
    page: int  # counted from 0


class Binder:
    """Takes parts in their order and makes the whole document of them."""

    def __init__(self) -> None:
        """Begin an empty document."""
        self._file = bytearray(b"%PDF-1.7\n%\x80\x80\x80\x80\n")
        self._entries: list[tuple[int, bytes]] = []  # from which number on, and the entries
        self._pages: list[int] = []
        self._parents: list[int] = []
        self._ids: list[list[tuple[bytes, int]]] = []
        self._documents: list[int] = []
        self._shared: dict[str, bytes] = {}
        self._next = FIRST

    def add(self, part: Part) -> None:
        """Write the next part."""
        index, kinds, place = bytearray(part.places), part.places[::ENTRY], -1
        while (place := kinds.find(LOOSE, place + 1)) >= 0:
            here = slice(ENTRY * place, ENTRY * (place + 1))
            entry = int.from_bytes(index[here]) + (len(self._file) << 16)
            index[here] = entry.to_bytes(ENTRY)
        self._entries.append((part.base, bytes(index)))
        self._file += part.body
        self._pages += part.pages
        self._parents += part.parents
        self._documents.append(part.document)
        self._next = part.base + len(kinds)
        if part.ids:
            self._ids.append(part.ids)
        self._shared = self._shared or part.shared

    def finished(self, bookmarks: Sequence[Bookmark] = ()) -> bytes:
        """Return the whole document."""
        objects = {
            CATALOG: self._catalog(),
            PAGES: b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(self._pages), _all(self._pages)),
            TREE: b"",
            DOCUMENT: b"<</Type/StructElem/S/Document/P %d 0 R/K[%s]>>"
            % (TREE, _all(self._documents)),
            PARENTS: b"<</Nums[%s]>>"
            % b" ".join(b"%d %d 0 R" % pair for pair in enumerate(self._parents)),
            INFO: self._shared["info"],
        }
        objects[TREE] = self._tree(objects)
        objects |= self._outline(bookmarks)
        objects[METADATA] = self._metadata()
        written = {number: self._write(number, text) for number, text in objects.items()}
        self._close(written)
        return bytes(self._file)

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _write(self, number: int, text: bytes) -> int:
        place = len(self._file)
        self._file += b"%d 0 obj\n" % number + text + END
        return place

    def _catalog(self) -> bytes:
        catalog = self._shared["catalog"]
        for name, number in (
            ("Pages", PAGES),
            ("StructTreeRoot", TREE),
            ("Metadata", METADATA),
            ("Outlines", OUTLINE),
        ):
            old = find(rb"/%s \d+ 0 R" % name.encode(), catalog)[0]
            catalog = catalog.replace(old, b"/%s %d 0 R" % (name.encode(), number), 1)
        return catalog

    def _tree(self, objects: dict[int, bytes]) -> bytes:
        """Return the root of the tags; the names of headings go into a tree of their own."""
        leaves = []
        for ids in self._ids:
            leaves.append(self._number())
            names = b"".join(b"%s%d 0 R" % pair for pair in ids)
            limits = ids[0][0] + ids[-1][0]
            objects[leaves[-1]] = b"<</Limits[%s]/Names[%s]>>" % (limits, names)
        roles = find(rb"/RoleMap<<[^<>]*>>", self._shared["tree"])[0]
        return (
            b"<</Type/StructTreeRoot%s/K[%d 0 R]/ParentTree %d 0 R/ParentTreeNextKey %d"
            b"/IDTree<</Kids[%s]>>>>"
        ) % (roles, DOCUMENT, PARENTS, len(self._pages), _all(leaves))

    def _outline(self, bookmarks: Sequence[Bookmark]) -> dict[int, bytes]:
        numbers = [self._number() for _ in bookmarks]
        items = {}
        for place, (number, mark) in enumerate(zip(numbers, bookmarks, strict=True)):
            title = mark.title.encode("utf-16").hex()
            text = b"/Title<%s>/Parent %d 0 R/Dest[%d 0 R/Fit]" % (
                title.encode(),
                OUTLINE,
                self._pages[mark.page],
            )
            if place:
                text += b"/Prev %d 0 R" % numbers[place - 1]
            if place + 1 < len(numbers):
                text += b"/Next %d 0 R" % numbers[place + 1]
            items[number] = b"<<%s>>" % text
        ends = b"/First %d 0 R/Last %d 0 R" % (numbers[0], numbers[-1]) if numbers else b""
        items[OUTLINE] = b"<</Type/Outlines%s/Count %d>>" % (ends, len(numbers))
        return items

    def _metadata(self) -> bytes:
        _, _, data = self._shared["metadata"].partition(b"\nstream\n")
        text, end, _ = data.rpartition(b"\nendstream")
        if not end:
            raise ShapeError("metadata")
        found = find(rb"<xmpTPg:NPages>\d+</xmpTPg:NPages>", text)[0]
        text = text.replace(found, b"<xmpTPg:NPages>%d</xmpTPg:NPages>" % len(self._pages), 1)
        about = b"<</Type/Metadata/Subtype/XML/Length %d>>" % len(text)
        return about + b"\nstream\n" + text + end

    def _close(self, written: dict[int, int]) -> None:
        """Write the index, and where it is."""
        own = self._number()
        start = len(self._file)
        sections = list(self._entries)
        for number, place in sorted({**written, own: start}.items()):
            sections.append((number, (LOOSE << 56 | place << 16).to_bytes(ENTRY)))
        sections.sort()
        parts = b" ".join(b"%d %d" % (n, len(entries) // ENTRY) for n, entries in sections)
        digest = sha256(self._file).hexdigest()[:32].encode()
        fields = b"/Type/XRef/Size %d/W[1 5 2]/Index[0 1 %s]" % (own + 1, parts)
        fields += b"/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]" % (CATALOG, INFO, digest, digest)
        table = bytes(ENTRY) + b"".join(entries for _, entries in sections)
        self._file += stream(own, fields, table)
        self._file += b"startxref\n%d\n%%%%EOF\n" % start


def _all(numbers: Sequence[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
