"""The gate before a dose, by example: passed when it is prepared, and again when it is given."""

from collections.abc import Callable
from typing import Any

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.gate import require_dose
from tests.support.clinic import (
    ANN,
    BEA,
    DAY,
    DOC,
    MAX,
    WIM,
    Clinic,
    licence,
    order,
    without,
)
from tests.support.sites import NOW, TODAY

Spoil = Callable[[Clinic], object]


def at_the_gate(clinic: Clinic, stage: str, key: str = "p-1") -> tuple[str, tuple[Any, ...], Any]:
    """Take somebody to the gate, and return the command that passes it."""
    clinic.up_to(stage, key)
    if stage == "assessed":
        return "session.prepare", (ANN, BEA), clinic.preparation()
    return "session.administer", (ANN,), {"session": clinic.session, "by": "patient"}


def stopped(clinic: Clinic) -> None:
    """Stop the order."""
    clinic.do("prescription.stop", DOC, prescription=clinic.order, reason="other")


def superseded(clinic: Clinic) -> None:
    """Sign another order in its place, on another tablet."""
    clinic.sign(dose=100_000, supersedes=clinic.order)


def left_for_hospital(clinic: Clinic) -> None:
    """Have somebody taken to hospital for what is no overdose."""
    incident = clinic.incident(kind="injury", visit=clinic.the_session().visit)
    outcome = "to_hospital_ambulance"
    clinic.do("incident.close", WIM, incident=incident, outcome=outcome)


def overdosed(clinic: Clinic) -> str:
    """Somebody overdoses, and it is over."""
    return clinic.overdose(visit=clinic.the_session().visit)


def naloxone_after_a_fall(clinic: Clinic) -> None:
    """Naloxone is given in what is called an injury."""
    incident = clinic.incident(kind="injury", visit=clinic.the_session().visit)
    dose = {"micrograms": 400, "route": "nasal"}
    clinic.do("incident.record", WIM, incident=incident, what="naloxone", naloxone=dose)
    clinic.do("incident.close", WIM, incident=incident, outcome="recovered_here")


def classified_afterwards(clinic: Clinic) -> None:
    """What was called an injury turns out to be an overdose."""
    incident = clinic.incident(kind="injury", visit=clinic.the_session().visit)
    clinic.do("incident.close", WIM, incident=incident, outcome="recovered_here")
    clinic.do("incident.classify", WIM, incident=incident, kind="opioid")


def held_since(clinic: Clinic) -> None:
    """Assess again, and find something."""
    clinic.assess(spo2=88)


def decided_and_assessed_again(clinic: Clinic) -> None:
    """Decide about a hold, and find another one."""
    clinic.assess(spo2=88)
    found = clinic.the_session().assessment
    assert found is not None
    decided = {"assessment": found.seq, "reason": "other"}
    clinic.do("session.lift_hold", DOC, session=clinic.session, **decided)
    clinic.assess(sedation="poss_3")


def distrusted(clinic: Clinic) -> None:
    """Somebody moved the clock."""
    clinic.trusted = False


def without_consent(clinic: Clinic) -> None:
    """The patient withdraws consent."""
    clinic.do("consent.withdraw", treatment=clinic.treatment(), purpose="treatment")


def without_value(name: str) -> Spoil:
    """Adopt a pack that leaves out a value."""

    def spoil(clinic: Clinic) -> None:
        clinic.pack = without(clinic.pack, name)

    return spoil


def _case(spoil: Spoil, rule: str, hazard: str, sentence: str) -> Any:  # noqa: ANN401 - a case
    return pytest.param(spoil, rule, id=sentence, marks=pytest.mark.hazard(hazard))


CASES = [
    _case(distrusted, "clock-trusted", "H08", "the clock was moved"),
    _case(
        lambda c: c.do(
            "authority.withdraw", MAX, authority="licence-of-premises", reason="expired"
        ),
        "authority-in-force",
        "H03",
        "the premises have no authority any more",
    ),
    _case(left_for_hospital, "dose-here", "H02", "the patient is in hospital"),
    _case(without_consent, "dose-consent", "H02", "consent was withdrawn"),
    _case(stopped, "dose-order", "H01", "the order was stopped"),
    _case(superseded, "dose-order", "H01", "another order stands"),
    _case(
        lambda c: c.do("licence.withdraw", MAX, licence="licence-diamorphine", reason="expired"),
        "licence-holds",
        "H03",
        "the licence was withdrawn",
    ),
    _case(lambda c: c.wait(days=14), "dose-order-dates", "H01", "the order has ended"),
    _case(overdosed, "dose-lock", "H17", "an overdose"),
    _case(naloxone_after_a_fall, "dose-lock", "H17", "naloxone"),
    _case(classified_afterwards, "dose-lock", "H17", "an overdose that was called a fall"),
    _case(
        lambda c: c.do("doses.lock", person="p-1", reason="diversion"),
        "dose-lock",
        "H18",
        "somebody locked the doses",
    ),
    _case(
        lambda c: c.incident(kind="opioid", visit=c.the_session().visit),
        "dose-lock",
        "H17",
        "an overdose that is running",
    ),
    _case(lambda c: c.incident(), "overdose-whose", "H19", "an overdose of nobody knows whom"),
    _case(lambda c: c.incident(place="booth-9"), "overdose-whose", "H19", "an overdose at a place"),
    _case(held_since, "dose-held", "H11", "something speaks against it"),
    _case(decided_and_assessed_again, "dose-held", "H11", "something else speaks against it"),
    _case(lambda c: c.wait(minutes=17), "dose-assessed", "H10", "the assessment is old"),
    _case(without_value("dose_interval_minutes"), "protocol-value", "H28", "no interval"),
    _case(without_value("dose_window_hours"), "protocol-value", "H28", "no window"),
    _case(without_value("pre_assessment_minutes"), "protocol-value", "H28", "no time to assess"),
    _case(without_value("sessions_per_day"), "protocol-value", "H28", "no number of sessions"),
    _case(
        without_value("diamorphine_daily_maximum_mg"), "protocol-value", "H28", "no daily maximum"
    ),
    _case(without_value("clinic_day_turn_minutes"), "protocol-value", "H28", "no turn of the day"),
    _case(without_value("missed_sessions_review"), "protocol-value", "H28", "no limit of missed"),
]


