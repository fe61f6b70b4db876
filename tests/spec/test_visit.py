"""Coming in, being turned away, orientation and leaving, by example."""

from datetime import timedelta

import pytest

from safelight.kernel.ids import derive_id, derive_random_id
from safelight.run.domain import visit as visits
from safelight.run.domain.base import FLOOR, Fact
from safelight.run.domain.door import ExclusionReviewed, PersonExcluded
from safelight.run.domain.entities import (
    AFTERCARE,
    ARRIVED,
    CLEANING,
    IN_PLACE,
    LEFT,
    WAITING,
    Episode,
    Person,
    Refusal,
    Visit,
)
from safelight.run.domain.episode import EpisodeEnded, VisitPlaced, VisitQueued
from safelight.run.domain.handles import handle_for
from safelight.run.domain.shift import StopOpened
from safelight.run.domain.site import Site
from safelight.run.domain.visit import (
    Oriented,
    PersonRegistered,
    VisitArrived,
    VisitLeft,
    VisitRefused,
)
from tests.support.floors import ADOPTED, OPENED, Fields, Parts, incident, open_site
from tests.support.sites import (
    BEN,
    COMMAND,
    NOW,
    after,
    decide,
    done,
    given,
    granted,
    person,
    protocol,
    refusal,
    site_with,
    stored,
    visit,
)

V, R = derive_id("v", COMMAND), derive_id("r", COMMAND)
P = derive_random_id("p", COMMAND)
V_WORDS, P_WORDS = handle_for(V, ()), handle_for(P, ())
WEEK = NOW + timedelta(days=7)
EXCLUDED = PersonExcluded("p-1", "x-1", "dealing", WEEK, BEN)
USED = Episode("e-1", "injecting", "booth-1", ("heroin",), NOW, 9, ended_at=NOW)
USING = Episode("e-1", "injecting", "booth-1", ("heroin",), NOW, 9)


def come(**fields: object) -> Fields:
    """Return the fields of an adult's arrival, and whatever else is said."""
    return {"adult_confirmed": True, **fields}


ARRIVALS: dict[str, tuple[Site, Fields, list[Fact]]] = {
    "somebody who wants no code": (
        open_site(),
        come(),
        [VisitArrived(V, V_WORDS, adult_confirmed=True)],
    ),
    "somebody who wants to be known again": (
        open_site(),
        come(remember=True),
        [
            PersonRegistered(P, P_WORDS),
            VisitArrived(V, P_WORDS, adult_confirmed=True, person=P),
        ],
    ),
    "somebody new who says their sex": (
        open_site(),
        come(remember=True, sex="female"),
        [
            PersonRegistered(P, P_WORDS, "female"),
            VisitArrived(V, P_WORDS, adult_confirmed=True, person=P),
        ],
    ),
    "somebody known": (
        open_site(person()),
        come(person="p-1"),
        [VisitArrived(V, "amber finch", adult_confirmed=True, person="p-1")],
    ),
    "somebody known who was here this morning": (
        open_site(person(), visit(person="p-1"), VisitLeft("v-1", "completed")),
        come(person="p-1"),
        [VisitArrived(V, "amber finch", adult_confirmed=True, person="p-1")],
    ),
    "somebody whose exclusion was lifted": (
        open_site(person(), EXCLUDED, ExclusionReviewed("p-1", "x-1", "lifted")),
        come(person="p-1"),
        [VisitArrived(V, "amber finch", adult_confirmed=True, person="p-1")],
    ),
    "somebody at a stop of the van": (
        open_site(StopOpened("o-1", "Station car park"), kind="vehicle"),
        come(),
        [VisitArrived(V, V_WORDS, adult_confirmed=True, stop="o-1")],
    ),
}


@pytest.mark.parametrize(("site", "fields", "facts"), ARRIVALS.values(), ids=ARRIVALS)
def test_arrive_lets_in(site: Site, fields: Fields, facts: list[Fact]) -> None:
    """An adult comes in, known only as far as they wish."""
    assert decide(site, "visit.arrive", fields) == facts
    assert [stored(fact) for fact in facts] == facts


ARRIVALS_REFUSED: dict[str, tuple[Site, Fields, str]] = {
    "no shift is open": (site_with(granted("supervised_use"), ADOPTED), come(), "shift-open"),
    "no authority is in force": (site_with(ADOPTED, OPENED), come(), "authority-in-force"),
    "the van stands at no stop": (open_site(kind="vehicle"), come(), "at-stop"),
    "nobody confirmed that they are an adult": (open_site(), {}, "adult"),
    "a code that nobody has": (open_site(), come(person="p-9"), "person-known"),
    "a code that is inside already": (
        open_site(person(), visit(person="p-1")),
        come(person="p-1"),
        "one-visit",
    ),
    "an exclusion in force": (open_site(person(), EXCLUDED), come(person="p-1"), "not-excluded"),
    "a sex that the pack does not know": (
        open_site(),
        come(remember=True, sex="tall"),
        "known-sexes",
    ),
}


