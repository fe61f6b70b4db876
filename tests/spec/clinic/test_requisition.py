"""Requisitions: signed, met by deliveries, and closed, by example."""

from datetime import timedelta

import pytest

from safelight.run.domain.base import Given, Role
from safelight.run.domain.clinic.requisition import RequisitionClosed, RequisitionSigned
from safelight.run.domain.register_entities import Requisition
from tests.support.floors import Fields
from tests.support.registers import (
    CY,
    DEE,
    FAY,
    HEROIN,
    OPEN,
    RECEIVE,
    Book,
    by,
    opened,
)
from tests.support.sites import ADA, BEN, NOW, given

SIGN: Fields = {
    "register": HEROIN,
    "units": 20,
    "supplier": "Maker Ltd",
    "address": "1 Works Road, Leeds",
    "purpose": "Treatment of patients here",
}
TABLETS = "cd-diamorphine-tablet-100mg"


def ordered() -> tuple[Book, str]:
    """Return a book in which 20 ampoules were ordered, and the order's id."""
    book = opened({**OPEN, "form": "tablet"})
    (fact,) = book.tap("requisition.sign", SIGN, by(DEE, None))
    assert isinstance(fact, RequisitionSigned)
    return book, fact.requisition


def as_kept(book: Book, key: str) -> Requisition:
    """Return a requisition as the read model has it."""
    found = book.archive["requisition", key]
    assert isinstance(found, Requisition)
    return found


def test_requisition_says_what_regulation_14_wants() -> None:
    book, key = ordered()
    assert book.site.all_of(Requisition)[key] == Requisition(
        id=key,
        register=HEROIN,
        supplier="Maker Ltd",
        address="1 Works Road, Leeds",
        purpose="Treatment of patients here",
        units=20,
        signed_at=NOW,
        signed_by=DEE,
        profession="prescriber",
    )
    assert book.register().balance == 5_000_000


@pytest.mark.parametrize("staff", [BEN, CY, DEE])
def test_pharmacist_prescriber_and_manager_may_order(staff: str) -> None:
    assert len(opened().tap("requisition.sign", SIGN, by(staff, None))) == 1


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({}, by(ADA, None), "role-may", id="a nurse"),
        pytest.param({}, by(FAY, None), "role-may", id="the accountable officer"),
        pytest.param({}, given(role=Role.PRESCRIBER), "proof-given", id="logged in only"),
        pytest.param({}, by(DEE, late=timedelta(minutes=1)), "written-now", id="signed earlier"),
        pytest.param({"register": "cd-x"}, by(DEE), "register-known", id="for no register"),
        pytest.param({"units": 0}, by(DEE), "whole-units", id="nothing"),
        pytest.param({"address": " "}, by(DEE), "requisition-complete", id="no address"),
        pytest.param({"purpose": ""}, by(DEE), "requisition-complete", id="no purpose"),
    ],
)
def test_requisition_that_cannot_be_signed_is_refused(
    changed: Fields, who: Given, rule: str
) -> None:
    assert opened().refused("requisition.sign", {**SIGN, **changed}, who) == rule


def test_requisition_beyond_all_measure_is_a_slip() -> None:
    book = Book({**OPEN, "strength": 10**7, "units": 0})
    fields = {**SIGN, "register": "cd-diamorphine-ampoule-10000mg", "units": 100_001}
    assert book.refused("requisition.sign", fields, by(DEE)) == "register-holds"


def test_deliveries_meet_it_bit_by_bit_and_the_last_one_closes_it() -> None:
    book, key = ordered()
    fields = {**RECEIVE, "requisition": key}
    book.tap("register.receive", {**fields, "units": 15})
    found = book.site.all_of(Requisition)[key]
    assert (found.received, found.left, found.closed_at) == (15, 5, None)
    assert book.line(2).requisition == key
    refused = book.refusal("register.receive", {**fields, "units": 6})
    assert (refused.code, refused.values["left"]) == ("requisition-left", 5)
    book.tap("register.receive", {**fields, "units": 5})
    assert key not in book.site.all_of(Requisition)
    found = as_kept(book, key)
    assert (found.received, found.left, found.closed_at, found.closed_for) == (20, 0, NOW, None)
    assert book.refused("register.receive", {**fields, "units": 1}) == "requisition-open"


def test_delivery_of_other_stock_does_not_meet_it() -> None:
    book, key = ordered()
    fields = {**RECEIVE, "register": TABLETS, "requisition": key}
    assert book.refused("register.receive", fields) == "requisition-register"


def test_order_of_which_no_more_comes_is_closed() -> None:
    book, key = ordered()
    close = {"requisition": key, "reason": "cancelled"}
    assert book.tap("requisition.close", close, by(CY)) == [RequisitionClosed(key, "cancelled")]
    assert (as_kept(book, key).closed_at, as_kept(book, key).closed_for) == (NOW, "cancelled")
    assert book.refused("requisition.close", close, by(CY)) == "requisition-open"


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"requisition": "rq-0"}, by(CY), "requisition-open", id="no such order"),
        pytest.param(
            {"reason": "bored"}, by(CY), "known-requisition_close_reasons", id="no such reason"
        ),
        pytest.param({}, given(role=Role.MANAGER), "proof-given", id="logged in only"),
        pytest.param({}, by(ADA), "role-may", id="a nurse"),
    ],
)
def test_order_that_cannot_be_closed_so_stays_open(changed: Fields, who: Given, rule: str) -> None:
    book, key = ordered()
    fields = {"requisition": key, "reason": "cancelled", **changed}
    assert book.refused("requisition.close", fields, who) == rule


@pytest.mark.parametrize(
    ("now", "received", "left"),
    [
        pytest.param(10, 10, 10, id="less had come"),
        pytest.param(20, 20, 0, id="all had come"),
        pytest.param(25, 25, 0, id="more had come than was ordered"),
        pytest.param(0, 0, 20, id="nothing had come"),
    ],
)
def test_footnote_to_a_delivery_says_what_came_of_the_order(
    now: int, received: int, left: int
) -> None:
    book, key = ordered()
    book.tap("register.receive", {**RECEIVE, "units": 15, "requisition": key})
    told = {"line": f"{HEROIN}-2", "was": 1_500_000, "now": now * 100_000, "reason": "other"}
    book.tap("register.correct", told)
    found = as_kept(book, key)
    assert (found.received, found.left) == (received, left)
    assert (found.closed_at is not None) == (left == 0)
    assert book.line(3).requisition == key


def test_footnote_to_a_delivery_of_a_closed_order_keeps_it_closed() -> None:
    book, key = ordered()
    book.tap("register.receive", {**RECEIVE, "units": 20, "requisition": key})
    later = NOW + timedelta(hours=1)
    told = {"line": f"{HEROIN}-2", "was": 2_000_000, "now": 1_900_000, "reason": "other"}
    book.tap("register.correct", told, by(now=later))
    found = as_kept(book, key)
    assert (found.received, found.closed_at) == (19, NOW)
    told = {"line": f"{HEROIN}-3", "was": 1_900_000, "now": 2_000_000, "reason": "other"}
    book.tap("register.correct", told, by(now=later))
    assert (as_kept(book, key).received, as_kept(book, key).closed_at) == (20, NOW)
