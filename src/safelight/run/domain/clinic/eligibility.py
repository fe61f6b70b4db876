"""Assessed against criteria, decided by a prescriber, with nothing automatic in between.

An assessment says what each criterion of a dated set was found to be. Whatever it says, the stage
of the treatment stays; only a named prescriber's decision, with a reason, changes it.
"""

from datetime import date
from typing import Final

from safelight.kernel.privacy import HealthCode, ItemId, Sealed, Seq
from safelight.run.domain.base import (
    CLINICAL,
    PRESCRIBING,
    Change,
    Command,
    Fact,
    Given,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.licence import clinic_date
from safelight.run.domain.clinic.proof import require_now, require_proof
from safelight.run.domain.clinic.referral import changed, require_none_open, treatment_of
from safelight.run.domain.criteria import CriteriaSet
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import (
    ACCEPTED,
    DECLINED,
    MET,
    NEEDS_JUDGEMENT,
    NOT_MET,
    REFERRED,
    Decision,
    Eligibility,
    Finding,
    Treatment,
)

FINDINGS: Final = (MET, NOT_MET, NEEDS_JUDGEMENT)
DECISIONS: Final = (ACCEPTED, DECLINED)
JUDGEMENT: Final = "clinical_judgement"


class Assess(Command, frozen=True):
    """Say what each criterion of a set was found to be."""

    treatment: ItemId
    criteria: ItemId
    findings: tuple[Finding, ...]


class EligibilityAssessed(Fact, frozen=True):
    """Somebody was assessed against a set of criteria."""

    treatment: ItemId
    criteria: ItemId
    version: ItemId
    findings: tuple[Finding, ...]


class Decide(Command, frozen=True):
    """Accept or decline a referral, as a prescriber."""

    treatment: ItemId
    decision: HealthCode
    reason: HealthCode
    note: Sealed | None = None


class EligibilityDecided(Fact, frozen=True):
    """A prescriber accepted or declined a referral."""

    treatment: ItemId
    decision: HealthCode
    reason: HealthCode
    assessment: Seq
    note: Sealed | None = None


def assess(site: Site, command: Assess, given: Given) -> list[Fact]:
    """Record what was found of every criterion, each once; it decides nothing."""
    treatment = treatment_of(site, command.treatment)
    _require_undecided(treatment)
    criteria = require_criteria(given.protocol, command.criteria, clinic_date(site, given))
    _require_every(criteria, command)
    in_order = {finding.criterion: finding for finding in command.findings}
    return [
        EligibilityAssessed(
            treatment=treatment.id,
            criteria=command.criteria,
            version=criteria.version,
            findings=tuple(in_order[code] for code in criteria.criteria),
        )
    ]


def on_assessed(site: Site, fact: EligibilityAssessed, when: When) -> Site:
    """The assessment stands beside earlier ones, and the stage stays."""
    new = Eligibility(
        at=when.happened_at,
        seq=when.seq,
        staff=when.staff,
        criteria=fact.criteria,
        version=fact.version,
        findings=fact.findings,
    )
    old = treatment_of(site, fact.treatment).assessments
    return changed(site, fact.treatment, assessments=(*old, new))


def decide(site: Site, command: Decide, given: Given) -> list[Fact]:
    """Accept or decline on the newest assessment; against a criterion only with reasons."""
    require_proof(given)
    require_now(given, "A decision")
    treatment = treatment_of(site, command.treatment)
    _require_undecided(treatment)
    require_none_open(site, treatment.person, but=treatment.id)
    if command.decision not in DECISIONS:
        raise refuse(
            "decision-known",
            f"{command.decision!r} is no decision.",
            f"Choose one of {', '.join(DECISIONS)}.",
            decision=command.decision,
        )
    given.protocol.require("eligibility_reasons", command.reason)
    assessment = _require_assessed(treatment)
    _require_same_version(assessment, given.protocol, clinic_date(site, given))
    if command.decision == ACCEPTED:
        _require_judgement(assessment, command)
    return [
        EligibilityDecided(
            treatment=treatment.id,
            decision=command.decision,
            reason=command.reason,
            assessment=assessment.seq,
            note=command.note,
        )
    ]


def on_decided(site: Site, fact: EligibilityDecided, when: When) -> Site:
    """The treatment is accepted or declined; the decision names the assessment."""
    new = Decision(
        at=when.happened_at,
        seq=when.seq,
        staff=when.staff,
        decision=fact.decision,
        reason=fact.reason,
        assessment=fact.assessment,
        note=fact.note,
    )
    old = treatment_of(site, fact.treatment).decisions
    return changed(site, fact.treatment, stage=fact.decision, decisions=(*old, new))


def holding(protocol: Protocol, day: date) -> dict[str, CriteriaSet]:
    """Return the sets of a pack against which somebody may be assessed on a day, by id."""
    return {key: each for key, each in protocol.criteria.items() if each.holds_on(day)}


def require_criteria(protocol: Protocol, key: str, day: date) -> CriteriaSet:
    """Return a set of the pack that holds on a day; refuses any other."""
    sets = holding(protocol, day)
    if key not in sets:
        raise refuse(
            "criteria-hold",
            f"No criteria {key} of the pack {protocol.id} hold on {day}.",
            f"Assess against one of {', '.join(sorted(sets)) or 'none: the pack holds none'}.",
            criteria=key,
            day=day,
        )
    return sets[key]


def unmet(assessment: Eligibility) -> list[str]:
    """Return the criteria that an assessment did not find met."""
    return [each.criterion for each in assessment.findings if each.finding != MET]


def _require_undecided(treatment: Treatment) -> None:
    if treatment.stage not in (REFERRED, DECLINED):
        raise refuse(
            "decision-open",
            f"The treatment {treatment.id} is {treatment.stage}, and no decision is open.",
            "Record a review, or take a new referral after the end.",
            treatment=treatment.id,
            stage=treatment.stage,
        )


def _require_every(criteria: CriteriaSet, command: Assess) -> None:
    found = [finding.criterion for finding in command.findings]
    wrong = sorted(
        {code for code in found if found.count(code) > 1 or code not in criteria.criteria}
    )
    missing = sorted(criteria.criteria.keys() - set(found))
    if wrong or missing:
        raise refuse(
            "findings-complete",
            f"Not every criterion of {command.criteria} was answered once; missing: "
            f"{', '.join(missing) or 'none'}, twice or not in the set: "
            f"{', '.join(wrong) or 'none'}.",
            "Answer each of them once; 'needs judgement' is an answer.",
            missing=missing,
            wrong=wrong,
        )
    for finding in command.findings:
        if finding.finding not in FINDINGS:
            raise refuse(
                "finding-known",
                f"{finding.finding!r} is no finding.",
                f"Choose one of {', '.join(FINDINGS)}.",
                criterion=finding.criterion,
                finding=finding.finding,
            )


def _require_assessed(treatment: Treatment) -> Eligibility:
    """Return the newest assessment, if no decision was made on it yet."""
    decided = treatment.decisions[-1].seq if treatment.decisions else 0
    if not treatment.assessments or treatment.assessments[-1].seq < decided:
        raise refuse(
            "assessed-first",
            "Nobody has assessed this person since the last decision.",
            "Assess them against the criteria first.",
            treatment=treatment.id,
        )
    return treatment.assessments[-1]


def _require_same_version(assessment: Eligibility, protocol: Protocol, day: date) -> None:
    """Refuse a decision under criteria that changed after the assessment."""
    criteria = require_criteria(protocol, assessment.criteria, day)
    if criteria.version != assessment.version:
        raise refuse(
            "criteria-version",
            f"The assessment was against {assessment.criteria} {assessment.version}, and the pack "
            f"has {criteria.version} now.",
            "Assess them again.",
            criteria=assessment.criteria,
        )


def _require_judgement(assessment: Eligibility, command: Decide) -> None:
    open_ones = unmet(assessment)
    if open_ones and (command.reason != JUDGEMENT or command.note is None):
        raise refuse(
            "judgement-reasoned",
            f"Not all criteria are met: {', '.join(open_ones)}.",
            "Accept with the reason 'clinical judgement' and a note that says why, or decline.",
            unmet=open_ones,
            reason=command.reason,
        )


COMMANDS = {
    "eligibility.assess": Rule(Assess, assess, CLINICAL),
    "eligibility.decide": Rule(Decide, decide, PRESCRIBING),
}
FACTS = {
    "eligibility.assessed": Change(EligibilityAssessed, on_assessed),
    "eligibility.decided": Change(EligibilityDecided, on_decided),
}
