"""Orders: signed, superseded, stopped and in force, by example."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from safelight.run.domain.base import Given, Role
from safelight.run.domain.clinic.licence import LicenceRecorded
from safelight.run.domain.clinic.prescription import (
    PrescriptionSigned,
    PrescriptionStopped,
    in_force,
    standing,
)
from safelight.run.domain.clinic.words import in_words
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.site import Site
from tests.support.floors import Fields
from tests.support.sites import (
    ADA,
    BEN,
    NOW,
    TODAY,
    decide,
    done,
    given,
    person,
    protocol,
    refusal,
    site_with,
    stored,
)

DAY = timedelta(days=1)
WHAT = ("p-1", "diamorphine", "intravenous")
LICENCE = LicenceRecorded("licence-1", ADA, "diamorphine", "North", date(2025, 1, 1), "Made up")
SIGNED = PrescriptionSigned(
    prescription="rx-1",
    person="p-1",
    licence="licence-1",
    drug="diamorphine",
    form="ampoule",
    strength=100_000,
    route="intravenous",
    dose=200_000,
    sessions=2,
    daily=400_000,
    total=5_600_000,
    valid_from=TODAY,
    valid_to=TODAY + 13 * DAY,
)
SIGN: Fields = {
    "person": "p-1",
    "drug": "diamorphine",
    "form": "ampoule",
    "strength": 100_000,
    "route": "intravenous",
    "dose": 200_000,
    "sessions": 2,
    "daily": 400_000,
    "total": 5_600_000,
    "total_in_words": "five thousand six hundred milligrams",
    "valid_from": TODAY,
    "valid_to": TODAY + 13 * DAY,
}
STOPPED = Prescription(
    id="rx-1",
    person="p-1",
    prescriber=ADA,
    licence="licence-1",
    drug="diamorphine",
    form="ampoule",
    strength=100_000,
    route="intravenous",
    dose=200_000,
    sessions=2,
    daily=400_000,
    total=5_600_000,
    valid_from=TODAY,
    valid_to=TODAY + 13 * DAY,
    signed_at=NOW,
    stopped_at=NOW,
)
STOP: Fields = {"prescription": "rx-1", "reason": "patient_left"}


def prescriber(**other: object) -> Given:
    """Return what a prescriber's decision is given, who proved it just now."""
    return given(**{"role": Role.PRESCRIBER, "proved_at": NOW, **other})  # type: ignore[arg-type]


def clinic(*parts: PrescriptionSigned | PrescriptionStopped) -> Site:
    """Return a site with a patient, a licence, and what else came to pass."""
    return site_with(person(), LICENCE, *parts)


def test_order_is_signed_under_the_licence_that_holds() -> None:
    (fact,) = decide(clinic(), "prescription.sign", SIGN, prescriber())
    assert isinstance(fact, PrescriptionSigned)
    assert fact.prescription.startswith("rx-")
    assert stored(fact) == fact
    after = done(clinic(), "prescription.sign", SIGN, prescriber())
    order = in_force(after, *WHAT, TODAY)
    assert order is not None
    assert (order.prescriber, order.licence, order.signed_at) == (ADA, "licence-1", NOW)
    assert (order.dose, order.sessions, order.daily) == (200_000, 2, 400_000)


def test_oral_part_is_ordered_beside_it() -> None:
    fields = {**SIGN, "oral_drug": "methadone", "oral": 60_000}
    order = standing(done(clinic(), "prescription.sign", fields, prescriber()), *WHAT)
    assert order is not None
    assert (order.oral_drug, order.oral) == ("methadone", 60_000)


