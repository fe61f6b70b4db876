"""Services given and referrals made during a visit, by example."""

import pytest

from safelight.run.domain.base import Fact
from safelight.run.domain.entities import LEFT
from safelight.run.domain.services import ReferralMade, ServiceGiven
from tests.support.sites import after, decide, done, refusal, site_with, stored, visit

HERE = site_with(visit())


@pytest.mark.parametrize(
    ("name", "fields", "fact"),
    [
        pytest.param(
            "service.give",
            {"visit": "v-1", "service": "wound_care"},
            ServiceGiven("v-1", "wound_care"),
            id="a wound is dressed",
        ),
        pytest.param(
            "referral.make",
            {"visit": "v-1", "to": "housing"},
            ReferralMade("v-1", "housing"),
            id="somebody is referred to housing",
        ),
    ],
)
def test_services_are_recorded(name: str, fields: dict[str, object], fact: Fact) -> None:
    """A service or referral that the pack knows is recorded on the visit."""
    assert decide(HERE, name, fields) == [fact]
    assert stored(fact) == fact


@pytest.mark.parametrize(
    ("name", "fields", "rule"),
    [
        pytest.param(
            "service.give",
            {"visit": "v-9", "service": "wound_care"},
            "visit-known",
            id="a service for a visit that nobody made",
        ),
        pytest.param(
            "service.give",
            {"visit": "v-1", "service": "haircut"},
            "known-services",
            id="a service that the pack does not list",
        ),
        pytest.param(
            "referral.make",
            {"visit": "v-9", "to": "housing"},
            "visit-known",
            id="a referral for a visit that nobody made",
        ),
        pytest.param(
            "referral.make",
            {"visit": "v-1", "to": "the_moon"},
            "known-referrals",
            id="a referral that the pack does not list",
        ),
    ],
)
def test_services_are_refused(name: str, fields: dict[str, object], rule: str) -> None:
    """An unknown visit or code is refused by the rule of that name."""
    assert refusal(HERE, name, fields).code == rule


def test_services_add_up_in_order() -> None:
    """What was given comes one after the other on the visit, the same service twice if need be."""
    site = HERE
    for service in ("wound_care", "bbv_test", "wound_care"):
        site = done(site, "service.give", {"visit": "v-1", "service": service})
    site = done(site, "referral.make", {"visit": "v-1", "to": "drug_treatment"})
    assert site.visits["v-1"].services == ("wound_care", "bbv_test", "wound_care")
    assert site.visits["v-1"].referrals == ("drug_treatment",)


def test_services_reach_a_visit_that_is_over() -> None:
    """A visit that the store recalled gets its service and goes back to the archive."""
    site = after(site_with(), visit(stage=LEFT))
    site = done(site, "service.give", {"visit": "v-1", "service": "bbv_test"})
    assert "v-1" not in site.visits
    assert site.changes["visit", "v-1"] == visit(stage=LEFT, services=("bbv_test",))
