"""A visit begins and ends: the door, the orientation, leaving.

Nobody has to give a name, and no form stands before a place to use in safety.
"""

from msgspec.structs import replace

from safelight.kernel.ids import derive_id, derive_random_id
from safelight.kernel.privacy import (
    Code,
    Flag,
    Handle,
    HealthCode,
    ItemId,
    PersonId,
    VisitId,
)
from safelight.run.domain.authority import SUPERVISED_USE, VEHICLE, require_authority
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.door import exclusion_in_force
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.entities import (
    AFTERCARE,
    ARRIVED,
    IN_PLACE,
    LEFT,
    WAITING,
    Person,
    Refusal,
    Visit,
)
from safelight.run.domain.episode import end_running, require_stage
from safelight.run.domain.floor import vacate
from safelight.run.domain.handles import handle_for
from safelight.run.domain.shift import require_shift
from safelight.run.domain.site import Site


class Arrive(Command, frozen=True):
    """Somebody is at the door: known by code, new and wanting to be known again, or neither."""

    adult_confirmed: Flag = False
    person: PersonId | None = None
    remember: Flag = False
    sex: HealthCode | None = None


class PersonRegistered(Fact, frozen=True):
    """A person wants to be known again next time, by a random id and two words."""

    person: PersonId
    handle: Handle
    sex: HealthCode | None = None


class VisitArrived(Fact, frozen=True):
    """A visit began."""

    visit: VisitId
    handle: Handle
    adult_confirmed: Flag
    person: PersonId | None = None
    stop: ItemId | None = None


class TurnAway(Command, frozen=True):
    """Somebody cannot be let in."""

    reason: HealthCode
    person: PersonId | None = None


class VisitRefused(Fact, frozen=True):
    """Somebody was not let in, and why."""

    refusal: VisitId
    reason: HealthCode
    person: PersonId | None = None


class Orient(Command, frozen=True):
    """The first-visit orientation was given."""

    visit: VisitId
    topics: tuple[Code, ...] = ()


class Oriented(Fact, frozen=True):
    """The orientation was given."""

    visit: VisitId
    topics: tuple[Code, ...] = ()


class Leave(Command, frozen=True):
    """The person leaves. Nobody is ever held back; a running incident is closed first."""

    visit: VisitId
    outcome: HealthCode = "completed"


class VisitLeft(Fact, frozen=True):
    """A visit ended."""

    visit: VisitId
    outcome: HealthCode


def arrive(site: Site, command: Arrive, given: Given) -> list[Fact]:
    """Let an adult in who is not excluded; a new person is registered only if they wish."""
    require_shift(site)
    require_authority(site, SUPERVISED_USE, given)
    _require_stop(site)
    if not command.adult_confirmed:
        raise refuse(
            "adult",
            "Nobody has confirmed that this person is an adult.",
            "Confirm it, or record a refusal with the reason 'under age'.",
        )
    visit = derive_id("v", given.command)
    if command.person is not None:
        return [_arrived(site, visit, require_welcome(site, command.person, given))]
    taken = {p.handle for p in site.persons.values()} | {v.handle for v in site.visits.values()}
    if not command.remember:
        handle = handle_for(visit, taken)
        return [_arrived(site, visit, None, handle)]
    if command.sex is not None:
        given.protocol.require("sexes", command.sex)
    person = derive_random_id("p", given.command)
    handle = handle_for(person, taken)
    return [
        PersonRegistered(person, handle, command.sex),
        VisitArrived(visit, handle, adult_confirmed=True, person=person, stop=_stop(site)),
    ]


def _arrived(site: Site, visit: str, person: Person | None, handle: str = "") -> VisitArrived:
    return VisitArrived(
        visit=visit,
        handle=person.handle if person else handle,
        adult_confirmed=True,
        person=person.id if person else None,
        stop=_stop(site),
    )


def _stop(site: Site) -> str | None:
    return site.stop.id if site.stop else None


def _require_stop(site: Site) -> None:
    if site.premises is not None and site.premises.kind == VEHICLE and site.stop is None:
        raise refuse(
            "at-stop",
            "The vehicle stands at no stop.",
            "Arrive at a stop first. An emergency can be recorded all the same.",
        )


def require_welcome(site: Site, person_id: str, given: Given) -> Person:
    """Return a known person who may come in now."""
    person = site.person(person_id)
    inside = next((v for v in site.visits.values() if v.person == person.id), None)
    if inside is not None:
        raise refuse(
            "one-visit",
            f"{person.handle} is here already, since {inside.arrived_at:%H:%M} UTC.",
            "Open that visit on the board; or let them leave there first.",
            visit=inside.id,
        )
    exclusion = exclusion_in_force(person, given.happened_at)
    if exclusion is not None:
        raise refuse(
            "not-excluded",
            f"{person.handle} is excluded until {exclusion.ends_at:%d %B %Y} ({exclusion.reason}).",
            "Record the refusal and tell them how to appeal; the reviewer is on their page.",
            person=person.id,
            ends_at=exclusion.ends_at,
        )
    return person


