"""What refusals name, by example: the step that cannot be now, and the time that cannot be told."""

from typing import Any

import pytest

from tests.support.clinic import (
    ANN,
    BEA,
    DOC,
    HEROIN,
    HOUR,
    MAX,
    WELL,
    WIM,
    Clinic,
    order,
)
from tests.support.sites import NOW

SESSION: dict[str, Any] = {"session": "se-1"}
PREPARE = {**SESSION, "order": "rx-1", "register": HEROIN, "units": 1, "dose": 1}
TOLD: list[tuple[str, str, dict[str, Any], str]] = [
    ("session.begin", WIM, {"person": "p-1"}, "A session"),
    ("session.assess", ANN, {**SESSION, "bedside": WELL}, "An assessment"),
    ("session.prepare", ANN, PREPARE, "A preparation"),
    ("session.administer", ANN, {**SESSION, "by": "patient"}, "A dose"),
    ("session.observe", ANN, {**SESSION, "bedside": WELL}, "An observation"),
    ("session.discharge", ANN, SESSION, "A discharge"),
    ("doses.review", DOC, {"person": "p-1", "reason": "other"}, "A review"),
    ("prescription.sign", DOC, order(NOW), "An order"),
    ("prescription.stop", DOC, {"prescription": "rx-1", "reason": "other"}, "An order"),
    ("clock.confirm", ANN, {"other": NOW}, "The comparison"),
    ("register.count", ANN, {"register": HEROIN, "units": 1}, "A count"),
    (
        "register.correct",
        ANN,
        {"line": f"{HEROIN}-1", "was": 1, "now": 2, "reason": "other"},
        "A footnote",
    ),
    (
        "requisition.sign",
        MAX,
        {"register": HEROIN, "units": 1, "supplier": "A", "address": "B", "purpose": "C"},
        "A requisition",
    ),
    (
        "discrepancy.resolve",
        MAX,
        {"discrepancy": "d-1", "resolution": "loss", "units": 1},
        "A count",
    ),
    (
        "oral.give",
        ANN,
        {"person": "p-1", "order": "rx-1", "register": HEROIN, "quantity": 1},
        "A dose by mouth",
    ),
]
LATER: list[tuple[str, str, dict[str, Any], str]] = [
    ("session.assess", ANN, {"bedside": WELL}, "assessment"),
    ("session.lift_hold", DOC, {"assessment": 1, "reason": "other"}, "decision"),
    ("session.reduce", DOC, {"order": "rx-1", "dose": 1, "reason": "other"}, "reduction"),
    (
        "session.prepare",
        ANN,
        {"order": "rx-1", "register": HEROIN, "units": 1, "dose": 1},
        "preparation",
    ),
    ("session.administer", ANN, {"by": "patient"}, "dose"),
    ("session.account", ANN, {}, "accounting"),
    ("session.observe", ANN, {"bedside": WELL}, "observation"),
    ("session.discharge", ANN, {}, "discharge"),
]


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(("name", "who", "fields", "what"), TOLD, ids=[each[0] for each in TOLD])
def test_what_rests_on_the_time_of_writing_is_named(
    name: str, who: str, fields: dict[str, Any], what: str
) -> None:
    refused = Clinic().refusal(name, who, BEA, NOW - HOUR, **fields)
    assert refused.code == "written-now"
    assert refused.message.startswith(f"{what} is recorded as it happens")
    assert refused.values == {"happened_at": NOW - HOUR}


@pytest.mark.hazard("H25")
@pytest.mark.parametrize(("name", "who", "fields", "what"), LATER, ids=[each[0] for each in LATER])
def test_step_that_comes_later_is_named(
    name: str, who: str, fields: dict[str, Any], what: str
) -> None:
    clinic = Clinic()
    clinic.begin()
    refused = clinic.refusal(name, who, BEA, session=clinic.session, **fields)
    assert refused.code == "session-stage"
    assert f"The session is here; this ({what}) comes when it is " in refused.message
    assert refused.values == {"session": clinic.session, "stage": "here"}


@pytest.mark.parametrize(
    ("name", "what", "fields"),
    [
        ("session.identify", "identity", {"by": "known"}),
        ("session.withhold", "withholding", {"reason": "other"}),
        ("session.end", "leaving", {"outcome": "left_before_checks"}),
    ],
)
def test_step_that_is_over_is_named(name: str, what: str, fields: dict[str, Any]) -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.do("session.end", session=clinic.session, outcome="left_before_checks")
    refused = clinic.refusal(name, ANN, session=clinic.session, **fields)
    assert f"The session is left; this ({what}) comes when it is here" in refused.message
