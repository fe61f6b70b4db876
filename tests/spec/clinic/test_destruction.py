"""Destruction of stock before an authorised witness, by example."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from msgspec.structs import replace

from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.destruction import (
    StockDestroyed,
    WitnessAuthorised,
    WitnessWithdrawn,
)
from safelight.run.domain.clinic.ledger import take_out
from safelight.run.domain.register_entities import DestructionWitness
from tests.support.floors import Fields
from tests.support.registers import (
    AUTHORISE,
    CY,
    DEE,
    EVE,
    FAY,
    HEROIN,
    OPEN,
    Book,
    by,
    opened,
)
from tests.support.sites import ADA, BEN, NOW, given

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DESTROY: Fields = {
    "register": HEROIN,
    "units": 3,
    "reason": "expired",
    "method": "denaturing_kit",
    "batch": "AB12",
}
WITNESSED = by(witness=EVE)


def authorised(**changed: object) -> tuple[Book, str]:
    """Return a book whose witness is authorised this month, and the authorisation's id."""
    book = opened({**OPEN, "form": "tablet"})
    (fact,) = book.tap("destruction_witness.authorise", {**AUTHORISE, **changed}, by(CY, None))
    assert isinstance(fact, WitnessAuthorised)
    return book, fact.authorisation


def test_authorisation_is_on_file_with_its_dates() -> None:
    book, key = authorised()
    assert book.site.all_of(DestructionWitness)[key] == DestructionWitness(
        id=key,
        staff=EVE,
        valid_from=date(2025, 1, 1),
        valid_to=date(2025, 1, 28),
        document="Letter of 20 December",
    )


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"valid_to": "2024-12-31"}, by(CY), "authorisation-dates", id="ends before"),
        pytest.param({"staff": ADA}, by(CY), "witness-apart", id="somebody who handles drugs"),
        pytest.param({}, given(role=Role.MANAGER), "proof-given", id="logged in only"),
        pytest.param({}, by(BEN), "role-may", id="by a pharmacist"),
        pytest.param({}, by(FAY), "role-may", id="by the officer"),
    ],
)
def test_authorisation_that_cannot_hold_is_refused(changed: Fields, who: Given, rule: str) -> None:
    fields = {**AUTHORISE, **changed}
    assert opened().refused("destruction_witness.authorise", fields, who) == rule


def test_authorisation_may_be_for_one_day() -> None:
    authorised(valid_from="2025-01-28")


def test_stock_is_destroyed_before_the_witness() -> None:
    book, _ = authorised()
    (fact,) = book.tap("register.destroy", DESTROY, WITNESSED)
    assert fact == StockDestroyed(HEROIN, 3, 300_000, "expired", "denaturing_kit", "AB12")
    register, line = book.register(), book.line(2)
    assert (register.destroyed, register.balance, register.cabinet) == (
        300_000,
        4_700_000,
        4_700_000,
    )
    assert (line.kind, line.change, line.balance, line.units) == (
        "destroyed",
        -300_000,
        4_700_000,
        3,
    )
    assert (line.staff, line.witness) == (ADA, EVE)
    assert (line.reason, line.method, line.batch) == ("expired", "denaturing_kit", "AB12")


def test_witness_of_one_destruction_may_witness_the_next() -> None:
    """To stand by is not to handle."""
    book, _ = authorised()
    book.tap("register.destroy", DESTROY, by(DEE, EVE))
    book.tap("register.destroy", DESTROY, by(DEE, EVE))
    assert book.register().handlers == (ADA, BEN, DEE)


@pytest.mark.parametrize("role", [Role.WITNESS, Role.OFFICER, Role.WORKER])
def test_authorised_witness_has_a_role_that_handles_no_drugs(role: Role) -> None:
    book, _ = authorised()
    book.tap("register.destroy", DESTROY, by()._replace(witness=Actor(EVE, role, NOW)))
    assert book.register().destroyed == 300_000


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER, Role.MANAGER])
def test_whoever_is_in_day_to_day_charge_witnesses_nothing(role: Role) -> None:
    book, _ = authorised()
    who = by()._replace(witness=Actor(EVE, role, NOW))
    assert book.refused("register.destroy", DESTROY, who) == "witness-may"


@pytest.mark.hazard("H21")
@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({}, by(witness=None), "witness-present", id="alone"),
        pytest.param(
            {},
            by()._replace(witness=Actor(ADA, Role.WITNESS, NOW)),
            "witness-different",
            id="with themselves in another role",
        ),
        pytest.param({}, by(witness=FAY), "witness-authorised", id="with somebody not authorised"),
        pytest.param(
            {},
            by()._replace(witness=Actor(BEN, Role.WITNESS, NOW)),
            "witness-apart",
            id="with somebody who handled them before",
        ),
        pytest.param(
            {},
            by()._replace(witness=Actor(EVE, Role.WITNESS, NOW - HOUR)),
            "proof-fresh",
            id="with an old second factor",
        ),
        pytest.param({"register": "cd-none"}, WITNESSED, "register-known", id="no such register"),
        pytest.param({"units": 0}, WITNESSED, "whole-units", id="nothing"),
        pytest.param({"units": 51}, WITNESSED, "cabinet-holds", id="more than there is"),
        pytest.param(
            {"reason": "bored"}, WITNESSED, "known-destruction_reasons", id="no such reason"
        ),
        pytest.param(
            {"method": "sink"}, WITNESSED, "known-destruction_methods", id="no such method"
        ),
        pytest.param(
            {}, by(witness=EVE, late=2 * HOUR), "since-opening", id="before it was opened"
        ),
        pytest.param({}, by(EVE, FAY), "role-may", id="by the witness"),
    ],
)
def test_destruction_that_may_not_be_is_refused(changed: Fields, who: Given, rule: str) -> None:
    book, _ = authorised()
    assert book.refused("register.destroy", {**DESTROY, **changed}, who) == rule


