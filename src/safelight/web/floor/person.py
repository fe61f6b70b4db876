"""A person at the door: alerts, exclusions with their way out, past visits; never a name."""

from typing import Any

from django.http import Http404, HttpResponse

from safelight.run.domain.base import FLOOR
from safelight.run.domain.door import UPHELD, exclusion_in_force
from safelight.run.domain.entities import Person
from safelight.web.floor.frame import Frame, open_frame, standing_alerts
from safelight.web.policy import FORM, page
from safelight.web.ports import PageRequest
from safelight.web.render import render

VISITS_SHOWN = 20
LONGEST_ALIAS = 60
REASONS = {
    "asked": "They asked us",
    "call": "To call them",
    "recognise": "To be sure who it is",
    "emergency": "Emergency",
}


@page("s/<str:site_id>/person/<str:person_id>", FLOOR, "person")
def person(request: PageRequest, site_id: str, person_id: str) -> HttpResponse:
    """Show what the service knows of a person."""
    frame = open_frame(request, site_id)
    return render(request, "floor/person.html", about(frame, find(frame, person_id)))


@page("s/<str:site_id>/person/<str:person_id>/alias", FLOOR, "alias", FORM)
def alias(request: PageRequest, site_id: str, person_id: str) -> HttpResponse:
    """Show the alias, after writing down who looks and why; or keep a new one."""
    frame = open_frame(request, site_id)
    found = find(frame, person_id)
    if request.method != "POST":
        return render(request, "floor/person.html", about(frame, found))
    new = request.POST.get("alias", "").strip()[:LONGEST_ALIAS]
    if new:
        frame.node.set_alias(found.id, new)
        return render(request, "floor/person.html", about(frame, found, alias_kept=True))
    reason = REASONS.get(request.POST.get("reason", ""), "not said")
    shown = frame.node.alias(found.id, request.staff, reason)
    more = {"alias": shown, "alias_asked": True}
    return render(request, "floor/person.html", about(frame, found, **more))


def find(frame: Frame, person_id: str) -> Person:
    """Return a person; raises Http404 for somebody unknown."""
    found = frame.site.persons.get(person_id)
    if found is None:
        raise Http404("Nobody is known here under this code.")
    return found


def about(frame: Frame, found: Person, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what the page of a person shows."""
    site, words = frame.site, frame.words
    in_force = exclusion_in_force(found, words.now)
    open_appeal = (
        in_force is not None
        and in_force.appealed_at is not None
        and (in_force.reviewed_at is None or in_force.reviewed_at < in_force.appealed_at)
    )
    return frame.context(
        "person",
        person=found,
        alerts=standing_alerts(found),
        withdrawn=[a for a in found.alerts if a.withdrawn_at],
        in_force=in_force,
        open_appeal=open_appeal,
        past_exclusions=[e for e in found.exclusions if e != in_force],
        upheld=UPHELD,
        here_now=next((v for v in site.visits.values() if v.person == found.id), None),
        visits=frame.node.visits_of(site.id, found.id, VISITS_SHOWN),
        reasons=REASONS,
        reviewers={
            duty.staff: f"{words.staff(duty.staff)}, {words.of('duties', duty.duty).lower()}"
            for duty in (site.shift.duties if site.shift else ())
            if duty.staff != frame.staff.staff
        },
        **more,
    )
