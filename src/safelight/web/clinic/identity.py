"""Who a patient is: shown for a reason that is written down, recorded, put right, erased.

Nothing of it is in an address, a title or a log. The photograph comes inside the answer to the
form that asked for it, and so has no address that could be opened again without a reason.
"""

import base64
from datetime import date
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseRedirect

from safelight.kernel.errors import Invalid, NotSaved, Refused, SafelightError
from safelight.run.domain.base import FLOOR, MANAGEMENT
from safelight.run.domain.entities import Person
from safelight.run.identity.access import Reason
from safelight.run.identity.keys import Kind
from safelight.run.identity.records import Identity, Photograph
from safelight.web.clinic.frame import said
from safelight.web.clinic.ports import identities_of
from safelight.web.floor.frame import Frame, open_frame
from safelight.web.floor.person import find
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render
from safelight.web.wire import LARGEST_UPLOAD

LOOK = {
    Reason.IDENTITY_CHECK: "To be sure who it is, before a dose",
    Reason.PRESCRIPTION: "For a prescription",
    Reason.PATIENT_ASKED: "The patient asked",
    Reason.CORRECTION: "To put it right",
    Reason.EMERGENCY: "Emergency",
}
CHANGE = {
    Reason.ADMISSION: "Taken down at admission",
    Reason.CORRECTION: "It was wrong, or has changed",
    Reason.PATIENT_ASKED: "The patient asked",
}
ERASE = {
    Reason.PATIENT_ASKED: "The patient asked",
    Reason.RETENTION_OVER: "It has been kept as long as it had to be",
}
DONE = {
    "identity": "The name is kept.",
    "photograph": "The photograph is kept.",
    "erased": "Erased. Nothing can bring it back.",
}
_PATIENT = "s/<str:site_id>/patient/<str:person_id>/"


@page(_PATIENT + "identity", FLOOR, "identity", FORM)
def identity(request: PageRequest, site_id: str, person_id: str) -> HttpResponse:
    """Ask for the reason; then show who it is, after that was written down."""
    frame = open_frame(request, site_id)
    found = find(frame, person_id)
    if request.method != "POST":
        done = DONE.get(request.GET.get("done", ""), "")
        return _show(request, frame, found, {"done": done})
    reason = request.POST.get("reason", "")
    identities = identities_of(frame)
    try:
        known = identities.identity(found.id, request.staff, reason)
        picture = identities.photograph(found.id, request.staff, reason)
    except SafelightError as error:
        return _refused(request, frame, found, error)
    more = {
        "looked": True,
        "identity": known,
        "born": _spoken(known.born) if known and known.born else "",
        "photograph": data_address(picture) if picture else "",
        "typed": _typed(known),
    }
    return _show(request, frame, found, more)


@page(_PATIENT + "identity/change", FLOOR, "identity_change", FORM)
def change(request: PageRequest, site_id: str, person_id: str) -> HttpResponse:
    """Keep a name and an address; what cannot be kept is shown again to be put right."""
    frame = open_frame(request, site_id)
    found = find(frame, person_id)
    if request.method != "POST":
        return _back_to(frame, found)
    reason = request.POST.get("reason", "")
    try:
        given = _given(request)
        identities_of(frame).set_identity(site_id, found.id, given, request.staff, reason)
    except SafelightError as error:
        typed = {**request.POST.dict(), "open": True}
        return _refused(request, frame, found, error, typed)
    return _back_to(frame, found, "identity")


@page(_PATIENT + "photograph", FLOOR, "photograph", FORM, largest=LARGEST_UPLOAD)
def photograph(request: PageRequest, site_id: str, person_id: str) -> HttpResponse:
    """Keep a photograph."""
    frame = open_frame(request, site_id)
    found = find(frame, person_id)
    if request.method != "POST":
        return _back_to(frame, found)
    reason = request.POST.get("reason", "")
    try:
        data = _uploaded(request)
        identities_of(frame).set_photograph(site_id, found.id, data, request.staff, reason)
    except SafelightError as error:
        return _refused(request, frame, found, error)
    return _back_to(frame, found, "photograph")


