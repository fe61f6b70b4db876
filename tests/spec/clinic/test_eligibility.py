"""Assessment against criteria and the decision, by example and by chance."""

from datetime import date, timedelta

import pytest
from hypothesis import given as by_chance
from hypothesis import strategies as st
from msgspec.structs import replace

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Fact, Given, Role
from safelight.run.domain.clinic.eligibility import (
    EligibilityAssessed,
    EligibilityDecided,
    holding,
    unmet,
)
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import (
    ACCEPTED,
    DECLINED,
    MET,
    NEEDS_JUDGEMENT,
    NOT_MET,
    REFERRED,
    Treatment,
)
from tests.support.floors import Fields
from tests.support.sites import (
    ADA,
    BEN,
    CRITERIA,
    NOW,
    TODAY,
    after,
    decide,
    done,
    given,
    protocol,
    refusal,
    stored,
)
from tests.support.treatments import (
    ALL_MET,
    ASSESSED,
    DOUBTED,
    KEY,
    NOTE,
    SEQ,
    TAKEN_ON,
    TURNED_DOWN,
    clinic,
    in_treatment,
    prescriber,
    the_treatment,
)

DAY = timedelta(days=1)
HERE = CRITERIA["criteria-here"]
NURSE = given(role=Role.NURSE)


def findings(**found: str) -> list[Fields]:
    """Return findings as a form sends them."""
    return [{"criterion": code, "finding": finding} for code, finding in found.items()]


ASSESS: Fields = {
    "treatment": KEY,
    "criteria": "criteria-here",
    "findings": findings(age=MET, treatment_failed=MET),
}
DECIDE: Fields = {"treatment": KEY, "decision": ACCEPTED, "reason": "criteria_met"}
AGAINST: Fields = {**DECIDE, "reason": "clinical_judgement", "note": NOTE}
DECLINE: Fields = {**DECIDE, "decision": DECLINED, "reason": "not_wanted"}


def dated(first: date | None, last: date | None = None) -> Protocol:
    """Return a pack whose criteria hold on these days."""
    return protocol(criteria={"criteria-here": replace(HERE, holds_from=first, holds_to=last)})


def test_every_criterion_is_assessed_with_its_evidence() -> None:
    found = [
        {"criterion": "treatment_failed", "finding": NEEDS_JUDGEMENT, "evidence": NOTE},
        {"criterion": "age", "finding": MET},
    ]
    (fact,) = decide(clinic(), "eligibility.assess", {**ASSESS, "findings": found}, NURSE)
    assert isinstance(fact, EligibilityAssessed)
    assert (fact.criteria, fact.version) == ("criteria-here", "v1")
    assert [each.criterion for each in fact.findings] == ["age", "treatment_failed"]
    assert fact.findings[1].evidence == NOTE
    assert stored(fact) == fact


def test_assessment_decides_nothing_even_where_everything_is_met() -> None:
    site = done(clinic(), "eligibility.assess", ASSESS, NURSE)
    treatment = the_treatment(site)
    assert (treatment.stage, treatment.decisions) == (REFERRED, ())
    (assessment,) = treatment.assessments
    assert (assessment.staff, assessment.at, unmet(assessment)) == (ADA, NOW, [])
    again = the_treatment(done(site, "eligibility.assess", ASSESS, NURSE))
    assert len(again.assessments) == 2


@pytest.mark.parametrize(
    ("found", "missing", "wrong"),
    [
        pytest.param({}, ["age", "treatment_failed"], [], id="nothing answered"),
        pytest.param({"age": MET}, ["treatment_failed"], [], id="one left out"),
        pytest.param(
            {"age": MET, "treatment_failed": MET, "luck": MET}, [], ["luck"], id="one too many"
        ),
    ],
)
def test_every_criterion_is_answered(
    found: dict[str, str], missing: list[str], wrong: list[str]
) -> None:
    fields = {**ASSESS, "findings": findings(**found)}
    refused = refusal(clinic(), "eligibility.assess", fields, NURSE)
    assert refused.code == "findings-complete"
    assert (refused.values["missing"], refused.values["wrong"]) == (missing, wrong)


def test_no_criterion_is_answered_twice() -> None:
    twice = [*findings(age=MET, treatment_failed=MET), *findings(age=NOT_MET)]
    refused = refusal(clinic(), "eligibility.assess", {**ASSESS, "findings": twice}, NURSE)
    assert (refused.code, refused.values["wrong"]) == ("findings-complete", ["age"])


def test_finding_is_one_of_three() -> None:
    fields = {**ASSESS, "findings": findings(age="nearly", treatment_failed=MET)}
    assert refusal(clinic(), "eligibility.assess", fields, NURSE).code == "finding-known"


