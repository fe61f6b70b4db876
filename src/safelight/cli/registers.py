"""Printing a register: names out of the vault, pages, and the entry that says who printed what."""

from datetime import date
from hashlib import sha256
from typing import NamedTuple

from safelight.cli.opening import prepare_accounts
from safelight.cli.output import progress
from safelight.kernel.errors import Refused
from safelight.run.actions.tap import Tap
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.printing import PrintRegister, require_printable
from safelight.run.domain.entities import Premises
from safelight.run.domain.register_entities import Register
from safelight.run.identity.access import Look
from safelight.run.identity.vault import Vault
from safelight.run.register.layout import Layout, layout_of
from safelight.run.register.names import people_named
from safelight.run.register.press import to_pdf
from safelight.run.register.sheet import About, Sheet, sheet_of
from safelight.run.store.registers import lines_of
from safelight.web.accounts.service import active_staff, display_names
from safelight.wiring import (
    Home,
    WriterLock,
    layouts_of,
    new_id,
    open_engine,
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


def printed(home: Home, wanted: Wanted, login: str, reason: str) -> Printed:
    """Print a register with names, and write down who printed what; refuses whoever may not."""
    layout, now = layout_of(layouts_of(home), wanted.layout), system_clock()
    actor, name = _printer(home, login)
    lock = WriterLock(home)
    engine = open_engine(home)
    try:
        site = engine.standing(wanted.site).site
        register = require_printable(site, wanted.register, wanted.site)
        about = about_of(wanted, site.premises)._replace(printed_at=now, printed_by=name)
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


def about_of(wanted: Wanted, premises: Premises | None) -> About:
    """Return what a print says of the premises."""
    name, timezone = (premises.name, premises.timezone) if premises else (wanted.site, "UTC")
    return About(wanted.site, name, timezone, wanted.first, wanted.last)
