"""From the queue through an episode to aftercare, by example."""

from datetime import datetime, timedelta

import pytest

from safelight.kernel.ids import derive_id
from safelight.run.domain import episode as episodes
from safelight.run.domain.base import FLOOR, Fact
from safelight.run.domain.entities import (
    AFTERCARE,
    AIR_CLEARING,
    ARRIVED,
    CLEANING,
    IN_PLACE,
    LEFT,
    OCCUPIED,
    WAITING,
    Episode,
    Observed,
    Reading,
    Visit,
)
from safelight.run.domain.episode import (
    AftercareBegan,
    EpisodeEnded,
    EpisodeStarted,
    ReleaseChecked,
    VisitObserved,
    VisitPlaced,
    VisitQueued,
    over_time,
    running_episode,
)
from safelight.run.domain.floor import PlaceClosed
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.shift import DutyEnded
from safelight.run.domain.site import Site
from tests.support.floors import Fields, Parts, incident, open_site
from tests.support.sites import (
    BEN,
    COMMAND,
    NOW,
    after,
    decide,
    done,
    given,
    protocol,
    refusal,
    stored,
    visit,
)

E = derive_id("e", COMMAND)
SOON = NOW - timedelta(minutes=20)
USED = Episode("e-1", "injecting", "booth-1", ("heroin",), SOON, 9, ended_at=NOW)
USING = Episode("e-1", "injecting", "booth-1", ("heroin",), SOON, 9)
READY = visit(oriented=True)
WAITS = visit(oriented=True, stage=WAITING, route="injecting", queued_at=SOON)
SITS = visit(oriented=True, stage=IN_PLACE, route="injecting", place="booth-1", placed_at=SOON)
USES = visit(oriented=True, stage=IN_PLACE, route="injecting", place="booth-1", episodes=(USING,))
RESTS = visit(oriented=True, stage=AFTERCARE, episodes=(USED,))
ONE_EPISODE = protocol(values={"episodes_per_visit_max": 1})


def placed(key: str = "v-1", place: str = "booth-1", route: str = "injecting") -> Parts:
    """Return what it takes to have somebody in a place."""
    who = visit(key, oriented=True)
    return [who, VisitQueued(key, route), VisitPlaced(key, place, 0)]


QUEUES: dict[str, Visit] = {
    "on arrival": READY,
    "for another route than before": visit(oriented=True, stage=WAITING, route="nasal"),
    "again from aftercare": RESTS,
}


@pytest.mark.parametrize("who", QUEUES.values(), ids=QUEUES)
def test_queue_takes_a_turn(who: Visit) -> None:
    """Whoever is oriented may wait for a route that the site has a place for."""
    fact = VisitQueued("v-1", "injecting")
    fields = {"visit": "v-1", "route": "injecting"}
    assert decide(open_site(who), "visit.queue", fields) == [fact]
    assert stored(fact) == fact


QUEUES_REFUSED: dict[str, tuple[Visit, str, Protocol | None, str]] = {
    "a visit that nobody made": (visit("v-2"), "injecting", None, "visit-known"),
    "somebody in a place": (SITS, "injecting", None, "visit-stage"),
    "somebody who left": (visit(stage=LEFT, oriented=True), "injecting", None, "visit-stage"),
    "a route that the pack does not know": (READY, "moonlight", None, "known-routes"),
    "a route that no place is for": (
        READY,
        "oral",
        protocol(words={"routes": ("oral",)}),
        "route-offered",
    ),
    "somebody not oriented": (visit(), "injecting", None, "oriented"),
    "somebody in the queue already": (WAITS, "injecting", None, "queued-once"),
    "one episode more than the house allows": (
        RESTS,
        "injecting",
        ONE_EPISODE,
        "episodes-per-visit",
    ),
}


@pytest.mark.parametrize(
    ("who", "route", "pack", "rule"), QUEUES_REFUSED.values(), ids=QUEUES_REFUSED
)
def test_queue_refuses(who: Visit, route: str, pack: Protocol | None, rule: str) -> None:
    """A turn that makes no sense is refused by the rule of that name."""
    site = after(open_site(), who)
    fields = {"visit": "v-1", "route": route}
    assert refusal(site, "visit.queue", fields, given(pack=pack)).code == rule


def test_queue_allows_as_many_episodes_as_the_house() -> None:
    """The first episode is within a limit of one."""
    fields = {"visit": "v-1", "route": "injecting"}
    assert len(decide(open_site(READY), "visit.queue", fields, given(pack=ONE_EPISODE))) == 1


