"""Opening the service: the node, its housekeeping, the screens, and the demonstration."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import NamedTuple, NoReturn

from django.core.management import call_command
from rich.table import Table

from safelight.cli.keeper import Keeper
from safelight.cli.output import errors
from safelight.kernel.errors import SafelightError
from safelight.rehearse.demo import prepare_demo
from safelight.rehearse.live import LiveRehearsal
from safelight.run.actions.node import Node
from safelight.run.domain.base import Role
from safelight.web.accounts.service import create_staff, find_staff, first_password
from safelight.web.asgi import Front, build_application
from safelight.web.jobs.desk import Desk
from safelight.web.jobs.runner import SystemRunner
from safelight.web.plan.shelf import prepare_example
from safelight.web.serve import serve
from safelight.web.settings import configure
from safelight.wiring import (
    Home,
    WriterLock,
    demo_password,
    new_id,
    open_node,
    prepare_home,
    sign_checkpoint,
    system_clock,
    web_key,
)

LIVE_SEED = 2
DEMONSTRATION = (Role.WORKER, Role.NURSE, Role.MANAGER, Role.ANALYST)


class Address(NamedTuple):
    """Where the server listens."""

    host: str
    port: int
    names: tuple[str, ...] = ()  # by which tablets call this machine


def prepare_accounts(home: Home, hosts: tuple[str, ...] = ()) -> None:
    """Configure Django over the home's accounts database and bring its tables up to date."""
    configure(home.path, web_key(home), ["127.0.0.1", "localhost", "[::1]", *hosts])
    call_command("migrate", interactive=False, verbosity=0)


def create_account(home: Home, login: str, role: Role) -> tuple[str, str]:
    """Make an account with a random first password; returns staff id and password."""
    prepare_home(home)
    prepare_accounts(home)
    password = first_password()
    return create_staff(login, role, login, password), password


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


class Opened(NamedTuple):
    """Everything but the socket."""

    node: Node
    front: Front
    desk: Desk


@contextmanager
def _opened(home: Home, address: Address) -> Iterator[Opened]:
    """Open everything but the socket, and close it in the right order."""
    # The web server hands SIGTERM on when it is done; by default that would end the process
    # before the last checkpoint is signed.
    signal.signal(signal.SIGTERM, _stop)
    prepare_home(home)
    lock = WriterLock(home)
    prepare_accounts(home, (address.host, *address.names))
    node = open_node(home)
    keeper = Keeper(node, partial(sign_checkpoint, home))
    desk = Desk(home.path / "plan", SystemRunner(), system_clock)
    front = build_application(
        node, clock=system_clock, new_id=new_id, secret=web_key(home).encode(), desk=desk
    )
    keeper.start()
    desk.start()
    try:
        yield Opened(node, front, desk)
    finally:
        desk.close()
        keeper.stop()
        node.close()
        lock.release()


def serve_node(home: Home, address: Address) -> None:
    """Serve until the process is told to stop."""
    with _opened(home, address) as (node, front, _):
        sites = ", ".join(node.sites()) or "no site yet; `safelight demo` makes two"
        errors.print(f"Safelight on http://{address.host}:{address.port} ({sites})", markup=False)
        serve(front, address.host, address.port)


def serve_demonstration(home: Home, address: Address) -> None:
    """Serve the demonstration: days of history, then simulated people in real time."""
    prepare_home(home)
    scenarios = prepare_demo(
        home, system_clock(), progress=lambda name: errors.print(f"Rehearsing {name} …")
    )
    with _opened(home, address) as (node, front, desk):
        prepare_example(desk, system_clock)  # so that the first look at /plan shows a map
        password = _demonstration_accounts(home)
        _announce(address, password)
        rehearsals = [LiveRehearsal(node, scenario, LIVE_SEED) for scenario in scenarios]
        for rehearsal in rehearsals:
            rehearsal.start()
        try:
            serve(front, address.host, address.port)
        finally:
            for rehearsal in rehearsals:
                rehearsal.stop()


def _demonstration_accounts(home: Home) -> str:
    """Make an account for each role, or give those that are there this home's password."""
    password = demo_password(home)
    for role in DEMONSTRATION:
        try:
            find_staff(role.value)
        except SafelightError:
            create_staff(role.value, role, f"Demonstration {role}", password, any_password=True)
    return password


def _announce(address: Address, password: str) -> None:
    table = Table(title=f"Safelight demonstration: http://{address.host}:{address.port}")
    for column in ("log in as", "password", "sees"):
        table.add_column(column)
    manager = "the floor, authorities, accounts, plans"
    sees = ("the floor", "the floor", manager, "statistics, plans")
    for role, what in zip(DEMONSTRATION, sees, strict=True):
        table.add_row(role.value, password, what)
    errors.print(table)
    errors.print("Simulated people only. Stop with Ctrl+C.")