@pytest.mark.parametrize(
    ("pack", "held"),
    [
        pytest.param(dated(TODAY), True, id="from today"),
        pytest.param(dated(TODAY + DAY), False, id="from tomorrow"),
        pytest.param(dated(None, TODAY), True, id="until today, since nobody knows when"),
        pytest.param(dated(None, TODAY - DAY), False, id="until yesterday"),
        pytest.param(protocol(criteria={}), False, id="the pack has none"),
    ],
)
def test_assessment_is_against_criteria_that_hold_today(pack: Protocol, *, held: bool) -> None:
    by = given(role=Role.NURSE, pack=pack)
    assert list(holding(pack, TODAY)) == (["criteria-here"] if held else [])
    if held:
        assert decide(clinic(), "eligibility.assess", ASSESS, by)
    else:
        assert refusal(clinic(), "eligibility.assess", ASSESS, by).code == "criteria-hold"


def test_told_time_brings_no_old_criteria_back() -> None:
    """What counts is the day of writing, not one that somebody tells."""
    late = given(role=Role.NURSE, pack=dated(None, TODAY - DAY), happened_at=NOW - 2 * DAY)
    assert refusal(clinic(), "eligibility.assess", ASSESS, late).code == "criteria-hold"


def test_worker_assesses_nobody() -> None:
    assert refusal(clinic(), "eligibility.assess", ASSESS, given()).code == "role-may"


def test_prescriber_accepts_on_the_newest_assessment() -> None:
    site = clinic(ASSESSED)
    (fact,) = decide(site, "eligibility.decide", DECIDE, prescriber())
    assert fact == EligibilityDecided(KEY, ACCEPTED, "criteria_met", SEQ)
    assert stored(fact) == fact
    treatment = the_treatment(done(site, "eligibility.decide", DECIDE, prescriber(staff=BEN)))
    assert (treatment.stage, treatment.running) == (ACCEPTED, True)
    assert (treatment.decisions[0].assessment, treatment.decisions[0].reason) == (
        SEQ,
        "criteria_met",
    )


@pytest.mark.parametrize("site", [clinic(ASSESSED), clinic(DOUBTED)])
def test_prescriber_declines_whatever_was_found(site: Site) -> None:
    treatment = the_treatment(done(site, "eligibility.decide", DECLINE, prescriber()))
    assert (treatment.stage, treatment.is_open, treatment.running) == (DECLINED, False, False)


def test_prescriber_accepts_against_a_criterion_with_judgement_and_note() -> None:
    site = clinic(DOUBTED)
    treatment = the_treatment(done(site, "eligibility.decide", AGAINST, prescriber()))
    assert (treatment.stage, treatment.decisions[0].note) == (ACCEPTED, NOTE)


@pytest.mark.parametrize(
    ("site", "fields", "by", "rule"),
    [
        pytest.param(clinic(), DECIDE, prescriber(), "assessed-first", id="nobody assessed"),
        pytest.param(
            clinic(ASSESSED),
            {**DECIDE, "decision": "perhaps"},
            prescriber(),
            "decision-known",
            id="no decision",
        ),
        pytest.param(
            clinic(ASSESSED),
            {**DECIDE, "reason": "a_hunch"},
            prescriber(),
            "known-eligibility_reasons",
            id="no such reason",
        ),
        pytest.param(
            clinic(DOUBTED), DECIDE, prescriber(), "judgement-reasoned", id="against a criterion"
        ),
        pytest.param(
            clinic(DOUBTED),
            {**AGAINST, "reason": "criteria_met"},
            prescriber(),
            "judgement-reasoned",
            id="against a criterion for another reason",
        ),
        pytest.param(
            clinic(DOUBTED),
            {**AGAINST, "note": None},
            prescriber(),
            "judgement-reasoned",
            id="against a criterion without a note",
        ),
        pytest.param(in_treatment(), DECIDE, prescriber(), "decision-open", id="decided already"),
        pytest.param(
            clinic(ASSESSED),
            DECIDE,
            prescriber(pack=dated(None, TODAY - DAY)),
            "criteria-hold",
            id="the criteria hold no more",
        ),
        pytest.param(
            clinic(ASSESSED),
            DECIDE,
            prescriber(pack=protocol(criteria={"criteria-here": replace(HERE, version="v2")})),
            "criteria-version",
            id="the criteria changed",
        ),
        pytest.param(
            clinic(ASSESSED),
            DECIDE,
            given(role=Role.PRESCRIBER),
            "proof-given",
            id="without a second factor",
        ),
        pytest.param(
            clinic(ASSESSED), DECIDE, prescriber(happened_at=NOW - DAY), "written-now", id="late"
        ),
        pytest.param(
            clinic(ASSESSED),
            DECIDE,
            given(role=Role.MANAGER, proved_at=NOW),
            "role-may",
            id="a manager",
        ),
        pytest.param(
            clinic(ASSESSED),
            DECIDE,
            given(role=Role.NURSE, proved_at=NOW),
            "role-may",
            id="a nurse",
        ),
    ],
)
def test_decision_that_cannot_stand_is_refused(
    site: Site, fields: Fields, by: Given, rule: str
) -> None:
    assert refusal(site, "eligibility.decide", fields, by).code == rule


