"""Prints of a register: who may, of which premises, and the entry that they leave."""

import pytest

from safelight.run.domain.base import Role
from safelight.run.domain.clinic.printing import (
    PRINTING,
    RegisterPrinted,
    on_printed,
    require_printable,
)
from safelight.run.identity import access
from tests.support.floors import Fields
from tests.support.registers import CY, FAY, HEROIN, by, opened
from tests.support.sites import ADA, BEN

DIGEST, OTHER = "a" * 64, "b" * 64
PRINT: Fields = {
    "register": HEROIN,
    "site": "north",
    "layout": "uk-2001",
    "layout_digest": OTHER,
    "lines": 1,
    "digest": DIGEST,
    "reason": "register_print",
}


@pytest.mark.parametrize("staff", [BEN, CY, FAY], ids=["pharmacist", "manager", "officer"])
def test_print_leaves_an_entry_that_says_what_left(staff: str) -> None:
    book = opened()
    facts = book.tap(
        "register.print", {**PRINT, "first": "2025-01-01", "last": "2025-01-31"}, by(staff, None)
    )
    [fact] = facts
    assert isinstance(fact, RegisterPrinted)
    assert (fact.register, fact.lines, fact.digest, fact.layout) == (HEROIN, 1, DIGEST, "uk-2001")
    assert (str(fact.first), str(fact.last)) == ("2025-01-01", "2025-01-31")


def test_print_changes_nothing_in_the_register() -> None:
    book = opened()
    before = book.register()
    [fact] = book.tap("register.print", PRINT, by(BEN, None))
    assert book.register() == before
    assert isinstance(fact, RegisterPrinted)
    assert on_printed(book.site, fact, book.journal[-1][1]) is book.site


def test_whoever_may_print_is_whom_the_vault_shows_names_for_it() -> None:
    assert PRINTING == access.PRINTING == {Role.PHARMACIST, Role.MANAGER, Role.OFFICER}


def test_nurse_prints_no_names() -> None:
    assert opened().refused("register.print", PRINT, by(ADA, None)) == "role-may"


def test_register_of_other_premises_is_not_printed_here() -> None:
    book = opened()
    refusal = book.refusal("register.print", {**PRINT, "site": "south"}, by(BEN, None))
    assert (refusal.code, refusal.values) == ("print-premises", {"site": "south"})
    assert "north" in refusal.message


def test_unknown_register_is_not_printed() -> None:
    refused = opened().refused("register.print", {**PRINT, "register": "cd-x"}, by(BEN, None))
    assert refused == "register-known"


def test_period_that_ends_before_it_begins_is_refused() -> None:
    fields = {**PRINT, "first": "2025-02-01", "last": "2025-01-31"}
    assert opened().refused("register.print", fields, by(BEN, None)) == "print-period"


def test_print_has_no_more_lines_than_the_register() -> None:
    assert opened().refused("register.print", {**PRINT, "lines": 2}, by(BEN, None)) == "print-lines"


def test_register_can_be_printed_where_it_is_kept() -> None:
    book = opened()
    assert require_printable(book.site, HEROIN, "north") == book.register()