def on_registered(site: Site, fact: PersonRegistered, when: When) -> Site:
    """The person is known from now on."""
    return site.put(
        Person(id=fact.person, handle=fact.handle, first_seen_at=when.happened_at, sex=fact.sex)
    )


def on_arrived(site: Site, fact: VisitArrived, when: When) -> Site:
    """The visit stands at reception."""
    person = site.persons.get(fact.person) if fact.person else None
    return site.put(
        Visit(
            id=fact.visit,
            handle=fact.handle,
            arrived_at=when.happened_at,
            seq=when.seq,
            person=fact.person,
            stop=fact.stop,
            oriented=person is not None and person.oriented_at is not None,
        )
    )


def turn_away(site: Site, command: TurnAway, given: Given) -> list[Fact]:
    """Record a refusal with a reason the pack knows; no person need be named."""
    given.protocol.require("refusal_reasons", command.reason)
    if command.person is not None:
        site.person(command.person)
    return [VisitRefused(derive_id("r", given.command), command.reason, command.person)]


def on_refused(site: Site, fact: VisitRefused, when: When) -> Site:
    """The refusal is on record."""
    return site.put(Refusal(fact.refusal, when.happened_at, fact.reason, fact.person))


def orient(site: Site, command: Orient, given: Given) -> list[Fact]:
    """Record the orientation of a visit that is going on."""
    visit = site.visit(command.visit)
    given.protocol.require("orientation_topics", *command.topics)
    return [Oriented(visit.id, command.topics)]


def on_oriented(site: Site, fact: Oriented, when: When) -> Site:
    """The visit is oriented, and so is the person for next time."""
    visit = site.visit(fact.visit)
    site = site.put(replace(visit, oriented=True))
    person = site.persons.get(visit.person) if visit.person else None
    return site.put(replace(person, oriented_at=when.happened_at)) if person else site


def leave(site: Site, command: Leave, given: Given) -> list[Fact]:
    """Let a person who is here go, unless an incident of theirs is still running."""
    visit = site.visit(command.visit)
    require_stage(visit, "leave", ARRIVED, WAITING, IN_PLACE, AFTERCARE)
    session = next((s for s in site.all_of(Session).values() if s.visit == visit.id), None)
    if session is not None and session.ended_at is None:
        raise refuse(
            "session-ended",
            f"A session of {visit.handle} is going on.",
            "End it on the session's page; leaving early is one of the ways.",
            session=session.id,
        )
    running = site.open_incidents_of(visit.id)
    if running:
        raise refuse(
            "incident-closed",
            f"An incident of {visit.handle} is still running.",
            "Record its outcome first ('left against advice' is one), then let them leave.",
            incident=running[0].id,
        )
    given.protocol.require("leave_outcomes", command.outcome)
    outcome = command.outcome
    if outcome == "completed":
        outcome = _outcome_when_leaving(visit, given)
    return [*end_running(visit), VisitLeft(visit.id, outcome)]


def _outcome_when_leaving(visit: Visit, given: Given) -> str:
    """Name what 'left' means: after waiting in vain, before the checks, or completed."""
    if visit.stage == WAITING and not visit.episodes:
        return "left_without_service"
    wanted = given.protocol.words("release_checks")
    if visit.episodes and not set(wanted) <= set(visit.release_checks):
        return "left_before_checks"
    return "completed"


def on_left(site: Site, fact: VisitLeft, when: When) -> Site:
    """The visit is history and its place in turnover."""
    visit = site.visit(fact.visit)
    site = vacate(site, visit.place, when)
    return site.put(
        replace(
            visit,
            stage=LEFT,
            place=None,
            queued_at=None,
            left_at=when.happened_at,
            outcome=fact.outcome,
        )
    )


COMMANDS = {
    "visit.arrive": Rule(Arrive, arrive, FLOOR),
    "visit.turn_away": Rule(TurnAway, turn_away, FLOOR),
    "visit.orient": Rule(Orient, orient, FLOOR),
    "visit.leave": Rule(Leave, leave, FLOOR),
}
FACTS = {
    "person.registered": Change(PersonRegistered, on_registered),
    "visit.arrived": Change(VisitArrived, on_arrived),
    "visit.refused": Change(VisitRefused, on_refused),
    "visit.oriented": Change(Oriented, on_oriented),
    "visit.left": Change(VisitLeft, on_left),
}
