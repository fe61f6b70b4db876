"""The clock is confirmed by two people who read another one, by example."""

from datetime import timedelta

import pytest

from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.clock import TOLERANCE, ClockConfirmed
from tests.support.sites import BEN, NOW, decide, done, given, refusal, site_with


def by_two(**how: object) -> Given:
    """Return what a comparison is given that two people make now."""
    witness = Actor(BEN, Role.NURSE, NOW)
    return given(role=Role.NURSE, **{"proved_at": NOW, "witness": witness, **how})  # type: ignore[arg-type]


@pytest.mark.parametrize("off", [timedelta(0), TOLERANCE, -TOLERANCE])
def test_a_clock_that_is_right_is_confirmed(off: timedelta) -> None:
    facts = decide(site_with(), "clock.confirm", {"other": NOW + off}, by_two())
    assert facts == [ClockConfirmed(NOW + off)]


@pytest.mark.hazard("H08")
@pytest.mark.parametrize("off", [timedelta(minutes=3), -timedelta(minutes=3), timedelta(hours=1)])
def test_a_clock_that_is_wrong_is_not(off: timedelta) -> None:
    refused = refusal(site_with(), "clock.confirm", {"other": NOW + off}, by_two())
    assert refused.code == "clock-right"


@pytest.mark.hazard("H08")
def test_it_is_the_machines_clock_that_is_compared_not_a_journal_ahead_of_it() -> None:
    """A clock set back by hours would else be confirmed by the time at which the journal stands."""
    set_back = by_two()._replace(behind=timedelta(hours=4))
    assert refusal(site_with(), "clock.confirm", {"other": NOW}, set_back).code == "clock-right"
    right = {"other": NOW - timedelta(hours=4)}
    assert decide(site_with(), "clock.confirm", right, set_back)


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        pytest.param({"witness": None}, "witness-present", id="one person alone"),
        pytest.param({"proved_at": None}, "proof-given", id="somebody unproved"),
        pytest.param({"happened_at": NOW - timedelta(hours=1)}, "written-now", id="an hour ago"),
    ],
)
def test_two_people_confirm_it_now(how: dict[str, object], rule: str) -> None:
    assert refusal(site_with(), "clock.confirm", {"other": NOW}, by_two(**how)).code == rule


def test_nothing_changes_at_the_site() -> None:
    site = site_with()
    assert done(site, "clock.confirm", {"other": NOW}, by_two()) == site
