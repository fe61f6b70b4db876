"""The dose, by example: prepared by two people, given, and accounted for to the microgram."""

from datetime import timedelta
from typing import Any

import pytest

from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.dose import DoseAccounted, DoseAdministered, DosePrepared
from safelight.run.domain.dosing_entities import Dose
from safelight.run.domain.register_entities import SUPPLIED, WASTED
from tests.support.clinic import (
    AMPOULE,
    ANN,
    BEA,
    DAY,
    DILAUDID,
    DOC,
    EVE,
    HEROIN,
    HOUR,
    MAX,
    MINUTE,
    ORDERED,
    WIM,
    Clinic,
)
from tests.support.sites import NOW, TODAY

STOCK = 1000 * AMPOULE

# Preparing


@pytest.mark.hazard("H20")
def test_two_people_take_units_out_of_the_cabinet() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    fields = clinic.preparation(batch="AB12")
    (fact,) = clinic.do("session.prepare", ANN, BEA, **fields)
    assert fact == DosePrepared(
        clinic.session, clinic.order, HEROIN, quantity=ORDERED, dose=ORDERED, batch="AB12"
    )
    session = clinic.the_session()
    assert (session.stage, session.planned, session.prepared) == ("prepared", ORDERED, ORDERED)
    assert (session.prepared_by, session.checked_by) == (ANN, BEA)
    assert (session.order, session.register, session.prepared_at) == (
        clinic.order,
        HEROIN,
        clinic.now,
    )
    assert session.owes
    register = clinic.register()
    assert (register.prepared, register.cabinet, register.balance) == (
        ORDERED,
        STOCK - ORDERED,
        STOCK,
    )


STALE = NOW - 10 * MINUTE


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(
    ("by", "witness", "rule"),
    [
        pytest.param(ANN, None, "witness-present", id="alone"),
        pytest.param(ANN, ANN, "witness-different", id="with oneself"),
        pytest.param(ANN, WIM, "witness-may", id="with a worker"),
        pytest.param(ANN, EVE, "witness-may", id="with the witness of destruction"),
        pytest.param(WIM, ANN, "role-may", id="by a worker"),
        pytest.param(Actor(ANN, Role.NURSE), BEA, "proof-given", id="by somebody only logged in"),
        pytest.param(ANN, Actor(BEA, Role.NURSE), "proof-given", id="seen by somebody logged in"),
        pytest.param(Actor(ANN, Role.NURSE, STALE), BEA, "proof-fresh", id="by an old proof"),
        pytest.param(ANN, Actor(BEA, Role.NURSE, STALE), "proof-fresh", id="seen by an old proof"),
        pytest.param(
            ANN, Actor(BEA, Role.NURSE, NOW + HOUR), "proof-fresh", id="a proof of a time to come"
        ),
    ],
)
def test_preparation_needs_two_who_have_just_proved_it(by: Any, witness: Any, rule: str) -> None:  # noqa: ANN401
    clinic = Clinic()
    clinic.up_to("assessed")
    assert clinic.refused("session.prepare", by, witness, **clinic.preparation()) == rule


def test_preparation_is_of_now() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    late = (ANN, BEA, clinic.now - MINUTE)
    assert clinic.refused("session.prepare", *late, **clinic.preparation()) == "written-now"


@pytest.mark.hazard("H25")
def test_dose_is_prepared_once_also_from_two_tablets() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    again = clinic.preparation()
    assert clinic.refused("session.prepare", ANN, BEA, **again) == "session-stage"
    assert clinic.register().prepared == ORDERED


@pytest.mark.hazard("H06")
def test_dose_comes_from_the_register_of_the_ordered_drug_form_and_strength() -> None:
    clinic = Clinic()
    box = {"drug": "diamorphine", "form": "ampoule", "strength": 10_000, "units": 100}
    clinic.do("register.open", ANN, BEA, **box)
    clinic.do("register.open", ANN, BEA, **box | {"form": "tablet", "strength": AMPOULE})
    clinic.up_to("assessed")
    wrong = [DILAUDID, "cd-diamorphine-ampoule-10mg", "cd-diamorphine-tablet-100mg"]
    for register in wrong:
        fields = clinic.preparation(register=register)
        assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-register"
    fields = clinic.preparation(register="cd-nothing")
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "register-known"


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("units", [0, 1, 3, 10])
def test_as_many_units_are_taken_as_the_dose_needs(units: int) -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    fields = clinic.preparation(units=units)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-units"


