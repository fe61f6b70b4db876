"""The register: opened, received into, wasted from, counted and corrected, by example."""

import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from msgspec.structs import replace

from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.count import DiscrepancyOpened, RegisterCounted
from safelight.run.domain.clinic.footnote import LineCorrected
from safelight.run.domain.clinic.ledger import is_late, supply, take_out, waste
from safelight.run.domain.clinic.register import (
    LONGEST_ID,
    RegisterOpened,
    StockObtained,
    StockWasted,
)
from safelight.run.domain.register_entities import Discrepancy, Line, Register
from tests.support.floors import Fields
from tests.support.registers import (
    AMPOULE,
    AUTHORISE,
    CY,
    DEE,
    EVE,
    FAY,
    HEROIN,
    OPEN,
    RECEIVE,
    Book,
    by,
    opened,
)
from tests.support.sites import ADA, BEN, NOW, given, protocol

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WASTE: Fields = {"register": HEROIN, "units": 1, "reason": "broken"}
# A command of each kind that two people of those who handle drugs have to stand by.
BEFORE_TWO: list[tuple[str, Fields]] = [
    ("register.open", {**OPEN, "form": "tablet"}),
    ("register.waste", WASTE),
    ("register.count", {"register": HEROIN, "units": 50}),
    ("register.correct", {"line": f"{HEROIN}-1", "was": 0, "now": 0, "reason": "typing_slip"}),
]


def footnote(number: int, was: int, now: int, **details: object) -> Fields:
    """Return a correction of a line."""
    told = {"line": f"{HEROIN}-{number}", "was": was, "now": now, "reason": "typing_slip"}
    return {**told, **details}


def dosed(wasted: int = 10_000) -> Book:
    """Return a book in which 200 mg were prepared, some of it wasted and the rest given."""
    book = opened()
    when = book.journal[-1][1]
    site = take_out(book.site, HEROIN, 200_000, when)
    site = supply(site, HEROIN, 200_000 - wasted, when, person="p-1", prescriber=DEE, session="v-1")
    book.site = waste(site, HEROIN, wasted, when, session="v-1", person="p-1", reason="residue")
    book.keep()
    return book


def without_proof() -> Given:
    """Return two people of whom one is only logged in."""
    return by()._replace(actor=Actor(ADA, Role.NURSE))


# Who


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


def test_prepared_stock_is_not_wasted_from_the_cabinet() -> None:
    book = opened()
    book.site = take_out(book.site, HEROIN, AMPOULE, book.journal[-1][1])
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


# Counts


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
    book.site = take_out(book.site, HEROIN, 2 * AMPOULE, book.journal[-1][1])
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


# Footnotes


def test_footnote_is_the_next_line_and_the_line_points_to_it() -> None:
    book = opened()
    book.tap("register.receive", RECEIVE)
    wrong = book.line(2)
    (fact,) = book.tap("register.correct", footnote(2, 1_000_000, 1_200_000), by(CY, DEE))
    assert fact == LineCorrected(
        register=HEROIN,
        line=f"{HEROIN}-2",
        refers_to=2,
        corrects="received",
        was=1_000_000,
        now=1_200_000,
        reason="typing_slip",
    )
    assert book.line(2) == replace(wrong, corrected_by=3)
    note, register = book.line(3), book.register()
    assert (note.kind, note.refers_to, note.corrects) == ("corrected", 2, "received")
    assert (note.was, note.now, note.change, note.balance) == (
        1_000_000,
        1_200_000,
        200_000,
        6_200_000,
    )
    assert (note.staff, note.witness, note.reason) == (CY, DEE, "typing_slip")
    assert (register.received, register.balance, register.cabinet) == (
        1_200_000,
        6_200_000,
        6_200_000,
    )
    assert register.handlers == (ADA, BEN, CY, DEE)


@pytest.mark.parametrize(
    ("number", "was", "now", "terms"),
    [
        pytest.param(1, 5_000_000, 4_900_000, (4_900_000, 190_000, 10_000), id="opening stock"),
        pytest.param(2, 190_000, 0, (5_000_000, 0, 10_000), id="a dose that was none"),
        pytest.param(2, 190_000, 190_500, (5_000_000, 190_500, 10_000), id="a dose that was more"),
        pytest.param(3, 10_000, 10, (5_000_000, 190_000, 10), id="what was wasted"),
    ],
)
def test_footnote_adjusts_the_term_of_its_line(
    number: int, was: int, now: int, terms: tuple[int, int, int]
) -> None:
    book = dosed()
    book.tap("register.correct", footnote(number, was, now))
    register = book.register()
    assert (register.opening, register.supplied, register.wasted) == terms
    assert register.balance == terms[0] - terms[1] - terms[2]
    assert register.prepared == 0
    assert sum(line.change for line in book.lines()) == register.balance == book.line(4).balance


def test_footnote_to_a_dose_names_its_patient() -> None:
    book = dosed()
    book.tap("register.correct", footnote(2, 190_000, 180_000))
    note = book.line(4)
    assert (note.person, note.prescriber, note.session) == ("p-1", DEE, "v-1")


