"""A real server in a process of its own, set up with one small centre, for a benchmark."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from safelight.cli.opening import create_account
from safelight.run.domain.base import Role
from safelight.wiring import Home
from tests.support import server

SITE = "bench"
PLACES = 8


class Running(NamedTuple):
    """A server that answers, and what a client needs to speak with it."""

    port: int
    cookie: str
    token: str
    pid: int


def found_site(home: Home, site: str = SITE) -> None:
    """Found a centre of eight booths with an open shift, by the real commands."""
    with server.founding(home, "staff-bench") as floor:
        floor.found(site, "Benchmark")
        for number in range(1, PLACES + 1):
            floor.do(
                site,
                "place.add",
                place=f"booth-{number}",
                label=f"Booth {number}",
                kind="booth",
                routes=("injecting",),
            )
        floor.do(site, "shift.open")


def log_in(port: int, login: str, password: str) -> tuple[str, str]:
    """Log in as a browser would; returns the session cookie and the form token."""
    session = server.log_in(port, login, password)
    return session.cookie, session.token


@contextmanager
def serving(folder: Path) -> Iterator[Running]:
    """Found a site in a folder, serve it, log in, and stop the server afterwards."""
    home = Home(folder)
    found_site(home)
    _, password = create_account(home, "bench", Role.MANAGER)
    with server.served(folder) as running:
        cookie, token = log_in(running.port, "bench", password)
        yield Running(running.port, cookie, token, running.process.pid)
