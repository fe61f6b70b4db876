"""An export of a register, held against the journal that it was made of."""

from itertools import zip_longest
from pathlib import Path

from safelight.cli.journal import verify_one
from safelight.cli.output import progress
from safelight.journal.merkle import leaf_hash, root_of
from safelight.kernel.errors import Invalid, SafelightError, Tampered
from safelight.run.register.check import books_of
from safelight.run.register.export import STATEMENT_SUFFIX, Statement, to_csv
from safelight.run.register.layout import layout_of
from safelight.run.register.office import Wanted, bare_sheet
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.wiring import Home, checkpoints_of, layouts_of


def statement_path(table: Path) -> Path:
    """Return where the statement about a table lies."""
    return table.with_name(table.name + STATEMENT_SUFFIX)


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
    return to_csv(bare_sheet(driver, book.as_register(), book.lines, layout, wanted))


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
