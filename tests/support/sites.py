"""Builds sites, protocol packs and what a decision is given, for the examples of the rules.

A site comes from facts, applied as the journal applies them. An entity may stand among the facts
where an example needs a visit or a person and does not care how they came.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain import registry
from safelight.run.domain.authority import AuthorityGranted, SiteFounded
from safelight.run.domain.base import Actor, Entity, Fact, Given, Role, When
from safelight.run.domain.criteria import CriteriaSet, Criterion
from safelight.run.domain.entities import Person, Visit
from safelight.run.domain.protocol import Codes, Hold, Prompt, Protocol, Timer, Value
from safelight.run.domain.site import Site, is_live

NOW = datetime(2025, 1, 13, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
COMMAND = "3f9a2c1e-0b7d-4e8a-9c55-1d2e3f4a5b6c"
ADA, BEN = "s-ada", "s-ben"

WORDS: dict[str, tuple[str, ...]] = {
    "administered_by": ("patient", "clinician"),
    "dose_review_reasons": ("seen_and_safe", "other"),
    "hold_reasons": ("usual_for_patient", "other"),
    "identity_checks": ("photograph", "known"),
    "injection_sites": ("left_arm", "thigh"),
    "intoxication_signs": ("slurred_speech", "pinpoint_pupils"),
    "lock_reasons": ("overdose", "diversion"),
    "post_assessment_measures": ("sedation", "breathing_rate", "spo2"),
    "pre_assessment_measures": (
        "sedation",
        "breathing_rate",
        "spo2",
        "breath_alcohol",
        "signs",
    ),
    "reduction_reasons": ("intoxicated", "other"),
    "sedation_levels": ("poss_1", "poss_2", "poss_3", "poss_4"),
    "session_outcomes": ("left_before_dose", "left_before_checks", "completed"),
    "withhold_reasons": ("intoxicated", "other"),
    "alert_kinds": ("allergy", "recent_overdose"),
    "body_sites": ("arm", "groin"),
    "check_findings": ("in_order", "missing"),
    "closed_reasons": ("repair", "other"),
    "concern_kinds": ("loss", "other"),
    "consciousness": ("alert", "voice", "pain", "unresponsive"),
    "consent_purposes": ("treatment", "contact"),
    "contact_kinds": ("counselling", "group"),
    "contact_results": ("attended", "missed", "cancelled"),
    "correction_reasons": ("typing_slip", "told_later"),
    "drug_forms": ("ampoule", "tablet"),
    "drug_routes": ("intravenous", "intramuscular"),
    "drugs": ("diamorphine", "hydromorphone"),
    "count_reasons": ("routine", "suspected_loss"),
    "destruction_methods": ("denaturing_kit", "other"),
    "destruction_reasons": ("expired", "other"),
    "discrepancy_resolutions": ("entry_missing", "counted_wrong", "loss"),
    "duties": ("floor", "nurse", "reception"),
    "eligibility_reasons": ("criteria_met", "clinical_judgement", "not_wanted"),
    "equipment": ("needle_1ml", "foil", "foil_a", "pipe", "naloxone_nasal"),
    "equipment_needing_authority": ("pipe",),
    "equipment_returned": ("needle", "foil"),
    "equipment_with_batch": ("naloxone_nasal",),
    "exclusion_reasons": ("dealing", "violence"),
    "floor_duties": ("floor", "nurse"),
    "incident_kinds": ("opioid_overdose", "stimulant_overdose", "seizure", "other"),
    "incident_outcomes": ("recovered_here", "hospital", "died", "unclassified"),
    "interventions": ("oxygen", "airway", "ambulance_called", "ambulance_arrived"),
    "learning": ("none", "equipment", "training"),
    "leave_outcomes": ("completed", "left_unseen"),
    "naloxone_routes": ("intramuscular", "nasal"),
    "oral_drugs": ("methadone",),
    "order_stop_reasons": ("patient_left", "other"),
    "orientation_topics": ("rules", "sharps"),
    "outcome_stages": ("start", "review", "exit", "post_exit"),
    "referral_sources": ("gp", "prison"),
    "referrals": ("housing", "drug_treatment"),
    "refusal_reasons": ("under_age", "excluded"),
    "register_correction_reasons": ("typing_slip", "other"),
    "release_checks": ("alert", "walking"),
    "requisition_close_reasons": ("cancelled", "other"),
    "returned_drugs": ("methadone", "other"),
    "review_kinds": ("prescriber", "multidisciplinary", "second_opinion"),
    "review_outcomes": ("continue", "change"),
    "routes": ("injecting", "smoking", "nasal"),
    "services": ("wound_care", "bbv_test"),
    "sexes": ("female", "male", "not_said"),
    "shift_checks": ("oxygen", "naloxone"),
    "substances": ("heroin", "cocaine", "unknown"),
    "transfer_services": ("gp", "another_clinic"),
    "treatment_end_reasons": ("completed", "patient_choice"),
    "unclassified_reasons": ("left_before", "not_known"),
    "wastage_reasons": ("broken", "residue"),
    "withdraw_reasons": ("expired", "other"),
}
VALUES = {
    "clinic_day_turn_minutes": 240,
    "discharge_spo2_readings": 2,
    "dose_interval_minutes": 180,
    "dose_window_hours": 16,
    "early_days": 30,
    "missed_sessions_review": 4,
    "observation_minutes": 20,
    "observation_minutes_after_naloxone": 60,
    "pre_assessment_minutes": 15,
    "diamorphine_daily_maximum_mg": 1000,
    "minimum_staff": 2,
    "people_per_worker": 3,
    "prescription_days": 28,
    "register_late_days": 1,
    "second_factor_minutes": 5,
    "sessions_per_day": 3,
}

SOURCE: dict[str, Any] = {"citation": "made up", "approver": "nobody", "holds_from": TODAY}
HOLDS = (
    Hold("sedated", "Sedated", "sedation", **SOURCE, among=("poss_3", "poss_4")),
    Hold("slow_breathing", "Slow breathing", "breathing_rate", **SOURCE, below=10),
    Hold("low_oxygen", "Low oxygen", "spo2", **SOURCE, below=92),
    Hold("alcohol", "Alcohol", "breath_alcohol", **SOURCE, above=35),
    Hold("intoxicated", "Intoxicated", "signs", **SOURCE, among=("slurred_speech",)),
)
# Two criteria, as a programme here has had them since the beginning of last year.
CRITERIA = {
    "criteria-here": CriteriaSet(
        version="v1",
        title="Here",
        citation="made up",
        approver="nobody",
        criteria={
            "age": Criterion("Aged 18 or over", "made up"),
            "treatment_failed": Criterion("Another treatment failed", "made up"),
        },
        holds_from=date(2024, 1, 1),
    )
}


def protocol(
    *,
    values: Mapping[str, int] | None = None,
    words: Mapping[str, Iterable[str]] | None = None,
    timers: tuple[Timer, ...] = (),
    prompts: tuple[Prompt, ...] = (),
    holds: tuple[Hold, ...] | None = None,
    criteria: Mapping[str, CriteriaSet] | None = None,
    example: bool = True,
) -> Protocol:
    """Return a small pack; ``values`` and ``words`` add to its own or replace them by name."""
    numbers = {**VALUES, **(values or {})}
    codes = {**WORDS, **(words or {})}
    return Protocol(
        id="pack-small",
        version="1",
        title="A small pack",
        example=example,
        values={name: Value(value=v, unit="as named", **SOURCE) for name, v in numbers.items()},
        codes={
            name: Codes(words={c: c.replace("_", " ").capitalize() for c in known}, **SOURCE)
            for name, known in codes.items()
        },
        timers=timers,
        prompts=prompts,
        holds=HOLDS if holds is None else holds,
        criteria=dict(CRITERIA if criteria is None else criteria),
        digest="0" * 64,
    )


def given(
    *,
    now: datetime = NOW,
    happened_at: datetime | None = None,
    role: Role = Role.WORKER,
    staff: str = ADA,
    pack: Protocol | None = None,
    command: str = COMMAND,
    proved_at: datetime | None = None,
    witness: Actor | None = None,
    clock_trusted: bool = True,
) -> Given:
    """Return what a decision is given; nothing is late unless ``happened_at`` says so."""
    actor = Actor(staff, role, proved_at)
    return Given(
        now, happened_at or now, actor, pack or protocol(), command, witness, clock_trusted
    )


def after(site: Site, *parts: Fact | Entity, at: datetime = NOW, first: int = 100) -> Site:
    """Return the site after facts, numbered from ``first``; an entity among them is put in."""
    for seq, part in enumerate(parts, start=first):
        if isinstance(part, Fact):
            site = registry.evolve(site, part, When(seq, at, at, ADA))
        else:
            site = site.put(part) if is_live(part) else site.recalled(part)
    return site


def site_with(
    *parts: Fact | Entity,
    at: datetime = NOW - timedelta(hours=1),
    kind: str = "building",
    live: bool = False,
) -> Site:
    """Return a site in Glasgow that was founded, and on which these facts came to pass."""
    founded = SiteFounded("North", kind, "Europe/London", live)
    return after(Site("north"), founded, *parts, at=at, first=1).settled()


def granted(*activities: str, valid_to: date | None = None) -> AuthorityGranted:
    """Return the fact that an authority for these activities was granted this month."""
    return AuthorityGranted(
        authority="policy-1",
        instrument="A policy",
        activities=activities,
        premises="North",
        valid_from=TODAY.replace(day=1),
        document="Made up for a test",
        valid_to=valid_to,
    )


def visit(key: str = "v-1", **fields: Any) -> Visit:  # noqa: ANN401 - fields of a Visit
    """Return somebody's visit, from half an hour ago unless said otherwise."""
    standard = {"handle": "amber finch", "arrived_at": NOW - timedelta(minutes=30), "seq": 1}
    return Visit(id=key, **{**standard, **fields})


