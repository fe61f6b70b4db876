"""Emergencies: the running timeline, its completion, and the list of them all."""

from typing import NamedTuple

from django.http import Http404, HttpResponse

from safelight.run.domain.advice import Advice, advice
from safelight.run.domain.base import FLOOR, UNATTRIBUTED
from safelight.run.domain.entities import Incident, Naloxone, Step, StockLine
from safelight.run.domain.incident import AMBULANCE, NOTE, OBSERVATION
from safelight.run.domain.treatment_entities import Treatment
from safelight.web.floor.frame import Frame, is_clinic, open_frame, standing_alerts, whose
from safelight.web.floor.words import Words
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

# What a hand reaches for first comes first; whatever else the pack lists follows.
FIRST_ACTIONS = (
    "stimulation",
    "airway",
    "oxygen",
    "bag_valve_mask",
    "recovery_position",
    "cpr_started",
    "aed_attached",
    "aed_shock",
)
PAST_SHOWN = 100


class Action(NamedTuple):
    """One thing that can be done, and how often and when it was done last."""

    what: str
    words: str
    times: int
    last: str


class Dose(NamedTuple):
    """A dose that can be given again with one tap."""

    words: str
    dose: Naloxone


class Row(NamedTuple):
    """One incident in the list."""

    incident: Incident
    who: str
    todo: list[str]


@page("s/<str:site_id>/incidents", FLOOR, "incidents")
def incidents(request: PageRequest, site_id: str) -> HttpResponse:
    """List what runs, what is to be completed, and what is over."""
    frame = open_frame(request, site_id)
    known = list(frame.site.incidents.values())
    past = frame.node.past_incidents(site_id, PAST_SHOWN)
    every = {incident.id: incident for incident in [*past, *known]}
    rows = [
        Row(incident, whose(frame.site, incident, frame.words), still_to_do(incident))
        for incident in sorted(every.values(), key=lambda i: i.opened_at, reverse=True)
    ]
    return render(
        request,
        "floor/incidents.html",
        frame.context(
            "incidents",
            to_do=[row for row in rows if row.incident.closed_at and row.todo],
            done=[row for row in rows if row.incident.closed_at and not row.todo],
        ),
    )


@page("s/<str:site_id>/incidents/<str:incident_id>", FLOOR, "incident")
def incident(request: PageRequest, site_id: str, incident_id: str) -> HttpResponse:
    """Show one incident: while it runs, everything that can be done; afterwards, its record."""
    frame = open_frame(request, site_id)
    found = find_incident(frame, incident_id)
    person = frame.site.persons.get(found.person) if found.person else None
    steps = sorted(found.steps, key=lambda step: (step.at, step.seq), reverse=not found.closed_at)
    context = frame.context(
        f"incident-{found.id}",
        incident=found,
        who=whose(frame.site, found, frame.words),
        alerts=standing_alerts(person),
        steps=steps,
        late=is_late,
        advice=advised(found, frame),
        actions=actions(found, frame.words),
        first_actions=sum(code in frame.words.all("interventions") for code in FIRST_ACTIONS),
        summary=summary(found, frame.words),
        ambulance=[_action(found, what, frame.words) for what in AMBULANCE],
        doses=doses(found, frame.words),
        batches=naloxone_batches(frame),
        perhaps=perhaps(found, frame),
        unattributed=found.attributed_to is None
        or any(step.staff == UNATTRIBUTED for step in found.steps),
        todo=still_to_do(found),
        step_words={w: frame.words.step(w) for w in step_codes(frame.words)},
        correctable=frame.may("incident.correct"),
    )
    return render(request, "floor/incident.html", context)


def perhaps(found: Incident, frame: Frame) -> dict[str, str] | None:
    """Return whose incident it may be, by id, or None where that is known or no dose waits for it.

    Whoever is treated at a clinic or is known and there just now.
    """
    treated = {t.person for t in frame.site.all_of(Treatment).values() if t.is_open}
    if found.person or found.about_nobody_here or not (treated or is_clinic(frame.site)):
        return None
    here = {visit.person for visit in frame.site.visits.values() if visit.person}
    known = [frame.site.persons[key] for key in treated | here if key in frame.site.persons]
    return {person.id: person.handle for person in sorted(known, key=lambda one: one.handle)}


def find_incident(frame: Frame, incident_id: str) -> Incident:
    """Return an incident, running or past; raises Http404 for an unknown one."""
    found = frame.site.incidents.get(incident_id)
    found = found or frame.node.past_incident(frame.site.id, incident_id)
    if found is None:
        raise Http404("There is no such incident.")
    return found


