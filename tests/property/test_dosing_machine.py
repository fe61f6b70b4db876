"""The clinic as one machine: whatever anybody taps, and whatever its clock does, the invariants hold.

An oracle with books of its own asserts all ten after every command. Beside it the machine keeps the
true time, which no staff and no rule can see, and asserts that no clock brought a dose early.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from safelight.kernel.errors import Refused
from safelight.run.actions.timekeeper import DRIFT, Timekeeper
from safelight.run.domain.base import Actor, Fact, Given, Role
from safelight.run.domain.clinic.dose import DoseAdministered
from safelight.run.domain.clinic.words import in_words
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import Patient, Session
from safelight.run.domain.treatment_entities import Treatment
from tests.support.clinic import (
    AMPOULE,
    ANN,
    BEA,
    DILAUDID,
    DOC,
    EVE,
    HEROIN,
    MAX,
    PACK,
    ROLES,
    WELL,
    WIM,
    Clinic,
    licence,
    order,
)
from tests.support.sites import NOW

PEOPLE = ("p-1", "p-2", "p-3")
STARTS = (
    NOW,
    datetime(2025, 1, 13, 22, 0, tzinfo=UTC),
    datetime(2025, 3, 29, 19, 0, tzinfo=UTC),  # the night in which an hour is left out
    datetime(2025, 10, 25, 19, 0, tzinfo=UTC),  # the night in which an hour comes twice
)
# By how much the wall clock may be wrong while it is trusted, once when a dose is given and once
# when the next one is.
WRONG = 2 * DRIFT
SEED = st.integers(0, 2**32 - 1)
TAPS = 40
BAD = ({"spo2": 85}, {"sedation": "poss_3"}, {"breath_alcohol": 60}, {"signs": ["slurred_speech"]})

Step = tuple[str, dict[str, Any]]


class Doses(Clinic):
    """A clinic on a machine whose wall clock anybody may set, and a second prescriber."""

    def __init__(self, start: datetime) -> None:
        """Open it with three patients; two of them have two orders."""
        self.wall = self.true = start
        self.given_at: dict[str, datetime] = {}  # by true time
        self.seen: Counter[str] = Counter()
        self.keeper = Timekeeper(lambda: self.wall, self.steady)
        super().__init__(*PEOPLE, now=start)
        self.keeper.confirm()
        self.sign(person="p-2", route="intramuscular", dose=150_000, sessions=3)
        other = {"drug": "hydromorphone", "strength": 10_000, "dose": 40_000}
        self.sign(person="p-3", **other)

    def steady(self) -> float:
        """Count seconds that nobody can set."""
        return self.true.timestamp()

    def passes(self, time: timedelta) -> None:
        """Let time pass for both clocks."""
        self.true += time
        self.wall += time

    def tap(self, name: str, by: Any, witness: Any = None, at: Any = None, /, **fields: Any) -> str:  # noqa: ANN401
        """Tap as the engine takes it; return the rule that refused it, or nothing."""
        self.now = max(self.now, self.wall)
        self.trusted = self.keeper.trusted and self.now - self.wall <= DRIFT
        try:
            facts = self.do(name, by, witness, at, **fields)
        except Refused as refused:
            assert all([refused.code, refused.message, refused.remedy])
            self.seen[refused.code] += 1
            return refused.code
        for fact in facts:
            self.seen[type(fact).__name__] += 1
            self.no_clock_brings_a_dose_early(fact)
        if name == "clock.confirm":
            self.keeper.confirm()
        return ""

    def no_clock_brings_a_dose_early(self, fact: Fact) -> None:
        """By true time too, as long as the pack says lies between two doses of one patient."""
        if isinstance(fact, DoseAdministered):
            last = self.given_at.get(fact.person)
            interval = timedelta(minutes=PACK.number("dose_interval_minutes"))
            assert last is None or self.true - last >= interval - WRONG
            self.given_at[fact.person] = self.true

    def again(self, given: Given, name: str, **fields: Any) -> None:  # noqa: ANN401
        """Send a command that was refused or done a second time, as a tablet does."""


def hand(rng: Random, clinic: Clinic, staff: str) -> Actor:
    """Return somebody with a fresh proof, or now and then without."""
    minutes = rng.choice((0, 1, 1, 4, 4, 5, 9, -1)) if rng.random() < SELDOM else 1
    proved = clinic.now - timedelta(minutes=minutes)
    return Actor(staff, ROLES[staff], None if rng.random() < RARELY else proved)


SELDOM, RARELY = 0.1, 0.02
LIKELY, HALF = 0.8, 0.5


# What comes next


def next_steps(rng: Random, clinic: Clinic, person: str) -> list[Step]:
    """Return what might come next for somebody, the likeliest first."""
    patient = clinic.site.all_of(Patient).get(person) or Patient(person)
    if patient.locked_at is not None and rng.random() < HALF:
        reviewed = {"person": person, "reason": "other", "lock": patient.locked_at}
        return [("doses.review", reviewed)]
    if patient.session is None:
        return [("session.begin", {"person": person}), ("doses.review", _review(patient))]
    session = clinic.site.all_of(Session)[patient.session]
    steps = _of_session(rng, clinic, session)
    return [(name, {"session": session.id, **fields}) for name, fields in steps]


def _review(patient: Patient) -> dict[str, Any]:
    return {"person": patient.id, "reason": "other", "lock": patient.locked_at}


def _of_session(rng: Random, clinic: Clinic, session: Session) -> list[Step]:
    bedside = WELL | (rng.choice(BAD) if rng.random() < SELDOM else {})
    assess: Step = ("session.assess", {"bedside": bedside})
    match session.stage:
        case "here":
            return [("session.identify", {"by": "known"}), ("session.withhold", {"reason": "other"})]
        case "identified":
            return [assess, _reduce(rng, clinic, session)]
        case "assessed":
            return [*_held(session), _prepare(rng, clinic, session), assess, *_others(rng, clinic, session)]
        case "prepared":
            return [*_held(session), ("session.administer", {"by": "patient"}), _account(rng, session), assess]
        case "observing":
            seen: Step = ("session.observe", {"bedside": bedside})
            return [_account(rng, session) if session.owes else seen, ("session.discharge", {}), seen]
    return [_account(rng, session)]


def _held(session: Session) -> list[Step]:
    found = session.assessment
    if found is None or not found.holds or session.hold_lifted_at is not None:
        return []
    return [("session.lift_hold", {"assessment": found.seq, "reason": "other"})]


def _others(rng: Random, clinic: Clinic, session: Session) -> list[Step]:
    return [
        _reduce(rng, clinic, session),
        ("session.withhold", {"reason": "other"}),
        ("session.end", {"outcome": "left_before_dose"}),
    ]


def orders_of(clinic: Clinic, person: str) -> list[Prescription]:
    """Return somebody's orders that stand."""
    return [each for each in clinic.site.all_of(Prescription).values() if each.person == person]


