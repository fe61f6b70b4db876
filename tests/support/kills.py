"""Kills real processes under load, and checks that what they said was saved is there, whole."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from safelight.journal.entry import Entry, canonical_body
from safelight.kernel.clock import parse_instant
from safelight.kernel.errors import Refused, Tampered
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain.base import Entity, Given
from safelight.run.domain.registry import decide
from safelight.run.domain.site import Site
from safelight.run.store import journal
from safelight.run.store.projection import apply_entry, changed_rows, recalled
from safelight.run.store.verification import verify_journal
from safelight.wiring import Home, open_node, prepare_home, system_clock
from tests.support.killable import read_log
from tests.support.workload import SITE, opening, pack

ROOT = Path(__file__).parents[2]
KILLS_PER_HOME = 10  # then a new one, so that checking stays quick
PATIENCE = 60.0


@dataclass
class KillReport:
    """What many kills came to; ``broken`` says what was wrong and after which."""

    kills: int = 0
    sent: int = 0
    told: int = 0
    survived_untold: int = 0  # commands that were durable although nobody was told
    entries: int = 0
    broken: list[str] = field(default_factory=list)


def nothing(_kind: str, _key: str) -> Entity | None:
    """Recall nothing: a site that was never settled holds its whole past."""
    return None


class KillLab:
    """A home with an open site, whose process is killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self._log = folder / "log"
        prepare_home(self.home)
        node = open_node(self.home, system_clock)
        for each in opening():
            node.perform(each)
        node.close()

    def kill(self, seed: str, report: KillReport) -> None:
        """Let a process work for a random while, kill it, and check what it left."""
        self._log.unlink(missing_ok=True)
        report.kills += 1
        try:
            self._work_and_die(seed)
            sent, told = read_log(self._log)
            report.sent += len(sent)
            report.told += len(told)
            self._check(sent, told, report)
        except (AssertionError, Refused, Tampered) as error:
            report.broken.append(f"kill {seed}: {type(error).__name__}: {error}")

    def _work_and_die(self, seed: str) -> None:
        command = [sys.executable, "-m", "tests.support.killable"]
        paths = {"PYTHONPATH": os.pathsep.join(["src", "."])}
        process = subprocess.Popen(
            [*command, str(self.home.path), seed, str(self._log)],
            cwd=ROOT,
            env={**os.environ, **paths},
        )
        try:
            self._wait(process)
            time.sleep(Random(seed).uniform(0.0, 0.4))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        until = time.monotonic() + PATIENCE
        while not read_log(self._log)[1]:
            assert process.poll() is None, f"the process ended with {process.returncode}"
            assert time.monotonic() < until, "nothing was saved in a minute"
            time.sleep(0.01)

    def _check(self, sent: dict[str, Tap], told: dict[str, Receipt], report: KillReport) -> None:
        found = self._durable()
        seqs = by_command(found)
        for command, receipt in told.items():
            assert seqs.get(command) == span(receipt), f"{command} was told, and is not there"
        report.survived_untold += len(seqs.keys() & sent.keys() - told.keys())
        check_whole_commands(found, sent)
        self._send_again(sent, told)
        report.entries = len(found)

    def _durable(self) -> list[Entry]:
        """Return the journal by a reader of its own, after verifying it and its read model."""
        verify_journal(self.home.connect, SITE, [])
        driver = self.home.connect()
        try:
            found = list(journal.entries(driver, SITE, 1, 1 << 40))
            site = Site(SITE)
            for entry in found:
                site = apply_entry(site, entry, nothing)
            assert list(journal.all_entities(driver, SITE)) == changed_rows(site)
        finally:
            driver.close()
        return found

    def _send_again(self, sent: dict[str, Tap], told: dict[str, Receipt]) -> None:
        """Send everything again, as tablets would; each command is there once or refused."""
        node = open_node(self.home, system_clock)
        for command, tap in sent.items():
            try:
                receipt = node.perform(tap)
            except Refused:
                assert command not in told
            else:
                assert receipt.repeated or command not in told
        node.close()
        seqs = by_command(self._durable())
        assert all(seqs[command] == span(receipt) for command, receipt in told.items())


def span(receipt: Receipt) -> list[int]:
    """Return the numbers of a receipt's entries."""
    return list(range(receipt.first, receipt.last + 1))


def by_command(entries: list[Entry]) -> dict[str, list[int]]:
    """Return the numbers of all entries by the command that wrote them."""
    found: dict[str, list[int]] = {}
    for entry in entries:
        found.setdefault(entry.command, []).append(entry.seq)
    return found


def check_whole_commands(entries: list[Entry], sent: dict[str, Tap]) -> None:
    """Decide every command again on the site as it was: its entries are those facts, and all."""
    site = Site(SITE)
    for command, part in groupby(entries, key=lambda entry: entry.command):
        written = list(part)
        if command in sent:
            assert [entry.body for entry in written] == decided(site, sent[command], written[0])
        for entry in written:
            site = apply_entry(site, entry, nothing)


def decided(site: Site, tap: Tap, entry: Entry) -> list[str]:
    """Return the bodies of the facts that a command comes to."""
    at = parse_instant(entry.happened_at)
    given = Given(parse_instant(entry.recorded_at), at, tap.actor, pack(), tap.command)
    reach, _ = recalled(site, tap.payload, nothing)
    return [canonical_body(fact) for fact in decide(reach, tap.name, tap.payload, given)]


def kills(count: int, seed: int, progress: Callable[[int], None] = lambda _: None) -> KillReport:
    """Kill so many processes; ``progress`` is told after each how many there were."""
    report, done, entries = KillReport(), 0, 0
    while done < count:
        with TemporaryDirectory(prefix="safelight-kill-") as folder:
            lab = KillLab(Path(folder))
            for number in range(done + 1, min(done + KILLS_PER_HOME, count) + 1):
                lab.kill(f"{seed}/{number}", report)
                progress(number)
        entries += report.entries
        done = min(done + KILLS_PER_HOME, count)
    report.entries = entries
    return report