def person(key: str = "p-1", **fields: Any) -> Person:  # noqa: ANN401 - fields of a Person
    """Return a person who has been coming for a month, unless said otherwise."""
    standard = {"handle": "amber finch", "first_seen_at": NOW - timedelta(days=30)}
    return Person(id=key, **{**standard, **fields})


def decide(
    site: Site,
    name: str,
    fields: Mapping[str, object] | None = None,
    by: Given | None = None,
) -> list[Fact]:
    """Decide a command given by name and plain fields, as a form would send it."""
    command = msgspec.convert(fields or {}, registry.rule_for(name).command)
    return registry.decide(site, name, command, by or given())


def refusal(
    site: Site,
    name: str,
    fields: Mapping[str, object] | None = None,
    by: Given | None = None,
) -> Refused:
    """Return the refusal that a command meets, after checking that it says what to do."""
    with pytest.raises(Refused) as caught:
        decide(site, name, fields, by)
    return well_said(caught.value)


# Values of refusals that say what was left out, or looked at in vain.
MAY_BE_NOTHING = {"batch", "ends_at", "expires", "kind", "lock", "oral_drug", "supersedes"}


def well_said(refused: Refused) -> Refused:
    """Return a refusal after checking that it says what is wrong and what to do, in sentences."""
    assert refused.message.endswith(".")
    assert refused.remedy.endswith(".")
    assert refused.remedy[0].isupper()
    assert not refused.message.isupper()
    assert not refused.remedy.isupper()
    assert {name for name, value in refused.values.items() if value is None} <= MAY_BE_NOTHING
    return refused


def done(
    site: Site,
    name: str,
    fields: Mapping[str, object] | None = None,
    by: Given | None = None,
) -> Site:
    """Return the site after a command was decided and its facts applied."""
    by = by or given()
    return after(site, *decide(site, name, fields, by), at=by.happened_at)


def stored(fact: Fact) -> Fact:
    """Return a fact as the journal gives it back; fails where a field breaks its own limits."""
    kind = registry.KIND_OF_FACT[type(fact)]
    return registry.read_fact(kind, registry.FACTS[kind].version, msgspec.json.encode(fact))
