"""The shift: who is on duty, what is checked, what is handed over, and under which authority."""

from typing import NamedTuple

from django.http import HttpResponse

from safelight.kernel.clock import local_day
from safelight.run.domain.authority import SUPERVISED_USE, TREATMENT, VEHICLE
from safelight.run.domain.base import FLOOR
from safelight.run.domain.entities import Authority, Check, Place
from safelight.run.domain.shift import unchecked
from safelight.web.floor.board import capacity
from safelight.web.floor.frame import Frame, open_frame, premises_of
from safelight.web.floor.words import natural, plain
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render


class Filed(NamedTuple):
    """One authority on file, with whether it holds."""

    authority: Authority
    state: str
    activities: str


class Handover(NamedTuple):
    """The last note that one team left for the next."""

    seq: int
    at: str
    staff: str


@page("s/<str:site_id>/shift", FLOOR, "shift")
def shift(request: PageRequest, site_id: str) -> HttpResponse:
    """Show the shift."""
    frame = open_frame(request, site_id)
    site = frame.site
    duties = site.shift.duties if site.shift else ()
    context = frame.context(
        "shift",
        mine=next((duty for duty in duties if duty.staff == request.staff.staff), None),
        to_check=unchecked(site, frame.protocol) if site.shift else [],
        checked=newest_checks(site.shift.checks if site.shift else ()),
        handover=last_handover(frame),
        capacity=capacity(frame),
        vehicle=premises_of(site).kind == VEHICLE,
        places=sorted(site.places.values(), key=_by_label),
        authorities=[filed(frame, one) for one in site.authorities.values()],
        activities=activities(frame),
        still_here=len(site.visits),
    )
    return render(request, "floor/shift.html", context)


@page("s/<str:site_id>/protocol", FLOOR, "protocol")
def protocol(request: PageRequest, site_id: str) -> HttpResponse:
    """Show every value, timer and prompt of the pack in force with its source."""
    frame = open_frame(request, site_id)
    return render(request, "floor/protocol.html", frame.context("shift", plain=plain))


def newest_checks(checks: tuple[Check, ...]) -> list[Check]:
    """Return the newest check of each item."""
    newest = {check.item: check for check in checks}
    return list(newest.values())


def last_handover(frame: Frame) -> Handover | None:
    """Return where the last handover note is, of this shift or of the one before."""
    rows = frame.node.journal(frame.site.id, None, 1, "shift.handed_over")
    if not rows:
        return None
    row = rows[0]
    return Handover(row.seq, frame.words.time_of(row.happened_at), frame.words.staff(row.actor))


def filed(frame: Frame, authority: Authority) -> Filed:
    """Return an authority with whether it holds today."""
    today = local_day(frame.words.now, premises_of(frame.site).timezone)
    if authority.withdrawn_at is not None:
        state = f"Withdrawn {frame.words.day(authority.withdrawn_at)}"
    elif authority.valid_from > today:
        state = f"From {authority.valid_from:%d %B %Y}"
    elif authority.valid_to is not None and authority.valid_to < today:
        state = f"Ended {authority.valid_to:%d %B %Y}"
    else:
        state = "In force"
    return Filed(authority, state, ", ".join(plain(code) for code in authority.activities))


def activities(frame: Frame) -> dict[str, str]:
    """Return the activities that an authority may cover."""
    supplies = frame.protocol.words("equipment_needing_authority")
    return {
        SUPERVISED_USE: "Supervised use",
        TREATMENT: "Heroin-assisted treatment",
        **{f"supply_{code}": f"Supply: {text}" for code, text in supplies.items()},
    }


def _by_label(place: Place) -> tuple[str, list[tuple[int, str]]]:
    return place.kind, natural(place.label)
