"""Printing a register: names out of the vault, pages, and the entry that says who printed what."""

from typing import NamedTuple

from safelight.cli.opening import prepare_accounts
from safelight.cli.output import progress
from safelight.kernel.errors import Refused
from safelight.run.actions.tap import Tap
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.printing import require_printable
from safelight.run.identity.access import Look
from safelight.run.identity.vault import Vault
from safelight.run.register.layout import Layout
from safelight.run.register.names import people_named
from safelight.run.register.office import Office, Wanted, printing_of, title_of
from safelight.run.register.press import to_pdf
from safelight.run.register.sheet import Sheet
from safelight.web.accounts.service import active_staff, display_names
from safelight.wiring import (
    Home,
    WriterLock,
    new_id,
    office_of,
    open_engine,
    system_clock,
    vault_key,
)


class Printed(NamedTuple):
    """A print whose entry stands in the journal."""

    pdf: bytes
    lines: int
    digest: str


def printed(home: Home, wanted: Wanted, login: str, reason: str) -> Printed:
    """Print a register with names, and write down who printed what; refuses whoever may not."""
    office, now = office_of(home), system_clock()
    actor, name = _printer(home, login)
    lock = WriterLock(home)
    engine = open_engine(home, told=progress)
    try:
        require_printable(engine.standing(wanted.site).site, wanted.register, wanted.site)
        sheet = _named_sheet(home, office, wanted, name, Look(actor, reason, now))
        with progress(f"Printing {wanted.register}", sheet.lines) as told:
            pdf = to_pdf(sheet, now, progress=told)
        command = printing_of(wanted, sheet, pdf, reason)
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


def _named_sheet(home: Home, office: Office, wanted: Wanted, by: str, look: Look) -> Sheet:
    """Return the sheet with names, after the vault wrote down who prints it."""
    vault = Vault(home.path / "vault.sqlite3", vault_key(home))

    def people(persons: frozenset[str], layout: Layout) -> dict[str, str]:
        return people_named(vault.identities_for_print(persons, title_of(wanted), look), layout)

    try:
        return office.sheet(wanted, by, look.now, people=people, staff=display_names)
    finally:
        vault.close()
