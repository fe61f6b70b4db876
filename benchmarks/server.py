"""A real server in a process of its own, set up with one small centre, for a benchmark."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from safelight.cli.opening import create_account
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.store.packs import load_authorities, load_pack
from safelight.wiring import PACKS, Home, WriterLock, open_engine, prepare_home

SITE = "bench"
PLACES = 8
_TOKEN = re.compile(r'name="token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="token"')


class Running(NamedTuple):
    """A server that answers, and what a client needs to speak with it."""

    port: int
    cookie: str
    token: str
    pid: int


def found_site(home: Home, site: str = SITE) -> None:
    """Found a centre of eight booths with an open shift, by the real commands."""
    prepare_home(home)
    lock = WriterLock(home)
    engine = open_engine(home)
    manager = Actor("staff-bench", Role.MANAGER)

    def do(name: str, /, **fields: Any) -> None:  # noqa: ANN401 - loose values, as a form has
        engine.perform(Tap(site, str(uuid.uuid4()), name, read_command(name, fields), manager))

    pack = load_pack(PACKS / "rehearsal.toml")
    do("site.found", name="Benchmark", kind="building", timezone="Europe/London")
    do(
        "protocol.adopt",
        pack=pack.id,
        version=pack.version,
        digest=pack.digest,
        approver="staff-bench",
    )
    for grant in load_authorities(PACKS / "authorities.toml"):
        engine.perform(Tap(site, str(uuid.uuid4()), "authority.grant", grant, manager))
    for number in range(1, PLACES + 1):
        do(
            "place.add",
            place=f"booth-{number}",
            label=f"Booth {number}",
            kind="booth",
            routes=("injecting",),
        )
    do("shift.open")
    engine.commit()
    engine.close()
    lock.release()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def log_in(port: int, login: str, password: str) -> tuple[str, str]:
    """Log in as a browser would; returns the session cookie and the form token."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/login")
    first = connection.getresponse()
    page = first.read().decode()
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
    cookies = "; ".join(
        value.split(";")[0] for name, value in first.getheaders() if name.lower() == "set-cookie"
    )
    body = urlencode({**hidden, "login": login, "password": password})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
    connection.request("POST", "/login", body, headers)
    reply = connection.getresponse()
    reply.read()
    cookie = next(
        value.split(";")[0]
        for name, value in reply.getheaders()
        if name.lower() == "set-cookie" and "session" in value.lower()
    )
    connection.request("GET", f"/s/{SITE}/", headers={"Cookie": cookie})
    found = _TOKEN.search(connection.getresponse().read().decode())
    if found is None:
        raise SystemExit("The board carries no form token: the benchmark cannot tap.")
    return cookie, found[1] or found[2]


@contextmanager
def serving(folder: Path) -> Iterator[Running]:
    """Found a site in a folder, serve it, log in, and stop the server afterwards."""
    home = Home(folder)
    found_site(home)
    _, password = create_account(home, "bench", Role.MANAGER)
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", "from safelight.cli import main; main()", "serve", f"--port={port}"],
        env={**os.environ, "SAFELIGHT_HOME": str(folder)},
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(port, process)
        cookie, token = log_in(port, "bench", password)
        yield Running(port, cookie, token, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _wait_until_it_answers(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"The server ended with {process.returncode} before it answered.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not answer within 30 seconds.")
