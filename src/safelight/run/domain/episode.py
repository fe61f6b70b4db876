"""From the queue to aftercare: place, episode, observation, release checks."""

from datetime import datetime

from msgspec.structs import replace

from safelight.kernel.clock import minutes_between
from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import Count, HealthCode, PlaceId, VisitId
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import (
    AFTERCARE,
    ARRIVED,
    IN_PLACE,
    WAITING,
    Episode,
    Observed,
    Reading,
    Visit,
)
from safelight.run.domain.floor import occupy, require_place_for, vacate
from safelight.run.domain.shift import staffed_capacity
from safelight.run.domain.site import Site


class Queue(Command, frozen=True):
    """Wait for a place, by route."""

    visit: VisitId
    route: HealthCode


class VisitQueued(Fact, frozen=True):
    """A person waits for a place."""

    visit: VisitId
    route: HealthCode


class PlaceVisit(Command, frozen=True):
    """Show a waiting person to a place."""

    visit: VisitId
    place: PlaceId


class VisitPlaced(Fact, frozen=True):
    """A person is in a place."""

    visit: VisitId
    place: PlaceId
    waited_minutes: Count


class StartEpisode(Command, frozen=True):
    """Use begins: what the person says it is, as far as they say it."""

    visit: VisitId
    substances: tuple[HealthCode, ...]
    body_site: HealthCode | None = None


class EpisodeStarted(Fact, frozen=True):
    """Supervised use began."""

    visit: VisitId
    episode: VisitId
    route: HealthCode
    place: PlaceId
    substances: tuple[HealthCode, ...]
    body_site: HealthCode | None = None


class EndEpisode(Command, frozen=True):
    """Use is over; the person stays in the place until they get up."""

    visit: VisitId


class EpisodeEnded(Fact, frozen=True):
    """Supervised use ended."""

    visit: VisitId
    episode: VisitId


class BeginAftercare(Command, frozen=True):
    """The person goes over to aftercare; the place is cleaned or aired."""

    visit: VisitId


class AftercareBegan(Fact, frozen=True):
    """The person is in aftercare."""

    visit: VisitId


class Observe(Command, frozen=True):
    """A routine observation outside an incident."""

    visit: VisitId
    reading: Reading


class VisitObserved(Fact, frozen=True):
    """The person was observed."""

    visit: VisitId
    reading: Reading


class Release(Command, frozen=True):
    """Checks before leaving, ticked one by one."""

    visit: VisitId
    checks: tuple[HealthCode, ...]


class ReleaseChecked(Fact, frozen=True):
    """Release checks were made."""

    visit: VisitId
    checks: tuple[HealthCode, ...]


def queue(site: Site, command: Queue, given: Given) -> list[Fact]:
    """Let a person wait for a route that this site offers; again after an earlier episode."""
    visit = site.visit(command.visit)
    _require_calm(site, visit)
    require_stage(visit, "queue", ARRIVED, WAITING, AFTERCARE)
    given.protocol.require("routes", command.route)
    if not any(command.route in place.routes for place in site.places.values()):
        raise refuse(
            "route-offered",
            f"This site has no place for {command.route}.",
            "Offer another route, or tell the person where it is offered.",
            route=command.route,
        )
    if not visit.oriented:
        raise refuse(
            "oriented",
            f"{visit.handle} has not had the first-visit orientation.",
            "Give it now (two minutes), record it, then queue.",
            visit=visit.id,
        )
    if visit.stage == WAITING and visit.route == command.route:
        raise refuse(
            "queued-once",
            f"{visit.handle} waits for {command.route} already.",
            "Nothing to do: their turn is kept.",
            visit=visit.id,
        )
    limit = given.protocol.optional("episodes_per_visit_max")
    if limit is not None and len(visit.episodes) >= limit:
        raise refuse(
            "episodes-per-visit",
            f"{visit.handle} has had {len(visit.episodes)} episode(s) in this visit.",
            f"The house rule allows {limit}; a new visit may follow.",
            limit=limit,
        )
    return [VisitQueued(visit.id, command.route)]


def on_queued(site: Site, fact: VisitQueued, when: When) -> Site:
    """The person waits; a change of route keeps the time of queueing."""
    visit = site.visit(fact.visit)
    since = visit.queued_at if visit.stage == WAITING else when.happened_at
    return site.put(replace(visit, stage=WAITING, route=fact.route, queued_at=since))