@page(_PATIENT + "erase", MANAGEMENT, "identity_erase", FORM)
def erase(request: PageRequest, site_id: str, person_id: str) -> HttpResponse:
    """Say what erasing means; then do it, where no register needs the name."""
    frame = open_frame(request, site_id)
    found = find(frame, person_id)
    problem, status = None, 200
    if request.method == "POST":
        try:
            _require_sure(request)
            identities_of(frame).erase_identity(
                site_id, found.id, request.staff, request.POST.get("reason", "")
            )
            return _back_to(frame, found, "erased")
        except SafelightError as error:
            problem, status = said(frame, error), _status(error)
    context = frame.context("patient", person=found, reasons=ERASE, problem=problem)
    return render(request, "clinic/erase.html", context, status)


def data_address(picture: Photograph) -> str:
    """Return a picture as an address that holds the whole of it."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"


def _show(
    request: PageRequest, frame: Frame, found: Person, more: dict[str, Any], status: int = 200
) -> HttpResponse:
    kept = identities_of(frame).kept(found.id)
    context = frame.context(
        "patient",
        person=found,
        has_identity=Kind.IDENTITY in kept,
        has_photograph=Kind.PHOTOGRAPH in kept,
        look_reasons=LOOK,
        change_reasons=CHANGE,
        manages=request.staff.role in MANAGEMENT,
        **more,
    )
    return render(request, "clinic/identity.html", context, status)


def _refused(
    request: PageRequest,
    frame: Frame,
    found: Person,
    error: SafelightError,
    typed: dict[str, Any] | None = None,
) -> HttpResponse:
    more = {"problem": said(frame, error), "typed": typed or {}}
    return _show(request, frame, found, more, _status(error))


def _status(error: SafelightError) -> int:
    return 503 if isinstance(error, NotSaved) else 422


def _back_to(frame: Frame, found: Person, done: str = "") -> HttpResponse:
    asked = f"?done={done}" if done else ""
    return HttpResponseRedirect(frame.url(f"patient/{found.id}/identity{asked}"))


def _given(request: PageRequest) -> Identity:
    """Return what the form says; raises Invalid for a date of birth that is none."""
    post = request.POST
    return Identity(post.get("name", ""), tuple(post.get("address", "").splitlines()), _born(post))


def _born(post: Any) -> date | None:  # noqa: ANN401 - as Django has it
    parts = [post.get(f"born_{part}", "").strip() for part in ("year", "month", "day")]
    if not any(parts):
        return None
    try:
        return date(*map(int, parts))
    except (ValueError, OverflowError):
        raise Invalid(
            "identity-born",
            "The date of birth is no date.",
            "Give day, month and the whole year, such as 31 3 1980, or leave all three empty.",
        ) from None


def _typed(known: Identity | None) -> dict[str, str]:
    """Return an identity as the fields of its form."""
    if known is None:
        return {}
    born = known.born
    typed = {"name": known.name, "address": "\n".join(known.address)}
    if born is not None:
        typed |= {f"born_{part}": str(getattr(born, part)) for part in ("day", "month", "year")}
    return typed


def _spoken(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _uploaded(request: PageRequest) -> bytes:
    """Return the file that was sent; it never was on a disk."""
    sent = request.FILES.get("photograph")
    if not isinstance(sent, UploadedFile):
        raise Invalid("photograph-given", "No file was chosen.", "Choose a photograph first.")
    return bytes(sent.read())


def _require_sure(request: PageRequest) -> None:
    if request.POST.get("sure") != "yes":
        raise Refused(
            "erase-sure",
            "Nothing was erased: the box is not ticked.",
            "Read what is lost, tick the box and send it again.",
        )