@pytest.mark.hazard("H07")
@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        pytest.param({"person": "p-2"}, "person-known", id="nobody known"),
        pytest.param({"drug": "cocaine"}, "known-drugs", id="no such drug"),
        pytest.param({"form": "powder"}, "known-drug_forms", id="no such form"),
        pytest.param({"route": "nasal"}, "known-drug_routes", id="no such route"),
        pytest.param({"drug": "hydromorphone"}, "prescriber-licensed", id="no licence for it"),
        pytest.param({"strength": 0}, "order-quantity", id="no strength"),
        pytest.param({"dose": 0}, "order-quantity", id="no dose"),
        pytest.param({"sessions": 0}, "order-quantity", id="no session"),
        pytest.param({"sessions": 4}, "order-quantity", id="too many sessions"),
        pytest.param({"daily": 199_999}, "order-quantity", id="a day below a dose"),
        pytest.param({"daily": 400_001}, "order-quantity", id="a day above its doses"),
        pytest.param(
            {"dose": 501_000, "daily": 1_001_000}, "order-quantity", id="above the daily maximum"
        ),
        pytest.param({"valid_from": TODAY - DAY}, "order-dates", id="from yesterday"),
        pytest.param({"valid_to": TODAY - DAY}, "order-dates", id="ends before it begins"),
        pytest.param({"valid_to": TODAY + 29 * DAY}, "order-dates", id="too long"),
        pytest.param({"total": 399_999}, "order-total", id="less than a day"),
        pytest.param({"total": 5_600_001}, "order-total", id="more than the days take"),
        pytest.param({"total_in_words": "five thousand"}, "order-words", id="other words"),
        pytest.param({"oral_drug": "methadone"}, "order-oral", id="an oral drug without quantity"),
        pytest.param({"oral": 60_000}, "order-oral", id="an oral quantity without drug"),
        pytest.param({"oral_drug": "aspirin", "oral": 1}, "known-oral_drugs", id="no such drug"),
        pytest.param({"supersedes": "rx-0"}, "order-supersedes", id="supersedes nothing"),
    ],
)
def test_order_that_cannot_be_meant_is_refused(changed: Fields, rule: str) -> None:
    assert refusal(clinic(), "prescription.sign", {**SIGN, **changed}, prescriber()).code == rule


@pytest.mark.hazard("H04")
@pytest.mark.parametrize(
    ("by", "rule"),
    [
        pytest.param(given(role=Role.MANAGER, proved_at=NOW), "role-may", id="a manager"),
        pytest.param(given(role=Role.NURSE, proved_at=NOW), "role-may", id="a nurse"),
        pytest.param(given(role=Role.PRESCRIBER), "proof-given", id="without a second factor"),
        pytest.param(
            prescriber(proved_at=NOW - timedelta(minutes=6)), "proof-fresh", id="an old factor"
        ),
        pytest.param(prescriber(staff=BEN), "prescriber-licensed", id="another doctor"),
        pytest.param(
            prescriber(happened_at=NOW - timedelta(hours=1)), "written-now", id="an hour ago"
        ),
    ],
)
def test_order_is_signed_by_a_licensed_prescriber_now(by: Given, rule: str) -> None:
    assert refusal(clinic(), "prescription.sign", SIGN, by).code == rule


@pytest.mark.hazard("H28")
def test_pack_that_names_no_daily_maximum_allows_no_order() -> None:
    """What nobody approved is not guessed."""
    bare = protocol()
    silent = {key: each for key, each in bare.values.items() if "maximum" not in key}
    by = prescriber(pack=replace(bare, values=silent))
    assert refusal(clinic(), "prescription.sign", SIGN, by).code == "protocol-value"


@pytest.mark.hazard("H01")
def test_newer_order_supersedes_the_older_by_name() -> None:
    site = clinic(SIGNED)
    assert refusal(site, "prescription.sign", SIGN, prescriber()).code == "order-supersedes"
    after = done(site, "prescription.sign", {**SIGN, "supersedes": "rx-1"}, prescriber())
    order = standing(after, *WHAT)
    assert order is not None
    assert order.id != "rx-1"
    assert list(after.all_of(Prescription)) == [order.id]
    old = after.changes["prescription", "rx-1"]
    assert isinstance(old, Prescription)
    assert (old.superseded_by, old.stands) == (order.id, False)


def test_orders_for_another_route_stand_side_by_side() -> None:
    fields = {**SIGN, "route": "intramuscular"}
    after = done(clinic(SIGNED), "prescription.sign", fields, prescriber())
    assert standing(after, *WHAT) is not None
    assert standing(after, "p-1", "diamorphine", "intramuscular") is not None
    assert standing(after, "p-2", "diamorphine", "intravenous") is None


