"""Commands by chance: mostly about what is on the floor, now and then about nothing at all."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import msgspec

from safelight.run.domain.base import Command, Entity
from safelight.run.domain.clinic.eligibility import FINDINGS
from safelight.run.domain.clinic_entities import Licence, Prescription
from safelight.run.domain.dosing_entities import Patient, Session
from safelight.run.domain.entities import (
    AFTERCARE,
    ARRIVED,
    IN_PLACE,
    OPEN,
    WAITING,
    Naloxone,
    Reading,
)
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.register_entities import (
    Concern,
    DestructionWitness,
    Discrepancy,
    PatientReturn,
    Register,
    Requisition,
)
from safelight.run.domain.registry import COMMANDS
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Answers, Finding, Treatment
from tests.support.sites import protocol

Step = tuple[str, dict[str, Any]]

PACK = protocol(
    values={"episodes_per_visit_max": 3, "exclusion_max_days": 28},
    words={
        "incident_kinds": ("opioid", "stimulant", "seizure", "collapse_unknown", "unclassified"),
        "incident_outcomes": ("recovered_here", "to_hospital_ambulance", "unclassified"),
        "interventions": ("oxygen", "airway"),
        "place_kinds": ("booth", "smoking_seat"),
    },
)
NO_PACK = Protocol("none", "0", "No pack", example=True, values={}, codes={})
STAFF = ("s-ada", "s-ben", "s-cy")
BATCHES = ("AB12", "ab 12", "CD34")
UNKNOWN = "nobody"  # fits an id and a code

# What it takes to open the floor of a new site.
SETTING_UP: list[Step] = [
    ("protocol.adopt", {"pack": PACK.id, "version": "1", "digest": "0" * 64, "approver": STAFF[0]}),
    (
        "authority.grant",
        {
            "authority": "policy-1",
            "instrument": "A policy",
            "activities": ["supervised_use"],
            "premises": "North",
            "valid_from": "2024-12-01",
            "document": "Made up",
        },
    ),
    (
        "place.add",
        {"place": "booth-1", "label": "1", "kind": "booth", "routes": ["injecting", "nasal"]},
    ),
    ("place.add", {"place": "seat-1", "label": "2", "kind": "smoking_seat", "routes": ["smoking"]}),
    ("shift.open", {}),
    ("shift.take_duty", {"staff": "s-ada", "duty": "floor"}),
    ("shift.take_duty", {"staff": "s-ben", "duty": "nurse"}),
]

# What it takes there to give doses.
HEROIN = "cd-diamorphine-ampoule-100mg"
WELL: dict[str, object] = {
    "sedation": "poss_1",
    "breathing_rate": 14,
    "spo2": 98,
    "breath_alcohol": 0,
    "looked_for_signs": True,
}
SETTING_UP_A_CLINIC: list[Step] = [
    (
        "authority.grant",
        {
            "authority": "policy-2",
            "instrument": "A licence",
            "activities": ["heroin_assisted_treatment"],
            "premises": "North",
            "valid_from": "2024-12-01",
            "document": "Made up",
        },
    ),
    (
        "licence.record",
        {
            "licence": "licence-ada",
            "prescriber": STAFF[0],
            "drug": "diamorphine",
            "premises": "North",
            "valid_from": "2025-01-01",
            "document": "Made up",
        },
    ),
    ("register.open", {"drug": "diamorphine", "form": "ampoule", "strength": 100_000, "units": 99}),
]

# Which vocabulary a field takes its codes from, by command or for all commands.
VOCABULARIES = {
    "alert.add kind": "alert_kinds",
    "alert.withdraw reason": "withdraw_reasons",
    "authority.withdraw reason": "withdraw_reasons",
    "body_site": "body_sites",
    "consent.give purpose": "consent_purposes",
    "consent.withdraw purpose": "consent_purposes",
    "contact.plan kind": "contact_kinds",
    "contact.record kind": "contact_kinds",
    "contact.record result": "contact_results",
    "checks": "release_checks",
    "drug": "drugs",
    "concern.raise kind": "concern_kinds",
    "doses.lock reason": "lock_reasons",
    "doses.record_late by": "administered_by",
    "doses.review reason": "dose_review_reasons",
    "destruction_witness.withdraw reason": "withdraw_reasons",
    "duty": "duties",
    "episode.correct reason": "correction_reasons",
    "eligibility.decide reason": "eligibility_reasons",
    "form": "drug_forms",
    "found": "check_findings",
    "incident.classify kind": "incident_kinds",
    "incident.close outcome": "incident_outcomes",
    "incident.close reason": "unclassified_reasons",
    "incident.complete kind": "incident_kinds",
    "incident.correct reason": "correction_reasons",
    "incident.open kind": "incident_kinds",
    "incident.reopen reason": "correction_reasons",
    "item": "equipment",
    "kind_reason": "unclassified_reasons",
    "learning": "learning",
    "licence.withdraw reason": "withdraw_reasons",
    "oral_drug": "oral_drugs",
    "method": "destruction_methods",
    "outcome.record stage": "outcome_stages",
    "person.exclude reason": "exclusion_reasons",
    "place.add kind": "place_kinds",
    "place.close reason": "closed_reasons",
    "prescription.sign route": "drug_routes",
    "prescription.stop reason": "order_stop_reasons",
    "register.correct reason": "register_correction_reasons",
    "register.destroy reason": "destruction_reasons",
    "register.waste reason": "wastage_reasons",
    "requisition.close reason": "requisition_close_reasons",
    "resolution": "discrepancy_resolutions",
    "return.record drug": "returned_drugs",
    "review.record kind": "review_kinds",
    "review.record outcome": "review_outcomes",
    "route": "routes",
    "routes": "routes",
    "service": "services",
    "session.administer body_site": "injection_sites",
    "session.administer by": "administered_by",
    "session.end outcome": "session_outcomes",
    "session.identify by": "identity_checks",
    "session.lift_hold reason": "hold_reasons",
    "session.reduce reason": "reduction_reasons",
    "session.withhold reason": "withhold_reasons",
    "sex": "sexes",
    "shift.check item": "shift_checks",
    "stock.count reason": "count_reasons",
    "substances": "substances",
    "supplies.correct reason": "correction_reasons",
    "supplies.take_back item": "equipment_returned",
    "to": "referrals",
    "topics": "orientation_topics",
    "treatment.refer source": "referral_sources",
    "treatment.end reason": "treatment_end_reasons",
    "treatment.transfer to": "transfer_services",
    "visit.leave outcome": "leave_outcomes",
    "visit.turn_away reason": "refusal_reasons",
}
OTHER_CODES = {
    "activities": ("supervised_use", "supply_pipe"),
    "detail": ("other",),
    "criteria": ("criteria-here",),
    "decision": ("upheld", "shortened", "lifted", "accepted", "declined"),
    "kind": ("building", "vehicle"),
    "reason": ("register_print",),
    "what": ("observation", "naloxone", "note", "oxygen", "ambulance_called"),
}
TEXTS = {
    "address": ("1 Works Road",),
    "digest": ("0" * 64,),
    "document": ("Made up",),
    "instrument": ("A policy",),
    "label": ("Market", "Booth"),
    "layout": ("uk-2001",),
    "layout_digest": ("0" * 64,),
    "name": ("North",),
    "goals": ("sealed:abc",),
    "note": ("sealed:abc",),
    "pack": ("pack-small",),
    "premises": ("North",),
    "purpose": ("Treatment",),
    "supplier": ("Maker Ltd",),
    "timezone": ("Europe/London",),
    "total_in_words": ("two hundred", "four hundred milligrams", "zero"),
    "version": ("1",),
}


def command_for(rng: Random, site: Site, name: str, now: datetime) -> Command:
    """Draw a command of a kind, whose fields keep their own limits."""
    made = {
        field.name: _value(rng, site, name, field, now)
        for field in msgspec.structs.fields(COMMANDS[name].command)
        if field.required or rng.random() < LIKELY_GIVEN
    }
    return msgspec.convert(made, COMMANDS[name].command)


def living(site: Site) -> dict[str, dict[str, Entity]]:
    """Return what lives at a site, without the kinds of which nothing does."""
    return {kind: dict(part) for kind, part in site.parts.items() if len(part)}


def next_dose_step(rng: Random, site: Site) -> Step:
    """Draw somebody who is known here and what would come next for them on the way to a dose."""
    person = rng.choice(sorted(site.persons))
    treatments = sorted(site.all_of(Treatment).items())
    treatment = next((each for _, each in treatments if each.person == person), None)
    patient = site.all_of(Patient).get(person) or Patient(person)
    if treatment is None or not treatment.running or not treatment.consents:
        return _into_treatment(person, treatment)
    if patient.locked_at is not None:
        return "doses.review", {"person": person, "reason": "other", "lock": patient.locked_at}
    if patient.session is None:
        return "session.begin", {"person": person}
    session = site.all_of(Session)[patient.session]
    orders = sorted(site.all_of(Prescription).items())
    order = next((key for key, each in orders if each.person == person), UNKNOWN)
    name, fields = rng.choice(_dose_steps(session, order))
    return name, {"session": session.id, **fields}


def _into_treatment(person: str, treatment: Treatment | None) -> Step:
    if treatment is None:
        return "treatment.refer", {"person": person, "source": "gp"}
    about = {"treatment": treatment.id}
    if not treatment.assessments:
        found = [{"criterion": code, "finding": "met"} for code in ("age", "treatment_failed")]
        return "eligibility.assess", {**about, "criteria": "criteria-here", "findings": found}
    if not treatment.running:
        yes = {"decision": "accepted", "reason": "criteria_met"}
        return "eligibility.decide", {**about, **yes}
    return "consent.give", {**about, "purpose": "treatment"}


def _dose_steps(session: Session, order: str) -> list[Step]:
    """Return what may come next in a session, the likeliest more often."""
    gone: Step = ("session.end", {"outcome": "left_before_checks"})
    prepare = {"order": order, "register": HEROIN, "units": 2, "dose": 200_000}
    told = {"administered": session.administered}
    told["wasted"] = session.prepared - session.administered
    account: Step = ("session.account", told)
    steps: dict[str, list[Step]] = {
        "here": [("session.identify", {"by": "known"})],
        "identified": [("session.assess", {"bedside": WELL})],
        "assessed": [("session.prepare", prepare)] * 3
        + [("session.withhold", {"reason": "other"}), gone],
        "prepared": [("session.administer", {"by": "patient"})] * 3 + [account, gone],
        "observing": [account, ("session.observe", {"bedside": WELL}), ("session.discharge", {})],
        "left": [account],
    }
    return steps[session.stage]


def next_step(rng: Random, site: Site) -> Step:
    """Draw somebody who is here and what would come next for them."""
    here = site.visits[rng.choice(sorted(site.visits))]
    free = sorted(p.id for p in site.places.values() if p.state == OPEN and here.route in p.routes)
    queue = ("visit.queue", {"route": _code(rng, "routes")})
    start = ("episode.start", {"substances": [_code(rng, "substances")]})
    release = ("visit.release", {"checks": ["alert"]})
    rise: Step = ("visit.aftercare", {})
    leave: Step = ("visit.leave", {})
    help_needed: Step = ("incident.open", {})
    steps: dict[str, list[Step]] = {
        ARRIVED: [queue if here.oriented else ("visit.orient", {})],
        WAITING: [("visit.place", {"place": rng.choice(free or [UNKNOWN])})],
        IN_PLACE: [start, start, ("episode.end", {}), rise, rise, leave, help_needed],
        AFTERCARE: [queue, release, leave, leave, help_needed],
    }
    name, fields = rng.choice(steps[here.stage])
    return name, {"visit": here.id, **fields}


def _value(rng: Random, site: Site, name: str, field: Any, now: datetime) -> object:  # noqa: ANN401 - msgspec's FieldInfo
    if isinstance(field.default, bool):
        return rng.random() < LIKELY_GIVEN
    if field.name in PLAIN:
        return PLAIN[field.name](rng, site, now)
    pool = _pool(site, name, field.name)
    if field.name not in TEXTS:
        pool = [*pool, *pool, *pool, UNKNOWN]
    if field.name in MANY or (name, field.name) == ("incident.debrief", "staff"):
        return rng.choices(pool, k=rng.choice((0, 1, 1, 2, 3)))
    return rng.choice(pool)


def _pool(site: Site, name: str, field: str) -> Sequence[str]:
    """Return the codes, texts or ids that a field may have."""
    codes = VOCABULARIES.get(f"{name} {field}") or VOCABULARIES.get(field, "")
    fixed = tuple(PACK.words(codes)) or OTHER_CODES.get(field) or TEXTS.get(field)
    return fixed or _ids(site, field) or (UNKNOWN,)


def _quantity(rng: Random, site: Site, _: datetime) -> int:
    handed = [row.quantity for row in site.handed.values()]
    return rng.choice([0, 1, 2, 5, 40, 100_000, 1_000_000, *handed * 4])


def _day(rng: Random, _: Site, __: datetime) -> date:
    return rng.choice([date(2025, 1, 1), date(2025, 1, 12), date(2027, 1, 1)])


def _dose(rng: Random, _: Site, __: datetime) -> Naloxone:
    route = rng.choice(["nasal", "nasal", "intramuscular", UNKNOWN])
    return Naloxone(rng.randint(1, 20_000), route, rng.choice([*BATCHES, None]))


def _reading(rng: Random, _: Site, __: datetime) -> Reading:
    return Reading(
        spo2=rng.choice([None, 80, 99]),
        gcs=rng.choice([None, 3, 15]),
        consciousness=rng.choice([None, "alert", "pain", UNKNOWN]),
    )


def _milligrams(rng: Random, _: Site, __: datetime) -> int:
    return 1_000 * rng.choice([0, 100, 200, 200, 400, 400, 2_000])


def _findings(rng: Random, _: Site, __: datetime) -> list[Finding]:
    found = [
        Finding(code, rng.choice(FINDINGS)) for code in PACK.criteria["criteria-here"].criteria
    ]
    return found[rng.choice((0, 0, 0, 1)) :]


def _answers(rng: Random, _: Site, __: datetime) -> Answers:
    return Answers(
        opiate_days=rng.choice([None, 0, 28]),
        shared_equipment=rng.choice([None, True, False]),
    )


def _bedside(rng: Random, _: Site, __: datetime) -> dict[str, object]:
    return WELL | rng.choice([{}, {}, {"spo2": 80}, {"sedation": "poss_4"}, {"spo2": None}])


def _lock(rng: Random, site: Site, _: datetime) -> datetime | None:
    return rng.choice([None, *(each.locked_at for each in site.all_of(Patient).values())])


def _assessment(rng: Random, site: Site, _: datetime) -> int:
    sessions = site.all_of(Session).values()
    return rng.choice([1, *(each.assessment.seq for each in sessions if each.assessment)])


PLAIN: dict[str, Callable[[Random, Site, datetime], object]] = {
    "administered": _milligrams,
    "answers": _answers,
    "assessment": _assessment,
    "bedside": _bedside,
    "batch": lambda rng, _site, _now: rng.choice(BATCHES),
    "counted": _quantity,
    "daily": _milligrams,
    "dose": _milligrams,
    "ends_at": lambda rng, _site, now: now + timedelta(hours=rng.randint(-1, 700)),
    "expires": _day,
    "findings": _findings,
    "first": _day,
    "last": _day,
    "lock": _lock,
    "lines": lambda rng, _site, _now: rng.choice((0, 1, 1_000_000)),
    "naloxone": _dose,
    "next_on": _day,
    "now": _quantity,
    "on": _day,
    "oral": _milligrams,
    "other": lambda rng, _site, now: now + timedelta(minutes=rng.choice((0, 0, 9))),
    "planned_for": lambda rng, _site, now: now + timedelta(hours=rng.randint(-1, 700)),
    "part": lambda rng, _site, _now: rng.choice((0, 0, 1)),
    "quantity": _quantity,
    "reading": _reading,
    "returned": _milligrams,
    "review_on": _day,
    "sessions": lambda rng, _site, _now: rng.randint(0, 4),
    "strength": _milligrams,
    "total": _milligrams,
    "refers_to": lambda rng, site, _now: rng.choice(_entries(site) or [1]),
    "units": lambda rng, _site, _now: rng.choice((0, 1, 2, 10, 1_000_000)),
    "valid_from": _day,
    "valid_to": _day,
    "was": _quantity,
    "wasted": _milligrams,
}
MANY = frozenset({"topics", "substances", "checks", "routes", "activities"})
LIKELY_GIVEN = 0.6


def _code(rng: Random, vocabulary: str) -> str:
    return rng.choice(sorted(PACK.words(vocabulary)))


def _entries(site: Site) -> list[int]:
    """Return the entries that a correction may refer to."""
    episodes = [e.seq for v in site.visits.values() for e in v.episodes]
    return sorted(episodes + [s.seq for i in site.incidents.values() for s in i.steps])


def _ids(site: Site, field: str) -> Sequence[str]:
    """Return the ids on the floor that a field of this name may name, and one that is new."""
    people = list(site.persons.values())
    pools: dict[str, Sequence[str]] = {
        "visit": sorted(site.visits),
        "person": sorted(site.persons),
        "place": [*sorted(site.places), f"place-{len(site.places)}"],
        "incident": sorted(site.incidents),
        "stock": sorted(site.stock),
        "treatment": sorted(site.all_of(Treatment)),
        "contact": [c.id for t in site.all_of(Treatment).values() for c in t.contacts],
        "handed": sorted(site.handed),
        "bin": [*sorted(site.bins), f"bin-{len(site.bins)}"],
        "authority": [*sorted(site.authorities), f"authority-{len(site.authorities)}"],
        "licence": [*sorted(site.all_of(Licence)), f"licence-{len(site.all_of(Licence))}"],
        "prescription": sorted(site.all_of(Prescription)),
        "order": sorted(site.all_of(Prescription)),
        "session": sorted(site.all_of(Session)),
        "supersedes": sorted(site.all_of(Prescription)),
        "exclusion": [e.id for p in people for e in p.exclusions],
        "register": sorted(site.all_of(Register)),
        "line": [f"{each.id}-{each.lines}" for each in site.all_of(Register).values()],
        "requisition": sorted(site.all_of(Requisition)),
        "discrepancy": sorted(site.all_of(Discrepancy)),
        "concern": sorted(site.all_of(Concern)),
        "patient_return": sorted(site.all_of(PatientReturn)),
        "authorisation": sorted(site.all_of(DestructionWitness)),
        "alert": [a.id for p in people for a in p.alerts],
    }
    return pools.get(field, STAFF)
