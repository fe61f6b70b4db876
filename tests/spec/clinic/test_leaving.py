"""Leaving treatment and transfer, by example: no order outlives the treatment."""

from datetime import date, timedelta

import pytest

from safelight.run.domain.base import Given, Role
from safelight.run.domain.clinic.leaving import TreatmentEnded, TreatmentTransferred
from safelight.run.domain.clinic.prescription import PrescriptionStopped
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import ENDED as SESSION_ENDED
from safelight.run.domain.dosing_entities import OBSERVING, PREPARED, Session
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import ENDED, Treatment
from tests.support.floors import Fields
from tests.support.sites import ADA, NOW, after, decide, done, given, refusal, stored
from tests.support.treatments import (
    ASSESSED,
    KEY,
    TURNED_DOWN,
    clinic,
    in_treatment,
    prescriber,
    the_treatment,
)

DAY = timedelta(days=1)
END: Fields = {"treatment": KEY, "reason": "completed"}
TRANSFER: Fields = {"treatment": KEY, "to": "another_clinic"}
COMMANDS = [
    pytest.param("treatment.end", END, id="end"),
    pytest.param("treatment.transfer", TRANSFER, id="transfer"),
]


def order(key: str, person: str = "p-1", **fields: object) -> Prescription:
    """Return an order that was signed yesterday."""
    return Prescription(
        id=key,
        person=person,
        prescriber=ADA,
        licence="licence-1",
        drug="diamorphine",
        form="ampoule",
        strength=100_000,
        route="intravenous" if key == "rx-1" else "intramuscular",
        dose=200_000,
        sessions=2,
        daily=400_000,
        total=5_600_000,
        valid_from=date(2025, 1, 12),
        valid_to=date(2025, 1, 25),
        signed_at=NOW - DAY,
        **fields,  # type: ignore[arg-type]
    )


def session(person: str = "p-1", **fields: object) -> Session:
    """Return a session that began at the start of the day."""
    return Session(
        id="d-1",
        person=person,
        visit="v-1",
        day=NOW.date(),
        arrived_at=NOW,
        seq=50,
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("name", "fields", "last"),
    [
        ("treatment.end", END, TreatmentEnded(KEY, "completed")),
        ("treatment.transfer", TRANSFER, TreatmentTransferred(KEY, "another_clinic")),
    ],
)
def test_every_order_of_the_patient_stops_with_the_treatment(
    name: str, fields: Fields, last: TreatmentEnded | TreatmentTransferred
) -> None:
    others = order("rx-3", "p-2")
    stopped = order("rx-4", stopped_at=NOW)
    site = in_treatment(order("rx-2"), order("rx-1"), others, stopped)
    assert decide(site, name, fields, prescriber()) == [
        PrescriptionStopped("rx-1", "treatment_ended"),
        PrescriptionStopped("rx-2", "treatment_ended"),
        stored(last),
    ]
    gone = done(site, name, fields, prescriber())
    assert list(gone.all_of(Treatment)) == []
    assert [each.id for each in gone.all_of(Prescription).values() if each.stands] == ["rx-3"]


def test_ended_treatment_says_when_and_why() -> None:
    treatment = the_treatment(done(in_treatment(), "treatment.end", END, prescriber()))
    assert (treatment.stage, treatment.ended_at, treatment.ended_for) == (ENDED, NOW, "completed")
    assert (treatment.is_open, treatment.running, treatment.transferred_to) == (False, False, None)


def test_transferred_treatment_says_where_to() -> None:
    treatment = the_treatment(done(in_treatment(), "treatment.transfer", TRANSFER, prescriber()))
    assert (treatment.stage, treatment.ended_for) == (ENDED, "transferred")
    assert treatment.transferred_to == "another_clinic"


@pytest.mark.parametrize("site", [clinic(), clinic(ASSESSED, TURNED_DOWN)])
def test_referral_that_came_to_nothing_is_closed(site: Site) -> None:
    assert decide(site, "treatment.end", END, prescriber()) == [TreatmentEnded(KEY, "completed")]


@pytest.mark.parametrize(("name", "fields"), COMMANDS)
@pytest.mark.parametrize(
    ("going_on", "rule"),
    [
        (session(), "no-session-running"),
        (session(stage=OBSERVING, prepared=1, accounted_at=NOW), "no-session-running"),
        (session(stage=PREPARED, prepared=200_000), "nothing-prepared"),
    ],
)
def test_nobody_leaves_out_of_a_session(
    name: str, fields: Fields, going_on: Session, rule: str
) -> None:
    refused = refusal(in_treatment(going_on), name, fields, prescriber())
    assert (refused.code, refused.values["session"]) == (rule, "d-1")


@pytest.mark.parametrize(
    "past",
    [
        pytest.param(session(stage=SESSION_ENDED), id="one that is over"),
        pytest.param(session("p-2"), id="one of somebody else"),
    ],
)
def test_other_sessions_hold_nobody_back(past: Session) -> None:
    assert decide(in_treatment(past), "treatment.end", END, prescriber())


@pytest.mark.parametrize(("name", "fields"), COMMANDS)
@pytest.mark.parametrize(
    ("by", "rule"),
    [
        pytest.param(given(role=Role.MANAGER, proved_at=NOW), "role-may", id="a manager"),
        pytest.param(given(role=Role.NURSE, proved_at=NOW), "role-may", id="a nurse"),
        pytest.param(given(role=Role.PRESCRIBER), "proof-given", id="without a second factor"),
        pytest.param(prescriber(happened_at=NOW - DAY), "written-now", id="for yesterday"),
    ],
)
def test_treatment_is_ended_by_a_prescriber_now(
    name: str, fields: Fields, by: Given, rule: str
) -> None:
    assert refusal(in_treatment(), name, fields, by).code == rule


@pytest.mark.parametrize(
    ("name", "fields", "rule"),
    [
        ("treatment.end", {**END, "reason": "bored"}, "known-treatment_end_reasons"),
        ("treatment.transfer", {**TRANSFER, "to": "doctor_jones"}, "known-transfer_services"),
        ("treatment.end", {**END, "treatment": "tr-2"}, "treatment-known"),
    ],
)
def test_leaving_that_cannot_be_meant_is_refused(name: str, fields: Fields, rule: str) -> None:
    assert refusal(in_treatment(), name, fields, prescriber()).code == rule


@pytest.mark.parametrize(("name", "fields"), COMMANDS)
def test_treatment_ends_once(name: str, fields: Fields) -> None:
    gone = after(in_treatment(), TreatmentEnded(KEY, "completed"))
    site = gone.recalled(the_treatment(gone))
    assert refusal(site, name, fields, prescriber()).code == "treatment-not-ended"
