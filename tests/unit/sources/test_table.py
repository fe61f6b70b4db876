"""Each kind of wrong cell is refused, with file, row, column and value."""

from dataclasses import replace
from pathlib import Path

import pytest

from safelight.sources.cells import AGAIN
from safelight.sources.centroids import PLACE
from safelight.sources.column import Column, count, lsoa, number, text
from safelight.sources.table import CORRECT, Table
from tests.support.published import publish, read_sample, refusal, rows

SAMPLE = Table(
    name="sample",
    title="A table of everything",
    publisher="Nobody",
    licence="none",
    attribution="Source: nobody.",
    edition="made up",
    file="sample.csv",
    columns={
        "LSOA code": lsoa("code", 2011),
        "Name": text("name"),
        "People": count("people"),
        "Rate": number("rate", 0, 1000, nullable=True),
        "Easting": PLACE["easting"],
        "Northing": PLACE["northing"],
        "lon": PLACE["lon"],
        "lat": PLACE["lat"],
        "Day": Column("day", "date", format="%d/%m/%Y"),
        "Kind": text("kind", values=("U", "S")),
    },
)
HEADER = "LSOA code,Name,People,Rate,Easting,Northing,lon,lat,Day,Kind,Ignored\n"
DOVER = "E01024190,Dover 011B,1500,12.5,631000,141500,1.306,51.126,31/12/2020,U,x\n"
THANET = "E01024650,Thanet 003A,1600,,635500,170500,1.387,51.385,01/01/2021,S,\n"


def test_good_table_is_read_renamed_and_typed(tmp_path: Path) -> None:
    frame = read_sample(SAMPLE, tmp_path, HEADER + DOVER + THANET)
    assert list(frame.columns) == [column.name for column in SAMPLE.columns.values()]
    assert [str(frame[name].dtype) for name in ("people", "rate", "day")] == [
        "int64",
        "float64",
        "datetime64[ns]",
    ]
    assert rows(frame)[1]["rate"] is None
    assert list(frame["people"]) == [1500, 1600]
    assert list(frame.index) == [0, 1]


WRONG_CELLS = {
    "negative": ("1600", "-3", "People", "-3 is negative"),
    "not whole": ("1600", "3.5", "People", "3.5 is not a whole number"),
    "empty": ("1600", "", "People", "the cell is empty"),
    "suppressed": ("1600", "<5", "People", "'<5' is not a number"),
    "with separators": ("1600", '"1,600"', "People", "'1,600' is not a number"),
    "infinite": ("1600", "inf", "People", "inf is not a number"),
    "a word": ("1600", "TRUE", "People", "'TRUE' is not a number"),
    "no name": ("Thanet 003A", "", "Name", "the cell is empty"),
    "too high": (",635500", "1000.5,635500", "Rate", "1000.5 is not between 0 and 1000"),
    "no code": ("E01024650", "Thanet", "LSOA code", r"'Thanet' is not of the form [EW]01\d{6}"),
    "an MSOA": ("E01024650", "E02005137", "LSOA code", "'E02005137' is not of the form"),
    "twice": ("E01024650", "E01024190", "LSOA code", "'E01024190' stands in row 2 already"),
    "another form of day": ("01/01/2021", "2021-01-01", "Day", "'2021-01-01' is not a date of"),
    "no such day": ("01/01/2021", "31/02/2021", "Day", "'31/02/2021' is not a date of the form"),
    "no such kind": ("S,", "Z,", "Kind", "'Z' is none of U, S"),
    "outside the grid": ("635500", "9635500", "Easting", "9635500 is not between 0 and 700000"),
}


@pytest.mark.parametrize(("old", "new", "column", "words"), WRONG_CELLS.values(), ids=WRONG_CELLS)
def test_wrong_cell_is_named(tmp_path: Path, old: str, new: str, column: str, words: str) -> None:
    error = refusal(read_sample, SAMPLE, tmp_path, HEADER + DOVER + THANET.replace(old, new))
    assert error.message.startswith(f"sample.csv, row 3, column '{column}': {words}")
    assert error.remedy == CORRECT
    assert (error.code, error.values["file"], error.values["row"], error.values["column"]) == (
        "table-value",
        "sample.csv",
        3,
        column,
    )


def test_long_and_unprintable_cells_are_told_in_one_short_line(tmp_path: Path) -> None:
    spoilt = THANET.replace("E01024650", '"E01024650\n' + "x" * 5000 + '"')
    error = refusal(read_sample, SAMPLE, tmp_path, HEADER + DOVER + spoilt)
    assert error.message.startswith("sample.csv, row 3, column 'LSOA code': 'E01024650�xxx")
    assert "…' is not of the form" in error.message
    assert len(error.message) < 200
    page = refusal(read_sample, SAMPLE, tmp_path, f"<html>{'<p>' * 5000}\n<p>\n")
    assert len(page.message) < 300


