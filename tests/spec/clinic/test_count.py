"""Counts of controlled drugs, by example."""

from datetime import timedelta
from functools import partial

import pytest

from safelight.run.domain.base import Given
from safelight.run.domain.clinic.count import DiscrepancyOpened, RegisterCounted
from safelight.run.domain.clinic.ledger import take_out
from safelight.run.domain.register_entities import Discrepancy
from tests.support.floors import Fields
from tests.support.registers import (
    AMPOULE,
    HEROIN,
    OPEN,
    Book,
    by,
    opened,
)
from tests.support.sites import ADA, BEN, NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_count_that_agrees_is_a_line_and_nothing_more() -> None:
    book = opened()
    later = NOW + HOUR
    facts = book.tap("register.count", {"register": HEROIN, "units": 50}, by(now=later))
    assert facts == [RegisterCounted(HEROIN, 50, 5_000_000, 5_000_000)]
    line, register = book.line(2), book.register()
    assert (line.kind, line.units, line.counted) == ("counted", 50, 5_000_000)
    assert (line.change, line.balance) == (0, 5_000_000)
    assert (register.balance, register.counted_at, register.discrepancy) == (
        5_000_000,
        later,
        None,
    )


@pytest.mark.parametrize("units", [0, 49, 51])
def test_count_that_differs_opens_a_discrepancy_and_leaves_the_balance(units: int) -> None:
    book = opened()
    counted, difference = book.tap("register.count", {"register": HEROIN, "units": units})
    assert counted == RegisterCounted(HEROIN, units, 5_000_000, units * AMPOULE)
    assert isinstance(difference, DiscrepancyOpened)
    register = book.register()
    assert (register.balance, register.discrepancy) == (5_000_000, difference.discrepancy)
    assert book.site.all_of(Discrepancy)[difference.discrepancy] == Discrepancy(
        id=difference.discrepancy,
        register=HEROIN,
        found_at=NOW,
        staff=ADA,
        witness=BEN,
        expected=5_000_000,
        counted=units * AMPOULE,
    )


def test_second_count_that_differs_opens_no_second_discrepancy() -> None:
    book = opened()
    (_, first) = book.tap("register.count", {"register": HEROIN, "units": 49})
    assert isinstance(first, DiscrepancyOpened)
    for units in (48, 50):
        book.tap("register.count", {"register": HEROIN, "units": units})
        assert book.register().discrepancy == first.discrepancy
        assert len(book.site.all_of(Discrepancy)) == 1


def test_what_is_prepared_is_not_counted() -> None:
    book = opened()
    book.move(partial(take_out, register_id=HEROIN, quantity=2 * AMPOULE))
    (fact,) = book.tap("register.count", {"register": HEROIN, "units": 48})
    assert fact == RegisterCounted(HEROIN, 48, 4_800_000, 4_800_000)
    assert book.register().balance == 5_000_000


@pytest.mark.parametrize(
    ("fields", "who", "rule"),
    [
        pytest.param({"register": "cd-none", "units": 1}, by(), "register-known", id="no register"),
        pytest.param(
            {"register": HEROIN, "units": 50}, by(late=HOUR), "written-now", id="an hour ago"
        ),
    ],
)
def test_count_that_compares_with_nothing_is_refused(fields: Fields, who: Given, rule: str) -> None:
    assert opened().refused("register.count", fields, who) == rule


def test_count_beyond_all_measure_is_a_slip() -> None:
    book = Book({**OPEN, "strength": 10**7, "units": 1})
    fields = {"register": "cd-diamorphine-ampoule-10000mg", "units": 100_001}
    assert book.refused("register.count", fields) == "register-holds"