def test_all_that_lies_in_the_cabinet_may_be_destroyed_and_nothing_that_is_prepared() -> None:
    book, _ = authorised()
    book.move(partial(take_out, register_id=HEROIN, quantity=100_000))
    assert book.refused("register.destroy", {**DESTROY, "units": 50}, WITNESSED) == "cabinet-holds"
    book.tap("register.destroy", {**DESTROY, "units": 49}, WITNESSED)
    assert (book.register().cabinet, book.register().prepared) == (0, 100_000)


@pytest.mark.hazard("H21")
def test_witness_who_handled_another_register_is_not_apart() -> None:
    book, _ = authorised()
    tablets = "cd-diamorphine-tablet-100mg"
    when = book.journal[-1][1]._replace(staff=EVE)
    book.site = take_out(book.site, tablets, 100_000, when)
    refused = book.refusal("register.destroy", DESTROY, WITNESSED)
    assert (refused.code, refused.values["register"]) == ("witness-apart", tablets)


@pytest.mark.hazard("H21")
@pytest.mark.parametrize(
    ("now", "allowed"),
    [
        pytest.param(NOW - 13 * DAY, False, id="the day before"),
        pytest.param(NOW - 12 * DAY, True, id="the first day"),
        pytest.param(NOW + 15 * DAY, True, id="the last day"),
        pytest.param(NOW + 16 * DAY, False, id="the day after"),
    ],
)
def test_authorisation_holds_from_its_first_day_to_its_last(
    now: datetime, *, allowed: bool
) -> None:
    book, _ = authorised()
    who = by(witness=EVE, now=now)
    # A register that has always been there, so that only the dates decide.
    book.site = book.site.put(replace(book.register(), opened_at=NOW - 99 * DAY))
    if allowed:
        book.tap("register.destroy", DESTROY, who)
    else:
        assert book.refused("register.destroy", DESTROY, who) == "witness-authorised"


@pytest.mark.parametrize(
    ("first", "last", "late", "allowed"),
    [
        pytest.param("2025-01-14", "2025-01-28", timedelta(0), True, id="entered on the day"),
        pytest.param("2025-01-14", "2025-01-28", DAY, False, id="it did not hold then"),
        pytest.param("2025-01-13", "2025-01-13", DAY, False, id="it does not hold now"),
        pytest.param("2025-01-13", "2025-01-14", DAY, True, id="it held then and holds now"),
    ],
)
def test_late_entry_needs_an_authorisation_for_both_days(
    first: str, last: str, late: timedelta, *, allowed: bool
) -> None:
    book, _ = authorised(valid_from=first, valid_to=last)
    who = by(witness=EVE, now=NOW + DAY, late=late)
    if allowed:
        book.tap("register.destroy", DESTROY, who)
    else:
        assert book.refused("register.destroy", DESTROY, who) == "witness-authorised"


def test_authorisation_holds_by_the_days_of_the_place() -> None:
    """At 23:30 UTC on 13 June it is 14 June in London."""
    book, _ = authorised(valid_from="2025-06-14", valid_to="2025-06-14")
    who = by(witness=EVE, now=datetime(2025, 6, 13, 23, 30, tzinfo=UTC))
    book.tap("register.destroy", DESTROY, who)
    assert book.register().destroyed == 300_000


def test_withdrawn_authorisation_allows_nothing() -> None:
    book, key = authorised()
    fields = {"authorisation": key, "reason": "expired"}
    later = by(CY, None, now=NOW + HOUR)
    assert book.tap("destruction_witness.withdraw", fields, later) == [
        WitnessWithdrawn(key, "expired")
    ]
    assert book.site.all_of(DestructionWitness)[key].withdrawn_at == NOW + HOUR
    assert book.refused("register.destroy", DESTROY, WITNESSED) == "witness-authorised"
    assert book.refused("destruction_witness.withdraw", fields, later) == "authorisation-stands"


def test_one_authorisation_that_holds_is_enough() -> None:
    book, key = authorised()
    book.tap("destruction_witness.authorise", {**AUTHORISE, "staff": FAY}, by(CY, None))
    book.tap("destruction_witness.authorise", AUTHORISE, by(CY, None))
    book.tap("destruction_witness.withdraw", {"authorisation": key, "reason": "other"}, by(CY))
    book.tap("register.destroy", DESTROY, WITNESSED)
    book.tap("register.destroy", DESTROY, by(witness=FAY))
    assert book.register().destroyed == 600_000


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"authorisation": "dw-0"}, by(CY), "authorisation-stands", id="none such"),
        pytest.param({"reason": "bored"}, by(CY), "known-withdraw_reasons", id="no such reason"),
        pytest.param({}, given(role=Role.MANAGER), "proof-given", id="logged in only"),
        pytest.param({}, by(BEN), "role-may", id="by a pharmacist"),
    ],
)
def test_authorisation_that_cannot_be_withdrawn_so_stands(
    changed: Fields, who: Given, rule: str
) -> None:
    book, key = authorised()
    fields = {"authorisation": key, "reason": "expired", **changed}
    assert book.refused("destruction_witness.withdraw", fields, who) == rule
