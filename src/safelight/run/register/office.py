"""Where registers are printed and exported: what that needs of the machine, and one way to each."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from os import nice
from typing import Final, NamedTuple, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safelight.journal.checkpoint import Checkpoint
from safelight.journal.merkle import inclusion_path, leaf_hash
from safelight.journal.proof import Proof
from safelight.kernel.errors import Invalid
from safelight.run.domain.clinic.printing import PrintRegister
from safelight.run.domain.entities import Premises
from safelight.run.domain.register_entities import Line, Register
from safelight.run.register.export import Statement, ends_of, sealed, to_csv
from safelight.run.register.layout import Layout, layout_of
from safelight.run.register.press import to_pdf
from safelight.run.register.sheet import About, Names, Sheet, sheet_of
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.registers import lines_of, premises_of, register_of

LARGE: Final = 2_000  # lines: fewer are set before another process would have started
YIELDING: Final = 10  # how far a large print steps back behind whatever else the machine does


class People(Protocol):
    """Says what a print calls patients, in the words of its layout where somebody has no name."""

    def __call__(self, persons: frozenset[str], layout: Layout) -> Mapping[str, str]:
        """Return what to call them, by id."""
        ...


class Wanted(NamedTuple):
    """Which lines of which register, in which layout; days of writing, open where left out."""

    site: str
    register: str
    layout: str
    first: date | None = None
    last: date | None = None


class Exported(NamedTuple):
    """A table, and the file that goes beside it."""

    table: bytes
    beside: bytes
    statement: Statement


class Office(NamedTuple):
    """Prints and exports registers; the wiring puts it together."""

    connect: Callable[[], Driver]
    layouts: Callable[[], dict[str, Layout]]
    checkpoint: Callable[[str], Checkpoint]  # that covers all that is written by now
    key: Callable[[], Ed25519PrivateKey]  # which signs exports

    def sheet(
        self, wanted: Wanted, by: str, at: datetime, *, people: People, staff: Names
    ) -> Sheet:
        """Return the sheet of a print by somebody; ``people`` and ``staff`` say who is named."""
        layout = layout_of(self.layouts(), wanted.layout)
        driver = self.connect()
        try:
            register = known_register(driver, wanted)
            about = about_of(wanted, premises_of(driver, wanted.site))
            about = about._replace(printed_by=by, printed_at=at)
            lines = list(lines_of(driver, wanted.site, register.id, register.lines))
        finally:
            driver.close()
        named = partial(people, layout=layout)
        return sheet_of(register, lines, layout, about, people=named, staff=staff)

    def export(self, wanted: Wanted) -> Exported:
        """Export a register without names, with the proof of what it was made of."""
        layout = layout_of(self.layouts(), wanted.layout)
        driver = self.connect()
        try:
            register = known_register(driver, wanted)
            point = self.checkpoint(wanted.site)
            found = lines_of(driver, wanted.site, register.id, register.lines)
            lines = [line for line in found if line.seq <= point.size]
            sheet = bare_sheet(driver, register, lines, layout, wanted)
            table, ends = to_csv(sheet), ends_of(sheet)
            proofs = _proofs(driver, point, [row.seq for row in ends])
        finally:
            driver.close()
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
        return Exported(table, sealed(statement, proofs, self.key()), statement)


def title_of(wanted: Wanted) -> str:
    """Return what the list of looks calls a print: never a person."""
    return f"{wanted.site} {wanted.register} {wanted.layout}"


def printing_of(wanted: Wanted, sheet: Sheet, pdf: bytes, reason: str) -> PrintRegister:
    """Return the command that writes a print down, before anybody is handed it."""
    return PrintRegister(
        register=wanted.register,
        site=wanted.site,
        layout=sheet.layout.id,
        layout_digest=sheet.layout.digest,
        lines=sheet.lines,
        digest=sha256(pdf).hexdigest(),
        reason=reason,
        first=wanted.first,
        last=wanted.last,
    )


def about_of(wanted: Wanted, premises: Premises | None) -> About:
    """Return what a print says of the premises."""
    name, timezone = (premises.name, premises.timezone) if premises else (wanted.site, "UTC")
    return About(wanted.site, name, timezone, wanted.first, wanted.last)


def bare_sheet(
    driver: Driver, register: Register, lines: Sequence[Line], layout: Layout, wanted: Wanted
) -> Sheet:
    """Return the sheet with ids instead of names, which can be made again by anybody."""
    premises = premises_of(driver, wanted.site)
    return sheet_of(register, lines, layout, about_of(wanted, premises))


def known_register(driver: Driver, wanted: Wanted) -> Register:
    """Return a register as it is stored; raises Invalid for one that is not held here."""
    found = register_of(driver, wanted.site, wanted.register)
    if found is None:
        raise unknown_register(wanted.register)
    return found


def unknown_register(register: str) -> Invalid:
    """Return the error about a register that is not held here."""
    return Invalid(
        "register-known",
        f"There is no register {register!r} here.",
        "See the list of registers, or `safelight register list`.",
    )


def pressed(sheet: Sheet, made: datetime) -> bytes:
    """Return a sheet as PDF; a large one is set beside this process, which goes on answering.

    Names pass to the other process through a pipe, and never through a file.
    """
    if sheet.lines <= LARGE:
        return to_pdf(sheet, made)
    with ProcessPoolExecutor(1, get_context("spawn"), nice, (YIELDING,)) as pool:
        return pool.submit(to_pdf, sheet, made).result()


def _proofs(driver: Driver, point: Checkpoint, seqs: Sequence[int]) -> tuple[Proof, ...]:
    if not seqs:
        return ()
    digests = journal.hashes(driver, point.site, point.size)
    leaves = [leaf_hash(digest) for digest in digests]
    return tuple(
        Proof(point, seq, digests[seq - 1], tuple(inclusion_path(leaves, seq - 1))) for seq in seqs
    )
