"""Parts of a tagged PDF, as Typst sets them, made ready to be joined (see ``binding``).

A part is numbered anew and packed small in the process that set it. Typst writes plain objects and
a plain index, and nothing else is understood here: what is unexpected is an error, never a document
that lost its tags.
"""

import re
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

# Objects that the whole document shares; those of the parts are numbered after them.
CATALOG, PAGES, TREE, DOCUMENT, PARENTS, OUTLINE, INFO, METADATA = range(1, 9)
FIRST: Final = 16
_TOGETHER: Final = 400  # objects in one packed stream
ENTRY: Final = 8  # bytes of an entry in the index: 1 for its type, 5 and 2 for its numbers
LOOSE, PACKED = 1, 2  # types of entries: an object of its own, one in a packed stream
_ROW: Final = 20  # bytes of a row in the index that Typst writes
_LEVEL: Final = 3  # of compression; the usual one is a tenth smaller and takes twice as long
END: Final = b"\nendobj\n"
_POINTING = re.compile(rb"(\d+) 0 R\b")
_TEXT = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)"
_TEXT_OR_NUMBER = re.compile(rb"(" + _TEXT + rb"|\b\d+(?= 0 R\b))", re.DOTALL)
_ID = re.compile(rb"\((U\d+x\d+y\d+)\)")


class ShapeError(ValueError):
    """The PDF is not written as Typst writes it."""


class Part(NamedTuple):
    """A part that is numbered and packed, and what the whole document has to know of it."""

    base: int
    body: bytes
    places: bytes  # one entry of the index for each number from ``base`` on
    pages: list[int]
    parents: list[int]  # for each page, where the tags of its marks stand
    ids: list[tuple[bytes, int]]  # of headings of tables, to which cells point
    document: int
    shared: dict[str, bytes]  # what all parts have alike


class Plain:
    """The objects of a PDF as Typst writes it: plain texts, each once, with a plain index."""

    def __init__(self, pdf: bytes) -> None:
        """Take the file apart; raises ShapeError."""
        start = int(find(rb"startxref\s+(\d+)\s+%%EOF\s*\Z", pdf[-64:])[1])
        head = find(rb"\Axref\n0 (\d+)\n", pdf[start : start + 32])
        first, self.count = start + head.end(), int(head[1])
        rows = [pdf[first + _ROW * n : first + _ROW * (n + 1)] for n in range(self.count)]
        places = sorted((int(row[:10]), n) for n, row in enumerate(rows) if row[17:18] == b"n")
        ends = [place for place, _ in places[1:]] + [start]
        self.objects = {
            number: _content(pdf[place:end], number)
            for (place, number), end in zip(places, ends, strict=True)
        }
        self.trailer = pdf[first + _ROW * self.count :]
        # Numbers that the part takes: its own, and those of the packed streams.
        self.size = self.count + len(self.objects) // _TOGETHER + 1


def part_of(plain: Plain, base: int, first_page: int) -> Part:
    """Return a part numbered from ``base``, with so many pages before it; raises ShapeError."""
    objects = dict(plain.objects)
    catalog, info = (_pointed(name, plain.trailer) for name in ("Root", "Info"))
    pages, tree, metadata, outlines = (
        _pointed(name, objects[catalog])
        for name in ("Pages", "StructTreeRoot", "Metadata", "Outlines")
    )
    leaves = [int(number) for number in _POINTING.findall(_list(objects[pages], "Kids"))]
    marks = re.findall(rb"(\d+) (\d+) 0 R", _list(objects[tree], "Nums"))
    ids = re.findall(rb"\((U\d+x\d+y\d+)\)(\d+) 0 R", _list(objects[tree], "Names"))
    document = int(_POINTING.findall(_list(objects[tree], "K"))[0])
    find(rb"\A<</Type/StructElem/S/Document/P ", objects[document])
    objects[document] = objects[document].replace(b"/S/Document", b"/S/Part", 1)
    for leaf in leaves:
        objects[leaf] = _later_page(objects[leaf], first_page)
    shared = {
        name: objects[number]
        for name, number in (
            ("catalog", catalog),
            ("info", info),
            ("tree", tree),
            ("metadata", metadata),
        )
    }
    for number in (catalog, info, pages, tree, metadata, outlines):
        del objects[number]
    if [int(key) for key, _ in marks] != list(range(len(leaves))):
        raise ShapeError("Nums")
    body, index = _packed(objects, base, plain, _Names(base, {pages: PAGES, tree: DOCUMENT}))
    return Part(
        base=base,
        body=body,
        places=index,
        pages=[base + leaf for leaf in leaves],
        parents=[base + int(number) for _, number in marks],
        ids=sorted((_id(base, name), base + int(number)) for name, number in ids),
        document=base + document,
        shared=shared,
    )


