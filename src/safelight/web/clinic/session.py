"""One session: the next step on top, what was seen and done beside it."""

from datetime import datetime
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse

from safelight.kernel.errors import Refused
from safelight.run.domain.base import FLOOR
from safelight.run.domain.clinic.gate import require_dose
from safelight.run.domain.clinic.ledger import find_register
from safelight.run.domain.clinic.patient import is_early, orders_of, patient_of
from safelight.run.domain.clinic.session import SIGNS
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Assessed, Bedside, Session
from safelight.run.domain.entities import Incident
from safelight.run.domain.register_entities import Register
from safelight.web.clinic.frame import clinic_context, given_now, open_clinic, said, would
from safelight.web.clinic.ports import clinic_node
from safelight.web.clinic.watching import watching
from safelight.web.floor.board import incident_of
from safelight.web.floor.frame import Frame, standing_alerts
from safelight.web.floor.words import Words
from safelight.web.local import Told
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

MEASURES = {
    "breathing_rate": "{} breaths a minute",
    "spo2": "SpO2 {}%",
    "breath_alcohol": "breath alcohol {} µg/100 ml",
}
STAGES = {
    "here": "Here",
    "identified": "Identity sure",
    "assessed": "Assessed",
    "prepared": "Dose prepared",
    "observing": "Observing",
    "left": "Left; something to account for",
    "ended": "Ended",
}


class Choice(NamedTuple):
    """An order that a dose could be prepared under, with its register and what speaks against."""

    order: Prescription
    register: Register | None
    dose: int
    units: int
    refusal: Told | None


class Seen(NamedTuple):
    """One line of a session's history."""

    at: datetime
    words: str
    detail: str = ""
    url: str = ""


@page("s/<str:site_id>/clinic/sessions/<str:session_id>", FLOOR, "clinic-session")
def session(request: PageRequest, site_id: str, session_id: str) -> HttpResponse:
    """Show one session."""
    frame = open_clinic(request, site_id)
    found = find_session(frame, session_id)
    return render(
        request, "clinic/session.html", clinic_context(frame, "clinic", **about(frame, found))
    )


def find_session(frame: Frame, session_id: str) -> Session:
    """Return a session, going on or past; raises Http404 for an unknown one."""
    found = frame.site.all_of(Session).get(session_id)
    found = found or frame.node.past_session(frame.site.id, session_id)
    if found is None:
        raise Http404("There is no such session.")
    return found


def about(frame: Frame, found: Session) -> dict[str, Any]:
    """Return what the page of a session shows."""
    site, words = frame.site, frame.words
    person = site.persons.get(found.person)
    visit = site.visits.get(found.visit)
    discharge = would(frame, "session.discharge", {"session": found.id})
    return {
        "session": found,
        "stage_words": STAGES[found.stage],
        "person": person,
        "handle": person.handle if person else found.person,
        "alerts": standing_alerts(person),
        "early": is_early(patient_of(site, found.person), words.now, frame.protocol),
        "visit": visit,
        "incident": incident_of(site, visit) if visit else None,
        "orders": {
            order.id: f"{words.of('drugs', order.drug)}, {words.of('drug_routes', order.route)}"
            for order in orders_of(site, found.person)
        },
        "choices": choices(frame, found) if found.stage == "assessed" else [],
        "order": site.all_of(Prescription).get(found.order) if found.order else None,
        "watch": watching(frame, found),
        "discharge_refusal": said(frame, discharge) if isinstance(discharge, Refused) else None,
        "hold_words": hold_words(frame),
        "history": history(frame, found),
        "told": lambda bedside: told(bedside, words),
    }


def choices(frame: Frame, session: Session) -> list[Choice]:
    """Return the orders that stand for a patient, and what the gate says to each of them now."""
    return [_choice(frame, session, order) for order in orders_of(frame.site, session.person)]


def _choice(frame: Frame, session: Session, order: Prescription) -> Choice:
    limit = session.limit if session.limited == order.id else None
    dose = order.dose if limit is None else limit
    refusal = None
    try:
        require_dose(frame.site, session, order.id, dose, given_now(frame))
    except Refused as error:
        refusal = said(frame, error)
    register = find_register(frame.site, order.drug, order.form, order.strength)
    return Choice(order, register, dose, -(-dose // order.strength), refusal)


def hold_words(frame: Frame) -> dict[str, str]:
    """Return the pack's words for what may speak against a dose."""
    return {hold.code: hold.text for hold in frame.protocol.holds}


def told(bedside: Bedside, words: Words) -> str:
    """Return an assessment on one line."""
    parts = [words.of("sedation_levels", bedside.sedation)]
    parts += [
        text.format(value)
        for measure, text in MEASURES.items()
        if (value := getattr(bedside, measure)) is not None
    ]
    if bedside.etco2_tenths is not None:
        parts.append(f"CO2 {bedside.etco2_tenths / 10:.1f} kPa")
    if bedside.signs:
        parts.append(words.each("intoxication_signs", bedside.signs).lower())
    elif bedside.looked_for_signs:
        parts.append(f"no {SIGNS} of intoxication")
    return ", ".join(filter(None, parts))


def history(frame: Frame, found: Session) -> list[Seen]:
    """Return what was seen and done, in order."""
    words, mg = frame.words, in_figures
    lines = [Seen(found.arrived_at, "Arrived")]
    if found.assessment:
        lines.append(_seen(found.assessment, "Assessed", frame))
    if found.prepared_at:
        two = f"{words.staff(found.prepared_by)} and {words.staff(found.checked_by)}"
        lines.append(Seen(found.prepared_at, "Prepared", f"{mg(found.prepared)} mg, by {two}"))
    if found.administered_at:
        by = words.of("administered_by", found.administered_by).lower()
        where = words.of("injection_sites", found.body_site).lower()
        detail = ", ".join(filter(None, (f"{mg(found.administered)} mg", f"by {by}", where)))
        lines.append(Seen(found.administered_at, "Injected", detail))
    if found.accounted_at:
        detail = (
            f"given {mg(found.administered)}, wasted {mg(found.wasted)}, "
            f"put back {mg(found.returned)} mg"
        )
        lines.append(Seen(found.accounted_at, "Accounted for", detail))
    lines += [_seen(each, "Observed", frame) for each in found.observations]
    lines += [_happened(each, frame) for each in incidents_of(frame, found.visit)]
    if found.ended_at:
        lines.append(Seen(found.ended_at, "Ended", words.of("session_outcomes", found.outcome)))
    return sorted(lines, key=lambda line: line.at)


def incidents_of(frame: Frame, visit: str) -> list[Incident]:
    """Return the incidents of a visit: those that run or are to be completed, and the past ones."""
    every = [*frame.site.incidents.values(), *clinic_node(frame).past_of(frame.site.id, Incident)]
    return [incident for incident in every if incident.visit == visit]


def _happened(incident: Incident, frame: Frame) -> Seen:
    words = frame.words
    ended = words.of("incident_outcomes", incident.outcome) if incident.closed_at else "Going on"
    url = frame.url(f"incidents/{incident.id}")
    return Seen(incident.opened_at, words.of("incident_kinds", incident.kind), ended, url)


def _seen(found: Assessed, what: str, frame: Frame) -> Seen:
    held = "; speaks against a dose: " if what == "Assessed" else "; not clear: "
    names = hold_words(frame)
    holds = ", ".join(names.get(hold, hold).lower() for hold in found.holds)
    return Seen(found.at, what, told(found.bedside, frame.words) + (held + holds if holds else ""))
