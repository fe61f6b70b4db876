"""After the dose: observation from the moment of injection, checks, discharge.

Breathing may fail late, after a small dose, behind a normal SpO2, and once more when naloxone wears
off: the time of observation is the same for every dose, it begins anew with naloxone, and no single
figure clears anybody.
"""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from safelight.kernel.privacy import HealthCode, VisitId
from safelight.run.domain.base import (
    CLINICAL,
    FLOOR,
    Change,
    Command,
    Fact,
    Given,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.proof import require_now, require_trusted_clock
from safelight.run.domain.clinic.session import (
    ended,
    holds_met,
    require_complete,
    require_nothing_owed,
    session_of,
)
from safelight.run.domain.dosing_entities import (
    ASSESSED,
    HERE,
    IDENTIFIED,
    OBSERVING,
    PREPARED,
    Assessed,
    Bedside,
    Patient,
    Session,
)
from safelight.run.domain.site import Site
from safelight.run.domain.visit import VisitLeft

OBSERVE: Final = "observation_minutes"
AFTER_NALOXONE: Final = "observation_minutes_after_naloxone"
# What shows breathing fail that a normal SpO2 hides.
BEYOND_OXYGEN: Final = frozenset({"sedation", "breathing_rate", "etco2_tenths"})
READINGS: Final = "discharge_spo2_readings"
COMPLETED: Final = "completed"


class Watch(NamedTuple):
    """A time of observation that has to pass before anybody is cleared."""

    since: datetime
    value: str  # of the pack, in minutes


class ObserveSession(Command, frozen=True):
    """Observe a patient after the dose."""

    session: VisitId
    bedside: Bedside


class SessionObserved(Fact, frozen=True):
    """A patient was observed after the dose."""

    session: VisitId
    bedside: Bedside
    holds: tuple[HealthCode, ...] = ()


class Discharge(Command, frozen=True):
    """Let a patient go whom the last checks clear."""

    session: VisitId


class EndSession(Command, frozen=True):
    """The patient leaves another way than cleared. Nobody is ever held back."""

    session: VisitId
    outcome: HealthCode


class SessionEnded(Fact, frozen=True):
    """A session ended."""

    session: VisitId
    outcome: HealthCode


def observe(site: Site, command: ObserveSession, given: Given) -> list[Fact]:
    """Record an observation; it may hold as much or as little as there was time for."""
    require_now(given, "An observation")
    session = session_of(site, command.session, OBSERVING, doing="observation")
    bedside = command.bedside
    if bedside == Bedside():
        raise refuse(
            "observation-said",
            "Nothing was observed.",
            "Fill in what you saw or measured.",
            session=session.id,
        )
    if bedside.sedation is not None:
        given.protocol.require("sedation_levels", bedside.sedation)
    given.protocol.require("intoxication_signs", *bedside.signs)
    return [SessionObserved(session.id, bedside, holds_met(bedside, given.protocol))]


def on_observed(site: Site, fact: SessionObserved, when: When) -> Site:
    """The observation is on record."""
    session = site.all_of(Session)[fact.session]
    found = Assessed(when.seq, when.recorded_at, when.staff, fact.bedside, fact.holds)
    return site.put(replace(session, observations=(*session.observations, found)))


def discharge(site: Site, command: Discharge, given: Given) -> list[Fact]:
    """Clear a patient whose time is over and whose last complete checks speak for it."""
    require_now(given, "A discharge")
    require_trusted_clock(given)
    session = session_of(site, command.session, OBSERVING, doing="discharge")
    over = _require_time(site, session, given)
    _require_checks(session, over, given)
    require_nothing_owed(session)
    _require_no_incident(site, session)
    return _leaving(site, session, COMPLETED)


def _require_no_incident(site: Site, session: Session) -> None:
    for incident in site.incidents.values():
        theirs = session.visit == incident.visit or session.person == incident.person
        if theirs and incident.closed_at is None:
            raise refuse(
                "discharge-incident",
                "An incident of this patient is still running.",
                "Record its outcome first.",
                incident=incident.id,
            )


def watches(site: Site, session: Session) -> list[Watch]:
    """Return what a patient is observed for: the dose, and naloxone given in this session."""
    found = [Watch(session.administered_at, OBSERVE)] if session.administered_at else []
    patient = site.all_of(Patient).get(session.person)
    naloxone = patient.naloxone_at if patient else None
    if naloxone is not None and naloxone >= session.arrived_at:
        found.append(Watch(naloxone, AFTER_NALOXONE))
    return found


def _require_time(site: Site, session: Session, given: Given) -> datetime:
    """Return when the last time of observation was over; refuse while it runs."""
    ends = {watch: _end(watch, given) for watch in watches(site, session)}
    watch = max(ends, key=lambda each: ends[each])
    over, minutes = ends[watch], given.protocol.number(watch.value)
    if given.now >= over:
        return over
    if watch.value == AFTER_NALOXONE:
        raise refuse(
            "observation-naloxone",
            f"Naloxone was given at {watch.since:%H:%M} UTC. It may wear off before the opioid "
            f"does, so observation lasts {minutes} minutes from then.",
            f"Go on until {over:%H:%M} UTC; whoever leaves all the same leaves early.",
            given=watch.since,
            minutes=minutes,
        )
    raise refuse(
        "observation-time",
        f"Observation began at {watch.since:%H:%M} UTC and lasts {minutes} minutes, whatever the "
        "dose was.",
        f"Go on until {over:%H:%M} UTC; whoever leaves all the same leaves early.",
        began=watch.since,
        minutes=minutes,
    )


def _end(watch: Watch, given: Given) -> datetime:
    return watch.since + timedelta(minutes=given.protocol.number(watch.value))


def _require_checks(session: Session, over: datetime, given: Given) -> None:
    """Refuse where oxygen was read too rarely, or the last checks are early, partial or bad."""
    readings = given.protocol.number(READINGS)
    read = sum(seen.bedside.spo2 is not None for seen in session.observations)
    if read < readings:
        raise refuse(
            "discharge-readings",
            f"Oxygen was read {read} times after the dose, and {readings} are wanted.",
            "Read it again.",
            read=read,
            readings=readings,
        )
    last = session.observations[-1] if session.observations else None
    if last is None or last.at < over:
        raise refuse(
            "discharge-last",
            f"The last checks have to come after the observation, which ended at {over:%H:%M} UTC.",
            "Check once more now.",
            over=over,
        )
    require_complete(last.bedside, "post_assessment_measures", given)
    if all(getattr(last.bedside, measure) is None for measure in BEYOND_OXYGEN):
        raise refuse(
            "discharge-oxygen-alone",
            "The last checks are oxygen alone, which stays normal while breathing fails.",
            "Check sedation and breathing too.",
            session=session.id,
        )
    if last.holds:
        raise refuse(
            "discharge-holds",
            f"The last checks do not clear the patient: {', '.join(last.holds)}.",
            "Go on observing, and check again; open an incident if you are worried.",
            holds=", ".join(last.holds),
        )


def end(site: Site, command: EndSession, given: Given) -> list[Fact]:
    """Record that a patient left uncleared, and how; never refused while something is owed."""
    session = session_of(
        site, command.session, HERE, IDENTIFIED, ASSESSED, PREPARED, OBSERVING, doing="leaving"
    )
    given.protocol.require("session_outcomes", command.outcome)
    if command.outcome == COMPLETED:
        raise refuse(
            "session-completed",
            "A session is completed by discharge, after its checks.",
            "Discharge the patient, or say how they left instead.",
            session=session.id,
        )
    return _leaving(site, session, command.outcome)


def _leaving(site: Site, session: Session, outcome: str) -> list[Fact]:
    """The session ends, and the visit with it unless it is over or an incident runs in it."""
    facts: list[Fact] = [SessionEnded(session.id, outcome)]
    if session.visit in site.visits and not site.open_incidents_of(session.visit):
        facts.append(VisitLeft(session.visit, outcome))
    return facts


def on_ended(site: Site, fact: SessionEnded, when: When) -> Site:
    """The session is over, or waits for what was prepared to be accounted for."""
    return ended(site, site.all_of(Session)[fact.session], fact.outcome, when)


COMMANDS = {
    "session.observe": Rule(ObserveSession, observe, FLOOR),
    "session.discharge": Rule(Discharge, discharge, CLINICAL),
    "session.end": Rule(EndSession, end, FLOOR),
}
FACTS = {
    "session.observed": Change(SessionObserved, on_observed),
    "session.ended": Change(SessionEnded, on_ended),
}
