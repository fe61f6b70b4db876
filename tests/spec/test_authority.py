"""Founding a site and the authority under which it opens, by example."""

from datetime import date, timedelta

import pytest

from safelight.run.domain import authority as authorities
from safelight.run.domain.authority import (
    AuthorityGranted,
    AuthorityWithdrawn,
    SiteFounded,
    in_force,
    require_authority,
)
from safelight.run.domain.base import MANAGEMENT, Role
from safelight.run.domain.entities import Authority, Premises
from safelight.run.domain.site import Site
from tests.support.floors import ADOPTED, Fields
from tests.support.sites import (
    NOW,
    TODAY,
    decide,
    done,
    given,
    granted,
    refusal,
    site_with,
    stored,
)

DAY = timedelta(days=1)
MANAGER = given(role=Role.MANAGER)
FOUND: Fields = {"name": "North", "kind": "building", "timezone": "Europe/London"}
GRANT: Fields = {
    "authority": "policy-1",
    "instrument": "A policy",
    "activities": ["supervised_use"],
    "premises": "North",
    "valid_from": "2025-01-01",
    "document": "Made up for a test",
}
GRANTED = granted("supervised_use")
WITHDRAWN = AuthorityWithdrawn("policy-1", "expired")


@pytest.mark.parametrize(
    ("fields", "fact"),
    [
        pytest.param({}, SiteFounded("North", "building", "Europe/London"), id="a building"),
        pytest.param(
            {"kind": "vehicle", "live": True},
            SiteFounded("North", "vehicle", "Europe/London", live=True),
            id="a live van",
        ),
    ],
)
def test_found_begins_a_site(fields: Fields, fact: SiteFounded) -> None:
    """A manager founds a site, as its first entry."""
    fields = {**FOUND, **fields}
    assert decide(Site("north"), "site.found", fields, MANAGER) == [fact]
    assert stored(fact) == fact
    founded = done(Site("north"), "site.found", fields, MANAGER)
    assert founded.premises == Premises("north", "North", fact.kind, "Europe/London", fact.live)


FOUNDS_REFUSED: dict[str, tuple[Site, Fields, str]] = {
    "a site that is there": (site_with(), {}, "founded-once"),
    "a site of a strange kind": (Site("north"), {"kind": "ship"}, "site-kind"),
    "a site of a strange id": (Site("North 1"), {}, "site-id"),
    "a time zone that nobody knows": (Site("north"), {"timezone": "Moon/Sea"}, "timezone-known"),
    "a time zone that is a path": (Site("north"), {"timezone": "../London"}, "timezone-known"),
    "a time zone that is a continent": (Site("north"), {"timezone": "Europe"}, "timezone-known"),
}


@pytest.mark.parametrize(("site", "fields", "rule"), FOUNDS_REFUSED.values(), ids=FOUNDS_REFUSED)
def test_found_refuses(site: Site, fields: Fields, rule: str) -> None:
    """A site that could not work is refused by the rule of that name."""
    assert refusal(site, "site.found", {**FOUND, **fields}, MANAGER).code == rule


def test_grant_puts_an_authority_on_file() -> None:
    """A manager records what was granted, with its document."""
    assert decide(site_with(), "authority.grant", GRANT, MANAGER) == [GRANTED]
    assert stored(GRANTED) == GRANTED
    site = done(site_with(), "authority.grant", GRANT, MANAGER)
    assert site.authorities["policy-1"] == Authority(
        "policy-1", "A policy", ("supervised_use",), "North", date(2025, 1, 1), "Made up for a test"
    )


GRANTS_REFUSED: dict[str, tuple[Site, Fields, str]] = {
    "an end before its start": (site_with(), {"valid_to": "2024-12-31"}, "authority-dates"),
    "an id that is on file": (
        site_with(granted("supervised_use")),
        {"authority": "policy-1"},
        "authority-new",
    ),
    "an example in a live service": (site_with(live=True), {"example": True}, "authority-real"),
}


@pytest.mark.parametrize(("site", "fields", "rule"), GRANTS_REFUSED.values(), ids=GRANTS_REFUSED)
def test_grant_refuses(site: Site, fields: Fields, rule: str) -> None:
    """An authority that authorises nothing is refused by the rule of that name."""
    assert refusal(site, "authority.grant", {**GRANT, **fields}, MANAGER).code == rule


