"""Opening the service: the node, its housekeeping, the screens, and the demonstration."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import NamedTuple, NoReturn

from django.core.management import call_command

from safelight.cli.demonstration import announce, make_accounts, refuse_live
from safelight.cli.keeper import Keeper
from safelight.cli.output import errors, progress
from safelight.rehearse.clinic.live import LiveClinic
from safelight.rehearse.demo import prepare_demo, prepare_demo_clinic
from safelight.rehearse.live import LiveRehearsal
from safelight.run.actions.node import Node
from safelight.run.domain.base import Role
from safelight.web.accounts.changes import MACHINE, What, write_down
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
    new_id,
    office_of,
    open_node,
    prepare_home,
    sign_checkpoint,
    system_clock,
    web_key,
)

LIVE_SEED = 2


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
    staff = create_staff(login, role, login, password)
    write_down(find_staff(login), What.ADDED, by=MACHINE, at=system_clock())
    return staff, password


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
    node = open_node(home, told=progress)
    keeper = Keeper(node, partial(sign_checkpoint, home))
    desk = Desk(home.path / "plan", SystemRunner(), system_clock)
    front = build_application(
        node,
        clock=system_clock,
        new_id=new_id,
        secret=web_key(home).encode(),
        desk=desk,
        office=office_of(home),
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
        sites = ", ".join(node.sites()) or "no site yet; `safelight demo` makes three"
        errors.print(f"Safelight on http://{address.host}:{address.port} ({sites})", markup=False)
        serve(front, address.host, address.port)


def _rehearsing(name: str) -> None:
    errors.print(f"Rehearsing {name} …")


def serve_demonstration(home: Home, address: Address) -> None:
    """Serve the demonstration: days of history, then simulated people in real time."""
    prepare_home(home)
    refuse_live(home)
    now = system_clock()
    scenarios = prepare_demo(home, now, progress=_rehearsing)
    clinic = prepare_demo_clinic(home, now, progress=_rehearsing)
    with _opened(home, address) as (node, front, desk):
        prepare_example(desk, system_clock)  # so that the first look at /plan shows a map
        make_accounts(home)
        announce(home, f"http://{address.host}:{address.port}")
        rehearsals: list[LiveRehearsal | LiveClinic] = [
            *(LiveRehearsal(node, scenario, LIVE_SEED) for scenario in scenarios),
            *([LiveClinic(node, clinic)] if clinic else []),
        ]
        for rehearsal in rehearsals:
            rehearsal.start()
        try:
            serve(front, address.host, address.port)
        finally:
            for rehearsal in rehearsals:
                rehearsal.stop()
