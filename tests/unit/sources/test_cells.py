"""Files that are damaged, in another encoding, or no table at all are told apart."""

import gzip
from pathlib import Path

import pytest

from safelight.sources.cells import read_cells
from tests.support.published import refusal

TABLE = b"code,deaths\nE07000108,12\nE07000114,13\n"

RUBBISH = {
    "empty": (b"", "table-file", "sample.csv is empty."),
    "blank": (b"\n \n", "table-file", "sample.csv is empty."),
    "packed and cut short": (
        gzip.compress(TABLE)[:-12],
        "table-file",
        "sample.csv is cut short or damaged: Compressed file ended before the end",
    ),
    "packed and spoilt": (
        gzip.compress(TABLE)[:12] + b"\xff\xff\xff" + gzip.compress(TABLE)[15:],
        "table-file",
        "sample.csv is cut short or damaged",
    ),
    "saved by a spreadsheet in its own encoding": (
        b"code,name\nW06000001,Anglesey\nW06000002,Ynys M\xf4n\n",
        "table-encoding",
        "sample.csv, row 3: byte 0xf4 is not UTF-8.",
    ),
    "a row too long": (
        TABLE + b"E07000116,1,2\n",
        "table-file",
        "sample.csv is no table: Expected 2 fields in line 4, saw 3.",
    ),
    "every row too long": (
        b"code,deaths\nE07000108,12,1\nE07000114,13,1\n",
        "table-file",
        "sample.csv is no table: row 2 has more cells than the header has names.",
    ),
    "a quote that never ends": (
        b'code,deaths\n"E07000108,12\n',
        "table-file",
        "sample.csv is no table: EOF inside string starting at row 1.",
    ),
}


@pytest.mark.parametrize(("data", "code", "message"), RUBBISH.values(), ids=RUBBISH)
def test_rubbish_is_refused_in_words(tmp_path: Path, data: bytes, code: str, message: str) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(data)
    error = refusal(read_cells, path)
    assert error.code == code
    assert error.message.startswith(message)
    assert error.remedy
    assert error.values["file"] == "sample.csv"


def test_file_that_is_not_there_is_said_to_be_unreadable(tmp_path: Path) -> None:
    error = refusal(read_cells, tmp_path / "sample.csv")
    assert error.message == "sample.csv cannot be read: No such file or directory."


@pytest.mark.parametrize(
    "data",
    [TABLE, b"\xef\xbb\xbf" + TABLE, gzip.compress(TABLE), TABLE.replace(b"\n", b"\r\n")],
    ids=["plain", "byte-order mark", "packed", "Windows line ends"],
)
def test_the_same_cells_come_out_however_they_are_packed(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(data)
    frame = read_cells(path, texts=["code"])
    assert frame.to_dict("list") == {"code": ["E07000108", "E07000114"], "deaths": [12, 13]}


def test_index_is_the_row_in_the_file_and_blank_rows_do_not_shift_it(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(b"code,deaths\nE07000108,12\n\n,\nE07000114,13\n\n")
    assert list(read_cells(path).index) == [2, 5]


def test_header_over_two_lines_counts_as_one_row(tmp_path: Path) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(b'code,"deaths\nregistered"\nE07000108,12\n')
    frame = read_cells(path)
    assert list(frame.columns) == ["code", "deaths registered"]
    assert list(frame.index) == [2]
