"""Referral for treatment, by example."""

import pytest

from safelight.run.domain.base import Role
from safelight.run.domain.clinic.eligibility import EligibilityDecided
from safelight.run.domain.clinic.leaving import TreatmentEnded
from safelight.run.domain.clinic.referral import TreatmentReferred, person_of_referral
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import REFERRED as STAGE
from safelight.run.domain.visit import PersonRegistered
from tests.support.floors import Fields
from tests.support.sites import (
    ADA,
    COMMAND,
    NOW,
    decide,
    done,
    given,
    person,
    refusal,
    site_with,
    stored,
    visit,
)
from tests.support.treatments import (
    ASSESSED,
    NOTE,
    TAKEN_ON,
    TURNED_DOWN,
    clinic,
    in_treatment,
    the_treatment,
)

REFER: Fields = {"person": "p-1", "source": "gp"}


def test_known_person_is_referred() -> None:
    (fact,) = decide(site_with(person()), "treatment.refer", {**REFER, "note": NOTE})
    assert isinstance(fact, TreatmentReferred)
    assert fact.treatment.startswith("tr-")
    assert stored(fact) == fact
    after = done(site_with(person()), "treatment.refer", {**REFER, "note": NOTE})
    treatment = the_treatment(after, fact.treatment)
    assert (treatment.person, treatment.stage, treatment.source) == ("p-1", STAGE, "gp")
    assert (treatment.referred_at, treatment.note) == (NOW, NOTE)
    assert (treatment.is_open, treatment.running) == (True, False)


def test_new_person_is_registered_under_a_handle_with_the_referral() -> None:
    """No name is asked for, and the id follows from the command alone."""
    site = site_with(person(), visit(handle="merry crane"))
    registered, referred = decide(site, "treatment.refer", {"source": "prison", "sex": "female"})
    assert isinstance(registered, PersonRegistered)
    assert isinstance(referred, TreatmentReferred)
    assert registered.person == referred.person == person_of_referral(COMMAND)
    assert registered.sex == "female"
    assert registered.handle not in {"amber finch", "merry crane"}
    after = done(site, "treatment.refer", {"source": "prison"})
    assert after.person(registered.person).first_seen_at == NOW
    assert the_treatment(after, referred.treatment).person == registered.person


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        pytest.param({"person": "p-2"}, "person-known", id="nobody known"),
        pytest.param({"source": "newspaper"}, "known-referral_sources", id="no such source"),
        pytest.param({"person": None, "sex": "blue"}, "known-sexes", id="no such sex"),
    ],
)
def test_referral_that_cannot_be_meant_is_refused(changed: Fields, rule: str) -> None:
    assert refusal(site_with(person()), "treatment.refer", {**REFER, **changed}).code == rule


@pytest.mark.parametrize(
    "site",
    [
        pytest.param(clinic(), id="one is referred"),
        pytest.param(in_treatment(), id="one is running"),
    ],
)
def test_person_has_one_treatment_at_a_time(site: Site) -> None:
    refused = refusal(site, "treatment.refer", REFER)
    assert (refused.code, refused.values["treatment"]) == ("one-treatment", "tr-1")


@pytest.mark.parametrize(
    "last",
    [
        pytest.param([TURNED_DOWN], id="declined"),
        pytest.param([TAKEN_ON, TreatmentEnded("tr-1", "completed")], id="ended"),
    ],
)
def test_person_can_be_referred_again_afterwards(
    last: list[EligibilityDecided | TreatmentEnded],
) -> None:
    assert decide(clinic(ASSESSED, *last), "treatment.refer", REFER)


def test_somebody_else_is_referred_beside_them() -> None:
    site = clinic(person("p-2", handle="red fox"))
    assert decide(site, "treatment.refer", {**REFER, "person": "p-2"})


def test_analyst_refers_nobody() -> None:
    by = given(role=Role.ANALYST)
    assert refusal(site_with(person()), "treatment.refer", REFER, by).code == "role-may"


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("eligibility.assess", {"criteria": "criteria-here", "findings": []}),
        ("consent.give", {"purpose": "treatment"}),
        ("care.assign", {"staff": ADA}),
        ("outcome.record", {"on": NOW.date(), "stage": "start", "answers": {}}),
    ],
)
def test_nothing_is_recorded_of_a_treatment_that_is_not_there(name: str, fields: Fields) -> None:
    by = given(role=Role.MANAGER)
    refused = refusal(clinic(), name, {"treatment": "tr-2", **fields}, by)
    assert refused.code == "treatment-known"
