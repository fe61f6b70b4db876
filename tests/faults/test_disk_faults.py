"""Whatever the disk does, at whichever moment: never 'saved' for what is not, and no lost overdose.

Every test goes through all disk operations of a series of core commands and lets each of them
fail in turn. An emergency is taken in every case, shown at once, and journaled later.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import apsw
import pytest

from safelight.kernel.errors import NotSaved
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Receipt
from tests.support.faulty import EMERGENCY, EMERGENCY_INCIDENT, SERIES, FaultyLab
from tests.support.powercut import Operation
from tests.support.workload import NURSE, SITE, tap

TRANSIENT = {"disk-full": apsw.SQLITE_FULL, "read-only": apsw.SQLITE_READONLY}
FOR_GOOD: dict[str, tuple[Operation, int]] = {
    "failed sync": ("sync", apsw.SQLITE_IOERR_FSYNC),
    "failed write": ("write", apsw.SQLITE_IOERR_WRITE),
    "failed read": ("read", apsw.SQLITE_IOERR_READ),
    "failed anything": ("any", apsw.SQLITE_IOERR),
}
# A read fails only where the engine looks something up that it does not hold.
FEWEST_STRIKES = {name: 0 if name == "failed read" else len(SERIES) for name in FOR_GOOD}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[FaultyLab]:
    made = FaultyLab(tmp_path)
    yield made
    made.disk.unregister()


def everything(node: Node) -> dict[str, Receipt]:
    """Do the whole series, each command on its own."""
    return {each.command: node.perform(each) for each in SERIES}


def operations(lab: FaultyLab) -> range:
    """Return every disk operation of the series, to be failed in turn."""
    count = lab.operations(everything)
    assert count > 2 * len(SERIES)
    return range(count)


def check_told(lab: FaultyLab, receipts: dict[str, Receipt]) -> None:
    """Check that what was told is in the journal, where it was said to be, and nothing is twice."""
    entries = lab.durable()
    for command, receipt in receipts.items():
        found = [entry.seq for entry in entries if entry.command == command]
        assert found == list(range(receipt.first, receipt.last + 1))


def check_not_saved(error: NotSaved, code: str) -> None:
    """Check that nobody could read an answer as 'saved', and that it says what to do."""
    assert error.code == code
    assert error.message.startswith("NOT SAVED.")
    assert error.remedy.endswith(".")
    assert ("restart Safelight" in error.remedy) == (code == "disk-failed")


def keep_emergency(node: Node, where: str = "spool") -> None:
    """Record an overdose while the journal cannot be written, and look at it on the board."""
    assert node.record_emergency(EMERGENCY).where == where
    assert EMERGENCY_INCIDENT in node.site(SITE).incidents
    assert node.emergencies_waiting == 1


def release_emergency(node: Node) -> None:
    """Journal the overdose late, and let somebody answer for it."""
    assert node.release_emergencies() == 1
    assert node.emergencies_waiting == 0
    [(happened_at, recorded_at)] = node._engine._driver.execute(
        "select happened_at, recorded_at from entry where command = ?", (EMERGENCY.command,)
    )
    assert happened_at < recorded_at
    assert node.site(SITE).incidents[EMERGENCY_INCIDENT].attributed_to is None
    node.perform(tap("incident.attribute", 901, {"incident": EMERGENCY_INCIDENT}, by=NURSE))
    assert node.site(SITE).incidents[EMERGENCY_INCIDENT].attributed_to == NURSE.staff


@pytest.mark.parametrize("code", TRANSIENT)
def test_full_or_read_only_disk_loses_nothing_and_work_goes_on_afterwards(
    lab: FaultyLab, code: str
) -> None:
    """From any operation on the disk takes nothing; when it does again, everything is saved."""
    struck = 0
    for index in operations(lab):
        lab.fresh()
        receipts = {}
        with lab.node() as node:
            lab.disk.fail_next("any", TRANSIENT[code], after=index, forever=True)
            for each in SERIES:
                try:
                    receipts[each.command] = node.perform(each)
                except NotSaved as error:
                    struck += 1
                    check_not_saved(error, f"disk-{code}")
                    assert node.health == code
                    keep_emergency(node)
                    lab.disk.clear_faults()
                    receipts[each.command] = node.perform(each)
                    assert node.health == "ok"
                    release_emergency(node)
            assert not any(receipt.repeated for receipt in receipts.values())
        lab.disk.cut(Random(index))
        check_told(lab, receipts)
        assert len(receipts) == len(SERIES)
    assert struck > len(SERIES)


@pytest.mark.parametrize("name", FOR_GOOD)
def test_failed_sync_or_write_stops_all_writing_until_a_restart(lab: FaultyLab, name: str) -> None:
    """After an error that leaves the disk's contents unknown nothing is written, or claimed."""
    struck = 0
    for index in operations(lab):
        rng = Random(index)
        lab.fresh()
        with lab.node() as node:
            operation, error = FOR_GOOD[name]
            lab.disk.fail_next(operation, error, after=index)
            receipts, failed = until_failure(node)
            if failed:
                struck += 1
                check_stopped(lab, node, failed)
            at = lab.disk.operations
        assert lab.disk.operations == at or not failed, "closing wrote to the disk"
        lab.restart(rng)
        check_told(lab, receipts)
        if failed:
            check_restarted(lab, receipts)
    assert struck > FEWEST_STRIKES[name]


