"""A dose that is reduced or withheld, by example."""

from typing import Any

import pytest

from safelight.run.domain.base import Actor, Role
from safelight.run.domain.clinic.session import DoseReduced, DoseWithheld, sessions_of
from tests.support.clinic import ANN, DOC, HEROIN, MAX, WIM, Clinic

# Reducing


def reducing(clinic: Clinic, dose: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the reduction of the order's dose."""
    what = {"order": clinic.order, "dose": dose, "reason": "intoxicated"}
    return {"session": clinic.session, **what, **other}


def test_prescriber_reduces_the_dose_of_one_session() -> None:
    clinic = Clinic()
    clinic.up_to("identified")
    assert clinic.do("session.reduce", DOC, **reducing(clinic, 150_000)) == [
        DoseReduced(clinic.session, clinic.order, 150_000, "intoxicated")
    ]
    session = clinic.the_session()
    assert (session.limit, session.limited) == (150_000, clinic.order)
    assert clinic.the_order().dose == 200_000
    clinic.assess()
    clinic.prepare(dose=150_000)
    clinic.inject()
    clinic.account(150_000, wasted=50_000)
    assert clinic.patient().doses[-1].quantity == 150_000


@pytest.mark.parametrize("dose", [0, 200_000, 200_001])
def test_reduction_is_to_less_and_to_more_than_nothing(dose: int) -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    assert clinic.refused("session.reduce", DOC, **reducing(clinic, dose)) == "dose-reduced"
    clinic.do("session.reduce", DOC, **reducing(clinic, 199_999))
    clinic.do("session.reduce", DOC, **reducing(clinic, 1))


@pytest.mark.hazard("H12")
def test_reduced_dose_is_only_ever_reduced_further() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    clinic.do("session.reduce", DOC, **reducing(clinic, 100_000))
    assert clinic.refused("session.reduce", DOC, **reducing(clinic, 100_000)) == "dose-reduced"
    assert clinic.refused("session.reduce", DOC, **reducing(clinic, 150_000)) == "dose-reduced"


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("staff", [ANN, MAX, WIM])
def test_only_a_prescriber_reduces(staff: str) -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    assert clinic.refused("session.reduce", staff, **reducing(clinic, 100_000)) == "role-may"


def test_reduction_has_a_reason_fresh_proof_and_an_order() -> None:
    clinic = Clinic("p-1", "p-2")
    theirs = clinic.order
    clinic.order = clinic.sign(route="intramuscular")
    clinic.up_to("assessed")
    unproved = Actor(DOC, Role.PRESCRIBER)
    about = reducing(clinic, 100_000)
    assert clinic.refused("session.reduce", unproved, **about) == "proof-given"
    wrong = about | {"reason": "bored"}
    assert clinic.refused("session.reduce", DOC, **wrong) == "known-reduction_reasons"
    for order in ("rx-9", theirs):
        assert clinic.refused("session.reduce", DOC, **about | {"order": order}) == "dose-order"
    clinic.do("prescription.stop", DOC, prescription=clinic.order, reason="other")
    assert clinic.refused("session.reduce", DOC, **about) == "dose-order"


def test_another_order_is_reduced_by_itself() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    clinic.do("session.reduce", DOC, **reducing(clinic, 50_000))
    other = clinic.sign(route="intramuscular")
    clinic.do("session.reduce", DOC, **reducing(clinic, 100_000, order=other))
    assert (clinic.the_session().limit, clinic.the_session().limited) == (100_000, other)
    clinic.prepare(order=other, dose=100_000, units=1)


def test_what_is_prepared_is_accounted_for_before_it_is_reduced() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    assert clinic.refused("session.reduce", DOC, **reducing(clinic, 1)) == "session-stage"
    clinic.account(0, returned=200_000)
    clinic.do("session.reduce", DOC, **reducing(clinic, 1))


# Withholding


@pytest.mark.parametrize("stage", ["here", "identified", "assessed"])
def test_dose_is_withheld_at_any_time_before_it(stage: str) -> None:
    clinic = Clinic()
    clinic.up_to(stage)
    assert clinic.do("session.withhold", session=clinic.session, reason="intoxicated") == [
        DoseWithheld(clinic.session, "intoxicated")
    ]
    session = clinic.the_session()
    assert (session.stage, session.outcome, session.ended_at) == ("ended", "withheld", clinic.now)
    assert clinic.patient().session is None
    assert clinic.patient().last_dose_at is None
    assert len(clinic.site.visits) == 1


def test_dose_is_withheld_for_a_reason_that_the_pack_knows() -> None:
    clinic = Clinic()
    clinic.begin()
    about = {"session": clinic.session, "reason": "bored"}
    assert clinic.refused("session.withhold", **about) == "known-withhold_reasons"


@pytest.mark.hazard("H22")
def test_dose_that_was_prepared_is_accounted_for_before_it_is_withheld() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    about = {"session": clinic.session, "reason": "other"}
    refused = clinic.refusal("session.withhold", **about)
    assert refused.code == "session-accounted"
    assert "200 mg" in refused.message
    clinic.account(0, returned=200_000)
    clinic.do("session.withhold", **about)
    assert clinic.register().prepared == 0
    assert clinic.register(HEROIN).balance == 100_000_000


def test_dose_that_was_given_is_not_withheld() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    about = {"session": clinic.session, "reason": "other"}
    assert clinic.refused("session.withhold", **about) == "session-stage"


def test_sessions_stand_in_the_order_of_arrival() -> None:
    clinic = Clinic("p-1", "p-2", "p-3")
    keys = [clinic.begin(person) for person in ("p-3", "p-1", "p-2")]
    assert [each.id for each in sessions_of(clinic.site, ["here"])] == keys
    clinic.identify()
    assert [each.id for each in sessions_of(clinic.site, ["here"])] == keys[:2]
    assert [each.id for each in sessions_of(clinic.site, ["identified"])] == keys[2:]
