"""A session up to the dose, by example: arrival, identity, assessment, holds, reducing."""

from typing import Any

import pytest

from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.session import (
    HoldLifted,
    Identified,
    SessionAssessed,
    SessionBegan,
)
from safelight.run.domain.dosing_entities import Bedside
from safelight.run.domain.protocol import Hold
from safelight.run.domain.visit import VisitArrived
from tests.support.clinic import (
    ANN,
    BEA,
    DAY,
    DOC,
    HOUR,
    MAX,
    MINUTE,
    PACK,
    WELL,
    WIM,
    Clinic,
)
from tests.support.sites import NOW, SOURCE, TODAY, protocol

# Arrival


def test_session_begins_with_a_visit_where_none_is_going_on() -> None:
    clinic = Clinic()
    arrived, began = clinic.do("session.begin", WIM, person="p-1")
    assert isinstance(arrived, VisitArrived)
    assert isinstance(began, SessionBegan)
    assert (arrived.person, arrived.visit) == ("p-1", began.visit)
    assert began == SessionBegan(began.session, "p-1", arrived.visit, TODAY, missed=0)
    session = clinic.the_session(began.session)
    assert (session.stage, session.arrived_at) == ("here", NOW)
    assert clinic.patient().session == session.id
    assert (clinic.patient().attended_on, clinic.patient().attended) == (TODAY, 1)


def test_session_of_somebody_who_is_here_joins_their_visit() -> None:
    clinic = Clinic()
    arrived = clinic.do("visit.arrive", WIM, adult_confirmed=True, person="p-1")[0]
    (began,) = clinic.do("session.begin", WIM, person="p-1")
    assert isinstance(arrived, VisitArrived)
    assert isinstance(began, SessionBegan)
    assert began.visit == arrived.visit


def test_sessions_of_a_day_are_counted() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.wait(hours=4)
    clinic.begin()
    assert (clinic.patient().attended_on, clinic.patient().attended) == (TODAY, 2)
    clinic.do("session.withhold", session=clinic.session, reason="other")
    clinic.wait(hours=20)
    clinic.begin()
    assert (clinic.patient().attended_on, clinic.patient().attended) == (TODAY + DAY, 1)


def test_session_says_how_many_were_missed() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.wait(days=2)
    clinic.begin()
    assert clinic.the_session().missed == 3


def test_session_begins_now() -> None:
    clinic = Clinic()
    assert clinic.refused("session.begin", WIM, None, NOW - HOUR, person="p-1") == "written-now"


def test_session_needs_an_open_floor() -> None:
    clinic = Clinic()
    clinic.do("shift.close", MAX)
    assert clinic.refused("session.begin", WIM, person="p-1") == "shift-open"


def test_session_needs_an_authority_for_treatment() -> None:
    clinic = Clinic()
    clinic.do("authority.withdraw", MAX, authority="licence-of-premises", reason="expired")
    assert clinic.refused("session.begin", WIM, person="p-1") == "authority-in-force"


def test_session_is_for_somebody_in_treatment() -> None:
    clinic = Clinic()
    assert clinic.refused("session.begin", WIM, person="p-9") == "in-treatment"
    clinic.do("treatment.end", DOC, treatment=clinic.treatment(), reason="completed")
    assert clinic.refused("session.begin", WIM, person="p-1") == "in-treatment"


@pytest.mark.hazard("H25")
def test_one_session_at_a_time_also_from_two_tablets() -> None:
    clinic = Clinic()
    first = clinic.begin()
    refused = clinic.refusal("session.begin", WIM, person="p-1")
    assert (refused.code, refused.values["session"]) == ("one-session", first)


def test_next_session_waits_until_the_last_one_is_accounted_for() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    clinic.do("session.end", session=clinic.session, outcome="left_before_dose")
    assert clinic.refused("session.begin", WIM, person="p-1") == "one-session"
    clinic.account(0, wasted=100_000, returned=100_000)
    clinic.begin()


def test_somebody_who_is_excluded_begins_no_session() -> None:
    clinic = Clinic()
    until = {"ends_at": NOW + DAY, "reviewer": DOC}
    clinic.do("person.exclude", MAX, person="p-1", reason="violence", **until)
    assert clinic.refused("session.begin", WIM, person="p-1") == "not-excluded"


# Identity


@pytest.mark.hazard("H05")
def test_identity_is_made_sure_before_anything_else() -> None:
    clinic = Clinic()
    clinic.begin()
    about = {"session": clinic.session}
    assert clinic.refused("session.assess", **about, bedside=WELL) == "session-stage"
    assert clinic.do("session.identify", **about, by="known") == [
        Identified(clinic.session, "known")
    ]
    session = clinic.the_session()
    assert (session.stage, session.identified_by) == ("identified", "known")
    assert clinic.refused("session.identify", **about, by="known") == "session-stage"


