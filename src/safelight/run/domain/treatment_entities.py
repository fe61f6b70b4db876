"""Heroin-assisted treatment of one person: from referral to leaving."""

from typing import Annotated

from safelight.kernel.privacy import (
    Code,
    HealthCode,
    HealthDay,
    HealthFlag,
    HealthInstant,
    ItemId,
    PersonId,
    Sealed,
    Seq,
    StaffId,
    measurement,
)
from safelight.run.domain.base import Entity

# Stages of a treatment.
REFERRED, ACCEPTED, DECLINED, ENDED = "referred", "accepted", "declined", "ended"

# What a criterion was found to be.
MET, NOT_MET, NEEDS_JUDGEMENT = "met", "not_met", "needs_judgement"

# What became of a contact.
PLANNED, ATTENDED, MISSED, CANCELLED = "planned", "attended", "missed", "cancelled"


class Finding(Entity, frozen=True):
    """One criterion, what it was found to be, and on what evidence."""

    criterion: Code
    finding: HealthCode
    evidence: Sealed | None = None


class Eligibility(Entity, frozen=True):
    """One assessment against a versioned set of criteria. It decides nothing."""

    at: HealthInstant
    seq: Seq
    staff: StaffId
    criteria: ItemId  # the set, by id
    version: ItemId
    findings: tuple[Finding, ...]


class Decision(Entity, frozen=True):
    """A clinician's decision about a treatment, with its reason."""

    at: HealthInstant
    seq: Seq
    staff: StaffId
    decision: HealthCode
    reason: HealthCode
    assessment: Seq  # the entry of the assessment that it rests on
    note: Sealed | None = None


class Consent(Entity, frozen=True):
    """Consent to one purpose, until it is withdrawn."""

    purpose: HealthCode
    given_at: HealthInstant
    staff: StaffId
    withdrawn_at: HealthInstant | None = None


class CarePlan(Entity, frozen=True):
    """What was agreed with the patient; the newest holds."""

    at: HealthInstant
    seq: Seq
    staff: StaffId
    goals: Sealed
    review_on: HealthDay | None = None


class Contact(Entity, frozen=True):
    """Counselling or another psychosocial contact: planned, then attended or missed."""

    id: ItemId
    kind: HealthCode
    planned_for: HealthInstant
    staff: StaffId
    state: HealthCode = PLANNED
    note: Sealed | None = None


class Review(Entity, frozen=True):
    """A review or an outside second opinion."""

    at: HealthInstant
    seq: Seq
    staff: StaffId
    kind: HealthCode
    outcome: HealthCode
    next_on: HealthDay | None = None
    note: Sealed | None = None


Days28 = Annotated[int, measurement(0, 28)]
Score = Annotated[int, measurement(0, 20)]


class Answers(Entity, frozen=True):
    """The Treatment Outcomes Profile; what was not asked or not answered stays empty.

    Days are of the last 28; scores run from 0 (poor) to 20 (good). The twenty measures are those
    of Marsden and others 2008 (Addiction 103:1450), in the order of the form; days of tobacco
    joined them on 1 April 2016 (National Drug Treatment Monitoring System, core data set M).
    """

    alcohol_days: Days28 | None = None
    opiate_days: Days28 | None = None
    crack_days: Days28 | None = None
    cocaine_days: Days28 | None = None
    amphetamine_days: Days28 | None = None
    cannabis_days: Days28 | None = None
    other_days: Days28 | None = None
    tobacco_days: Days28 | None = None
    injecting_days: Days28 | None = None
    shared_equipment: HealthFlag | None = None
    shoplifting_days: Days28 | None = None
    selling_days: Days28 | None = None
    other_theft: HealthFlag | None = None
    violence: HealthFlag | None = None
    psychological_score: Score | None = None
    paid_work_days: Days28 | None = None
    education_days: Days28 | None = None
    physical_score: Score | None = None
    acute_housing_problem: HealthFlag | None = None
    at_risk_of_eviction: HealthFlag | None = None
    quality_of_life_score: Score | None = None


class Outcome(Entity, frozen=True):
    """One set of outcome measures, at a stage of the treatment."""

    on: HealthDay
    seq: Seq
    staff: StaffId
    stage: HealthCode
    answers: Answers


class Treatment(Entity, frozen=True):
    """One course of heroin-assisted treatment, from referral to its end."""

    id: ItemId
    person: PersonId
    referred_at: HealthInstant
    source: HealthCode
    seq: Seq
    stage: Code = REFERRED
    note: Sealed | None = None
    assessments: tuple[Eligibility, ...] = ()
    decisions: tuple[Decision, ...] = ()
    consents: tuple[Consent, ...] = ()
    care_plans: tuple[CarePlan, ...] = ()
    key_worker: StaffId | None = None
    contacts: tuple[Contact, ...] = ()
    reviews: tuple[Review, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    ended_at: HealthInstant | None = None
    ended_for: HealthCode | None = None
    transferred_to: HealthCode | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether somebody works on it: neither declined nor ended."""
        return self.stage in (REFERRED, ACCEPTED)

    @property
    def running(self) -> bool:
        """Tell whether the person is in treatment: accepted, and not ended."""
        return self.stage == ACCEPTED