def test_footnote_is_corrected_by_a_footnote() -> None:
    book = opened()
    book.tap("register.waste", WASTE)
    book.tap("register.correct", footnote(2, 100_000, 300_000))
    refused = book.refusal("register.correct", footnote(2, 100_000, 200_000))
    assert (refused.code, refused.values["corrected_by"]) == ("line-corrected", 3)
    book.tap("register.correct", footnote(3, 300_000, 200_000))
    note = book.line(4)
    assert (note.corrects, note.refers_to, note.change) == ("wasted", 3, 100_000)
    assert (book.register().wasted, book.register().balance) == (200_000, 4_800_000)
    assert [line.corrected_by for line in book.lines()] == [None, 3, 4, None]


def test_details_of_a_delivery_are_put_right() -> None:
    book = opened()
    book.tap("register.receive", RECEIVE)
    details: Fields = {
        "batch": "AB13",
        "expires": date(2026, 2, 28),
        "supplier": "Another Ltd",
        "address": "2 Works Road",
        "document": "Invoice 78",
    }
    book.tap("register.correct", footnote(2, 1_000_000, 1_000_000, **details))
    note = book.line(3)
    assert {name: getattr(note, name) for name in details} == details
    assert (note.change, note.balance) == (0, 6_000_000)
    same = footnote(3, 1_000_000, 1_000_000, batch="AB13", supplier="Another Ltd")
    assert book.refused("register.correct", same) == "footnote-changes"
    book.tap("register.correct", {**same, "batch": "AB14"})
    assert (book.line(4).batch, book.line(4).corrects) == ("AB14", "received")


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        pytest.param(footnote(9, 1, 2), "line-known", id="no such line"),
        pytest.param(footnote(2, 190_001, 180_000), "line-says", id="it says something else"),
        pytest.param(footnote(2, 190_000, 190_000), "footnote-changes", id="nothing changes"),
        pytest.param(
            footnote(2, 190_000, 1, document="x"), "footnote-details", id="a dose has no invoice"
        ),
        pytest.param(
            footnote(1, 5_000_000, 4_950_000), "whole-units", id="half an ampoule of stock"
        ),
        pytest.param(
            footnote(1, 5_000_000, 100_000), "footnote-possible", id="less than has gone out"
        ),
        pytest.param(footnote(1, 5_000_000, 10**12), None, id="as much as a register holds"),
        pytest.param(
            footnote(2, 190_000, 4_990_001), "footnote-possible", id="more than there ever was"
        ),
        pytest.param(footnote(2, 190_000, 4_990_000), None, id="all that there was"),
        pytest.param(
            {**footnote(2, 190_000, 1), "reason": "because"},
            "known-register_correction_reasons",
            id="no such reason",
        ),
        pytest.param(footnote(4, 0, 1), "line-movement", id="a count"),
    ],
)
def test_footnote_is_written_or_refused(told: Fields, rule: str | None) -> None:
    book = dosed()
    book.tap("register.count", {"register": HEROIN, "units": 48})
    if rule:
        assert book.refused("register.correct", told) == rule
    else:
        book.tap("register.correct", told)
        assert book.register().cabinet >= 0


def test_footnote_is_dated_by_its_writing() -> None:
    assert dosed().refused("register.correct", footnote(2, 190_000, 1), by(late=HOUR)) == (
        "written-now"
    )


def test_footnote_never_overfills_a_register() -> None:
    book = opened()
    book.tap("register.receive", RECEIVE)
    most = 10**12 - 5_000_000
    told = footnote(2, 1_000_000, most + AMPOULE)
    assert book.refused("register.correct", told) == "register-holds"
    book.tap("register.correct", footnote(2, 1_000_000, most))
    assert book.register().balance == 10**12


def test_delivery_that_never_came_is_corrected_to_nothing() -> None:
    book = opened()
    book.tap("register.receive", RECEIVE)
    book.tap("register.correct", footnote(2, 1_000_000, 0))
    assert (book.register().received, book.register().balance) == (0, 5_000_000)


def test_destruction_is_corrected_before_an_authorised_witness_too() -> None:
    """Or a footnote could destroy what no such witness has seen."""
    book = opened()
    book.tap("destruction_witness.authorise", AUTHORISE, by(CY, None))
    destroy = {"register": HEROIN, "units": 2, "reason": "expired", "method": "denaturing_kit"}
    book.tap("register.destroy", destroy, by(witness=EVE))
    told = footnote(2, 200_000, 300_000)
    assert book.refused("register.correct", told) == "witness-may"
    half = {**told, "now": 250_000}
    assert book.refused("register.correct", half, by(witness=EVE)) == "whole-units"
    book.tap("register.correct", told, by(witness=EVE))
    assert (book.register().destroyed, book.register().balance) == (300_000, 4_700_000)
    book.tap("register.correct", footnote(3, 300_000, 0), by(witness=EVE))
    assert (book.register().destroyed, book.register().balance) == (0, 5_000_000)
    assert EVE not in book.register().handlers


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
