"""Shifts, duties, stops of a van and staffed capacity, by example."""

from collections.abc import Iterable
from datetime import timedelta

import pytest

from safelight.kernel.ids import derive_id
from safelight.run.domain import shift as shifts
from safelight.run.domain.base import FLOOR, Fact
from safelight.run.domain.entities import AFTERCARE, Check, Duty, Shift, Stop
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.shift import (
    DutyEnded,
    DutyTaken,
    HandedOver,
    ItemChecked,
    ShiftClosed,
    ShiftOpened,
    StopClosed,
    StopOpened,
    staffed_capacity,
    unchecked,
)
from safelight.run.domain.site import Site
from tests.support.floors import ADOPTED, OPENED, Fields, Parts, incident, open_site
from tests.support.sites import (
    ADA,
    BEN,
    COMMAND,
    NOW,
    TODAY,
    decide,
    done,
    given,
    granted,
    protocol,
    refusal,
    site_with,
    stored,
    visit,
)

SHIFT_ID, STOP_ID = derive_id("t", COMMAND), derive_id("o", COMMAND)
EARLIER = NOW - timedelta(hours=1)
READY = site_with(granted("supervised_use"), ADOPTED)
STOP = StopOpened("o-1", "Station car park")


def test_open_puts_whoever_opens_on_duty_as_lead() -> None:
    """Under an authority and a pack, a team takes over the floor."""
    facts: list[Fact] = [ShiftOpened(SHIFT_ID, "policy-1"), DutyTaken(ADA, "lead")]
    assert decide(READY, "shift.open") == facts
    assert [stored(fact) for fact in facts] == facts
    assert done(READY, "shift.open").shift == Shift(SHIFT_ID, NOW, ADA, (Duty(ADA, "lead", NOW),))


OPENS_REFUSED: dict[str, tuple[Site, Protocol | None, str]] = {
    "a shift is open": (open_site(), None, "one-shift"),
    "no pack is in force": (site_with(granted("supervised_use")), None, "protocol-adopted"),
    "no authority is on file": (site_with(ADOPTED), None, "authority-in-force"),
    "the authority ended yesterday": (
        site_with(granted("supervised_use", valid_to=TODAY - timedelta(days=1)), ADOPTED),
        None,
        "authority-in-force",
    ),
    "the authority is for something else": (
        site_with(granted("supply_pipe"), ADOPTED),
        None,
        "authority-in-force",
    ),
    "the pack does not say how many staff": (
        READY,
        Protocol("empty", "1", "Empty", example=True, values={}, codes={}),
        "protocol-value",
    ),
}


@pytest.mark.parametrize(("site", "pack", "rule"), OPENS_REFUSED.values(), ids=OPENS_REFUSED)
def test_open_refuses(site: Site, pack: Protocol | None, rule: str) -> None:
    """A floor that may not open stays closed, by the rule of that name."""
    assert refusal(site, "shift.open", None, given(pack=pack)).code == rule


def test_open_on_the_last_day_of_the_authority() -> None:
    """An authority holds to the end of its last day."""
    site = site_with(granted("supervised_use", valid_to=TODAY), ADOPTED)
    assert len(decide(site, "shift.open")) == 2


DUTIES: dict[str, tuple[str, Fields, Fact, tuple[Duty, ...]]] = {
    "somebody takes a duty": (
        "shift.take_duty",
        {"staff": "s-cy", "duty": "floor"},
        DutyTaken("s-cy", "floor"),
        (Duty(ADA, "nurse", EARLIER), Duty(BEN, "floor", EARLIER), Duty("s-cy", "floor", NOW)),
    ),
    "whoever taps changes their own": (
        "shift.take_duty",
        {"duty": "reception"},
        DutyTaken(ADA, "reception"),
        (Duty(BEN, "floor", EARLIER), Duty(ADA, "reception", NOW)),
    ),
    "somebody goes": (
        "shift.end_duty",
        {"staff": BEN},
        DutyEnded(BEN),
        (Duty(ADA, "nurse", EARLIER),),
    ),
    "whoever taps goes": ("shift.end_duty", {}, DutyEnded(ADA), (Duty(BEN, "floor", EARLIER),)),
}


