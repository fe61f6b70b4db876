"""One visit: what can be done next, and what has been done."""

from datetime import datetime
from typing import NamedTuple

from django.http import Http404, HttpResponse

from safelight.run.domain.base import FLOOR
from safelight.run.domain.entities import AFTERCARE, IN_PLACE, LEFT, WAITING, Visit
from safelight.run.domain.episode import over_time, running_episode
from safelight.web.floor.board import capacity, incident_of, queues
from safelight.web.floor.frame import Frame, open_frame, person_of, standing_alerts
from safelight.web.floor.supplies import kits
from safelight.web.floor.words import Words, spoken_minutes
from safelight.web.policy import page
from safelight.web.ports import PageRequest
from safelight.web.render import render


class Line(NamedTuple):
    """One line of a visit's history."""

    at: datetime
    words: str
    detail: str = ""
    kind: str = "intervention"
    seq: int | None = None  # the entry that can be corrected


@page("s/<str:site_id>/visits/<str:visit_id>", FLOOR, "visit")
def visit(request: PageRequest, site_id: str, visit_id: str) -> HttpResponse:
    """Show a visit with its next steps; one that is over is shown as it stands."""
    frame = open_frame(request, site_id)
    site, words = frame.site, frame.words
    found = site.visits.get(visit_id) or frame.node.past_visit(site_id, visit_id)
    if found is None:
        raise Http404("There is no such visit.")
    person = person_of(site, found)
    lines = queues(frame)
    full = site.occupied() >= capacity(frame).staffed
    limit = frame.protocol.optional("booth_time_limit_minutes")
    context = frame.context(
        "visit",
        visit=found,
        person=person,
        alerts=standing_alerts(person),
        place=site.places.get(found.place) if found.place else None,
        since=stage_since(found),
        using=running_episode(found),
        incident=incident_of(site, found),
        lines=lines,
        full=full,
        free_places=[]
        if full
        else [p for line in lines if line.route == found.route for p in line.free],
        kits=kits(frame),
        over=over_time(found, limit, words.now),
        limit=limit,
        leave_note=leave_note(frame, found),
        history=history(found, words, frame),
    )
    return render(request, "floor/visit.html", context)


def stage_since(found: Visit) -> datetime | None:
    """Return since when a visit has been in its stage."""
    since = {WAITING: found.queued_at, IN_PLACE: found.placed_at, AFTERCARE: found.aftercare_at}
    return None if found.stage == LEFT else since.get(found.stage, found.arrived_at)


def leave_note(frame: Frame, found: Visit) -> str:
    """Return what leaving now would be recorded as, where that is worth knowing."""
    wanted = set(frame.protocol.words("release_checks"))
    missing = len(wanted - set(found.release_checks))
    if found.episodes and missing:
        return f"{missing} of {len(wanted)} checks are open"
    if found.stage == WAITING and not found.episodes:
        return "Without having used the service"
    return ""


def history(found: Visit, words: Words, frame: Frame) -> list[Line]:
    """Return what happened in a visit, in order."""
    lines = [Line(found.arrived_at, "Arrived")]
    if found.placed_at and found.waited_minutes:
        waited = spoken_minutes(found.waited_minutes[-1])
        lines.append(Line(found.placed_at, "Placed", f"after {waited}"))
    for episode in found.episodes:
        place = frame.site.places.get(episode.place)
        what = words.each("substances", episode.substances)
        body_site = words.of("body_sites", episode.body_site)
        where = place.label if place else episode.place
        detail = ", ".join(filter(None, (what, body_site, where)))
        lines.append(
            Line(episode.started_at, words.of("routes", episode.route), detail, seq=episode.seq)
        )
        if episode.ended_at:
            lines.append(Line(episode.ended_at, "Episode ended"))
    lines += [
        Line(seen.at, "Observation", words.reading(seen.reading), "observation")
        for seen in found.observations
    ]
    if found.aftercare_at:
        lines.append(Line(found.aftercare_at, "Aftercare"))
    if found.left_at:
        lines.append(Line(found.left_at, "Left"))
    return sorted(lines, key=lambda line: line.at)
