"""What patients brought back: recorded apart from stock, and destroyed, by example."""

from datetime import timedelta

import pytest

from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.returns import ReturnDestroyed, ReturnRecorded
from safelight.run.domain.register_entities import PatientReturn
from tests.support.floors import Fields
from tests.support.registers import EVE, FAY, HEROIN, Book, by, opened
from tests.support.sites import ADA, BEN, NOW, given

HOUR = timedelta(hours=1)
RECORD: Fields = {"drug": "methadone", "form": "tablet", "strength": 5_000, "units": 7}


def brought(**more: object) -> tuple[Book, str]:
    """Return a book after something was brought back an hour ago, and its id."""
    book = opened()
    (fact,) = book.tap("return.record", {**RECORD, **more}, by(witness=None, late=HOUR))
    assert isinstance(fact, ReturnRecorded)
    return book, fact.patient_return


def test_return_is_a_record_of_its_own_and_no_stock() -> None:
    book = opened()
    before = book.register()
    book, key = brought(person="p-1")
    assert book.site.all_of(PatientReturn)[key] == PatientReturn(
        id=key,
        drug="methadone",
        form="tablet",
        strength=5_000,
        units=7,
        returned_at=NOW - HOUR,
        staff=ADA,
        person="p-1",
    )
    assert book.register(HEROIN) == before


def test_nobody_has_to_say_who_they_are() -> None:
    book, key = brought()
    assert book.site.all_of(PatientReturn)[key].person is None


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"drug": "aspirin"}, by(), "known-returned_drugs", id="no such drug"),
        pytest.param({"form": "powder"}, by(), "known-drug_forms", id="no such form"),
        pytest.param({"person": "p-2"}, by(), "person-known", id="nobody known"),
        pytest.param({"units": 0}, by(), "return-some", id="nothing"),
        pytest.param({"strength": 0}, by(), "return-some", id="no strength"),
        pytest.param(
            {"strength": 10**7, "units": 100_001}, by(), "register-holds", id="beyond all measure"
        ),
        pytest.param({}, given(role=Role.NURSE), "proof-given", id="logged in only"),
        pytest.param({}, by(EVE), "role-may", id="somebody who handles no drugs"),
    ],
)
def test_return_that_cannot_be_meant_is_refused(changed: Fields, who: Given, rule: str) -> None:
    assert opened().refused("return.record", {**RECORD, **changed}, who) == rule


@pytest.mark.parametrize("witness", [BEN, EVE, FAY])
def test_return_is_destroyed_before_another_person_authorised_or_not(witness: str) -> None:
    book, key = brought()
    fields = {"patient_return": key, "method": "denaturing_kit"}
    (fact,) = book.tap("return.destroy", fields, by(witness=witness, late=HOUR))
    assert fact == ReturnDestroyed(key, "denaturing_kit")
    assert key not in book.site.all_of(PatientReturn)
    kept = book.archive["patient_return", key]
    assert isinstance(kept, PatientReturn)
    assert (kept.destroyed_at, kept.destroyed_by) == (NOW - HOUR, ADA)
    assert (kept.witness, kept.method) == (witness, "denaturing_kit")
    assert book.register().lines == 1
    assert book.refused("return.destroy", fields) == "return-kept"


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"patient_return": "return-0"}, by(), "return-kept", id="no such return"),
        pytest.param({"method": "sink"}, by(), "known-destruction_methods", id="no such method"),
        pytest.param({}, by(witness=None), "witness-present", id="alone"),
        pytest.param({}, by(witness=ADA), "witness-different", id="with themselves"),
        pytest.param(
            {},
            by()._replace(witness=Actor("s-gil", Role.WORKER, NOW)),
            "witness-may",
            id="with somebody from the floor",
        ),
        pytest.param({}, by(late=2 * HOUR), "return-then-destroyed", id="before it came"),
        pytest.param({}, by(EVE, BEN), "role-may", id="by somebody who handles no drugs"),
    ],
)
def test_return_that_cannot_be_destroyed_so_is_kept(changed: Fields, who: Given, rule: str) -> None:
    book, key = brought()
    fields = {"patient_return": key, "method": "other", **changed}
    assert book.refused("return.destroy", fields, who) == rule


def test_return_that_is_in_the_archive_is_not_destroyed_twice() -> None:
    """Even where a command could bring it back."""
    book, key = brought()
    fields = {"patient_return": key, "method": "other"}
    book.tap("return.destroy", fields)
    book.site = book.site.recalled(book.archive["patient_return", key])
    assert book.refused("return.destroy", fields) == "return-kept"


def test_two_returns_are_two_records() -> None:
    book, key = brought()
    book.tap("return.record", RECORD, by(witness=None))
    assert len(book.site.all_of(PatientReturn)) == 2
    assert key in book.site.all_of(PatientReturn)
