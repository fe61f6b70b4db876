"""Rehearsals: the same seed writes the same journal, and nobody simulated is ever refused."""

from datetime import timedelta
from pathlib import Path

import pytest

from safelight.kernel.errors import Invalid, SafelightError
from safelight.rehearse.agenda import Steps
from safelight.rehearse.dice import Dice
from safelight.rehearse.emergency import Course, timeline
from safelight.rehearse.floor import MANAGER
from safelight.rehearse.plan import Intent
from safelight.rehearse.run import rehearse
from safelight.rehearse.scenario import find_scenario
from safelight.rehearse.stage import staged
from safelight.rehearse.stay import reception
from safelight.run.domain.base import Actor, Role
from safelight.wiring import Home, WriterLock, packs_of, prepare_home
from tests.support.rehearsals import Rehearsed

THISTLE, VAN, HARBOUR = map(find_scenario, ("thistle-2025", "mobile-unit", "harbour"))


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    return Rehearsed(tmp_path_factory.mktemp("week"), VAN, 1, 7)


def test_nobody_is_refused_and_the_journal_verifies(week: Rehearsed) -> None:
    assert week.report.refusals == 0
    assert week.report.told == ()
    assert week.verified() == week.report.entries


def test_report_counts_what_the_journal_has(week: Rehearsed) -> None:
    kinds = week.kinds()
    assert week.report.entries == sum(kinds.values())
    assert week.report.visits == kinds["visit.arrived"]
    assert week.report.incidents == kinds.get("incident.opened", 0)


def test_everybody_has_left_and_the_floor_is_closed(week: Rehearsed) -> None:
    kinds = week.kinds()
    assert kinds["visit.left"] == kinds["visit.arrived"]
    assert (kinds["shift.opened"], kinds["shift.closed"]) == (7, 7)
    assert (kinds["stop.opened"], kinds["stop.closed"]) == (21, 21)


def test_some_visits_are_anonymous_and_some_people_are_known(week: Rehearsed) -> None:
    kinds = week.kinds()
    assert 0 < kinds["person.registered"] < kinds["visit.arrived"]


def test_same_seed_writes_the_same_journal(week: Rehearsed, tmp_path: Path) -> None:
    again = Rehearsed(tmp_path, VAN, 1, 7)
    size = week.report.entries
    assert again.report.entries == size
    assert again.hash_at(size) == week.hash_at(size)


def test_other_seed_writes_another_journal(week: Rehearsed, tmp_path: Path) -> None:
    other = Rehearsed(tmp_path, VAN, 2, 7)
    size = min(week.report.entries, other.report.entries)
    assert other.hash_at(size) != week.hash_at(size)


def test_first_days_do_not_depend_on_how_many_are_asked(week: Rehearsed, tmp_path: Path) -> None:
    three = Rehearsed(tmp_path, VAN, 1, 3)
    size = three.report.entries
    assert size < week.report.entries
    assert three.hash_at(size) == week.hash_at(size)


@pytest.mark.parametrize("seed", range(3))
def test_no_seed_meets_a_refusal(seed: int, tmp_path: Path) -> None:
    assert Rehearsed(tmp_path, HARBOUR, seed, 3).report.refusals == 0


def test_notes_are_written_only_where_they_can_be_sealed(week: Rehearsed, tmp_path: Path) -> None:
    def seal(text: str, person: str | None) -> str:
        assert (text.endswith("nobody here exists.)"), person) == (True, None)
        return "sealed:test"

    home = Home(tmp_path / "home")
    rehearse(home, THISTLE, 1, 1, seal=seal)
    assert "shift.handed_over" not in week.kinds()


def test_progress_counts_days(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    rehearse(Home(tmp_path / "home"), VAN, 1, 2, lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_site_that_exists_is_left_alone(week: Rehearsed) -> None:
    with pytest.raises(SafelightError, match="SAFELIGHT_HOME") as caught:
        rehearse(week.home, VAN, 1, 1)
    assert caught.value.code == "rehearsal-new-site"
    assert week.verified() == week.report.entries


def test_two_scenarios_share_a_home(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert rehearse(home, VAN, 1, 1, strict=True).refusals == 0
    assert rehearse(home, THISTLE, 1, 1, strict=True).refusals == 0


def test_writer_at_work_is_not_disturbed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    prepare_home(home)
    lock = WriterLock(home)
    with pytest.raises(SafelightError, match="Another Safelight"):
        rehearse(home, VAN, 1, 1)
    lock.release()


@pytest.mark.parametrize("days", [0, 92, -1])
def test_days_beyond_the_scenario_are_refused(days: int, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="has 91"):
        rehearse(Home(tmp_path / "home"), VAN, 1, days)


def test_refusal_is_counted_or_raised(tmp_path: Path) -> None:
    manager = Actor(MANAGER, Role.MANAGER)
    with staged(Home(tmp_path / "home"), VAN, 1, None, strict=False) as (floor, _):
        assert floor.act("shift.close", by=manager) is None
        assert (floor.refused, "no shift is open" in floor.refusals[0]) == (1, True)
        floor.strict = True
        with pytest.raises(SafelightError):
            floor.act("shift.close", by=manager)


def test_agenda_rounds_times_to_seconds(tmp_path: Path) -> None:
    with staged(Home(tmp_path / "home"), VAN, 1, None, strict=True) as (floor, _):
        start = floor.now
        seen = []

        def steps() -> Steps:
            for wait in (0.2, 1.6):
                yield wait
                seen.append(floor.now - start)

        floor.agenda.spawn(steps())
        floor.agenda.run()
    assert seen == [timedelta(seconds=1), timedelta(seconds=3)]


def test_somebody_at_a_closed_door_goes_away_again(tmp_path: Path) -> None:
    with staged(Home(tmp_path / "home"), VAN, 1, None, strict=True) as (floor, _):
        floor.agenda.spawn(reception(floor, Intent(floor.now, "early bird")))
        floor.agenda.run()
        assert (floor.counts.get("visit.arrive", 0), floor.refused) == (0, 0)


@pytest.mark.parametrize("kind", ["opioid", "mixed", "stimulant", "seizure", "cardiac", "injury"])
def test_every_timeline_is_in_words_that_the_pack_knows(kind: str, tmp_path: Path) -> None:
    pack = next(pack for pack in packs_of(Home(tmp_path)).values() if pack.id == "rehearsal")
    ambulance = {f"ambulance_{what}" for what in pack.words("ambulance")}
    known = {"observation", "naloxone", *ambulance, *pack.words("interventions")}
    for seed in range(50):
        course = Course(kind, naloxone=seed % 2 == 0, ambulance=seed % 3 == 0, hospital=False)
        lines = timeline(course, Dice(seed))
        assert {line.what for line in lines} <= known
        assert all(line.wait > 0 for line in lines)
        assert ("naloxone" in {line.what for line in lines}) <= course.naloxone
