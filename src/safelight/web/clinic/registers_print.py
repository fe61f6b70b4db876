"""A register as PDF with names, and as a table without: made in memory, written down, handed out.

Names are on no page of this service but inside the file that is sent, and they lie in no folder
while it is made. That is why a print is no job at the desk, whose results are files: it is made
while the asker waits, one at a time, and a large one by a process of its own.
"""

import io
import threading
import zipfile
from collections.abc import Mapping
from datetime import date
from typing import Final

from django.http import HttpResponse

from safelight.kernel.errors import Invalid, NotSaved, Refused, SafelightError
from safelight.run.actions.tap import Tap
from safelight.run.domain.clinic.printing import PRINTING
from safelight.run.identity.access import Reason
from safelight.run.register.export import STATEMENT_SUFFIX
from safelight.run.register.layout import Layout, layout_of
from safelight.run.register.names import people_named
from safelight.run.register.office import Office, Wanted, pressed, printing_of, title_of
from safelight.web.accounts.service import display_names
from safelight.web.clinic.frame import clinic_context, would
from safelight.web.clinic.ports import identities_of
from safelight.web.clinic.registers_book import BOOK, find, named
from safelight.web.clinic.registers_words import today_of
from safelight.web.floor.frame import Frame, open_frame
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

WHY: Final = {
    Reason.REGISTER_PRINT: "Inspection, month's end, or to keep on paper",
    Reason.CORRECTION: "To find an entry and put it right",
}
TURN_SECONDS: Final = 30.0  # that somebody waits while another register is printed
ENTRY_SECONDS: Final = 30.0  # that the journal may take
NO_DIGEST: Final = "0" * 64
_PRESS: Final = threading.Lock()


@page(BOOK + "/print", PRINTING, "register-print", FORM)
def print_page(request: PageRequest, site_id: str, register_id: str) -> HttpResponse:
    """Ask for layout, days and reason; then send the file, once its entry stands."""
    frame = open_frame(request, site_id)
    found, office = find(frame, register_id), _office(request)
    problem, status = None, 200
    if request.method == "POST":
        try:
            return _made(request, frame, office, _wanted(request.POST, site_id, found.id))
        except SafelightError as error:
            problem, status = error, 503 if isinstance(error, NotSaved) else 422
    today = today_of(frame)
    context = clinic_context(
        frame,
        "registers",
        **named(frame, found),
        layouts={key: f"{one.title} ({key})" for key, one in office.layouts().items()},
        reasons=WHY,
        first=today.replace(day=1),
        last=today,
        typed=request.POST,
        problem=problem,
    )
    return render(request, "clinic/register_print.html", context, status)


def _office(request: PageRequest) -> Office:
    office = request.services.office
    if office is None:
        raise NotSaved(
            "office-open",
            "Registers cannot be printed here.",
            "Print it with `safelight register print`.",
        )
    return office


def _wanted(post: Mapping[str, str], site: str, register: str) -> Wanted:
    return Wanted(site, register, post.get("layout", ""), _day(post, "first"), _day(post, "last"))


def _day(post: Mapping[str, str], name: str) -> date | None:
    text = post.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(
            "print-day",
            "One of the days is no date.",
            "Choose it from the calendar, or leave it empty.",
        ) from None


def _made(request: PageRequest, frame: Frame, office: Office, wanted: Wanted) -> HttpResponse:
    layout = layout_of(office.layouts(), wanted.layout)
    _require_period(frame, wanted, layout)
    if not _PRESS.acquire(timeout=TURN_SECONDS):
        raise Refused(
            "press-free",
            "Another register is being printed just now.",
            "Try again in a minute.",
        )
    try:
        if request.POST.get("as") == "table":
            return _table(office, wanted)
        return _print(request, frame, office, wanted)
    finally:
        _PRESS.release()


def _require_period(frame: Frame, wanted: Wanted, layout: Layout) -> None:
    """Ask the rule what it will say, before any name is looked up."""
    fields = {
        "register": wanted.register,
        "site": wanted.site,
        "layout": layout.id,
        "layout_digest": layout.digest,
        "lines": 0,
        "digest": NO_DIGEST,
        "reason": Reason.REGISTER_PRINT.value,
        "first": wanted.first,
        "last": wanted.last,
    }
    answer = would(frame, "register.print", fields)
    if isinstance(answer, Refused):
        raise answer


def _print(request: PageRequest, frame: Frame, office: Office, wanted: Wanted) -> HttpResponse:
    """Print with names; the file leaves only once the journal says who printed it and why."""
    reason, now = request.POST.get("reason", ""), frame.words.now

    def people(persons: frozenset[str], layout: Layout) -> Mapping[str, str]:
        identities, title = identities_of(frame), title_of(wanted)
        found = identities.identities_for_print(persons, title, request.staff, reason)
        return people_named(found, layout)

    sheet = office.sheet(wanted, request.display_name, now, people=people, staff=display_names)
    pdf = pressed(sheet, now)
    command = printing_of(wanted, sheet, pdf, reason)
    tap = Tap(wanted.site, request.services.new_id(), "register.print", command, request.staff)
    try:
        frame.node.submit(tap).result(ENTRY_SECONDS)
    except TimeoutError as error:
        raise NotSaved(
            "no-answer", "The journal has not answered, so nothing is handed out.", "Try again."
        ) from error
    return _file(pdf, "application/pdf", f"{_stem(wanted)}.pdf")


def _table(office: Office, wanted: Wanted) -> HttpResponse:
    """Send the table and the proof beside it as one file, which keeps them together."""
    made, name = office.export(wanted), f"{_stem(wanted)}.csv"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), made.table, zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo(name + STATEMENT_SUFFIX), made.beside)
    return _file(packed.getvalue(), "application/zip", f"{_stem(wanted)}.zip")


def _stem(wanted: Wanted) -> str:
    """Return a name for the file: site, register and days, and nobody's name."""
    days = [f"{day:%Y-%m-%d}" if day else "" for day in (wanted.first, wanted.last)]
    period = "_to_".join(days) if any(days) else "all"
    return f"{wanted.site}_{wanted.register}_{period}"


def _file(data: bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(data, content_type=kind, headers=headers)
