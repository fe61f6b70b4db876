"""The search for planted names finds each of them, however it is written and wherever it lies."""

import base64
import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import quote

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.canary import SHORTEST, Canary, assert_nowhere

WORD = "Zébrafinkö"
CANARY = Canary("Quaggaweide", WORD)

WAYS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "UTF-16 the other way": lambda text: text.encode("utf-16-be"),
    "Latin-1": lambda text: text.encode("latin-1"),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "capital hexadecimal": lambda text: text.encode().hex().upper().encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "JSON inside JSON": lambda text: json.dumps(json.dumps(text)).encode(),
    "percent signs": lambda text: quote(text).encode(),
    "HTML": lambda text: escape(text).encode("ascii", "xmlcharrefreplace"),
    "escapes throughout": lambda text: "".join(f"\\u{ord(c):04X}" for c in text).encode(),
    "base64 at 0": lambda text: base64.b64encode(text.encode()),
    "base64 at 1": lambda text: base64.b64encode(b"x" + text.encode()),
    "base64 at 2": lambda text: base64.b64encode(b"xy" + text.encode() + b"z"),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(b"\xff" + text.encode() + b"~"),
    "base64 of UTF-16": lambda text: base64.b64encode(b"x" + text.encode("utf-16-le")),
}
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "casefolded": str.casefold,
    "in capitals": str.upper,
    "reversed": lambda text: text[::-1],
    "reversed and casefolded": lambda text: text[::-1].casefold(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_planted_name_is_found(
    tmp_path: Path, way: Callable[[str], bytes], spelling: Callable[[str], str]
) -> None:
    """In the middle of other bytes, in a folder below."""
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_bytes(os.urandom(50) + way(spelling(WORD)) + b"\0 more")
    with pytest.raises(AssertionError, match="below/file: Zébrafinkö"):
        assert_nowhere(tmp_path, CANARY)


@given(
    before=st.binary(max_size=20),
    word=st.text(st.characters(categories=["Ll", "Lu"]), min_size=SHORTEST, max_size=12),
    after=st.binary(max_size=20),
)
def test_any_word_is_found_in_base64_at_any_place(before: bytes, word: str, after: bytes) -> None:
    canary = Canary(word)
    assert canary.traces(base64.b64encode(before + word.encode() + after))
    assert canary.traces(base64.urlsafe_b64encode(before + word.encode() + after))


def test_file_that_holds_nothing_passes(tmp_path: Path) -> None:
    """Neither ciphertext nor half a name counts."""
    (tmp_path / "noise").write_bytes(os.urandom(1_000_000) + b"Zebrafink Quagga")
    assert_nowhere(tmp_path, CANARY)


def test_search_in_an_empty_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="nothing in"):
        assert_nowhere(tmp_path, CANARY)


@pytest.mark.parametrize("word", ["", "Rose", "Zebra fink", "zebrafink1"])
def test_word_that_could_turn_up_by_chance_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="not one word"):
        Canary(word)


def test_name_of_a_file_counts(tmp_path: Path) -> None:
    (tmp_path / f"{WORD}.pdf").touch()
    with pytest.raises(AssertionError):
        assert_nowhere(tmp_path, CANARY)


def test_file_that_may_hold_names_is_left_out(tmp_path: Path) -> None:
    printed = tmp_path / "register.txt"
    printed.write_text(WORD)
    assert_nowhere(tmp_path, CANARY, but=[printed])
    with pytest.raises(AssertionError):
        assert_nowhere(tmp_path, CANARY, but=[tmp_path / "other.txt"])


def database(path: Path) -> apsw.Connection:
    """Open a database that keeps what is deleted in its free pages, and its log."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("wal_autocheckpoint", 0)
    connection.execute("create table note (text)")
    return connection


def test_name_in_the_log_of_a_database_is_found(tmp_path: Path) -> None:
    connection = database(tmp_path / "some.sqlite3")
    connection.execute("insert into note values (?)", (WORD,))
    with pytest.raises(AssertionError, match=r"some\.sqlite3-wal: "):
        assert_nowhere(tmp_path, CANARY)
    connection.close()


def test_name_that_was_deleted_is_found(tmp_path: Path) -> None:
    """It lies in a free page until somebody else needs that."""
    connection = database(tmp_path / "some.sqlite3")
    connection.execute("insert into note values (?)", (WORD,))
    connection.execute("delete from note")
    connection.close()
    with pytest.raises(AssertionError, match=r"some\.sqlite3: "):
        assert_nowhere(tmp_path, CANARY)


def scattered(value: bytes) -> bytes:
    """Return a database in which a value lies across two pages, the next one's number within."""
    for before in range(0, 9000, 5):
        connection = apsw.Connection(":memory:")
        connection.execute("create table note (text)")
        long = b"x" * before + value + b"x" * (9000 - before)
        connection.execute("insert into note values (?)", (long,))
        raw = connection.serialize("main")
        if value not in raw:
            return raw
    raise AssertionError


def test_name_that_lies_across_pages_is_found(tmp_path: Path) -> None:
    (tmp_path / "some.sqlite3").write_bytes(scattered(WORD.encode()))
    with pytest.raises(AssertionError, match=r"some\.sqlite3: Zébrafinkö, UTF-8"):
        assert_nowhere(tmp_path, CANARY)


def test_packed_name_is_found(tmp_path: Path) -> None:
    """In gzip, in a spreadsheet's zip, and in the streams of a PDF."""
    text = WORD.encode() * 3
    (tmp_path / "a.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "b.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("content.xml", text)
    stream = zlib.compress(text)
    (tmp_path / "c.pdf").write_bytes(b"%PDF-1.7\nstream\n" + stream + b"\nendstream\n")
    for name in ("a.gz", "b.ods", "c.pdf"):
        assert WORD.encode() not in (tmp_path / name).read_bytes()
        assert CANARY.traces_in(tmp_path / name) == [f"{WORD}, UTF-8"]
