"""A real server in a process of its own, over sites that were founded beforehand."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from safelight.cli.opening import prepare_accounts
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.store.packs import load_authorities, load_pack
from safelight.web.accounts.service import create_staff
from safelight.wiring import PACKS, Home, WriterLock, new_id, open_engine, prepare_home

HOST = "127.0.0.1"
PATIENCE_SECONDS = 240.0  # a demonstration rehearses its past before it answers
SAFELIGHT = (sys.executable, "-c", "from safelight.cli import main; main()")
_FORM = "application/x-www-form-urlencoded"
_HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


class Founding:
    """Gives commands to the journals of a home that nobody serves yet."""

    def __init__(self, engine: Engine, staff: str) -> None:
        self._engine = engine
        self._manager = Actor(staff, Role.MANAGER)

    def do(self, site: str, name: str, /, **fields: Any) -> None:  # noqa: ANN401 - as a form has
        """Give one command, its fields as loose values."""
        self._give(site, name, read_command(name, fields))

    def _give(self, site: str, name: str, command: Any) -> None:  # noqa: ANN401 - any command
        self._engine.perform(Tap(site, new_id(), name, command, self._manager))

    def found(self, site: str, name: str, *authorities: str) -> None:
        """Found a centre under the rehearsal pack, and these authorities or all shipped ones."""
        self.do(site, "site.found", name=name, kind="building", timezone="Europe/London")
        pack = load_pack(PACKS / "rehearsal.toml")
        adopted = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
        self.do(site, "protocol.adopt", **adopted, approver=self._manager.staff)
        for grant in load_authorities(PACKS / "authorities.toml"):
            if not authorities or grant.authority in authorities:
                self._give(site, "authority.grant", grant)


@contextmanager
def founding(home: Home, staff: str = "staff-founder") -> Iterator[Founding]:
    """Open the journals of a home for writing; what was done is durable afterwards."""
    prepare_home(home)
    lock = WriterLock(home)
    engine = open_engine(home)
    try:
        yield Founding(engine, staff)
        engine.commit()
    finally:
        engine.close()
        lock.release()


class Account(NamedTuple):
    """Somebody who may sign in."""

    staff: str
    login: str
    password: str


def make_accounts(home: Home, roles: Sequence[Role], password: str) -> dict[Role, Account]:
    """Make an account for each role, in another process: Django can be set up once in each."""
    prepare_home(home)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_make_accounts, home, roles, password).result()


def _make_accounts(home: Home, roles: Sequence[Role], password: str) -> dict[Role, Account]:
    prepare_accounts(home)
    return {
        role: Account(create_staff(role, role, f"Made-up {role}", password), role.value, password)
        for role in roles
    }


class Served(NamedTuple):
    """A server that answers."""

    port: int
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        """Return its address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=PATIENCE_SECONDS)


@contextmanager
def served(folder: Path, *command: str) -> Iterator[Served]:
    """Serve a home, by ``safelight serve`` or another command, and stop the server afterwards."""
    port = _free_port()
    process = subprocess.Popen(
        [*SAFELIGHT, *(command or ("serve",)), f"--port={port}"],
        env={**os.environ, "SAFELIGHT_HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    running = Served(port, process)
    try:
        _wait_until_it_answers(running)
        yield running
    finally:
        running.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(server: Served) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise SystemExit(
                f"The server ended with {server.process.returncode} before it answered."
            )
        try:
            socket.create_connection((HOST, server.port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"The server did not answer within {PATIENCE_SECONDS:.0f} seconds.")


class Session(NamedTuple):
    """Somebody who is signed in: what a client sends along to tap."""

    port: int
    cookie: str
    token: str

    def do(self, site: str, name: str, /, **fields: Any) -> str:  # noqa: ANN401 - as JSON has
        """Tap as a program does, and return the command's id; a refusal raises."""
        command = new_id()
        status, said = self.post(site, name, command=command, **fields)
        if status != http.client.OK:
            raise RuntimeError(f"{name} was answered {status}: {said}")
        return command

    def post(self, site: str, name: str, /, **fields: Any) -> tuple[int, str]:  # noqa: ANN401
        """Send a tap as JSON; returns status and answer."""
        body = json.dumps({"token": self.token, **fields})
        return self._ask("POST", f"/s/{site}/do/{name}", body, "application/json")

    def get(self, path: str) -> str:
        """Return a page."""
        return self._ask("GET", path, None, _FORM)[1]

    def _ask(self, method: str, path: str, body: str | None, kind: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_SECONDS)
        connection.request(method, path, body, {"Content-Type": kind, "Cookie": self.cookie})
        reply = connection.getresponse()
        said = reply.read().decode()
        connection.close()
        return reply.status, said


def log_in(port: int, login: str, password: str) -> Session:
    """Log in as a browser would."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/login")
    hidden = dict(_HIDDEN.findall(connection.getresponse().read().decode()))
    body = urlencode({"token": hidden["token"], "login": login, "password": password})
    connection.request("POST", "/login", body, {"Content-Type": _FORM})
    reply = connection.getresponse()
    reply.read()
    cookies = [value for name, value in reply.getheaders() if name.lower() == "set-cookie"]
    cookie = next(value.split(";")[0] for value in cookies if "session" in value.lower())
    connection.close()
    page = Session(port, cookie, "").get("/")
    return Session(port, cookie, dict(_HIDDEN.findall(page))["token"])
