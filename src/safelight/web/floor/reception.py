"""The door: arrive known, new or unnamed; orientation; the queue; equipment."""

from typing import NamedTuple

from django.http import HttpResponse

from safelight.run.domain.authority import VEHICLE
from safelight.run.domain.base import FLOOR
from safelight.run.domain.entities import ARRIVED, Alert, Exclusion, Person, Visit
from safelight.web.floor.board import people_in, present, queues
from safelight.web.floor.frame import Frame, exclusion_of, open_frame, premises_of, standing_alerts
from safelight.web.floor.supplies import kits
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

LONGEST_SEARCH = 60
FOUND_SHOWN = 10


class Found(NamedTuple):
    """One person that a search found, with what the door must know."""

    person: Person
    alerts: list[Alert]
    exclusion: Exclusion | None
    visit: Visit | None


@page("s/<str:site_id>/reception", FLOOR, "reception", FORM)
def reception(request: PageRequest, site_id: str) -> HttpResponse:
    """Show the door."""
    frame = open_frame(request, site_id)
    site = frame.site
    q = request.POST.get("q", "").strip()[:LONGEST_SEARCH]
    here = people_in(site, ARRIVED)
    context = frame.context(
        "reception",
        q=q,
        found=find(frame, q),
        present=[present(frame, visit) for visit in reversed(here)],
        lines=queues(frame),
        kits=kits(frame),
        people={visit.id: visit.handle for visit in site.visits.values()},
        needs_stop=premises_of(site).kind == VEHICLE and site.stop is None,
    )
    return render(request, "floor/reception.html", context)


def find(frame: Frame, text: str) -> list[Found]:
    """Return who fits what was typed, with exclusions and a visit that is going on."""
    if not text:
        return []
    inside = {visit.person: visit for visit in frame.site.visits.values() if visit.person}
    return [
        Found(
            person,
            standing_alerts(person),
            exclusion_of(person, frame.words),
            inside.get(person.id),
        )
        for person in frame.node.find_person(frame.site.id, text)[:FOUND_SHOWN]
    ]