def still_to_do(found: Incident) -> list[str]:
    """Return what is missing from the record of an incident."""
    todo = []
    if found.closed_at is None:
        todo.append("Outcome")
    if found.completion is None:
        todo.append("Completion")
    if found.debrief is None:
        todo.append("Debrief")
    if found.attributed_to is None:
        todo.append("Who recorded it")
    return todo


def is_late(step: Step) -> bool:
    """Tell whether a line was written a minute or more after it happened."""
    return (step.recorded_at - step.at).total_seconds() >= 60  # noqa: PLR2004 - a minute


def step_codes(words: Words) -> list[str]:
    """Return everything that a line of the timeline may be about, besides a dose."""
    return [*words.all("interventions"), *AMBULANCE, OBSERVATION, NOTE]


def actions(found: Incident, words: Words) -> list[Action]:
    """Return the buttons for what can be done, the most urgent first."""
    listed = words.all("interventions")
    codes = [code for code in FIRST_ACTIONS if code in listed]
    codes += [code for code in listed if code not in FIRST_ACTIONS]
    return [_action(found, code, words) for code in codes]


def _action(found: Incident, what: str, words: Words) -> Action:
    done = [s for s in found.steps if s.what == what and s.corrected_by is None]
    last = max((s.at for s in done), default=None)
    return Action(what, words.step(what), len(done), words.time(last))


def doses(found: Incident, words: Words) -> list[Dose]:
    """Return doses for one tap: those of the pack, then those of this incident.

    The pack names them under ``naloxone_doses``, as ``intramuscular_400``: route, micrograms.
    """
    offered: dict[tuple[str, int, str | None], Dose] = {}
    for code, text in words.all("naloxone_doses").items():
        route, _, micrograms = code.rpartition("_")
        if micrograms.isdigit():
            offered[route, int(micrograms), None] = Dose(text, Naloxone(int(micrograms), route))
    for step in found.steps:
        dose = step.naloxone
        if dose is not None and step.corrected_by is None:
            key = (dose.route, dose.micrograms, dose.batch)
            offered[key] = Dose(f"Same again: {words.dose(dose)}", dose)
    return list(offered.values())


def advised(found: Incident, frame: Frame) -> list[Advice]:
    """Return what the pack advises: what is due, then what always holds, then what comes."""
    lines = advice(found, frame.protocol, frame.words.now)
    return sorted(lines, key=_urgency)


def _urgency(line: Advice) -> tuple[bool, bool, float]:
    return not line.due, line.due_at is None, line.due_at.timestamp() if line.due_at else 0.0


def summary(found: Incident, words: Words) -> list[str]:
    """Return what the timeline adds up to: last observation, naloxone, ambulance."""
    standing = [step for step in found.steps if step.corrected_by is None]
    seen = [step for step in standing if step.reading is not None]
    doses = [step for step in standing if step.naloxone is not None]
    calls = [step for step in standing if step.what in AMBULANCE]
    parts = []
    if seen:
        last = max(seen, key=lambda step: (step.at, step.seq))
        parts.append(f"{words.time(last.at)}: {words.detail(last)}")
    if doses:
        total = sum(step.naloxone.micrograms for step in doses if step.naloxone)
        last_at = max(step.at for step in doses)
        count = f"{len(doses)} {'dose' if len(doses) == 1 else 'doses'}"
        parts.append(f"Naloxone {count}, {total:,} micrograms, last {words.time(last_at)}")
    if calls:
        last_call = max(calls, key=lambda step: (step.at, step.seq))
        parts.append(f"{words.step(last_call.what)} {words.time(last_call.at)}")
    return parts or ["Nothing recorded yet"]


def naloxone_batches(frame: Frame) -> dict[str, str]:
    """Return the batches in stock of whatever the pack wants by batch, for the list of choices."""
    labelled = frame.protocol.words("equipment_with_batch")
    lines = [line for line in frame.site.stock.values() if line.item in labelled and line.quantity]
    lines.sort(key=lambda line: (str(line.expires or ""), line.id))
    return {line.batch: batch_words(frame, line) for line in lines if line.batch}


def batch_words(frame: Frame, line: StockLine) -> str:
    """Return a batch as a list of choices names it."""
    expires = f", to {line.expires:%b %Y}" if line.expires else ""
    item = frame.words.of("equipment", line.item)
    return f"{line.batch}: {item}{expires} ({line.quantity} left)"
