"""A node: health in words, verification, emergencies released, people found, all closed."""

from collections.abc import Iterator
from datetime import timedelta

import apsw
import pytest

from safelight.kernel.clock import format_instant
from safelight.kernel.errors import NotSaved, Refused
from safelight.kernel.ids import derive_id
from safelight.run.actions.node import CLOCK_LAG, Node
from tests.support.engines import Floor
from tests.support.workload import NOBODY, NURSE, SITE, START, command_id, tap

ARRIVE = {"adult_confirmed": True, "remember": True}
INCIDENT = derive_id("i", command_id(100))
OPEN = tap("incident.open", 100, {"place": "booth-1"}, by=NOBODY)


@pytest.fixture
def node(floor: Floor) -> Iterator[Node]:
    opened = floor.node()
    yield opened
    opened.close()


def test_node_answers_for_its_sites(node: Node) -> None:
    """What is held here is listed; anything else is refused by name."""
    assert node.sites() == [SITE]
    assert node.site(SITE).id == SITE
    assert node.protocol(SITE).id == "rehearsal"
    with pytest.raises(Refused) as caught:
        node.site("elsewhere")
    assert caught.value.code == "site-known"


def test_performed_tap_is_in_the_journal_that_readers_see(node: Node) -> None:
    """After the answer every reader finds the entries, newest first."""
    receipt = node.perform(tap("visit.arrive", 100, ARRIVE))
    rows = node.journal(SITE, None, 2)
    assert [(row.seq, row.kind) for row in rows] == [
        (receipt.last, "visit.arrived"),
        (receipt.first, "person.registered"),
    ]
    assert node.past_visit(SITE, derive_id("v", command_id(100))) is not None


# Health


def test_clock_behind_the_journal_is_said_in_words(floor: Floor, node: Node) -> None:
    """Entries stay in order, and the screens say that the clock has to be set."""
    assert (node.health, node.health_detail) == ("ok", "")
    node.perform(tap("visit.arrive", 100, ARRIVE))
    newest = floor.entries()[-1].recorded_at
    floor.clock.now -= CLOCK_LAG + timedelta(minutes=1)
    assert node.health == "clock-behind"
    assert newest in node.health_detail
    node.perform(tap("visit.arrive", 101, ARRIVE))
    assert floor.entries()[-1].recorded_at == newest
    floor.clock.now += timedelta(hours=1)
    assert node.health == "ok"


# Emergencies


def test_released_emergency_is_journaled_late_with_both_times(floor: Floor, node: Node) -> None:
    """It happened when it happened and was recorded when it could be; nobody answers for it yet."""
    kept_at = floor.clock.now + floor.clock.step
    assert node.record_emergency(OPEN).where == "spool"
    assert (node.emergencies_waiting, floor.entries(OPEN.command)) == (1, [])
    assert INCIDENT in node.site(SITE).incidents
    floor.clock.now += timedelta(minutes=40)
    assert node.release_emergencies() == 1
    [entry] = floor.entries(OPEN.command)
    assert entry.happened_at == format_instant(kept_at)
    assert entry.recorded_at >= format_instant(kept_at + timedelta(minutes=40))
    assert (node.emergencies_waiting, node.release_emergencies()) == (0, 0)
    node.perform(tap("incident.attribute", 101, {"incident": INCIDENT}, by=NURSE))
    assert node.site(SITE).incidents[INCIDENT].attributed_to == NURSE.staff


def test_emergency_that_was_saved_after_all_is_written_once(floor: Floor, node: Node) -> None:
    """A tap that was kept though the journal had it is one incident."""
    node.perform(OPEN)
    node.record_emergency(OPEN)
    assert list(node.site(SITE).incidents) == [INCIDENT]
    assert node.release_emergencies() == 1
    assert len(floor.entries(OPEN.command)) == 1


@pytest.mark.parametrize("wrong", [timedelta(days=400), timedelta(days=-400)])
def test_emergency_at_an_impossible_time_is_journaled_as_of_now(
    floor: Floor, node: Node, wrong: timedelta, caplog: pytest.LogCaptureFixture
) -> None:
    """A clock that was wrong loses no overdose."""
    node.record_emergency(OPEN._replace(happened_at=floor.clock.now + wrong))
    assert node.release_emergencies() == 1
    [entry] = floor.entries(OPEN.command)
    assert entry.happened_at == entry.recorded_at
    assert "incident.open is journaled after not-" in caplog.text


