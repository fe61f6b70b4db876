"""The emergency desk: an overdose is kept somewhere, shown, and journaled when that is possible."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from safelight.kernel.errors import NotSaved
from safelight.kernel.ids import derive_id
from safelight.run.actions.emergency import EmergencyDesk, EmergencyReceipt
from safelight.run.actions.tap import Tap
from safelight.run.domain.site import Site
from safelight.run.store.spool import SLOTS, Spool
from tests.support.engines import Floor
from tests.support.workload import NOBODY, NURSE, SITE, START, command_id, pack, tap

INCIDENT = derive_id("i", command_id(100))
OPEN = tap("incident.open", 100, {"place": "booth-1"}, by=NOBODY)
DOSE = {"micrograms": 800, "route": "intramuscular", "batch": "LOT 7/A"}
NALOXONE = tap(
    "incident.record",
    101,
    {"incident": INCIDENT, "what": "naloxone", "naloxone": DOSE},
    by=NURSE,
)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    opened = Spool(tmp_path / "emergency.spool")
    yield opened
    opened.close()


def full(spool: Spool) -> Spool:
    """Fill a spool to its last slot, with what no desk can read."""
    for _ in range(SLOTS):
        spool.keep(b"{}")
    return spool


def test_kept_tap_is_taken_up_after_a_restart_as_it_was(spool: Spool) -> None:
    """Payload, person, role and the time at which it happened all come back."""
    desk = EmergencyDesk(spool)
    for each in (OPEN, NALOXONE):
        assert desk.keep(each, START) == EmergencyReceipt("spool", each.command)
    kept = [each._replace(happened_at=START) for each in (OPEN, NALOXONE)]
    assert desk.waiting == kept
    assert EmergencyDesk(spool).waiting == kept


def test_time_that_the_tap_gives_is_kept(spool: Spool) -> None:
    """A late emergency stays as late as it is."""
    told = START - timedelta(minutes=9)
    desk = EmergencyDesk(spool)
    desk.keep(OPEN._replace(happened_at=told), START)
    assert EmergencyDesk(spool).waiting == [OPEN._replace(happened_at=told)]


def test_same_tap_is_kept_once(spool: Spool) -> None:
    """Who taps twice in an emergency opens one incident."""
    desk = EmergencyDesk(spool)
    receipts = {desk.keep(OPEN, START), desk.keep(OPEN, START + timedelta(seconds=5))}
    assert receipts == {EmergencyReceipt("spool", OPEN.command)}
    assert desk.waiting == [OPEN._replace(happened_at=START)]
    assert len(spool.pending()) == 1


def test_tap_without_a_store_is_kept_in_memory_and_says_so() -> None:
    """The screen can tell people to write on paper as well."""
    desk = EmergencyDesk(None)
    for _ in range(2):
        assert desk.keep(OPEN, START) == EmergencyReceipt("memory", OPEN.command)
    assert desk.waiting == [OPEN._replace(happened_at=START)]


def test_tap_that_the_store_cannot_take_is_kept_in_memory(spool: Spool) -> None:
    """A full store is no reason to turn an overdose away, and no reason to claim it is safe."""
    desk = EmergencyDesk(full(spool))
    assert [desk.keep(OPEN, START).where for _ in range(2)] == ["memory", "memory"]
    assert desk.waiting == [OPEN._replace(happened_at=START)]


def test_tap_in_memory_goes_to_the_store_when_it_is_sent_again(spool: Spool) -> None:
    """As soon as there is room the tap is safe, at the time at which it was first sent."""
    desk = EmergencyDesk(full(spool))
    desk.keep(OPEN, START)
    spool.clear()
    later = START + timedelta(minutes=1)
    assert desk.keep(OPEN, later) == EmergencyReceipt("spool", OPEN.command)
    assert EmergencyDesk(spool).waiting == [OPEN._replace(happened_at=START)]


def test_release_hands_on_everything_in_order_and_clears_the_store(spool: Spool) -> None:
    """What is in the journal waits nowhere else."""
    desk, handed = EmergencyDesk(spool), list[Tap]()
    desk.keep(OPEN, START)
    desk.keep(NALOXONE, START)
    assert desk.release(handed.append) == 2
    assert handed == [each._replace(happened_at=START) for each in (OPEN, NALOXONE)]
    assert (desk.waiting, spool.pending(), desk.release(handed.append)) == ([], [], 0)


def test_release_that_fails_keeps_everything(spool: Spool) -> None:
    """Half a release is none: what was journaled already is sent again and written once."""
    desk = EmergencyDesk(spool)
    desk.keep(OPEN, START)
    desk.keep(NALOXONE, START)

    def fail(tap: Tap) -> None:
        if tap.command == NALOXONE.command:
            raise NotSaved("disk-full", "NOT SAVED. The disk is full.", "Free some space.")

    with pytest.raises(NotSaved):
        desk.release(fail)
    assert len(desk.waiting) == len(spool.pending()) == 2


def test_tap_that_comes_during_a_release_stays(spool: Spool) -> None:
    """Nothing that was not handed on is forgotten."""
    desk = EmergencyDesk(spool)
    desk.keep(OPEN, START)
    assert desk.release(lambda _: desk.keep(NALOXONE, START)) == 1
    assert desk.waiting == [NALOXONE._replace(happened_at=START)]
    assert EmergencyDesk(spool).waiting[-1] == NALOXONE._replace(happened_at=START)


WRITTEN = {
    "site": SITE,
    "command": command_id(100),
    "name": "incident.open",
    "payload": {},
    "staff": "s-ada",
    "role": "nurse",
    "happened_at": "2026-03-02T09:00:00Z",
}


@pytest.mark.parametrize(
    "changed",
    [{"name": "incident.was"}, {"payload": {"new": 1}}, {"role": "king"}, {"happened_at": "today"}],
)
def test_record_of_another_version_stays_in_the_store(
    spool: Spool, changed: dict[str, object]
) -> None:
    """What this version cannot read stops neither the start nor the others, and is not erased."""
    data = msgspec.json.encode(WRITTEN | changed)
    spool.keep(data)
    desk = EmergencyDesk(spool)
    desk.keep(OPEN, START)
    assert EmergencyDesk(spool).waiting == [OPEN._replace(happened_at=START)]
    assert desk.release(lambda _: None) == 1
    assert data in [kept for _, kept in spool.pending()]


def test_incident_that_waits_is_shown_on_top_of_the_site(floor: Floor, spool: Spool) -> None:
    """The floor sees the incident with its timeline, its stock and its time, as if journaled."""
    engine = floor.engine()
    site = engine.durable(SITE)
    engine.close()
    assert site is not None
    desk = EmergencyDesk(spool)
    for each in (OPEN, NALOXONE, OPEN._replace(site="south", command=command_id(103))):
        desk.keep(each, START)
    shown = desk.overlay(site, pack(), START + timedelta(minutes=5))
    incident = shown.incidents[INCIDENT]
    assert [step.what for step in incident.steps] == ["naloxone"]
    assert (incident.opened_at, incident.place, incident.attributed_to) == (START, "booth-1", None)
    assert list(shown.incidents) == [INCIDENT]
    assert list(site.incidents) == []


def test_tap_that_no_longer_fits_is_left_out_of_what_is_shown(spool: Spool) -> None:
    """A line about an incident that nobody knows does not take the board down."""
    desk = EmergencyDesk(spool)
    desk.keep(NALOXONE, START)
    site = Site(SITE)
    assert desk.overlay(site, pack(), START) == site
