"""The shelf finds tables by their published names, reads each once, and says what is missing."""

from pathlib import Path

import pytest

from safelight.sources.shelf import Shelf
from tests.support.bookcase import CODES, publish_all
from tests.support.published import publish, refusal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return publish_all(tmp_path / "published")


def test_tables_are_found_however_deep_they_lie(folder: Path) -> None:
    shelf = Shelf(folder)
    assert shelf.has("authority-codes")
    assert not shelf.has("lsoa21-lookup")
    assert shelf.path("authority-codes") == folder / "geography" / "la_all_codes.csv"
    assert shelf.read("authority-codes")["name"].to_list() == ["Dover"]


def test_table_of_several_files_is_read_as_one(folder: Path) -> None:
    frame = Shelf(folder).read("pmed")
    assert frame["file"].to_list() == ["pmed1", "pmed1", "pmed2", "pmed2"]


def test_missing_table_is_asked_for_with_publisher_and_name(folder: Path) -> None:
    error = refusal(Shelf(folder).read, "lsoa21-lookup")
    assert error.code == "table-on-shelf"
    assert "Office for National Statistics as lsoa21_lookup_ew.csv" in error.remedy
    assert "`safelight data add DIR`" in error.remedy


def test_unknown_name_is_refused_with_those_that_are_known(folder: Path) -> None:
    error = refusal(Shelf(folder).read, "lsoa31-lookup")
    assert error.message == "There is no table 'lsoa31-lookup'."
    assert "lsoa21-lookup" in error.remedy


def test_shelf_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert not Shelf(tmp_path / "nowhere").has("authority-codes")


def test_what_a_reader_changes_does_not_reach_the_next(folder: Path) -> None:
    shelf = Shelf(folder)
    frame = shelf.read("authority-codes")
    frame.loc[0, "name"] = "Calais"
    assert shelf.read("authority-codes")["name"].to_list() == ["Dover"]


def test_changed_file_is_read_again(folder: Path) -> None:
    shelf = Shelf(folder)
    shelf.read("authority-codes")
    more = CODES + CODES.splitlines()[1].replace("E07000108,Dover,", "E07000114,Thanet,", 1)
    publish(folder, more, "geography/la_all_codes.csv")
    assert shelf.read("authority-codes")["name"].to_list() == ["Dover", "Thanet"]


def test_hidden_files_are_no_tables(tmp_path: Path) -> None:
    publish_all(tmp_path / ".incoming")
    assert not Shelf(tmp_path).has("authority-codes")


def test_each_attribution_is_given_once(folder: Path) -> None:
    said = Shelf(folder).attributions(["lsoa21-lookup", "lsoa21-centroids", "deaths-by-authority"])
    assert len(said) == 2
    assert said[0].startswith("Contains OS data © Crown copyright")
    assert said[1].startswith("Source: Office for National Statistics")
