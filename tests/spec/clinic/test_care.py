"""Care plans, key workers, contacts and reviews, by example."""

from datetime import timedelta

import pytest

from safelight.run.domain.base import Given, Role
from safelight.run.domain.clinic.care import CarePlanned, KeyWorkerAssigned, ReviewRecorded
from safelight.run.domain.clinic.contact import ContactPlanned, ContactRecorded
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import (
    ATTENDED,
    CANCELLED,
    MISSED,
    PLANNED,
    Contact,
)
from tests.support.floors import Fields
from tests.support.sites import ADA, BEN, NOW, TODAY, decide, done, given, refusal, stored
from tests.support.treatments import (
    ASSESSED,
    KEY,
    NOTE,
    TURNED_DOWN,
    clinic,
    in_treatment,
    prescriber,
    the_treatment,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PLAN: Fields = {"treatment": KEY, "goals": NOTE, "review_on": TODAY + 28 * DAY}
ASSIGN: Fields = {"treatment": KEY, "staff": BEN}
REVIEW: Fields = {
    "treatment": KEY,
    "kind": "multidisciplinary",
    "outcome": "continue",
    "next_on": TODAY + 90 * DAY,
    "note": NOTE,
}
MEET: Fields = {"treatment": KEY, "kind": "counselling", "planned_for": NOW + 3 * HOUR}
MET_THEM: Fields = {"treatment": KEY, "result": ATTENDED, "contact": "contact-1", "note": NOTE}
TODAYS = ContactPlanned(KEY, "contact-1", "counselling", NOW + 3 * HOUR, BEN)
TOMORROWS = ContactPlanned(KEY, "contact-2", "group", NOW + DAY, BEN)
NURSE = given(role=Role.NURSE)


def test_newest_care_plan_holds_and_earlier_ones_stay() -> None:
    site = done(in_treatment(), "care.plan", PLAN)
    assert decide(in_treatment(), "care.plan", PLAN) == [
        stored(CarePlanned(KEY, NOTE, TODAY + 28 * DAY))
    ]
    site = done(site, "care.plan", {**PLAN, "goals": "sealed:def", "review_on": None})
    plans = the_treatment(site).care_plans
    assert [(each.goals, each.review_on) for each in plans] == [
        (NOTE, TODAY + 28 * DAY),
        ("sealed:def", None),
    ]
    assert (plans[0].staff, plans[0].at) == (ADA, NOW)


@pytest.mark.parametrize("site", [clinic(), in_treatment()])
def test_key_worker_is_assigned_from_the_referral_on(site: Site) -> None:
    assert decide(site, "care.assign", ASSIGN) == [stored(KeyWorkerAssigned(KEY, BEN))]
    after = done(site, "care.assign", ASSIGN)
    assert the_treatment(after).key_worker == BEN
    assert refusal(after, "care.assign", ASSIGN).code == "key-worker-new"
    assert the_treatment(done(after, "care.assign", {**ASSIGN, "staff": ADA})).key_worker == ADA


def test_review_is_recorded_and_changes_no_stage() -> None:
    (fact,) = decide(in_treatment(), "review.record", REVIEW, NURSE)
    assert fact == stored(
        ReviewRecorded(KEY, "multidisciplinary", "continue", TODAY + 90 * DAY, NOTE)
    )
    before, after = in_treatment(), done(in_treatment(), "review.record", REVIEW, NURSE)
    (review,) = the_treatment(after).reviews
    assert (review.kind, review.outcome, review.note) == ("multidisciplinary", "continue", NOTE)
    assert (review.at, review.staff, review.next_on) == (NOW, ADA, TODAY + 90 * DAY)
    assert the_treatment(after).stage == the_treatment(before).stage


@pytest.mark.parametrize(
    ("changed", "by", "rule"),
    [
        pytest.param({"kind": "chat"}, NURSE, "known-review_kinds", id="no such kind"),
        pytest.param({"outcome": "fine"}, NURSE, "known-review_outcomes", id="no such outcome"),
        pytest.param({"next_on": TODAY - DAY}, NURSE, "next-day-ahead", id="next was yesterday"),
        pytest.param({"kind": "prescriber"}, NURSE, "review-prescriber", id="a nurse's"),
        pytest.param(
            {"kind": "prescriber"},
            given(role=Role.MANAGER),
            "review-prescriber",
            id="a manager's",
        ),
        pytest.param({}, given(), "role-may", id="a worker's"),
    ],
)
def test_review_that_cannot_be_meant_is_refused(changed: Fields, by: Given, rule: str) -> None:
    assert refusal(in_treatment(), "review.record", {**REVIEW, **changed}, by).code == rule


def test_prescriber_records_a_prescribers_review() -> None:
    fields = {"treatment": KEY, "kind": "prescriber", "outcome": "change", "next_on": TODAY}
    assert decide(in_treatment(), "review.record", fields, prescriber(proved_at=None)) == [
        ReviewRecorded(KEY, "prescriber", "change", TODAY)
    ]


def test_next_look_at_a_care_plan_is_not_in_the_past() -> None:
    fields = {**PLAN, "review_on": TODAY - DAY}
    assert refusal(in_treatment(), "care.plan", fields).code == "next-day-ahead"


@pytest.mark.parametrize(
    ("staff", "whose"), [(None, ADA), (BEN, BEN)], ids=["with oneself", "with a colleague"]
)
def test_contact_is_planned(staff: str | None, whose: str) -> None:
    fields = {**MEET, "staff": staff}
    (fact,) = decide(in_treatment(), "contact.plan", fields)
    assert isinstance(fact, ContactPlanned)
    assert stored(fact) == fact
    (contact,) = the_treatment(done(in_treatment(), "contact.plan", fields)).contacts
    assert contact == Contact(fact.contact, "counselling", NOW + 3 * HOUR, whose)
    assert contact.state == PLANNED


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        pytest.param({"kind": "cinema"}, "known-contact_kinds", id="no such kind"),
        pytest.param({"planned_for": NOW}, "contact-ahead", id="now"),
    ],
)
def test_contact_that_cannot_be_planned_is_refused(changed: Fields, rule: str) -> None:
    assert refusal(in_treatment(), "contact.plan", {**MEET, **changed}).code == rule


