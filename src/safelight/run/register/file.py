"""Writes a PDF: objects packed together, streams, and the index at the end (ISO 32000-1, 7.5)."""

import zlib
from array import array
from collections.abc import Iterable
from hashlib import sha256
from sys import byteorder
from typing import Final

_TOGETHER: Final = 400  # objects in one packed stream
_LOOSE, _PACKED = 1, 2  # types of entries in the index
_WIDTHS: Final = "[1 5 2]"  # bytes of an entry: its type, and two numbers
_LEVEL: Final = 3  # of compression; the usual one is a tenth smaller and takes twice as long
END: Final = b"\nendobj\n"


class File:
    """A PDF that grows object by object."""

    def __init__(self) -> None:
        """Begin an empty file."""
        self._bytes = bytearray(b"%PDF-1.7\n%\x80\x80\x80\x80\n")
        self._index = array("Q", [0])
        self._numbers: list[int] = []  # of objects that wait to be packed
        self._texts: list[str] = []

    def numbers(self, count: int = 1) -> int:
        """Take numbers, and return the first of them."""
        first = len(self._index)
        self._index.extend([0] * count)
        return first

    def put(self, first: int, *texts: str) -> None:
        """Write objects that are no streams under numbers that follow each other."""
        self._numbers += range(first, first + len(texts))
        self._texts += texts
        while len(self._texts) >= _TOGETHER:
            self._pack()

    def put_stream(self, number: int, data: bytes, fields: str = "") -> None:
        """Write a stream, compressed."""
        packed = zlib.compress(data, _LEVEL)
        head = f"<<{fields}/Filter/FlateDecode/Length {len(packed)}>>"
        self.put_whole(number, head.encode() + b"\nstream\n" + packed + b"\nendstream")

    def put_whole(self, number: int, content: bytes) -> None:
        """Write an object as it is."""
        self._index[number] = _LOOSE << 56 | len(self._bytes) << 16
        self._bytes += b"%d 0 obj\n" % number
        self._bytes += content
        self._bytes += END

    def _pack(self) -> None:
        numbers, self._numbers = self._numbers[:_TOGETHER], self._numbers[_TOGETHER:]
        texts, self._texts = self._texts[:_TOGETHER], self._texts[_TOGETHER:]
        own, heads, place = self.numbers(), [], 0
        for nth, (number, text) in enumerate(zip(numbers, texts, strict=True)):
            self._index[number] = _PACKED << 56 | own << 16 | nth
            heads.append(f"{number} {place}")
            place += len(text) + 1
        head = " ".join(heads) + "\n"
        data = head + "\n".join(texts)
        fields = f"/Type/ObjStm/N {len(numbers)}/First {len(head)}"
        self.put_stream(own, data.encode("ascii"), fields)

    def finished(self, catalog: int, info: int) -> bytes:
        """Return the whole file."""
        while self._texts:
            self._pack()
        own, start = self.numbers(), len(self._bytes)
        self._index[own] = _LOOSE << 56 | start << 16
        table = array("Q", self._index)
        if byteorder == "little":
            table.byteswap()
        digest = sha256(self._bytes).hexdigest()[:32]
        fields = (
            f"/Type/XRef/Size {own + 1}/W{_WIDTHS}/Root {catalog} 0 R/Info {info} 0 R"
            f"/ID[<{digest}><{digest}>]"
        )
        self.put_stream(own, table.tobytes(), fields)
        self._bytes += b"startxref\n%d\n%%%%EOF\n" % start
        return bytes(self._bytes)


def text_string(text: str) -> str:
    """Return a text as PDF writes those that people read."""
    return _literal(text) if text.isascii() else f"<feff{text.encode('utf-16-be').hex()}>"


def _literal(text: str) -> str:
    for letter in "\\()":
        text = text.replace(letter, "\\" + letter)
    return f"({text})"


def pointing_to(numbers: Iterable[int]) -> str:
    """Return a list of references."""
    return f"[{' '.join([f'{number} 0 R' for number in numbers])}]"
