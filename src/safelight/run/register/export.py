"""A register as CSV, and the statement beside it that proves what it was made of.

The statement is a file of its own and not a comment in the table: spreadsheets read the table as it
is, and its checksum can be taken with any tool. It says which lines of which journal the table
holds, with the signed checkpoint and the proofs that the first and the last of them stand in it;
the node signs the whole. Tables never hold names: only a print does.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from safelight.journal.proof import Proof, check_proof, readable, unpack
from safelight.kernel.errors import Invalid, Tampered
from safelight.run.register.sheet import Row, Sheet, Table

OWN: Final = ("part", "line", "kind", "entry", "change_micrograms", "balance_micrograms")
FOOTNOTES: Final = "footnotes"
# What a spreadsheet would take for the start of a formula, and the mark that says it is none.
FORMULA: Final = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
TEXT_MARK: Final = "'"
STATEMENT_SUFFIX: Final = ".proof.json"
_SIGNED: Final = b"safelight register export v1\n"


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a table holds, and of which journal."""

    site: str
    register: str
    layout: str
    layout_digest: str
    size: int  # entries of the journal that the checkpoint covers; later ones were left out
    root: str
    lines: int
    first_line: int  # 0 where there are none
    last_line: int
    balance: int  # after the last line, in micrograms
    sha256: str  # of the table
    first_day: date | None = None
    last_day: date | None = None


class Export(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A statement with the proofs of its first and last line, signed by the node."""

    statement: Statement
    proofs: tuple[dict[str, Any], ...]
    key: str
    signature: str


def to_csv(sheet: Sheet) -> bytes:
    """Return the sheet as one table in the order of the lines, whatever part they stand in."""
    heads = list(dict.fromkeys(column.head for table in sheet.tables for column in table.columns))
    place = {head: len(OWN) + nth for nth, head in enumerate(heads)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*OWN, *heads, FOOTNOTES])
    width = len(OWN) + len(heads) + 1
    for table, row in sorted(_rows(sheet), key=lambda found: found[1].number):
        fields: list[str | int] = [""] * width
        own = (table.title, row.number, row.kind, row.seq, row.change, row.balance)
        fields[: len(OWN)] = [escaped(own[0]), *own[1:]]
        for column, cell in zip(table.columns, row.cells, strict=True):
            fields[place[column.head]] = escaped(cell)
        fields[-1] = escaped(" ".join(row.notes))
        writer.writerow(fields)
    return out.getvalue().encode()


def _rows(sheet: Sheet) -> Iterator[tuple[Table, Row]]:
    for table in sheet.tables:
        for row in table.rows:
            yield table, row


def escaped(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return TEXT_MARK + text if text.startswith((*FORMULA, TEXT_MARK)) else text


def read_csv(data: bytes) -> list[dict[str, str]]:
    """Read a table as it was written; raises Invalid for anything else."""
    try:
        reader = csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _no_table(str(error)) from error
    if tuple(reader.fieldnames or ())[: len(OWN)] != OWN:
        raise _no_table("its columns are others")
    if any(None in row or None in row.values() for row in rows):
        raise _no_table("a line of it has too many or too few fields")
    return [{name: value.removeprefix(TEXT_MARK) for name, value in row.items()} for row in rows]


def _no_table(problem: str) -> Invalid:
    return Invalid(
        "register-table",
        f"This is no table of a register: {problem}.",
        "Give a file that `safelight register export` wrote, as it was written.",
    )


def ends_of(sheet: Sheet) -> tuple[Row, ...]:
    """Return the first and the last line of a sheet; nothing where there is none."""
    rows = sorted((row for _, row in _rows(sheet)), key=lambda row: row.number)
    return (rows[0], rows[-1]) if rows else ()


def sealed(statement: Statement, proofs: tuple[Proof, ...], key: Ed25519PrivateKey) -> bytes:
    """Return the statement with its proofs, signed, as the file that goes beside the table."""
    export = Export(
        statement=statement,
        proofs=tuple(readable(proof) for proof in proofs),
        key=key.public_key().public_bytes_raw().hex(),
        signature=key.sign(_text(statement)).hex(),
    )
    return msgspec.json.format(msgspec.json.encode(export), indent=2) + b"\n"


def _text(statement: Statement) -> bytes:
    return _SIGNED + msgspec.json.encode(statement, order="sorted")


def read_export(data: bytes) -> Export:
    """Read the file beside a table; raises Invalid for anything else."""
    try:
        return msgspec.json.decode(data, type=Export)
    except msgspec.MsgspecError as error:
        raise Invalid(
            "register-statement",
            f"This is no statement about a table: {error}.",
            f"Give the file that was written beside the table, with {STATEMENT_SUFFIX} at its end.",
        ) from error


def check_export(table: bytes, export: Export, trusted: bytes | None = None) -> Statement:
    """Check a table against its statement without the journal; raises Tampered."""
    said = export.statement
    if sha256(table).hexdigest() != said.sha256:
        raise _wrong("the table is not the one that was exported")
    _check_signature(export, trusted)
    rows = read_csv(table)
    _check_sums(rows, said)
    for proof, row in zip(_proofs(export), (rows[0], rows[-1]) if rows else (), strict=True):
        check_proof(proof, bytes.fromhex(export.key))
        point = proof.checkpoint
        if (point.site, point.size, point.root.hex()) != (said.site, said.size, said.root):
            raise _wrong(f"the proof of line {row['line']} is of another checkpoint")
        if str(proof.seq) != row["entry"]:
            raise _wrong(f"the proof of line {row['line']} is of entry {proof.seq}")
    return said


def _check_signature(export: Export, trusted: bytes | None) -> None:
    try:
        key = bytes.fromhex(export.key)
        Ed25519PublicKey.from_public_bytes(key).verify(
            bytes.fromhex(export.signature), _text(export.statement)
        )
    except (InvalidSignature, ValueError) as error:
        raise _wrong("the statement is not as it was signed") from error
    if trusted is not None and key != trusted:
        raise _wrong("the statement is signed with another key than the trusted one")


def _proofs(export: Export) -> list[Proof]:
    if len(export.proofs) != (2 if export.statement.lines else 0):
        raise _wrong("the proofs of its first and last line are not there")
    return [unpack(msgspec.json.encode(proof)) for proof in export.proofs]


def _check_sums(rows: list[dict[str, str]], said: Statement) -> None:
    """Hold the table's own numbers against each other and against the statement."""
    try:
        lines = [_Numbers.of(row) for row in rows]
    except ValueError as error:
        raise _wrong(f"a number of the table cannot be read ({error})") from error
    for before, line in pairwise(lines):
        if line.number != before.number + 1:
            raise _wrong(f"line {before.number + 1} is missing")
        if line.balance != before.balance + line.change:
            raise _wrong(f"the balance of line {line.number} does not follow from the one before")
    ends = (lines[0].number, lines[-1].number, lines[-1].balance) if lines else ()
    if len(lines) != said.lines or (
        ends and ends != (said.first_line, said.last_line, said.balance)
    ):
        raise _wrong("the table does not hold the lines that the statement names")


class _Numbers(msgspec.Struct, frozen=True):
    number: int
    change: int
    balance: int

    @classmethod
    def of(cls, row: Mapping[str, str]) -> "_Numbers":
        return cls(int(row["line"]), int(row["change_micrograms"]), int(row["balance_micrograms"]))


def _wrong(what: str) -> Tampered:
    return Tampered(
        "register-export",
        f"The export does not hold: {what}.",
        "Ask for it again, and keep this file as it is.",
    )
