"""Incidents: overdoses, overamping, seizures and whatever else happens.

Opening one and adding to it is never refused for want of a form, a shift, a login or an
authority. What was left out is completed afterwards, openly and late.
"""

from msgspec.structs import replace

from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import (
    Code,
    HealthCode,
    IncidentId,
    PersonId,
    PlaceId,
    Sealed,
    Seq,
    VisitId,
)
from safelight.run.domain.base import (
    EMERGENCY,
    FLOOR,
    UNATTRIBUTED,
    Change,
    Command,
    Fact,
    Given,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.dosing_locks import lock_doses
from safelight.run.domain.entities import Incident, Naloxone, Reading, Step
from safelight.run.domain.episode import end_running, require_reading
from safelight.run.domain.site import Site
from safelight.run.domain.stock import batch_slug, moved
from safelight.run.domain.visit import VisitLeft

OBSERVATION, NALOXONE, NOTE = "observation", "naloxone", "note"
AMBULANCE = ("ambulance_called", "ambulance_arrived", "ambulance_left")
UNKNOWN_KIND = "collapse_unknown"
UNCLASSIFIED = "unclassified"
OPIOID_KINDS = frozenset({"opioid", "mixed"})
TO_HOSPITAL = frozenset({"to_hospital_ambulance", "to_hospital_other"})


class OpenIncident(Command, frozen=True):
    """Somebody needs help now. Everything may be left empty."""

    visit: VisitId | None = None
    place: PlaceId | None = None
    kind: HealthCode = UNKNOWN_KIND


class IncidentOpened(Fact, frozen=True):
    """An incident began."""

    incident: IncidentId
    kind: HealthCode
    visit: VisitId | None = None
    person: PersonId | None = None
    place: PlaceId | None = None


class RecordStep(Command, frozen=True):
    """One line of the timeline: an observation, a dose, or something that was done."""

    incident: IncidentId
    what: HealthCode
    reading: Reading | None = None
    naloxone: Naloxone | None = None
    note: Sealed | None = None


class StepRecorded(Fact, frozen=True):
    """Something was observed or done."""

    incident: IncidentId
    what: HealthCode
    reading: Reading | None = None
    naloxone: Naloxone | None = None
    note: Sealed | None = None


class CorrectStep(Command, frozen=True):
    """Put one line of the timeline right; the old line stays readable."""

    incident: IncidentId
    refers_to: Seq
    reason: Code
    what: HealthCode
    reading: Reading | None = None
    naloxone: Naloxone | None = None


class StepCorrected(Fact, frozen=True):
    """A line of the timeline was put right."""

    incident: IncidentId
    refers_to: Seq
    reason: Code
    what: HealthCode
    reading: Reading | None = None
    naloxone: Naloxone | None = None


class Classify(Command, frozen=True):
    """Say what kind of incident it is; as often as the picture changes."""

    incident: IncidentId
    kind: HealthCode


class IncidentClassified(Fact, frozen=True):
    """The kind of incident is known, or known better."""

    incident: IncidentId
    kind: HealthCode


class CloseIncident(Command, frozen=True):
    """End the emergency with a structured outcome."""

    incident: IncidentId
    outcome: HealthCode
    reason: HealthCode | None = None


class IncidentClosed(Fact, frozen=True):
    """The emergency is over."""

    incident: IncidentId
    outcome: HealthCode
    reason: HealthCode | None = None


class Reopen(Command, frozen=True):
    """The emergency was not over."""

    incident: IncidentId
    reason: Code


class IncidentReopened(Fact, frozen=True):
    """The emergency goes on."""

    incident: IncidentId
    reason: Code


class SayWhose(Command, frozen=True):
    """Say whose incident it is, or that it is nobody's who is treated here."""

    incident: IncidentId
    person: PersonId | None = None


class IncidentWhose(Fact, frozen=True):
    """It is known whose incident it is; nobody's, where no person is named."""

    incident: IncidentId
    person: PersonId | None = None


def open_incident(site: Site, command: OpenIncident, given: Given) -> list[Fact]:
    """Open at once; the only refusal leads to the incident of that person that is running."""
    visit_id = command.visit
    place = site.places.get(command.place) if command.place else None
    if visit_id is None and place is not None:
        visit_id = place.visit
    visit = site.visits.get(visit_id) if visit_id else None
    running = site.open_incidents_of(visit.id) if visit else []
    if running:
        raise refuse(
            "incident-running",
            "An incident of this person is running already.",
            "It is open on this screen now; add to it.",
            incident=running[0].id,
        )
    kinds = given.protocol.words("incident_kinds")
    kind = command.kind if not kinds or command.kind in kinds else UNKNOWN_KIND
    return [
        IncidentOpened(
            incident=derive_id("i", given.command),
            kind=kind,
            visit=visit.id if visit else None,
            person=visit.person if visit else None,
            place=command.place or (visit.place if visit else None),
        )
    ]


def on_opened(site: Site, fact: IncidentOpened, when: When) -> Site:
    """The incident runs."""
    incident = Incident(
        id=fact.incident,
        opened_at=when.happened_at,
        seq=when.seq,
        kind=fact.kind,
        visit=fact.visit,
        person=fact.person,
        place=fact.place,
        attributed_to=None if when.staff == UNATTRIBUTED else when.staff,
    )
    return remember_overdose(site.put(incident), incident, when)


def record_step(site: Site, command: RecordStep, given: Given) -> list[Fact]:
    """Add a line, during the incident or late; a closed incident takes late lines too."""
    incident = site.incident(command.incident)
    _require_step(command, given)
    return [
        StepRecorded(
            incident=incident.id,
            what=command.what,
            reading=command.reading,
            naloxone=command.naloxone,
            note=command.note,
        )
    ]


def _require_step(command: RecordStep | CorrectStep, given: Given) -> None:
    """Refuse a line that says nothing: an empty reading, naloxone without a dose."""
    what, dose = command.what, command.naloxone
    if what == OBSERVATION or command.reading not in {None, Reading()}:
        require_reading(command.reading or Reading(), given)
    if what == NALOXONE and dose is None:
        raise refuse(
            "naloxone-dose",
            "The dose and its route are missing.",
            "Choose what was given; the batch can be added later.",
        )
    if dose is not None:
        given.protocol.accept("naloxone_routes", dose.route)
    if isinstance(command, RecordStep) and what == NOTE and command.note is None:
        raise refuse("note-written", "The note is empty.", "Write it, or leave it out.")
    if what not in {OBSERVATION, NALOXONE, NOTE, *AMBULANCE}:
        given.protocol.accept("interventions", what)


def on_step(site: Site, fact: StepRecorded, when: When) -> Site:
    """The timeline has one more line; a dose leaves the stock of its batch."""
    incident = site.incident(fact.incident)
    step = Step(
        seq=when.seq,
        at=when.happened_at,
        recorded_at=when.recorded_at,
        staff=when.staff,
        what=fact.what,
        reading=fact.reading,
        naloxone=fact.naloxone,
        note=fact.note,
    )
    incident = replace(incident, steps=(*incident.steps, step))
    return _book_dose(lock_doses(site.put(incident), incident, when.recorded_at), step, -1)


def _book_dose(site: Site, step: Step, change: int) -> Site:
    """Return the site with a dose taken from the stock of its batch, or put back there."""
    dose = step.naloxone if step.what == NALOXONE else None
    if dose is None or dose.batch is None:
        return site
    lines = sorted(site.stock.values(), key=lambda line: line.id)
    named = batch_slug(dose.batch)
    line = next((line for line in lines if line.batch and batch_slug(line.batch) == named), None)
    return site.put(moved(line, change)) if line else site


def correct_step(site: Site, command: CorrectStep, given: Given) -> list[Fact]:
    """Correct a line that stands; a line that was corrected already is corrected no more."""
    incident = site.incident(command.incident)
    given.protocol.require("correction_reasons", command.reason)
    step = next((s for s in incident.steps if s.seq == command.refers_to), None)
    if step is None or step.corrected_by is not None:
        raise refuse(
            "line-stands",
            f"Entry {command.refers_to} is not a standing line of this incident.",
            "Reload the incident and correct the line that stands there now.",
            refers_to=command.refers_to,
        )
    _require_step(command, given)
    return [
        StepCorrected(
            incident=incident.id,
            refers_to=command.refers_to,
            reason=command.reason,
            what=command.what,
            reading=command.reading,
            naloxone=command.naloxone,
        )
    ]


def on_step_corrected(site: Site, fact: StepCorrected, when: When) -> Site:
    """The old line points to its correction; the new one stands, and its dose with it."""
    incident = site.incident(fact.incident)
    for step in incident.steps:
        if step.seq == fact.refers_to:
            site = _book_dose(site, step, +1)
    steps = tuple(
        replace(s, corrected_by=when.seq) if s.seq == fact.refers_to else s for s in incident.steps
    )
    step = Step(
        seq=when.seq,
        at=when.happened_at,
        recorded_at=when.recorded_at,
        staff=when.staff,
        what=fact.what,
        reading=fact.reading,
        naloxone=fact.naloxone,
    )
    incident = replace(incident, steps=(*steps, step))
    return _book_dose(lock_doses(site.put(incident), incident, when.recorded_at), step, -1)


def classify(site: Site, command: Classify, given: Given) -> list[Fact]:
    """Name the kind."""
    incident = site.incident(command.incident)
    given.protocol.accept("incident_kinds", command.kind)
    return [IncidentClassified(incident.id, command.kind)]


def on_classified(site: Site, fact: IncidentClassified, when: When) -> Site:
    """The incident has its kind, and an overdose is remembered with the person."""
    incident = replace(site.incident(fact.incident), kind=fact.kind)
    return remember_overdose(site.put(incident), incident, when)


def say_whose(site: Site, command: SayWhose, _: Given) -> list[Fact]:
    """Name the person of an incident that was opened for nobody in particular."""
    incident = site.incident(command.incident)
    if incident.person is not None:
        raise refuse(
            "incident-whose",
            "It is known already whose incident this is.",
            "Open the list of incidents if you meant another one.",
            incident=incident.id,
        )
    person = site.person(command.person).id if command.person else None
    return [IncidentWhose(incident.id, person)]


def on_whose(site: Site, fact: IncidentWhose, when: When) -> Site:
    """The incident is about that person, or about nobody who is treated here."""
    incident = replace(
        site.incident(fact.incident), person=fact.person, about_nobody_here=fact.person is None
    )
    return remember_overdose(site.put(incident), incident, when)


def remember_overdose(site: Site, incident: Incident, when: When) -> Site:
    """Return the site in which the person of an overdose carries its time, and gets no dose."""
    site = lock_doses(site, incident, when.recorded_at)
    person = site.persons.get(incident.person) if incident.person else None
    if person is None or incident.kind not in OPIOID_KINDS:
        return site
    latest = max(filter(None, (person.last_overdose_at, incident.opened_at)))
    return site.put(replace(person, last_overdose_at=latest))


def close_incident(site: Site, command: CloseIncident, given: Given) -> list[Fact]:
    """End it with an outcome; 'unclassified' only with a reason, so that it is never silent."""
    incident = site.incident(command.incident)
    if incident.closed_at is not None:
        raise refuse(
            "incident-open",
            "This incident is closed already.",
            "Add late lines to it, or reopen it.",
            incident=incident.id,
        )
    require_classified(command.outcome, command.reason, "outcome", given)
    given.protocol.accept("incident_outcomes", command.outcome)
    facts: list[Fact] = [IncidentClosed(incident.id, command.outcome, command.reason)]
    visit = site.visits.get(incident.visit) if incident.visit else None
    others = [i for i in site.open_incidents_of(visit.id) if i.id != incident.id] if visit else []
    if visit is not None and not others and command.outcome in TO_HOSPITAL:
        facts += [*end_running(visit), VisitLeft(visit.id, "to_hospital")]
    return facts


def require_classified(code: str, reason: str | None, what: str, given: Given) -> None:
    """Refuse 'unclassified' without a reason."""
    if code != UNCLASSIFIED:
        return
    if reason is None:
        raise refuse(
            f"{what}-classified",
            f"'Unclassified' needs a reason: without one the {what} would be lost for good.",
            "Choose the reason, or better the " + what + ".",
            outcome=code,
        )
    given.protocol.accept("unclassified_reasons", reason)


def on_incident_closed(site: Site, fact: IncidentClosed, when: When) -> Site:
    """The emergency has its outcome. Whoever came into treatment meanwhile is locked too."""
    incident = replace(
        site.incident(fact.incident),
        outcome=fact.outcome,
        outcome_reason=fact.reason,
        closed_at=when.happened_at,
    )
    return lock_doses(site.put(incident), incident, when.recorded_at)


def reopen(site: Site, command: Reopen, given: Given) -> list[Fact]:
    """Reopen a closed incident."""
    incident = site.incident(command.incident)
    given.protocol.require("correction_reasons", command.reason)
    if incident.closed_at is None:
        raise refuse(
            "incident-closed",
            "This incident is not closed.",
            "Nothing to reopen: add to it.",
            incident=incident.id,
        )
    return [IncidentReopened(incident.id, command.reason)]


def on_reopened(site: Site, fact: IncidentReopened, _: When) -> Site:
    """The emergency runs again and is completed again; what was completed stays in the journal."""
    incident = site.incident(fact.incident)
    return site.put(
        replace(incident, outcome=None, outcome_reason=None, closed_at=None, completion=None)
    )


COMMANDS = {
    "incident.open": Rule(OpenIncident, open_incident, EMERGENCY),
    "incident.record": Rule(RecordStep, record_step, EMERGENCY),
    "incident.correct": Rule(CorrectStep, correct_step, FLOOR),
    "incident.classify": Rule(Classify, classify, EMERGENCY),
    "incident.whose": Rule(SayWhose, say_whose, FLOOR),
    "incident.close": Rule(CloseIncident, close_incident, FLOOR),
    "incident.reopen": Rule(Reopen, reopen, FLOOR),
}
FACTS = {
    "incident.opened": Change(IncidentOpened, on_opened),
    "incident.step_recorded": Change(StepRecorded, on_step),
    "incident.step_corrected": Change(StepCorrected, on_step_corrected),
    "incident.classified": Change(IncidentClassified, on_classified),
    "incident.whose_said": Change(IncidentWhose, on_whose),
    "incident.closed": Change(IncidentClosed, on_incident_closed),
    "incident.reopened": Change(IncidentReopened, on_reopened),
}
