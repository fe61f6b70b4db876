"""What stands between a patient and a dose, by example: locks, reviews, missed sessions."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.patient import (
    DosesLocked,
    DosesReviewed,
    after_dose,
    is_early,
    missed_by,
    missed_since_dose,
    patient_of,
)
from safelight.run.domain.dosing_entities import Patient
from tests.support.clinic import (
    ANN,
    BEA,
    DAY,
    DOC,
    HOUR,
    MAX,
    MINUTE,
    PACK,
    WIM,
    Clinic,
    without,
)
from tests.support.sites import NOW, TODAY

# Locks


@pytest.mark.hazard("H18")
def test_clinician_locks_doses_for_a_reason() -> None:
    clinic = Clinic()
    fields = {"person": "p-1", "reason": "diversion", "note": "sealed:abc"}
    assert clinic.do("doses.lock", ANN, **fields) == [DosesLocked("p-1", "diversion", "sealed:abc")]
    patient = clinic.patient()
    assert (patient.locked_at, patient.locked_for) == (clinic.now, ("diversion",))


@pytest.mark.parametrize(
    ("who", "change", "rule"),
    [
        (WIM, {}, "role-may"),
        (ANN, {"person": "p-9"}, "in-treatment"),
        (ANN, {"reason": "bored"}, "known-lock_reasons"),
    ],
)
def test_lock_that_cannot_be_meant_is_refused(who: str, change: dict[str, str], rule: str) -> None:
    fields = {"person": "p-1", "reason": "diversion", **change}
    assert Clinic().refused("doses.lock", who, **fields) == rule


@pytest.mark.hazard("H18")
def test_reasons_add_up_until_a_review() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    clinic.overdose(visit=clinic.the_session().visit)
    for _ in range(2):
        clinic.wait(minutes=1)
        clinic.do("doses.lock", person="p-1", reason="diversion")
    patient = clinic.patient()
    assert (patient.locked_at, patient.locked_for) == (clinic.now, ("overdose", "diversion"))
    refusal = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert "(overdose, diversion)" in refusal.message
    clinic.review()
    assert clinic.patient().locked_for == ()


# Reviews


@pytest.mark.hazard("H18")
def test_review_takes_the_lock_away() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.wait(hours=4)
    clinic.do("doses.lock", person="p-1", reason="diversion")
    started = clinic.patient().started_at
    assert clinic.review(note="sealed:abc") == [
        DosesReviewed("p-1", "seen_and_safe", restart=False, note="sealed:abc")
    ]
    patient = clinic.patient()
    assert (patient.locked_at, patient.locked_for) == (None, ())
    assert (patient.reviewed_at, patient.started_at) == (clinic.now, started)
    clinic.dose()


@pytest.mark.hazard("H18")
@pytest.mark.parametrize("who", [ANN, MAX, WIM])
def test_only_a_prescriber_reviews(who: str) -> None:
    clinic = Clinic()
    clinic.do("doses.lock", person="p-1", reason="diversion")
    fields = {"person": "p-1", "reason": "other", "lock": clinic.now}
    assert clinic.refused("doses.review", who, **fields) == "role-may"


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"person": "p-9"}, "in-treatment"), ({"reason": "bored"}, "known-dose_review_reasons")],
)
def test_review_that_cannot_be_meant_is_refused(change: dict[str, str], rule: str) -> None:
    fields = {"person": "p-1", "reason": "other", **change}
    assert Clinic().refused("doses.review", DOC, **fields) == rule


def test_review_is_of_now_with_fresh_proof() -> None:
    clinic = Clinic()
    fields = {"person": "p-1", "reason": "other"}
    unproved = Actor(DOC, Role.PRESCRIBER)
    assert clinic.refused("doses.review", unproved, **fields) == "proof-given"
    earlier = (DOC, None, clinic.now - HOUR)
    assert clinic.refused("doses.review", *earlier, **fields) == "written-now"


@pytest.mark.hazard("H18")
def test_lock_that_came_meanwhile_is_not_taken_away_unseen() -> None:
    """The prescriber looks at a page while a nurse stops the doses on another tablet."""
    clinic = Clinic()
    clinic.do("doses.lock", person="p-1", reason="overdose")
    seen = clinic.now
    clinic.wait(minutes=1)
    clinic.do("doses.lock", person="p-1", reason="diversion")
    about = {"person": "p-1", "reason": "other"}
    for lock in (None, seen):
        refused = clinic.refusal("doses.review", DOC, **about, lock=lock)
        assert refused.code == "review-newest"
    assert refused.message == (
        "Doses are locked since 13 January 09:01:00 UTC, and this review is of doses locked since "
        "13 January 09:00:00 UTC."
    )
    clinic.do("doses.review", DOC, **about, lock=clinic.now)
    refused = clinic.refusal("doses.review", DOC, **about, lock=clinic.now)
    assert refused.code == "review-newest"
    assert refused.message.startswith("Doses are not locked, and this review is of doses locked")
    clinic.do("doses.review", DOC, **about)


@pytest.mark.hazard("H17")
def test_nobody_is_reviewed_while_an_overdose_of_theirs_is_running() -> None:
    clinic = Clinic()
    clinic.begin()
    incident = clinic.incident(visit=clinic.the_session().visit)
    refused = clinic.refusal("doses.review", DOC, person="p-1", reason="other", lock=clinic.now)
    assert (refused.code, refused.values["incident"]) == ("overdose-over", incident)
    clinic.do("incident.close", incident=incident, outcome="recovered_here")
    clinic.review()
    clinic.do("incident.reopen", incident=incident, reason="told_later")
    about = {"person": "p-1", "reason": "other"}
    assert clinic.refused("doses.review", DOC, **about) == "overdose-over"


@pytest.mark.hazard("H17")
def test_reopened_overdose_stops_doses_again() -> None:
    clinic = Clinic()
    clinic.begin()
    incident = clinic.overdose(visit=clinic.the_session().visit)
    clinic.review()
    clinic.identify()
    clinic.assess()
    clinic.do("incident.reopen", incident=incident, reason="told_later")
    fields = clinic.preparation()
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-after-overdose"
    clinic.do("incident.close", incident=incident, outcome="recovered_here")
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-lock"


@pytest.mark.hazard("H17")
def test_injury_that_is_running_stops_no_dose() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    clinic.incident(kind="injury", visit=clinic.the_session().visit)
    clinic.prepare()


# Missed sessions


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(
    ("doses", "days", "missed"),
    [
        pytest.param(2, 0, 0, id="both of today"),
        pytest.param(2, 1, 0, id="both of yesterday"),
        pytest.param(1, 1, 1, id="one of yesterday"),
        pytest.param(2, 2, 2, id="a day without"),
        pytest.param(1, 3, 5, id="one, and two days without"),
        pytest.param(1, 30, 59, id="a month"),
    ],
)
def test_missed_sessions_are_those_ordered_that_passed_without_a_dose(
    doses: int, days: int, missed: int
) -> None:
    clinic = Clinic()
    for _ in range(doses):
        clinic.dose()
        clinic.wait(hours=4)
    day = TODAY + days * DAY
    assert missed_by(clinic.site, "p-1", day, PACK) == missed
    assert missed_since_dose(clinic.site, "p-1", day, PACK) == missed


def test_nobody_misses_what_they_never_had() -> None:
    clinic = Clinic()
    assert missed_by(clinic.site, "p-1", TODAY + 9 * DAY, PACK) == 0
    assert missed_by(clinic.site, "p-9", TODAY, PACK) == 0
    assert patient_of(clinic.site, "p-9") == Patient("p-9")
    clinic.review()
    assert missed_by(clinic.site, "p-1", TODAY + 9 * DAY, PACK) == 0
    clinic.wait(days=9)
    clinic.dose()


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("days", "rule"), [(3, None), (4, "dose-after-missed")])
def test_too_many_missed_sessions_wait_for_a_review(days: int, rule: str | None) -> None:
    """The pack allows four; two days without any, after a day with both, are four."""
    clinic = Clinic()
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.now = NOW + days * DAY
    clinic.up_to("assessed")
    if rule is None:
        clinic.prepare()
        return
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert refused.code == rule
    assert refused.message.startswith("6 sessions")
    (fact,) = clinic.review()
    assert isinstance(fact, DosesReviewed)
    assert fact.restart
    clinic.prepare()


@pytest.mark.hazard("H13")
def test_order_for_fewer_sessions_makes_nobody_miss_fewer() -> None:
    """Three a day that somebody missed are not fewer because the next order is for one."""
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=3)
    clinic.dose()
    clinic.wait(days=2)
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=1)
    clinic.up_to("assessed")
    rule = clinic.refused("session.prepare", ANN, BEA, **clinic.preparation())
    assert rule == "dose-after-missed"


@pytest.mark.hazard("H13")
def test_stopping_the_order_makes_nobody_miss_fewer() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.do("prescription.stop", DOC, prescription=clinic.order, reason="other")
    assert missed_by(clinic.site, "p-1", TODAY + 3 * DAY, PACK) == 5


@pytest.mark.hazard("H13")
def test_review_counts_anew_and_the_restart_counts_from_the_last_dose() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.wait(days=2)
    (fact,) = clinic.review()
    assert isinstance(fact, DosesReviewed)
    assert not fact.restart
    reviewed = TODAY + 2 * DAY
    assert missed_by(clinic.site, "p-1", reviewed, PACK) == 0
    assert missed_by(clinic.site, "p-1", reviewed + DAY, PACK) == 0
    assert missed_by(clinic.site, "p-1", reviewed + 3 * DAY, PACK) == 4
    assert missed_since_dose(clinic.site, "p-1", reviewed + DAY, PACK) == 5
    clinic.wait(days=2)
    (fact,) = clinic.review()
    assert isinstance(fact, DosesReviewed)
    assert fact.restart
    assert clinic.patient().started_at is None


@pytest.mark.parametrize(("doses", "restart"), [(2, False), (1, True)])
def test_break_up_to_the_threshold_is_no_restart(doses: int, *, restart: bool) -> None:
    """After both sessions of a day, two days without are the four that the pack allows."""
    clinic = Clinic()
    for _ in range(doses):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.now = NOW + 3 * DAY
    (fact,) = clinic.review()
    assert isinstance(fact, DosesReviewed)
    assert fact.restart == restart


def test_sessions_of_others_are_nobody_elses_to_miss() -> None:
    clinic = Clinic("p-1", "p-2")
    clinic.sign(person="p-2", supersedes=clinic.order, sessions=3)
    clinic.order = next(key for kind, key in clinic.archive if kind == "prescription")
    clinic.dose()
    assert missed_by(clinic.site, "p-1", TODAY + 2 * DAY, PACK) == 3


def test_whoever_has_no_order_since_a_review_misses_nothing() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.review()
    clinic.do("prescription.stop", DOC, prescription=clinic.order, reason="other")
    assert missed_by(clinic.site, "p-1", TODAY + 9 * DAY, PACK) == 0


def test_dose_after_a_review_counts_from_the_dose() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.review()
    clinic.wait(days=1)
    clinic.dose()
    assert missed_by(clinic.site, "p-1", TODAY + 3 * DAY, PACK) == 3


def test_night_doses_belong_to_the_clinic_day() -> None:
    """A dose at two in the night is the last of the day before, and misses nothing of it."""
    clinic = Clinic(now=datetime(2025, 1, 13, 20, 0, tzinfo=UTC))
    clinic.dose()
    clinic.now = datetime(2025, 1, 14, 2, 0, tzinfo=UTC)
    clinic.dose()
    assert clinic.patient().doses[-1].day == TODAY
    assert missed_by(clinic.site, "p-1", TODAY + DAY, PACK) == 0


@pytest.mark.hazard("H28")
def test_pack_that_sets_no_limit_of_missed_sessions_allows_no_dose_and_no_review() -> None:
    clinic = Clinic()
    clinic.pack = without(PACK, "missed_sessions_review")
    assert clinic.refused("doses.review", DOC, person="p-1", reason="other") == "protocol-value"


# The first days


@pytest.mark.hazard("H16")
def test_first_thirty_days_after_a_start_or_restart_are_flagged() -> None:
    clinic = Clinic()
    clinic.begin()
    assert is_early(clinic.patient(), clinic.now, PACK)
    clinic.identify()
    clinic.assess()
    clinic.prepare()
    clinic.inject()
    started, patient = clinic.now, clinic.patient()
    assert patient.started_at == started
    assert is_early(patient, started + 30 * DAY - MINUTE, PACK)
    assert not is_early(patient, started + 30 * DAY, PACK)


@pytest.mark.hazard("H16")
def test_restart_begins_with_the_next_dose() -> None:
    clinic = Clinic()
    clinic.dose()
    first = clinic.patient().started_at
    clinic.wait(hours=4)
    (fact,) = clinic.review(restart=True)
    assert isinstance(fact, DosesReviewed)
    assert fact.restart
    assert is_early(clinic.patient(), clinic.now + 99 * DAY, PACK)
    clinic.dose()
    assert clinic.patient().started_at not in {None, first}
    assert clinic.patient().started_at == clinic.patient().last_dose_at


def test_later_doses_begin_nothing_anew() -> None:
    clinic = Clinic()
    clinic.dose()
    started = clinic.patient().started_at
    for _ in range(9):
        clinic.wait(hours=12)
        clinic.dose()
    assert clinic.patient().started_at == started


# What is kept


@pytest.mark.hazard("H09")
def test_doses_are_kept_for_as_long_as_a_limit_may_look_back() -> None:
    clinic = Clinic()
    clinic.dose()
    first = clinic.patient().last_dose_at
    assert first is not None
    for _ in range(7):
        clinic.wait(hours=12)
        clinic.dose()
    clinic.now = first + 4 * DAY - 4 * MINUTE
    clinic.up_to("prepared")
    clinic.now = first + 4 * DAY - MINUTE / 60
    earlier = clinic.site
    clinic.inject()
    assert clinic.patient().doses[0].at == first
    at_the_hour = after_dose(
        patient_of(earlier, "p-1"), replace(clinic.patient().doses[-1], at=first + 4 * DAY), 2
    )
    assert at_the_hour.doses[0].at > first
    clinic.account()
    clinic.do("session.end", session=clinic.session, outcome="left_before_checks")
    clinic.wait(hours=12)
    clinic.dose()
    assert clinic.patient().doses[0].at > first


def test_somebody_who_was_reviewed_before_any_dose_is_known() -> None:
    clinic = Clinic()
    fields: dict[str, Any] = {"person": "p-1", "reason": "other"}
    clinic.do("doses.review", DOC, **fields)
    assert clinic.patient().reviewed_at == clinic.now


@pytest.mark.hazard("H13")
def test_order_for_more_sessions_counts_as_it_stands_now() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=1)
    clinic.dose()
    clinic.sign(supersedes=clinic.order, sessions=3)
    assert missed_by(clinic.site, "p-1", TODAY + 2 * DAY, PACK) == 5