def test_running_treatment_is_not_assessed_again() -> None:
    assert refusal(in_treatment(), "eligibility.assess", ASSESS, NURSE).code == "decision-open"


def test_declined_referral_is_reconsidered_after_a_new_assessment() -> None:
    site = clinic(ASSESSED, TURNED_DOWN)
    assert refusal(site, "eligibility.decide", DECIDE, prescriber()).code == "assessed-first"
    site = done(site, "eligibility.assess", ASSESS, NURSE)
    assert the_treatment(site).stage == DECLINED
    treatment = the_treatment(done(site, "eligibility.decide", DECIDE, prescriber()))
    assert [each.decision for each in treatment.decisions] == [DECLINED, ACCEPTED]
    assert treatment.stage == ACCEPTED


def test_declined_referral_is_not_reconsidered_beside_a_newer_one() -> None:
    newer = Treatment(id="tr-2", person="p-1", referred_at=NOW, source="gp", seq=90)
    site = clinic(ASSESSED, TURNED_DOWN, ASSESSED, newer)
    assert refusal(site, "eligibility.decide", DECIDE, prescriber()).code == "one-treatment"


# By chance: whatever anybody taps, only a prescriber's decision begins a treatment.

NAMES = {
    "eligibility.assess": (
        ASSESS,
        {**ASSESS, "findings": findings(age=MET, treatment_failed=NOT_MET)},
    ),
    "eligibility.decide": (DECIDE, AGAINST, DECLINE),
    "consent.give": ({"treatment": KEY, "purpose": "treatment"},),
    "care.assign": ({"treatment": KEY, "staff": BEN},),
    "care.plan": ({"treatment": KEY, "goals": NOTE},),
    "contact.record": ({"treatment": KEY, "result": "attended", "kind": "group"},),
    "review.record": ({"treatment": KEY, "kind": "prescriber", "outcome": "continue"},),
    "outcome.record": (
        {"treatment": KEY, "on": TODAY, "stage": "start", "answers": {"opiate_days": 3}},
    ),
    "treatment.end": ({"treatment": KEY, "reason": "completed"},),
    "treatment.refer": ({"person": "p-1", "source": "gp"},),
}
TAPS = st.lists(
    st.tuples(
        st.sampled_from([(name, fields) for name, many in NAMES.items() for fields in many]),
        st.sampled_from(sorted(Role)),
        st.booleans(),
    ),
    max_size=15,
)


@by_chance(taps=TAPS)
def test_only_a_prescribers_decision_accepts(
    taps: list[tuple[tuple[str, Fields], Role, bool]],
) -> None:
    """No sequence of taps accepts without that fact, and no assessment changes a stage."""
    site, seq = clinic(), 100
    for (name, fields), role, proved in taps:
        before = {key: each.stage for key, each in site.all_of(Treatment).items()}
        by = given(role=role, proved_at=NOW if proved else None, command=f"tap-{seq:08d}")
        facts = _facts(site, name, fields, by)
        site, seq = after(site, *facts, first=seq), seq + len(facts) + 1
        stages = {key: each.stage for key, each in site.all_of(Treatment).items()}
        begun = [key for key, stage in stages.items() if stage == ACCEPTED != before.get(key)]
        if begun:
            assert (role, proved) == (Role.PRESCRIBER, True)
            assert isinstance(facts[0], EligibilityDecided)
        if any(isinstance(fact, EligibilityAssessed) for fact in facts):
            assert stages == before


def _facts(site: Site, name: str, fields: Fields, by: Given) -> list[Fact]:
    try:
        return decide(site, name, fields, by)
    except Refused:
        return []


def test_chance_reaches_both_decisions() -> None:
    """The taps above can accept and decline, so that what they check can fail."""
    for fields, stage in ((DECIDE, ACCEPTED), (DECLINE, DECLINED)):
        site = done(clinic(), "eligibility.assess", ASSESS, NURSE)
        assert the_treatment(done(site, "eligibility.decide", fields, prescriber())).stage == stage


def test_shared_examples_are_what_the_rules_write() -> None:
    assert decide(clinic(), "eligibility.assess", ASSESS, NURSE) == [ASSESSED]
    assert (ASSESSED.findings, TAKEN_ON.assessment) == (ALL_MET, SEQ)
    assert the_treatment(clinic(ASSESSED)).assessments[0].seq == SEQ