def test_queued_keeps_the_turn_when_the_route_changes() -> None:
    """Somebody who changes their mind about the route does not lose their turn."""
    site = done(open_site(WAITS), "visit.queue", {"visit": "v-1", "route": "smoking"})
    assert (site.visits["v-1"].route, site.visits["v-1"].queued_at) == ("smoking", SOON)


def test_queued_again_waits_from_now() -> None:
    """A second turn after aftercare begins at its own time."""
    site = done(open_site(RESTS), "visit.queue", {"visit": "v-1", "route": "smoking"})
    assert (site.visits["v-1"].stage, site.visits["v-1"].queued_at) == (WAITING, NOW)


def test_waiting_is_longest_first_by_route() -> None:
    """The board shows who has waited longest at the top, for one route or for all."""
    early = visit("v-2", stage=WAITING, route="smoking", queued_at=SOON - timedelta(minutes=5))
    late = visit("v-3", stage=WAITING, route="injecting", queued_at=SOON, seq=2)
    site = open_site(late, WAITS, early)
    assert [v.id for v in site.waiting()] == ["v-2", "v-1", "v-3"]
    assert [v.id for v in site.waiting("injecting")] == ["v-1", "v-3"]


def test_place_shows_the_way() -> None:
    """Somebody who waited twenty minutes goes to a free booth."""
    fields = {"visit": "v-1", "place": "booth-1"}
    fact = VisitPlaced("v-1", "booth-1", 20)
    assert decide(open_site(WAITS), "visit.place", fields) == [fact]
    assert stored(fact) == fact
    site = done(open_site(WAITS), "visit.place", fields)
    here = site.visits["v-1"]
    assert (here.stage, here.place, here.placed_at) == (IN_PLACE, "booth-1", NOW)
    assert (here.queued_at, here.waited_minutes) == (None, (20,))
    assert (site.places["booth-1"].state, site.places["booth-1"].visit) == (OCCUPIED, "v-1")


SHORT = protocol(values={"people_per_worker": 1, "minimum_staff": 1})
PLACES_REFUSED: dict[str, tuple[Parts, str, Protocol | None, str]] = {
    "a place that is not there": ([WAITS], "booth-9", None, "place-known"),
    "somebody who does not wait": ([READY], "booth-1", None, "visit-stage"),
    "a place with somebody in it": ([*placed("v-2"), WAITS], "booth-1", None, "place-open"),
    "a place out of use": (
        [WAITS, PlaceClosed("booth-1", "repair")],
        "booth-1",
        None,
        "place-open",
    ),
    "a place for another route": ([WAITS], "seat-1", None, "place-route"),
    "fewer staff than the house wants": (
        [WAITS, DutyEnded(BEN)],
        "booth-1",
        None,
        "staffed-capacity",
    ),
    "as many in places as one worker can see": (
        [*placed("v-2", "booth-2"), WAITS, DutyEnded(BEN)],
        "booth-1",
        SHORT,
        "staffed-capacity",
    ),
    "a pack without the number of staff": (
        [WAITS],
        "booth-1",
        Protocol("empty", "1", "Empty", example=True, values={}, codes={}),
        "protocol-value",
    ),
}


@pytest.mark.parametrize(
    ("parts", "place", "pack", "rule"), PLACES_REFUSED.values(), ids=PLACES_REFUSED
)
def test_place_refuses(parts: Parts, place: str, pack: Protocol | None, rule: str) -> None:
    """Nobody is placed where they could not be supervised; the rule says why."""
    fields = {"visit": "v-1", "place": place}
    assert refusal(open_site(*parts), "visit.place", fields, given(pack=pack)).code == rule


def test_place_names_what_is_free() -> None:
    """The refusal of a taken booth names the booths that are free for that route."""
    site = open_site(*placed("v-2"), WAITS)
    refused = refusal(site, "visit.place", {"visit": "v-1", "place": "booth-1"})
    assert (refused.message, refused.remedy) == ("Booth 1 is occupied.", "Free now: Booth 2.")


STARTS: dict[str, tuple[Fields, EpisodeStarted]] = {
    "one substance": (
        {"substances": ["heroin"]},
        EpisodeStarted("v-1", E, "injecting", "booth-1", ("heroin",)),
    ),
    "two, one of them said twice": (
        {"substances": ["heroin", "cocaine", "heroin"], "body_site": "groin"},
        EpisodeStarted("v-1", E, "injecting", "booth-1", ("cocaine", "heroin"), "groin"),
    ),
    "unknown is an answer": (
        {"substances": ["unknown"]},
        EpisodeStarted("v-1", E, "injecting", "booth-1", ("unknown",)),
    ),
}


