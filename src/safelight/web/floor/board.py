"""The board: places, queues, aftercare and reception at one glance."""

from typing import Any, NamedTuple

from django.http import HttpResponse

from safelight.kernel.clock import local_day
from safelight.kernel.errors import Refused
from safelight.run.domain.authority import SUPERVISED_USE, VEHICLE, in_force
from safelight.run.domain.base import FLOOR, Actor, Role
from safelight.run.domain.entities import (
    AFTERCARE,
    AIR_CLEARING,
    ARRIVED,
    CLOSED,
    OCCUPIED,
    OPEN,
    Alert,
    Authority,
    Incident,
    Place,
    Visit,
)
from safelight.run.domain.episode import over_time, running_episode
from safelight.run.domain.shift import staffed_capacity
from safelight.run.domain.site import Site
from safelight.web.floor.frame import (
    Frame,
    open_frame,
    person_of,
    premises_of,
    running,
    standing_alerts,
    start_of,
)
from safelight.web.floor.ports import FloorNode, node_of
from safelight.web.floor.words import Words, natural
from safelight.web.policy import STAFF, page
from safelight.web.ports import PageRequest, Services
from safelight.web.render import render, render_text

NOBODY = Actor("staff-unattributed", Role.WORKER)


class Card(NamedTuple):
    """One place as the board shows it."""

    place: Place
    state: str
    words: str
    visit: Visit | None
    incident: Incident | None
    using: bool
    over: bool
    limit: int | None
    airing_done: bool
    alerts: list[Alert]


class Waiting(NamedTuple):
    """One person in a queue, with the free place that could be theirs."""

    visit: Visit
    place: Place | None
    incident: Incident | None
    alerts: list[Alert]


class Line(NamedTuple):
    """One queue."""

    route: str
    words: str
    people: list[Waiting]
    free: list[Place]


class Present(NamedTuple):
    """Somebody at reception or in aftercare."""

    visit: Visit
    incident: Incident | None
    alerts: list[Alert]
    checks: str


class Capacity(NamedTuple):
    """How full the floor is, and how many the staff on duty can supervise."""

    used: int
    places: int
    staffed: int
    level: str
    problem: str


@page("", STAFF, "sites")
def sites(request: PageRequest) -> HttpResponse:
    """List the sites that this node holds."""
    node = node_of(request)
    rows = []
    for site_id in node.sites():
        site = node.site(site_id)
        start = start_of(site, request.staff.role)
        rows.append((start, site, premises_of(site), len(site.visits), _going_on(site)))
    context = {"rows": rows, "outside": request.staff.role not in FLOOR}
    return render(request, "floor/sites.html", context)


@page("s/<str:site_id>/", FLOOR, "board")
def board(request: PageRequest, site_id: str) -> HttpResponse:
    """Show the board; it keeps itself up to date where the browser runs scripts."""
    frame = open_frame(request, site_id)
    return render(request, "floor/board.html", frame.context("board", **overview(frame)))


def render_fragment(node: FloorNode, site_id: str, services: Services) -> str:
    """Return the part of the board that changes, for all viewers alike.

    Its forms carry neither token nor command id: the script that puts it in place adds them.
    """
    site = node.site(site_id)
    protocol = node.protocol(site_id)
    words = Words(protocol, premises_of(site).timezone, services.clock())
    frame = Frame(node, site, protocol, words, NOBODY)
    context = frame.context("board", **overview(frame))
    bare = {"token": "", "new_command_id": str, "signed_in": True, "back": frame.url()}
    return render_text("floor/board_live.html", {**context, **bare})


def overview(frame: Frame) -> dict[str, Any]:
    """Return everything that the changing part of the board shows."""
    site, words = frame.site, frame.words
    today = local_day(words.now, premises_of(site).timezone)
    return {
        "cards": [_card(frame, place) for place in used_places(site)],
        "lines": queues(frame),
        "aftercare": [present(frame, v) for v in people_in(site, AFTERCARE)],
        "reception": [present(frame, v) for v in people_in(site, ARRIVED)],
        "capacity": capacity(frame),
        "authority": in_force(site, SUPERVISED_USE, today),
        "needs_stop": premises_of(site).kind == VEHICLE and site.stop is None,
        "running": running(site, words),
    }


