"""A clinic that treats patients, over a real node whose clock the test sets."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from safelight.kernel.errors import Refused
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Patient, Session
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment
from safelight.run.store.packs import load_pack
from safelight.web.asgi import Front, build_application
from safelight.wiring import (
    PACKS,
    Home,
    WriterLock,
    new_id,
    office_of,
    open_node,
    prepare_home,
)
from tests.support.web import SECRET, Browser, account, configured, idle_desk

SITE = "north"
REGISTER = "cd-diamorphine-ampoule-100mg"
MG = 1_000
MORNING = datetime(2026, 1, 13, 9, tzinfo=UTC)
CALM: dict[str, Any] = {
    "sedation": "poss_1",
    "breathing_rate": 14,
    "spo2": 97,
    "breath_alcohol": 0,
    "looked_for_signs": True,
}
DROWSY: dict[str, Any] = {**CALM, "sedation": "poss_3", "signs": ["slurred_speech"]}


class Treating:
    """A clinic with one register, a prescriber with a licence, and an open shift."""

    def __init__(self, home: Path, node: Node, front: Front, now: datetime) -> None:
        self.home, self.node, self.front = home, node, front
        self.now = now

    def clock(self) -> datetime:
        """Return the clinic's time."""
        return self.now

    def passes(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    @property
    def site(self) -> Site:
        """The clinic as last committed."""
        return self.node.site(SITE)

    def do(self, name: str, role: Role = Role.NURSE, /, **fields: Any) -> None:  # noqa: ANN401
        """Give one command with fresh proof, witnessed by a pharmacist who proved it as well."""
        actor = Actor(f"staff-{role.value}", role, self.now)
        witness = Actor("staff-second", Role.PHARMACIST, self.now)
        payload = read_command(name, fields)
        self.node.perform(Tap(SITE, new_id(), name, payload, actor, witness=witness))

    def refused(self, name: str, role: Role = Role.NURSE, /, **fields: Any) -> str:  # noqa: ANN401
        """Return the rule that refuses a command."""
        try:
            self.do(name, role, **fields)
        except Refused as refused:
            return refused.code
        return ""

    def patient(self, *, ordered: bool = True, oral: int = 0) -> str:
        """Bring somebody into treatment, with an order or without, and return their id."""
        known = set(self.site.persons)
        self.do("treatment.refer", source="self")
        [person] = set(self.site.persons) - known
        treatments = self.site.all_of(Treatment).values()
        treatment = next(each for each in treatments if each.person == person)
        pack = self.node.protocol(SITE)
        criteria = "switzerland"
        met = [{"criterion": c, "finding": "met"} for c in pack.criteria[criteria].criteria]
        self.do("eligibility.assess", treatment=treatment.id, criteria=criteria, findings=met)
        reason = next(iter(pack.words("eligibility_reasons")))
        decided = {"treatment": treatment.id, "decision": "accepted", "reason": reason}
        self.do("eligibility.decide", Role.PRESCRIBER, **decided)
        self.do("consent.give", treatment=treatment.id, purpose="treatment")
        if ordered:
            self.order(person, oral=oral)
        return person

    def order(self, person: str, *, oral: int = 0) -> None:
        """Sign an order of 200 mg twice a day for two weeks."""
        day = self.now.date()
        by_mouth = {"oral_drug": "methadone", "oral": oral} if oral else {}
        self.do(
            "prescription.sign",
            Role.PRESCRIBER,
            person=person,
            drug="diamorphine",
            form="ampoule",
            strength=100 * MG,
            route="intravenous",
            dose=200 * MG,
            sessions=2,
            daily=400 * MG,
            total=5_600 * MG,
            total_in_words="five thousand six hundred milligrams",
            valid_from=day.isoformat(),
            valid_to=(day + timedelta(days=13)).isoformat(),
            **by_mouth,
        )

    @property
    def treatments(self) -> dict[str, str]:
        """Return the treatment of everybody, by person."""
        return {each.person: each.id for each in self.site.all_of(Treatment).values()}

    def order_of(self, person: str) -> Prescription:
        """Return the order of somebody."""
        orders = self.site.all_of(Prescription).values()
        return next(each for each in orders if each.person == person)

    def begun(self, person: str) -> str:
        """Begin a session and return its id."""
        self.do("session.begin", person=person)
        found = self.site.all_of(Patient)[person].session
        assert found is not None
        return found

    def assessed(self, person: str, bedside: dict[str, Any] = CALM) -> str:
        """Take a session to its assessment."""
        session = self.begun(person)
        self.do("session.identify", session=session, by="photograph")
        self.do("session.assess", session=session, bedside=bedside)
        return session

    def prepared(self, person: str) -> str:
        """Take a session to a prepared dose."""
        session = self.assessed(person)
        order = self.order_of(person).id
        what = {"order": order, "register": REGISTER, "units": 2, "dose": 200 * MG}
        self.do("session.prepare", session=session, **what)
        return session

    def injected(self, person: str) -> str:
        """Take a session to its injection."""
        session = self.prepared(person)
        self.do("session.administer", session=session, by="patient")
        return session

    def naloxone(self, person: str) -> None:
        """Somebody is given naloxone in their session."""
        session = self.node.site(SITE).all_of(Patient)[person].session
        visit = self.session(session or "").visit
        self.do("incident.open", visit=visit)
        incident = self.node.site(SITE).open_incidents_of(visit)[0].id
        dose = {"micrograms": 400, "route": "intramuscular"}
        self.do("incident.record", incident=incident, what="naloxone", naloxone=dose)

    def whole(self, person: str) -> str:
        """Take a session through to its discharge."""
        session = self.injected(person)
        self.do("session.account", session=session, administered=200 * MG)
        for minutes in (5, 16):
            self.passes(minutes=minutes)
            self.do("session.observe", session=session, bedside=CALM)
        self.do("session.discharge", session=session)
        return session

    def session(self, key: str) -> Session:
        """Return a session, going on or past."""
        found = self.node.past_session(SITE, key)
        assert found is not None
        return found

    def signed_in(self, role: Role) -> Browser:
        """Return a browser of somebody who has logged in."""
        browser = Browser(self.front)
        browser.log_in(account(role)[0])
        return browser


@contextmanager
def treating(
    folder: Path, pack: Protocol | None = None, start: datetime = MORNING
) -> Iterator[Treating]:
    """Open a clinic that treats, under the pack of rehearsals, at some time."""
    configured()
    home = Home(folder)
    prepare_home(home)
    lock = WriterLock(home)
    adopted = pack or load_pack(PACKS / "rehearsal-clinic.toml")
    clinic: Treating | None = None

    def clock() -> datetime:
        return clinic.now if clinic else start

    node = open_node(home, clock)
    front = build_application(
        node,
        clock=clock,
        new_id=new_id,
        secret=SECRET,
        desk=idle_desk(),
        office=office_of(home),
    )
    clinic = Treating(folder, node, front, start)
    try:
        _open(clinic, adopted)
        yield clinic
    finally:
        front.close()
        node.close()
        lock.release()


def _open(clinic: Treating, pack: Protocol) -> None:
    manager = Role.MANAGER
    clinic.do("site.found", manager, name="North", kind="building", timezone="Europe/London")
    named = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
    clinic.do("protocol.adopt", manager, **named, approver="staff-manager")
    papers = {"premises": "North", "valid_from": "2020-01-01", "document": "Made up"}
    clinic.do(
        "authority.grant",
        manager,
        authority="licence-premises",
        instrument="A licence",
        activities=["heroin_assisted_treatment"],
        **papers,
    )
    licence = {"licence": "licence-1", "prescriber": "staff-prescriber", "drug": "diamorphine"}
    clinic.do("licence.record", manager, **licence, **papers)
    clinic.do("clock.confirm", other=clinic.now.isoformat())
    what = {"drug": "diamorphine", "form": "ampoule", "strength": 100 * MG, "units": 50}
    clinic.do("register.open", **what)
    clinic.do("shift.open")
