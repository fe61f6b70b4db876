"""What has happened at a site where everything happened: a command of every kind, told in order.

``@visit`` and the like stand for the newest of a kind.
"""

from datetime import timedelta

from safelight.run.domain.base import Actor, Role
from tests.support.draws import SETTING_UP
from tests.support.floors import Fields
from tests.support.sites import NOW

Story = list[tuple[str, Fields]]

# Somebody without a login.
UNATTRIBUTED_TAP: tuple[str, Fields] = ("incident.open", {})

FOUND: Story = [
    ("site.found", {"name": "North", "kind": "vehicle", "timezone": "Europe/London"}),
    *SETTING_UP,
    ("stop.arrive", {"label": "Market"}),
    ("shift.check", {"item": "oxygen", "found": "missing", "note": "sealed:abc"}),
    ("stock.receive", {"item": "needle_1ml", "quantity": 100, "batch": "AB 12/3"}),
    ("stock.count", {"stock": "@stock", "counted": 99, "reason": "routine"}),
    ("bin.start", {"bin": "bin-1", "label": "Bin 1"}),
    ("bin.seal", {"bin": "bin-1"}),
    ("bin.collect", {"bin": "bin-1"}),
]
VISIT: Story = [
    ("visit.turn_away", {"reason": "under_age"}),
    ("visit.arrive", {"adult_confirmed": True, "remember": True, "sex": "female"}),
    ("person.describe", {"person": "@person", "sex": "not_said"}),
    ("alert.add", {"person": "@person", "kind": "allergy", "note": "sealed:abc"}),
    ("alert.withdraw", {"person": "@person", "alert": "@alert", "reason": "expired"}),
    ("visit.orient", {"visit": "@visit", "topics": ["rules", "sharps"]}),
    ("visit.queue", {"visit": "@visit", "route": "injecting"}),
    ("visit.place", {"visit": "@visit", "place": "booth-1"}),
    ("episode.start", {"visit": "@visit", "substances": ["heroin"], "body_site": "arm"}),
    ("supplies.give", {"visit": "@visit", "item": "needle_1ml", "quantity": 10}),
    ("supplies.correct", {"handed": "@handed", "was": 10, "now": 9, "reason": "typing_slip"}),
    ("supplies.take_back", {"visit": "@visit", "item": "needle", "quantity": 4}),
    ("service.give", {"visit": "@visit", "service": "wound_care"}),
    ("referral.make", {"visit": "@visit", "to": "housing"}),
]
CLINIC: Story = [
    (
        "licence.record",
        {
            "licence": "licence-1",
            "prescriber": "s-ada",
            "drug": "diamorphine",
            "premises": "North",
            "valid_from": "2025-01-01",
            "document": "Made up",
        },
    ),
    (
        "prescription.sign",
        {
            "person": "@person",
            "drug": "diamorphine",
            "form": "ampoule",
            "strength": 100_000,
            "route": "intravenous",
            "dose": 200_000,
            "sessions": 2,
            "daily": 400_000,
            "total": 400_000,
            "total_in_words": "four hundred",
            "valid_from": NOW.date(),
            "valid_to": NOW.date(),
        },
    ),
    ("prescription.stop", {"prescription": "@prescription", "reason": "other"}),
    ("licence.withdraw", {"licence": "licence-1", "reason": "expired"}),
]
TREATMENT: Story = [
    ("treatment.refer", {"person": "@person", "source": "gp", "note": "sealed:abc"}),
    (
        "eligibility.assess",
        {
            "treatment": "@treatment",
            "criteria": "criteria-here",
            "findings": [
                {"criterion": "age", "finding": "met"},
                {"criterion": "treatment_failed", "finding": "not_met", "evidence": "sealed:abc"},
            ],
        },
    ),
    (
        "eligibility.decide",
        {
            "treatment": "@treatment",
            "decision": "accepted",
            "reason": "clinical_judgement",
            "note": "sealed:abc",
        },
    ),
    ("consent.give", {"treatment": "@treatment", "purpose": "contact"}),
    ("consent.withdraw", {"treatment": "@treatment", "purpose": "contact"}),
    ("care.plan", {"treatment": "@treatment", "goals": "sealed:abc", "review_on": NOW.date()}),
    ("care.assign", {"treatment": "@treatment", "staff": "s-ben"}),
    (
        "contact.plan",
        {"treatment": "@treatment", "kind": "group", "planned_for": NOW + timedelta(hours=1)},
    ),
    (
        "contact.record",
        {
            "treatment": "@treatment",
            "contact": "@contact",
            "result": "attended",
            "note": "sealed:abc",
        },
    ),
    (
        "review.record",
        {
            "treatment": "@treatment",
            "kind": "second_opinion",
            "outcome": "continue",
            "note": "sealed:abc",
        },
    ),
    (
        "outcome.record",
        {
            "treatment": "@treatment",
            "on": NOW.date(),
            "stage": "start",
            "answers": {"opiate_days": 28, "violence": False},
        },
    ),
    ("treatment.transfer", {"treatment": "@treatment", "to": "another_clinic"}),
    ("treatment.refer", {"person": "@person", "source": "prison"}),
    ("treatment.end", {"treatment": "@treatment", "reason": "patient_choice"}),
]
# Who stands by: a colleague, and for destruction somebody who handles no drugs.
BESIDE = Actor("s-ben", Role.PHARMACIST, NOW)
APART = Actor("s-eve", Role.WITNESS, NOW)
AMPOULES = "cd-diamorphine-ampoule-100mg"
SUPPLIER = {"supplier": "Maker Ltd", "address": "1 Works Road"}
REGISTER: Story = [
    (
        "destruction_witness.authorise",
        {
            "staff": "s-eve",
            "valid_from": "2025-01-01",
            "valid_to": "2025-01-28",
            "document": "Made up",
        },
    ),
    (
        "register.open",
        {"drug": "diamorphine", "form": "ampoule", "strength": 100_000, "units": 9},
    ),
    ("requisition.sign", {"register": AMPOULES, "units": 9, "purpose": "Treatment", **SUPPLIER}),
    (
        "register.receive",
        {
            "register": AMPOULES,
            "units": 5,
            "batch": "AB 12/3",
            "expires": "2026-01-31",
            "document": "Invoice 77",
            "requisition": "@requisition",
            **SUPPLIER,
        },
    ),
    ("requisition.close", {"requisition": "@requisition", "reason": "cancelled"}),
    (
        "register.correct",
        {
            "line": f"{AMPOULES}-2",
            "was": 500_000,
            "now": 400_000,
            "reason": "typing_slip",
            "document": "Invoice 78",
            **SUPPLIER,
        },
    ),
    ("register.waste", {"register": AMPOULES, "units": 1, "reason": "broken"}),
    (
        "register.destroy",
        {
            "register": AMPOULES,
            "units": 2,
            "reason": "expired",
            "method": "denaturing_kit",
            "batch": "AB12",
        },
    ),
    ("destruction_witness.withdraw", {"authorisation": "@authorisation", "reason": "expired"}),
    (
        "register.print",
        {
            "register": AMPOULES,
            "site": "north",
            "layout": "uk-2001",
            "layout_digest": "0" * 64,
            "lines": 1,
            "digest": "0" * 64,
            "reason": "register_print",
        },
    ),
    ("register.count", {"register": AMPOULES, "units": 9}),
    ("discrepancy.report", {"discrepancy": "@discrepancy"}),
    (
        "discrepancy.resolve",
        {
            "discrepancy": "@discrepancy",
            "resolution": "loss",
            "units": 8,
            "note": "sealed:abc",
        },
    ),
    (
        "return.record",
        {
            "drug": "methadone",
            "form": "tablet",
            "strength": 5_000,
            "units": 7,
            "person": "@person",
        },
    ),
    ("return.destroy", {"patient_return": "@return", "method": "other"}),
    ("concern.raise", {"kind": "loss", "register": AMPOULES, "note": "sealed:abc"}),
    ("concern.acknowledge", {"concern": "@concern"}),
]
# Another site, at which somebody has doses.
DOSES: Story = [
    ("site.found", {"name": "North", "kind": "building", "timezone": "Europe/London"}),
    *SETTING_UP,
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
    ("clock.confirm", {"other": NOW}),
    ("visit.arrive", {"adult_confirmed": True, "remember": True}),
    *TREATMENT[:3],
    ("consent.give", {"treatment": "@treatment", "purpose": "treatment"}),
    CLINIC[0],
    ("prescription.sign", {**CLINIC[1][1], "oral_drug": "methadone", "oral": 60_000}),
    ("register.open", {"drug": "diamorphine", "form": "ampoule", "strength": 100_000, "units": 9}),
    ("register.open", {"drug": "methadone", "form": "tablet", "strength": 5_000, "units": 99}),
    ("session.begin", {"person": "@person"}),
    ("session.identify", {"session": "@session", "by": "photograph"}),
    (
        "session.assess",
        {
            "session": "@session",
            "bedside": {
                "sedation": "poss_3",
                "breathing_rate": 14,
                "spo2": 90,
                "breath_alcohol": 0,
                "looked_for_signs": True,
                "signs": ["slurred_speech"],
            },
        },
    ),
    (
        "session.lift_hold",
        {"session": "@session", "assessment": "@assessment", "reason": "usual_for_patient"},
    ),
    (
        "session.reduce",
        {
            "session": "@session",
            "order": "@prescription",
            "dose": 100_000,
            "reason": "intoxicated",
        },
    ),
    (
        "session.prepare",
        {
            "session": "@session",
            "order": "@prescription",
            "register": AMPOULES,
            "units": 1,
            "dose": 100_000,
            "batch": "AB12",
        },
    ),
    (
        "session.administer",
        {"session": "@session", "by": "patient", "body_site": "left_arm"},
    ),
    ("session.observe", {"session": "@session", "bedside": {"sedation": "poss_1", "spo2": 97}}),
    ("session.account", {"session": "@session", "administered": 60_000, "wasted": 40_000}),
    ("session.end", {"session": "@session", "outcome": "left_before_checks"}),
    ("session.begin", {"person": "@person"}),
    ("session.withhold", {"session": "@session", "reason": "other"}),
    ("doses.lock", {"person": "@person", "reason": "diversion", "note": "sealed:abc"}),
    (
        "doses.review",
        {"person": "@person", "reason": "seen_and_safe", "lock": NOW, "note": "sealed:abc"},
    ),
    (
        "oral.give",
        {
            "person": "@person",
            "order": "@prescription",
            "register": "cd-methadone-tablet-5mg",
            "quantity": 60_000,
        },
    ),
    (
        "doses.record_late",
        {
            "person": "@person",
            "register": AMPOULES,
            "administered": 100_000,
            "by": "clinician",
            "order": "@prescription",
        },
    ),
    UNATTRIBUTED_TAP,
    ("incident.whose", {"incident": "@incident", "person": "@person"}),
]
EMERGENCY: Story = [
    ("incident.open", {"visit": "@visit"}),
    ("incident.record", {"incident": "@incident", "what": "note", "note": "sealed:abc"}),
    (
        "incident.correct",
        {
            "incident": "@incident",
            "refers_to": "@step",
            "reason": "typing_slip",
            "what": "naloxone",
            "naloxone": {"micrograms": 400, "route": "nasal", "batch": "AB12"},
        },
    ),
    ("incident.classify", {"incident": "@incident", "kind": "opioid"}),
    ("incident.close", {"incident": "@incident", "outcome": "recovered_here"}),
    ("incident.reopen", {"incident": "@incident", "reason": "told_later"}),
    ("incident.close", {"incident": "@incident", "outcome": "recovered_here"}),
    ("incident.debrief", {"incident": "@incident", "learning": "training", "note": "sealed:abc"}),
    ("incident.complete", {"incident": "@incident", "kind": "opioid", "note": "sealed:abc"}),
    UNATTRIBUTED_TAP,
    ("incident.attribute", {"incident": "@incident", "staff": "s-ada"}),
    ("incident.close", {"incident": "@incident", "outcome": "recovered_here"}),
]
CLOSING: Story = [
    (
        "episode.correct",
        {
            "visit": "@visit",
            "refers_to": "@episode",
            "reason": "told_later",
            "substances": ["cocaine"],
            "route": "injecting",
        },
    ),
    ("visit.aftercare", {"visit": "@visit"}),
    ("visit.observe", {"visit": "@visit", "reading": {"spo2": 98, "consciousness": "alert"}}),
    ("visit.release", {"visit": "@visit", "checks": ["alert", "walking"]}),
    ("visit.leave", {"visit": "@visit"}),
    (
        "person.exclude",
        {
            "person": "@person",
            "reason": "dealing",
            "ends_at": NOW + timedelta(days=7),
            "reviewer": "s-ben",
        },
    ),
    ("person.appeal", {"person": "@person", "exclusion": "@exclusion"}),
    ("person.review", {"person": "@person", "exclusion": "@exclusion", "decision": "lifted"}),
    ("place.ready", {"place": "booth-1"}),
    ("place.close", {"place": "booth-1", "reason": "repair"}),
    ("place.reopen", {"place": "booth-1"}),
    ("stop.leave", {}),
    ("shift.hand_over", {"note": "sealed:abc"}),
    ("shift.end_duty", {"staff": "s-ben"}),
    ("shift.close", {}),
    ("authority.withdraw", {"authority": "policy-1", "reason": "expired"}),
]
