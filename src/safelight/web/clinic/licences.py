"""Who may prescribe what here, on file for managers, and for anybody to look up."""

from typing import NamedTuple

from django.http import HttpResponse

from safelight.kernel.clock import local_day
from safelight.run.domain.authority import holds
from safelight.run.domain.base import FLOOR, Role
from safelight.run.domain.clinic_entities import Licence
from safelight.run.domain.register_entities import DestructionWitness
from safelight.web.accounts.service import colleagues_of
from safelight.web.clinic.frame import clinic_context, open_clinic
from safelight.web.floor.frame import premises_of
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render


class OnFile(NamedTuple):
    """One licence with whether it holds today."""

    licence: Licence
    holds: bool


@page("s/<str:site_id>/clinic/licences", FLOOR, "clinic-licences")
def licences(request: PageRequest, site_id: str) -> HttpResponse:
    """Show prescribers' licences and authorised witnesses; managers add and withdraw them."""
    frame = open_clinic(request, site_id)
    today = local_day(frame.words.now, premises_of(frame.site).timezone)
    known = sorted(frame.site.all_of(Licence).values(), key=lambda each: each.id)
    staff = colleagues_of(frame.staff.staff) if frame.may("licence.record") else []
    context = clinic_context(
        frame,
        "clinic",
        licences=[OnFile(each, holds(each, today)) for each in known],
        witnesses=sorted(frame.site.all_of(DestructionWitness).values(), key=lambda w: w.id),
        prescribers={one.staff: one.name for one in staff if one.role == Role.PRESCRIBER},
        others={one.staff: f"{one.name}, {one.role}" for one in staff},
        today=today,
    )
    return render(request, "clinic/licences.html", context)
