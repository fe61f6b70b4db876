"""The printed register: every word of the sheet is there, tagged as what it is, none is lost."""

import re
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.kernel.errors import Invalid
from safelight.run.register.letters import stands_alone, tidy
from safelight.run.register.plain import Plain, ShapeError
from safelight.run.register.press import to_pdf
from safelight.run.register.sheet import Sheet, sheet_of
from safelight.run.register.typesetter import Asked, Told, typeset
from tests.support.pdf import Element, Reader
from tests.support.prints import GERMAN, UK, a_line, a_register, about, book, layout, sheet

MADE = datetime(2025, 2, 14, 9, 30, tzinfo=UTC)
ARABIC = "\u0645\u062d\u0645\u062f \u0627\u0644\u0637\u0648\u064a\u0644"


def printed(found: Sheet) -> list[Element]:
    return Reader(to_pdf(found, MADE)).elements()


def tables(elements: list[Element]) -> list[list[list[str]]]:
    """Return tables as rows of cells; one that spans several columns counts as often."""
    found: list[list[list[str]]] = []
    for each in elements:
        if each.tag == "Table":
            found.append([])
        elif each.tag == "TR":
            found[-1].append([])
        elif each.tag in {"TH", "TD"}:
            found[-1][-1] += [each.text.strip()] * each.span
    return found


@pytest.mark.parametrize("name", [UK, GERMAN])
def test_every_cell_of_the_sheet_is_in_the_print(name: str) -> None:
    wanted = sheet(book(), name)
    found = tables(printed(wanted))
    assert found == [
        [[column.head for column in table.columns], *(list(row.cells) for row in table.rows)]
        for table in wanted.tables
    ]


def test_document_is_tagged_from_title_to_sums() -> None:
    elements = printed(sheet(book(), printed_at=MADE, printed_by="Ben"))
    headings = [each.text for each in elements if each.tag in {"H1", "H2"}]
    assert headings == [
        "Controlled drugs register",
        "Part I: drugs obtained",
        "Part II: drugs supplied, by way of administration or otherwise",
        "Part III: wastage, destruction, stock checks and corrections",
    ]
    texts = [each.text for each in elements if each.tag == "P"]
    assert texts[0] == "PremisesNorth"
    assert texts[3] == "Printed14 February 2025, 09:30 by Ben"
    assert texts[-1] == "Balance after the last of them (mg)6,259.5"
    assert elements[0].tag == "Document"


def test_footnote_follows_the_table_of_its_line_on_the_same_page() -> None:
    elements = printed(sheet(book()))
    [place] = [nth for nth, each in enumerate(elements) if each.text.startswith("* Line 3")]
    line = next(each for each in elements if each.text == "3*")
    assert elements[place].page == line.page
    assert elements[place - 1].tag == "TD"
    assert elements[place].text.endswith("witnessed by s-ben; line 10.")


def test_empty_part_says_so_and_month_end_print_is_signed() -> None:
    nothing = sheet_of(a_register(), [], layout(GERMAN), about())
    texts = [each.text for each in printed(nothing) if each.tag == "P"]
    assert "Keine Bestandsänderung." in texts
    assert texts[-2:] == ["Prüfdatum", "Namenszeichen der verantwortlichen Person"]


def test_neighbours_that_say_the_same_are_one_wide_cell() -> None:
    elements = printed(sheet(book()))
    wide = [each for each in elements if each.span == 3]
    assert {each.text for each in wide} == {"not applicable: administered on premises"}


def test_file_says_what_it_is_in_its_language() -> None:
    reader = Reader(to_pdf(sheet(book(), GERMAN), MADE))
    assert b"/Lang(de-DE)" in reader.catalog
    assert b"/MarkInfo<</Marked true>>" in reader.catalog
    assert b"/DisplayDocTitle true" in reader.catalog
    metadata = reader.data_of_plain("Metadata")
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "Nachweis über Verbleib und Bestand von Betäubungsmitteln" in metadata
    info = reader.get(reader.to("Info", reader.trailer))
    title = "Nachweis über Verbleib und Bestand von Betäubungsmitteln".encode("utf-16-be")
    assert b"/Title<feff" + title.hex().encode() + b">" in info
    assert b"/CreationDate(D:20250214093000Z)" in info