def test_identity_is_made_sure_in_a_way_that_the_pack_knows() -> None:
    clinic = Clinic()
    clinic.begin()
    about = {"session": clinic.session, "by": "face"}
    assert clinic.refused("session.identify", **about) == "known-identity_checks"


def test_session_that_nobody_began_goes_nowhere() -> None:
    about = {"session": "se-9", "by": "known"}
    assert Clinic().refused("session.identify", **about) == "session-known"


# Assessment


def test_complete_assessment_of_somebody_well_holds_nothing() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    (fact,) = clinic.do("session.assess", session=clinic.session, bedside=WELL)
    assert fact == SessionAssessed(clinic.session, Bedside(**WELL), ())
    found = clinic.the_session().assessment
    assert found is not None
    assert (found.at, found.staff, found.holds) == (clinic.now, ANN, ())
    assert clinic.the_session().stage == "assessed"


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        pytest.param({"sedation": "poss_2"}, (), id="a little drowsy"),
        pytest.param({"sedation": "poss_3"}, ("sedated",), id="too drowsy"),
        pytest.param({"breathing_rate": 10}, (), id="just breathing enough"),
        pytest.param({"breathing_rate": 9}, ("slow_breathing",), id="breathing too slowly"),
        pytest.param({"spo2": 92}, (), id="just oxygen enough"),
        pytest.param({"spo2": 91}, ("low_oxygen",), id="too little oxygen"),
        pytest.param({"breath_alcohol": 35}, (), id="a little alcohol"),
        pytest.param({"breath_alcohol": 36}, ("alcohol",), id="too much alcohol"),
        pytest.param({"signs": ["pinpoint_pupils"]}, (), id="a sign that holds nothing"),
        pytest.param({"signs": ["slurred_speech"]}, ("intoxicated",), id="a sign that holds"),
        pytest.param(
            {"signs": ["pinpoint_pupils", "slurred_speech"], "spo2": 80},
            ("low_oxygen", "intoxicated"),
            id="two of them",
        ),
    ],
)
def test_assessment_says_what_speaks_against_a_dose(
    change: dict[str, Any], holds: tuple[str, ...]
) -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    clinic.assess(**change)
    found = clinic.the_session().assessment
    assert found is not None
    assert found.holds == holds


def test_hold_on_what_nobody_has_to_measure_holds_where_it_was_measured() -> None:
    only = Hold("co2", "CO2", "etco2_tenths", **SOURCE, above=65)
    clinic = Clinic(pack=protocol(holds=(only,)))
    clinic.up_to("identified")
    clinic.assess()
    assert clinic.the_session().assessment.holds == ()  # type: ignore[union-attr]
    clinic.assess(etco2_tenths=66)
    assert clinic.the_session().assessment.holds == ("co2",)  # type: ignore[union-attr]


@pytest.mark.parametrize("measure", ["sedation", "breathing_rate", "spo2", "breath_alcohol"])
def test_assessment_that_leaves_something_out_is_none(measure: str) -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    bedside = WELL | {measure: None}
    refused = clinic.refusal("session.assess", session=clinic.session, bedside=bedside)
    assert (refused.code, refused.values["missing"]) == ("assessment-complete", measure)


def test_nobody_who_looked_for_no_signs_has_assessed() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    bedside = WELL | {"looked_for_signs": False}
    refused = clinic.refusal("session.assess", session=clinic.session, bedside=bedside)
    assert (refused.code, refused.values["missing"]) == ("assessment-complete", "signs")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"sedation": "poss_9"}, "known-sedation_levels"),
        ({"signs": ["tall"]}, "known-intoxication_signs"),
    ],
)
def test_assessment_is_in_the_words_of_the_pack(change: dict[str, Any], rule: str) -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    assert clinic.refused("session.assess", session=clinic.session, bedside=WELL | change) == rule


def test_pack_may_want_less_of_an_assessment() -> None:
    clinic = Clinic(pack=protocol(words={"pre_assessment_measures": ("spo2",)}))
    clinic.up_to("identified")
    clinic.do("session.assess", session=clinic.session, bedside={"spo2": 98})
    assert clinic.the_session().stage == "assessed"


def test_pack_that_wants_nothing_of_an_assessment_allows_none() -> None:
    clinic = Clinic(pack=protocol(words={"pre_assessment_measures": ()}))
    clinic.up_to("identified")
    rule = clinic.refused("session.assess", session=clinic.session, bedside=WELL)
    assert rule == "assessment-defined"


def test_assessment_is_of_now() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    about = {"session": clinic.session, "bedside": WELL}
    assert clinic.refused("session.assess", ANN, None, NOW - MINUTE, **about) == "written-now"


def test_assessment_is_repeated_until_the_dose_is_given() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    clinic.wait(minutes=5)
    clinic.assess(spo2=95)
    session = clinic.the_session()
    assert session.stage == "prepared"
    assert session.assessment is not None
    assert (session.assessment.at, session.assessment.bedside.spo2) == (clinic.now, 95)
    clinic.inject()
    assert clinic.refused("session.assess", session=clinic.session, bedside=WELL) == "session-stage"


