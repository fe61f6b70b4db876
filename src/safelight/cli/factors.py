"""Commands about second factors: throw a lost one away, show that of a demonstration."""

from typing import Annotated

import typer
from django.db import transaction

from safelight.cli.demonstration import demo_code, factors_of
from safelight.cli.opening import prepare_accounts
from safelight.cli.output import show
from safelight.web.accounts.changes import MACHINE, What, write_down
from safelight.web.accounts.service import find_staff
from safelight.wiring import home_from_environment, prepare_home, system_clock

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Login = Annotated[str, typer.Argument(help="The name to sign in with.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("second-factor-reset")(second_factor_reset)
    app.command("demo-code")(show_demo_code)


def second_factor_reset(login: Login, as_json: Json = False) -> None:
    """Throw somebody's second factor away, so that they can set up a new one."""
    home = home_from_environment()
    prepare_home(home)
    prepare_accounts(home)
    staff = find_staff(login)
    with transaction.atomic():
        factors_of(home).reset(staff)
        write_down(staff, What.FACTOR_RESET, by=MACHINE, at=system_clock())
    show(
        f"{staff.login} ({staff.id}) has no second factor any more.",
        {"login": staff.login, "staff": staff.id},
        as_json=as_json,
    )


def show_demo_code(login: Login, as_json: Json = False) -> None:
    """Print the code that a demonstration account's app would show now."""
    home = home_from_environment()
    prepare_home(home)
    prepare_accounts(home)
    code = demo_code(home, login)
    show(code, {"login": login, "code": code}, as_json=as_json)
