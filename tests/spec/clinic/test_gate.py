"""The gate before a dose, by example: passed when it is prepared, and again when it is given."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.gate import require_dose
from safelight.run.domain.clinic.session import DoseReduced
from tests.support.clinic import (
    AMPOULE,
    ANN,
    BEA,
    DAY,
    DILAUDID,
    DOC,
    HOUR,
    MAX,
    MINUTE,
    WIM,
    Clinic,
    licence,
    order,
    without,
)
from tests.support.sites import NOW, TODAY, protocol

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


# Quantities


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("dose", [0, 1, 199_999, 200_001, 400_000])
def test_dose_is_what_was_ordered_no_more_and_no_less(dose: int) -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    fields = clinic.preparation(dose=dose)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-quantity"


@pytest.mark.hazard("H12")
def test_nobody_but_a_prescriber_gives_less_than_was_ordered() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    less = clinic.preparation(dose=AMPOULE, units=1)
    assert clinic.refused("session.prepare", ANN, BEA, **less) == "dose-quantity"
    reduced = {"order": clinic.order, "dose": AMPOULE, "reason": "other"}
    (fact,) = clinic.do("session.reduce", DOC, session=clinic.session, **reduced)
    assert isinstance(fact, DoseReduced)
    whole = clinic.preparation()
    assert clinic.refused("session.prepare", ANN, BEA, **whole) == "dose-quantity"
    clinic.do("session.prepare", ANN, BEA, **less)


@pytest.mark.hazard("H12")
def test_reduction_is_not_walked_around_by_another_order() -> None:
    """The other drug's ordinary dose may be below the limit, and is no reduction of anything."""
    clinic = Clinic()
    other = {"drug": "hydromorphone", "strength": 10_000, "dose": 40_000}
    second = clinic.sign(route="intramuscular", **other)
    clinic.up_to("assessed")
    reduced = {"order": clinic.order, "dose": 100_000, "reason": "intoxicated"}
    clinic.do("session.reduce", DOC, session=clinic.session, **reduced)
    fields = clinic.preparation(order=second, register=DILAUDID, dose=40_000, units=4)
    refused = clinic.refusal("session.prepare", ANN, BEA, **fields)
    assert refused.code == "dose-reduced-other"
    assert refused.values["reduced"] == clinic.order


@pytest.mark.hazard("H07")
def test_order_gives_no_more_than_its_total() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, total=500_000)
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=12)
    assert clinic.the_order().given == 400_000
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["left"]) == ("dose-total", 100_000)


@pytest.mark.hazard("H07")
def test_what_was_not_given_is_left_of_the_total() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, total=400_000)
    clinic.up_to("observing")
    clinic.account(50_000, wasted=150_000)
    assert clinic.the_order().given == 50_000
    assert clinic.patient().doses[-1].quantity == 50_000


@pytest.mark.hazard("H07")
def test_day_has_no_more_than_was_ordered_for_it() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=3, daily=500_000)
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["had"], refused.values["most"]) == (
        "dose-daily",
        400_000,
        500_000,
    )
    reduced = {"order": clinic.order, "dose": 100_000, "reason": "other"}
    clinic.do("session.reduce", DOC, session=clinic.session, **reduced)
    clinic.prepare(dose=100_000, units=1)


@pytest.mark.hazard("H07")
def test_day_has_no_more_than_the_pack_allows_whatever_was_ordered() -> None:
    clinic = Clinic()
    clinic.pack = protocol(values={"diamorphine_daily_maximum_mg": 300})
    clinic.dose()
    clinic.wait(hours=4)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["most"]) == ("dose-daily", 300_000)


@pytest.mark.hazard("H07")
def test_newer_order_brings_no_second_ration_of_the_day() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=1)
    clinic.dose()
    clinic.wait(hours=4)
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=3, dose=300_000, daily=400_000)
    clinic.up_to("assessed")
    fields = clinic.preparation(dose=300_000, units=3)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-daily"


@pytest.mark.hazard("H07")
def test_two_routes_of_one_drug_share_the_day() -> None:
    clinic = Clinic()
    first, second = clinic.order, clinic.sign(route="intramuscular", sessions=3, daily=400_000)
    clinic.dose()
    clinic.wait(hours=4)
    clinic.order = second
    clinic.dose()
    clinic.wait(hours=4)
    clinic.up_to("assessed")
    fields = clinic.preparation(order=second)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-daily"
    fields = clinic.preparation(order=first)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-sessions"


# Intervals and sessions


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(("minutes", "rule"), [(179, "dose-interval"), (180, None)])
def test_interval_runs_from_injection_to_injection(minutes: int, rule: str | None) -> None:
    clinic = Clinic()
    clinic.dose()
    last = clinic.patient().last_dose_at
    assert last is not None
    clinic.now = last + timedelta(minutes=minutes - 4)
    clinic.up_to("assessed")
    clinic.wait(minutes=2)
    fields = clinic.preparation()
    assert clinic.now == last + timedelta(minutes=minutes)
    if rule is None:
        clinic.prepare()
        return
    refused = clinic.refusal("session.prepare", ANN, BEA, **fields)
    assert refused.code == rule
    assert refused.values["earliest"] == last + 3 * HOUR
    assert "12:04 UTC" in refused.remedy


