"""The care around the doses: a plan with goals, a key worker, reviews and second opinions."""

from datetime import date
from typing import Final

from safelight.kernel.privacy import HealthCode, HealthDay, ItemId, Sealed, StaffId
from safelight.run.domain.base import (
    CLINICAL,
    FLOOR,
    Change,
    Command,
    Fact,
    Given,
    Role,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.licence import clinic_date
from safelight.run.domain.clinic.referral import changed, open_treatment, treatment_of
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import CarePlan, Review

BY_PRESCRIBER: Final = "prescriber"


class PlanCare(Command, frozen=True):
    """Agree goals with the patient, and when to look at them again."""

    treatment: ItemId
    goals: Sealed
    review_on: HealthDay | None = None


class CarePlanned(Fact, frozen=True):
    """A care plan was agreed; it takes the place of the one before."""

    treatment: ItemId
    goals: Sealed
    review_on: HealthDay | None = None


class AssignKeyWorker(Command, frozen=True):
    """Say who the patient's key worker is."""

    treatment: ItemId
    staff: StaffId


class KeyWorkerAssigned(Fact, frozen=True):
    """A patient has this key worker from now on."""

    treatment: ItemId
    staff: StaffId


class RecordReview(Command, frozen=True):
    """Record a review, or the second opinion of somebody from outside."""

    treatment: ItemId
    kind: HealthCode
    outcome: HealthCode
    next_on: HealthDay | None = None
    note: Sealed | None = None


class ReviewRecorded(Fact, frozen=True):
    """A review was held, or a second opinion came in."""

    treatment: ItemId
    kind: HealthCode
    outcome: HealthCode
    next_on: HealthDay | None = None
    note: Sealed | None = None


def plan(site: Site, command: PlanCare, given: Given) -> list[Fact]:
    """Agree a care plan for somebody who is referred or in treatment."""
    treatment = open_treatment(site, command.treatment)
    _require_ahead(command.review_on, clinic_date(site, given))
    return [CarePlanned(treatment.id, command.goals, command.review_on)]


def on_planned(site: Site, fact: CarePlanned, when: When) -> Site:
    """The newest plan holds; earlier ones stay on record."""
    new = CarePlan(
        at=when.happened_at,
        seq=when.seq,
        staff=when.staff,
        goals=fact.goals,
        review_on=fact.review_on,
    )
    old = treatment_of(site, fact.treatment).care_plans
    return changed(site, fact.treatment, care_plans=(*old, new))


def assign(site: Site, command: AssignKeyWorker, _: Given) -> list[Fact]:
    """Assign another key worker than the present one."""
    treatment = open_treatment(site, command.treatment)
    if treatment.key_worker == command.staff:
        raise refuse(
            "key-worker-new",
            f"{command.staff} is the key worker already.",
            "There is nothing to do.",
            staff=command.staff,
        )
    return [KeyWorkerAssigned(treatment.id, command.staff)]


def on_assigned(site: Site, fact: KeyWorkerAssigned, _: When) -> Site:
    """The patient has this key worker."""
    return changed(site, fact.treatment, key_worker=fact.staff)


def review(site: Site, command: RecordReview, given: Given) -> list[Fact]:
    """Record a review; a prescriber's review is recorded by a prescriber."""
    treatment = open_treatment(site, command.treatment)
    given.protocol.require("review_kinds", command.kind)
    given.protocol.require("review_outcomes", command.outcome)
    if command.kind == BY_PRESCRIBER and given.actor.role != Role.PRESCRIBER:
        raise refuse(
            "review-prescriber",
            f"The role {given.actor.role} cannot record a prescriber's review.",
            "Ask the prescriber to record it.",
            role=given.actor.role,
        )
    _require_ahead(command.next_on, clinic_date(site, given))
    return [
        ReviewRecorded(
            treatment=treatment.id,
            kind=command.kind,
            outcome=command.outcome,
            next_on=command.next_on,
            note=command.note,
        )
    ]


def on_reviewed(site: Site, fact: ReviewRecorded, when: When) -> Site:
    """The review stands beside earlier ones; it changes no order and no stage."""
    new = Review(
        at=when.happened_at,
        seq=when.seq,
        staff=when.staff,
        kind=fact.kind,
        outcome=fact.outcome,
        next_on=fact.next_on,
        note=fact.note,
    )
    old = treatment_of(site, fact.treatment).reviews
    return changed(site, fact.treatment, reviews=(*old, new))


def _require_ahead(day: date | None, today: date) -> None:
    if day is not None and day < today:
        raise refuse(
            "next-day-ahead",
            f"The next day would be {day}, and today is {today}.",
            "Choose today or a day to come, or leave it empty.",
            day=day,
            today=today,
        )


COMMANDS = {
    "care.plan": Rule(PlanCare, plan, FLOOR),
    "care.assign": Rule(AssignKeyWorker, assign, FLOOR),
    "review.record": Rule(RecordReview, review, CLINICAL),
}
FACTS = {
    "care.planned": Change(CarePlanned, on_planned),
    "care.assigned": Change(KeyWorkerAssigned, on_assigned),
    "review.recorded": Change(ReviewRecorded, on_reviewed),
}
