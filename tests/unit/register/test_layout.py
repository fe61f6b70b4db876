"""Layouts are data: a third one needs a file and no code, and what would lose a line is refused."""

from pathlib import Path

import pytest

from safelight.kernel.errors import Invalid, Refused
from safelight.run.register.layout import installed_layouts, layout_of, load_layout
from safelight.run.register.sheet import sheet_of
from safelight.wiring import LAYOUTS, PACKS, Home, layouts_of
from tests.support.prints import GERMAN, UK, about, book, layout

SHIPPED = PACKS / LAYOUTS
# Of a country that never was: reads from a counter, sums as it likes, and writes years first.
THIRD = """
[layout]
id = "ruritania"
title = "Giftbuch"
language = "en"
citation = "Made up"
approver = "nobody"
holds_from = 2026-01-01
paper = "a3"
decimal = "'"
group = " "
date = "{year}/{month}/{day}"
late_days = 0
late = "TARDY {entered}"
head = "{register}"
page = "{page}/{pages}"
footnote = "({refers_to}) {was} -> {now}"
statement = "So it is."
signature = ["The Regent"]
fact = [{ label = "Between", show = "{first}~{last}" }]
summary = [{ label = "Rows", show = "{lines}" }]

[[part]]
title = "All of it"
empty = "None."
kinds = ["opening", "received", "supplied", "wasted", "destroyed", "counted", "corrected"]

[[part.column]]
head = "What"
show = { opening = "first", supplied = "to {person}", administered = "into {person}" }
width = 3

[[part.column]]
head = "How much"
show = "{quantity}[ of {batch}]"
width = 1
align = "right"

[terms]
diamorphine = "poppy"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "made-up.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_layouts_that_are_shipped() -> None:
    found = installed_layouts(SHIPPED)
    assert sorted(found) == [GERMAN, UK]
    assert {each.language for each in found.values()} == {"en", "de"}
    assert all(each.citation and each.approver and each.digest for each in found.values())


def test_no_shipped_layout_claims_that_somebody_approved_it() -> None:
    assert layout(UK).approver == "not approved: an example"
    assert layout(GERMAN).approver == "nicht freigegeben: ein Beispiel"


def test_another_country_needs_a_file_and_no_code(tmp_path: Path) -> None:
    third, made = load_layout(written(tmp_path, THIRD)), book()
    sheet = sheet_of(made.register(), made.lines(), third, about())
    [table] = sheet.tables
    assert [row.cells for row in table.rows[:4]] == [
        ("first", "5 000"),
        ("", "1 000 of AB12"),
        ("into p-1", "180"),
        ("", "20"),
    ]
    assert table.rows[4].cells == ("into p-1", "150'5")
    assert table.rows[2].notes == ("(3) 180 -> 170",)
    assert sheet.facts == [("Between", "2025/01/13~2025/02/13")]
    assert sheet.summary == [("Rows", "11")]


def test_a_service_s_own_layout_comes_before_one_that_is_shipped(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.packs / LAYOUTS).mkdir(parents=True)
    assert sorted(layouts_of(home)) == [GERMAN, UK]
    own = (SHIPPED / f"{UK}.toml").read_text().replace("Controlled drugs register", "Ours")
    (home.packs / LAYOUTS / "ours.toml").write_text(own)
    assert sorted(layouts_of(home)) == [GERMAN, UK]
    assert layouts_of(home)[UK].title == "Ours"


def test_unknown_layout_is_refused_with_those_that_are_there() -> None:
    with pytest.raises(Refused) as caught:
        layout_of(installed_layouts(SHIPPED), "fr")
    assert (caught.value.code, caught.value.remedy) == (
        "layout-known",
        "Choose one of de-btmvv, uk-2001.",
    )
    with pytest.raises(Refused, match="install one first"):
        layout_of({}, "fr")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"counted", ', "", "lines of the kind counted stand in 0 parts"),
        ('"counted", ', '"counted", "counted", ', "lines of the kind counted stand in 2 parts"),
        ('"counted", ', '"counted", "stolen", ', "there is no kind stolen"),
        ("width = 3", "width = 0", "the column 'What' has no width"),
        ('opening = "first"', 'stolen = "first"', "shows stolen, which is not in its part"),
        ("{quantity}[", "{dose}[", "{dose} cannot be shown in '{dose}[ of {batch}]'"),
        ("{page}/{pages}", "{number}", "{number} cannot be shown in '{number}'"),
        ("{year}/", "{weekday}/", "{weekday} cannot be shown"),
        ("[terms]", 'months = ["May"]\n[terms]', "unknown field `months`"),
        ('paper = "a3"', 'paper = "a3"\nmonths = ["May"]', "it names 1 months"),
        ('paper = "a3"', 'paper = "letter"', "letter"),
        ('approver = "nobody"', "", "missing required field `approver`"),
        ('approver = "nobody"', 'approver = "nobody"\ncolour = "red"', "colour"),
        ("[layout]", "[layout", "made-up.toml cannot be read"),
    ],
)
def test_a_layout_that_would_lose_something_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in THIRD
    with pytest.raises(Invalid) as caught:
        load_layout(written(tmp_path, THIRD.replace(old, new)))
    assert caught.value.code == "layout-file"
    assert said in caught.value.message
    assert caught.value.message.endswith(".")


def test_a_layout_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"gone\.toml cannot be read"):
        load_layout(tmp_path / "gone.toml")