def test_worker_may_not_assess() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    about = {"session": clinic.session, "bedside": WELL}
    assert clinic.refused("session.assess", WIM, **about) == "role-may"


# Holds


def held(pack: Any = PACK, **change: Any) -> Clinic:  # noqa: ANN401 - of a bedside
    """Return a clinic with an assessment that speaks against a dose."""
    clinic = Clinic(pack=pack)
    clinic.up_to("identified")
    clinic.assess(**(change or {"spo2": 90}))
    return clinic


def lifting(clinic: Clinic, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a decision about the newest assessment."""
    found = clinic.the_session().assessment
    assert found is not None
    standard = {"assessment": found.seq, "reason": "usual_for_patient"}
    return {"session": clinic.session, **standard, **other}


def test_prescriber_decides_about_a_hold() -> None:
    clinic = held()
    assert clinic.do("session.lift_hold", DOC, **lifting(clinic)) == [
        HoldLifted(clinic.session, "usual_for_patient")
    ]
    session = clinic.the_session()
    assert (session.hold_lifted_at, session.hold_lifted_by) == (clinic.now, DOC)
    clinic.prepare()


@pytest.mark.parametrize("staff", [ANN, MAX])
def test_others_decide_only_where_the_pack_lets_them(staff: str) -> None:
    clinic = held()
    assert clinic.refused("session.lift_hold", staff, **lifting(clinic)) == "hold-decider"
    words = {"hold_deciders": ("nurse", "manager")}
    clinic = held(pack=protocol(words=words))
    clinic.do("session.lift_hold", staff, **lifting(clinic))
    assert clinic.the_session().hold_lifted_by == staff


def test_decision_about_a_hold_has_a_reason_and_fresh_proof() -> None:
    clinic = held()
    about = lifting(clinic)
    wrong = about | {"reason": "bored"}
    assert clinic.refused("session.lift_hold", DOC, **wrong) == "known-hold_reasons"
    unproved = Actor(DOC, Role.PRESCRIBER)
    assert clinic.refused("session.lift_hold", unproved, **about) == "proof-given"
    stale = Actor(DOC, Role.PRESCRIBER, clinic.now - 6 * MINUTE)
    assert clinic.refused("session.lift_hold", stale, **about) == "proof-fresh"


def test_where_nothing_speaks_against_a_dose_nothing_is_decided() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    assert clinic.refused("session.lift_hold", DOC, **lifting(clinic)) == "hold-there"


def test_hold_is_decided_after_an_assessment_and_before_the_dose() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    about = {"session": clinic.session, "assessment": 1, "reason": "other"}
    assert clinic.refused("session.lift_hold", DOC, **about) == "session-stage"
    clinic.assess()
    clinic.prepare()
    clinic.assess(spo2=90)
    clinic.do("session.lift_hold", DOC, **lifting(clinic))
    clinic.inject()
    assert clinic.refused("session.lift_hold", DOC, **about) == "session-stage"


@pytest.mark.hazard("H11")
def test_newer_assessment_takes_the_decision_back() -> None:
    clinic = held()
    clinic.do("session.lift_hold", DOC, **lifting(clinic))
    clinic.assess(spo2=88)
    session = clinic.the_session()
    assert (session.hold_lifted_at, session.hold_lifted_by) == (None, None)
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-held"


@pytest.mark.hazard("H11")
def test_nobody_decides_about_an_assessment_they_have_not_seen() -> None:
    """The prescriber looks at one tablet while a nurse assesses anew on another."""
    clinic = held()
    seen = lifting(clinic)
    clinic.assess(sedation="poss_4")
    refused = clinic.refusal("session.lift_hold", DOC, **seen)
    assert refused.code == "hold-newest"
    clinic.do("session.lift_hold", DOC, **seen | {"assessment": refused.values["assessment"]})


@pytest.mark.hazard("H28")
def test_pack_that_wants_what_nobody_can_measure_lets_nobody_pass() -> None:
    """A slip in a pack stops doses, and is found; it never lets one pass."""
    clinic = Clinic(pack=protocol(words={"pre_assessment_measures": ("spo3", "spo2")}))
    clinic.up_to("identified")
    refused = clinic.refusal("session.assess", session=clinic.session, bedside=WELL)
    assert (refused.code, refused.values["missing"]) == ("assessment-complete", "spo3")


def test_session_keeps_the_day_on_which_it_began() -> None:
    clinic = Clinic()
    arrived, _ = clinic.do("session.begin", WIM, person="p-1")
    assert isinstance(arrived, VisitArrived)
    assert (arrived.adult_confirmed, arrived.stop) == (True, None)
    known = clinic.patient().session
    assert known is not None
    assert clinic.the_session(known).day == TODAY