@pytest.mark.parametrize(
    ("dose", "units", "wrong"), [(150_000, 2, 1), (100_000, 1, 2), (100_001, 2, 1), (1, 1, 2)]
)
def test_part_of_a_unit_takes_the_whole_of_it_out(dose: int, units: int, wrong: int) -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, dose=dose)
    clinic.up_to("assessed")
    fields = clinic.preparation(dose=dose, units=wrong)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-units"
    clinic.prepare(dose=dose, units=units)
    assert clinic.the_session().prepared == units * AMPOULE


@pytest.mark.hazard("H23")
def test_no_more_is_prepared_than_lies_in_the_cabinet() -> None:
    clinic = Clinic("p-1", "p-2")
    clinic.do("register.waste", ANN, BEA, register=HEROIN, units=997, reason="broken")
    second = clinic.order
    clinic.order = next(key for kind, key in clinic.archive if kind == "prescription")
    clinic.up_to("prepared")
    clinic.order = second
    clinic.up_to("assessed", "p-2")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "cabinet-holds"
    assert clinic.register().cabinet == AMPOULE


# Giving


def test_injection_begins() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    fields = {"session": clinic.session, "by": "clinician", "body_site": "left_arm"}
    (fact,) = clinic.do("session.administer", BEA, **fields)
    assert fact == DoseAdministered(
        session=clinic.session,
        person="p-1",
        order=clinic.order,
        drug="diamorphine",
        dose=ORDERED,
        day=TODAY,
        by="clinician",
        body_site="left_arm",
    )
    session = clinic.the_session()
    assert (session.stage, session.administered, session.administered_at) == (
        "observing",
        ORDERED,
        clinic.now,
    )
    assert (session.administered_by, session.body_site) == ("clinician", "left_arm")
    patient = clinic.patient()
    assert patient.doses == (Dose(clinic.now, TODAY, "diamorphine", ORDERED, clinic.session),)
    assert (patient.last_dose_at, patient.started_at, patient.sessions) == (
        clinic.now,
        clinic.now,
        2,
    )
    assert clinic.the_order().given == ORDERED


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"by": "robot"}, "known-administered_by"), ({"body_site": "neck"}, "known-injection_sites")],
)
def test_injection_is_in_the_words_of_the_pack(change: dict[str, str], rule: str) -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    fields = {"session": clinic.session, "by": "patient", **change}
    assert clinic.refused("session.administer", **fields) == rule


@pytest.mark.hazard("H08")
@pytest.mark.parametrize("told", [-HOUR, HOUR, timedelta(microseconds=1)])
def test_injection_is_of_now_whatever_somebody_tells(told: timedelta) -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    fields = {"session": clinic.session, "by": "patient"}
    rule = clinic.refused("session.administer", ANN, None, clinic.now + told, **fields)
    assert rule == "written-now"


@pytest.mark.hazard("H25")
def test_session_has_one_dose_however_often_somebody_taps() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    fields = {"session": clinic.session, "by": "patient"}
    assert clinic.refused("session.administer", **fields) == "session-stage"
    clinic.account()
    assert clinic.refused("session.administer", **fields) == "session-stage"
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "session-stage"
    assert len(clinic.patient().doses) == 1


def test_nothing_is_given_that_was_not_prepared() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    fields = {"session": clinic.session, "by": "patient"}
    assert clinic.refused("session.administer", **fields) == "session-stage"
    clinic.prepare()
    clinic.account(0, returned=ORDERED)
    assert clinic.refused("session.administer", **fields) == "session-stage"


# Accounting