def test_same_sheet_gives_the_same_file() -> None:
    wanted = sheet(book())
    assert to_pdf(wanted, MADE) == to_pdf(wanted, MADE)


def many(count: int, **fields: object) -> Sheet:
    lines = [
        a_line(n, "opening" if n == 1 else "received", 5, 5 * n, **fields)
        for n in range(1, count + 1)
    ]
    return sheet_of(a_register(), lines, layout(), about())


def test_long_part_has_its_headings_on_every_page_and_knows_how_many_there_are() -> None:
    told: list[int] = []
    pdf = to_pdf(many(200, supplier="Maker", address="Here"), MADE, progress=told.append)
    reader = Reader(pdf)
    elements = reader.elements()
    heads = [each.page for each in elements if each.text == "Date supply received"]
    assert heads == list(range(len(reader.pages) - 2))
    assert told[-1] == 200
    numbers = [each.text for each in elements if each.tag == "TD"][::7]
    assert numbers == [str(n) for n in range(1, 201)]
    assert f"Page {len(reader.pages)} of {len(reader.pages)}" in reader.aside(-1)
    assert "diamorphine, ampoule, 100 mg · North" in reader.aside(3)


def test_long_text_is_broken_into_lines_and_none_of_it_is_lost() -> None:
    word = "W" * 300
    elements = printed(many(2, supplier="in " + word, address="on a hyphen-" * 40 + "end"))
    text = next(each.text for each in elements if "WWW" in each.text)
    assert text == f"in {word}, {'on a hyphen-' * 40}end"


def test_nothing_in_a_name_is_read_as_markup_or_as_a_part_of_the_file() -> None:
    nasty = '#import "x": * $a$ \\ (1 0 R) >>endobj endstream /Artifact EMC ) Tj [b] *c* _d_ <e>'
    elements = printed(many(2, supplier=nasty, address="x"))
    assert nasty + ", x" in [each.text for each in elements]


def test_letters_of_several_writings_stand_where_they_should() -> None:
    name = "Łódź Ελένη Жук Ñandú Þór"
    assert f"{name}, x" in [each.text for each in printed(many(2, supplier=name, address="x"))]


def test_writing_whose_letters_join_is_set_whole_and_stays_text() -> None:
    pdf = to_pdf(many(2, supplier=ARABIC, address="x"), MADE)
    reader = Reader(pdf)
    assert f"{ARABIC}, x" in [each.text for each in reader.elements()]
    assert b"/Subtype/Form" in b"".join(reader.get(n) for n in reader.drawn_whole())


def test_letters_of_a_second_font_stand_among_those_of_the_first() -> None:
    name = "Maker \u2590\u2591 & \u25e7 Sons"  # blocks and a half-black square
    reader = Reader(to_pdf(many(2, supplier=name, address="x"), MADE))
    assert f"{name}, x" in [each.text for each in reader.elements()]
    assert reader.fonts_of(0) >= {"R0", "R1", "B0"}


def test_line_that_fills_more_than_a_page_is_refused_and_never_cut_off() -> None:
    narrow = msgspec.structs.replace(layout().part[0].column[2], width=1)
    columns = (*layout().part[0].column[:2], narrow, *layout().part[0].column[3:])
    part = msgspec.structs.replace(layout().part[0], column=columns)
    wide = msgspec.structs.replace(layout(), part=(part, *layout().part[1:]))
    lines = [a_line(1, "received", 5, 5, supplier="word " * 24, address="word " * 200)]
    with pytest.raises(Invalid) as caught:
        to_pdf(sheet_of(a_register(), lines, wide, about()), MADE)
    assert (caught.value.code, caught.value.values) == ("register-column", {"line": 1})


