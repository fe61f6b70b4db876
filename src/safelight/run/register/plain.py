"""Takes apart a PDF as Typst writes it, to carry fonts and set texts over into another.

Typst writes plain objects and a plain index, and nothing else is understood here: what is
unexpected is an error, never a document with something lost.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final

_ROW: Final = 20  # bytes of a row in the index
_POINTING = re.compile(rb"\b(\d+) 0 R\b")
_STREAM: Final = b"\nstream\n"


class ShapeError(ValueError):
    """The PDF is not written as Typst writes it."""


class Plain:
    """The objects of a PDF by number."""

    def __init__(self, pdf: bytes) -> None:
        """Take the file apart; raises ShapeError."""
        start = int(find(rb"startxref\s+(\d+)\s+%%EOF\s*\Z", pdf[-64:])[1])
        head = find(rb"\Axref\n0 (\d+)\n", pdf[start : start + 32])
        first, count = start + head.end(), int(head[1])
        rows = [pdf[first + _ROW * n : first + _ROW * (n + 1)] for n in range(count)]
        places = sorted((int(row[:10]), n) for n, row in enumerate(rows) if row[17:18] == b"n")
        ends = [place for place, _ in places[1:]] + [start]
        self.objects = {
            number: _content(pdf[place:end], number)
            for (place, number), end in zip(places, ends, strict=True)
        }
        catalog = self.objects[pointed("Root", pdf[first + _ROW * count :])]
        pages = self.objects[pointed("Pages", catalog)]
        kids = find(rb"/Kids\[([^\[\]]*)\]", pages)[1]
        self.pages = [int(number) for number in _POINTING.findall(kids)]

    def data(self, number: int) -> bytes:
        """Return what a stream holds."""
        head, found, rest = self.objects[number].partition(_STREAM)
        end = rest.rfind(b"\nendstream")
        if not found or end < 0 or b"/FlateDecode" not in head:
            raise ShapeError(head.decode("latin-1"))
        return zlib.decompress(rest[:end])

    def reached(self, *roots: int) -> list[int]:
        """Return these objects and all that they point to, in order."""
        seen: set[int] = set()
        waiting = list(roots)
        while waiting:
            number = waiting.pop()
            if number not in seen:
                seen.add(number)
                waiting += self._pointed_from(number)
        return sorted(seen)

    def _pointed_from(self, number: int) -> Iterator[int]:
        head, _, _ = self.objects[number].partition(_STREAM)
        return (int(found) for found in _POINTING.findall(head))

    def renumbered(self, number: int, new: Callable[[int], int]) -> bytes:
        """Return an object that points to numbers of another file."""
        head, stream, data = self.objects[number].partition(_STREAM)
        return pointing(head, new) + stream + data


def pointing(text: bytes, new: Callable[[int], int]) -> bytes:
    """Return a text without strings in it, pointing to other numbers."""
    return _POINTING.sub(lambda found: b"%d 0 R" % new(int(found[1])), text)


def find(pattern: bytes, text: bytes) -> re.Match[bytes]:
    """Return where a text has a pattern; raises ShapeError where it has not."""
    found = re.search(pattern, text)
    if found is None:
        raise ShapeError(pattern.decode())
    return found


def pointed(name: str, text: bytes) -> int:
    """Return the number that a dictionary has under a name."""
    return int(find(rb"/%s (\d+) 0 R" % name.encode(), text)[1])


def _content(text: bytes, number: int) -> bytes:
    """Return an object without the lines around it."""
    opening = b"%d 0 obj\n" % number
    end = text.rfind(b"\nendobj")
    if not text.startswith(opening) or end < 0:
        raise ShapeError(opening.decode())
    return text[len(opening) : end]
