"""``data list``, ``data add`` and ``data check`` as a person calls them."""

import stat
from pathlib import Path

import pytest

from tests.support.bookcase import CODES, publish_all
from tests.support.calls import Call, command
from tests.support.published import publish
from tests.support.shared import DATA, needs_data


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return publish_all(tmp_path / "published")


@pytest.fixture
def data(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setenv("SAFELIGHT_HOME", str(home))
    return command(monkeypatch, capsys, "data")


def test_list_names_every_table_before_anything_is_added(data: Call) -> None:
    done = data("list")
    assert done.returncode == 0
    assert "deaths-by-authority not here Drug-poisoning" in " ".join(done.out.split())
    tables = {table["name"]: table for table in data("list", "--json").answer}
    assert tables["lsoa21-lookup"]["publisher"] == "Office for National Statistics"
    assert tables["lsoa21-lookup"]["attribution"].startswith("Contains OS data © Crown copyright")
    assert not any(table["on_shelf"] for table in tables.values())


def test_add_says_what_it_added_and_list_and_check_know_it(data: Call, folder: Path) -> None:
    done = data("add", str(folder))
    assert (done.returncode, done.out.splitlines()) == (
        0,
        [
            "added    authority-codes: 1 rows",
            "added    reference-figures: 1 rows",
            "added    pmed: 4 rows of 2 files",
            "added    pmed-optima: 20 rows",
            "5 added, 0 there already, 0 refused, 1 other files left alone.",
        ],
    )
    here = {t["name"]: t["rows"] for t in data("list", "--json").answer if t["on_shelf"]}
    assert here == {"authority-codes": 1, "reference-figures": 1, "pmed": 4, "pmed-optima": 20}
    assert "pmed 4 rows p-median instances" in " ".join(data("list").out.split())
    checked = data("check")
    assert (checked.returncode, checked.out) == (
        0,
        "4 tables here, each as published and in agreement with the others.\n",
    )


def test_adding_again_is_no_fault_and_changes_nothing(data: Call, folder: Path) -> None:
    data("add", str(folder))
    done = data("add", str(folder))
    assert done.returncode == 0
    assert done.out.startswith("0 added, 5 there already, 0 refused")


def test_refused_table_is_named_with_cell_and_remedy(data: Call, folder: Path) -> None:
    wrong = CODES.replace("E07000108,Dover,", "Dover,E07000108,", 1)
    publish(folder, wrong, "geography/la_all_codes.csv")
    done = data("add", str(folder))
    assert done.returncode == 1
    assert "refused  la_all_codes.csv, row 2, column 'LADCD'" in done.out
    assert "4 added, 0 there already, 1 refused" in done.out
    value = data("add", str(folder), "--json").answer
    assert not value["ok"]
    assert value["refused"][0]["file"] == "geography/la_all_codes.csv"
    assert value["refused"][0]["values"]["row"] == "2"
    assert len(value["there"]) == 4
    assert value["unknown"] == ["README.md"]


@pytest.mark.parametrize(
    ("named", "words"),
    [("other", "No file in {} is a table"), ("other/mine.csv", "{} is no table")],
)
def test_what_holds_no_known_table_is_an_error(
    data: Call, tmp_path: Path, named: str, words: str
) -> None:
    publish(tmp_path / "other", "a,b\n1,2\n", "mine.csv")
    done = data("add", str(tmp_path / named))
    assert done.returncode == 2
    assert words.format(tmp_path / named) in done.err
    assert "which `safelight data list` shows" in done.err
    assert data("add", str(tmp_path / named), "--json").answer["error"] == "table-known"


def test_list_shows_the_names_by_which_files_are_known(data: Call) -> None:
    assert "lsoa21_lookup_ew.csv" in data("list").out.split()


def test_home_that_cannot_be_made_is_said(data: Call, folder: Path, home: Path) -> None:
    home.write_text("a file")
    done = data("add", str(folder))
    assert done.returncode == 2
    assert f"SAFELIGHT_HOME is {home}, which cannot be made" in done.err
    assert data("list").returncode == 0


def test_folder_that_is_not_there_is_an_error(data: Call, tmp_path: Path) -> None:
    done = data("add", str(tmp_path / "nowhere"))
    assert done.returncode == 2
    assert "There is no folder" in done.err


def test_check_names_what_is_wrong_and_fails(data: Call, folder: Path, home: Path) -> None:
    data("add", str(folder))
    publish(home / "data", CODES.replace("Dover", "Calais"), "la_all_codes.csv")
    done = data("check")
    assert done.returncode == 1
    assert done.out.startswith("authority-codes: la_all_codes.csv has changed since it was added.")
    value = data("check", "--json").answer
    assert not value["ok"]
    assert [finding["error"] for finding in value["findings"]] == ["table-as-kept"]


def test_check_of_an_empty_shelf_says_how_to_fill_it(data: Call) -> None:
    done = data("check")
    assert (done.returncode, done.out) == (0, "No tables here yet. Run `safelight data add DIR`.\n")


def test_file_put_there_by_hand_is_listed_as_not_checked(data: Call, home: Path) -> None:
    publish(home / "data", CODES, "la_all_codes.csv")
    assert "authority-codes here, not checked" in " ".join(data("list").out.split())
    assert data("check").returncode == 1


def test_home_that_add_makes_is_its_owners_alone(data: Call, folder: Path, home: Path) -> None:
    data("add", str(folder))
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@needs_data
def test_published_deaths_are_added_and_agree(data: Call) -> None:
    done = data("add", str(DATA / "uk-drug-deaths"), "--json")
    tables = [row["table"] for row in done.answer["added"]]
    assert (done.returncode, tables) == (
        0,
        [
            "authority-populations",
            "deaths-by-authority",
            "deaths-by-region",
            "deaths-england-wales",
        ],
    )
    checked = data("check", "--json").answer
    assert (checked["ok"], checked["tables"]) == (True, tables)