@pytest.mark.hazard("H22")
def test_all_that_was_given_is_a_line_of_the_register() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    given_at = clinic.now
    clinic.wait(minutes=5)
    told = {"session": clinic.session, "administered": ORDERED}
    (fact,) = clinic.do("session.account", ANN, **told)
    assert fact == DoseAccounted(clinic.session, "p-1", clinic.order, HEROIN, administered=ORDERED)
    line = clinic.line()
    assert (line.kind, line.change, line.balance) == (SUPPLIED, -ORDERED, STOCK - ORDERED)
    assert (line.person, line.prescriber, line.session, line.document) == (
        "p-1",
        DOC,
        clinic.session,
        clinic.order,
    )
    assert (line.at, line.recorded_at) == (given_at, clinic.now)
    session = clinic.the_session()
    assert (session.stage, session.accounted_at, session.owes) == ("observing", clinic.now, False)
    assert clinic.patient().session == clinic.session
    assert clinic.register().prepared == 0


@pytest.mark.hazard("H26")
def test_dose_is_entered_for_the_day_of_the_injection_however_late_it_is_accounted_for() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    given_at = clinic.now
    clinic.wait(days=2)
    clinic.account()
    assert (clinic.line().at, clinic.line().recorded_at) == (given_at, given_at + 2 * DAY)


@pytest.mark.hazard("H26")
def test_line_names_the_prescriber_though_the_order_no_longer_stands() -> None:
    clinic = Clinic()
    old = clinic.order
    clinic.up_to("observing")
    clinic.sign(supersedes=old)
    clinic.account(150_000, wasted=50_000)
    line = clinic.archive["line", f"{HEROIN}-2"]
    assert (line.prescriber, line.document) == (DOC, old)  # type: ignore[attr-defined]
    assert clinic.the_order(old).given == 150_000


@pytest.mark.hazard("H22")
def test_what_was_not_given_is_wasted_or_put_back_by_two_people() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.account(50_000, wasted=50_000, returned=AMPOULE)
    lines = [clinic.archive["line", f"{HEROIN}-{number}"] for number in (2, 3)]
    assert [(line.kind, line.change) for line in lines] == [  # type: ignore[attr-defined]
        (SUPPLIED, -50_000),
        (WASTED, -50_000),
    ]
    assert clinic.line().reason == "residue"
    assert (clinic.line().session, clinic.line().person) == (clinic.session, "p-1")
    register = clinic.register()
    assert (register.supplied, register.wasted, register.prepared) == (50_000, 50_000, 0)
    assert register.cabinet == STOCK - AMPOULE
    session = clinic.the_session()
    assert (session.administered, session.wasted, session.returned) == (50_000, 50_000, AMPOULE)
    assert clinic.patient().doses[-1].quantity == 50_000


@pytest.mark.hazard("H22")
@pytest.mark.parametrize(
    ("administered", "wasted", "returned"),
    [
        pytest.param(ORDERED, 0, 1, id="a microgram too many"),
        pytest.param(ORDERED - 1, 0, 0, id="a microgram too few"),
        pytest.param(0, 0, 0, id="nothing"),
        pytest.param(ORDERED, ORDERED, 0, id="twice"),
    ],
)
def test_every_microgram_is_somewhere(administered: int, wasted: int, returned: int) -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    told = {"administered": administered, "wasted": wasted, "returned": returned}
    refused = clinic.refusal("session.account", ANN, BEA, session=clinic.session, **told)
    assert refused.code == "account-sum"
    assert refused.values["told"] == administered + wasted + returned


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(
    ("told", "witness", "rule"),
    [
        ({"administered": 0, "wasted": ORDERED}, None, "witness-present"),
        ({"administered": AMPOULE, "returned": AMPOULE}, None, "witness-present"),
        ({"administered": AMPOULE, "wasted": AMPOULE}, ANN, "witness-different"),
        ({"administered": AMPOULE, "wasted": AMPOULE}, Actor(BEA, Role.NURSE), "proof-given"),
    ],
)
def test_one_person_accounts_only_for_what_was_given(
    told: dict[str, int],
    witness: Any,  # noqa: ANN401
    rule: str,
) -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    assert clinic.refused("session.account", ANN, witness, session=clinic.session, **told) == rule


@pytest.mark.parametrize("returned", [50_000, 150_000])
def test_only_whole_units_are_put_back(returned: int) -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    told = {"administered": ORDERED - returned, "returned": returned}
    rule = clinic.refused("session.account", ANN, BEA, session=clinic.session, **told)
    assert rule == "whole-units"