def find(pattern: bytes, text: bytes) -> re.Match[bytes]:
    found = re.search(pattern, text)
    if found is None:
        raise ShapeError(pattern.decode())
    return found


def _content(text: bytes, number: int) -> bytes:
    """Return an object without the lines around it."""
    opening = b"%d 0 obj\n" % number
    end = text.rfind(b"\nendobj")
    if not text.startswith(opening) or end < 0:
        raise ShapeError(opening.decode())
    return text[len(opening) : end]


def _pointed(name: str, text: bytes) -> int:
    """Return the number that a dictionary has under a name."""
    return int(find(rb"/%s (\d+) 0 R" % name.encode(), text)[1])


def _list(text: bytes, name: str) -> bytes:
    """Return what stands in a list, which has no list in it."""
    return find(rb"/%s\[([^\[\]]*)\]" % name.encode(), text)[1]


def _later_page(page: bytes, first_page: int) -> bytes:
    """Let a page's tags be found under its place in the whole document."""
    found = find(rb"/StructParents (\d+)", page)
    key = b"/StructParents %d" % (int(found[1]) + first_page)
    return page[: found.start()] + key + page[found.end() :]


def _id(base: int, name: bytes) -> bytes:
    # Digits in front, so that the names of all parts follow each other in order.
    return b"(%010d%s)" % (base, name)


class _Names(dict[bytes, bytes]):
    """What numbers and names are in the whole document, as they are met."""

    def __init__(self, base: int, shared: dict[int, int]) -> None:
        super().__init__({b"%d" % old: b"%d" % new for old, new in shared.items()})
        self._base = base

    def __missing__(self, token: bytes) -> bytes:
        if token.startswith(b"("):
            found = _ID.fullmatch(token)
            new = _id(self._base, found[1]) if found else token
        else:
            new = b"%d" % (self._base + int(token))
        self[token] = new
        return new

    def told(self, text: bytes) -> bytes:
        """Return objects in which everything is called as in the whole document."""
        pieces = _TEXT_OR_NUMBER.split(text)
        pieces[1::2] = map(self.__getitem__, pieces[1::2])
        return b"".join(pieces)


def _packed(
    objects: dict[int, bytes], base: int, plain: Plain, names: _Names
) -> tuple[bytes, bytes]:
    """Return the objects, those that are no streams packed together, and where each stands."""
    body, index = bytearray(), bytearray(ENTRY * plain.size)

    def put(number: int, kind: int, first: int, second: int = 0) -> None:
        entry = kind << 56 | first << 16 | second
        index[ENTRY * number : ENTRY * (number + 1)] = entry.to_bytes(ENTRY)

    held = []
    for number, text in objects.items():
        head, stream, data = text.partition(b"\nstream\n")
        if stream:
            put(number, LOOSE, len(body))
            body += b"%d 0 obj\n" % (base + number) + names.told(head) + stream + data + END
        else:
            held.append((number, text))
    for nth, first in enumerate(range(0, len(held), _TOGETHER)):
        group, own = held[first : first + _TOGETHER], plain.count + nth
        put(own, LOOSE, len(body))
        for place, (number, _) in enumerate(group):
            put(number, PACKED, base + own, place)
        texts = names.told(END.join(text for _, text in group)).split(END)
        body += _object_stream(base + own, [base + number for number, _ in group], texts)
    return bytes(body), bytes(index)


def _object_stream(number: int, keys: Sequence[int], texts: Sequence[bytes]) -> bytes:
    heads, place = [], 0
    for key, text in zip(keys, texts, strict=True):
        heads.append(b"%d %d" % (key, place))
        place += len(text) + 1
    head = b" ".join(heads) + b"\n"
    fields = b"/Type/ObjStm/N %d/First %d" % (len(keys), len(head))
    return stream(number, fields, head + b"\n".join(texts))


def stream(number: int, fields: bytes, data: bytes) -> bytes:
    packed = zlib.compress(data, _LEVEL)
    about = b"<<%s/Filter/FlateDecode/Length %d>>" % (fields, len(packed))
    return b"%d 0 obj\n%s\nstream\n" % (number, about) + packed + b"\nendstream" + END
