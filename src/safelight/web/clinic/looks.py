"""Finding a patient by name, and the list of everybody who looked, found or printed one."""

from typing import NamedTuple

from django.http import HttpResponse

from safelight.kernel.clock import parse_instant
from safelight.kernel.errors import SafelightError
from safelight.run.domain.base import FLOOR, MANAGEMENT
from safelight.run.identity.access import NOBODY, Access, Reason, What
from safelight.run.identity.vault import SITE_NOTES
from safelight.web.clinic.frame import open_clinic
from safelight.web.clinic.ports import identities_of
from safelight.web.floor.frame import Frame
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

SHOWN = 100
FIND = {
    Reason.IDENTITY_CHECK: "To be sure who it is, before a dose",
    Reason.ADMISSION: "To see whether they are known, at admission",
    Reason.PRESCRIPTION: "For a prescription",
    Reason.PATIENT_ASKED: "The patient asked",
    Reason.EMERGENCY: "Emergency",
}
WHAT = {
    What.NOTE: "Read a note",
    What.ALIAS: "Saw the alias",
    What.IDENTITY: "Saw the name",
    What.PHOTOGRAPH: "Saw the photograph",
    What.IDENTITY_CHANGED: "Recorded or changed the name",
    What.PHOTOGRAPH_CHANGED: "Recorded or changed the photograph",
    What.SEARCHED: "Searched by name",
    What.FOUND: "Found by name",
    What.PRINTED: "Printed the name",
    What.ERASED: "Erased the person",
}


class Line(NamedTuple):
    """One line of the list, in words."""

    number: int
    when: str
    staff: str
    role: str
    who: str
    person: str  # the id, where there is a page to go to
    what: str
    reason: str


@page("s/<str:site_id>/patients/find", FLOOR, "find_patient", FORM)
def find_patient(request: PageRequest, site_id: str) -> HttpResponse:
    """Find patients by name or surname; the words are in no address and are not shown again."""
    frame = open_clinic(request, site_id)
    found, problem, status = None, None, 200
    if request.method == "POST":
        name, reason = request.POST.get("name", ""), request.POST.get("reason", "")
        try:
            found = identities_of(frame).find_by_name(site_id, name, request.staff, reason)
        except SafelightError as error:
            problem, status = error, 422
    context = frame.context("patient", found=found, reasons=FIND, problem=problem)
    return render(request, "clinic/find.html", context, status)


@page("s/<str:site_id>/looks", MANAGEMENT, "looks")
def looks(request: PageRequest, site_id: str) -> HttpResponse:
    """List who looked, newest first: at everybody, or at one person."""
    frame = open_clinic(request, site_id)
    before, person = request.GET.get("before", ""), request.GET.get("person", "")
    start = int(before) if before.isdecimal() and len(before) < len(str(1 << 62)) else None
    found = identities_of(frame).accesses(request.staff, SHOWN + 1, start, person or None)
    context = frame.context(
        "patient",
        lines=[_line(frame, each) for each in found[:SHOWN]],
        older=found[SHOWN - 1].number if len(found) > SHOWN else None,
        person=frame.site.persons.get(person),
    )
    return render(request, "clinic/looks.html", context)


def _line(frame: Frame, access: Access) -> Line:
    known, at = frame.site.persons.get(access.person), parse_instant(access.at)
    nobody = {NOBODY: "", SITE_NOTES: "the site"}
    what, _, title = access.what.partition(": ")
    words = dict(WHAT).get(What(what), what) if what in set(What) else what
    return Line(
        number=access.number,
        when=f"{frame.words.day(at)} {frame.words.seconds(at)}",
        staff=frame.words.staff(access.staff),
        role=access.role,
        who=known.handle if known else nobody.get(access.person, access.person),
        person=access.person if known else "",
        what=f"Printed: {title}" if title else words,
        reason=access.reason.replace("_", " ").capitalize(),
    )
