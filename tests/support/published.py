"""Small files in the form of published tables, with made-up figures."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from safelight.kernel.errors import SafelightError
from safelight.sources.table import Table

Rows = list[dict[str, object]]


def publish(folder: Path, text: str, file: str) -> Path:
    """Write a file as a publisher would, packed where its name says so."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read_sample(table: Table, folder: Path, text: str, file: str = "") -> pd.DataFrame:
    """Read a few rows in the form of a table, whatever the number of rows published."""
    few = replace(table, rows=None, total=None)
    return few.read(publish(folder, text, file or table.file))


def rows(frame: pd.DataFrame) -> Rows:
    """Return a table as plain rows; a missing cell is None."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def refusal(call: Callable[..., object], *arguments: object) -> SafelightError:
    """Return the error that a call ends in."""
    with pytest.raises(SafelightError) as caught:
        call(*arguments)
    return caught.value
