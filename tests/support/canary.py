"""Canaries: made-up names that are planted through features and must be found nowhere afterwards.

A name that leaks may leak in any spelling: ``assert_nowhere`` reads every file of a home, also the
free pages of databases, their logs, and what is packed inside other files, and knows the usual
ways to write a text down.
"""

import base64
import gzip
import io
import json
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import apsw

SHORTEST = 8  # letters; shorter ones would turn up in ciphertext by chance
DATABASE = b"SQLite format 3\0"
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)


class Canary:
    """Words that nobody is called, and all the ways to find them again.

    Every word has to be planted, alone or among others. Give words with letters beyond ASCII too:
    only they are spelt differently from one way to the next.
    """

    def __init__(self, *words: str) -> None:
        """Take words of eight letters or more."""
        for word in words:
            if len(word) < SHORTEST or not word.isalpha():
                message = f"{word!r} is not one word of {SHORTEST} letters"
                raise ValueError(message)
        self.words = words
        self._any_case: dict[bytes, str] = {}
        self._exact: dict[bytes, str] = {}
        for word in words:
            for text in (word, word[::-1]):
                self._learn(word if text is word else f"{word}, reversed", text)

    def _learn(self, label: str, text: str) -> None:
        """Learn how a text looks; capitals beyond ASCII have bytes of their own."""
        for cased in dict.fromkeys((text, text.casefold(), text.upper(), text.title())):
            for way, needle in _written(cased):
                self._any_case.setdefault(needle.lower(), f"{label}, {way}")
            for way, needle in _coded(cased):
                self._exact.setdefault(needle, f"{label}, {way}")

    def traces(self, data: bytes) -> list[str]:
        """Return which words are in some bytes, and how they are written there."""
        folded = data.lower()
        found = [label for needle, label in self._any_case.items() if needle in folded]
        found += [label for needle, label in self._exact.items() if needle in data]
        return sorted(set(found))

    def traces_in(self, path: Path) -> list[str]:
        """Return the traces in a file, however they are packed there."""
        found = {trace for reading in readings(path) for trace in self.traces(reading)}
        return sorted(found | set(self.traces(path.name.encode())))


def assert_nowhere(home: Path, canary: Canary, *, but: Iterable[Path] = ()) -> None:
    """Fail where any file of a folder holds a planted word; ``but`` names files that may.

    Such as a register that was printed with its names.
    """
    allowed = {path.resolve() for path in but}
    files = [path for path in sorted(home.rglob("*")) if path.is_file()]
    assert files, f"there is nothing in {home}: look where the files are"
    leaks = [
        f"{path.relative_to(home)}: {trace}"
        for path in files
        if path.resolve() not in allowed
        for trace in canary.traces_in(path)
    ]
    assert not leaks, "\n".join(leaks)


def readings(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, and of everything that is packed inside it."""
    raw = path.read_bytes()
    yield raw
    if raw.startswith(DATABASE):
        yield from _values(path)
    yield from _unpacked(raw)


def _values(path: Path) -> Iterator[bytes]:
    """Yield the values of a database: in the file, a long one is scattered over pages."""
    with tempfile.TemporaryDirectory() as folder:
        for part in path.parent.glob(f"{path.name}*"):
            shutil.copy(part, folder)
        connection = apsw.Connection(str(Path(folder) / path.name))
        try:
            tables = connection.execute("select name from sqlite_schema where type = 'table'")
            for (table,) in tables.fetchall():
                rows = connection.execute(f'select * from "{table}"')  # noqa: S608 - its own
                yield b"\0".join(_as_bytes(value) for row in rows for value in row)
        finally:
            connection.close()


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


def _unpacked(raw: bytes) -> Iterator[bytes]:
    """Yield what is packed as gzip, as zip (spreadsheets among them) or in streams of a PDF."""
    if raw.startswith(b"\x1f\x8b"):
        yield gzip.decompress(raw)
    elif raw.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield name.encode() + b"\0" + archive.read(name)
    elif raw.startswith(b"%PDF"):
        for stream in _STREAM.findall(raw):
            yield zlib.decompressobj().decompress(stream) if stream[:1] == b"\x78" else stream


def _written(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the ways to write a text in which the case of letters may be anything."""
    yield "UTF-8", text.encode()
    yield "UTF-16, little end first", text.encode("utf-16-le")
    yield "UTF-16, big end first", text.encode("utf-16-be")
    yield "Latin-1", text.encode("latin-1", errors="replace")
    yield "hexadecimal", text.encode().hex().encode()
    yield "hexadecimal of UTF-16", text.encode("utf-16-le").hex().encode()
    yield "JSON escapes", json.dumps(text)[1:-1].encode()
    yield "JSON escapes inside JSON", json.dumps(json.dumps(text))[3:-3].encode()
    yield "JSON escapes throughout", "".join(f"\\u{unit}" for unit in _units(text)).encode()
    yield "percent signs", quote(text).encode()
    yield "HTML references", escape(text).encode("ascii", "xmlcharrefreplace")


def _units(text: str) -> list[str]:
    """Return the UTF-16 units of a text as four digits each."""
    raw = text.encode("utf-16-be").hex()
    return [raw[first : first + 4] for first in range(0, len(raw), 4)]


def _coded(text: str) -> Iterator[tuple[str, bytes]]:
    """Yield the ways to write a text in which the case of letters says something."""
    for name, raw in (("UTF-8", text.encode()), ("UTF-16", text.encode("utf-16-le"))):
        for before in range(3):
            piece = base64_piece(raw, before)
            yield f"base64 of {name}, {before} bytes in", piece
            yield f"base64 of {name}, {before} bytes in", piece.translate(_URL_SAFE)


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def base64_piece(raw: bytes, before: int) -> bytes:
    """Return the letters that stand for these bytes alone, with so many bytes before them."""
    first = -(-before * 8 // 6)
    last = (before + len(raw)) * 8 // 6
    return base64.b64encode(b"\0" * before + raw)[first:last]
