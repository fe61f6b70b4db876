"""What every page of a site starts from: the site, its pack, the moment, and what runs just now."""

from typing import Any, NamedTuple

from django.http import Http404

from safelight.kernel.errors import Refused
from safelight.run.domain.authority import TREATMENT
from safelight.run.domain.base import FLOOR, UNATTRIBUTED, Actor, Role
from safelight.run.domain.door import exclusion_in_force
from safelight.run.domain.entities import Alert, Exclusion, Incident, Person, Premises, Visit
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.registry import COMMANDS
from safelight.run.domain.site import Site
from safelight.web.accounts.asking import asking
from safelight.web.floor.ports import FloorNode, node_of
from safelight.web.floor.words import Words
from safelight.web.policy import PAGES, may_see
from safelight.web.ports import PageRequest

MENU = (
    ("board", "Board", ""),
    ("reception", "Reception", "reception"),
    ("aftercare", "Aftercare", "aftercare"),
    ("incidents", "Incidents", "incidents"),
    ("supplies", "Supplies", "supplies"),
    ("shift", "Shift", "shift"),
    ("journal", "Journal", "journal"),
    ("statistics", "Figures", "statistics"),
)
# What a site has besides where patients are treated.
CLINIC_MENU = (
    ("clinic", "Clinic", "clinic"),
    ("treatments", "Patients", "treatments"),
    ("registers", "Controlled drugs", "registers"),
    ("oversight", "Oversight", "oversight"),
    ("witness", "Witnessing", "witness"),
)
PLAN = ("plan", "Plan", "/plan")


class Frame(NamedTuple):
    """One site at one moment, seen by one person."""

    node: FloorNode
    site: Site
    protocol: Protocol
    words: Words
    staff: Actor

    def context(self, here: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return what the page's template and the layout around it need."""
        return {
            "site": self.site,
            "site_id": self.site.id,
            "premises": premises_of(self.site),
            "protocol": self.protocol,
            "w": self.words,
            "me": self.staff,
            "proof": asking(self.staff, self.protocol, self.words.now),
            "may": self.may,
            "here": here,
            "menu": menu(self.site, self.staff.role),
            "running": running(self.site, self.words) if self.staff.role in FLOOR else [],
            "signed_in": self.staff.staff != UNATTRIBUTED and self.staff.role != Role.ANYONE,
            "node_health": self.node.health,
            "node_health_detail": self.node.health_detail,
            **more,
        }

    def may(self, command: str) -> bool:
        """Tell whether this person's role may give a command, so that its button is shown."""
        return self.staff.role in COMMANDS[command].may

    def url(self, rest: str = "") -> str:
        """Return an address within this site."""
        return f"/s/{self.site.id}/{rest}"


class Running(NamedTuple):
    """An incident that is going on, as the bar on top of every page says it."""

    incident: Incident
    who: str
    url: str


def open_frame(request: PageRequest, site_id: str) -> Frame:
    """Return the frame of a site; raises Http404 for a site that is not here."""
    node = node_of(request)
    try:
        site = node.site(site_id)
    except Refused as error:
        raise Http404(error.message) from error
    protocol = node.protocol(site_id)
    words = Words(protocol, premises_of(site).timezone, request.services.clock())
    return Frame(node, site, protocol, words, request.staff)


def premises_of(site: Site) -> Premises:
    """Return what the site is, also before it was founded."""
    return site.premises or Premises(id=site.id, name=site.id, kind="building", timezone="UTC")


def menu(site: Site, role: Role) -> list[tuple[str, str, str]]:
    """Return key, label and address of each part that a role may open."""
    if role == Role.ANYONE:
        return []
    parts = [*CLINIC_MENU, *MENU] if is_clinic(site) else MENU
    entries = [
        (key, label, f"/s/{site.id}/{rest}")
        for key, label, rest in parts
        if may_see(role, PAGES[key].roles)
    ]
    return [*entries, PLAN] if role == Role.ANALYST else entries


def start_of(site: Site, role: Role) -> str:
    """Return where a role begins at a site: on the board, or with the first that it may open."""
    return f"/s/{site.id}/" if role in FLOOR else menu(site, role)[0][2]


def is_clinic(site: Site) -> bool:
    """Tell whether an authority for treatment is or was on file here."""
    return any(TREATMENT in authority.activities for authority in site.authorities.values())


def running(site: Site, words: Words) -> list[Running]:
    """Return the incidents that are going on, oldest first."""
    going_on = [i for i in site.incidents.values() if i.closed_at is None]
    going_on.sort(key=lambda i: i.opened_at)
    return [
        Running(incident, whose(site, incident, words), f"/s/{site.id}/incidents/{incident.id}")
        for incident in going_on
    ]


def whose(site: Site, incident: Incident, words: Words) -> str:
    """Return who an incident concerns and where, as far as anybody knows."""
    place = site.places.get(incident.place) if incident.place else None
    visit = site.visits.get(incident.visit) if incident.visit else None
    person = site.persons.get(incident.person) if incident.person else None
    handle = visit.handle if visit else person.handle if person else ""
    where = place.label if place else ""
    if visit and not where:
        where = words.stage(visit.stage)
    if incident.about_nobody_here:
        handle = "nobody who is treated here"
    return ", ".join(filter(None, (where, handle))) or "somebody on the floor"


def person_of(site: Site, visit: Visit) -> Person | None:
    """Return the person of a visit, if they wanted to be known."""
    return site.persons.get(visit.person) if visit.person else None


def standing_alerts(person: Person | None) -> list[Alert]:
    """Return the alerts that still hold."""
    return [a for a in person.alerts if a.withdrawn_at is None] if person else []


def exclusion_of(person: Person | None, words: Words) -> Exclusion | None:
    """Return the exclusion that keeps a person out now, if one does."""
    return exclusion_in_force(person, words.now) if person else None