@pytest.mark.parametrize(
    ("site", "fields", "rule"), ARRIVALS_REFUSED.values(), ids=ARRIVALS_REFUSED
)
def test_arrive_refuses(site: Site, fields: Fields, rule: str) -> None:
    """Whoever cannot be let in is refused by the rule of that name."""
    assert refusal(site, "visit.arrive", fields).code == rule


def test_arrive_avoids_the_words_of_others() -> None:
    """Nobody gets the two words that somebody here, or somebody known, has."""
    here = visit(handle=V_WORDS)
    known = person(handle=handle_for(V, {V_WORDS}))
    (fact,) = decide(open_site(here, known), "visit.arrive", come())
    assert isinstance(fact, VisitArrived)
    assert fact.handle == handle_for(V, {V_WORDS, known.handle})


def test_arrived_stands_at_reception() -> None:
    """A new person is known and their visit begins, not yet oriented."""
    site = done(open_site(), "visit.arrive", come(remember=True, sex="male"))
    assert site.persons[P] == Person(P, P_WORDS, NOW, sex="male")
    assert site.visits[V] == Visit(V, P_WORDS, NOW, 101, person=P, stage=ARRIVED)


def test_arrived_remembers_the_orientation() -> None:
    """Who had the orientation before needs no second one."""
    before = person(oriented_at=NOW - timedelta(days=9))
    site = done(open_site(before), "visit.arrive", come(person="p-1"))
    assert site.visits[V].oriented


@pytest.mark.parametrize(
    ("site", "fields", "fact"),
    [
        pytest.param(
            open_site(),
            {"reason": "under_age"},
            VisitRefused(R, "under_age"),
            id="somebody unknown",
        ),
        pytest.param(
            open_site(person(), EXCLUDED),
            {"reason": "excluded", "person": "p-1"},
            VisitRefused(R, "excluded", "p-1"),
            id="somebody known",
        ),
        pytest.param(
            site_with(), {"reason": "under_age"}, VisitRefused(R, "under_age"), id="floor closed"
        ),
    ],
)
def test_turn_away_keeps_the_reason(site: Site, fields: Fields, fact: VisitRefused) -> None:
    """A refusal is recorded with its reason, and goes to the archive at once."""
    assert decide(site, "visit.turn_away", fields) == [fact]
    assert stored(fact) == fact
    turned = done(site, "visit.turn_away", fields)
    assert turned.changes["refusal", R] == Refusal(R, NOW, fact.reason, fact.person)
    assert dict(turned.parts["refusal"]) == {}


def test_orient_holds_for_the_person_too() -> None:
    """The orientation is on the visit, and with the person for the next time."""
    site = open_site(person(), visit(person="p-1"))
    fields = {"visit": "v-1", "topics": ["rules", "sharps"]}
    fact = Oriented("v-1", ("rules", "sharps"))
    assert decide(site, "visit.orient", fields) == [fact]
    assert stored(fact) == fact
    site = done(site, "visit.orient", fields)
    assert (site.visits["v-1"].oriented, site.persons["p-1"].oriented_at) == (True, NOW)


def test_orient_of_a_stranger_stays_with_the_visit() -> None:
    """Nobody else is changed by the orientation of somebody without a code."""
    site = done(open_site(visit()), "visit.orient", {"visit": "v-1"})
    assert (site.visits["v-1"].oriented, len(site.persons)) == (True, 0)


CHECKED = ("alert", "walking")
LEAVING: dict[str, tuple[Visit, str, list[Fact]]] = {
    "straight from reception": (visit(), "completed", [VisitLeft("v-1", "completed")]),
    "tired of waiting": (
        visit(stage=WAITING),
        "completed",
        [VisitLeft("v-1", "left_without_service")],
    ),
    "waiting for a second episode that never came": (
        visit(stage=WAITING, episodes=(USED,), release_checks=CHECKED),
        "completed",
        [VisitLeft("v-1", "completed")],
    ),
    "in the middle of an episode": (
        visit(stage=IN_PLACE, place="booth-1", episodes=(USING,)),
        "completed",
        [EpisodeEnded("v-1", "e-1"), VisitLeft("v-1", "left_before_checks")],
    ),
    "after some of the checks": (
        visit(stage=AFTERCARE, episodes=(USED,), release_checks=("alert",)),
        "completed",
        [VisitLeft("v-1", "left_before_checks")],
    ),
    "after all checks": (
        visit(stage=AFTERCARE, episodes=(USED,), release_checks=CHECKED),
        "completed",
        [VisitLeft("v-1", "completed")],
    ),
    "as staff say": (
        visit(stage=AFTERCARE, episodes=(USED,)),
        "left_unseen",
        [VisitLeft("v-1", "left_unseen")],
    ),
}


