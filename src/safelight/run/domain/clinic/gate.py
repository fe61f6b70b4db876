"""The one gate before a dose, passed twice: when it is prepared, and when it is about to be given.

Safelight computes no dose. It compares what somebody asks for with the order, the pack, the
patient's last doses and the trusted time, and refuses what does not fit.
"""

from datetime import timedelta
from typing import Final

from safelight.run.domain.authority import TREATMENT, require_authority
from safelight.run.domain.base import Given, refuse
from safelight.run.domain.clinic.day import clinic_day
from safelight.run.domain.clinic.licence import clinic_date, require_standing_licence
from safelight.run.domain.clinic.patient import (
    KEPT,
    order_of,
    patient_of,
    require_in_treatment,
    require_nobody_unknown,
    require_unlocked,
)
from safelight.run.domain.clinic.proof import require_trusted_clock
from safelight.run.domain.clinic.words import MILLIGRAM, in_figures
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Dose, Patient, Session
from safelight.run.domain.site import Site

INTERVAL: Final = "dose_interval_minutes"
WINDOW: Final = "dose_window_hours"
FRESH: Final = "pre_assessment_minutes"
CONSENT: Final = "treatment"


def require_dose(
    site: Site, session: Session, order_id: str | None, quantity: int, given: Given
) -> Prescription:
    """Return the order under which a patient may be given a quantity now; refuses otherwise."""
    require_trusted_clock(given)
    require_treated(site, session.person, given)
    _require_here(site, session)
    patient = patient_of(site, session.person)
    require_unlocked(site, patient, given)
    order = require_order_now(site, session.person, order_id, given)
    _require_quantity(session, order, quantity)
    _require_interval(patient, given)
    _require_day(site, patient, order, quantity, given)
    _require_window(patient, order, quantity, given)
    _require_assessment(session, given)
    return order


def require_treated(site: Site, person: str, given: Given) -> None:
    """Refuse whoever is not treated here under an authority and with their consent."""
    require_authority(site, TREATMENT, given)
    _require_consent(site, person)
    require_nobody_unknown(site)


def _require_here(site: Site, session: Session) -> None:
    """Refuse a dose to somebody who was taken to hospital with the session still open."""
    if session.visit not in site.visits:
        raise refuse(
            "dose-here",
            "This patient's visit is over.",
            "End the session; another one begins when they come back.",
            session=session.id,
        )


def _require_consent(site: Site, person: str) -> None:
    treatment = require_in_treatment(site, person)
    if not any(c.purpose == CONSENT and c.withdrawn_at is None for c in treatment.consents):
        raise refuse(
            "dose-consent",
            "This patient has not consented to the treatment, or has withdrawn consent.",
            "Ask for consent and record it under Treatment.",
            person=person,
        )


def require_order_now(site: Site, person: str, order_id: str | None, given: Given) -> Prescription:
    """Return a person's order that stands and holds today; refuses any other."""
    order = order_of(site, person, order_id)
    today = clinic_date(site, given)
    if not order.valid_from <= today <= order.valid_to:
        raise refuse(
            "dose-order-dates",
            f"The order holds from {order.valid_from} to {order.valid_to}; today is {today}.",
            "A prescriber signs a new order.",
            order=order.id,
            day=today,
        )
    require_standing_licence(site, order.licence, today)
    return order


def _require_quantity(session: Session, order: Prescription, quantity: int) -> None:
    if session.limit is not None and session.limited != order.id:
        raise refuse(
            "dose-reduced-other",
            f"A prescriber reduced the dose of {session.limited} in this session, not {order.id}.",
            "Give under that order; or a prescriber reduces this one too.",
            order=order.id,
            reduced=session.limited,
        )
    allowed = order.dose if session.limit is None else session.limit
    if quantity != allowed:
        raise refuse(
            "dose-quantity",
            f"{in_figures(quantity)} mg is not what may be given: {in_figures(allowed)} mg in "
            "this session.",
            "Give that. Only a prescriber may reduce it, and nobody may go beyond the order.",
            quantity=quantity,
            allowed=allowed,
        )
    left = order.total - order.given
    if quantity > left:
        raise refuse(
            "dose-total",
            f"Of the order's total {in_figures(left)} mg are left, not {in_figures(quantity)}.",
            "A prescriber signs a new order.",
            left=left,
        )


