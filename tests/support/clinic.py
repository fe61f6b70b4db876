"""A clinic at work, by the real rules and in memory, with an oracle that hears every command.

A stage for examples: somebody in treatment, with consent, an order, drugs in the cabinet and staff
who have just proved who they are. Each helper takes one step of a session, and an example changes
what it is about.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from safelight.kernel.errors import Refused
from safelight.rehearse.clinic.invariants import Invariants
from safelight.run.domain import registry
from safelight.run.domain.base import Actor, Entity, Fact, Given, Role, When
from safelight.run.domain.clinic.words import in_words
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Patient, Session
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.register_entities import Line, Register
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment
from safelight.run.store.projection import apply_fact, let_go, recalled
from tests.support.sites import NOW, person, protocol, stored, well_said

PACK = protocol(
    values={"hydromorphone_daily_maximum_mg": 500},
    words={
        "incident_kinds": ("opioid", "collapse_unknown", "injury"),
        "incident_outcomes": ("recovered_here", "to_hospital_ambulance"),
    },
)
DOC, ANN, BEA = "s-doc", "s-ann", "s-bea"
MAX, WIM, EVE = "s-max", "s-wim", "s-eve"
ROLES = {
    DOC: Role.PRESCRIBER,
    ANN: Role.NURSE,
    BEA: Role.NURSE,
    MAX: Role.MANAGER,
    WIM: Role.WORKER,
    EVE: Role.WITNESS,
}
NALOXONE: dict[str, Any] = {
    "what": "naloxone",
    "naloxone": {"micrograms": 400, "route": "nasal"},
}
WELL: dict[str, Any] = {
    "sedation": "poss_1",
    "breathing_rate": 14,
    "spo2": 98,
    "breath_alcohol": 0,
    "looked_for_signs": True,
}
AMPOULE = 100_000  # micrograms in one
ORDERED = 200_000
HEROIN, DILAUDID = "cd-diamorphine-ampoule-100mg", "cd-hydromorphone-ampoule-10mg"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Clinic:
    """One clinic, its journal and archive in memory, and a clock that an example moves on."""

    def __init__(
        self,
        *people: str,
        pack: Protocol = PACK,
        now: datetime = NOW,
        oracle: Invariants | None = None,
        timezone: str = "Europe/London",
    ) -> None:
        """Open a clinic an hour ago, with these people (or one) in treatment and on an order."""
        self.site, self.pack, self.now = Site("north"), pack, now - HOUR
        self.oracle = oracle or Invariants()
        self.trusted, self.behind = True, timedelta(0)
        self.taps = self.entries = 0
        self.archive: dict[tuple[str, str], Entity] = {}
        self.session, self.order = "", ""
        found = {"name": "North", "kind": "building", "timezone": timezone}
        self.do("site.found", MAX, **found)
        adopted = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
        self.do("protocol.adopt", MAX, approver=MAX, **adopted)
        self.do("authority.grant", MAX, **authority())
        self.do("shift.open", MAX)
        for drug, strength in (("diamorphine", AMPOULE), ("hydromorphone", 10_000)):
            self.do("licence.record", MAX, **licence(f"licence-{drug}", drug))
            stock = {"drug": drug, "form": "ampoule", "strength": strength, "units": 1000}
            self.do("register.open", ANN, BEA, **stock)
        for key in people or ("p-1",):
            self.take_on(key)
            self.order = self.sign(person=key)
        self.now = now

    # Doing

    def actor(self, staff: str) -> Actor:
        """Return somebody who gave their second factor a minute ago."""
        return Actor(staff, ROLES[staff], self.now - MINUTE)

    def given(
        self, by: str | Actor, witness: str | Actor | None = None, at: datetime | None = None
    ) -> Given:
        """Return what a tap now is given."""
        command = f"00000000-0000-4000-8000-{self.taps:012d}"
        actor = self.actor(by) if isinstance(by, str) else by
        beside = self.actor(witness) if isinstance(witness, str) else witness
        told = at or self.now
        known = self.trusted, self.behind
        return Given(self.now, told, actor, self.pack, command, beside, *known)

    def do(
        self,
        name: str,
        by: str | Actor = ANN,
        witness: str | Actor | None = None,
        at: datetime | None = None,
        /,
        **fields: Any,  # noqa: ANN401 - as a form sends them
    ) -> list[Fact]:
        """Do what the engine does with a tap; a refusal changes nothing."""
        given = self.given(by, witness, at)
        self.taps += 1
        return self.decide(name, msgspec.convert(fields, registry.rule_for(name).command), given)

    def decide(self, name: str, command: Any, given: Given) -> list[Fact]:  # noqa: ANN401 - a Command
        """Decide a command, apply its facts as they read back, and hear what the oracle says."""
        self.oracle.before(self.site, command, given)
        site, brought = recalled(self.site, command, self._recall)
        facts = registry.decide(site, name, command, given)
        site = let_go(site, brought)
        witness = given.witness.staff if given.witness else None
        for fact in facts:
            self.entries += 1
            when = When(self.entries, given.happened_at, given.now, given.actor.staff, witness)
            assert stored(fact) == fact
            site = apply_fact(site, fact, when, self._recall)
        self.archive.update(site.changes)
        self.site = site.settled()
        self.oracle.after(site, facts, given)
        return facts

    def refusal(
        self,
        name: str,
        by: str | Actor = ANN,
        witness: str | Actor | None = None,
        at: datetime | None = None,
        /,
        **fields: Any,  # noqa: ANN401 - as a form sends them
    ) -> Refused:
        """Return the refusal that a command meets, after checking that it says what to do."""
        before = self.site
        with pytest.raises(Refused) as caught:
            self.do(name, by, witness, at, **fields)
        assert self.site is before
        return well_said(caught.value)

    def refused(self, name: str, *how: Any, **fields: Any) -> str:  # noqa: ANN401
        """Return the name of the rule that refuses a command."""
        return self.refusal(name, *how, **fields).code

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def _recall(self, kind: str, key: str) -> Entity | None:
        return self.archive.get((kind, key))

    # What stands

    def patient(self, key: str = "p-1") -> Patient:
        """Return what is kept of somebody's doses."""
        return self.site.all_of(Patient)[key]

    def the_session(self, key: str = "") -> Session:
        """Return a session, going on or past; the newest unless another one is named."""
        found = self.archive["session", key or self.session]
        assert isinstance(found, Session)
        return found

    def the_order(self, key: str = "") -> Prescription:
        """Return an order, standing or not."""
        found = self.archive["prescription", key or self.order]
        assert isinstance(found, Prescription)
        return found

    def register(self, key: str = HEROIN) -> Register:
        """Return a register."""
        return self.site.all_of(Register)[key]

    def line(self, key: str = HEROIN) -> Line:
        """Return the newest line of a register."""
        found = self.archive["line", f"{key}-{self.register(key).lines}"]
        assert isinstance(found, Line)
        return found

    # Into treatment

    def take_on(self, key: str) -> None:
        """Take somebody into treatment, who consents to it."""
        if key not in self.site.persons:
            self.site = self.site.put(person(key, handle=f"amber {key.replace('-', '')[:1]}inch"))
        self.do("treatment.refer", ANN, person=key, source="gp")
        treatment = next(t.id for t in self.site.all_of(Treatment).values() if t.person == key)
        found = [{"criterion": c, "finding": "met"} for c in ("age", "treatment_failed")]
        about = {"treatment": treatment}
        self.do("eligibility.assess", ANN, **about, criteria="criteria-here", findings=found)
        yes = {"decision": "accepted", "reason": "criteria_met"}
        self.do("eligibility.decide", DOC, **about, **yes)
        self.do("consent.give", ANN, **about, purpose="treatment")

    def treatment(self, key: str = "p-1") -> str:
        """Return the id of somebody's treatment."""
        return next(t.id for t in self.site.all_of(Treatment).values() if t.person == key)

    def sign(self, **other: Any) -> str:  # noqa: ANN401 - fields of an order
        """Sign an order for two sessions of 200 mg a day and a fortnight, unless said otherwise."""
        (fact,) = self.do("prescription.sign", DOC, **order(self.now, **other))
        return str(fact.prescription)  # type: ignore[attr-defined]

    # A session, step by step

    def begin(self, key: str = "p-1") -> str:
        """Somebody is here for a dose."""
        self.session = self.do("session.begin", WIM, person=key)[-1].session  # type: ignore[attr-defined]
        return self.session

    def identify(self) -> None:
        """It is certain who it is."""
        self.do("session.identify", ANN, session=self.session, by="photograph")

    def assess(self, **other: Any) -> None:  # noqa: ANN401 - of a bedside
        """The patient is well, unless said otherwise."""
        self.do("session.assess", ANN, session=self.session, bedside=WELL | other)

    def prepare(self, **other: Any) -> None:  # noqa: ANN401 - fields of a preparation
        """Two nurses prepare what was ordered."""
        self.do("session.prepare", ANN, BEA, **self.preparation(**other))

    def preparation(self, **other: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return what two nurses would prepare by the order."""
        what = {"order": self.order, "register": HEROIN, "units": 2, "dose": ORDERED}
        return {"session": self.session, **what, **other}

    def inject(self) -> None:
        """The injection begins."""
        self.do("session.administer", ANN, session=self.session, by="patient")

    def account(self, administered: int = ORDERED, wasted: int = 0, returned: int = 0) -> None:
        """Two nurses say where it all went."""
        told = {"administered": administered, "wasted": wasted, "returned": returned}
        self.do("session.account", ANN, BEA, session=self.session, **told)

    def observe(self, **other: Any) -> None:  # noqa: ANN401 - of a bedside
        """The patient is well after the dose, unless said otherwise."""
        self.do("session.observe", ANN, session=self.session, bedside=WELL | other)

    def discharge(self) -> None:
        """The patient is clear and goes."""
        self.do("session.discharge", ANN, session=self.session)

    def up_to(self, stage: str, key: str = "p-1") -> str:
        """Take a new session of somebody to a stage, with a minute between the steps."""
        steps = {
            "identified": self.identify,
            "assessed": self.assess,
            "prepared": self.prepare,
            "observing": self.inject,
        }
        self.begin(key)
        for reached, step in steps.items():
            if self.the_session().stage == stage:
                break
            self.wait(minutes=1)
            step()
            assert self.the_session().stage == reached
        return self.session

    def dose(self, key: str = "p-1") -> str:
        """Take somebody through a whole session, from arrival to discharge."""
        self.up_to("observing", key)
        self.account()
        self.wait(minutes=20)
        self.observe()
        self.observe()
        self.discharge()
        return self.session

    def incident(self, **fields: Any) -> str:  # noqa: ANN401 - of an incident
        """Open an incident."""
        (fact,) = self.do("incident.open", WIM, **fields)
        return str(fact.incident)  # type: ignore[attr-defined]

    def overdose(self, **fields: Any) -> str:  # noqa: ANN401 - of an incident
        """Somebody overdoses, and it is over."""
        incident = self.incident(kind="opioid", **fields)
        self.do("incident.close", WIM, incident=incident, outcome="recovered_here")
        return incident

    def naloxone(self, incident: str) -> None:
        """Somebody is given naloxone."""
        self.do("incident.record", WIM, incident=incident, **NALOXONE)

    def review(self, key: str = "p-1", **other: Any) -> list[Fact]:  # noqa: ANN401
        """A prescriber reviews somebody as they are kept now."""
        known = self.site.all_of(Patient).get(key)
        lock = known.locked_at if known else None
        fields = {"person": key, "reason": "seen_and_safe", "lock": lock, **other}
        return self.do("doses.review", DOC, **fields)


def authority(**other: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an authority
    """Return an authority for treatment."""
    standard = {
        "authority": "licence-of-premises",
        "instrument": "A licence",
        "activities": ["heroin_assisted_treatment", "supervised_use"],
        "premises": "North",
        "valid_from": "2020-01-01",
        "document": "Made up",
    }
    return standard | other


def licence(key: str, drug: str, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a prescriber's licence for a drug."""
    standard = {
        "licence": key,
        "prescriber": DOC,
        "drug": drug,
        "premises": "North",
        "valid_from": "2020-01-01",
        "document": "Made up",
    }
    return standard | other


def order(now: datetime, days: int = 14, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an order from today on, whose total follows from the rest unless it is given."""
    first = now.astimezone(ZoneInfo("Europe/London")).date()
    fields: dict[str, Any] = {
        "person": "p-1",
        "drug": "diamorphine",
        "form": "ampoule",
        "strength": AMPOULE,
        "route": "intravenous",
        "dose": ORDERED,
        "sessions": 2,
        "valid_from": first,
        "valid_to": first + (days - 1) * DAY,
    }
    fields |= other
    fields.setdefault("daily", fields["dose"] * fields["sessions"])
    fields.setdefault("total", fields["daily"] * days)
    return {"total_in_words": in_words(fields["total"]), **fields}


def without(pack: Protocol, *names: str) -> Protocol:
    """Return a pack that leaves out some of its values."""
    kept = {name: value for name, value in pack.values.items() if name not in names}
    return msgspec.structs.replace(pack, values=kept)
