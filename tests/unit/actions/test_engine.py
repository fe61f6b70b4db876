"""The engine: decides taps in turn, writes each once, and shows nothing before it is durable."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from safelight.kernel.clock import format_instant, parse_instant
from safelight.kernel.errors import Invalid, Refused
from safelight.kernel.ids import derive_id
from safelight.run.actions.engine import LATEST, SKEW, Engine
from safelight.run.actions.tap import Receipt, Tap, read_command
from safelight.run.domain.base import Command
from safelight.run.domain.entities import Incident, Visit
from safelight.run.domain.registry import COMMANDS
from safelight.run.store import journal
from safelight.run.store.projection import read_entity
from tests.support.engines import Floor
from tests.support.workload import MANAGER, NOBODY, NURSE, SITE, START, command_id, tap

ARRIVE = {"adult_confirmed": True, "remember": True}
STEP = timedelta(seconds=7)


@pytest.fixture
def engine(floor: Floor) -> Iterator[Engine]:
    opened = floor.engine()
    yield opened
    opened.close()


def visit_of(number: int) -> str:
    """Return the id of the visit that an arrival with this command number begins."""
    return derive_id("v", command_id(number))


def incident_of(number: int) -> str:
    return derive_id("i", command_id(number))


def durable(engine: Engine, *taps: Tap) -> list[Receipt]:
    """Perform taps and commit them together."""
    receipts = [engine.perform(each) for each in taps]
    engine.commit()
    return receipts


def refusal(engine: Engine, wrong: Tap) -> str:
    with pytest.raises((Refused, Invalid)) as caught:
        engine.perform(wrong)
    return caught.value.code


def test_receipt_names_the_entries_of_the_command(floor: Floor, engine: Engine) -> None:
    """First and last entry are those that carry the command's id, one after another."""
    size = floor.head
    [receipt] = durable(engine, tap("visit.arrive", 100, ARRIVE))
    assert receipt == Receipt(SITE, command_id(100), size + 1, size + 2)
    found = floor.entries(command_id(100))
    assert [entry.seq for entry in found] == [size + 1, size + 2]
    assert [entry.kind for entry in found] == ["person.registered", "visit.arrived"]


def test_same_command_twice_writes_once_before_the_commit(floor: Floor, engine: Engine) -> None:
    """A double tap in one group gets the receipt of the first."""
    one, two = durable(engine, *[tap("visit.arrive", 100, ARRIVE)] * 2)
    assert two == one._replace(repeated=True)
    assert len(floor.entries(command_id(100))) == 2


def test_same_command_twice_writes_once_after_the_commit(floor: Floor, engine: Engine) -> None:
    """A tablet that never got its answer may send again, in any spelling of the id."""
    [one] = durable(engine, tap("visit.arrive", 100, ARRIVE))
    again = tap("visit.arrive", 100, ARRIVE)._replace(command=command_id(100).upper())
    assert durable(engine, again) == [one._replace(repeated=True)]
    assert len(floor.entries(command_id(100))) == 2


def test_same_command_after_a_restart_writes_once(floor: Floor, engine: Engine) -> None:
    """The journal itself remembers, not only the running process."""
    [one] = durable(engine, tap("visit.arrive", 100, ARRIVE))
    engine.close()
    again = floor.engine()
    assert durable(again, tap("visit.arrive", 100, ARRIVE)) == [one._replace(repeated=True)]
    again.close()
    assert len(floor.entries(command_id(100))) == 2


def test_command_id_that_is_none_is_refused(engine: Engine) -> None:
    """Without a usable id nothing could be sent twice safely."""
    for command in ("", "x", "3f9a2c1e"):
        bad = tap("visit.arrive", 100, ARRIVE)._replace(command=command)
        assert refusal(engine, bad) == "command-id"


def test_nothing_is_shown_before_the_commit(floor: Floor, engine: Engine) -> None:
    """What was decided is seen by later taps of the group, and by nobody else."""
    size = floor.head
    engine.perform(tap("visit.arrive", 100, ARRIVE))
    engine.perform(tap("visit.orient", 101, {"visit": visit_of(100)}))
    site = engine.durable(SITE)
    assert site is not None
    assert list(site.visits) == []
    assert floor.head == size
    assert engine.commit() == frozenset({SITE})
    assert list(engine.durable_sites()[SITE].visits) == [visit_of(100)]
    assert floor.head == size + 3


def test_commit_of_nothing_changes_nothing(floor: Floor, engine: Engine) -> None:
    """A group of refusals and repeats takes no transaction."""
    size = floor.head
    assert engine.commit() == frozenset()
    assert floor.head == size


def test_abandoned_group_was_never_there(floor: Floor, engine: Engine) -> None:
    """What was decided and not committed is forgotten, and can be done again."""
    engine.perform(tap("visit.arrive", 100, ARRIVE))
    engine.abandon()
    assert engine.commit() == frozenset()
    assert floor.entries(command_id(100)) == []
    [receipt] = durable(engine, tap("visit.arrive", 100, ARRIVE))
    assert not receipt.repeated
    assert len(floor.entries(command_id(100))) == 2