def place_visit(site: Site, command: PlaceVisit, given: Given) -> list[Fact]:
    """Place a waiting person where a place and staff are free."""
    visit = site.visit(command.visit)
    _require_calm(site, visit)
    require_stage(visit, "place", WAITING)
    place = require_place_for(site, visit, command.place)
    capacity = staffed_capacity(site, given.protocol)
    if site.occupied() >= capacity:
        raise refuse(
            "staffed-capacity",
            f"Staff on duty can supervise {capacity} at once, and {site.occupied()} are in places.",
            "Wait for a place to empty, or have another member of staff take a floor duty.",
            capacity=capacity,
            occupied=site.occupied(),
        )
    waited = minutes_between(visit.queued_at or visit.arrived_at, given.happened_at)
    return [VisitPlaced(visit.id, place.id, waited)]


def on_placed(site: Site, fact: VisitPlaced, when: When) -> Site:
    """The person is in the place, and the place is taken."""
    visit = site.visit(fact.visit)
    site = occupy(site, fact.place, visit.id, when)
    return site.put(
        replace(
            visit,
            stage=IN_PLACE,
            place=fact.place,
            placed_at=when.happened_at,
            queued_at=None,
            waited_minutes=(*visit.waited_minutes, fact.waited_minutes),
        )
    )


def start_episode(site: Site, command: StartEpisode, given: Given) -> list[Fact]:
    """Begin an episode in the place where the person is, with at least one substance."""
    visit = site.visit(command.visit)
    _require_calm(site, visit)
    require_stage(visit, "start an episode", IN_PLACE)
    if visit.episodes and visit.episodes[-1].ended_at is None:
        raise refuse(
            "one-episode",
            f"An episode of {visit.handle} is going on.",
            "End it before the next begins.",
            visit=visit.id,
        )
    if not command.substances:
        raise refuse(
            "substance-declared",
            "No substance was chosen.",
            "Choose what the person says; 'unknown' is an answer.",
        )
    given.protocol.require("substances", *command.substances)
    if command.body_site is not None:
        given.protocol.require("body_sites", command.body_site)
    episode = derive_id("e", given.command)
    return [
        EpisodeStarted(
            visit=visit.id,
            episode=episode,
            route=visit.route or "unknown",
            place=visit.place or "unknown",
            substances=tuple(sorted(set(command.substances))),
            body_site=command.body_site,
        )
    ]


def on_started(site: Site, fact: EpisodeStarted, when: When) -> Site:
    """The episode runs; checks that were made before it say nothing about leaving after it."""
    visit = site.visit(fact.visit)
    episode = Episode(
        id=fact.episode,
        route=fact.route,
        place=fact.place,
        substances=fact.substances,
        started_at=when.happened_at,
        seq=when.seq,
        body_site=fact.body_site,
    )
    return site.put(replace(visit, episodes=(*visit.episodes, episode), release_checks=()))


def end_episode(site: Site, command: EndEpisode, _: Given) -> list[Fact]:
    """End the episode that is running."""
    visit = site.visit(command.visit)
    running = running_episode(visit)
    if running is None:
        raise refuse(
            "episode-running",
            f"No episode of {visit.handle} is running.",
            "Look at the board: another tablet may have ended it.",
            visit=visit.id,
        )
    return [EpisodeEnded(visit.id, running.id)]


def on_ended(site: Site, fact: EpisodeEnded, when: When) -> Site:
    """The episode has its end."""
    visit = site.visit(fact.visit)
    episodes = tuple(
        replace(e, ended_at=when.happened_at) if e.id == fact.episode else e for e in visit.episodes
    )
    return site.put(replace(visit, episodes=episodes))


def begin_aftercare(site: Site, command: BeginAftercare, _: Given) -> list[Fact]:
    """Go over to aftercare from a place or straight from reception."""
    visit = site.visit(command.visit)
    require_stage(visit, "begin aftercare", IN_PLACE, ARRIVED, WAITING)
    return [*end_running(visit), AftercareBegan(visit.id)]


def on_aftercare(site: Site, fact: AftercareBegan, when: When) -> Site:
    """The person is in aftercare and the place in turnover."""
    visit = site.visit(fact.visit)
    site = vacate(site, visit.place, when)
    return site.put(
        replace(visit, stage=AFTERCARE, place=None, queued_at=None, aftercare_at=when.happened_at)
    )


