"""The clinic's board: today's patients, and what stands in the way of doses for everybody."""

from typing import Any, NamedTuple

from django.http import HttpResponse

from safelight.kernel.errors import Refused
from safelight.run.domain.base import FLOOR
from safelight.run.domain.clinic.board import (
    DONE,
    DUE,
    IN_SESSION,
    LATER,
    MISSED,
    NO_ORDER,
    OBSERVED,
    READY,
    TO_ACCOUNT,
    WAITING,
    Expected,
    open_slot,
    todays_patients,
)
from safelight.run.domain.clinic.patient import EARLY_DAYS, require_nobody_unknown
from safelight.run.domain.register_entities import Discrepancy
from safelight.run.domain.site import Site
from safelight.web.clinic.frame import clinic_context
from safelight.web.clinic.watching import Watching, watching
from safelight.web.floor.frame import Frame, open_frame
from safelight.web.floor.words import plain
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

# In the order in which staff look: who needs eyes, who is next, who comes, who is done.
LANES = (
    ("observing", "Observing", (OBSERVED,)),
    ("ready", "Dose prepared", (READY,)),
    ("in-session", "In session", (IN_SESSION,)),
    ("waiting", "Waiting", (WAITING,)),
    ("to-account", "To account for", (TO_ACCOUNT,)),
    ("due", "Due now", (DUE,)),
    ("later", "Later today", (LATER,)),
    ("missed", "Missed today", (MISSED,)),
    ("no-order", "No order today", (NO_ORDER,)),
    ("done", "Done today", (DONE,)),
)


class Row(NamedTuple):
    """One patient as the board shows them."""

    patient: Expected
    marks: list[tuple[str, str]]  # words, and how urgent: "bad", "" or "quiet"
    can_begin: bool
    watch: Watching | None = None


class Lane(NamedTuple):
    """Everybody who stands at one point of the day."""

    key: str
    title: str
    rows: list[Row]


@page("s/<str:site_id>/clinic", FLOOR, "clinic")
def clinic(request: PageRequest, site_id: str) -> HttpResponse:
    """Show today's patients."""
    frame = open_frame(request, site_id)
    return render(request, "clinic/board.html", clinic_context(frame, "clinic", **today(frame)))


def today(frame: Frame) -> dict[str, Any]:
    """Return everything that the board shows; a pack that leaves something out is named."""
    now = frame.words.now
    try:
        patients = todays_patients(frame.site, now, frame.protocol)
        slot = open_slot(frame.site, now, frame.protocol)
    except Refused as error:
        return {"lanes": [], "problem": f"{error.message} {error.remedy}", "slot": None}
    return {
        "lanes": lanes(patients, frame),
        "problem": "No shift is open." if frame.site.shift is None else "",
        "unnamed": unnamed_overdose(frame.site),
        "slot": slot,
        "missed": [each for each in patients if each.missed_today],
        "discrepancies": list(frame.site.all_of(Discrepancy).values()),
    }


def lanes(patients: list[Expected], frame: Frame) -> list[Lane]:
    """Return the lanes that have anybody in them."""
    found = [
        Lane(key, title, [row(one, frame) for one in patients if one.state in states])
        for key, title, states in LANES
    ]
    return [lane for lane in found if lane.rows]


def row(patient: Expected, frame: Frame) -> Row:
    """Return a patient with what staff must know before they begin."""
    marks: list[tuple[str, str]] = []
    if patient.locked_for:
        reasons = frame.words.each("lock_reasons", patient.locked_for)
        marks.append((f"No dose before a prescriber's review: {reasons.lower()}", "bad"))
    elif patient.needs_review:
        marks.append((f"{patient.missed} sessions missed: prescriber's review", "bad"))
    if patient.session is not None and patient.session.assessment is not None:
        holds = patient.session.assessment.holds
        if holds and patient.session.hold_lifted_at is None:
            marks.append(("Held: " + ", ".join(plain(hold).lower() for hold in holds), "bad"))
    if patient.missed_today:
        marks.append((f"Missed today: {patient.missed_today}", ""))
    if patient.early:
        days = frame.protocol.optional(EARLY_DAYS)
        marks.append((f"First {days} days", ""))
    watch = (
        watching(frame, patient.session) if patient.state == OBSERVED and patient.session else None
    )
    if watch is not None and watch.after_naloxone:
        marks.append((f"Naloxone {frame.words.time(watch.since)}", "bad"))
    return Row(patient, marks, patient.state in {DUE, LATER, MISSED}, watch)


def unnamed_overdose(site: Site) -> str:
    """Return the incident of which somebody has to say whose it is before any dose, if any."""
    try:
        require_nobody_unknown(site)
    except Refused as error:
        return str(error.values["incident"])
    return ""