def test_emergency_beside_a_running_one_is_kept_with_all_its_lines(node: Node) -> None:
    """While it waited another tablet opened one for the same person: both stand, whole."""
    node.perform(tap("visit.arrive", 200, ARRIVE))
    about = {"visit": derive_id("v", command_id(200))}
    incident = derive_id("i", command_id(201))
    step = {"incident": incident, "what": "oxygen"}
    node.record_emergency(tap("incident.open", 201, about))
    node.record_emergency(tap("incident.record", 202, step))
    node.perform(tap("incident.open", 203, about))
    assert node.release_emergencies() == 2
    kept = node.site(SITE).incidents[incident]
    assert [line.what for line in kept.steps] == ["oxygen"]
    assert len(node.site(SITE).incidents) == 2


def test_emergency_that_the_journal_refuses_is_logged(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    """What has been answered otherwise by now does not wait for ever, and does not vanish."""
    node.record_emergency(tap("incident.record", 101, {"incident": "i-none", "what": "oxygen"}))
    assert node.release_emergencies() == 1
    assert node.emergencies_waiting == 0
    assert "the journal of north refused incident.record: incident-known" in caplog.text


def test_emergency_survives_a_restart_that_comes_before_its_release(floor: Floor) -> None:
    """The next run finds it, shows it, and journals it."""
    first = floor.node()
    first.record_emergency(OPEN)
    first.close()
    second = floor.node()
    assert INCIDENT in second.site(SITE).incidents
    assert second.release_emergencies() == 1
    second.close()
    third = floor.node()
    assert (third.emergencies_waiting, list(third.site(SITE).incidents)) == (0, [INCIDENT])
    third.close()


def test_release_into_a_journal_that_cannot_be_written_keeps_everything(floor: Floor) -> None:
    """While another program holds the file nothing is lost, and afterwards it goes through."""
    engine = floor.engine()
    engine._driver._connection.set_busy_timeout(1)  # type: ignore[attr-defined]
    node = floor.node(engine)
    node.record_emergency(OPEN)
    other = apsw.Connection(str(floor.folder / "journal.sqlite3"))
    other.execute("begin immediate")
    with pytest.raises(NotSaved) as caught:
        node.release_emergencies()
    assert caught.value.code == "disk-read-only"
    assert (node.emergencies_waiting, node.health) == (1, "read-only")
    other.execute("rollback")
    other.close()
    assert node.release_emergencies() == 1
    assert (node.emergencies_waiting, node.health) == (0, "ok")
    node.close()


# Verification


def test_verification_is_remembered_until_it_is_asked_for_again(floor: Floor, node: Node) -> None:
    """The page shows the last answer; verifying anew finds what changed since."""
    first = node.verification(SITE)
    assert (first.ok, first.seq, first.message) == (True, floor.head, "")
    writing = apsw.Connection(str(floor.folder / "journal.sqlite3"))
    writing.execute("drop trigger entry_update")
    writing.execute("update entry set actor = 's-eve' where seq = 3")
    writing.close()
    assert node.verification(SITE) == first
    second = node.verify(SITE)
    assert (second.ok, second.seq) == (False, 3)
    assert "entry 3" in second.message
    assert node.verification(SITE) == second


# People and texts


def test_person_is_found_by_handle_and_by_exact_alias(node: Node) -> None:
    """By words of the handle in any case, by the whole alias, and by nothing else."""
    node.perform(tap("visit.arrive", 100, ARRIVE))
    [person] = node.site(SITE).persons.values()
    node.set_alias(person.id, "Robin")
    for text in (person.handle, person.handle.split()[1].upper(), "robin"):
        assert node.find_person(SITE, text) == [person], text
    for text in ("", "Rob", "zzz"):
        assert node.find_person(SITE, text) == [], text
    assert node.alias(person.id, NURSE, "at the door") == "Robin"
    assert node.unseal(node.seal("note", person.id), NURSE, "handover") == "note"


def test_closed_node_saves_nothing_more(floor: Floor) -> None:
    """After the end a tap is answered at once, with what to do."""
    node = floor.node()
    node.close()
    with pytest.raises(NotSaved) as caught:
        node.perform(tap("visit.arrive", 100, ARRIVE))
    assert caught.value.remedy == "Start it again."
    assert node.record_emergency(OPEN).where == "memory"


def test_node_time_is_that_of_its_clock(floor: Floor, node: Node) -> None:
    """Nothing here asks the machine for the time."""
    floor.clock.now = START
    assert node.now() == START + floor.clock.step
