"""A published table: who made it, under which licence, and what its cells must be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd
import pandera.pandas as pandera

from safelight.kernel.errors import Invalid
from safelight.sources.cells import AGAIN, read_cells
from safelight.sources.checks import first_row, issued_otherwise, swapped
from safelight.sources.column import Column

WIDEST = 80  # characters of a cell that an error repeats
CORRECT = "Correct the cell, or take the file from its publisher again, and add it."


def _as_it_is(frame: pd.DataFrame) -> pd.DataFrame:
    return frame


@dataclass(frozen=True, kw_only=True)
class Table:
    """One published table and how to read it.

    ``columns`` maps published names to what they hold; columns not named are left out, or, where
    ``rest`` is given, are all of that kind and keep their names. ``rows`` is the number of rows of
    the published edition. A table of several files (``many``) gets a column ``file``.
    """

    name: str
    title: str
    publisher: str
    licence: str
    attribution: str  # the sentence that the licence asks for
    edition: str
    file: str  # the end of the path as published, without '.gz'; '*' and '?' as in a shell
    columns: Mapping[str, Column]
    rest: Column | None = None
    keys: tuple[str, ...] = ()  # plain names of the columns that tell each row from the others
    rows: int | None = None
    many: bool = False
    total: tuple[str, int] | None = None  # a column and what it sums to in the published edition
    blanks: tuple[str, ...] = ("",)  # how the file writes that a cell is missing
    load: Callable[[Path], pd.DataFrame] | None = field(default=None, repr=False)  # if no CSV
    shape: Callable[[pd.DataFrame], pd.DataFrame] = field(default=_as_it_is, repr=False)

    def owns(self, path: Path) -> bool:
        """Whether a file is called as this table is published, packed or not."""
        return fnmatch("/" + path.as_posix().removesuffix(".gz"), f"*/{self.file}")

    def read(self, path: Path) -> pd.DataFrame:
        """Read, check and rename; raises Invalid that names file, row and column."""
        cells = self._cells(path)
        columns = self._columns(cells, path.name)
        for published, column in columns.items():
            cells[published] = _typed(cells[published], column, published, path.name)
        by_name = {column.name: published for published, column in columns.items()}
        swapped(cells, by_name, columns, path.name)
        issued_otherwise(cells, columns, path.name)
        self._validate(cells, columns, path.name)
        self._count(cells, path.name)
        frame = cells[list(columns)].rename(columns={p: c.name for p, c in columns.items()})
        _tell_apart(frame, self.keys, path.name)
        whole = {c.name: "int64" for c in columns.values() if c.kind == "count" and not c.nullable}
        frame = frame.astype(whole).reset_index(drop=True)
        if self.many:
            frame.insert(0, "file", path.name.removesuffix(".gz").rsplit(".", 1)[0])
        return self.shape(frame)

    def _cells(self, path: Path) -> pd.DataFrame:
        if self.load is not None:
            return self.load(path)
        texts = [name for name, column in self.columns.items() if not column.numeric]
        return read_cells(path, texts=texts, blanks=self.blanks)

    def _columns(self, cells: pd.DataFrame, file: str) -> dict[str, Column]:
        missing = [name for name in self.columns if name not in cells]
        if missing:
            raise Invalid(
                "table-columns",
                f"{file} has no column {', '.join(map(repr, missing[:5]))}; "
                f"it has {', '.join(map(shortened, cells.columns[:8]))} …",
                f"The table '{self.name}' is '{self.title}', {self.edition}. {AGAIN}",
                file=file,
                column=missing[0],
            )
        repeated = [name for name in self.columns if f"{name}.1" in cells]
        if repeated:
            raise Invalid(
                "table-columns",
                f"{file} has the column '{repeated[0]}' twice.",
                AGAIN,
                file=file,
                column=repeated[0],
            )
        if cells.empty:
            raise Invalid("table-rows", f"{file} has a header and no rows.", AGAIN, file=file)
        others = [] if self.rest is None else [c for c in cells.columns if c not in self.columns]
        return {**self.columns, **{name: _called(self.rest, name) for name in others}}

    def _validate(self, cells: pd.DataFrame, columns: Mapping[str, Column], file: str) -> None:
        schema = pandera.DataFrameSchema({name: each.schema() for name, each in columns.items()})
        try:
            schema.validate(cells)
        except pandera.errors.SchemaError as error:
            raise _explained(error, cells, file) from error

    def _count(self, cells: pd.DataFrame, file: str) -> None:
        """Complain where rows are missing, or a column does not sum to what was published."""
        if self.rows is not None and len(cells) != self.rows:
            difference = self.rows - len(cells)
            words = f"{abs(difference):,} too {'few' if difference > 0 else 'many'}"
            raise Invalid(
                "table-rows",
                f"{file} has {len(cells):,} rows; this edition has {self.rows:,}: {words}.",
                AGAIN,
                file=file,
            )
        column, total = self.total or ("", 0)
        if self.total is not None and (found := cells[column].sum()) != total:
            raise Invalid(
                "table-total",
                f"{file}, column '{column}' sums to {found:,.0f}, not to {total:,} as published.",
                AGAIN,
                file=file,
                column=column,
            )


def _tell_apart(frame: pd.DataFrame, keys: tuple[str, ...], file: str) -> None:
    """Complain of a row with the same keys as one above; the index is the row in the file."""
    twice = frame.duplicated(list(keys)) if keys else pd.Series(dtype=bool)
    if twice.any():
        row = first_row(twice)
        key = frame.loc[row, list(keys)]
        above = first_row(frame[list(keys)].eq(key).all(axis=1))
        raise Invalid(
            "table-duplicate",
            f"{file}, row {row}: {', '.join(map(str, key))} stands in row {above} already.",
            AGAIN,
            file=file,
            row=row,
        )


def _called(column: Column | None, name: str) -> Column:
    assert column is not None  # noqa: S101 - only asked where the table has a rest
    return Column(name, column.kind, column.low, column.high, nullable=column.nullable)


def _typed(cells: pd.Series, column: Column, published: str, file: str) -> pd.Series:
    """Turn text cells into numbers or dates; raises Invalid for the first that is neither."""
    typed: pd.Series
    if column.numeric:
        # TRUE and FALSE would count as 1 and 0.
        cells = cells.astype(str) if cells.dtype == bool else cells
        typed = pd.to_numeric(cells, errors="coerce").astype(float)
        typed = typed.where(typed.abs() != float("inf"))
        words = "is not a number"
    elif column.kind == "date":
        typed = pd.to_datetime(cells, format=column.format, errors="coerce").astype(
            "datetime64[ns]"
        )
        words = f"is not a date of the form {column.format}"
    else:
        return cells
    wrong = typed.isna() & cells.notna()
    if wrong.any():
        raise _cell(file, first_row(wrong), published, cells, words)
    return typed


def shortened(value: object) -> str:
    """Return a cell in one short line, whatever stands in it."""
    plain = "".join(each if each.isprintable() else "�" for each in str(value))
    return plain if len(plain) <= WIDEST else f"{plain[: WIDEST - 1]}…"


def _cell(file: str, row: int, column: str, cells: pd.Series, words: str) -> Invalid:
    value = cells.loc[row]
    shown = f"{value:.15g}" if isinstance(value, float) else f"'{shortened(value)}'"
    shown = "the cell" if pd.isna(value) else shown
    return Invalid(
        "table-value",
        f"{file}, row {row}, column '{column}': {shown} {words}.",
        CORRECT,
        file=file,
        row=row,
        column=column,
        value=value if isinstance(value, float) else shortened(value),
    )


def _explained(error: pandera.errors.SchemaError, cells: pd.DataFrame, file: str) -> Invalid:
    """Say in words what a schema refuses, and where."""
    column = str(error.schema.name)
    row = int(error.failure_cases["index"].min())
    reason = error.reason_code
    if reason is pandera.errors.SchemaErrorReason.SERIES_CONTAINS_NULLS:
        return _cell(file, row, column, cells[column], "is empty")
    if reason is pandera.errors.SchemaErrorReason.SERIES_CONTAINS_DUPLICATES:
        same = cells.index[cells[column] == cells[column].loc[row]]
        return _cell(file, int(same[1]), column, cells[column], f"stands in row {same[0]} already")
    return _cell(file, row, column, cells[column], str(error.check.error))