def authority_now(frame: Frame) -> Authority | None:
    """Return the authority for supervised use today."""
    today = local_day(frame.words.now, premises_of(frame.site).timezone)
    return in_force(frame.site, SUPERVISED_USE, today)


def used_places(site: Site) -> list[Place]:
    """Return places in which people use, in the order of their labels."""
    places = [place for place in site.places.values() if place.routes]
    return sorted(places, key=lambda place: (place.kind, natural(place.label)))


def people_in(site: Site, stage: str) -> list[Visit]:
    """Return the visits in one stage, longest first."""
    found = [visit for visit in site.visits.values() if visit.stage == stage]
    return sorted(found, key=lambda visit: (visit.aftercare_at or visit.arrived_at, visit.seq))


def queues(frame: Frame) -> list[Line]:
    """Return one queue for each route that this site has a place for."""
    site, words = frame.site, frame.words
    offered = sorted({route for place in site.places.values() for route in place.routes})
    full = site.occupied() >= capacity(frame).staffed
    lines = []
    for route in offered:
        free = [p for p in used_places(site) if p.state == OPEN and route in p.routes]
        turns: list[Place | None] = [*([] if full else free)]
        people = [
            Waiting(
                visit,
                turns[turn] if turn < len(turns) else None,
                incident_of(site, visit),
                standing_alerts(person_of(site, visit)),
            )
            for turn, visit in enumerate(site.waiting(route))
        ]
        lines.append(Line(route, words.of("routes", route), people, free))
    return lines


def capacity(frame: Frame) -> Capacity:
    """Return how full the floor is; a pack that does not say how many per worker is named."""
    site = frame.site
    usable = sum(1 for place in used_places(site) if place.state != CLOSED)
    used = site.occupied()
    problem = "" if site.shift else "No shift is open."
    try:
        staffed = staffed_capacity(site, frame.protocol)
    except Refused as error:
        staffed, problem = 0, error.message
    room = min(usable, staffed) - used
    level = "over" if room < 1 else "near" if room == 1 else "fine"
    return Capacity(used, usable, staffed, level, problem)


def incident_of(site: Site, visit: Visit) -> Incident | None:
    """Return the incident of a visit that is going on, if one is."""
    return next(iter(site.open_incidents_of(visit.id)), None)


def _card(frame: Frame, place: Place) -> Card:
    site, words, protocol = frame.site, frame.words, frame.protocol
    visit = site.visits.get(place.visit) if place.visit else None
    incident = incident_of(site, visit) if visit else _incident_at(site, place)
    limit = protocol.optional("booth_time_limit_minutes")
    airing = protocol.optional("air_clearing_minutes")
    return Card(
        place=place,
        state="emergency" if incident else place.state.replace("_", "-"),
        words="Emergency" if incident else words.place_state(place.state),
        visit=visit,
        incident=incident,
        using=visit is not None and running_episode(visit) is not None,
        over=visit is not None and over_time(visit, limit, words.now),
        limit=limit if place.state == OCCUPIED else None,
        airing_done=place.state == AIR_CLEARING
        and airing is not None
        and words.minutes(place.since) >= airing,
        alerts=standing_alerts(person_of(site, visit)) if visit else [],
    )


def present(frame: Frame, visit: Visit) -> Present:
    """Return somebody at reception or in aftercare with what staff must know."""
    wanted = frame.protocol.words("release_checks")
    done = sum(check in visit.release_checks for check in wanted)
    checks = f"{done} of {len(wanted)} checks" if visit.stage == AFTERCARE and wanted else ""
    site = frame.site
    return Present(visit, incident_of(site, visit), standing_alerts(person_of(site, visit)), checks)


def _incident_at(site: Site, place: Place) -> Incident | None:
    """Return an incident in a place whose person has no visit here."""
    found = (i for i in site.incidents.values() if i.place == place.id and i.closed_at is None)
    return next((i for i in found if i.visit is None or i.visit not in site.visits), None)


def _going_on(site: Site) -> int:
    return sum(incident.closed_at is None for incident in site.incidents.values())
