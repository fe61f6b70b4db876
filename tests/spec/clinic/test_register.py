"""The register: opened, received into, wasted from, counted and corrected, by example."""

import re
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

import pytest

from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.ledger import is_late, take_out
from safelight.run.domain.clinic.register import (
    LONGEST_ID,
    RegisterOpened,
    StockObtained,
    StockWasted,
)
from safelight.run.domain.register_entities import Line, Register
from tests.support.floors import Fields
from tests.support.registers import (
    AMPOULE,
    EVE,
    FAY,
    HEROIN,
    OPEN,
    RECEIVE,
    WASTE,
    Book,
    by,
    dosed,
    footnote,
    opened,
)
from tests.support.sites import ADA, BEN, NOW, given, protocol

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# A command of each kind that two people of those who handle drugs have to stand by.
BEFORE_TWO: list[tuple[str, Fields]] = [
    ("register.open", {**OPEN, "form": "tablet"}),
    ("register.waste", WASTE),
    ("register.count", {"register": HEROIN, "units": 50}),
    ("register.correct", {"line": f"{HEROIN}-1", "was": 0, "now": 0, "reason": "typing_slip"}),
]


def without_proof() -> Given:
    """Return two people of whom one is only logged in."""
    return by()._replace(actor=Actor(ADA, Role.NURSE))


# Who


@pytest.mark.hazard("H20")
@pytest.mark.parametrize(("name", "fields"), BEFORE_TWO, ids=[name for name, _ in BEFORE_TWO])
@pytest.mark.parametrize(
    ("who", "rule"),
    [
        pytest.param(by(witness=None), "witness-present", id="alone"),
        pytest.param(by(witness=ADA), "witness-different", id="with themselves"),
        pytest.param(by(witness=EVE), "witness-may", id="with somebody who handles none"),
        pytest.param(by(witness=FAY), "witness-may", id="with the accountable officer"),
        pytest.param(without_proof(), "proof-given", id="logged in only"),
        pytest.param(
            by()._replace(witness=Actor(BEN, Role.PHARMACIST, NOW - HOUR)),
            "proof-fresh",
            id="with an old second factor",
        ),
    ],
)
def test_two_people_stand_there(name: str, fields: Fields, who: Given, rule: str) -> None:
    assert opened().refused(name, fields, who) == rule


@pytest.mark.parametrize("role", [Role.WORKER, Role.OFFICER, Role.WITNESS, Role.ANALYST])
@pytest.mark.parametrize(("name", "fields"), [*BEFORE_TWO, ("register.receive", RECEIVE)])
def test_only_those_who_handle_drugs_write(name: str, fields: Fields, role: Role) -> None:
    who = by()._replace(actor=Actor(ADA, role, NOW))
    assert opened().refused(name, fields, who) == "role-may"


# Opening


def test_register_opens_with_what_two_people_counted() -> None:
    book = Book()
    (fact,) = book.tap("register.open", OPEN)
    assert fact == RegisterOpened(HEROIN, "diamorphine", "ampoule", AMPOULE, 50)
    register = book.register()
    assert (register.opening, register.balance, register.cabinet) == (5_000_000,) * 3
    assert (register.opened_at, register.counted_at, register.handlers) == (NOW, NOW, (ADA, BEN))
    assert book.lines() == [
        Line(
            id=f"{HEROIN}-1",
            register=HEROIN,
            number=1,
            seq=1,
            kind="opening",
            at=NOW,
            recorded_at=NOW,
            staff=ADA,
            change=5_000_000,
            balance=5_000_000,
            witness=BEN,
            units=50,
        )
    ]


def test_register_of_nothing_is_opened_too() -> None:
    book = Book({**OPEN, "units": 0})
    assert (book.line(1).change, book.line(1).balance, book.register().balance) == (0, 0, 0)


@pytest.mark.parametrize(
    ("drug", "form", "strength", "key"),
    [
        ("hydromorphone", "tablet", 500, "cd-hydromorphone-tablet-0-5mg"),
        ("hydromorphone", "tablet", 1, "cd-hydromorphone-tablet-0-001mg"),
        ("diamorphine", "vial_big", 10_000_000, "cd-diamorphine-vial-big-10000mg"),
        ("diamorphine", "a" * 33, 1_000, f"cd-diamorphine-{'a' * 33}-1mg"),
    ],
)
def test_id_can_be_read_aloud(drug: str, form: str, strength: int, key: str) -> None:
    pack = protocol(words={"drugs": (drug,), "drug_forms": (form,)})
    book = Book()
    fields = {"drug": drug, "form": form, "strength": strength}
    book.tap("register.open", fields, by(pack=pack))
    assert list(book.site.all_of(Register)) == [key]


