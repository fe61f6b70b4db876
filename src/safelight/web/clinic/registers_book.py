"""One register as a book: its numbered pages of lines, and whatever is entered into it."""

from datetime import date
from typing import Any, Final

from django.http import Http404, HttpResponse

from safelight.run.domain.authority import holds
from safelight.run.domain.base import HANDLING, INSPECTING
from safelight.run.domain.clinic.destruction import APART
from safelight.run.domain.clinic.ledger import SIGNS, register_of
from safelight.run.domain.register_entities import (
    DESTROYED,
    RECEIVED,
    DestructionWitness,
    Discrepancy,
    Line,
    Register,
)
from safelight.run.domain.site import Site
from safelight.web.accounts.service import Colleague, colleagues_of
from safelight.web.clinic.frame import clinic_context, open_clinic
from safelight.web.clinic.ports import clinic_node
from safelight.web.clinic.registers import orders
from safelight.web.clinic.registers_words import (
    Difference,
    Reading,
    count_due,
    difference,
    in_units,
    readings,
    title_of,
    today_of,
)
from safelight.web.floor.frame import Frame
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

LINES: Final = 50  # on a page
BOOK: Final = "s/<str:site_id>/registers/<str:register_id>"


@page(BOOK, INSPECTING, "register")
def register(request: PageRequest, site_id: str, register_id: str) -> HttpResponse:
    """Show a page of a register, the newest unless another is asked for."""
    frame = open_clinic(request, site_id)
    found = find(frame, register_id)
    asked = request.GET.get("page", "")
    context = {**about(frame, found), **lines_on(frame, found, asked)}
    return render(request, "clinic/register.html", clinic_context(frame, "registers", **context))


@page(BOOK + "/lines/<int:number>", INSPECTING, "register-line")
def line(request: PageRequest, site_id: str, register_id: str, number: int) -> HttpResponse:
    """Show one line with its footnote, and the form that writes one."""
    frame = open_clinic(request, site_id)
    book = find(frame, register_id)
    found = clinic_node(frame).register_lines(site_id, book.id, [number])
    if not found:
        raise Http404("The register has no such line.")
    context = {**named(frame, book), **about_line(frame, book, found[0])}
    return render(
        request, "clinic/register_line.html", clinic_context(frame, "registers", **context)
    )


def find(frame: Frame, key: str) -> Register:
    """Return a register of this site; refuses an unknown one."""
    return register_of(frame.site, key)


def about(frame: Frame, found: Register) -> dict[str, Any]:
    """Return what stands around the lines of a register: its state, and what its forms need."""
    due, today = count_due(frame, found), today_of(frame)
    ordered = orders(frame, found.id)
    return {
        **named(frame, found),
        "balance_units": in_units(found.balance, found.strength),
        "cabinet_units": in_units(found.cabinet, found.strength),
        "part_left": found.cabinet % found.strength,
        "due": due,
        "overdue": due is not None and due < today,
        "today": today,
        "difference": open_difference(frame, found),
        "past_differences": past_differences(frame, found),
        "orders": ordered,
        "order_choices": {
            one.requisition.id: f"{frame.words.day(one.requisition.signed_at)}, "
            f"{one.requisition.supplier}: {one.requisition.left} units to come"
            for one in ordered
        },
        **people(frame, today),
    }


def people(frame: Frame, today: date) -> dict[str, list[Colleague]]:
    """Return who may be the second person: for most entries, and for a destruction."""
    colleagues = colleagues_of(frame.staff.staff)
    return {
        "handling": [one for one in colleagues if one.role in HANDLING],
        "destroying": destruction_witnesses(frame.site, colleagues, today),
    }


def destruction_witnesses(site: Site, colleagues: list[Colleague], today: date) -> list[Colleague]:
    """Return who is authorised to witness a destruction today and never handled drugs here."""
    documents = site.all_of(DestructionWitness).values()
    authorised = {document.staff for document in documents if holds(document, today)}
    handlers = {staff for book in site.all_of(Register).values() for staff in book.handlers}
    return [c for c in colleagues if c.role in APART and c.staff in authorised - handlers]


def open_difference(frame: Frame, found: Register) -> Difference | None:
    """Return the count that differs from a register, while nothing explains it."""
    known = frame.site.all_of(Discrepancy).get(found.discrepancy or "")
    return difference(frame, known) if known else None


def past_differences(frame: Frame, found: Register) -> list[Difference]:
    """Return the counts that differed and were explained, the newest first."""
    past = clinic_node(frame).past_of(frame.site.id, Discrepancy)
    theirs = [each for each in past if each.register == found.id]
    theirs.sort(key=lambda each: each.found_at, reverse=True)
    return [difference(frame, each) for each in theirs]


def lines_on(frame: Frame, found: Register, asked: str) -> dict[str, Any]:
    """Return one page of lines in their order, with the footnotes to them from wherever they are.

    Pages are as fixed as those of a bound book: a line never moves to another page.
    """
    pages = max(1, -(-found.lines // LINES))
    number = min(pages, max(1, int(asked))) if asked.isdecimal() and len(asked) < LINES else pages
    first = (number - 1) * LINES + 1
    last = min(found.lines, number * LINES)
    return {
        "readings": _read(frame, found, range(first, last + 1)),
        "page": number,
        "pages": pages,
        "first": first,
        "last": last,
    }


def _read(frame: Frame, found: Register, numbers: range) -> list[Reading]:
    node = clinic_node(frame)
    lines = node.register_lines(frame.site.id, found.id, numbers)
    notes = [one.corrected_by for one in lines if one.corrected_by]
    footnotes = node.register_lines(frame.site.id, found.id, notes)
    return readings(frame, found, lines, {note.number: note for note in footnotes})


def about_line(frame: Frame, book: Register, found: Line) -> dict[str, Any]:
    """Return what the page of one line shows; ``term`` is what a footnote to it would adjust."""
    term = found.corrects or found.kind
    [reading] = _read(frame, book, range(found.number, found.number + 1))
    return {
        "line": found,
        "reading": reading,
        "correctable": found.corrected_by is None and term in SIGNS,
        "is_delivery": term == RECEIVED,
        "is_destruction": term == DESTROYED,
        "page": -(-found.number // LINES),
        **people(frame, today_of(frame)),
    }


def named(frame: Frame, found: Register) -> dict[str, Any]:
    """Return what every page about one register calls it."""
    return {
        "register": found,
        "title": title_of(frame.words, found),
        "book": frame.url(f"registers/{found.id}"),
    }
