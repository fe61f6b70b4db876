"""Outcome measures over time: the Treatment Outcomes Profile, asked at its stages."""

from datetime import date
from typing import Final

import msgspec

from safelight.kernel.privacy import HealthCode, HealthDay, ItemId
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.licence import clinic_date
from safelight.run.domain.clinic.referral import changed, treatment_of
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import DECLINED, ENDED, Answers, Outcome, Treatment

EXIT, POST_EXIT = "exit", "post_exit"
ITEMS: Final = tuple(field.name for field in msgspec.structs.fields(Answers))


class RecordOutcome(Command, frozen=True):
    """Record the answers of one interview; the same day and stage again puts it right."""

    treatment: ItemId
    on: HealthDay
    stage: HealthCode
    answers: Answers


class OutcomeRecorded(Fact, frozen=True):
    """The answers of one interview."""

    treatment: ItemId
    on: HealthDay
    stage: HealthCode
    answers: Answers


def record(site: Site, command: RecordOutcome, given: Given) -> list[Fact]:
    """Record at least one answer, at a stage that fits the treatment."""
    treatment = treatment_of(site, command.treatment)
    given.protocol.require("outcome_stages", command.stage)
    _require_stage(treatment, command.stage)
    today = clinic_date(site, given)
    if command.on > today:
        raise refuse(
            "outcome-day",
            f"The interview would be on {command.on}, and today is {today}.",
            "Give the day on which the questions were asked.",
            on=command.on,
        )
    if command.answers == Answers():
        raise refuse(
            "outcome-answered",
            "No question was answered.",
            "Fill in what the patient said; 0 days is an answer, and the rest may stay empty.",
        )
    return [OutcomeRecorded(treatment.id, command.on, command.stage, command.answers)]


def on_recorded(site: Site, fact: OutcomeRecorded, when: When) -> Site:
    """The answers stand in the order of their days, in place of those they put right."""
    new = Outcome(
        on=fact.on, seq=when.seq, staff=when.staff, stage=fact.stage, answers=fact.answers
    )
    kept = [
        each
        for each in treatment_of(site, fact.treatment).outcomes
        if (each.on, each.stage) != (fact.on, fact.stage)
    ]
    outcomes = tuple(sorted([*kept, new], key=lambda each: (each.on, each.seq)))
    return changed(site, fact.treatment, outcomes=outcomes)


def series(treatment: Treatment) -> dict[str, list[tuple[date, int]]]:
    """Return each item that was ever answered as days and values; yes is 1 and no is 0."""
    found: dict[str, list[tuple[date, int]]] = {}
    for outcome in treatment.outcomes:
        for item in ITEMS:
            value = getattr(outcome.answers, item)
            if value is not None:
                found.setdefault(item, []).append((outcome.on, int(value)))
    return {item: found[item] for item in ITEMS if item in found}


def _require_stage(treatment: Treatment, stage: str) -> None:
    """Refuse what comes after the exit before it, and what comes before it after."""
    late = {ENDED: stage in (EXIT, POST_EXIT), DECLINED: False}
    if not late.get(treatment.stage, stage != POST_EXIT):
        raise refuse(
            "outcome-stage",
            f"The treatment {treatment.id} is {treatment.stage}, which does not fit the stage "
            f"{stage}.",
            "After the end choose 'exit' or 'after the exit'; before it, any other.",
            stage=stage,
            treatment=treatment.id,
        )


COMMANDS = {"outcome.record": Rule(RecordOutcome, record, FLOOR)}
FACTS = {"outcome.recorded": Change(OutcomeRecorded, on_recorded)}
