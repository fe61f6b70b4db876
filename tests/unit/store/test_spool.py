"""The emergency store: space taken beforehand, one slot a record, and no torn record counts."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from safelight.run.store.spool import SLOT, SLOTS, Spool


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "emergency.spool"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    opened = Spool(path)
    yield opened
    opened.close()


def reopened(path: Path) -> list[bytes]:
    """Return what another run finds."""
    spool = Spool(path)
    try:
        return [data for _, data in spool.pending()]
    finally:
        spool.close()


def test_space_is_taken_before_anything_is_kept(path: Path, spool: Spool) -> None:
    """The file has its full size and its blocks from the start, and never grows."""
    before = path.stat()
    assert before.st_size == SLOT * SLOTS
    assert before.st_blocks * 512 >= SLOT * SLOTS
    spool.keep(b"x" * 4000)
    assert (path.stat().st_size, path.stat().st_blocks) == (before.st_size, before.st_blocks)


def test_records_are_found_again_in_order_after_a_restart(path: Path, spool: Spool) -> None:
    """What was kept is there, in the order in which it came."""
    records = [b"one", b"two" * 1000, b"\x00\xff"]
    for record in records:
        spool.keep(record)
    assert [data for _, data in spool.pending()] == records
    assert reopened(path) == records


def test_record_after_a_restart_goes_behind_the_others(path: Path, spool: Spool) -> None:
    """No restart writes over what waits."""
    spool.keep(b"one")
    spool.close()
    again = Spool(path)
    again.keep(b"two")
    again.close()
    assert reopened(path) == [b"one", b"two"]


def test_closed_store_keeps_nothing_and_says_so(path: Path, spool: Spool) -> None:
    """After the end no record goes into a file that somebody else opened since."""
    spool.keep(b"one")
    spool.close()
    spool.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        spool.keep(b"two")
    assert reopened(path) == [b"one"]


@pytest.mark.parametrize("kept", [0, 1, 3, 4, 7, 8, 9, 107])
def test_torn_record_is_left_out(path: Path, spool: Spool, kept: int) -> None:
    """A record of which the power left a part counts as none, and hides no other."""
    for record in (b"one", b"y" * 100, b"three"):
        spool.keep(record)
    whole = path.read_bytes()
    torn = whole[SLOT : SLOT + kept].ljust(SLOT, b"\0")
    path.write_bytes(whole[:SLOT] + torn + whole[2 * SLOT :])
    assert reopened(path) == [b"one", b"three"]


def test_changed_record_is_left_out(path: Path, spool: Spool) -> None:
    """The checksum tells a record from what a disk made of it."""
    spool.keep(b"one")
    changed = bytearray(path.read_bytes())
    changed[9] ^= 1
    path.write_bytes(changed)
    assert reopened(path) == []


def test_cleared_store_is_empty_and_takes_records_again(path: Path, spool: Spool) -> None:
    """Clearing gives every slot back."""
    for number in range(SLOTS):
        spool.keep(str(number).encode())
    spool.clear()
    assert reopened(path) == []
    spool.keep(b"after")
    assert reopened(path) == [b"after"]


def test_full_store_says_so_and_keeps_what_it_has(path: Path, spool: Spool) -> None:
    """One record too many is refused, and the others stay."""
    for number in range(SLOTS):
        spool.keep(str(number).encode())
    with pytest.raises(OSError, match="full") as caught:
        spool.keep(b"one too many")
    assert caught.value.errno == errno.ENOSPC
    assert reopened(path) == [str(number).encode() for number in range(SLOTS)]


def test_record_that_fits_in_no_slot_is_refused(path: Path, spool: Spool) -> None:
    """A record is whole or refused, never cut."""
    spool.keep(b"z" * (SLOT - 8))
    with pytest.raises(OSError, match="full"):
        spool.keep(b"z" * (SLOT - 7))
    assert reopened(path) == [b"z" * (SLOT - 8)]


def test_file_that_was_cut_short_keeps_its_records(path: Path, spool: Spool) -> None:
    """A shorter file is filled up, not made anew."""
    spool.keep(b"one")
    spool.keep(b"two")
    path.write_bytes(path.read_bytes()[: 2 * SLOT])
    assert reopened(path) == [b"one", b"two"]
    assert path.stat().st_size == SLOT * SLOTS


def test_write_that_the_disk_takes_in_part_is_no_success(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is told that a record is kept can rely on it."""
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: whole(file, data[:5], at))
    with pytest.raises(OSError, match="a part only"):
        spool.keep(b"a record")
    assert spool.pending() == []