def test_refused_tap_changes_nothing_for_its_neighbours(floor: Floor, engine: Engine) -> None:
    """In one group, what is refused leaves no gap and no trace."""
    size = floor.head
    engine.perform(tap("visit.arrive", 100, ARRIVE))
    assert refusal(engine, tap("visit.arrive", 101, {"adult_confirmed": False})) == "adult"
    assert refusal(engine, tap("visit.leave", 102, {"visit": "v-none"})) == "visit-known"
    engine.perform(tap("visit.arrive", 103, ARRIVE))
    engine.commit()
    assert [entry.command for entry in floor.entries()[size:]] == [
        *[command_id(100)] * 2,
        *[command_id(103)] * 2,
    ]


def test_refused_command_may_be_sent_again_when_it_is_right(engine: Engine) -> None:
    """A refusal does not use a command id up."""
    queue = tap("visit.queue", 101, {"visit": visit_of(100), "route": "injecting"})
    durable(engine, tap("visit.arrive", 100, ARRIVE))
    assert refusal(engine, queue) == "oriented"
    durable(engine, tap("visit.orient", 102, {"visit": visit_of(100)}), queue)


def test_site_that_was_never_founded_is_refused(engine: Engine) -> None:
    """No command writes the first entry of a journal but the one that founds the site."""
    for name in set(COMMANDS) - {"site.found"}:
        wrong = Tap("nowhere", command_id(9), name, Command(), MANAGER)
        assert refusal(engine, wrong) == "site-known", name
    assert engine.durable("nowhere") is None


def test_unknown_command_is_refused(engine: Engine) -> None:
    """A name that no rule has is an answer, not a crash."""
    unknown = tap("shift.open", 100)._replace(name="no.such")
    assert refusal(engine, unknown) == "command-known"


# Time


def test_recorded_time_never_decreases_when_the_clock_is_set_back(
    floor: Floor, engine: Engine
) -> None:
    """A clock that jumps back leaves entries in order; they carry the newest time so far."""
    durable(engine, tap("visit.arrive", 100, ARRIVE))
    newest = parse_instant(floor.entries()[-1].recorded_at)
    floor.clock.now -= timedelta(days=1)
    durable(engine, tap("visit.arrive", 101, ARRIVE))
    engine.close()
    again = floor.engine()
    durable(again, tap("visit.arrive", 102, ARRIVE))
    again.close()
    times = [entry.recorded_at for entry in floor.entries()]
    assert times == sorted(times)
    assert times[-4:] == [format_instant(newest)] * 4


def test_late_entry_carries_both_times(floor: Floor, engine: Engine) -> None:
    """When it took place and when it was written down are two things."""
    floor.clock.now = START + timedelta(hours=3)
    told = START + timedelta(hours=1)
    durable(engine, tap("visit.arrive", 100, ARRIVE, happened_at=told))
    entry = floor.entries(command_id(100))[0]
    assert entry.happened_at == format_instant(told)
    assert entry.recorded_at == format_instant(START + timedelta(hours=3) + STEP)
    site = engine.durable(SITE)
    assert site is not None
    assert site.visits[visit_of(100)].arrived_at == told


def test_time_of_a_tablet_a_little_ahead_counts_as_now(floor: Floor, engine: Engine) -> None:
    """No entry happened after it was recorded."""
    floor.clock.now = START + timedelta(hours=3)
    now = floor.clock.now + STEP
    durable(engine, tap("visit.arrive", 100, ARRIVE, happened_at=now + SKEW))
    entry = floor.entries(command_id(100))[0]
    assert (entry.happened_at, entry.recorded_at) == (format_instant(now), format_instant(now))


@pytest.mark.parametrize(
    ("apart", "code"),
    [
        (SKEW + timedelta(seconds=1), "not-in-future"),
        (timedelta(days=300), "not-in-future"),
        (-LATEST - timedelta(seconds=1), "not-too-late"),
        (-timedelta(days=36500), "not-too-late"),
    ],
)
def test_time_that_cannot_be_meant_is_refused(
    floor: Floor, engine: Engine, apart: timedelta, code: str
) -> None:
    """A mistyped date is caught before it is in the journal for ever."""
    told = floor.clock.now + STEP + apart
    assert refusal(engine, tap("visit.arrive", 100, ARRIVE, happened_at=told)) == code


# The past


def ended_visit(engine: Engine) -> int:
    """Let somebody come, use and leave; return the number of the entry that began the episode."""
    about = {"visit": visit_of(100)}
    receipts = durable(
        engine,
        tap("visit.arrive", 100, ARRIVE),
        tap("visit.orient", 101, about),
        tap("visit.queue", 102, {**about, "route": "injecting"}),
        tap("visit.place", 103, {**about, "place": "booth-1"}),
        tap("episode.start", 104, {**about, "substances": ("heroin",)}),
        tap("visit.leave", 105, about),
    )
    return receipts[4].first