def _reduce(rng: Random, clinic: Clinic, session: Session) -> Step:
    known = orders_of(clinic, session.person)
    what = {"order": rng.choice([each.id for each in known] or ["rx-none"]), "reason": "other"}
    return "session.reduce", {**what, "dose": rng.choice((50_000, 100_000, 150_000))}


def _prepare(rng: Random, clinic: Clinic, session: Session) -> Step:
    known = orders_of(clinic, session.person)
    if not known:
        return "session.end", {"outcome": "left_before_dose"}
    chosen = rng.choice(known)
    register = HEROIN if chosen.drug == "diamorphine" else DILAUDID
    dose = session.limit if session.limited == chosen.id and session.limit else chosen.dose
    if rng.random() < SELDOM:
        dose = rng.choice((0, 1, dose // 2, dose + 1, 2 * dose))
        register = rng.choice((HEROIN, DILAUDID))
    units = -(-dose // chosen.strength) + (rng.random() < RARELY)
    return "session.prepare", {
        "order": chosen.id,
        "register": register,
        "units": units,
        "dose": dose,
    }


def _account(rng: Random, session: Session) -> Step:
    given = session.administered
    if rng.random() < SELDOM:
        given = rng.choice((0, given // 2, session.prepared, given + 1))
    whole = (session.prepared - given) // AMPOULE * AMPOULE if rng.random() < HALF else 0
    rest = session.prepared - given - whole + (rng.random() < RARELY)
    told = {"administered": given, "wasted": max(0, rest), "returned": max(0, whole)}
    return "session.account", told


# What comes in between


def in_between(rng: Random, clinic: Clinic) -> Step:
    """Return something that may come in between two steps of anybody."""
    person, visits = rng.choice(PEOPLE), sorted(clinic.site.visits)
    visit = {"visit": rng.choice(visits)} if visits and rng.random() < LIKELY else {}
    return rng.choice(
        [
            ("incident.open", {**visit, "kind": rng.choice(("opioid", "injury"))}),
            *_of_incidents(rng, clinic, person),
            ("doses.lock", {"person": person, "reason": "diversion"}),
            *_of_orders(rng, clinic, person),
            *_of_registers(rng, clinic, person),
            *_of_papers(rng, clinic, person),
        ]
    )


def _of_incidents(rng: Random, clinic: Clinic, person: str) -> list[Step]:
    if not clinic.site.incidents:
        return []
    about = {"incident": rng.choice(sorted(clinic.site.incidents))}
    close: Step = ("incident.close", {**about, "outcome": "recovered_here"})
    return [
        close,
        close,
        ("incident.whose", {**about, "person": rng.choice((person, None))}),
        (
            "incident.record",
            {
                **about,
                "what": "naloxone",
                "naloxone": {"micrograms": 400, "route": "nasal"},
            },
        ),
        ("incident.classify", {**about, "kind": rng.choice(("opioid", "injury"))}),
        ("incident.complete", {**about, "kind": "opioid"}),
        ("incident.debrief", {**about, "learning": "none"}),
        ("incident.reopen", {**about, "reason": "told_later"}),
    ]


def _of_orders(rng: Random, clinic: Clinic, person: str) -> list[Step]:
    known = orders_of(clinic, person)
    old = rng.choice(known) if known and rng.random() < LIKELY else None
    changed = {
        "person": person,
        "dose": rng.choice((100_000, 200_000, 300_000)),
        "sessions": rng.choice((1, 2, 3)),
        "route": old.route if old else rng.choice(("intravenous", "intramuscular")),
        "supersedes": old.id if old else None,
    }
    signed = order(clinic.now, days=rng.choice((1, 3, 14)), **changed)
    if rng.random() < SELDOM:
        signed["total"] = signed["daily"]
        signed["total_in_words"] = in_words(signed["total"])
    stop = {"prescription": old.id if old else "rx-none", "reason": "other"}
    return [("prescription.sign", signed)] * 3 + [("prescription.stop", stop)]


def _of_registers(rng: Random, clinic: Clinic, person: str) -> list[Step]:
    register = {"register": rng.choice((HEROIN, DILAUDID))}
    stock = clinic.register(register["register"])
    units = stock.cabinet // stock.strength
    known = orders_of(clinic, person)
    late = {**register, "person": person, "administered": rng.choice((0, 50_000)), "by": "patient"}
    delivery = {
        "units": rng.choice((0, 10, 500)),
        "batch": "AB12",
        "expires": "2030-01-31",
        "supplier": "Maker Ltd",
        "address": "1 Works Road",
        "document": "Invoice",
    }
    return [
        ("register.receive", {**register, **delivery}),
        ("register.waste", {**register, "units": rng.choice((0, 1, units + 1)), "reason": "broken"}),
        ("register.count", {**register, "units": max(0, units + rng.choice((0, 0, 0, -1, 1)))}),
        (
            "register.destroy",
            {**register, "units": 1, "reason": "expired", "method": "other"},
        ),
        (
            "register.correct",
            {
                "line": f"{stock.id}-{stock.lines}",
                "was": clinic.line(stock.id).stated,
                "now": rng.choice((0, AMPOULE, clinic.line(stock.id).stated + AMPOULE)),
                "reason": "typing_slip",
            },
        ),
        (
            "doses.record_late",
            {**late, "order": known[0].id if known and rng.random() < HALF else None},
        ),
    ]


def _of_papers(rng: Random, clinic: Clinic, person: str) -> list[Step]:
    drug = rng.choice(("diamorphine", "hydromorphone"))
    number = f"licence-{clinic.taps}"
    running = [each for each in clinic.site.all_of(Treatment).values() if each.person == person]
    about = {"treatment": running[0].id if running else "tr-none", "purpose": "treatment"}
    current = sorted(
        each.id for each in clinic.site.all_of(clinic_licence()).values() if not each.withdrawn_at
    )
    withdrawn = {"licence": rng.choice([*current, number]), "reason": "expired"}
    return [
        ("licence.withdraw", withdrawn),
        ("licence.record", licence(number, drug)),
        ("licence.record", licence(number, drug)),
        ("consent.withdraw", about),
        ("consent.give", about),
        ("consent.give", about),
    ]
