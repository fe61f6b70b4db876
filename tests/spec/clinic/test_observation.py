"""After the dose, by example: observation, the last checks, discharge, and leaving another way."""

from typing import Any

import pytest

from safelight.run.domain.clinic.observation import SessionEnded, SessionObserved
from safelight.run.domain.dosing_entities import Bedside
from safelight.run.domain.visit import VisitLeft
from tests.support.clinic import (
    ANN,
    MINUTE,
    PACK,
    WELL,
    WIM,
    Clinic,
    without,
)
from tests.support.sites import protocol


def observing(pack: Any = PACK, **other: Any) -> Clinic:  # noqa: ANN401 - of an order
    """Return a clinic with a dose that was given and accounted for just now."""
    clinic = Clinic(pack=pack)
    if other:
        clinic.order = clinic.sign(supersedes=clinic.order, **other)
    dose = clinic.the_order().dose
    clinic.up_to("assessed")
    clinic.prepare(dose=dose, units=-(-dose // 100_000))
    clinic.inject()
    clinic.account(dose, wasted=clinic.the_session().prepared - dose)
    return clinic


def cleared(pack: Any = PACK) -> Clinic:  # noqa: ANN401 - a pack
    """Return a clinic with a patient whom nothing keeps from going."""
    clinic = observing(pack)
    clinic.wait(minutes=5)
    clinic.observe()
    clinic.wait(minutes=15)
    clinic.observe()
    return clinic


def refused(clinic: Clinic) -> str:
    """Return the rule that keeps a patient from being cleared."""
    return clinic.refused("session.discharge", session=clinic.session)


# Observing


def test_observation_holds_as_much_as_there_was_time_for() -> None:
    clinic = observing()
    clinic.wait(minutes=2)
    bedside: dict[str, Any] = {"spo2": 91, "breathing_rate": 12}
    (fact,) = clinic.do("session.observe", WIM, session=clinic.session, bedside=bedside)
    assert fact == SessionObserved(clinic.session, Bedside(**bedside), ("low_oxygen",))
    (seen,) = clinic.the_session().observations
    assert (seen.at, seen.staff, seen.holds) == (clinic.now, WIM, ("low_oxygen",))
    assert seen.seq == clinic.entries


@pytest.mark.parametrize(
    ("bedside", "rule"),
    [
        ({}, "observation-said"),
        ({"sedation": "poss_9"}, "known-sedation_levels"),
        ({"signs": ["tall"]}, "known-intoxication_signs"),
    ],
)
def test_observation_says_something_in_the_words_of_the_pack(
    bedside: dict[str, Any], rule: str
) -> None:
    clinic = observing()
    about = {"session": clinic.session, "bedside": bedside}
    assert clinic.refused("session.observe", **about) == rule


def test_observation_begins_with_the_injection_and_is_of_now() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    about = {"session": clinic.session, "bedside": WELL}
    assert clinic.refused("session.observe", **about) == "session-stage"
    clinic.inject()
    rule = clinic.refused("session.observe", ANN, None, clinic.now - MINUTE, **about)
    assert rule == "written-now"
    clinic.observe()


# Discharge


def test_patient_goes_after_the_whole_time_and_good_last_checks() -> None:
    clinic = cleared()
    visit = clinic.the_session().visit
    assert clinic.do("session.discharge", session=clinic.session) == [
        SessionEnded(clinic.session, "completed"),
        VisitLeft(visit, "completed"),
    ]
    session = clinic.the_session()
    assert (session.stage, session.outcome, session.ended_at) == ("ended", "completed", clinic.now)
    assert clinic.patient().session is None
    assert not clinic.site.visits


@pytest.mark.hazard("H14")
@pytest.mark.parametrize(
    "dose", [pytest.param(1_000, id="1 mg"), pytest.param(300_000, id="300 mg")]
)
def test_observation_is_as_long_for_a_small_dose(dose: int) -> None:
    clinic = observing(dose=dose)
    began = clinic.the_session().administered_at
    assert began is not None
    for minutes in (5, 19):
        clinic.now = began + minutes * MINUTE
        clinic.observe()
    clinic.now = began + 20 * MINUTE - MINUTE / 60
    assert refused(clinic) == "observation-time"
    clinic.now = began + 20 * MINUTE
    clinic.observe()
    clinic.discharge()


@pytest.mark.hazard("H14")
def test_observation_begins_with_the_injection_not_with_the_accounting() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.wait(minutes=20)
    clinic.account()
    clinic.observe()
    clinic.observe()
    clinic.discharge()


# Naloxone


def given_naloxone(*, minutes: int, pack: Any = PACK) -> Clinic:  # noqa: ANN401 - a pack
    """Return a clinic with a patient who had naloxone so long after the dose, and recovered."""
    clinic = observing(pack)
    clinic.wait(minutes=minutes)
    clinic.naloxone(clinic.overdose(visit=clinic.the_session().visit))
    return clinic


@pytest.mark.hazard("H14")
def test_naloxone_begins_the_observation_anew() -> None:
    clinic = given_naloxone(minutes=3)
    had = clinic.now
    for minutes in (17, 59):
        clinic.now = had + minutes * MINUTE
        clinic.observe()
    found = clinic.refusal("session.discharge", session=clinic.session)
    assert (found.code, found.values) == ("observation-naloxone", {"given": had, "minutes": 60})
    clinic.now = had + 60 * MINUTE
    assert refused(clinic) == "discharge-last"
    clinic.observe()
    clinic.discharge()


@pytest.mark.hazard("H14")
def test_observation_of_the_dose_is_not_shorter_for_naloxone() -> None:
    clinic = given_naloxone(
        minutes=3, pack=protocol(values={"observation_minutes_after_naloxone": 5})
    )
    clinic.wait(minutes=5)
    assert refused(clinic) == "observation-time"


@pytest.mark.hazard("H14")
def test_record_that_is_complete_and_filed_shortens_no_observation_after_naloxone() -> None:
    clinic = given_naloxone(minutes=3)
    (incident,) = clinic.site.incidents
    clinic.do("incident.debrief", WIM, incident=incident, learning="none")
    clinic.do("incident.complete", WIM, incident=incident, kind="injury")
    assert not clinic.site.incidents
    clinic.wait(minutes=30)
    clinic.observe()
    clinic.observe()
    assert refused(clinic) == "observation-naloxone"


@pytest.mark.hazard("H14")
def test_pack_that_does_not_say_how_long_after_naloxone_clears_nobody_after_it() -> None:
    pack = without(PACK, "observation_minutes_after_naloxone")
    clinic = given_naloxone(minutes=3, pack=pack)
    clinic.wait(minutes=600)
    clinic.observe()
    clinic.observe()
    assert refused(clinic) == "protocol-value"
    clinic.do("session.end", WIM, session=clinic.session, outcome="left_before_checks")


def test_whoever_had_naloxone_may_leave_uncleared() -> None:
    clinic = given_naloxone(minutes=3)
    clinic.do("session.end", WIM, session=clinic.session, outcome="left_before_checks")
    assert clinic.patient().session is None


def test_naloxone_of_another_day_keeps_nobody() -> None:
    pack = without(PACK, "observation_minutes_after_naloxone")
    clinic = given_naloxone(minutes=3, pack=pack)
    clinic.do("session.end", WIM, session=clinic.session, outcome="left_before_checks")
    clinic.wait(minutes=240)
    clinic.review()
    clinic.up_to("observing")
    clinic.account()
    clinic.wait(minutes=20)
    clinic.observe()
    clinic.observe()
    clinic.discharge()


# The last checks


@pytest.mark.hazard("H15")
def test_last_checks_come_after_the_time_of_observation() -> None:
    clinic = observing()
    assert clinic.the_session().observations == ()
    clinic.wait(minutes=19, seconds=59)
    clinic.observe()
    clinic.observe()
    clinic.wait(minutes=10)
    assert refused(clinic) == "discharge-last"
    clinic.observe()
    clinic.discharge()


def test_pack_that_wants_no_readings_still_wants_the_last_checks() -> None:
    clinic = observing(protocol(values={"discharge_spo2_readings": 0}))
    clinic.wait(minutes=30)
    assert refused(clinic) == "discharge-last"


@pytest.mark.hazard("H15")
def test_oxygen_is_read_as_often_as_the_pack_says() -> None:
    clinic = observing()
    clinic.wait(minutes=20)
    clinic.observe(spo2=None)
    clinic.observe()
    assert refused(clinic) == "discharge-readings"
    clinic.observe()
    clinic.discharge()


@pytest.mark.hazard("H15")
def test_normal_oxygen_alone_clears_nobody_even_where_the_pack_asks_for_nothing_else() -> None:
    clinic = observing(protocol(words={"post_assessment_measures": ("spo2",)}))
    clinic.wait(minutes=20)
    for _ in range(3):
        clinic.do("session.observe", session=clinic.session, bedside={"spo2": 99})
    assert refused(clinic) == "discharge-oxygen-alone"
    clinic.do("session.observe", session=clinic.session, bedside={"spo2": 99, "etco2_tenths": 45})
    clinic.discharge()


@pytest.mark.hazard("H15")
@pytest.mark.parametrize("measure", ["sedation", "breathing_rate", "spo2"])
def test_last_checks_are_complete(measure: str) -> None:
    clinic = cleared()
    clinic.observe(**{measure: None})
    assert refused(clinic) == "assessment-complete"


@pytest.mark.hazard("H15")
@pytest.mark.parametrize(
    "found", [{"spo2": 91}, {"breathing_rate": 8}, {"sedation": "poss_4"}], ids=str
)
def test_last_checks_that_are_bad_clear_nobody(found: dict[str, Any]) -> None:
    clinic = cleared()
    clinic.observe(**found)
    assert refused(clinic) == "discharge-holds"
    clinic.observe()
    clinic.discharge()


@pytest.mark.hazard("H22")
def test_nobody_goes_before_the_dose_is_accounted_for() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.wait(minutes=20)
    clinic.observe()
    clinic.observe()
    assert refused(clinic) == "session-accounted"


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("known", ["visit", "person"])
def test_nobody_goes_while_an_incident_of_theirs_is_running(known: str) -> None:
    clinic = cleared()
    if known == "visit":
        incident = clinic.incident(kind="injury", visit=clinic.the_session().visit)
    else:
        incident = clinic.incident(kind="injury")
        assert clinic.site.incidents[incident].visit is None
        clinic.do("incident.whose", incident=incident, person="p-1")
    assert refused(clinic) == "discharge-incident"
    clinic.do("incident.close", incident=incident, outcome="recovered_here")
    clinic.discharge()


def test_incident_of_somebody_else_keeps_nobody() -> None:
    clinic = cleared()
    clinic.incident(kind="opioid")
    clinic.discharge()


@pytest.mark.hazard("H08")
def test_nobody_is_cleared_by_a_clock_that_was_moved() -> None:
    clinic = cleared()
    clinic.trusted = False
    assert refused(clinic) == "clock-trusted"
    clinic.trusted = True
    earlier = (ANN, None, clinic.now - MINUTE)
    rule = clinic.refused("session.discharge", *earlier, session=clinic.session)
    assert rule == "written-now"


@pytest.mark.hazard("H28")
@pytest.mark.parametrize("name", ["observation_minutes", "discharge_spo2_readings"])
def test_pack_that_does_not_say_how_long_clears_nobody(name: str) -> None:
    clinic = cleared()
    clinic.pack = without(PACK, name)
    assert refused(clinic) == "protocol-value"


@pytest.mark.hazard("H28")
def test_pack_that_does_not_say_what_the_last_checks_are_clears_nobody() -> None:
    clinic = cleared(protocol(words={"post_assessment_measures": ()}))
    assert refused(clinic) == "assessment-defined"


def test_nobody_is_discharged_before_a_dose_or_by_a_worker() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    assert refused(clinic) == "session-stage"
    assert clinic.refused("session.discharge", WIM, session=clinic.session) == "role-may"


# Leaving another way


@pytest.mark.parametrize("stage", ["here", "identified", "assessed", "prepared", "observing"])
def test_nobody_is_held_back(stage: str) -> None:
    clinic = Clinic()
    clinic.up_to(stage)
    visit = clinic.the_session().visit
    fields = {"session": clinic.session, "outcome": "left_before_checks"}
    assert clinic.do("session.end", WIM, **fields) == [
        SessionEnded(clinic.session, "left_before_checks"),
        VisitLeft(visit, "left_before_checks"),
    ]
    session = clinic.the_session()
    owes = stage in {"prepared", "observing"}
    assert session.stage == ("left" if owes else "ended")
    assert session.outcome == "left_before_checks"
    assert (clinic.patient().session is None) is not owes
    assert clinic.refused("session.end", WIM, **fields) == "session-stage"


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [("completed", "session-completed"), ("vanished", "known-session_outcomes")],
)
def test_leaving_another_way_is_not_being_cleared(outcome: str, rule: str) -> None:
    clinic = observing()
    fields = {"session": clinic.session, "outcome": outcome}
    assert clinic.refused("session.end", WIM, **fields) == rule


def test_visit_goes_on_while_an_incident_is_running_in_it() -> None:
    clinic = observing()
    clinic.incident(kind="opioid", visit=clinic.the_session().visit)
    fields = {"session": clinic.session, "outcome": "left_before_checks"}
    assert clinic.do("session.end", WIM, **fields) == [
        SessionEnded(clinic.session, "left_before_checks")
    ]
    assert len(clinic.site.visits) == 1


def test_session_ends_after_its_visit_too() -> None:
    """Somebody was taken to hospital, and the session is tidied up afterwards."""
    clinic = observing()
    incident = clinic.incident(kind="opioid", visit=clinic.the_session().visit)
    outcome = "to_hospital_ambulance"
    clinic.do("incident.close", WIM, incident=incident, outcome=outcome)
    fields = {"session": clinic.session, "outcome": "left_before_checks"}
    assert clinic.do("session.end", WIM, **fields) == [
        SessionEnded(clinic.session, "left_before_checks")
    ]


def test_visit_does_not_end_over_a_session_that_is_going_on() -> None:
    clinic = observing()
    about = {"visit": clinic.the_session().visit}
    assert clinic.refused("visit.leave", WIM, **about) == "session-ended"
    clinic.do("session.end", WIM, session=clinic.session, outcome="left_before_checks")
    clinic.begin()
    clinic.do("session.withhold", session=clinic.session, reason="other")
    clinic.do("visit.leave", WIM, visit=clinic.the_session().visit)