def test_first_wrong_row_is_named(tmp_path: Path) -> None:
    wrong = DOVER.replace("1500", "-1"), THANET.replace("1600", "-2")
    error = refusal(read_sample, SAMPLE, tmp_path, HEADER + "\n" + "".join(wrong))
    assert error.values["row"] == 3


def test_row_with_the_keys_of_another_is_named(tmp_path: Path) -> None:
    table = replace(SAMPLE, keys=("day", "kind"))
    assert len(read_sample(table, tmp_path, HEADER + DOVER + THANET)) == 2
    same = THANET.replace("01/01/2021,S", "31/12/2020,U")
    error = refusal(read_sample, table, tmp_path, HEADER + DOVER + "\n" + same)
    assert error.code == "table-duplicate"
    assert error.message == ("sample.csv, row 4: 2020-12-31 00:00:00, U stands in row 2 already.")


SWAPPED = {
    "longitude and latitude": ("1.387,51.385", "51.385,1.387", "lon 51.385 and lat 1.387"),
    "easting and northing": (
        "635500,170500",
        "170500,635500",
        "Easting 170500.0 and Northing 635500.0",
    ),
}


@pytest.mark.parametrize(("old", "new", "words"), SWAPPED.values(), ids=SWAPPED)
def test_swapped_coordinates_are_told(tmp_path: Path, old: str, new: str, words: str) -> None:
    error = refusal(read_sample, SAMPLE, tmp_path, HEADER + DOVER + THANET.replace(old, new))
    assert error.code == "coordinates-swapped"
    assert error.message == f"sample.csv, row 3: {words} look swapped."


def test_codes_of_2021_in_a_table_of_2011_are_told(tmp_path: Path) -> None:
    new = THANET.replace("E01024650", "E01035313")
    error = refusal(read_sample, SAMPLE, tmp_path, HEADER + DOVER + new)
    assert error.code == "codes-of-another-year"
    assert error.message == (
        "sample.csv, row 3, column 'LSOA code': E01035313 is an LSOA 2021 code."
    )
    assert "lsoa11-to-lsoa21" in error.remedy


def test_codes_of_2011_in_a_table_of_2021_are_told(tmp_path: Path) -> None:
    table = replace(SAMPLE, columns={"LSOA code": lsoa("code", 2021)})
    old = "".join(f"E0102{number:04}\n" for number in range(600))
    error = refusal(read_sample, table, tmp_path, "LSOA code\n" + old)
    assert error.message == (
        "sample.csv, column 'LSOA code': these are LSOA 2011 codes, none of the 600 is a new one."
    )
    assert len(read_sample(table, tmp_path, "LSOA code\n" + old + "E01035313\n")) == 601


def test_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    error = refusal(read_sample, SAMPLE, tmp_path, "LSOA,Name\nE01024190,Dover 011B\n")
    assert error.code == "table-columns"
    assert error.message.startswith("sample.csv has no column 'LSOA code', 'People', 'Rate',")
    assert "it has LSOA, Name" in error.message
    assert "A table of everything" in error.remedy


def test_column_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    table = replace(SAMPLE, columns={"People": count("people")})
    error = refusal(read_sample, table, tmp_path, "People,People\n1,2\n")
    assert error.message == "sample.csv has the column 'People' twice."


def test_header_without_rows_is_refused(tmp_path: Path) -> None:
    error = refusal(read_sample, SAMPLE, tmp_path, HEADER)
    assert error.message == "sample.csv has a header and no rows."


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (3, "2 rows; this edition has 3: 1 too few."),
        (1, "2 rows; this edition has 1: 1 too many."),
    ],
)
def test_rows_are_counted(tmp_path: Path, due: int, words: str) -> None:
    path = publish(tmp_path, HEADER + DOVER + THANET, "sample.csv")
    error = refusal(replace(SAMPLE, rows=due).read, path)
    assert error.message.startswith(f"sample.csv has {words}")
    assert error.remedy == AGAIN


def test_sum_is_held_to_the_published_one(tmp_path: Path) -> None:
    path = publish(tmp_path, HEADER + DOVER + THANET, "sample.csv")
    assert len(replace(SAMPLE, total=("People", 3100)).read(path)) == 2
    error = refusal(replace(SAMPLE, total=("People", 3200)).read, path)
    assert error.message == "sample.csv, column 'People' sums to 3,100, not to 3,200 as published."


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        ("sample.csv", True),
        ("deep/down/sample.csv.gz", True),
        ("my-sample.csv", False),
        ("sample.csv.bak", False),
    ],
)
def test_table_is_known_by_its_published_name(path: str, owned: bool) -> None:  # noqa: FBT001
    assert SAMPLE.owns(Path(path)) is owned