def test_id_leaves_room_for_the_number_of_a_line() -> None:
    """An id has at most 64 characters; a longer one ends in a digest."""
    pack = protocol(words={"drug_forms": ("a" * 33,)})
    book = Book()
    fields = {"drug": "diamorphine", "form": "a" * 33, "strength": 10_000}
    book.tap("register.open", fields, by(pack=pack))
    (key,) = book.site.all_of(Register)
    assert re.fullmatch("cd-diamorphine-a{16}-[0-9a-f]{20}", key)
    assert len(key) == LONGEST_ID == 64 - len("-10000000000")


def test_two_registers_never_share_an_id() -> None:
    """Where only the parting of the words differs, the second gets another id."""
    pack = protocol(words={"drugs": ("a_b", "a"), "drug_forms": ("c", "b_c")})
    book = Book()
    for drug, form in (("a_b", "c"), ("a", "b_c")):
        fields = {"drug": drug, "form": form, "strength": 1_000}
        book.tap("register.open", fields, by(pack=pack))
    first, second = sorted(book.site.all_of(Register))
    assert first == "cd-a-b-c-1mg"
    assert second.startswith("cd-a-b-c-1mg-")
    assert book.register(second).form == "b_c"


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({}, by(), "register-once", id="a second time"),
        pytest.param({"drug": "cocaine"}, by(), "known-drugs", id="no such drug"),
        pytest.param({"form": "powder"}, by(), "known-drug_forms", id="no such form"),
        pytest.param({"strength": 0}, by(), "register-strength", id="no strength"),
        pytest.param(
            {"strength": 10**7, "units": 100_001}, by(), "register-holds", id="more than a tonne"
        ),
        pytest.param({"form": "tablet"}, by(late=HOUR), "written-now", id="for an hour ago"),
    ],
)
def test_register_that_cannot_be_opened_so_is_not(changed: Fields, who: Given, rule: str) -> None:
    assert opened().refused("register.open", {**OPEN, **changed}, who) == rule


def test_other_strength_or_form_has_a_register_of_its_own() -> None:
    book = opened({**OPEN, "strength": 10_000}, {**OPEN, "form": "tablet", "units": 3})
    assert book.register("cd-diamorphine-ampoule-10mg").balance == 500_000
    assert book.register("cd-diamorphine-tablet-100mg").balance == 300_000
    assert book.register().balance == 5_000_000


def test_drug_by_mouth_has_a_register_too() -> None:
    book = Book({"drug": "methadone", "form": "tablet", "strength": 5_000, "units": 2})
    assert book.register("cd-methadone-tablet-5mg").balance == 10_000


# Receipts


def test_delivery_is_a_line_with_who_it_came_from() -> None:
    book = opened()
    (fact,) = book.tap("register.receive", RECEIVE, by(witness=None))
    assert isinstance(fact, StockObtained)
    assert (fact.quantity, fact.expires) == (1_000_000, date(2026, 1, 31))
    register, line = book.register(), book.line(2)
    assert (register.received, register.balance, register.cabinet) == (
        1_000_000,
        6_000_000,
        6_000_000,
    )
    assert (line.kind, line.change, line.balance, line.units) == (
        "received",
        1_000_000,
        6_000_000,
        10,
    )
    assert (line.supplier, line.address) == ("Maker Ltd", "1 Works Road, Leeds")
    assert (line.document, line.batch, line.expires) == ("Invoice 77", "AB12", date(2026, 1, 31))
    assert (line.staff, line.witness, line.requisition) == (ADA, None, None)


@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"register": "cd-none"}, by(), "register-known", id="no such register"),
        pytest.param({"units": 0}, by(), "whole-units", id="nothing"),
        pytest.param({"units": 10**6}, by(), None, id="a hundred kilograms"),
        pytest.param({"requisition": "rq-1"}, by(), "requisition-open", id="no such requisition"),
        pytest.param({}, by(late=2 * HOUR), "since-opening", id="before the register was opened"),
        pytest.param({}, by(late=HOUR), None, id="as the register was opened"),
        pytest.param({}, given(role=Role.NURSE), "proof-given", id="logged in only"),
        pytest.param({}, by(witness=ADA), "witness-different", id="with themselves"),
        pytest.param({}, by(witness=EVE), "witness-may", id="with somebody who may not"),
    ],
)
def test_delivery_is_entered_or_refused(changed: Fields, who: Given, rule: str | None) -> None:
    book, fields = opened(), {**RECEIVE, **changed}
    if rule:
        assert book.refused("register.receive", fields, who) == rule
    else:
        book.tap("register.receive", fields, who)
        assert book.register().lines == 2


def test_register_never_holds_more_than_its_fields_can() -> None:
    book = Book({**OPEN, "strength": 10**6, "units": 999_999})
    key = "cd-diamorphine-ampoule-1000mg"
    fields = {**RECEIVE, "register": key}
    assert book.refused("register.receive", {**fields, "units": 2}) == "register-holds"
    book.tap("register.receive", {**fields, "units": 1})
    assert book.register(key).balance == 10**12
    assert book.refused("register.receive", {**fields, "units": 1}) == "register-holds"


