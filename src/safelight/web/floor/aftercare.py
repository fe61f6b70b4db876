"""Aftercare: who rests here and for how long, observations, checks before leaving, naloxone."""

from typing import NamedTuple

from django.http import HttpResponse

from safelight.run.domain.base import FLOOR
from safelight.run.domain.entities import AFTERCARE, Alert, Incident, Observed, Visit
from safelight.web.floor.board import incident_of, people_in
from safelight.web.floor.frame import Frame, open_frame, person_of, standing_alerts
from safelight.web.floor.supplies import kits
from safelight.web.floor.visit import leave_note
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render


class Resting(NamedTuple):
    """One person in aftercare."""

    visit: Visit
    incident: Incident | None
    alerts: list[Alert]
    last: Observed | None
    missing: int
    leave_note: str
    naloxone: str


@page("s/<str:site_id>/aftercare", FLOOR, "aftercare")
def aftercare(request: PageRequest, site_id: str) -> HttpResponse:
    """Show everybody in aftercare, whoever has been there longest first."""
    frame = open_frame(request, site_id)
    people = [resting(frame, visit) for visit in people_in(frame.site, AFTERCARE)]
    context = frame.context(
        "aftercare",
        people=people,
        kits=kits(frame),
        minutes_advised=frame.protocol.values.get("aftercare_minutes"),
    )
    return render(request, "floor/aftercare.html", context)


def resting(frame: Frame, visit: Visit) -> Resting:
    """Return what the aftercare screen says about one person."""
    wanted = set(frame.protocol.words("release_checks"))
    return Resting(
        visit=visit,
        incident=incident_of(frame.site, visit),
        alerts=standing_alerts(person_of(frame.site, visit)),
        last=visit.observations[-1] if visit.observations else None,
        missing=len(wanted - set(visit.release_checks)),
        leave_note=leave_note(frame, visit),
        naloxone=_after_naloxone(frame, visit),
    )


def _after_naloxone(frame: Frame, visit: Visit) -> str:
    """Return how long ago naloxone was given, beside what the pack says about watching on."""
    times = [
        step.at
        for incident in frame.site.incidents.values()
        if incident.visit == visit.id
        for step in incident.steps
        if step.naloxone is not None and step.corrected_by is None
    ]
    if not times:
        return ""
    advised = frame.protocol.optional("observation_minutes_after_naloxone")
    tail = f"; the protocol says watch for {advised} min" if advised else ""
    return f"Naloxone {frame.words.ago(max(times))} ago{tail}"
