"""What the engine asks of a tap before any rule of the floor: site, pack and time, by example."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import pytest

from safelight.kernel.errors import Invalid, Refused
from safelight.run.actions.engine import LATEST, SKEW, Engine
from safelight.run.actions.tap import Receipt, Tap, read_command
from safelight.run.domain.authority import Found
from safelight.run.domain.base import UNATTRIBUTED, Actor, Role
from safelight.run.domain.incident import OpenIncident
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.visit import Arrive
from safelight.run.store import journal
from safelight.run.store.sqlite import SQLiteDriver
from tests.support.draws import PACK, SETTING_UP
from tests.support.floors import Fields
from tests.support.sites import ADA, NOW

NUMBERS = count(1)
MANAGER = Actor(ADA, Role.MANAGER)


def tap(name: str, fields: Fields | None = None, at: datetime | None = None) -> Tap:
    """Return a manager's tap at the northern site, with an id of its own."""
    command = f"00000000-0000-4000-8000-{next(NUMBERS):012d}"
    return Tap("north", command, name, read_command(name, fields or {}), MANAGER, at)


def new_engine(packs: Callable[[str], Protocol | None] = {PACK.digest: PACK}.get) -> Engine:
    """Return an engine over an empty database."""
    driver = SQLiteDriver(":memory:", scratch=True)
    driver.prepare()
    return Engine(driver, lambda: NOW, packs)


def open_engine() -> Engine:
    """Return an engine with a site that is open."""
    engine = new_engine()
    found = {"name": "North", "kind": "building", "timezone": "Europe/London"}
    for name, fields in [("site.found", found), *SETTING_UP]:
        engine.perform(tap(name, fields))
    engine.commit()
    return engine


def refusal(engine: Engine, asked: Tap) -> Refused:
    """Return the refusal that a tap meets."""
    with pytest.raises(Refused) as caught:
        engine.perform(asked)
    assert caught.value.remedy.endswith(".")
    return caught.value


def arrival(at: datetime | None = None) -> Tap:
    """Return the tap of somebody's arrival."""
    return tap("visit.arrive", {"adult_confirmed": True}, at)


def test_site_has_to_be_founded() -> None:
    """A site that nobody founded takes no tap but the first."""
    assert refusal(new_engine(), arrival()).code == "site-known"
    assert refusal(new_engine(), tap("incident.open")).code == "site-known"
    found = tap("site.found", {"name": "North", "kind": "building", "timezone": "Europe/London"})
    assert new_engine().perform(found) == Receipt("north", found.command, 1, 1)


def test_pack_file_that_is_gone_stops_the_floor_and_no_emergency() -> None:
    """Without the file of its pack a site opens nothing; an overdose is recorded all the same."""
    known = {PACK.digest: PACK}
    engine = new_engine(known.get)
    found = {"name": "North", "kind": "building", "timezone": "Europe/London"}
    for name, fields in [("site.found", found), *SETTING_UP]:
        engine.perform(tap(name, fields))
    known.clear()
    refused = refusal(engine, arrival())
    assert (refused.code, refused.values) == ("pack-installed", {"digest": PACK.digest})
    anyone = tap("incident.open")._replace(actor=Actor(UNATTRIBUTED, Role.ANYONE))
    opened = engine.perform(anyone)
    assert not opened.repeated
    (key,) = engine.standing("north").site.incidents
    line = tap("incident.record", {"incident": key, "what": "oxygen"})
    assert engine.perform(line).first == opened.last + 1


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        pytest.param(None, NOW, id="now, if nobody says otherwise"),
        pytest.param(NOW - timedelta(minutes=20), NOW - timedelta(minutes=20), id="late"),
        pytest.param(NOW - LATEST, NOW - LATEST, id="as late as may be"),
        pytest.param(NOW + SKEW, NOW, id="a tablet's clock is ahead"),
    ],
)
def test_time_of_a_late_entry_is_kept(told: datetime | None, kept: datetime) -> None:
    """An entry keeps when it took place, which is never after it was written."""
    engine = open_engine()
    engine.perform(arrival(told))
    (visit,) = engine.standing("north").site.visits.values()
    assert visit.arrived_at == kept


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        pytest.param(NOW + SKEW + timedelta(seconds=1), "not-in-future", id="not yet"),
        pytest.param(NOW - LATEST - timedelta(seconds=1), "not-too-late", id="a mistyped date"),
    ],
)
def test_time_that_cannot_be_is_refused(told: datetime, rule: str) -> None:
    """A time that is to come, or long gone, is refused by the rule of that name."""
    assert refusal(open_engine(), arrival(told)).code == rule


def test_repeated_tap_is_answered_and_not_written() -> None:
    """The same tap again has the same receipt, before the commit and after it."""
    engine, asked = open_engine(), arrival()
    first = engine.perform(asked)
    again = first._replace(repeated=True)
    assert (first.repeated, engine.perform(asked)) == (False, again)
    engine.commit()
    assert engine.perform(asked) == again
    assert engine.standing("north").seq == first.last


def test_other_contents_under_an_old_id_are_not_saved() -> None:
    """A form that was saved and then changed says that the change was not saved."""
    engine, asked = open_engine(), arrival()
    engine.perform(asked)
    changed = asked._replace(payload=Arrive(adult_confirmed=True, remember=True))
    assert refusal(engine, changed).code == "command-once"
    assert len(engine.standing("north").site.visits) == 1


def test_witness_stands_in_the_entry() -> None:
    """Whoever stood by is named beside whoever acted, and is part of what was saved."""
    engine, asked = open_engine(), arrival()._replace(witness=Actor("s-ben", Role.NURSE, NOW))
    engine.perform(asked)
    engine.commit()
    (entry,) = journal.page(engine._driver, "north", None, 1, "visit.arrived")
    assert (entry.actor, entry.witness) == (ADA, "s-ben")
    alone = asked._replace(witness=None)
    assert refusal(engine, alone).code == "command-once"


def test_abandoned_tap_may_be_sent_again() -> None:
    """What the disk did not take is not there, and the same tap is taken later."""
    engine, asked = open_engine(), arrival()
    first = engine.perform(asked)
    engine.abandon()
    assert len(engine.standing("north").site.visits) == 0
    assert engine.perform(asked) == first


def test_command_id_has_to_be_one() -> None:
    """A tap without a usable id is not understood."""
    with pytest.raises(Invalid) as caught:
        open_engine().perform(arrival()._replace(command="tap-1"))
    assert caught.value.code == "command-id"


def test_command_is_read_from_loose_values() -> None:
    """A form's texts become a command, or the field that does not fit is named."""
    fields = {"name": "North", "kind": "building", "timezone": "Europe/London", "live": "true"}
    expected = Found("North", "building", "Europe/London", live=True)
    assert read_command("site.found", fields) == expected
    with pytest.raises(Invalid) as caught:
        read_command("site.found", {**fields, "kind": "Building!"})
    assert (caught.value.code, "kind" in caught.value.message) == ("form-field", True)
    with pytest.raises(Invalid) as caught:
        read_command("site.burn", fields)
    assert caught.value.code == "command-known"
    assert read_command("incident.open", {}) == OpenIncident()
