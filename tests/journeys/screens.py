"""Every screen there is, each with something on it."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from safelight.run.domain.base import Role
from tests.journeys.sites import INJECTABLE, PASSWORD, Crowd, House
from tests.journeys.tablet import Tablet

Go = Callable[[Tablet], None]
PATIENCE_SECONDS = 60.0


class Screen(NamedTuple):
    """A screen, who looks at it, and how they get there."""

    site: str
    name: str
    go: Go
    role: Role = Role.MANAGER


def at(rest: str, status: str = "") -> Go:
    """Go to an address, which may be answered with an error that is meant."""

    def go(tablet: Tablet) -> None:
        if status:
            tablet.expect_trouble(f"status of {status}")
        tablet.open(rest)

    return go


def refused_at(rest: str) -> Go:
    """Press a button that is refused."""

    def go(tablet: Tablet) -> None:
        tablet.expect_trouble("status of 422")
        tablet.open(rest)
        with tablet.page.expect_navigation():
            tablet.page.locator("#start button").click()

    return go


def key_shown(tablet: Tablet) -> None:
    """Begin to set up a second factor."""
    tablet.open("/second-factor")
    tablet.page.get_by_label("Your password", exact=True).fill(PASSWORD)
    with tablet.page.expect_navigation():
        tablet.page.locator("main form button[type=submit]").last.click()


def wrong_code(tablet: Tablet) -> None:
    """Name a witness with a code that is none."""
    tablet.expect_trouble("status of 422")
    tablet.open("supplies")
    with tablet.page.expect_navigation():
        tablet.page.evaluate(
            """() => {
              const form = document.querySelector("main form[action$='supplies.take_back']");
              for (const name of ["proof", "witness", "witness_proof"]) {
                form.append(Object.assign(document.createElement("input"), {name, value: "1"}));
              }
              form.requestSubmit();
            }"""
        )


def wrong_password(tablet: Tablet) -> None:
    """Sign in with a wrong password."""
    tablet.expect_trouble("status of 422")
    tablet.open("/login")
    tablet.page.locator("#login").fill("somebody")
    with tablet.page.expect_navigation():
        tablet.page.get_by_role("button", name="Sign in").click()


class Incidents(NamedTuple):
    """One incident in each state."""

    running: str
    closed: str
    completed: str
    unattributed: str


class Stays(NamedTuple):
    """One visit in each stage."""

    arrived: str
    waiting: str
    placed: str
    using: str
    aftercare: str
    left: str


def every_screen(house: House, busy: str, quiet: str) -> list[Screen]:
    """Fill one site, close the other, and list what there is to see."""
    session = house.sessions[Role.MANAGER]
    crowd = Crowd(session, busy)
    stays, incidents = _fill_places(crowd), _have_incidents(crowd, house, busy)
    known, excluded = _know_people(crowd, house)
    crowd.do("supplies.give", item="filter", quantity=5)
    crowd.do("shift.check", item="radio", found="faulty")
    crowd.do("shift.hand_over", note="Mirror of booth 5 is broken.")
    Crowd(session, quiet).do("shift.close")
    notes, corrections = _entries(session.get(f"/s/{busy}/journal"))
    pages = ["", "reception", "aftercare", "incidents", "supplies", "shift", "setup", "protocol"]
    pages += ["journal", "corrections", "statistics", f"person/{known}", f"person/{excluded}"]
    pages += [f"visits/{visit}" for visit in stays]
    pages += [f"incidents/{incident}" for incident in incidents]
    pages += [f"correct/{seq}" for seq in corrections] + [f"read/{seq}" for seq in notes]
    closed = ["", "reception", "aftercare", "incidents", "supplies", "shift"]
    return [
        *(Screen(busy, page or "board", at(page)) for page in pages),
        *(Screen(quiet, f"closed {page}", at(page)) for page in closed),
        Screen(busy, "refused", refused_at(f"visits/{stays.placed}")),
        Screen(busy, "no such page", at("visits/v-0", "404")),
        *_outside(busy, incidents),
        *_planning(house, busy),
    ]


def _outside(site: str, incidents: Incidents) -> Iterator[Screen]:
    """List what is seen outside a site, or by those who are not of the floor."""
    yield Screen(site, "sites", at("/"))
    yield Screen(site, "password", at("/password"))
    yield Screen(site, "accounts", at("/staff"))
    yield Screen(site, "second factor", at("/second-factor"))
    yield Screen(site, "second factor, key shown", key_shown)
    yield Screen(site, "second factor, begun", at("/second-factor"))
    yield Screen(site, "a witness without a code", wrong_code)
    yield Screen(site, "figures for an analyst", at("statistics"), Role.ANALYST)
    yield Screen(site, "not for an analyst", at("", "403"), Role.ANALYST)
    yield Screen(site, "login", at("/login"), Role.ANYONE)
    yield Screen(site, "wrong password", wrong_password, Role.ANYONE)
    yield Screen(site, "emergency", at("/emergency"), Role.ANYONE)
    nobodys = f"/s/{site}/emergency/{incidents.unattributed}"
    yield Screen(site, "emergency without login", at(nobodys), Role.ANYONE)


def _planning(house: House, site: str) -> Iterator[Screen]:
    """List the screens of planning over the shipped example, once that has been sketched."""
    session = house.sessions[Role.ANALYST]
    until = time.monotonic() + PATIENCE_SECONDS
    while not (areas := re.findall(r'data-code="(\w+)"', session.get("/plan"))):
        if time.monotonic() > until:
            raise SystemExit("The shipped example was not sketched.")
        time.sleep(0.2)
    for view in ("", "?view=top", "?view=width&measure=people_at_risk&scale=count"):
        yield Screen(site, f"need {view}", at(f"/plan{view}"), Role.ANALYST)
    yield Screen(site, "evidence", at(f"/plan/area/{areas[0]}"), Role.ANALYST)
    yield Screen(site, "sites to plan", at("/plan/sites"), Role.MANAGER)
    yield Screen(site, "jobs", at("/plan/jobs"), Role.ANALYST)
    yield Screen(site, "no such job", at("/plan/jobs/job-ffffff", "404"), Role.ANALYST)


def _fill_places(crowd: Crowd) -> Stays:
    seen = {"breathing_rate": 14, "spo2": 97, "consciousness": "alert"}
    left = crowd.use("booth-1", "heroin")
    crowd.do("visit.leave", visit=left)
    crowd.do("place.ready", place="booth-1")
    aftercare = crowd.use("booth-2", "heroin", "cocaine")
    crowd.do("visit.aftercare", visit=aftercare)
    crowd.do("visit.observe", visit=aftercare, reading=seen)
    crowd.use("seat-1", "crack", route="smoking")
    crowd.do("place.close", place="booth-5", reason="damage")
    return Stays(
        arrived=crowd.arrive(),
        placed=crowd.use("booth-1"),
        using=crowd.use("booth-3", "heroin"),
        aftercare=aftercare,
        left=left,
        waiting=crowd.wait(),
    )


def _have_incidents(crowd: Crowd, house: House, site: str) -> Incidents:
    dose = {"micrograms": 400, "route": "intramuscular", "batch": INJECTABLE}
    low = {"breathing_rate": 6, "spo2": 84, "consciousness": "pain"}

    def happen(**about: str) -> str:
        incident = crowd.call_for_help(**about)
        crowd.do("incident.record", incident=incident, what="oxygen")
        crowd.do("incident.record", incident=incident, what="observation", reading=low)
        crowd.do("incident.record", incident=incident, what="naloxone", naloxone=dose)
        crowd.do("incident.record", incident=incident, what="note", note="Used at home as well.")
        return incident

    closed, completed = happen(), happen()
    for incident in (closed, completed):
        crowd.do("incident.close", incident=incident, outcome="recovered_on_site")
    done = {"incident": completed, "kind": "opioid", "substances": ["heroin"]}
    crowd.do("incident.complete", **done, hospital=False, police=False)
    crowd.do("incident.debrief", incident=completed, learning="training")
    running = happen(place="booth-3")
    nobody = Crowd(house.sessions[Role.NURSE]._replace(cookie="", token=""), site)
    unattributed = nobody.call_for_help()
    nobody.do("incident.record", incident=unattributed, what="oxygen")
    return Incidents(running, closed, completed, unattributed)


def _know_people(crowd: Crowd, house: House) -> tuple[str, str]:
    known, excluded = crowd.remember(), crowd.remember()
    for kind in ("epilepsy", "allergy"):
        crowd.do("alert.add", person=known, kind=kind)
    until = (datetime.now(UTC) + timedelta(days=5)).isoformat()
    reviewer = house.staff[Role.NURSE]
    about = {"reason": "threats", "ends_at": until, "reviewer": reviewer}
    crowd.do("person.exclude", person=excluded, **about)
    return known, excluded


def _entries(journal: str) -> tuple[list[str], list[str]]:
    """Return one entry with a note, and one of each kind that can be corrected."""
    notes = re.findall(r"/read/(\d+)", journal)
    corrections = re.findall(r"/correct/(\d+)", journal)
    return notes[:1], corrections[:4]