def past(engine: Engine, kind: str, key: str) -> object:
    """Return an entity as the read model has it, live or over."""
    body = journal.entity(engine._driver, SITE, kind, key)
    return read_entity(kind, body) if body else None


def test_visit_that_ended_is_recalled_for_a_correction(floor: Floor, engine: Engine) -> None:
    """An episode is put right long after the person left, and the visit does not come back."""
    refers_to = ended_visit(engine)
    again = floor.engine()
    engine.close()
    fields = {"visit": visit_of(100), "refers_to": refers_to, "reason": "told_later"}
    corrected = {**fields, "substances": ("cocaine", "heroin"), "route": "injecting"}
    durable(again, tap("episode.correct", 200, corrected))
    visit = past(again, "visit", visit_of(100))
    assert isinstance(visit, Visit)
    assert visit.episodes[0].substances == ("cocaine", "heroin")
    site = again.durable(SITE)
    assert site is not None
    assert list(site.visits) == []
    again.close()


def test_visit_that_ended_in_the_same_group_is_recalled(engine: Engine) -> None:
    """What is not committed yet can be corrected as well."""
    about = {"visit": visit_of(100)}
    engine.perform(tap("visit.arrive", 100, ARRIVE))
    engine.perform(tap("visit.leave", 101, about))
    engine.perform(tap("service.give", 102, {**about, "service": "wound_care"}))
    engine.commit()
    visit = past(engine, "visit", visit_of(100))
    assert isinstance(visit, Visit)
    assert (visit.stage, visit.services) == ("left", ("wound_care",))


def test_incident_that_is_done_is_recalled_and_lives_again_when_reopened(engine: Engine) -> None:
    """An incident with outcome, record and debrief takes late lines, and can be reopened."""
    about = {"incident": incident_of(100)}
    durable(
        engine,
        tap("incident.open", 100),
        tap("incident.close", 101, {**about, "outcome": "recovered_on_site"}),
        tap("incident.complete", 102, {**about, "kind": "opioid"}),
        tap("incident.debrief", 103, {**about, "learning": "none"}),
    )
    site = engine.durable(SITE)
    assert site is not None
    assert list(site.incidents) == []
    durable(engine, tap("incident.record", 104, {**about, "what": "oxygen"}))
    incident = past(engine, "incident", incident_of(100))
    assert isinstance(incident, Incident)
    assert [step.what for step in incident.steps] == ["oxygen"]
    durable(engine, tap("incident.reopen", 105, {**about, "reason": "told_later"}))
    site = engine.durable(SITE)
    assert site is not None
    assert list(site.incidents) == [incident_of(100)]


def test_equipment_that_was_given_is_recalled_for_a_correction(engine: Engine) -> None:
    """The row that a correction names is found, and the one that a gift makes need not be."""
    give = {"item": "needle_1ml", "quantity": 4}
    handed = derive_id("g", command_id(100))
    fix = {"handed": handed, "was": 4, "now": 5, "reason": "typing_slip"}
    durable(engine, tap("supplies.give", 100, give), tap("supplies.correct", 101, fix))
    durable(engine, tap("supplies.correct", 102, {**fix, "was": 5, "now": 3}))
    site = engine.durable(SITE)
    assert site is not None
    assert dict(site.handed) == {}
    assert site.stock["needle-1ml"].quantity == 37
    assert refusal(engine, tap("supplies.correct", 103, {**fix, "handed": "g-none"})) == (
        "handed-known"
    )


def test_missing_pack_holds_up_everything_but_an_emergency(floor: Floor, engine: Engine) -> None:
    """Where the pack's file is gone, an overdose can be recorded all the same."""
    engine.close()
    bare = Engine(floor.connect(read_only=False), floor.clock, lambda _digest: None)
    assert refusal(bare, tap("visit.arrive", 100, ARRIVE)) == "pack-installed"
    durable(bare, tap("incident.open", 101, by=NOBODY))
    reading = {"incident": incident_of(101), "what": "observation", "reading": {"spo2": 70}}
    durable(bare, tap("incident.record", 102, reading, by=NOBODY))
    bare.close()


def test_entry_without_sign_in_is_attributed_to_nobody_yet(engine: Engine) -> None:
    """An emergency needs no login; somebody answers for it afterwards."""
    durable(engine, tap("incident.open", 100, by=NOBODY))
    site = engine.durable(SITE)
    assert site is not None
    assert site.incidents[incident_of(100)].attributed_to is None
    durable(engine, tap("incident.attribute", 101, {"incident": incident_of(100)}, by=NURSE))
    site = engine.durable(SITE)
    assert site is not None
    assert site.incidents[incident_of(100)].attributed_to == NURSE.staff


def test_form_that_cannot_be_read_names_its_field() -> None:
    """A slip in a form is Invalid before any rule sees it."""
    with pytest.raises(Invalid, match="quantity"):
        read_command("supplies.give", {"item": "needle_1ml", "quantity": "many"})