def test_line_that_does_not_fit_under_the_facts_begins_the_next_page() -> None:
    address = "word " * 190 + "end"
    lines = [a_line(1, "received", 5, 5, supplier="A", address=address)]
    column = msgspec.structs.replace(layout().part[0].column[2], width=8)
    columns = (*layout().part[0].column[:2], column, *layout().part[0].column[3:])
    part = msgspec.structs.replace(layout().part[0], column=columns)
    wide = msgspec.structs.replace(layout(), part=(part, *layout().part[1:]))
    elements = printed(sheet_of(a_register(), lines, wide, about()))
    [page] = [each.page for each in elements if each.text.startswith("A, word")]
    assert page == 1


def test_letters_that_no_font_has_are_refused_and_not_repeated() -> None:
    secret = "\U00013000\U00013001"  # hieroglyphs
    with pytest.raises(Invalid) as caught:
        printed(many(2, supplier=secret, address="x"))
    assert caught.value.code == "register-letters"
    assert secret[0] not in str(caught.value)


def test_what_cannot_be_set_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/true")
    with pytest.raises(Invalid) as caught:
        printed(sheet(book()))
    assert caught.value.code == "register-pdf"


def test_letters_in_a_shape_that_nobody_expects_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def another(_: Asked) -> Told:
        return Told(letters=b"%PDF-2.0", bold=b"%PDF-2.0")

    monkeypatch.setattr("safelight.run.register.letters.typeset", another)
    with pytest.raises(Invalid) as caught:
        printed(sheet(book()))
    assert caught.value.code == "register-pdf"


@pytest.mark.parametrize(
    "damage",
    [
        lambda pdf: pdf[:-8],
        lambda pdf: pdf.replace(b"xref\n0", b"xref\n1"),
        lambda pdf: pdf.replace(b"1 0 obj", b"9 0 obj", 1),
        lambda pdf: pdf.replace(b"/Kids[", b"/Boys["),
    ],
    ids=["cut off", "another index", "another number", "no pages"],
)
def test_pdf_of_another_shape_is_never_taken_apart(damage: object) -> None:
    pdf = typeset(Asked("en", letters="ab")).letters
    assert Plain(pdf).pages
    with pytest.raises(ShapeError):
        Plain(damage(pdf))  # type: ignore[operator]


def test_tidy_text_is_in_one_piece() -> None:
    assert tidy("plain") == "plain"
    assert tidy("a\tb\r\nc\u00a0d\u200be\u0301") == "a b c d é"


def test_marks_and_writings_that_join_do_not_stand_alone() -> None:
    alone = [letter for letter in "aÉßЖΩ—€中\u0301\u0627\u05d0\u0e01\u200d" if stands_alone(letter)]
    assert "".join(alone) == "aÉßЖΩ—€中"


LETTERS = st.text(st.sampled_from("aB0 -.,'()<>[]\\/%#$*éßŁЖΩ"), max_size=60)


@given(texts=st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_comes_back_out_of_a_print_as_it_went_in(texts: list[tuple[str, str]]) -> None:
    lines = [
        a_line(n, "received", 5, 5 * n, supplier=one, address=other, document="x", batch="y")
        for n, (one, other) in enumerate(texts, 1)
    ]
    found = sheet_of(a_register(), lines, layout(), about())
    names = [row[2] for row in tables(printed(found))[0][1:]]
    assert names == [tidy(f"{one}, {other}").strip() for one, other in texts]


def test_sheet_is_not_changed_by_printing() -> None:
    wanted = sheet(book())
    before = msgspec.json.encode(wanted)
    to_pdf(wanted, MADE)
    assert msgspec.json.encode(wanted) == before
    assert re.fullmatch(r"\d+", wanted.tables[0].rows[0].cells[0])
