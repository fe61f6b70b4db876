"""Exporting a register, and holding an export against the journal that it was made of."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from safelight.cli.journal import verify_one
from safelight.cli.output import progress
from safelight.cli.registers import Wanted, about_of
from safelight.journal.checkpoint import Checkpoint
from safelight.journal.merkle import inclusion_path, leaf_hash, root_of
from safelight.journal.proof import Proof
from safelight.kernel.errors import Invalid, SafelightError, Tampered
from safelight.run.domain.register_entities import Line, Register
from safelight.run.register.check import books_of
from safelight.run.register.export import (
    STATEMENT_SUFFIX,
    Statement,
    ends_of,
    sealed,
    to_csv,
)
from safelight.run.register.layout import Layout, layout_of
from safelight.run.register.sheet import Sheet, sheet_of
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.registers import lines_of, premises_of, register_of
from safelight.wiring import Home, checkpoints_of, layouts_of, node_key, sign_checkpoint


class Exported(NamedTuple):
    """A table, and the file that goes beside it."""

    table: bytes
    beside: bytes
    statement: Statement


def statement_path(table: Path) -> Path:
    """Return where the statement about a table lies."""
    return table.with_name(table.name + STATEMENT_SUFFIX)


def unknown_register(register: str) -> Invalid:
    """Return the error about a register that is not held here."""
    return Invalid(
        "register-known",
        f"There is no register {register!r} here.",
        "See `safelight register list`.",
    )


def exported(home: Home, driver: Driver, wanted: Wanted) -> Exported:
    """Export a register without names, with the proof of what it was made of."""
    layout = layout_of(layouts_of(home), wanted.layout)
    register = register_of(driver, wanted.site, wanted.register)
    if register is None:
        raise unknown_register(wanted.register)
    point = _checkpoint(home, driver, wanted.site)
    found = lines_of(driver, wanted.site, register.id, register.lines)
    lines = [line for line in found if line.seq <= point.size]
    sheet = _bare_sheet(driver, register, lines, layout, wanted)
    table, ends = to_csv(sheet), ends_of(sheet)
    statement = Statement(
        site=wanted.site,
        register=register.id,
        layout=layout.id,
        layout_digest=layout.digest,
        size=point.size,
        root=point.root.hex(),
        lines=sheet.lines,
        first_line=ends[0].number if ends else 0,
        last_line=ends[-1].number if ends else 0,
        balance=sheet.balance,
        sha256=sha256(table).hexdigest(),
        first_day=wanted.first,
        last_day=wanted.last,
    )
    proofs = _proofs(driver, point, [row.seq for row in ends])
    return Exported(table, sealed(statement, proofs, node_key(home)), statement)


def _bare_sheet(
    driver: Driver, register: Register, lines: Sequence[Line], layout: Layout, wanted: Wanted
) -> Sheet:
    """Return the sheet with ids instead of names, which can be made again by anybody."""
    premises = premises_of(driver, wanted.site)
    return sheet_of(register, lines, layout, about_of(wanted, premises))


def _checkpoint(home: Home, driver: Driver, site: str) -> Checkpoint:
    """Return the newest checkpoint, or a new one where entries came after it."""
    kept = checkpoints_of(home, site)
    if kept and kept[-1].size >= journal.head(driver, site).seq:
        return kept[-1]
    return sign_checkpoint(home, site)


def _proofs(driver: Driver, point: Checkpoint, seqs: Sequence[int]) -> tuple[Proof, ...]:
    if not seqs:
        return ()
    digests = journal.hashes(driver, point.site, point.size)
    leaves = [leaf_hash(digest) for digest in digests]
    return tuple(
        Proof(point, seq, digests[seq - 1], tuple(inclusion_path(leaves, seq - 1))) for seq in seqs
    )


def held_against(home: Home, table: bytes, said: Statement) -> bool:
    """Tell whether the journal held here gives this table; raises Tampered where it differs.

    It is made again from the entries that the checkpoint covers, and not from the read model.
    """
    try:
        driver = home.connect()
    except SafelightError:  # nothing is set up here
        return False
    try:
        if said.site not in journal.sites(driver):
            return False
        size = journal.head(driver, said.site).seq
        verify_one(home, said.site, size, checkpoints_of(home, said.site))
        leaves = [leaf_hash(digest) for digest in journal.hashes(driver, said.site, said.size)]
        if len(leaves) != said.size or root_of(leaves).hex() != said.root:
            raise _differs("its checkpoint is of another journal than the one held here")
        again = _again(home, driver, said)
    finally:
        driver.close()
    if table != again:
        raise _differs(_first_difference(table, again))
    return True


def _again(home: Home, driver: Driver, said: Statement) -> bytes:
    layout = layout_of(layouts_of(home), said.layout)
    if layout.digest != said.layout_digest:
        raise Invalid(
            "layout-same",
            f"The layout {said.layout} is another now than when the table was exported.",
            "Put the layout back as it was then, or export the register again.",
        )
    with progress(f"Making {said.register} anew", said.size) as told:
        book = books_of(driver, said.site, said.size, told).get(said.register)
    if book is None:
        raise _differs("its journal opened no such register")
    wanted = Wanted(said.site, said.register, said.layout, said.first_day, said.last_day)
    return to_csv(_bare_sheet(driver, book.as_register(), book.lines, layout, wanted))


def _first_difference(table: bytes, again: bytes) -> str:
    pairs = zip_longest(table.splitlines(), again.splitlines())
    row = next(nth for nth, (one, other) in enumerate(pairs, 1) if one != other)
    return f"row {row} is not what the journal says"


def _differs(what: str) -> Tampered:
    return Tampered(
        "register-export",
        f"The export does not hold: {what}.",
        "Keep the file as it is, and export the register again to compare.",
    )
