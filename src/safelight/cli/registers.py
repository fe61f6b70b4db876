"""Printing and exporting a register over a home: what it reads, signs and writes down."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from safelight.cli.opening import prepare_accounts
from safelight.cli.output import progress
from safelight.journal.merkle import inclusion_path, leaf_hash
from safelight.journal.proof import Proof
from safelight.journal.verify import CHUNK
from safelight.kernel.errors import Invalid, Refused, Tampered
from safelight.run.actions.tap import Tap
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.printing import PrintRegister, require_printable
from safelight.run.domain.entities import Premises
from safelight.run.domain.register_entities import Line, Register
from safelight.run.identity.access import Look
from safelight.run.identity.vault import Vault
from safelight.run.register.check import books_of
from safelight.run.register.export import (
    STATEMENT_SUFFIX,
    Statement,
    ends_of,
    sealed,
    to_csv,
)
from safelight.run.register.layout import Layout, layout_of
from safelight.run.register.names import people_named
from safelight.run.register.press import to_pdf
from safelight.run.register.sheet import About, Sheet, sheet_of
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.registers import lines_of, register_of
from safelight.run.store.reader import reading
from safelight.wiring import (
    Home,
    WriterLock,
    checkpoints_of,
    layouts_of,
    new_id,
    node_key,
    open_engine,
    sign_checkpoint,
    system_clock,
    vault_key,
)


class Wanted(NamedTuple):
    """Which lines of which register, in which layout; days of writing, open where left out."""

    site: str
    register: str
    layout: str
    first: date | None = None
    last: date | None = None


class Printed(NamedTuple):
    """A print whose entry stands in the journal."""

    pdf: bytes
    lines: int
    digest: str


class Exported(NamedTuple):
    """A table, and the file that goes beside it."""

    table: bytes
    beside: bytes
    statement: Statement


def statement_path(table: Path) -> Path:
    """Return where the statement about a table lies."""
    return table.with_name(table.name + STATEMENT_SUFFIX)


def printed(home: Home, wanted: Wanted, login: str, reason: str) -> Printed:
    """Print a register with names, and write down who printed what; refuses whoever may not."""
    layout, now = layout_of(layouts_of(home), wanted.layout), system_clock()
    actor, name = _printer(home, login)
    lock = WriterLock(home)
    engine = open_engine(home)
    try:
        site = engine.standing(wanted.site).site
        register = require_printable(site, wanted.register, wanted.site)
        about = _about(wanted, site.premises)._replace(printed_at=now, printed_by=name)
        sheet = _named_sheet(home, register, layout, about, Look(actor, reason, now))
        with progress(f"Printing {register.id}", sheet.lines) as told:
            pdf = to_pdf(sheet, now, progress=told)
        command = PrintRegister(
            register=register.id,
            site=wanted.site,
            layout=layout.id,
            layout_digest=layout.digest,
            lines=sheet.lines,
            digest=sha256(pdf).hexdigest(),
            reason=reason,
            first=wanted.first,
            last=wanted.last,
        )
        engine.perform(Tap(wanted.site, new_id(), "register.print", command, actor))
        engine.commit()
    finally:
        engine.close()
        lock.release()
    return Printed(pdf, sheet.lines, command.digest)


def _printer(home: Home, login: str) -> tuple[Actor, str]:
    """Return who prints, by an account that is active."""
    prepare_accounts(home)
    staff = active_staff(login)
    if staff is None:
        raise Refused(
            "staff-known",
            f"There is no active account {login!r}.",
            "Give the login of a pharmacist, a manager or the accountable officer.",
        )
    return Actor(staff.id, Role(staff.role)), staff.display_name


def _named_sheet(home: Home, register: Register, layout: Layout, about: About, look: Look) -> Sheet:
    """Return the sheet with names, after the vault wrote down who prints it."""
    vault = Vault(home.path / "vault.sqlite3", vault_key(home))
    title = f"{about.site} {register.id} {layout.id}"

    def people(persons: frozenset[str]) -> dict[str, str]:
        return people_named(vault.identities_for_print(persons, title, look), layout)

    driver = home.connect()
    try:
        lines = list(lines_of(driver, about.site, register.id, register.lines))
        return sheet_of(register, lines, layout, about, people=people, staff=display_names)
    finally:
        driver.close()
        vault.close()


def exported(home: Home, driver: Driver, wanted: Wanted) -> Exported:
    """Export a register without names, with the proof of what it was made of."""
    layout = layout_of(layouts_of(home), wanted.layout)
    register = register_of(driver, wanted.site, wanted.register)
    if register is None:
        raise _unknown(wanted.register)
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
    premises = journal_premises(driver, wanted.site)
    return sheet_of(register, lines, layout, _about(wanted, premises))


def _about(wanted: Wanted, premises: Premises | None) -> About:
    name, timezone = (premises.name, premises.timezone) if premises else (wanted.site, "UTC")
    return About(wanted.site, name, timezone, wanted.first, wanted.last)


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
    driver = home.connect()
    try:
        if said.site not in journal.sites(driver):
            return False
        verify_one(home, said.site, journal.head(driver, said.site).seq, [_kept(home, said)])
        layout = layout_of(layouts_of(home), said.layout)
        if layout.digest != said.layout_digest:
            raise Invalid(
                "layout-digest",
                f"The layout {said.layout} is another now than when the table was exported.",
                "Install the layout as it was then; or export the register again.",
            )
        book = books_of(driver, said.site, said.size).get(said.register)
        if book is None:
            raise _differs("the journal has no such register")
        wanted = Wanted(said.site, said.register, said.layout, said.first_day, said.last_day)
        sheet = _bare_sheet(driver, book.register(), book.lines, layout, wanted)
    finally:
        driver.close()
    _compare(table, to_csv(sheet))
    return True
