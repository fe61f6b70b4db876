"""What goes to the accountable officer, and what authorised witnesses have to know."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from django.http import Http404, HttpResponse

from safelight.kernel.clock import parse_instant
from safelight.run.domain.authority import holds
from safelight.run.domain.base import INSPECTING, Role
from safelight.run.domain.clinic.discrepancy import OVERSEEING, RAISING, open_discrepancies
from safelight.run.domain.register_entities import (
    Concern,
    DestructionWitness,
    Discrepancy,
    Register,
)
from safelight.web.accounts.changes import in_words, last_changes
from safelight.web.clinic.frame import clinic_context, open_clinic
from safelight.web.clinic.ports import clinic_node
from safelight.web.clinic.registers import titles
from safelight.web.clinic.registers_words import (
    Difference,
    difference,
    moment,
    title_of,
    today_of,
)
from safelight.web.floor.entries import kind_words
from safelight.web.floor.frame import Frame
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

PAST_SHOWN: Final = 50
SEARCHED: Final = 500  # of the newest entries of each kind, for what somebody witnessed
WITNESSED: Final = ("register.destroyed", "register.corrected", "return.destroyed")
WHY: Final = {
    "oversight": "Oversight of controlled drugs",
    "investigation": "To look into it",
    "inspection": "For an inspection",
}


class Raised(NamedTuple):
    """One concern, in words."""

    concern: Concern
    kind: str
    register: str
    by: str
    acknowledged_by: str


class Seen(NamedTuple):
    """One entry that somebody witnessed."""

    seq: int
    when: str
    what: str
    told: str


@page("s/<str:site_id>/oversight", OVERSEEING, "oversight")
def oversight(request: PageRequest, site_id: str) -> HttpResponse:
    """Show the officer what waits for them: differences and concerns, open and past."""
    frame = open_clinic(request, site_id)
    node, site = clinic_node(frame), frame.site
    waiting = sorted(site.all_of(Concern).values(), key=lambda one: (one.raised_at, one.id))
    past = sorted(node.past_of(site_id, Concern), key=lambda one: one.raised_at, reverse=True)
    resolved = node.past_of(site_id, Discrepancy)
    resolved.sort(key=lambda one: one.found_at, reverse=True)
    context = clinic_context(
        frame,
        "oversight",
        concerns=raised(frame, waiting),
        past_concerns=raised(frame, past[:PAST_SHOWN]),
        differences=differences(frame, open_discrepancies(site)),
        past_differences=differences(frame, resolved[:PAST_SHOWN]),
        registers=titles(frame),
        changes=in_words(last_changes(), dict(frame.words.names)),
    )
    return render(request, "clinic/register_oversight.html", context)


@page("s/<str:site_id>/concern", RAISING, "concern")
def concern(request: PageRequest, site_id: str) -> HttpResponse:
    """Show the form that raises a concern: everybody who works here may."""
    frame = open_clinic(request, site_id)
    context = clinic_context(frame, "clinic", registers=titles(frame))
    return render(request, "clinic/register_concern.html", context)


@page("s/<str:site_id>/oversight/<str:key>/note", INSPECTING, "oversight-note", FORM)
def note(request: PageRequest, site_id: str, key: str) -> HttpResponse:
    """Show the note of a concern or a difference, after writing down who reads it and why."""
    frame = open_clinic(request, site_id)
    found = find_note(frame, key)
    text = None
    if request.method == "POST":
        reason = WHY.get(request.POST.get("reason", ""), "not said")
        text = frame.node.unseal(found, request.staff, reason)
    context = clinic_context(frame, "oversight", text=text, key=key, reasons=WHY)
    return render(request, "clinic/register_note.html", context)


@page("s/<str:site_id>/witness", {Role.WITNESS}, "witness")
def witness(request: PageRequest, site_id: str) -> HttpResponse:
    """Tell an authorised witness how it works, whether they may, and what they witnessed."""
    frame = open_clinic(request, site_id)
    me, today = frame.staff.staff, today_of(frame)
    documents = frame.site.all_of(DestructionWitness).values()
    mine = sorted((d for d in documents if d.staff == me), key=lambda d: (d.valid_from, d.id))
    context = clinic_context(
        frame,
        "witness",
        documents=[(document, holds(document, today)) for document in mine],
        may_witness=any(holds(document, today) for document in mine),
        has_handled=any(me in book.handlers for book in frame.site.all_of(Register).values()),
        seen=witnessed(frame, me),
    )
    return render(request, "clinic/register_witness.html", context)


def raised(frame: Frame, found: list[Concern]) -> list[Raised]:
    """Return concerns in words."""
    named = titles(frame)
    staff = frame.words.staff
    return [
        Raised(
            concern=one,
            kind=frame.words.of("concern_kinds", one.kind),
            register=named.get(one.register or "", ""),
            by=staff(one.staff),
            acknowledged_by=staff(one.acknowledged_by),
        )
        for one in found
    ]


def differences(frame: Frame, found: list[Discrepancy]) -> list[Difference]:
    """Return counts that differ, in words."""
    return [difference(frame, one) for one in found]


def find_note(frame: Frame, key: str) -> str:
    """Return the sealed note of a difference, or of a concern, which is for the officer only."""
    kinds: list[type[Any]] = [Discrepancy]
    if frame.staff.role in OVERSEEING:
        kinds.append(Concern)
    for kind in kinds:
        known = [
            *frame.site.all_of(kind).values(),
            *clinic_node(frame).past_of(frame.site.id, kind),
        ]
        for one in known:
            if one.id == key and one.note:
                return str(one.note)
    raise Http404("There is no such note.")


def witnessed(frame: Frame, staff: str) -> list[Seen]:
    """Return the entries that name somebody as witness of a destruction, newest first."""
    rows = [
        row
        for kind in WITNESSED
        for row in frame.node.journal(frame.site.id, None, SEARCHED, kind)
        if row.witness == staff
    ]
    rows.sort(key=lambda row: row.seq, reverse=True)
    return [
        Seen(
            seq=row.seq,
            when=moment(frame.words, parse_instant(row.happened_at)),
            what=kind_words(row.kind),
            told=_told(frame, row.body),
        )
        for row in rows
    ]


def _told(frame: Frame, body: Mapping[str, object]) -> str:
    """Return which register an entry is about, and how much of it."""
    register = frame.site.all_of(Register).get(str(body.get("register")))
    title = title_of(frame.words, register) if register else ""
    units = f"{body['units']} units" if "units" in body else ""
    return ", ".join(filter(None, (title, units)))