@pytest.mark.hazard("H08")
def test_interval_holds_for_another_drug_too() -> None:
    clinic = Clinic()
    other = {"drug": "hydromorphone", "strength": 10_000, "dose": 40_000}
    second = clinic.sign(**other)
    clinic.dose()
    clinic.wait(hours=1)
    clinic.up_to("assessed")
    fields = clinic.preparation(order=second, register=DILAUDID, dose=40_000, units=4)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-interval"
    clinic.wait(hours=2)
    clinic.assess()
    clinic.do("session.prepare", ANN, BEA, **fields)


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    "night",
    [
        pytest.param(datetime(2025, 10, 26, 0, 20, tzinfo=UTC), id="the hour that autumn repeats"),
        pytest.param(
            datetime(2025, 3, 30, 0, 20, tzinfo=UTC), id="the hour that spring leaves out"
        ),
        pytest.param(datetime(2025, 1, 13, 23, 20, tzinfo=UTC), id="midnight"),
        pytest.param(datetime(2025, 1, 14, 3, 20, tzinfo=UTC), id="the day's turn"),
    ],
)
def test_interval_is_as_long_over_a_change_of_the_clock(night: datetime) -> None:
    clinic = Clinic(now=night, pack=protocol(values={"dose_interval_minutes": 90}))
    clinic.dose()
    last = clinic.patient().last_dose_at
    assert last is not None
    clinic.now = last + timedelta(minutes=86)
    clinic.up_to("assessed")
    fields = clinic.preparation()
    clinic.now = last + timedelta(minutes=90) - timedelta(microseconds=1)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-interval"
    clinic.now = last + timedelta(minutes=90)
    clinic.do("session.prepare", ANN, BEA, **fields)


@pytest.mark.hazard("H09")
def test_sessions_of_the_order_and_the_pack_bound_a_day() -> None:
    clinic = Clinic()
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["doses"], refused.values["most"]) == (
        "dose-sessions",
        2,
        2,
    )


@pytest.mark.hazard("H09")
def test_pack_bounds_the_sessions_whatever_was_ordered() -> None:
    clinic = Clinic()
    clinic.pack = protocol(values={"sessions_per_day": 1})
    clinic.dose()
    clinic.wait(hours=4)
    clinic.up_to("assessed")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-sessions"
    clinic.wait(hours=17)
    clinic.assess()
    clinic.prepare()


@pytest.mark.hazard("H09")
def test_turn_of_the_day_brings_no_second_ration_at_once() -> None:
    """Two doses before the turn, and another two after it, would be four in a night."""
    clinic = Clinic(now=datetime(2025, 1, 13, 20, 0, tzinfo=UTC))
    clinic.dose()
    clinic.wait(hours=3)
    clinic.dose()
    clinic.wait(hours=5)
    assert clinic.now > datetime(2025, 1, 14, 4, 0, tzinfo=UTC)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert refused.code == "dose-window"
    assert "14 January 12:04 UTC" in refused.remedy
    clinic.now = datetime(2025, 1, 14, 12, 3, 59, tzinfo=UTC)
    clinic.assess()
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-window"
    clinic.now = datetime(2025, 1, 14, 12, 4, tzinfo=UTC)
    clinic.prepare()


@pytest.mark.hazard("H09")
def test_newer_order_for_more_brings_no_more_at_once_after_the_turn() -> None:
    clinic = Clinic(now=datetime(2025, 1, 13, 20, 0, tzinfo=UTC))
    clinic.dose()
    clinic.wait(hours=8)
    clinic.order = clinic.sign(
        supersedes=clinic.order, dose=300_000, sessions=3, daily=400_000, valid_from=TODAY + DAY
    )
    clinic.up_to("assessed")
    refused = clinic.refusal(
        "session.prepare", ANN, BEA, **clinic.preparation(dose=300_000, units=3)
    )
    assert (refused.code, refused.values["had"]) == ("dose-window-quantity", 200_000)


@pytest.mark.parametrize(("hours", "rule"), [(96, None), (97, "dose-window-kept")])
def test_window_is_no_longer_than_doses_are_kept(hours: int, rule: str | None) -> None:
    clinic = Clinic(pack=protocol(values={"dose_window_hours": hours}))
    clinic.up_to("assessed")
    if rule is None:
        clinic.prepare()
    else:
        assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == rule


@pytest.mark.hazard("H09")
def test_dose_of_four_days_ago_is_still_known() -> None:
    clinic = Clinic(pack=protocol(values={"dose_window_hours": 96, "missed_sessions_review": 99}))
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.now = NOW + 4 * DAY - HOUR
    clinic.up_to("assessed")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-window"
    clinic.now = NOW + 4 * DAY + 5 * MINUTE
    clinic.assess()
    clinic.prepare()
    clinic.inject()
    assert len(clinic.patient().doses) == 2


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