@pytest.mark.parametrize(("fields", "fact"), STARTS.values(), ids=STARTS)
def test_start_records_what_is_said(fields: Fields, fact: EpisodeStarted) -> None:
    """An episode begins where the person sits, with what they say it is."""
    site = open_site(SITS)
    assert decide(site, "episode.start", {"visit": "v-1", **fields}) == [fact]
    assert stored(fact) == fact
    site = done(site, "episode.start", {"visit": "v-1", **fields})
    started = Episode(E, "injecting", "booth-1", fact.substances, NOW, 100, fact.body_site)
    assert site.visits["v-1"].episodes == (started,)
    assert running_episode(site.visits["v-1"]) == started


STARTS_REFUSED: dict[str, tuple[Visit, Fields, str]] = {
    "somebody who has no place": (WAITS, {"substances": ["heroin"]}, "visit-stage"),
    "an episode that is going on": (USES, {"substances": ["heroin"]}, "one-episode"),
    "no substance": (SITS, {"substances": []}, "substance-declared"),
    "a substance unknown here": (SITS, {"substances": ["tea"]}, "known-substances"),
    "a body site unknown here": (
        SITS,
        {"substances": ["heroin"], "body_site": "hat"},
        "known-body_sites",
    ),
}


@pytest.mark.parametrize(("who", "fields", "rule"), STARTS_REFUSED.values(), ids=STARTS_REFUSED)
def test_start_refuses(who: Visit, fields: Fields, rule: str) -> None:
    """An episode that makes no sense is refused by the rule of that name."""
    assert refusal(open_site(who), "episode.start", {"visit": "v-1", **fields}).code == rule


def test_started_asks_for_the_checks_again() -> None:
    """Checks of a first aftercare do not let anybody go after a second episode."""
    checked = visit(stage=IN_PLACE, route="injecting", place="booth-1", release_checks=("alert",))
    site = done(open_site(checked), "episode.start", {"visit": "v-1", "substances": ["heroin"]})
    assert site.visits["v-1"].release_checks == ()


def test_end_leaves_the_person_in_place() -> None:
    """Use is over, and the person stays where they are until they get up."""
    fact = EpisodeEnded("v-1", "e-1")
    assert decide(open_site(USES), "episode.end", {"visit": "v-1"}) == [fact]
    assert stored(fact) == fact
    here = done(open_site(USES), "episode.end", {"visit": "v-1"}).visits["v-1"]
    assert (here.stage, here.episodes[0].ended_at, running_episode(here)) == (IN_PLACE, NOW, None)


@pytest.mark.parametrize(
    ("parts", "state", "facts"),
    [
        pytest.param(
            [*placed(), EpisodeStarted("v-1", "e-1", "injecting", "booth-1", ("heroin",))],
            ("booth-1", CLEANING),
            [EpisodeEnded("v-1", "e-1"), AftercareBegan("v-1")],
            id="in the middle of an episode",
        ),
        pytest.param(
            placed(place="seat-1", route="smoking"),
            ("seat-1", AIR_CLEARING),
            [AftercareBegan("v-1")],
            id="from the smoking seat",
        ),
        pytest.param(
            [visit(stage=WAITING)],
            ("booth-1", "open"),
            [AftercareBegan("v-1")],
            id="straight from the queue",
        ),
    ],
)
def test_aftercare_frees_the_place(parts: Parts, state: tuple[str, str], facts: list[Fact]) -> None:
    """Whoever goes over to aftercare leaves a place to be cleaned, or aired after smoke."""
    site = open_site(*parts)
    assert decide(site, "visit.aftercare", {"visit": "v-1"}) == facts
    site = done(site, "visit.aftercare", {"visit": "v-1"})
    here, place = site.visits["v-1"], site.places[state[0]]
    assert (here.stage, here.place, here.aftercare_at) == (AFTERCARE, None, NOW)
    assert (place.state, place.visit) == (state[1], None)


def test_observe_keeps_reading_and_time() -> None:
    """A routine observation is on the visit, with what was not measured left empty."""
    fields = {"visit": "v-1", "reading": {"spo2": 97, "consciousness": "alert"}}
    reading = Reading(spo2=97, consciousness="alert")
    assert decide(open_site(RESTS), "visit.observe", fields) == [VisitObserved("v-1", reading)]
    assert stored(VisitObserved("v-1", reading)) == VisitObserved("v-1", reading)
    site = done(open_site(RESTS), "visit.observe", fields)
    assert site.visits["v-1"].observations == (Observed(100, NOW, NOW, reading),)


def test_release_checks_add_up() -> None:
    """Checks are ticked one by one, each once."""
    fields = {"visit": "v-1", "checks": ["walking", "walking"]}
    assert decide(open_site(RESTS), "visit.release", fields) == [
        ReleaseChecked("v-1", ("walking",))
    ]
    site = done(open_site(RESTS), "visit.release", fields)
    site = done(site, "visit.release", {"visit": "v-1", "checks": ["alert"]})
    assert site.visits["v-1"].release_checks == ("alert", "walking")


