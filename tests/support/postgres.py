"""A real PostgreSQL server for tests: started once a session, with a fresh database for each test.

Its programs come from the system (on Debian: apt-get install postgresql). It listens on a socket in
a folder of its own and nowhere else. It does not sync: what a server does at a power cut is not
under test here.
"""

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

NOWHERE = "PostgreSQL's server programs were not found: its tests are NOT run (install postgresql)."
ROLE = "safelight"
PATIENCE = 30.0
_numbers = itertools.count(1)


def programs() -> Path | None:
    """Return the folder of the newest server's programs, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class PostgresServer:
    """One server in a folder of its own."""

    def __init__(self, programs: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="safelight-pg-"))
        # The server refuses to run as root; Debian's package brings a user for it.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
        self._data = self._folder / "data"
        self._make(programs)
        self._process = self._start(programs)
        self._wait()

    def _make(self, programs: Path) -> None:
        """Make the cluster; its order of texts is a language's, so that relying on it shows."""
        options = ["--auth=trust", f"--username={ROLE}", "--encoding=UTF8", "--no-sync"]
        order = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        command = [str(programs / "initdb"), "-D", str(self._data), *options, *order]
        subprocess.run(command, check=True, capture_output=True, user=self._user, cwd=self._folder)

    def _start(self, programs: Path) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
            "full_page_writes": "off",
            "max_connections": "40",
        }
        options = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen(
                [str(programs / "postgres"), "-D", str(self._data), *options],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def address(self, database: str) -> str:
        """Return the address of one database."""
        return f"host={self._folder} user={ROLE} dbname={database}"

    def run(self, sql: str) -> None:
        """Run one statement on the server, outside any test's database."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(sql)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=PATIENCE)
        shutil.rmtree(self._folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server; skips where its programs are missing."""
    found = programs()
    if found is None:
        pytest.skip(NOWHERE)
    server = PostgresServer(found)
    yield server
    server.stop()


@pytest.fixture
def postgres_address(postgres: PostgresServer) -> Iterator[str]:
    """The address of an empty database that no other test sees."""
    name = f"test_{next(_numbers)}"
    postgres.run(f"create database {name}")
    yield postgres.address(name)
    postgres.run(f"drop database {name} with (force)")
