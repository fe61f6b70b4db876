"""Acknowledged is durable when the process dies: kill -9 of a real one under load."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.kernel.errors import SafelightError
from safelight.run.actions.tap import Receipt
from safelight.wiring import Home, WriterLock, open_node, prepare_home
from tests.support.kills import KillLab, KillReport, check_whole_commands, kills
from tests.support.workload import SITE, tap

KILLS = 15
HOLD_THE_LOCK = """
import sys, time
from pathlib import Path
from safelight.wiring import Home, WriterLock
lock = WriterLock(Home(Path(sys.argv[1])))
print("locked", flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_killed_process_loses_halves_and_doubles_nothing() -> None:
    """All that was told is there, every command is whole, and sending again doubles nothing."""
    report = kills(KILLS, seed=1)
    assert report.broken == []
    assert report.kills == KILLS
    assert report.told > 10 * KILLS


def test_check_after_a_kill_finds_what_is_lost_and_what_is_half(tmp_path: Path) -> None:
    """A receipt for what is not there, and a command with an entry too few, do not pass."""
    lab, report = KillLab(tmp_path), KillReport()
    arrival = tap("visit.arrive", 100, {"adult_confirmed": True, "remember": True})
    lost = Receipt(SITE, arrival.command, 900, 901)
    with pytest.raises(AssertionError, match="was told, and is not there"):
        lab._check({arrival.command: arrival}, {arrival.command: lost}, report)
    node = open_node(lab.home)
    receipt = node.perform(arrival)
    node.close()
    entries = lab._durable()
    lab._check({arrival.command: arrival}, {arrival.command: receipt}, report)
    with pytest.raises(AssertionError):
        check_whole_commands(entries[:-1], {arrival.command: arrival})


def test_second_writer_is_kept_out_until_the_first_is_gone(tmp_path: Path) -> None:
    """Two processes never write in one home, and a killed one leaves no lock behind."""
    home = Home(tmp_path / "home")
    prepare_home(home)
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(home.path)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        with pytest.raises(SafelightError) as caught:
            WriterLock(home)
        assert caught.value.code == "one-writer"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    first = WriterLock(home)
    with pytest.raises(SafelightError):
        WriterLock(home)
    first.release()
    WriterLock(home).release()
