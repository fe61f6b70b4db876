"""What comes next at a clinic by chance, mostly sensible, and what may come in between."""

from datetime import timedelta
from random import Random
from typing import Any

from safelight.run.domain.clinic.words import in_words
from safelight.run.domain.clinic_entities import Licence, Prescription
from safelight.run.domain.dosing_entities import Patient, Session
from safelight.run.domain.entities import Incident
from safelight.run.domain.treatment_entities import Treatment
from tests.support.clinic import AMPOULE, DILAUDID, HEROIN, WELL, Clinic, licence, order

Step = tuple[str, dict[str, Any]]

PEOPLE = ("p-1", "p-2", "p-3")
WAIT = "wait"  # let some time pass
SELDOM, RARELY, LIKELY, HALF = 0.1, 0.02, 0.8, 0.5
BAD: tuple[dict[str, Any], ...] = (
    {"spo2": 85},
    {"sedation": "poss_3"},
    {"breath_alcohol": 60},
    {"signs": ["slurred_speech"]},
    {"spo2": None},
)


def next_steps(rng: Random, clinic: Clinic, person: str) -> list[Step]:
    """Return what might come next for somebody, the likeliest first."""
    patient = clinic.site.all_of(Patient).get(person) or Patient(person)
    looked: Step = (
        "doses.review",
        {"person": person, "reason": "other", "lock": patient.locked_at},
    )
    every = sorted(clinic.site.incidents.items())
    running = [each for _, each in every if each.closed_at is None]
    if running and rng.random() < HALF:
        return _of_emergency(rng, running[0], person)
    if patient.locked_at is not None and rng.random() < LIKELY:
        return [looked]
    if patient.session is None:
        return _of_arrival(clinic, patient, looked)
    session = clinic.site.all_of(Session)[patient.session]
    steps = _of_session(rng, clinic, session)
    return [(name, {"session": session.id, **fields}) for name, fields in steps]


def _of_emergency(rng: Random, incident: Incident, person: str) -> list[Step]:
    about = {"incident": incident.id}
    outcome = "to_hospital_ambulance" if rng.random() < SELDOM else "recovered_here"
    close: Step = ("incident.close", {**about, "outcome": outcome})
    known = incident.person or incident.visit or incident.about_nobody_here
    return [close] if known else [("incident.whose", {**about, "person": person}), close]


def _of_arrival(clinic: Clinic, patient: Patient, looked: Step) -> list[Step]:
    begin: Step = ("session.begin", {"person": patient.id})
    if not any(each.valid_to >= clinic.now.date() for each in orders_of(clinic, patient.id)):
        old = [each.id for each in orders_of(clinic, patient.id) if each.route == "intravenous"]
        new: dict[str, Any] = {"person": patient.id, "supersedes": old[0] if old else None}
        return [("prescription.sign", order(clinic.now, **new)), begin]
    if patient.last_dose_at is None:
        return [begin, looked]
    since = clinic.now - patient.last_dose_at
    if since > timedelta(days=2) and patient.reviewed_at != clinic.now:
        return [looked, begin]
    return [(WAIT, {}), begin, looked] if since < timedelta(hours=3) else [begin, looked]


def _of_session(rng: Random, clinic: Clinic, session: Session) -> list[Step]:
    bedside = WELL | (rng.choice(BAD) if rng.random() < SELDOM else {})
    assess: Step = ("session.assess", {"bedside": bedside})
    withhold: Step = ("session.withhold", {"reason": "other"})
    found = session.assessment
    stale = [assess] if found and clinic.now - found.at > timedelta(minutes=12) else []
    prepare, reduce = _prepare(rng, clinic, session), _reduce(rng, clinic, session)
    account = _account(rng, session)
    away: Step = ("session.end", {"outcome": "left_before_checks"})
    match session.stage:
        case "here":
            return [("session.identify", {"by": "known"}), withhold]
        case "identified":
            return [assess, reduce]
        case "assessed":
            return [*stale, *_held(rng, session), prepare, prepare, assess, reduce, withhold, away]
        case "prepared":
            inject: Step = ("session.administer", {"by": "patient"})
            return [*stale, *_held(rng, session), inject, inject, account, assess, away]
        case "observing":
            return [*_of_observation(clinic, session, account, bedside), away]
    return [account]


def _of_observation(
    clinic: Clinic, session: Session, account: Step, bedside: dict[str, Any]
) -> list[Step]:
    seen: Step = ("session.observe", {"bedside": bedside})
    clear: Step = ("session.discharge", {})
    began = session.administered_at or clinic.now
    if session.owes:
        return [account, seen, clear]
    if clinic.now - began < timedelta(minutes=20):
        return [(WAIT, {}), clear, seen] if len(session.observations) > 1 else [seen, clear]
    late = [each for each in session.observations if each.at - began >= timedelta(minutes=20)]
    return [clear, seen] if len(late) > 1 else [seen, clear, seen]


def _held(rng: Random, session: Session) -> list[Step]:
    found = session.assessment
    if found is None or not found.holds or session.hold_lifted_at is not None:
        return []
    seen = found.seq - (rng.random() < SELDOM)
    return [("session.lift_hold", {"assessment": seen, "reason": "other"})]


def orders_of(clinic: Clinic, person: str) -> list[Prescription]:
    """Return somebody's orders that stand."""
    every = clinic.site.all_of(Prescription).items()
    return [order for _, order in sorted(every) if order.person == person]


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
        ("incident.close", {**about, "outcome": "to_hospital_ambulance"}),
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
        (
            "register.waste",
            {**register, "units": rng.choice((0, 1, units + 1)), "reason": "broken"},
        ),
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
        each.id for each in clinic.site.all_of(Licence).values() if not each.withdrawn_at
    )
    withdrawn = {"licence": rng.choice([*current, number]), "reason": "expired"}
    return [
        ("licence.withdraw", withdrawn) if rng.random() < SELDOM else ("consent.give", about),
        ("consent.withdraw", about) if rng.random() < SELDOM else ("consent.give", about),
        ("licence.record", licence(number, drug)),
        ("consent.give", about),
    ]