def _require_interval(patient: Patient, given: Given) -> None:
    minutes = given.protocol.number(INTERVAL)
    if patient.last_dose_at is None:
        return
    gap = given.now - patient.last_dose_at
    if gap < timedelta(minutes=minutes):
        earliest = patient.last_dose_at + timedelta(minutes=minutes)
        raise refuse(
            "dose-interval",
            f"The last dose was at {patient.last_dose_at:%d %B %H:%M} UTC, and {minutes} minutes "
            "have to pass.",
            f"Wait until {earliest:%H:%M} UTC.",
            last_dose_at=patient.last_dose_at,
            earliest=earliest,
        )


def _require_day(
    site: Site, patient: Patient, order: Prescription, quantity: int, given: Given
) -> None:
    """The clinic day's doses and quantity, within the order and within the pack."""
    today = clinic_day(site, given)
    doses = [dose for dose in patient.doses if dose.day == today]
    most = _most_doses(order, given)
    if len(doses) >= most:
        raise refuse(
            "dose-sessions",
            f"{len(doses)} doses were given on {today}, and {most} are allowed in a day.",
            "The next clinic day brings the next dose.",
            doses=len(doses),
            most=most,
        )
    _require_within("daily", f"the clinic day {today}", doses, order, quantity, given)


def _require_window(patient: Patient, order: Prescription, quantity: int, given: Given) -> None:
    """As for the day, in any stretch of so many hours: a day's turn brings no second ration."""
    hours = given.protocol.number(WINDOW)
    window = timedelta(hours=hours)
    if window > KEPT:
        raise refuse(
            "dose-window-kept",
            f"The pack looks back {hours} hours, and doses are kept for {KEPT.days} days.",
            f"Set {WINDOW} to {KEPT.days * 24} or less.",
            hours=hours,
        )
    doses = [dose for dose in patient.doses if given.now - dose.at < window]
    most = _most_doses(order, given)
    if len(doses) >= most:
        raise refuse(
            "dose-window",
            f"{len(doses)} doses were given in the last {hours} hours, and {most} are allowed.",
            f"Wait until {doses[-most].at + window:%d %B %H:%M} UTC.",
            doses=len(doses),
            most=most,
        )
    when = f"the last {hours} hours"
    _require_within("window-quantity", when, doses, order, quantity, given)


def _most_doses(order: Prescription, given: Given) -> int:
    """Return how many doses a day are within the order and within the pack."""
    return min(order.sessions, given.protocol.number("sessions_per_day"))


def _require_within(
    limit: str, when: str, doses: list[Dose], order: Prescription, quantity: int, given: Given
) -> None:
    """Refuse what passes, with what was given meanwhile, a day's quantity by order or by pack."""
    had = sum(dose.quantity for dose in doses if dose.drug == order.drug)
    ceiling = given.protocol.number(f"{order.drug}_daily_maximum_mg") * MILLIGRAM
    most = min(order.daily, ceiling)
    if had + quantity > most:
        raise refuse(
            f"dose-{limit}",
            f"In {when} {in_figures(had)} mg were given; {in_figures(quantity)} more would pass "
            f"{in_figures(most)} mg.",
            f"At most {in_figures(max(0, most - had))} mg are left; a prescriber decides.",
            had=had,
            quantity=quantity,
            most=most,
        )


def _require_assessment(session: Session, given: Given) -> None:
    found = session.assessment
    minutes = given.protocol.number(FRESH)
    if found is None or given.now - found.at > timedelta(minutes=minutes):
        raise refuse(
            "dose-assessed",
            f"There is no assessment of this patient, or it is older than {minutes} minutes.",
            "Assess the patient now.",
            session=session.id,
        )
    if found.holds and session.hold_lifted_at is None:
        raise refuse(
            "dose-held",
            f"The assessment speaks against a dose: {', '.join(found.holds)}.",
            "Withhold the dose, or ask somebody who may decide; only a prescriber may reduce it.",
            session=session.id,
        )