REFUSED: dict[str, tuple[str, Fields, str]] = {
    "the end of nothing": ("episode.end", {}, "episode-running"),
    "aftercare in aftercare": ("visit.aftercare", {}, "visit-stage"),
    "a reading of nothing": ("visit.observe", {"reading": {}}, "reading-empty"),
    "a consciousness unknown here": (
        "visit.observe",
        {"reading": {"consciousness": "dreaming"}},
        "known-consciousness",
    ),
    "a check unknown here": ("visit.release", {"checks": ["shoes"]}, "known-release_checks"),
}


@pytest.mark.parametrize(("name", "fields", "rule"), REFUSED.values(), ids=REFUSED)
def test_aftercare_refuses(name: str, fields: Fields, rule: str) -> None:
    """What makes no sense for somebody in aftercare is refused by the rule of that name."""
    assert refusal(open_site(RESTS), name, {"visit": "v-1", **fields}).code == rule


def test_release_waits_for_aftercare() -> None:
    """Checks before leaving are no use while somebody sits in a booth."""
    fields = {"visit": "v-1", "checks": ["alert"]}
    assert refusal(open_site(SITS), "visit.release", fields).code == "visit-stage"


@pytest.mark.parametrize(
    ("who", "limit", "now", "expected"),
    [
        pytest.param(SITS, 30, SOON + timedelta(minutes=30), True, id="exactly at the limit"),
        pytest.param(SITS, 30, SOON + timedelta(minutes=29), False, id="a minute before"),
        pytest.param(SITS, None, SOON + timedelta(days=1), False, id="a house without a limit"),
        pytest.param(WAITS, 30, NOW + timedelta(days=1), False, id="not in a place yet"),
        pytest.param(
            visit(stage=AFTERCARE, placed_at=SOON),
            30,
            NOW + timedelta(days=1),
            False,
            id="up again",
        ),
    ],
)
def test_over_time_warns(who: Visit, limit: int | None, now: datetime, expected: bool) -> None:  # noqa: FBT001 - a table's last column
    """A stay over the house's limit is marked; nobody is put out for it."""
    assert over_time(who, limit, now) is expected


def test_everybody_on_the_floor_supervises() -> None:
    """Every step of a visit is open to everybody on the floor."""
    assert {rule.may for rule in episodes.COMMANDS.values()} == {FLOOR}


def test_stages_follow_each_other() -> None:
    """A whole visit with two episodes, as one story."""
    site: Site = open_site(visit(stage=ARRIVED))
    story: list[tuple[str, Fields]] = [
        ("visit.orient", {}),
        ("visit.queue", {"route": "injecting"}),
        ("visit.place", {"place": "booth-1"}),
        ("episode.start", {"substances": ["heroin"]}),
        ("visit.aftercare", {}),
        ("visit.release", {"checks": ["alert", "walking"]}),
        ("visit.queue", {"route": "smoking"}),
        ("visit.place", {"place": "seat-1"}),
        ("episode.start", {"substances": ["cocaine"]}),
        ("episode.end", {}),
        ("visit.leave", {}),
    ]
    for name, fields in story:
        site = done(site, name, {"visit": "v-1", **fields})
    left = site.changes["visit", "v-1"]
    assert isinstance(left, Visit)
    assert [episode.route for episode in left.episodes] == ["injecting", "smoking"]
    assert left.outcome == "left_before_checks"


@pytest.mark.parametrize(
    ("state", "name", "fields"),
    [
        pytest.param(READY, "visit.queue", {"route": "injecting"}, id="queue"),
        pytest.param(WAITS, "visit.place", {"place": "booth-1"}, id="place"),
        pytest.param(SITS, "episode.start", {"substances": ["heroin"]}, id="start an episode"),
    ],
)
def test_nobody_goes_on_over_a_running_incident(state: Visit, name: str, fields: Fields) -> None:
    """While an incident of theirs runs, a person is looked after and not moved on."""
    site = open_site(state, incident(visit=state.id))
    assert refusal(site, name, {"visit": state.id, **fields}).code == "no-incident"


def test_nobody_is_observed_after_they_left() -> None:
    """A stale screen observes nobody; what was seen before they left is entered late."""
    gone = visit(stage=LEFT, left_at=NOW - timedelta(minutes=5))
    fields = {"visit": gone.id, "reading": {"spo2": 97}}
    assert refusal(open_site(gone), "visit.observe", fields).code == "visit-stage"
    earlier = given(happened_at=NOW - timedelta(minutes=10))
    assert decide(open_site(gone), "visit.observe", fields, earlier) != []