@pytest.mark.parametrize(("name", "fields", "fact", "duties"), DUTIES.values(), ids=DUTIES)
def test_duty_changes(name: str, fields: Fields, fact: Fact, duties: tuple[Duty, ...]) -> None:
    """Staff come and go during a shift, each in one duty at a time."""
    assert decide(open_site(), name, fields) == [fact]
    assert stored(fact) == fact
    shift = done(open_site(), name, fields).shift
    assert shift is not None
    assert shift.duties == duties


@pytest.mark.parametrize(
    ("duties", "expected"),
    [
        pytest.param([], 0, id="nobody"),
        pytest.param([(ADA, "floor")], 0, id="one, where the house wants two"),
        pytest.param([(ADA, "floor"), (BEN, "reception")], 0, id="one of two is at reception"),
        pytest.param([(ADA, "floor"), (BEN, "nurse")], 6, id="two, three people each"),
        pytest.param([(ADA, "floor"), (BEN, "nurse"), ("s-cy", "floor")], 9, id="three"),
    ],
)
def test_staffed_capacity_follows_staff(duties: Iterable[tuple[str, str]], expected: int) -> None:
    """How many may use at once depends on staff on the floor, not on furniture."""
    taken = [DutyTaken(staff, duty) for staff, duty in duties]
    assert staffed_capacity(site_with(OPENED, *taken), protocol()) == expected


def test_staffed_capacity_of_a_closed_floor() -> None:
    """Where no shift is open, nobody is supervised."""
    assert staffed_capacity(site_with(), protocol()) == 0


def test_check_adds_up_and_leaves_the_rest() -> None:
    """A check is on the shift, and the screen shows what is still to check."""
    fields = {"item": "oxygen", "found": "missing", "note": "sealed:abc"}
    fact = ItemChecked("oxygen", "missing", "sealed:abc")
    assert decide(open_site(), "shift.check", fields) == [fact]
    assert stored(fact) == fact
    site = done(open_site(), "shift.check", fields)
    assert site.shift is not None
    assert site.shift.checks == (Check(NOW, ADA, "oxygen", "missing", "sealed:abc"),)
    assert unchecked(site, protocol()) == ["naloxone"]
    assert unchecked(site_with(), protocol()) == ["oxygen", "naloxone"]


def test_hand_over_keeps_the_newest_note() -> None:
    """The next team reads the newest note."""
    site = open_site(HandedOver("sealed:old"))
    assert decide(site, "shift.hand_over", {"note": "sealed:new"}) == [HandedOver("sealed:new")]
    shift = done(site, "shift.hand_over", {"note": "sealed:new"}).shift
    assert shift is not None
    assert shift.handover == "sealed:new"


@pytest.mark.parametrize(
    ("site", "facts"),
    [
        pytest.param(open_site(), [ShiftClosed("t-1")], id="a building"),
        pytest.param(
            open_site(STOP, kind="vehicle"),
            [StopClosed("o-1"), ShiftClosed("t-1")],
            id="a van at a stop",
        ),
        pytest.param(
            open_site(incident(closed_at=NOW, outcome="died")),
            [ShiftClosed("t-1")],
            id="an incident still to be completed",
        ),
    ],
)
def test_close_ends_shift_and_stop(site: Site, facts: list[Fact]) -> None:
    """An empty floor closes, and a van leaves its stop with it."""
    assert decide(site, "shift.close") == facts
    closed = done(site, "shift.close")
    assert (closed.shift, closed.stop) == (None, None)
    assert closed.changes["shift", "t-1"] == Shift(
        "t-1",
        EARLIER,
        ADA,
        (Duty(ADA, "nurse", EARLIER), Duty(BEN, "floor", EARLIER)),
        closed_at=NOW,
    )


