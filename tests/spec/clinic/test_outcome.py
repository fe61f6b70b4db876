"""The Treatment Outcomes Profile, by example."""

from datetime import date, timedelta

import msgspec
import pytest

from safelight.run.domain.base import Fact
from safelight.run.domain.clinic.leaving import TreatmentEnded
from safelight.run.domain.clinic.outcome import ITEMS, OutcomeRecorded, series
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Answers
from tests.support.floors import Fields
from tests.support.sites import NOW, TODAY, after, decide, done, refusal, stored
from tests.support.treatments import (
    ASSESSED,
    KEY,
    TURNED_DOWN,
    clinic,
    in_treatment,
    the_treatment,
)

DAY = timedelta(days=1)
RECORD: Fields = {
    "treatment": KEY,
    "on": TODAY,
    "stage": "start",
    "answers": {"opiate_days": 28, "shared_equipment": True, "physical_score": 6},
}
ENDED = TreatmentEnded(KEY, "completed")
# Marsden and others 2008, Addiction 103:1450: twenty measures. Seven substances in days, injecting
# in days and shared equipment; two offences in days and two as yes or no; three scores; work,
# education; two housing problems. Tobacco in days joined in 2016.
DAYS = {
    "alcohol_days",
    "opiate_days",
    "crack_days",
    "cocaine_days",
    "amphetamine_days",
    "cannabis_days",
    "other_days",
    "injecting_days",
    "shoplifting_days",
    "selling_days",
    "paid_work_days",
    "education_days",
}
SCORES = {"psychological_score", "physical_score", "quality_of_life_score"}
YES_OR_NO = {
    "shared_equipment",
    "other_theft",
    "violence",
    "acute_housing_problem",
    "at_risk_of_eviction",
}


def ended(*parts: Fact) -> Site:
    """Return a site in whose reach an ended treatment was brought back."""
    gone = after(in_treatment(*parts), ENDED)
    return gone.recalled(the_treatment(gone))


def interview(day: date, stage: str = "review", **answers: int) -> OutcomeRecorded:
    """Return the fact that some questions were answered."""
    return OutcomeRecorded(KEY, day, stage, msgspec.convert(answers, Answers))


def test_profile_has_the_twenty_measures_and_tobacco() -> None:
    assert len(DAYS | SCORES | YES_OR_NO) == 20
    assert set(ITEMS) == DAYS | SCORES | YES_OR_NO | {"tobacco_days"}


@pytest.mark.parametrize(
    ("item", "most"),
    [
        *((item, 28) for item in sorted({*DAYS, "tobacco_days"})),
        *((item, 20) for item in sorted(SCORES)),
    ],
)
def test_answers_lie_within_the_form(item: str, most: int) -> None:
    for value in (0, most):
        fields = {**RECORD, "answers": {item: value}}
        assert decide(in_treatment(), "outcome.record", fields)
    for value in (-1, most + 1):
        with pytest.raises(msgspec.ValidationError):
            decide(in_treatment(), "outcome.record", {**RECORD, "answers": {item: value}})


@pytest.mark.parametrize("item", sorted(YES_OR_NO))
def test_no_is_an_answer(item: str) -> None:
    assert decide(in_treatment(), "outcome.record", {**RECORD, "answers": {item: False}})


def test_answers_are_recorded_and_what_was_not_asked_stays_empty() -> None:
    (fact,) = decide(in_treatment(), "outcome.record", RECORD)
    answers = Answers(opiate_days=28, shared_equipment=True, physical_score=6)
    assert fact == stored(OutcomeRecorded(KEY, TODAY, "start", answers))
    (outcome,) = the_treatment(done(in_treatment(), "outcome.record", RECORD)).outcomes
    assert (outcome.on, outcome.stage, outcome.answers) == (TODAY, "start", answers)
    assert outcome.answers.crack_days is None


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        pytest.param({"answers": {}}, "outcome-answered", id="no answer"),
        pytest.param({"on": TODAY + DAY}, "outcome-day", id="tomorrow"),
        pytest.param({"stage": "half_time"}, "known-outcome_stages", id="no such stage"),
    ],
)
def test_measures_that_cannot_be_meant_are_refused(changed: Fields, rule: str) -> None:
    assert refusal(in_treatment(), "outcome.record", {**RECORD, **changed}).code == rule


@pytest.mark.parametrize(
    ("site", "stages"),
    [
        pytest.param(clinic(), ["start", "review", "exit"], id="referred"),
        pytest.param(in_treatment(), ["start", "review", "exit"], id="in treatment"),
        pytest.param(clinic(ASSESSED, TURNED_DOWN), [], id="declined"),
        pytest.param(ended(), ["exit", "post_exit"], id="ended"),
    ],
)
def test_stage_fits_the_treatment(site: Site, stages: list[str]) -> None:
    for stage in ("start", "review", "exit", "post_exit"):
        fields = {**RECORD, "stage": stage}
        if stage in stages:
            assert decide(site, "outcome.record", fields)
        else:
            assert refusal(site, "outcome.record", fields).code == "outcome-stage"


def test_measures_after_the_exit_join_those_before() -> None:
    site = ended(interview(TODAY - 90 * DAY, "start", opiate_days=28))
    fields = {**RECORD, "stage": "post_exit", "answers": {"opiate_days": 2}}
    treatment = the_treatment(done(site, "outcome.record", fields))
    assert series(treatment) == {"opiate_days": [(TODAY - 90 * DAY, 28), (TODAY, 2)]}
    assert treatment.ended_at == NOW


def test_series_is_by_item_and_day_and_leaves_out_what_nobody_answered() -> None:
    site = in_treatment(
        interview(TODAY, opiate_days=4, violence=False),
        interview(TODAY - 60 * DAY, "start", opiate_days=28, physical_score=5),
        interview(TODAY - 30 * DAY, physical_score=9, violence=True),
    )
    assert series(the_treatment(site)) == {
        "opiate_days": [(TODAY - 60 * DAY, 28), (TODAY, 4)],
        "violence": [(TODAY - 30 * DAY, 1), (TODAY, 0)],
        "physical_score": [(TODAY - 60 * DAY, 5), (TODAY - 30 * DAY, 9)],
    }


def test_same_day_and_stage_again_puts_it_right() -> None:
    slip, meant = interview(TODAY, opiate_days=20), interview(TODAY, opiate_days=2)
    same_day = interview(TODAY, "start", opiate_days=28)
    treatment = the_treatment(in_treatment(slip, same_day, meant))
    assert [each.answers.opiate_days for each in treatment.outcomes] == [28, 2]
