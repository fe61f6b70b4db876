"""Places and their states, by example."""

import pytest

from safelight.run.domain import floor
from safelight.run.domain.base import FLOOR, MANAGEMENT, Fact, Given, Role, When
from safelight.run.domain.entities import AIR_CLEARING, CLEANING, CLOSED, OCCUPIED, OPEN, Place
from safelight.run.domain.episode import VisitPlaced
from safelight.run.domain.floor import (
    PlaceAdded,
    PlaceClosed,
    PlaceReadied,
    PlaceReopened,
    occupy,
    vacate,
)
from safelight.run.domain.site import Site
from tests.support.floors import Fields, open_site
from tests.support.sites import (
    NOW,
    decide,
    done,
    given,
    protocol,
    refusal,
    site_with,
    stored,
    visit,
)
from tests.support.sites import after as later

MANAGER = given(role=Role.MANAGER)
NEW: Fields = {"place": "booth-9", "label": "Booth 9", "kind": "booth", "routes": ["injecting"]}


def booth(state: str = OPEN, **fields: object) -> Place:
    """Return the first booth, in a state."""
    standard = {"id": "booth-1", "label": "Booth 1", "kind": "booth", "routes": ("injecting",)}
    return Place(**{**standard, "since": NOW, "state": state, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        pytest.param({}, PlaceAdded("booth-9", "Booth 9", "booth", ("injecting",)), id="a booth"),
        pytest.param(
            {"step_free": True, "routes": ["injecting", "nasal"]},
            PlaceAdded("booth-9", "Booth 9", "booth", ("injecting", "nasal"), step_free=True),
            id="a booth for wheelchairs and two routes",
        ),
    ],
)
def test_add_puts_a_place_on_the_plan(fields: Fields, fact: PlaceAdded) -> None:
    """A manager adds a place, and it is open."""
    assert decide(site_with(), "place.add", {**NEW, **fields}, MANAGER) == [fact]
    assert stored(fact) == fact
    site = done(site_with(), "place.add", {**NEW, **fields}, MANAGER)
    expected = Place("booth-9", "Booth 9", "booth", fact.routes, NOW, step_free=fact.step_free)
    assert site.places["booth-9"] == expected


ADDS_REFUSED: dict[str, tuple[Fields, Given, str]] = {
    "an id that is taken": ({"place": "booth-1"}, MANAGER, "place-new"),
    "a route unknown here": ({"routes": ["moonlight"]}, MANAGER, "known-routes"),
    "a kind unknown here": (
        {"kind": "tent"},
        given(role=Role.MANAGER, pack=protocol(words={"place_kinds": ("booth",)})),
        "known-place_kinds",
    ),
    "a worker alone": ({}, given(), "role-may"),
}


@pytest.mark.parametrize(("fields", "by", "rule"), ADDS_REFUSED.values(), ids=ADDS_REFUSED)
def test_add_refuses(fields: Fields, by: Given, rule: str) -> None:
    """A place that the plan could not make sense of is refused by the rule of that name."""
    assert refusal(site_with(booth()), "place.add", {**NEW, **fields}, by).code == rule


MOVES: dict[str, tuple[str, str, Fields, Fact, str]] = {
    "a clean booth is ready": (CLEANING, "place.ready", {}, PlaceReadied("booth-1"), OPEN),
    "an aired seat is ready": (AIR_CLEARING, "place.ready", {}, PlaceReadied("booth-1"), OPEN),
    "an open booth closes": (
        OPEN,
        "place.close",
        {"reason": "repair"},
        PlaceClosed("booth-1", "repair"),
        CLOSED,
    ),
    "a closed booth reopens": (CLOSED, "place.reopen", {}, PlaceReopened("booth-1"), OPEN),
}