@pytest.mark.parametrize(("who", "outcome", "facts"), LEAVING.values(), ids=LEAVING)
def test_leave_is_free_at_any_stage(who: Visit, outcome: str, facts: list[Fact]) -> None:
    """Nobody is held back; the record says whether they had what they came for."""
    site = open_site(who)
    assert decide(site, "visit.leave", {"visit": "v-1", "outcome": outcome}) == facts
    assert [stored(fact) for fact in facts] == facts


LEAVING_REFUSED: dict[str, tuple[Parts, Fields, str]] = {
    "a visit that nobody made": ([], {"visit": "v-9"}, "visit-known"),
    "an incident of theirs runs": (
        [visit(), incident(visit="v-1")],
        {"visit": "v-1"},
        "incident-closed",
    ),
    "they left on another tablet": ([visit(stage=LEFT)], {"visit": "v-1"}, "visit-stage"),
    "an outcome that the pack does not know": (
        [visit()],
        {"visit": "v-1", "outcome": "vanished"},
        "known-leave_outcomes",
    ),
}


@pytest.mark.parametrize(("parts", "fields", "rule"), LEAVING_REFUSED.values(), ids=LEAVING_REFUSED)
def test_leave_refuses(parts: Parts, fields: Fields, rule: str) -> None:
    """Only a running incident, or a mistake on the tablet, stands before leaving."""
    assert refusal(after(open_site(), *parts), "visit.leave", fields).code == rule


def test_leave_with_an_incident_that_is_over() -> None:
    """Once its outcome is recorded, an incident holds nobody."""
    site = open_site(visit(), incident(visit="v-1", outcome="recovered_here", closed_at=NOW))
    assert decide(site, "visit.leave", {"visit": "v-1"}) == [VisitLeft("v-1", "completed")]


def test_left_frees_the_place() -> None:
    """Who leaves from a booth leaves it to be cleaned, and the visit goes to the archive."""
    waiting = visit(stage=ARRIVED, oriented=True)
    placed = open_site(waiting, VisitQueued("v-1", "injecting"), VisitPlaced("v-1", "booth-1", 0))
    site = done(placed, "visit.leave", {"visit": "v-1"})
    assert (site.places["booth-1"].state, site.places["booth-1"].visit) == (CLEANING, None)
    assert len(site.visits) == 0
    left = site.changes["visit", "v-1"]
    assert isinstance(left, Visit)
    assert (left.stage, left.place, left.left_at, left.outcome) == (LEFT, None, NOW, "completed")


REFUSED: dict[str, tuple[str, Fields, str]] = {
    "a refusal for a reason unknown": (
        "visit.turn_away",
        {"reason": "moonlight"},
        "known-refusal_reasons",
    ),
    "a refusal of a code that nobody has": (
        "visit.turn_away",
        {"reason": "under_age", "person": "p-9"},
        "person-known",
    ),
    "an orientation of nobody": ("visit.orient", {"visit": "v-9"}, "visit-known"),
    "an orientation about the moon": (
        "visit.orient",
        {"visit": "v-1", "topics": ["moon"]},
        "known-orientation_topics",
    ),
}


@pytest.mark.parametrize(("name", "fields", "rule"), REFUSED.values(), ids=REFUSED)
def test_door_refuses(name: str, fields: Fields, rule: str) -> None:
    """What the pack or the board does not know is refused by the rule of that name."""
    assert refusal(open_site(visit()), name, fields).code == rule


def test_leave_without_checks_in_the_pack() -> None:
    """A pack that asks for no checks calls nobody unchecked."""
    site = open_site(visit(stage=AFTERCARE, episodes=(USED,)))
    by = given(pack=protocol(words={"release_checks": ()}))
    assert decide(site, "visit.leave", {"visit": "v-1"}, by) == [VisitLeft("v-1", "completed")]


def test_everybody_on_the_floor_works_the_door() -> None:
    """No task at the door waits for somebody with a special role."""
    assert {rule.may for rule in visits.COMMANDS.values()} == {FLOOR}