@pytest.mark.parametrize("result", [ATTENDED, MISSED, CANCELLED])
def test_planned_contact_is_settled_once(result: str) -> None:
    site, fields = in_treatment(TODAYS, TOMORROWS), {**MET_THEM, "result": result}
    assert decide(site, "contact.record", fields) == [
        stored(ContactRecorded(KEY, "contact-1", result, None, NOTE))
    ]
    after = done(site, "contact.record", fields)
    first, second = the_treatment(after).contacts
    assert first == Contact("contact-1", "counselling", NOW + 3 * HOUR, ADA, result, NOTE)
    assert second.state == PLANNED
    assert refusal(after, "contact.record", fields).code == "contact-planned"


def test_contact_without_a_plan_is_recorded_where_it_was_attended() -> None:
    fields = {"treatment": KEY, "result": ATTENDED, "kind": "group"}
    (fact,) = decide(in_treatment(), "contact.record", fields)
    assert isinstance(fact, ContactRecorded)
    assert stored(fact) == fact
    late = given(happened_at=NOW - HOUR)
    (contact,) = the_treatment(done(in_treatment(), "contact.record", fields, late)).contacts
    assert contact == Contact(fact.contact, "group", NOW - HOUR, ADA, ATTENDED)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        pytest.param({"result": "enjoyed"}, "known-contact_results", id="no such result"),
        pytest.param({"contact": "contact-9"}, "contact-planned", id="no such contact"),
        pytest.param({"contact": "contact-2"}, "contact-day", id="tomorrow's attended"),
        pytest.param(
            {"contact": "contact-2", "result": MISSED}, "contact-day", id="tomorrow's missed"
        ),
        pytest.param(
            {"contact": None, "result": MISSED, "kind": "group"},
            "contact-unplanned",
            id="missed without a plan",
        ),
        pytest.param({"contact": None}, "contact-unplanned", id="of no kind"),
        pytest.param(
            {"contact": None, "kind": "cinema"}, "known-contact_kinds", id="of no such kind"
        ),
    ],
)
def test_contact_that_cannot_be_recorded_so_is_refused(changed: Fields, rule: str) -> None:
    site = in_treatment(TODAYS, TOMORROWS)
    assert refusal(site, "contact.record", {**MET_THEM, **changed}).code == rule


def test_contact_of_a_day_to_come_can_be_cancelled() -> None:
    fields = {**MET_THEM, "contact": "contact-2", "result": CANCELLED}
    contacts = the_treatment(done(in_treatment(TOMORROWS), "contact.record", fields)).contacts
    assert [each.state for each in contacts] == [CANCELLED]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("care.plan", PLAN),
        ("care.assign", ASSIGN),
        ("review.record", REVIEW),
        ("contact.plan", MEET),
        ("contact.record", MET_THEM),
    ],
)
def test_no_care_is_recorded_of_somebody_who_was_declined(name: str, fields: Fields) -> None:
    site = clinic(ASSESSED, TURNED_DOWN)
    assert refusal(site, name, fields, NURSE).code == "treatment-open"
