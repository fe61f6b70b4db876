"""Footnotes that correct lines of the register, by example."""

from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from safelight.run.domain.clinic.footnote import LineCorrected
from safelight.run.domain.dosing_entities import Patient
from tests.support.clinic import ANN, BEA, Clinic
from tests.support.floors import Fields
from tests.support.registers import (
    AMPOULE,
    AUTHORISE,
    CY,
    DEE,
    EVE,
    HEROIN,
    RECEIVE,
    WASTE,
    by,
    dosed,
    footnote,
    opened,
)
from tests.support.sites import ADA, BEN

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


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


@pytest.mark.parametrize(
    ("now", "locks"), [pytest.param(200_000, True, id="more"), pytest.param(10, False, id="less")]
)
def test_footnote_that_makes_a_dose_larger_locks_until_a_review(now: int, *, locks: bool) -> None:
    """Its patient had more than any limit was told."""
    book = dosed()
    book.site = book.site.put(Patient("p-1")).settled()
    book.tap("register.correct", footnote(2, 190_000, now))
    patient = book.site.all_of(Patient)["p-1"]
    assert (patient.locked_for == ("more_given",)) is locks


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


def test_footnote_to_what_was_wasted_of_a_dose_locks_nobody() -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.account(50_000, wasted=150_000)
    told = {"line": f"{HEROIN}-3", "was": 150_000, "now": 160_000, "reason": "typing_slip"}
    facts = clinic.do("register.correct", ANN, BEA, **told)
    assert [type(fact) for fact in facts] == [LineCorrected]
    assert clinic.patient().locked_at is None