@pytest.mark.parametrize(
    ("live", "fields"),
    [
        pytest.param(False, {"example": True}, id="an example in a rehearsal"),
        pytest.param(True, {}, id="a real one in a live service"),
        pytest.param(False, {"valid_to": "2025-01-01"}, id="one of a single day"),
    ],
)
def test_grant_takes(live: bool, fields: Fields) -> None:  # noqa: FBT001 - a column of a table
    """Examples are for rehearsals, and one day is long enough."""
    site = site_with(live=live)
    assert len(decide(site, "authority.grant", {**GRANT, **fields}, MANAGER)) == 1


def test_withdraw_keeps_it_on_file() -> None:
    """A withdrawn authority stays readable and holds no more."""
    fields = {"authority": "policy-1", "reason": "expired"}
    assert decide(site_with(GRANTED), "authority.withdraw", fields, MANAGER) == [WITHDRAWN]
    assert stored(WITHDRAWN) == WITHDRAWN
    site = done(site_with(GRANTED), "authority.withdraw", fields, MANAGER)
    assert site.authorities["policy-1"].withdrawn_at == NOW
    assert in_force(site, "supervised_use", TODAY) is None


WITHDRAWS_REFUSED: dict[str, tuple[Site, str, str]] = {
    "one that is not on file": (site_with(), "expired", "authority-known"),
    "one that was withdrawn": (site_with(GRANTED, WITHDRAWN), "expired", "authority-stands"),
    "for a reason unknown here": (site_with(GRANTED), "moonlight", "known-withdraw_reasons"),
}


@pytest.mark.parametrize(
    ("site", "reason", "rule"), WITHDRAWS_REFUSED.values(), ids=WITHDRAWS_REFUSED
)
def test_withdraw_refuses(site: Site, reason: str, rule: str) -> None:
    """A withdrawal of nothing is refused by the rule of that name."""
    fields = {"authority": "policy-1", "reason": reason}
    assert refusal(site, "authority.withdraw", fields, MANAGER).code == rule


def authority(key: str, **fields: object) -> AuthorityGranted:
    """Return the fact of an authority for supervised use from 1 to 31 January."""
    standard = {"activities": ("supervised_use",), "valid_to": date(2025, 1, 31)}
    texts = {"instrument": "A policy", "premises": "North", "document": "Made up"}
    when = {"valid_from": date(2025, 1, 1)}
    return AuthorityGranted(key, **{**texts, **when, **standard, **fields})  # type: ignore[arg-type]


JANUARY = authority("january")
IN_FORCE: dict[str, tuple[list[AuthorityGranted], date, str | None]] = {
    "on its first day": ([JANUARY], date(2025, 1, 1), "january"),
    "on its last day": ([JANUARY], date(2025, 1, 31), "january"),
    "the day before": ([JANUARY], date(2024, 12, 31), None),
    "the day after": ([JANUARY], date(2025, 2, 1), None),
    "without an end": ([authority("open", valid_to=None)], date(2035, 1, 1), "open"),
    "for another activity": ([authority("pipes", activities=("supply_pipe",))], TODAY, None),
    "for several activities": (
        [authority("both", activities=("supply_pipe", "supervised_use"))],
        TODAY,
        "both",
    ),
    "the first of two by id": ([authority("b"), authority("a")], TODAY, "a"),
    "none at all": ([], TODAY, None),
}


@pytest.mark.parametrize(("facts", "day", "expected"), IN_FORCE.values(), ids=IN_FORCE)
def test_in_force(facts: list[AuthorityGranted], day: date, expected: str | None) -> None:
    """An authority covers its activities from its first to its last day."""
    found = in_force(site_with(*facts), "supervised_use", day)
    assert (found.id if found else None) == expected


def test_authority_holds_by_the_site_s_own_calendar() -> None:
    """Half an hour after midnight in a Glasgow summer, yesterday's authority is over."""
    july = authority("july", valid_from=date(2025, 7, 1), valid_to=date(2025, 7, 31))
    site = site_with(july, ADOPTED)
    midnight = NOW.replace(month=7, day=31, hour=23, minute=30)
    before = given(now=midnight - timedelta(hours=1))
    assert require_authority(site, "supervised_use", before).id == "july"
    assert refusal(site, "shift.open", None, given(now=midnight)).code == "authority-in-force"


def test_only_managers_answer_for_authorities() -> None:
    """Founding, granting and withdrawing are for managers."""
    assert {rule.may for rule in authorities.COMMANDS.values()} == {MANAGEMENT}
    assert refusal(site_with(), "authority.grant", GRANT).code == "role-may"