@pytest.mark.parametrize(("before", "name", "fields", "fact", "after"), MOVES.values(), ids=MOVES)
def test_place_moves_between_states(
    before: str, name: str, fields: Fields, fact: Fact, after: str
) -> None:
    """A place is cleaned, closed and reopened, and shows since when."""
    site = site_with(booth(before))
    fields = {"place": "booth-1", **fields}
    assert decide(site, name, fields) == [fact]
    assert stored(fact) == fact
    place = done(site, name, fields).places["booth-1"]
    assert (place.state, place.since) == (after, NOW)


def test_close_says_why_until_it_reopens() -> None:
    """The board shows why a place is closed, and forgets it when it is open again."""
    site = done(site_with(booth()), "place.close", {"place": "booth-1", "reason": "repair"})
    assert site.places["booth-1"].closed_for == "repair"
    assert done(site, "place.reopen", {"place": "booth-1"}).places["booth-1"].closed_for is None


MOVES_REFUSED: dict[str, tuple[str, str, Fields, str]] = {
    "an open booth is ready already": (OPEN, "place.ready", {}, "place-in-turnover"),
    "a booth with somebody in it is not ready": (OCCUPIED, "place.ready", {}, "place-in-turnover"),
    "a closed booth is not ready": (CLOSED, "place.ready", {}, "place-in-turnover"),
    "nobody closes a booth over somebody": (
        OCCUPIED,
        "place.close",
        {"reason": "repair"},
        "place-free",
    ),
    "a booth in turnover is cleaned first, or nobody would": (
        CLEANING,
        "place.close",
        {"reason": "repair"},
        "place-free",
    ),
    "a closed booth is closed already": (
        CLOSED,
        "place.close",
        {"reason": "repair"},
        "place-free",
    ),
    "a reason unknown here": (
        OPEN,
        "place.close",
        {"reason": "moonlight"},
        "known-closed_reasons",
    ),
    "an open booth cannot reopen": (OPEN, "place.reopen", {}, "place-closed"),
    "a booth that is not there": (OPEN, "place.ready", {"place": "booth-9"}, "place-known"),
}


@pytest.mark.parametrize(
    ("state", "name", "fields", "rule"), MOVES_REFUSED.values(), ids=MOVES_REFUSED
)
def test_place_refuses(state: str, name: str, fields: Fields, rule: str) -> None:
    """A move that does not fit the state is refused by the rule of that name."""
    assert refusal(site_with(booth(state)), name, {"place": "booth-1", **fields}).code == rule


@pytest.mark.parametrize(
    ("routes", "state"),
    [
        pytest.param(("injecting", "nasal"), CLEANING, id="a booth is cleaned"),
        pytest.param(("smoking",), AIR_CLEARING, id="a smoking seat is aired"),
        pytest.param(("injecting", "smoking"), AIR_CLEARING, id="a place for both is aired"),
    ],
)
def test_vacate_begins_the_turnover(routes: tuple[str, ...], state: str) -> None:
    """An empty place takes nobody before it was cleaned or aired."""
    when = _when()
    site = vacate(occupy(site_with(booth(routes=routes)), "booth-1", "v-1", when), "booth-1", when)
    assert (site.places["booth-1"].state, site.places["booth-1"].visit) == (state, None)


def test_vacate_of_no_place_changes_nothing() -> None:
    """Somebody who sat nowhere leaves nothing behind."""
    site = site_with(booth())
    assert vacate(site, None, _when()) == site


def test_occupied_counts_people_in_places() -> None:
    """Only places with somebody in them count against the staff on duty."""
    site: Site = open_site(visit(), VisitPlaced("v-1", "booth-2", 0))
    assert (site.occupied(), later(site, booth(CLEANING)).occupied()) == (1, 1)


def test_only_managers_change_the_plan() -> None:
    """Adding a place is for managers; working with it is for everybody on the floor."""
    may = {name: rule.may for name, rule in floor.COMMANDS.items()}
    assert may.pop("place.add") == MANAGEMENT
    assert set(may.values()) == {FLOOR}


def _when() -> When:
    return When(100, NOW, NOW, "s-ada")
