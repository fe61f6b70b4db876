"""Licences to prescribe: on file, in force, withdrawn, by example."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from safelight.kernel.errors import Refused
from safelight.run.domain.authority import holds
from safelight.run.domain.base import Role
from safelight.run.domain.clinic.licence import (
    LicenceRecorded,
    LicenceWithdrawn,
    licences_of,
    require_licence,
)
from safelight.run.domain.clinic_entities import Licence
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
    refusal,
    site_with,
    stored,
)

DAY = timedelta(days=1)
MANAGER = given(role=Role.MANAGER)
RECORD: Fields = {
    "licence": "licence-1",
    "prescriber": ADA,
    "drug": "diamorphine",
    "premises": "North",
    "valid_from": "2025-01-01",
    "valid_to": "2025-12-31",
    "document": "Made up for a test",
}
RECORDED = LicenceRecorded(
    licence="licence-1",
    prescriber=ADA,
    drug="diamorphine",
    premises="North",
    valid_from=date(2025, 1, 1),
    document="Made up for a test",
    valid_to=date(2025, 12, 31),
)
WITHDRAW: Fields = {"licence": "licence-1", "reason": "expired"}


def test_licence_is_recorded_as_the_document_says() -> None:
    assert decide(site_with(), "licence.record", RECORD, MANAGER) == [RECORDED]
    assert stored(RECORDED) == RECORDED
    found = site_with(RECORDED).all_of(Licence)["licence-1"]
    assert (found.prescriber, found.drug, found.withdrawn_at) == (ADA, "diamorphine", None)


def test_licence_without_an_end_is_recorded() -> None:
    """Some documents name none."""
    fields = {key: value for key, value in RECORD.items() if key != "valid_to"}
    (fact,) = decide(site_with(), "licence.record", fields, MANAGER)
    assert isinstance(fact, LicenceRecorded)
    assert fact.valid_to is None


@pytest.mark.parametrize(
    ("site", "changed", "rule"),
    [
        pytest.param(site_with(RECORDED), {}, "licence-new", id="twice"),
        pytest.param(site_with(), {"premises": "South"}, "licence-premises", id="elsewhere"),
        pytest.param(Site("north"), {"premises": "South"}, "licence-premises", id="nowhere yet"),
        pytest.param(site_with(), {"valid_to": "2024-12-31"}, "licence-dates", id="ends first"),
        pytest.param(site_with(), {"drug": "cocaine"}, "known-drugs", id="unknown drug"),
    ],
)
def test_licence_that_cannot_be_is_refused(site: Site, changed: Fields, rule: str) -> None:
    assert refusal(site, "licence.record", {**RECORD, **changed}, MANAGER).code == rule


def test_only_managers_record_and_withdraw() -> None:
    for name, fields in (("licence.record", RECORD), ("licence.withdraw", WITHDRAW)):
        asked = refusal(site_with(RECORDED), name, fields, given(role=Role.PRESCRIBER))
        assert asked.code == "role-may"


def test_withdrawn_licence_stays_on_file_and_holds_no_more() -> None:
    site = site_with(RECORDED)
    assert decide(site, "licence.withdraw", WITHDRAW, MANAGER) == [
        LicenceWithdrawn("licence-1", "expired")
    ]
    after = done(site, "licence.withdraw", WITHDRAW, MANAGER)
    licence = after.all_of(Licence)["licence-1"]
    assert (licence.withdrawn_at, holds(licence, TODAY)) == (NOW, False)
    assert refusal(after, "licence.withdraw", WITHDRAW, MANAGER).code == "licence-stands"


def test_licence_that_is_not_on_file_cannot_be_withdrawn() -> None:
    assert refusal(site_with(), "licence.withdraw", WITHDRAW, MANAGER).code == "licence-stands"


@pytest.mark.parametrize(
    ("day", "held"),
    [
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), True),
        (date(2025, 12, 31), True),
        (date(2026, 1, 1), False),
    ],
)
def test_licence_holds_from_its_first_day_to_its_last(day: date, *, held: bool) -> None:
    assert holds(site_with(RECORDED).all_of(Licence)["licence-1"], day) == held


def test_licence_without_an_end_holds_on() -> None:
    found = site_with(RECORDED).all_of(Licence)["licence-1"]
    assert holds(replace(found, valid_to=None), TODAY + 9_999 * DAY)


@pytest.mark.hazard("H03")
@pytest.mark.parametrize(
    ("prescriber", "drug", "days"),
    [
        pytest.param(BEN, "diamorphine", 0, id="another doctor's"),
        pytest.param(ADA, "hydromorphone", 0, id="for another drug"),
        pytest.param(ADA, "diamorphine", 366, id="when it has ended"),
    ],
)
def test_prescriber_without_a_licence_for_it_is_refused(
    prescriber: str, drug: str, days: int
) -> None:
    with pytest.raises(Refused) as caught:
        require_licence(site_with(RECORDED), prescriber, drug, given(now=NOW + days * DAY))
    assert caught.value.code == "prescriber-licensed"


def test_trusted_time_counts_and_not_the_time_that_is_told() -> None:
    """A late entry does not bring an expired licence back."""
    late = given(now=NOW + 366 * DAY, happened_at=NOW)
    with pytest.raises(Refused):
        require_licence(site_with(RECORDED), ADA, "diamorphine", late)


def test_first_licence_that_holds_is_the_one() -> None:
    other = LicenceRecorded("licence-0", ADA, "diamorphine", "North", TODAY + DAY, "Made up")
    site = site_with(other, RECORDED)
    assert require_licence(site, ADA, "diamorphine", given()).id == "licence-1"
    assert require_licence(site, ADA, "diamorphine", given(now=NOW + DAY)).id == "licence-0"


def test_licences_of_a_prescriber_are_those_that_hold_by_drug() -> None:
    other = replace(RECORDED, licence="licence-2", drug="cocaine")
    ended = replace(RECORDED, licence="licence-3", drug="aspirin", valid_to=TODAY - DAY)
    site = site_with(RECORDED, other, ended)
    assert [each.drug for each in licences_of(site, ADA, TODAY)] == ["cocaine", "diamorphine"]
    assert licences_of(site, BEN, TODAY) == []


def test_licence_is_withdrawn_for_a_reason_that_the_pack_knows() -> None:
    wrong = {**WITHDRAW, "reason": "bored"}
    refused = refusal(site_with(RECORDED), "licence.withdraw", wrong, MANAGER)
    assert refused.code == "known-withdraw_reasons"


def test_licence_for_one_day_names_premises_and_document() -> None:
    one_day = {**RECORD, "valid_to": RECORD["valid_from"]}
    site = done(site_with(), "licence.record", one_day, MANAGER)
    found = site.all_of(Licence)["licence-1"]
    assert (found.premises, found.document) == ("North", "Made up for a test")
    assert found.valid_to == found.valid_from
