"""The living demonstration: it keeps going, and keeps its hands off what people at screens do.

The node's clock is the agenda's, so that a day takes seconds and every run is the same.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from safelight.kernel.errors import NotSaved
from safelight.kernel.ids import command_id, derive_id
from safelight.rehearse.agenda import Steps
from safelight.rehearse.demo import demo_scenarios, prepare_demo
from safelight.rehearse.floor import simulated
from safelight.rehearse.live import LiveRehearsal
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Receipt, Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.entities import AFTERCARE, IN_PLACE, Incident, Visit
from safelight.run.domain.site import Site
from safelight.wiring import Home, WriterLock, open_node

NOW = datetime(2026, 6, 10, 13, 0, tzinfo=UTC)
HUMAN = Actor("s-ada", Role.NURSE)
HARBOUR, VAN = demo_scenarios()


class Theatre:
    """Both demonstration sites on one node, with a clock that the test turns."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self._now, self._ids = NOW, count(1)
        prepare_demo(self.home, NOW, days=1)
        self._lock = WriterLock(self.home)
        self.node: Node = open_node(self.home, lambda: self._now)
        self.live = {
            scenario.site.id: LiveRehearsal(
                self.node, scenario, 1, speed=1.0, incidents_every=(1200, 1800)
            )
            for scenario in (HARBOUR, VAN)
        }
        for live in self.live.values():
            live._take_over()

    def site(self, site: str = "harbour") -> Site:
        return self.node.site(site)

    def play(self, until: Callable[[], bool] = lambda: False, *, hours: float = 24) -> None:
        """Let simulated time pass until something is so, or for some hours."""
        end = self._now + timedelta(hours=hours)
        while self._now < end and not until():
            agenda = min(
                (live.floor.agenda for live in self.live.values()),
                key=lambda agenda: agenda.due or 0.0,
            )
            assert agenda.due is not None
            self._now = max(self._now, agenda.start + timedelta(seconds=agenda.due))
            agenda.step()

    def tap(self, name: str, **fields: object) -> Receipt:
        """Have somebody at a screen do something."""
        command = command_id(self._now, next(self._ids).to_bytes(10))
        payload = read_command(name, fields)
        return self.node.perform(Tap("harbour", command, name, payload, HUMAN))

    def refused(self) -> int:
        return sum(live.floor.refused for live in self.live.values())

    def close(self) -> None:
        self.node.close()
        self._lock.release()


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path)
    yield theatre
    theatre.close()


def running(site: Site) -> list[Incident]:
    return [incident for incident in site.incidents.values() if incident.closed_at is None]


def in_places(site: Site) -> list[Visit]:
    return [visit for visit in site.visits.values() if visit.stage == IN_PLACE]


def test_history_ends_with_people_inside(theatre: Theatre) -> None:
    site = theatre.site()
    assert len(in_places(site)) >= 2
    assert site.shift is not None
    assert theatre.site("van").stop is not None
    newest = theatre.node.journal("harbour", None, 1)[0]
    assert "2026-06-10T12:4" < newest.recorded_at <= "2026-06-10T13:00:00.000000Z"


def test_notes_of_the_history_can_be_read(theatre: Theatre) -> None:
    row = theatre.node.journal("harbour", None, 1, "shift.handed_over")[0]
    text = theatre.node.unseal(str(row.body["note"]), HUMAN, "a test")
    assert text.endswith("(Rehearsal: nobody here exists.)")


def test_board_keeps_moving_and_nobody_is_refused(theatre: Theatre) -> None:
    before = theatre.node.journal("harbour", None, 1)[0].seq
    theatre.play(hours=2)
    assert theatre.node.journal("harbour", None, 1)[0].seq - before > 150
    assert theatre.refused() == 0


def test_shift_rolls_over_and_the_vehicle_drives_on(theatre: Theatre) -> None:
    before = theatre.site().shift
    theatre.play(hours=10)
    stop = theatre.site("van").stop
    theatre.play(hours=9)
    after = theatre.site().shift
    assert stop is not None
    assert before is not None
    assert after is not None
    assert stop.label == "Northgate market"
    assert (before.opened_at.day, after.opened_at.day) == (10, 11)
    assert theatre.refused() == 0


def test_incidents_begin_and_are_finished_by_simulated_staff(theatre: Theatre) -> None:
    theatre.play(lambda: bool(running(theatre.site())), hours=3)
    (incident, *_) = running(theatre.site())
    theatre.play(lambda: incident.id not in theatre.site().incidents, hours=6)
    done = theatre.node.past_incident("harbour", incident.id)
    assert done is not None
    assert done.outcome is not None
    assert done.completion is not None
    assert all(simulated(step.staff) for step in done.steps)


def test_incident_that_somebody_wrote_in_is_theirs(theatre: Theatre) -> None:
    theatre.play(lambda: bool(running(theatre.site())), hours=3)
    (incident, *_) = running(theatre.site())
    theatre.tap("incident.record", incident=incident.id, what="oxygen")
    written = theatre.site().incidents[incident.id]
    theatre.play(hours=4)
    left = theatre.site().incidents[incident.id]
    assert (left.steps, left.closed_at, left.kind) == (written.steps, None, written.kind)