@pytest.mark.hazard("H07")
def test_nobody_was_given_more_than_was_to_be() -> None:
    """Of two ampoules for 150 mg, 50 mg are never the patient's."""
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, dose=150_000)
    clinic.up_to("assessed")
    clinic.prepare(dose=150_000)
    told = {"session": clinic.session, "administered": 1, "wasted": ORDERED - 1}
    assert clinic.refused("session.account", ANN, BEA, **told) == "account-given"
    clinic.inject()
    told |= {"administered": 150_001, "wasted": 49_999}
    assert clinic.refused("session.account", ANN, BEA, **told) == "account-given"
    clinic.account(150_000, wasted=50_000)


@pytest.mark.hazard("H25")
def test_dose_is_accounted_for_once() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.account()
    told = {"session": clinic.session, "administered": ORDERED}
    assert clinic.refused("session.account", ANN, BEA, **told) == "account-once"
    assert clinic.register().lines == 2


def test_nothing_is_accounted_for_before_it_was_prepared() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    about = {"session": clinic.session, "returned": ORDERED}
    early = (ANN, BEA, clinic.now - timedelta(microseconds=1))
    assert clinic.refused("session.account", *early, **about) == "account-after"
    clinic.wait(minutes=9)
    clinic.do("session.account", ANN, BEA, clinic.now - 9 * MINUTE, **about)


@pytest.mark.hazard("H25")
def test_dose_that_was_put_back_may_be_prepared_again() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    clinic.account(0, returned=ORDERED)
    session = clinic.the_session()
    assert (session.stage, session.owes, session.accounted_at) == ("assessed", False, clinic.now)
    assert clinic.register().balance == STOCK
    clinic.prepare()
    assert clinic.the_session().owes
    clinic.inject()
    clinic.account()
    assert clinic.register().balance == STOCK - ORDERED


@pytest.mark.hazard("H22")
def test_what_was_prepared_for_somebody_who_left_is_accounted_for_and_ends_the_session() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    clinic.do("session.end", session=clinic.session, outcome="left_before_dose")
    assert clinic.the_session().stage == "left"
    assert clinic.patient().session == clinic.session
    clinic.account(0, wasted=AMPOULE, returned=AMPOULE)
    assert clinic.the_session().stage == "ended"
    assert clinic.the_session().outcome == "left_before_dose"
    assert clinic.patient().session is None


def test_dose_of_somebody_who_left_counts_as_what_was_given() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.do("session.end", session=clinic.session, outcome="left_before_checks")
    clinic.account(50_000, wasted=150_000)
    assert clinic.the_session().stage == "ended"
    assert clinic.patient().doses[-1].quantity == 50_000
    assert clinic.patient().last_dose_at is not None


@pytest.mark.hazard("H07")
def test_nothing_is_gained_by_accounting_late_or_never() -> None:
    """Until it is accounted for, the whole planned dose counts, and no next session begins."""
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.do("session.end", session=clinic.session, outcome="left_before_checks")
    clinic.wait(hours=4)
    assert clinic.refused("session.begin", WIM, person="p-1") == "one-session"
    assert clinic.patient().doses[-1].quantity == ORDERED
    assert clinic.the_order().given == ORDERED


def test_accounting_for_one_dose_leaves_the_others_as_they_were() -> None:
    clinic = Clinic()
    clinic.dose()
    clinic.wait(hours=4)
    clinic.up_to("observing")
    clinic.account(50_000, wasted=150_000)
    assert [each.quantity for each in clinic.patient().doses] == [ORDERED, 50_000]


def test_session_without_anything_prepared_has_nothing_to_account_for() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    told = {"session": clinic.session, "administered": ORDERED}
    assert clinic.refused("session.account", ANN, BEA, **told) == "session-stage"


@pytest.mark.parametrize("name", ["session.prepare", "session.administer", "session.account"])
def test_witness_of_destruction_handles_nothing_else(name: str) -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    fields = {
        "session.prepare": clinic.preparation(),
        "session.administer": {"session": clinic.session, "by": "patient"},
        "session.account": {"session": clinic.session},
    }[name]
    assert clinic.refused(name, EVE, MAX, **fields) == "role-may"