def test_stopped_order_allows_nothing() -> None:
    site = clinic(SIGNED)
    assert decide(site, "prescription.stop", STOP, prescriber()) == [
        PrescriptionStopped("rx-1", "patient_left")
    ]
    after = done(site, "prescription.stop", STOP, prescriber())
    assert standing(after, *WHAT) is None
    old = after.changes["prescription", "rx-1"]
    assert isinstance(old, Prescription)
    assert (old.stopped_at, old.stopped_for) == (NOW, "patient_left")


@pytest.mark.parametrize(
    ("site", "changed", "by", "rule"),
    [
        pytest.param(clinic(), {}, prescriber(), "prescription-stands", id="none"),
        pytest.param(
            clinic(SIGNED).recalled(STOPPED),
            {},
            prescriber(),
            "prescription-stands",
            id="stopped already",
        ),
        pytest.param(
            clinic(SIGNED),
            {"reason": "bored"},
            prescriber(),
            "known-order_stop_reasons",
            id="no such reason",
        ),
        pytest.param(
            clinic(SIGNED), {}, given(role=Role.PRESCRIBER), "proof-given", id="without proof"
        ),
        pytest.param(
            clinic(SIGNED),
            {},
            prescriber(happened_at=NOW - DAY),
            "written-now",
            id="for yesterday",
        ),
    ],
)
def test_order_that_cannot_be_stopped_so_is_left(
    site: Site, changed: Fields, by: Given, rule: str
) -> None:
    assert refusal(site, "prescription.stop", {**STOP, **changed}, by).code == rule


@pytest.mark.parametrize(("days", "held"), [(-1, False), (0, True), (13, True), (14, False)])
def test_order_is_in_force_from_its_first_day_to_its_last(days: int, *, held: bool) -> None:
    assert (in_force(clinic(SIGNED), *WHAT, TODAY + days * DAY) is not None) == held


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"strength": 1}, id="a unit of a microgram"),
        pytest.param(
            {
                "dose": 1,
                "daily": 1,
                "total": 1,
                "total_in_words": "zero point zero zero one",
            },
            id="a dose of a microgram",
        ),
        pytest.param({"sessions": 3}, id="as many sessions as the pack allows"),
        pytest.param({"daily": 200_000}, id="a day of one dose"),
        pytest.param({"dose": 500_000, "daily": 1_000_000}, id="the daily maximum"),
        pytest.param({"valid_to": TODAY}, id="for one day"),
        pytest.param({"valid_to": TODAY + 28 * DAY}, id="as long as the pack allows"),
        pytest.param({"valid_from": TODAY + DAY}, id="from tomorrow"),
    ],
)
def test_order_up_to_its_limits_is_signed(changed: Fields) -> None:
    wanted = {**SIGN, **changed}
    if "total" not in changed:
        days = (wanted["valid_to"] - wanted["valid_from"]).days + 1  # type: ignore[operator]
        total = int(str(wanted["daily"])) * days
        wanted |= {"total": total, "total_in_words": in_words(total)}
    assert decide(clinic(), "prescription.sign", wanted, prescriber())


@pytest.mark.parametrize(
    ("changed", "name", "remedy"),
    [
        ({"strength": 0}, "strength", "more than 0 mg in one unit"),
        ({"dose": 0}, "dose", "more than 0 mg"),
        ({"sessions": 4}, "sessions", "1 to 3 a day"),
        ({"daily": 1}, "daily", "at least one dose, and at most a dose for each session"),
        ({"dose": 501_000, "daily": 1_002_000}, "daily maximum", "at most 1000 mg"),
    ],
)
def test_refused_order_says_which_quantity_is_wrong(
    changed: Fields, name: str, remedy: str
) -> None:
    refused = refusal(clinic(), "prescription.sign", {**SIGN, **changed}, prescriber())
    assert refused.values == {"quantity": name}
    assert refused.message.startswith(f"The order's {name} cannot be: ")
    assert refused.remedy == f"The {name} is {remedy}."