@pytest.mark.hazard("H26")
def test_late_entry_is_accepted_keeps_both_times_and_is_flagged() -> None:
    book = opened()
    later = NOW + 3 * DAY
    book.tap("register.receive", RECEIVE, by(now=later, late=3 * DAY))
    line = book.line(2)
    assert (line.at, line.recorded_at) == (NOW, later)
    assert is_late(line, "Europe/London", protocol())
    assert not is_late(book.line(1), "Europe/London", protocol())


# Wastage of the cabinet


def test_broken_ampoule_is_wasted() -> None:
    book = opened()
    assert book.tap("register.waste", WASTE) == [StockWasted(HEROIN, AMPOULE, "broken")]
    line = book.line(2)
    assert (line.kind, line.change, line.balance) == ("wasted", -AMPOULE, 4_900_000)
    assert (line.reason, line.session, line.witness) == ("broken", None, BEN)
    assert (book.register().wasted, book.register().cabinet) == (AMPOULE, 4_900_000)


@pytest.mark.hazard("H23")
@pytest.mark.parametrize(
    ("changed", "who", "rule"),
    [
        pytest.param({"register": "cd-none"}, by(), "register-known", id="no such register"),
        pytest.param({"reason": "loss"}, by(), "known-wastage_reasons", id="a loss is no waste"),
        pytest.param({"units": 0}, by(), "whole-units", id="nothing"),
        pytest.param({"units": 51}, by(), "cabinet-holds", id="more than there is"),
        pytest.param({"part": 1}, by(), "part-left", id="part of a whole ampoule"),
        pytest.param({}, by(late=2 * HOUR), "since-opening", id="before it was opened"),
    ],
)
def test_wastage_that_cannot_be_is_refused(changed: Fields, who: Given, rule: str) -> None:
    assert opened().refused("register.waste", {**WASTE, **changed}, who) == rule


def test_all_of_the_cabinet_can_be_wasted_and_no_more() -> None:
    book = opened()
    book.tap("register.waste", {**WASTE, "units": 50}, by(late=HOUR))
    assert book.register().balance == 0
    assert book.refused("register.waste", WASTE) == "cabinet-holds"


@pytest.mark.hazard("H23")
def test_prepared_stock_is_not_wasted_from_the_cabinet() -> None:
    book = opened()
    book.move(partial(take_out, register_id=HEROIN, quantity=AMPOULE))
    assert book.refused("register.waste", {**WASTE, "units": 50}) == "cabinet-holds"
    book.tap("register.waste", {**WASTE, "units": 49})
    assert (book.register().cabinet, book.register().prepared) == (0, AMPOULE)


def test_part_that_a_footnote_left_in_the_book_is_wasted_and_nothing_else() -> None:
    book = dosed()
    book.tap("register.correct", footnote(2, 190_000, 150_000))
    assert book.register().cabinet == 4_840_000
    part = {**WASTE, "units": 0}
    refused = book.refusal("register.waste", {**part, "part": 40_001})
    assert (refused.code, refused.values["left"]) == ("part-left", 40_000)
    book.tap("register.waste", {**part, "part": 40_000})
    assert book.register().cabinet == 4_800_000
    book.tap("register.correct", footnote(2 + 2, 150_000, 110_000))
    book.tap("register.waste", {**WASTE, "units": 2, "part": 40_000})
    assert (book.register().cabinet, book.register().wasted) == (4_600_000, 290_000)


def test_part_makes_up_for_no_whole_unit() -> None:
    book = dosed()
    book.tap("register.correct", footnote(2, 190_000, 130_000))
    assert book.register().cabinet == 4_860_000
    too_much = {**WASTE, "units": 49, "part": 60_000}
    assert book.refused("register.waste", too_much) == "cabinet-holds"


# The whole


def test_numbers_have_no_gaps_and_the_journal_gives_the_same_register() -> None:
    book = opened({**OPEN, "form": "tablet"})
    tablets = "cd-diamorphine-tablet-100mg"
    for key in (HEROIN, tablets, HEROIN):
        book.tap("register.receive", {**RECEIVE, "register": key})
        book.tap("register.waste", {**WASTE, "register": key})
        book.tap("register.count", {"register": key, "units": 60})
    book.tap("register.correct", footnote(2, 1_000_000, 900_000))
    for key in (HEROIN, tablets):
        lines = book.lines(key)
        assert [line.number for line in lines] == list(range(1, len(lines) + 1))
        assert [after.balance - before.balance for before, after in pairwise(lines)] == [
            line.change for line in lines[1:]
        ]
        assert book.replayed().parts["register"][key] == book.register(key)
