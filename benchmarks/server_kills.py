"""Kills the whole server, ``kill -9``, while tablets tap; what they were told has to be there.

Each kill leaves the home to the next start, as a machine does that lost its power: the same files,
the same sessions. After ten kills a new home follows, so that checking stays quick.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from benchmarks.server import SITE, found_site, log_in
from safelight.kernel.errors import Tampered
from safelight.run.store import journal
from safelight.run.store.rebuild import compare, replay
from safelight.run.store.sqlite import SQLiteDriver
from safelight.run.store.verification import verify_journal
from safelight.wiring import Home, new_id
from tests.support.kills import KILLS_PER_HOME, KillReport

TABLETS = 8
PATIENCE = 60.0
SAVED = 303
# What the tablets tap, and how many entries one tap is.
TAPS = {
    "visit.arrive": ({"adult_confirmed": "true", "remember": "true"}, 2),
    "supplies.take_back": ({"item": "needle", "quantity": "1"}, 1),
}


class Tablets:
    """Clients that tap until the server is gone."""

    def __init__(self, port: int, cookie: str, token: str, seed: str) -> None:
        self._port, self._cookie, self._token = port, cookie, token
        self.sent: dict[str, str] = {}
        self.told: set[str] = set()
        self._threads = [
            threading.Thread(target=self._tap, args=(Random(f"{seed}/{number}"),))
            for number in range(TABLETS)
        ]
        for thread in self._threads:
            thread.start()

    def _tap(self, rng: Random) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self._cookie}
        try:
            while True:
                name, command = rng.choice(sorted(TAPS)), new_id()
                fields = {"token": self._token, "back": f"/s/{SITE}/", "command": command}
                self.sent[command] = name
                body = urlencode({**fields, **TAPS[name][0]})
                connection.request("POST", f"/s/{SITE}/do/{name}", body, headers)
                reply = connection.getresponse()
                reply.read()
                if reply.status == SAVED:
                    self.told.add(command)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def join(self) -> None:
        """Wait until every tablet has noticed that the server is gone."""
        for thread in self._threads:
            thread.join()


MAKE_ACCOUNT = """
import sys
from pathlib import Path
from safelight.cli.opening import create_account
from safelight.run.domain.base import Role
from safelight.wiring import Home
print(create_account(Home(Path(sys.argv[1])), "bench", Role.MANAGER)[1])
"""


def _account(home: Home) -> str:
    """Make an account and return its password; Django serves one home for each process."""
    command = [sys.executable, "-c", MAKE_ACCOUNT, str(home.path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def _server(home: Home) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Start the server, and kill it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-c", "from safelight.cli import main; main()", "serve", f"--port={port}"],
        env={**os.environ, "SAFELIGHT_HOME": str(home.path)},
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + PATIENCE
        while not _answers(port):
            assert process.poll() is None, f"the server ended with {process.returncode}"
            assert time.monotonic() < until, "the server did not answer in a minute"
            time.sleep(0.05)
        yield port, process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _kill(home: Home, password: str, seed: str, report: KillReport) -> None:
    """Let tablets tap for a random while, kill the server, and check what it left."""
    with _server(home) as (port, process):
        cookie, token = log_in(port, "bench", password)
        tablets = Tablets(port, cookie, token, seed)
        time.sleep(Random(seed).uniform(0.1, 1.0))
        process.send_signal(signal.SIGKILL)
        tablets.join()
    report.sent += len(tablets.sent)
    report.told += len(tablets.told)
    _check(home, tablets, report)


def _check(home: Home, tablets: Tablets, report: KillReport) -> None:
    """Check that what was told is there, that every command is whole, and the journal too."""
    report.entries = verify_journal(home.connect, SITE, []).size
    standing, rebuilt = home.connect(), SQLiteDriver(":memory:", scratch=True)
    try:
        rebuilt.prepare()
        replay(standing, rebuilt, SITE, lambda _: None)
        compare(standing, rebuilt, SITE)
        written = Counter(e.command for e in journal.entries(standing, SITE, 1, report.entries))
    finally:
        standing.close()
        rebuilt.close()
    lost = [command for command in tablets.told if command not in written]
    assert lost == [], f"{len(lost)} of {len(tablets.told)} told commands are not there"
    for command, name in tablets.sent.items():
        assert written[command] in {0, TAPS[name][1]}, f"half of {name} {command}"
    report.survived_untold += len(written.keys() & tablets.sent.keys() - tablets.told)


def server_kills(
    count: int, seed: int, progress: Callable[[int], None] = lambda _: None
) -> KillReport:
    """Kill the server so many times; ``progress`` is told after each how many there were."""
    report, entries = KillReport(), 0
    for first in range(1, count + 1, KILLS_PER_HOME):
        with TemporaryDirectory(prefix="safelight-kill-") as folder:
            home = Home(Path(folder) / "home")
            found_site(home)
            password = _account(home)
            for number in range(first, min(first + KILLS_PER_HOME, count + 1)):
                report.kills += 1
                try:
                    _kill(home, password, f"{seed}/{number}", report)
                except (AssertionError, OSError, SystemExit, Tampered) as error:
                    report.broken.append(f"kill {seed}/{number}: {type(error).__name__}: {error}")
                progress(number)
        entries += report.entries
    report.entries = entries
    return report
