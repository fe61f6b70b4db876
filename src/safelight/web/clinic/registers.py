"""The controlled-drugs registers of a clinic: what each holds, what is due, what waits."""

from datetime import date
from typing import Any, NamedTuple

from django.http import HttpResponse

from safelight.run.domain.base import HANDLING, INSPECTING
from safelight.run.domain.clinic.discrepancy import open_discrepancies
from safelight.run.domain.clinic.returns import WITNESSING
from safelight.run.domain.register_entities import (
    Concern,
    Discrepancy,
    PatientReturn,
    Register,
    Requisition,
)
from safelight.run.domain.treatment_entities import Treatment
from safelight.web.accounts.service import colleagues_of
from safelight.web.clinic.frame import clinic_context, open_clinic
from safelight.web.clinic.ports import clinic_node
from safelight.web.clinic.registers_words import (
    count_due,
    drugs,
    handle_of,
    in_units,
    title_of,
    today_of,
)
from safelight.web.floor.frame import Frame
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render

DESTROYED_SHOWN = 20


class Shelf(NamedTuple):
    """One register in the list."""

    register: Register
    title: str
    units: str
    due: date | None
    overdue: bool
    discrepancy: Discrepancy | None


class Ordered(NamedTuple):
    """A requisition of which something is still to come."""

    requisition: Requisition
    title: str
    by: str


class Returned(NamedTuple):
    """What a patient brought back."""

    thing: PatientReturn
    title: str
    who: str
    by: str
    destroyed_by: str
    witness: str


@page("s/<str:site_id>/registers", INSPECTING, "registers")
def registers(request: PageRequest, site_id: str) -> HttpResponse:
    """Show every register with what is due, what is on order and what patients brought back."""
    frame = open_clinic(request, site_id)
    return render(
        request, "clinic/registers.html", clinic_context(frame, "registers", **about(frame))
    )


def about(frame: Frame) -> dict[str, Any]:
    """Return what the list of registers shows."""
    site = frame.site
    colleagues = colleagues_of(frame.staff.staff)
    past = clinic_node(frame).past_of(site.id, PatientReturn)
    past.sort(key=lambda one: one.destroyed_at or one.returned_at, reverse=True)
    returns = sorted(site.all_of(PatientReturn).values(), key=lambda one: (one.returned_at, one.id))
    return {
        "shelves": shelves(frame),
        "orders": orders(frame),
        "returns": returned(frame, returns),
        "past_returns": returned(frame, past[:DESTROYED_SHOWN]),
        "past_count": len(past),
        "concerns": len(site.all_of(Concern)),
        "drugs": drugs(frame.words),
        "registers": titles(frame),
        "people": patients(frame),
        "handling": [one for one in colleagues if one.role in HANDLING],
        "witnessing": [one for one in colleagues if one.role in WITNESSING],
        "today": today_of(frame),
    }


def shelves(frame: Frame) -> list[Shelf]:
    """Return the registers by name, each with the day on which it is to be counted."""
    today, differing = today_of(frame), open_discrepancies(frame.site)
    found = []
    for register in frame.site.all_of(Register).values():
        due = count_due(frame, register)
        found.append(
            Shelf(
                register=register,
                title=title_of(frame.words, register),
                units=in_units(register.balance, register.strength),
                due=due,
                overdue=due is not None and due < today,
                discrepancy=next((d for d in differing if d.register == register.id), None),
            )
        )
    return sorted(found, key=lambda shelf: (shelf.title, shelf.register.id))


def titles(frame: Frame) -> dict[str, str]:
    """Return what each register is called, by id, as a list of choices."""
    known = frame.site.all_of(Register).values()
    found = {register.id: title_of(frame.words, register) for register in known}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def orders(frame: Frame, register: str | None = None) -> list[Ordered]:
    """Return the requisitions that are open, of one register or of all, oldest first."""
    named = titles(frame)
    found = [
        each
        for each in frame.site.all_of(Requisition).values()
        if register in (None, each.register)
    ]
    found.sort(key=lambda each: (each.signed_at, each.id))
    return [
        Ordered(each, named[each.register], frame.words.staff(each.signed_by)) for each in found
    ]


def returned(frame: Frame, found: list[PatientReturn]) -> list[Returned]:
    """Return what patients brought back, in words."""
    words, staff = frame.words, frame.words.staff
    return [
        Returned(
            thing=one,
            title=title_of(words, one),
            who=handle_of(frame, one.person),
            by=staff(one.staff),
            destroyed_by=staff(one.destroyed_by),
            witness=staff(one.witness),
        )
        for one in found
    ]


def patients(frame: Frame) -> dict[str, str]:
    """Return the patients by handle, for whoever brings something back."""
    persons = {each.person for each in frame.site.all_of(Treatment).values()}
    found = {person: handle_of(frame, person) for person in persons}
    return dict(sorted(found.items(), key=lambda item: item[1]))