CLOSES_REFUSED: dict[str, tuple[Parts, str]] = {
    "an incident is still running": ([incident()], "incidents-closed"),
    "somebody is still here": ([visit(stage=AFTERCARE)], "floor-empty"),
}


@pytest.mark.parametrize(("parts", "rule"), CLOSES_REFUSED.values(), ids=CLOSES_REFUSED)
def test_close_refuses(parts: Parts, rule: str) -> None:
    """Nobody closes the floor over somebody."""
    assert refusal(open_site(*parts), "shift.close").code == rule


def test_stop_opens_and_closes() -> None:
    """A van serves at a stop, and drives on when nobody is aboard."""
    van = open_site(kind="vehicle")
    assert decide(van, "stop.arrive", {"label": "Market"}) == [StopOpened(STOP_ID, "Market")]
    site = done(van, "stop.arrive", {"label": "Market"})
    assert site.stop == Stop(STOP_ID, "Market", NOW)
    assert decide(site, "stop.leave") == [StopClosed(STOP_ID)]
    site = done(site, "stop.leave")
    assert (site.stop, site.changes["stop", STOP_ID]) == (None, Stop(STOP_ID, "Market", NOW, NOW))


STOPS_REFUSED: dict[str, tuple[Site, str, Fields, str]] = {
    "a building drives nowhere": (open_site(), "stop.arrive", {"label": "Market"}, "vehicle"),
    "the van stands somewhere": (
        open_site(STOP, kind="vehicle"),
        "stop.arrive",
        {"label": "Market"},
        "one-stop",
    ),
    "the van is on the road": (open_site(kind="vehicle"), "stop.leave", {}, "at-stop"),
    "somebody is aboard": (
        open_site(STOP, visit(), kind="vehicle"),
        "stop.leave",
        {},
        "vehicle-empty",
    ),
}


@pytest.mark.parametrize(
    ("site", "name", "fields", "rule"), STOPS_REFUSED.values(), ids=STOPS_REFUSED
)
def test_stop_refuses(site: Site, name: str, fields: Fields, rule: str) -> None:
    """A stop that makes no sense is refused by the rule of that name."""
    assert refusal(site, name, fields).code == rule


REFUSED: dict[str, tuple[str, Fields, str]] = {
    "a duty unknown here": ("shift.take_duty", {"duty": "juggling"}, "known-duties"),
    "the end of a duty that nobody has": ("shift.end_duty", {"staff": "s-cy"}, "on-duty"),
    "a check of something unknown": (
        "shift.check",
        {"item": "piano", "found": "in_order"},
        "known-shift_checks",
    ),
    "a finding unknown here": (
        "shift.check",
        {"item": "oxygen", "found": "blue"},
        "known-check_findings",
    ),
}


@pytest.mark.parametrize(("name", "fields", "rule"), REFUSED.values(), ids=REFUSED)
def test_shift_refuses(name: str, fields: Fields, rule: str) -> None:
    """What the pack or the shift does not know is refused by the rule of that name."""
    assert refusal(open_site(), name, fields).code == rule


CLOSED_FLOOR: dict[str, Fields] = {
    "shift.take_duty": {"duty": "floor"},
    "shift.end_duty": {},
    "shift.check": {"item": "oxygen", "found": "in_order"},
    "shift.hand_over": {"note": "sealed:abc"},
    "shift.close": {},
    "stop.arrive": {"label": "Market"},
}


@pytest.mark.parametrize(("name", "fields"), CLOSED_FLOOR.items(), ids=CLOSED_FLOOR)
def test_shift_has_to_be_open(name: str, fields: Fields) -> None:
    """What belongs to a shift waits until one is open."""
    assert refusal(READY, name, fields).code == "shift-open"


def test_everybody_on_the_floor_runs_the_shift() -> None:
    """No shift waits for somebody with a special role."""
    assert {rule.may for rule in shifts.COMMANDS.values()} == {FLOOR}
