"""Tables of a register: what stands in them, and that nobody can change one unnoticed."""

import csv
import io
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from safelight.journal.checkpoint import Checkpoint, sign
from safelight.journal.merkle import inclusion_path, leaf_hash, root_of
from safelight.journal.proof import Proof
from safelight.kernel.errors import Invalid, Tampered
from safelight.run.register.export import (
    FORMULA,
    OWN,
    Export,
    Statement,
    check_export,
    ends_of,
    escaped,
    read_csv,
    read_export,
    sealed,
    to_csv,
)
from safelight.run.register.sheet import sheet_of
from tests.support.prints import (
    FORMULA as SUPPLIER,
)
from tests.support.prints import (
    GERMAN,
    SITE,
    UK,
    a_line,
    a_register,
    about,
    book,
    entries_of,
    layout,
    sheet,
)
from tests.support.registers import HEROIN

GOLDEN = Path(__file__).parents[2] / "golden" / "register"
KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
TRUSTED = KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize("name", [UK, GERMAN])
def test_table_is_the_one_that_was_looked_at(name: str) -> None:
    assert to_csv(sheet(book(), name)) == (GOLDEN / f"{name}.csv").read_bytes()


def test_lines_of_a_table_are_in_the_order_of_writing() -> None:
    numbers = [row["line"] for row in read_csv(to_csv(sheet(book())))]
    assert numbers == [str(number) for number in range(1, 12)]


def test_no_cell_starts_a_formula() -> None:
    table = to_csv(sheet(book())).decode()
    assert SUPPLIER in table.replace('""', '"')
    texts = [cell for row in csv.reader(io.StringIO(table, newline="")) for cell in row]
    numbers = {text for text in texts if text.lstrip("-").isdigit()}
    assert not [text for text in set(texts) - numbers if text.startswith(FORMULA)]


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_comes_back_out_of_a_table_as_it_went_in(text: str) -> None:
    line = a_line(1, "received", 5, 5, supplier=text, address="x", document=text, batch="b")
    made = sheet_of(a_register(), [line], layout(), about())
    [row] = read_csv(to_csv(made))
    head = "Name and address of person or firm from whom received"
    assert row[head] == f"{text or ''}, x"
    assert not escaped(row[head]).startswith(FORMULA)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff", "utf-8"),
        (b"a,b\r\n1,2\r\n", "its columns are others"),
        (b"", "its columns are others"),
        (",".join(OWN).encode() + b",x\r\n1,2\r\n", "too many or too few"),
        (",".join(OWN).encode() + b"\r\n1,2,3,4,5,6,7\r\n", "too many or too few"),
        (",".join(OWN).encode() + b'\r\n"1', "unexpected end"),
    ],
)
def test_what_is_no_table_of_a_register_is_said_to_be_none(data: bytes, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_csv(data)
    assert caught.value.code == "register-table"
    assert said in caught.value.message


def proved(table: bytes, **changes: object) -> bytes:
    """Return what goes beside a table of the whole book."""
    entries = entries_of(book())
    leaves = [leaf_hash(entry.hash) for entry in entries]
    point = sign(Checkpoint(SITE, len(leaves), root_of(leaves), "2025-02-14T00:00:00Z"), KEY)
    ends = ends_of(sheet(book()))
    proofs = tuple(
        Proof(point, row.seq, entries[row.seq - 1].hash, tuple(inclusion_path(leaves, row.seq - 1)))
        for row in ends
    )
    said = Statement(
        site=SITE,
        register=HEROIN,
        layout=UK,
        layout_digest=layout().digest,
        size=point.size,
        root=point.root.hex(),
        lines=11,
        first_line=1,
        last_line=11,
        balance=6_259_500,
        sha256=sha256(table).hexdigest(),
    )
    return sealed(msgspec.structs.replace(said, **changes), proofs, KEY)


def test_export_holds_without_the_journal() -> None:
    table = to_csv(sheet(book()))
    said = check_export(table, read_export(proved(table)), TRUSTED)
    assert (said.register, said.lines, said.balance) == (HEROIN, 11, 6_259_500)
    assert check_export(table, read_export(proved(table))) == said


def test_export_of_nothing_needs_no_proofs() -> None:
    nothing = sheet_of(a_register(), [], layout(), about())
    table = to_csv(nothing)
    said = Statement(SITE, HEROIN, UK, "0" * 64, 1, "0" * 64, 0, 0, 0, 0, sha256(table).hexdigest())
    assert ends_of(nothing) == ()
    assert check_export(table, read_export(sealed(said, (), KEY)), TRUSTED) == said


def wrong(table: bytes, export: Export, trusted: bytes | None = TRUSTED) -> str:
    with pytest.raises(Tampered) as caught:
        check_export(table, export, trusted)
    return caught.value.message


def test_changed_table_is_found() -> None:
    table = to_csv(sheet(book()))
    export = read_export(proved(table))
    assert "not the one that was exported" in wrong(table.replace(b"5,820", b"5,821"), export)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"-180000,5820000", b"-180001,5820000", "balance of line 3 does not follow"),
        (b",5,supplied", b",55,supplied", "line 5 is missing"),
        (b",5,supplied", b",x,supplied", "cannot be read"),
        (b",1,opening,1,", b",1,opening,7,", "the proof of line 1 is of entry 1"),
        (b"1000000,6259500", b"1000001,6259501", "the lines that the statement names"),
    ],
)
def test_table_that_somebody_signed_anew_still_has_to_add_up(
    old: bytes, new: bytes, said: str
) -> None:
    table = to_csv(sheet(book()))
    assert old in table
    table = table.replace(old, new)
    assert said in wrong(table, read_export(proved(table)))


def test_statement_that_was_changed_is_found() -> None:
    table = to_csv(sheet(book()))
    export = read_export(proved(table))
    changed = msgspec.structs.replace(export.statement, balance=1)
    said = wrong(table, msgspec.structs.replace(export, statement=changed))
    assert "not as it was signed" in said
    assert "not as it was signed" in wrong(table, msgspec.structs.replace(export, key="00"))


def test_statement_of_somebody_else_is_found() -> None:
    table = to_csv(sheet(book()))
    other = OTHER_KEY.public_key().public_bytes_raw()
    assert "another key" in wrong(table, read_export(proved(table)), other)


def test_proofs_have_to_be_there_and_of_the_same_checkpoint() -> None:
    table = to_csv(sheet(book()))
    export = read_export(proved(table))
    assert "are not there" in wrong(table, msgspec.structs.replace(export, proofs=()))
    assert "another checkpoint" in wrong(table, read_export(proved(table, size=99)))
    first, last = export.proofs
    broken = {**last, "entry": first["entry"]}
    said = wrong(table, msgspec.structs.replace(export, proofs=(first, broken)))
    assert "does not lead to the signed root" in said


def test_what_is_no_statement_is_said_to_be_none() -> None:
    with pytest.raises(Invalid) as caught:
        read_export(b"{}")
    assert caught.value.code == "register-statement"
