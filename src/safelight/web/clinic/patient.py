"""One patient of the clinic: orders, locks and reviews, doses and sessions; never a name."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse

from safelight.kernel.clock import local_day
from safelight.kernel.errors import Refused
from safelight.run.domain.base import FLOOR
from safelight.run.domain.clinic.day import clinic_day_of
from safelight.run.domain.clinic.licence import licences_of
from safelight.run.domain.clinic.oral import oral_on
from safelight.run.domain.clinic.patient import (
    MISSED_LIMIT,
    is_early,
    missed_by,
    orders_of,
    patient_of,
)
from safelight.run.domain.clinic.words import in_figures, in_words
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.register_entities import Register
from safelight.run.domain.treatment_entities import Treatment
from safelight.web.clinic.frame import clinic_context, open_clinic
from safelight.web.floor.frame import Frame, premises_of, standing_alerts
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

SESSIONS_SHOWN = 20


class Ordered(NamedTuple):
    """One order that stands, with whether its dates hold today."""

    order: Prescription
    state: str


class ByMouth(NamedTuple):
    """The part of an order that is taken by mouth."""

    order: Prescription
    had: int
    registers: dict[str, str]


@page("s/<str:site_id>/clinic/patients/<str:person_id>", FLOOR, "clinic-patient")
def patient(request: PageRequest, site_id: str, person_id: str) -> HttpResponse:
    """Show what decides whether a patient may have a dose."""
    frame = open_clinic(request, site_id)
    context = clinic_context(frame, "clinic", **about(frame, person_id))
    return render(request, "clinic/patient.html", context)


def about(frame: Frame, person_id: str) -> dict[str, Any]:
    """Return what the page of a patient shows; raises Http404 for somebody unknown."""
    site, now = frame.site, frame.words.now
    person = site.persons.get(person_id)
    if person is None:
        raise Http404("Nobody is known here under this code.")
    known = patient_of(site, person_id)
    today = local_day(now, premises_of(site).timezone)
    return {
        "person": person,
        "alerts": standing_alerts(person),
        "patient": known,
        "treatment": treatment_of(site.all_of(Treatment).values(), person_id),
        "early": is_early(known, now, frame.protocol),
        "missed": _missed(frame, person_id),
        "missed_limit": frame.protocol.optional(MISSED_LIMIT),
        "orders": [Ordered(order, _state(order, today)) for order in orders_of(site, person_id)],
        "orders_named": {
            order.id: f"{frame.words.of('drugs', order.drug)}, "
            f"{frame.words.of('drug_routes', order.route).lower()}, {in_figures(order.dose)} mg"
            for order in orders_of(site, person_id)
        },
        "oral_orders": oral_orders(frame, person_id, known),
        "registers": registers_of(frame, None),
        "my_licences": licences_of(site, frame.staff.staff, today),
        "today": today,
        "last_day": today + timedelta(days=(frame.protocol.optional("prescription_days") or 1) - 1),
        "sessions": frame.node.sessions_of(site.id, person_id, SESSIONS_SHOWN),
        "in_words": in_words,
    }


def oral_orders(frame: Frame, person_id: str, patient: Patient) -> list[ByMouth]:
    """Return the orders with a part by mouth, with what was given of it today."""
    orders = [order for order in orders_of(frame.site, person_id) if order.oral_drug]
    try:
        day = clinic_day_of(frame.site, frame.words.now, frame.protocol)
    except Refused:
        return []
    had = oral_on(patient, day)
    return [ByMouth(order, had, registers_of(frame, order.oral_drug)) for order in orders]


def registers_of(frame: Frame, drug: str | None) -> dict[str, str]:
    """Return the registers of a drug, or of all, as a list of choices."""
    words = frame.words
    return {
        register.id: f"{words.of('drugs', register.drug)}, "
        f"{words.of('drug_forms', register.form).lower()} {in_figures(register.strength)} mg"
        for register in sorted(frame.site.all_of(Register).values(), key=lambda each: each.id)
        if drug is None or register.drug == drug
    }


def treatment_of(treatments: Iterable[Treatment], person: str) -> Treatment | None:
    """Return the treatment of a person that is going on, or the newest there is."""
    theirs = [each for each in treatments if each.person == person]
    return max(theirs, key=lambda each: (each.running, each.referred_at), default=None)


def _missed(frame: Frame, person: str) -> int | None:
    """Return how many sessions passed without a dose, or None where the pack cannot say."""
    try:
        day = clinic_day_of(frame.site, frame.words.now, frame.protocol)
    except Refused:
        return None
    return missed_by(frame.site, person, day, frame.protocol)


def _state(order: Prescription, today: date) -> str:
    if order.valid_from > today:
        return f"from {order.valid_from:%d %B}"
    if order.valid_to < today:
        return f"ended {order.valid_to:%d %B}"
    return f"until {order.valid_to:%d %B}"
