"""What a print says: order, parts, balances, lateness, footnotes, periods and names."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from safelight.run.identity.records import Identity, Missing
from safelight.run.register.export import to_csv
from safelight.run.register.names import people_named
from safelight.run.register.sheet import About, Row, Sheet, sheet_of, written_between
from safelight.run.register.wording import filled, milligrams
from tests.support.prints import (
    GERMAN,
    UK,
    a_line,
    a_register,
    about,
    book,
    layout,
    sheet,
)
from tests.support.registers import AMPOULE, opened
from tests.support.sites import NOW

NOT_APPLICABLE = "not applicable: administered on premises"
JANUARY, FEBRUARY = (date(2025, 1, 1), date(2025, 1, 31)), (date(2025, 2, 1), date(2025, 2, 28))


def rows(found: Sheet) -> dict[int, Row]:
    return {row.number: row for table in found.tables for row in table.rows}


def test_every_line_stands_in_one_part_in_the_order_of_writing() -> None:
    found = sheet(book())
    numbers = [[row.number for row in table.rows] for table in found.tables]
    assert numbers == [[1, 2, 11], [3, 5, 6], [4, 7, 8, 9, 10]]
    [whole] = sheet(book(), GERMAN).tables
    assert [row.number for row in whole.rows] == list(range(1, 12))


def test_supply_has_the_headings_of_regulation_19_and_says_what_does_not_apply() -> None:
    found = sheet(book())
    assert [column.head for column in found.tables[1].columns] == [
        "Line",
        "Date supplied",
        "Name and address of person or firm supplied",
        "Authority to possess: prescriber or licence holder",
        "Quantity supplied (mg)",
        "Person collecting",
        "Proof of identity requested",
        "Proof of identity provided",
        "Balance (mg)",
        "Entered by",
    ]
    assert rows(found)[3].cells[5:8] == (NOT_APPLICABLE,) * 3


def test_supply_outside_a_session_never_says_that_it_was_administered_here() -> None:
    line = a_line(1, "supplied", -100_000, 5, person="p-1")
    [row] = rows(sheet_of(a_register(), [line], layout(UK), about())).values()
    assert row.cells[5:8] == ("not recorded",) * 3


def test_dose_by_mouth_was_taken_here() -> None:
    here = "not applicable: administered on premises"
    assert rows(sheet(book()))[6].cells[5:8] == (here,) * 3


def test_late_line_says_when_it_took_place_and_that_it_was_entered_late() -> None:
    assert rows(sheet(book()))[5].cells[1] == ("10 January 2025 (entered late, on 13 January 2025)")
    assert rows(sheet(book(), GERMAN))[5].cells[1] == "10.01.2025 (nachgetragen am 13.01.2025)"


@pytest.mark.parametrize(
    ("name", "days", "late"), [(UK, 1, False), (UK, 2, True), (GERMAN, 0, False), (GERMAN, 1, True)]
)
def test_lateness_is_what_the_layout_s_law_calls_late(name: str, days: int, *, late: bool) -> None:
    line = a_line(1, "opening", 5, 5, at=NOW - timedelta(days=days))
    [row] = rows(sheet_of(a_register(), [line], layout(name), about())).values()
    assert (("late" in row.cells[1]) or ("nachgetragen" in row.cells[1])) == late


def test_footnote_stands_with_the_line_it_corrects_and_states_its_date() -> None:
    found = rows(sheet(book()))
    assert found[3].cells[0] == "3*"
    [note] = found[3].notes
    assert note == (
        "* Line 3, footnote of 13 January 2025: 180 mg is to read 170 mg. Reason: typing slip. "
        "By s-ada, witnessed by s-ben; line 10."
    )
    assert [row.number for row in found.values() if row.notes] == [3]
    assert found[10].cells[2] == "Footnote to line 3: 180 mg is to read 170 mg: typing slip"


def test_footnote_written_after_the_period_is_printed_with_its_line() -> None:
    lines = [
        a_line(1, "opening", 5_000, 5_000),
        a_line(
            2,
            "corrected",
            1_000,
            6_000,
            recorded_at=NOW + timedelta(days=30),
            refers_to=1,
            corrects="opening",
            was=5_000,
            now=6_000,
        ),
    ]
    found = sheet_of(a_register(), lines, layout(), about(first=JANUARY[0], last=JANUARY[1]))
    assert list(rows(found)) == [1]
    assert rows(found)[1].notes[0].startswith("* Line 1, footnote of 12 February 2025")


def test_months_follow_each_other_without_a_gap() -> None:
    made = book()
    first = sheet(made, GERMAN, first=JANUARY[0], last=JANUARY[1])
    second = sheet(made, GERMAN, first=FEBRUARY[0], last=FEBRUARY[1])
    assert (first.lines, second.lines) == (10, 1)
    assert dict(first.summary)["Bestand am Ende des Zeitraums (mg)"] == "5.259,5"
    assert dict(second.summary)["Übertrag (mg)"] == "5.259,5"
    assert dict(second.facts)["Zeitraum der Eintragung"] == "01.02.2025 bis 28.02.2025"


def test_month_in_which_nothing_was_written_carries_the_balance() -> None:
    found = sheet(book(), GERMAN, first=date(2025, 3, 1), last=date(2025, 3, 31))
    assert (found.lines, found.balance) == (0, 6_259_500)
    assert dict(found.summary) == {
        "Übertrag (mg)": "6.259,5",
        "Summe der Zugänge (mg)": "0",
        "Summe der Abgänge (mg)": "0",
        "Bestand am Ende des Zeitraums (mg)": "6.259,5",
    }


def test_time_before_the_register_has_no_balance() -> None:
    assert sheet(book(), last=date(2024, 12, 31)).balance == 0
    assert sheet(book(), first=date(2024, 1, 1), last=date(2024, 12, 31)).balance == 0


def test_days_are_those_of_the_site_and_of_writing() -> None:
    midnight = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in London
    lines = [
        a_line(1, "opening", 5, 5, at=midnight - timedelta(days=40), recorded_at=midnight),
    ]
    july = (date(2025, 7, 1), date(2025, 7, 31))
    assert written_between(lines, *july, "Europe/London") == lines
    assert written_between(lines, *july, "UTC") == []


def test_prepared_stock_is_no_line() -> None:
    made = opened()
    before = sheet(made)
    with_prepared = a_register(prepared=3 * AMPOULE)
    assert sheet_of(with_prepared, made.lines(), layout(), about()) == before


def test_names_are_asked_for_once_and_only_those_that_are_shown() -> None:
    asked: list[tuple[str, frozenset[str]]] = []

    def people(keys: frozenset[str]) -> Mapping[str, str]:
        asked.append(("people", keys))
        return {"p-1": "Mary Made-up, 1 Invented Row"}

    def staff(keys: frozenset[str]) -> Mapping[str, str]:
        asked.append(("staff", keys))
        return {"s-dee": "Dr Dee"}

    made = book()
    found = sheet_of(made.register(), made.lines(), layout(), about(), people=people, staff=staff)
    assert asked == [
        ("people", frozenset({"p-1"})),
        ("staff", frozenset({"s-ada", "s-ben", "s-dee"})),
    ]
    assert rows(found)[3].cells[2:4] == ("Mary Made-up, 1 Invented Row", "Dr Dee, order rx-1")
    february = about(first=FEBRUARY[0], last=FEBRUARY[1])
    sheet_of(made.register(), made.lines(), layout(), february, people=people, staff=staff)
    assert asked[2] == ("people", frozenset())


def test_who_cannot_be_named_is_said_to_be_so_in_the_layout_s_words() -> None:
    found: dict[str, Identity | Missing] = {
        "p-1": Identity("Mary Made-up", ("1 Invented Row", "Leeds")),
        "p-2": Missing.ERASED,
        "p-3": Missing.NOT_RECORDED,
        "p-4": Missing.UNREADABLE,
    }
    assert people_named(found, layout(GERMAN)) == {
        "p-1": "Mary Made-up, 1 Invented Row, Leeds",
        "p-2": "Name gelöscht (p-2)",
        "p-3": "Name nicht erfasst (p-3)",
        "p-4": "Name nicht lesbar (p-4)",
    }


def test_facts_say_when_and_by_whom_it_was_printed() -> None:
    summer = datetime(2025, 7, 1, 22, 30, tzinfo=UTC)
    facts = dict(sheet(book(), printed_at=summer, printed_by="Ben").facts)
    assert facts["Printed"] == "01 July 2025, 23:30 by Ben"
    assert "Printed" not in dict(sheet(book()).facts)


@pytest.mark.parametrize(
    ("micrograms", "english", "german"),
    [
        (0, "0", "0"),
        (500, "0.5", "0,5"),
        (-20_001, "−20.001", "−20,001"),
        (1_234_567_890, "1,234,567.89", "1.234.567,89"),
    ],
)
def test_quantities_are_exact_in_both_ways_of_writing(
    micrograms: int, english: str, german: str
) -> None:
    assert milligrams(micrograms, layout(UK)) == english
    assert milligrams(micrograms, layout(GERMAN)) == german


def test_what_is_in_brackets_goes_where_a_value_of_it_is_missing() -> None:
    text = "{a}[, {b}][; {a} and {b}]."
    assert filled(text, {"a": "one", "b": "two"}) == "one, two; one and two."
    assert filled(text, {"a": "one", "b": ""}) == "one."


def test_a_value_is_never_read_as_a_pattern() -> None:
    assert filled("[{a}]", {"a": "{b}[c]"}) == "{b}[c]"


def test_what_a_print_says_of_the_premises_does_not_change_the_table() -> None:
    made = book()
    other = About("north", "Another name", "Europe/London", printed_at=NOW)
    again = sheet_of(made.register(), made.lines(), layout(), other)
    assert to_csv(again) == to_csv(sheet(made))