@pytest.mark.parametrize("stage", ["assessed", "prepared"])
@pytest.mark.parametrize(("spoil", "rule"), CASES)
def test_gate_refuses_whatever_came_in_between(spoil: Spoil, rule: str, stage: str) -> None:
    clinic = Clinic()
    name, who, fields = at_the_gate(clinic, stage)
    spoil(clinic)
    assert clinic.refused(name, *who, **fields) == rule


@pytest.mark.parametrize("stage", ["assessed", "prepared"])
def test_gate_lets_pass_what_nothing_speaks_against(stage: str) -> None:
    clinic = Clinic()
    name, who, fields = at_the_gate(clinic, stage)
    clinic.do(name, *who, **fields)


@pytest.mark.hazard("H02")
def test_treatment_does_not_end_over_a_session_that_is_going_on() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    leaving = {"treatment": clinic.treatment(), "reason": "completed"}
    with pytest.raises(Refused):
        clinic.do("treatment.end", DOC, **leaving)


def test_somebody_who_is_not_in_treatment_has_no_dose() -> None:
    clinic = Clinic("p-1", "p-2")
    clinic.up_to("assessed")
    elsewhere = clinic.site.recalled(clinic.the_session()).put(
        type(clinic.the_session())("se-9", "p-9", clinic.the_session().visit, TODAY, NOW, 1)
    )
    session = elsewhere.all_of(type(clinic.the_session()))["se-9"]
    with pytest.raises(Refused) as caught:
        require_dose(elsewhere, session, clinic.order, 200_000, clinic.given(ANN, BEA))
    assert caught.value.code == "in-treatment"


# The order


@pytest.mark.hazard("H01")
@pytest.mark.parametrize("other", ["rx-9", "theirs", "stopped"])
def test_dose_is_by_an_order_of_this_patient_that_stands(other: str) -> None:
    clinic = Clinic("p-2", "p-1")
    theirs = next(o for o in clinic.archive if o[0] == "prescription")[1]
    old = clinic.order
    if other == "stopped":
        stopped(clinic)
    clinic.up_to("assessed")
    wanted = {"theirs": theirs, "stopped": old}.get(other, other)
    fields = clinic.preparation(order=wanted)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-order"


@pytest.mark.parametrize(
    ("days", "rule"),
    [(0, "dose-order-dates"), (1, None), (3, None), (4, "dose-order-dates")],
    ids=["the day before", "the first day", "the last day", "the day after"],
)
def test_order_holds_from_its_first_day_to_its_last_by_the_calendar(
    days: int, rule: str | None
) -> None:
    clinic = Clinic()
    stopped(clinic)
    dates = {"valid_from": TODAY + DAY, "valid_to": TODAY + 3 * DAY, "total": 400_000}
    clinic.order = clinic.sign(**dates)
    clinic.wait(days=days)
    clinic.up_to("assessed")
    if rule is None:
        clinic.prepare()
    else:
        assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == rule


@pytest.mark.hazard("H03")
def test_licence_that_ended_since_the_order_was_signed_holds_no_more() -> None:
    clinic = Clinic()
    ends = licence("licence-short", "diamorphine", prescriber="s-other", valid_to=TODAY)
    clinic.do("licence.record", MAX, **ends)
    other = Actor("s-other", Role.PRESCRIBER, clinic.now)
    clinic.do("prescription.stop", other, prescription=clinic.order, reason="other")
    (fact,) = clinic.do("prescription.sign", other, **order(clinic.now))
    clinic.order = fact.prescription  # type: ignore[attr-defined]
    clinic.wait(days=1)
    clinic.up_to("assessed")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "licence-holds"


# Assessments


@pytest.mark.hazard("H10")
def test_nobody_has_a_dose_without_an_assessment() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "session-stage"
    unassessed = clinic.the_session()
    with pytest.raises(Refused) as caught:
        require_dose(clinic.site, unassessed, clinic.order, 200_000, clinic.given(ANN, BEA))
    assert caught.value.code == "dose-assessed"


@pytest.mark.hazard("H10")
def test_assessment_holds_for_as_long_as_the_pack_says() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    clinic.wait(minutes=15, microseconds=1)
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-assessed"
    clinic.assess()
    clinic.wait(minutes=15)
    clinic.prepare()
    clinic.wait(microseconds=1)
    about = {"session": clinic.session, "by": "patient"}
    assert clinic.refused("session.administer", **about) == "dose-assessed"


@pytest.mark.hazard("H11")
def test_reducing_a_dose_decides_about_no_hold() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    clinic.assess(spo2=90)
    reduced = {"order": clinic.order, "dose": 100_000, "reason": "intoxicated"}
    clinic.do("session.reduce", DOC, session=clinic.session, **reduced)
    fields = clinic.preparation(dose=100_000, units=1)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-held"


@pytest.mark.hazard("H05")
def test_dose_of_somebody_else_is_none_of_this_patient() -> None:
    clinic = Clinic("p-1", "p-2")
    second = clinic.order
    clinic.order = next(key for kind, key in clinic.archive if kind == "prescription")
    clinic.dose("p-1")
    clinic.order = second
    clinic.dose("p-2")
