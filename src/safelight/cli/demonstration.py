"""The accounts of a demonstration: one for each role, with second factors that need no phone."""

from typing import TYPE_CHECKING, Final

from rich.table import Table

from safelight.cli.output import errors
from safelight.kernel.errors import Refused, SafelightError
from safelight.run.domain.base import Role
from safelight.run.store.reader import reading
from safelight.web.accounts.codes import code_at
from safelight.web.accounts.factors import Factors, enrolled
from safelight.web.accounts.service import create_staff, find_staff
from safelight.web.throttle import Throttle
from safelight.wiring import (
    Home,
    demo_password,
    demo_secret,
    has_demonstration,
    system_clock,
    web_key,
)

if TYPE_CHECKING:
    from safelight.web.accounts.models import Staff

_FLOOR: Final = "the floor and the clinic"
SEES: Final = {
    Role.WORKER: _FLOOR,
    Role.NURSE: f"{_FLOOR}, sessions and doses",
    Role.MANAGER: f"{_FLOOR}, authorities, licences, accounts, plans",
    Role.PRESCRIBER: f"{_FLOOR}, decisions and orders",
    Role.PHARMACIST: f"{_FLOOR}, registers",
    Role.OFFICER: "registers, oversight, statistics",
    Role.WITNESS: "statistics; may witness destruction",
    Role.ANALYST: "statistics, plans",
}


def factors_of(home: Home) -> Factors:
    """Return the second factors of a home, outside the server."""
    return Factors(web_key(home).encode(), system_clock, Throttle())


def refuse_live(home: Home) -> None:
    """Refuse what is for demonstrations only where real people are served."""
    if not (home.database or home.journal.exists()):
        return
    with reading(home.connector) as reader:
        live = [site for site in reader.sites() if (p := reader.premises(site)) and p.live]
    if live:
        raise Refused(
            "demonstration-home",
            f"{', '.join(live)} is live, and a demonstration's accounts are open to everybody.",
            "Use another SAFELIGHT_HOME for the demonstration.",
        )


def make_accounts(home: Home) -> None:
    """Make an account for each role that has none yet, and enrol whoever has no second factor."""
    password, factors = demo_password(home), factors_of(home)
    for role in SEES:
        login = role.value
        try:
            staff = find_staff(login)
        except SafelightError:
            create_staff(login, role, f"Demonstration {role}", password, any_password=True)
            staff = find_staff(login)
        if enrolled(staff) is None:
            factors.enrol(staff, demo_secret(home, login))


def announce(home: Home, url: str) -> None:
    """Print who may log in, and how they come by a code."""
    table = Table(title=f"Safelight demonstration: {url}")
    for column in ("log in as", "password", "sees"):
        table.add_column(column)
    for role, sees in SEES.items():
        table.add_row(role.value, demo_password(home), sees)
    errors.print(table)
    errors.print("A code, where a form asks for one: `safelight demo-code LOGIN`, such as nurse.")
    errors.print("Simulated people only. Stop with Ctrl+C.")


def demo_code(home: Home, login: str) -> str:
    """Return the code that a demonstration account's app would show now; raises Refused."""
    refuse_live(home)
    staff = find_staff(login)
    if not _is_of_demonstration(home, staff):
        raise Refused(
            "demonstration-account",
            f"{login} is no account of a demonstration.",
            "Codes are printed for the accounts that `safelight demo` makes, and for nobody else.",
        )
    return code_at(demo_secret(home, staff.login), system_clock())


def _is_of_demonstration(home: Home, staff: "Staff") -> bool:
    if not has_demonstration(home):
        return False
    return factors_of(home).has_secret(staff, demo_secret(home, staff.login))