def observe(site: Site, command: Observe, given: Given) -> list[Fact]:
    """Record an observation with at least one value."""
    visit = site.visit(command.visit)
    if visit.left_at is not None and given.happened_at > visit.left_at:
        require_stage(visit, "observe", ARRIVED, WAITING, IN_PLACE, AFTERCARE)
    require_reading(command.reading, given)
    return [VisitObserved(visit.id, command.reading)]


def require_reading(reading: Reading, given: Given) -> None:
    """Refuse an empty reading and a consciousness code that the pack does not know."""
    if reading == Reading():
        raise refuse(
            "reading-empty",
            "Nothing was measured.",
            "Fill in at least one value; all others may stay empty.",
        )
    if reading.consciousness is not None:
        given.protocol.accept("consciousness", reading.consciousness)


def on_observed(site: Site, fact: VisitObserved, when: When) -> Site:
    """The observation is on the visit's page."""
    visit = site.visit(fact.visit)
    seen = Observed(when.seq, when.happened_at, when.recorded_at, fact.reading)
    return site.put(replace(visit, observations=(*visit.observations, seen)))


def release(site: Site, command: Release, given: Given) -> list[Fact]:
    """Record release checks in aftercare."""
    visit = site.visit(command.visit)
    require_stage(visit, "check for release", AFTERCARE)
    given.protocol.require("release_checks", *command.checks)
    return [ReleaseChecked(visit.id, tuple(sorted(set(command.checks))))]


def on_release_checked(site: Site, fact: ReleaseChecked, _: When) -> Site:
    """Checks add up."""
    visit = site.visit(fact.visit)
    checks = tuple(sorted({*visit.release_checks, *fact.checks}))
    return site.put(replace(visit, release_checks=checks))


def running_episode(visit: Visit) -> Episode | None:
    """Return the episode that is going on, or None."""
    last = visit.episodes[-1] if visit.episodes else None
    return last if last is not None and last.ended_at is None else None


def over_time(visit: Visit, limit_minutes: int | None, now: datetime) -> bool:
    """Tell whether a visit's stay in a place is over the house's limit. It warns, never ejects."""
    if limit_minutes is None or visit.placed_at is None or visit.stage != IN_PLACE:
        return False
    return minutes_between(visit.placed_at, now) >= limit_minutes


def end_running(visit: Visit) -> list[Fact]:
    """Return the fact that ends a running episode, if one runs."""
    running = running_episode(visit)
    return [EpisodeEnded(visit.id, running.id)] if running else []


def _require_calm(site: Site, visit: Visit) -> None:
    """Refuse to go on with a visit whose incident is running."""
    running = site.open_incidents_of(visit.id)
    if running:
        raise refuse(
            "no-incident",
            f"An incident of {visit.handle} is running.",
            "Look after that first; record its outcome, then go on.",
            incident=running[0].id,
        )


def require_stage(visit: Visit, action: str, *stages: str) -> None:
    """Refuse what does not fit the stage that a visit is in."""
    if visit.stage not in stages:
        raise refuse(
            "visit-stage",
            f"{visit.handle} is {visit.stage.replace('_', ' ')}: cannot {action} now.",
            "Look at the board: another tablet may have moved them on.",
            visit=visit.id,
            stage=visit.stage,
        )


COMMANDS = {
    "visit.queue": Rule(Queue, queue, FLOOR),
    "visit.place": Rule(PlaceVisit, place_visit, FLOOR),
    "episode.start": Rule(StartEpisode, start_episode, FLOOR),
    "episode.end": Rule(EndEpisode, end_episode, FLOOR),
    "visit.aftercare": Rule(BeginAftercare, begin_aftercare, FLOOR),
    "visit.observe": Rule(Observe, observe, FLOOR),
    "visit.release": Rule(Release, release, FLOOR),
}
FACTS = {
    "visit.queued": Change(VisitQueued, on_queued),
    "visit.placed": Change(VisitPlaced, on_placed),
    "episode.started": Change(EpisodeStarted, on_started),
    "episode.ended": Change(EpisodeEnded, on_ended),
    "visit.aftercare_began": Change(AftercareBegan, on_aftercare),
    "visit.observed": Change(VisitObserved, on_observed),
    "visit.release_checked": Change(ReleaseChecked, on_release_checked),
}