def test_incident_that_somebody_classified_is_theirs(theatre: Theatre) -> None:
    theatre.play(lambda: bool(running(theatre.site())), hours=3)
    (incident, *_) = running(theatre.site())
    theatre.tap("incident.classify", incident=incident.id, kind="seizure")
    theatre.play(hours=4)
    left = theatre.site().incidents[incident.id]
    assert (left.kind, left.closed_at) == ("seizure", None)


def test_visit_with_somebody_elses_incident_waits_for_them(theatre: Theatre) -> None:
    visit = in_places(theatre.site())[0]
    theatre.tap("incident.open", visit=visit.id)
    theatre.play(hours=3)
    assert theatre.site().visits[visit.id].stage == IN_PLACE
    (incident,) = theatre.site().open_incidents_of(visit.id)
    assert incident.steps == ()
    theatre.tap("incident.close", incident=incident.id, outcome="recovered_on_site")
    theatre.play(lambda: visit.id not in theatre.site().visits, hours=3)
    assert visit.id not in theatre.site().visits


def test_visit_that_somebody_began_is_theirs(theatre: Theatre) -> None:
    receipt = theatre.tap("visit.arrive", adult_confirmed=True)
    visit = derive_id("v", receipt.command)
    before = theatre.site().visits[visit]
    theatre.play(hours=20)
    assert theatre.site().visits[visit] == before


def test_floor_opens_again_although_somebody_stayed_over_night(theatre: Theatre) -> None:
    theatre.tap("visit.arrive", adult_confirmed=True)
    theatre.play(hours=22)
    seq = theatre.node.journal("harbour", None, 1)[0].seq
    theatre.play(hours=1)
    assert theatre.node.journal("harbour", None, 1)[0].seq > seq + 50


def test_visit_that_somebody_ended_is_over(theatre: Theatre) -> None:
    visit = in_places(theatre.site())[0]
    theatre.tap("visit.leave", visit=visit.id)
    theatre.play(hours=2)
    assert theatre.node.past_visit("harbour", visit.id) is not None
    assert theatre.refused() == 0


def test_visit_that_somebody_moved_on_goes_on_from_there(theatre: Theatre) -> None:
    visit = in_places(theatre.site())[0]
    theatre.tap("visit.aftercare", visit=visit.id)
    assert theatre.site().visits[visit.id].stage == AFTERCARE
    theatre.play(lambda: visit.id not in theatre.site().visits, hours=4)
    over = theatre.node.past_visit("harbour", visit.id)
    assert over is not None
    assert over.left_at is not None


def test_later_start_takes_its_own_visits_over_and_leaves_others(theatre: Theatre) -> None:
    receipt = theatre.tap("visit.arrive", adult_confirmed=True)
    theirs = derive_id("v", receipt.command)
    ours = {visit.id for visit in in_places(theatre.site())}
    again = LiveRehearsal(theatre.node, HARBOUR, 1, speed=1.0)
    again._take_over()
    theatre.live["harbour"] = again
    theatre.play(hours=5)
    assert theirs in theatre.site().visits
    assert ours.isdisjoint(theatre.site().visits)


def test_later_start_finishes_an_incident_of_its_own(theatre: Theatre) -> None:
    theatre.play(lambda: bool(running(theatre.site())), hours=3)
    (incident, *_) = running(theatre.site())
    again = LiveRehearsal(theatre.node, HARBOUR, 1, speed=1.0)
    again._take_over()
    theatre.live["harbour"] = again
    theatre.play(lambda: incident.id not in theatre.site().incidents, hours=4)
    done = theatre.node.past_incident("harbour", incident.id)
    assert done is not None
    assert (done.outcome, done.completion is None) == ("recovered_on_site", False)


def test_staff_begin_again_after_they_tripped(
    theatre: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    def trip() -> Steps:
        yield 1
        raise NotSaved("vault-writes", "NOT SAVED.", "Write it on paper.")

    lasting = theatre.live["harbour"]._lasting(trip)
    assert [next(lasting) for _ in range(4)] == [1, 60, 1, 60]
    assert "begin again: NOT SAVED." in caplog.text


def test_prepared_sites_are_left_as_they_are(theatre: Theatre) -> None:
    told: list[str] = []
    prepare_demo(theatre.home, NOW, days=1, progress=told.append)
    assert told == []


def test_thread_moves_the_board_in_real_time(theatre: Theatre) -> None:
    before = theatre.node.journal("harbour", None, 1)[0].seq
    live = LiveRehearsal(theatre.node, HARBOUR, 1, speed=2000)
    live.start()
    deadline = time.monotonic() + 20
    while theatre.node.journal("harbour", None, 1)[0].seq < before + 10:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    live.stop()
    seq = theatre.node.journal("harbour", None, 1)[0].seq
    time.sleep(0.3)
    assert theatre.node.journal("harbour", None, 1)[0].seq == seq
