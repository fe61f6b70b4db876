"""Reading a published file into cells: unpacked, decoded, with the row each cell stands in."""

import csv
import gzip
import io
import zlib
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from safelight.kernel.errors import Invalid

GZIP = b"\x1f\x8b"
FIRST_ROW = 2  # as a person counts who opens the file: the header is row 1
AGAIN = "Take the file from its publisher again, as published, and add it."


def read_bytes(path: Path) -> bytes:
    """Return a file's contents, unpacked where it is gzip; raises Invalid for a damaged file."""
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data.startswith(GZIP) else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Invalid(
            "table-file", f"{path.name} is cut short or damaged: {error}.", AGAIN, file=path.name
        ) from error
    except OSError as error:
        raise Invalid(
            "table-file",
            f"{path.name} cannot be read: {error.strerror}.",
            "Check the path and who may read it.",
            file=path.name,
        ) from error
    if not data.strip():
        raise Invalid("table-file", f"{path.name} is empty.", AGAIN, file=path.name)
    return data


def read_text(path: Path) -> str:
    """Return a file's text without byte-order mark; raises Invalid where it is not UTF-8."""
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise Invalid(
            "table-encoding",
            f"{path.name}, row {row}: byte 0x{data[error.start]:02x} is not UTF-8.",
            "Save the table as 'CSV UTF-8', or take it from its publisher again.",
            file=path.name,
            row=row,
        ) from error


def read_cells(
    path: Path, *, texts: Collection[str] = (), blanks: Collection[str] = ("",)
) -> pd.DataFrame:
    """Read a CSV; the index is the row in the file, ``blanks`` become missing.

    The columns named in ``texts`` stay text; any other becomes numbers where all its cells are.
    Raises Invalid for what is no table: no header, rows longer than the header, unclosed quotes.
    """
    text = read_text(path)
    try:
        frame = _parsed(text, texts, blanks)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, csv.Error) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise Invalid(
            "table-file", f"{path.name} is no table: {reason}.", AGAIN, file=path.name
        ) from error
    frame.columns = [" ".join(str(name).split()) for name in frame.columns]
    frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame))
    return frame.dropna(how="all")


def _parsed(text: str, texts: Collection[str], blanks: Collection[str]) -> pd.DataFrame:
    opening = csv.reader(io.StringIO(text))
    # The parser would take the first column for row names.
    if len(next(opening)) < len(next(opening, ())):
        raise pd.errors.ParserError("row 2 has more cells than the header has names")
    return pd.read_csv(
        io.StringIO(text),
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values=list(blanks),
        skip_blank_lines=False,
        low_memory=False,
    )
