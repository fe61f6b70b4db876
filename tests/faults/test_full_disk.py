"""A disk that is really full: the whole home on a small file system, filled to the last byte."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from safelight.kernel.errors import NotSaved, Refused
from safelight.kernel.ids import derive_id
from safelight.run.actions.node import Node
from safelight.wiring import Home, open_node, prepare_home
from tests.support.workload import NOBODY, NURSE, SITE, Staff, TickingClock, opening, tap

SIZE = 12 << 20
MOST = 5_000  # taps that would fill the disk many times over
EMERGENCY = tap("incident.open", 900, {"place": "seat-1"}, by=NOBODY)
INCIDENT = derive_id("i", EMERGENCY.command)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home on a file system of twelve megabytes; skips where mounting is not allowed."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(tmp_path)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"A full disk is NOT tested: mounting needs root here ({done.stderr.strip()}).")
    made = Home(tmp_path / "home")
    made.path.mkdir()
    prepare_home(made)
    yield made
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)  # noqa: S607 - the system's


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


def fill(home: Home) -> Path:
    """Take every byte that is left, and return the file that holds them."""
    filler = home.path / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (4096, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
    return filler


def work(node: Node, staff: Staff, taps: int) -> list[str]:
    """Let staff tap until one tap is not saved; return the commands that were."""
    saved = []
    for _ in range(taps):
        each = staff.next_tap(node.site(SITE))
        with suppress(Refused):
            node.perform(each)
            saved.append(each.command)
    return saved


def work_until_full(node: Node, staff: Staff) -> list[str]:
    """Let staff tap until the disk is full; return the commands that were saved."""
    saved: list[str] = []
    try:
        while len(saved) < MOST:
            saved += work(node, staff, 1)
    except NotSaved as error:
        answer = error.message
    assert answer == "NOT SAVED. The disk is full."
    return saved


def check(node: Node, saved: list[str]) -> None:
    """Check that everything that was told is there, and the journal is whole."""
    assert node.verify(SITE).ok
    rows = node.journal(SITE, None, 1 << 20)
    assert set(saved) <= {row.command for row in rows}


def test_full_disk_saves_nothing_it_does_not_have_and_takes_emergencies(
    home: Home, clock: TickingClock
) -> None:
    """Nothing told is lost, an overdose is kept where space was taken, and work goes on after."""
    node, staff = open_node(home, clock), Staff(Random(1))
    for each in opening():
        node.perform(each)
    saved = work(node, staff, 50)
    filler = fill(home)
    saved += work_until_full(node, staff)
    assert os.statvfs(home.path).f_bavail * os.statvfs(home.path).f_frsize < 64 << 10
    assert node.health == "disk-full"
    assert node.record_emergency(EMERGENCY).where == "spool"
    assert INCIDENT in node.site(SITE).incidents
    check(node, saved)
    filler.unlink()
    assert node.release_emergencies() == 1
    assert node.health == "ok"
    node.perform(tap("incident.attribute", 901, {"incident": INCIDENT}, by=NURSE))
    saved += work(node, staff, 100)
    check(node, saved)
    node.close()


def test_restart_on_a_full_disk_finds_everything_and_takes_emergencies(
    home: Home, clock: TickingClock
) -> None:
    """A machine that is restarted with a full disk shows its sites and keeps an overdose."""
    node, staff = open_node(home, clock), Staff(Random(2))
    for each in opening():
        node.perform(each)
    saved = work(node, staff, 50)
    node.close()
    filler = fill(home)
    node = open_node(home, clock)
    assert len(node.site(SITE).places) == 5
    with suppress(NotSaved):
        saved += work(node, staff, 200)
    assert node.record_emergency(EMERGENCY).where == "spool"
    node.close()
    filler.unlink()
    node = open_node(home, clock)
    assert INCIDENT in node.site(SITE).incidents
    assert node.release_emergencies() == 1
    check(node, [*saved, EMERGENCY.command])
    node.close()