def until_failure(node: Node) -> tuple[dict[str, Receipt], list[str]]:
    """Do the series until one command is not saved; return receipts and what was not done."""
    receipts: dict[str, Receipt] = {}
    for number, each in enumerate(SERIES):
        try:
            receipts[each.command] = node.perform(each)
        except NotSaved as error:
            check_not_saved(error, "disk-failed")
            return receipts, [later.command for later in SERIES[number:]]
    return receipts, []


def check_stopped(lab: FaultyLab, node: Node, failed: list[str]) -> None:
    """Check that a node whose disk failed takes emergencies and writes nothing else."""
    assert node.health == "failed"
    at = lab.disk.operations
    lab.disk.clear_faults()
    keep_emergency(node)
    for each in SERIES:
        if each.command in failed:
            with pytest.raises(NotSaved) as caught:
                node.perform(each)
            check_not_saved(caught.value, "disk-failed")
    with pytest.raises(NotSaved):
        node.release_emergencies()
    assert node.emergencies_waiting == 1
    assert lab.disk.operations == at


def check_restarted(lab: FaultyLab, receipts: dict[str, Receipt]) -> None:
    """Check that after a restart everything can be sent again and is there once."""
    with lab.node() as node:
        assert node.health == "ok"
        assert EMERGENCY_INCIDENT in node.site(SITE).incidents
        release_emergency(node)
        again = everything(node)
        assert {
            c: r._replace(repeated=False) for c, r in again.items() if c in receipts
        } == receipts
        assert all(again[command].repeated for command in receipts)
    check_told(lab, again)


@pytest.mark.parametrize("name", ["disk-full", "failed"])
def test_emergency_without_an_emergency_store_is_kept_in_memory(lab: FaultyLab, name: str) -> None:
    """Where the store failed as well, the overdose is on the board and the answer says so."""
    error = apsw.SQLITE_FULL if name == "disk-full" else apsw.SQLITE_IOERR_FSYNC
    with lab.node(spool=False) as node:
        lab.disk.fail_next("sync", error, forever=True)
        with pytest.raises(NotSaved):
            node.perform(SERIES[0])
        assert node.health == name
        keep_emergency(node, where="memory")
        lab.disk.clear_faults()
        if name == "disk-full":
            release_emergency(node)


@pytest.mark.parametrize("code", TRANSIENT)
def test_start_on_a_disk_that_takes_nothing_shows_the_board_and_takes_emergencies(
    lab: FaultyLab, code: str
) -> None:
    """Who restarts a machine with a full disk sees the site, and can record an overdose."""
    lab.fresh()
    lab.disk.fail_next("any", TRANSIENT[code], forever=True)
    with lab.node() as node:
        assert len(node.site(SITE).places) == 5
        with pytest.raises(NotSaved) as caught:
            node.perform(SERIES[0])
        check_not_saved(caught.value, f"disk-{code}")
        keep_emergency(node)
        lab.disk.clear_faults()
        release_emergency(node)
        receipts = everything(node)
    lab.disk.cut(Random(1))
    check_told(lab, receipts)


def test_failed_checkpoint_takes_no_commit_back(lab: FaultyLab) -> None:
    """A command is saved once its log is; that the log could not be moved stops the next one."""
    lab.fresh()
    with lab.node() as node:
        lab.disk.fail_next("any", apsw.SQLITE_IOERR_WRITE, path="journal.sqlite3", forever=True)
        receipts, failed = until_failure(node)
        assert receipts
        assert failed
    lab.disk.cut(Random(2))
    check_told(lab, receipts)
