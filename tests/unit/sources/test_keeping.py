"""Files come onto the shelf as published, checked as a whole, one at a time, or not at all."""

import gzip
from pathlib import Path

import pytest

from safelight.sources.keeping import Added, add_files, find_files, hash_of, read_index
from tests.support.bookcase import CODES, publish_all
from tests.support.published import publish, refusal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return publish_all(tmp_path / "published")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "home" / "data"


def add(folder: Path, shelf: Path) -> Added:
    return add_files(find_files(folder), shelf)


def lying(shelf: Path) -> list[str]:
    """Name the visible files on a shelf."""
    files = (path.relative_to(shelf) for path in shelf.rglob("*") if path.is_file())
    return sorted(str(path) for path in files if not path.name.startswith("."))


def test_known_tables_are_copied_as_published_with_their_hash(folder: Path, shelf: Path) -> None:
    outcome = add(folder, shelf)
    assert [kept.table for kept in outcome.added.values()] == [
        "authority-codes",
        "reference-figures",
        "pmed",
        "pmed",
        "pmed-optima",
    ]
    assert [path.name for path in outcome.unknown] == ["README.md"]
    for path, kept in outcome.added.items():
        assert (shelf / path.name).read_bytes() == path.read_bytes()
        assert kept.sha256 == hash_of(path)
    assert read_index(shelf)["pmed1.txt"].rows == 2


def test_adding_again_changes_nothing(folder: Path, shelf: Path) -> None:
    add(folder, shelf)
    before = {path: path.stat().st_mtime_ns for path in shelf.rglob("*") if path.is_file()}
    outcome = add(folder, shelf)
    assert (len(outcome.there), outcome.added, outcome.refused) == (5, {}, {})
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_bad_table_is_refused_and_the_others_are_added(folder: Path, shelf: Path) -> None:
    publish(
        folder, CODES.replace("E07000108,Dover,", "Dover,E07000108,"), "geography/la_all_codes.csv"
    )
    outcome = add(folder, shelf)
    (error,) = outcome.refused.values()
    assert "la_all_codes.csv, row 2, column 'LADCD': 'Dover'" in error.message
    assert len(outcome.added) == 4
    assert "la_all_codes.csv" not in lying(shelf)


def test_bad_edition_does_not_replace_a_good_one(folder: Path, shelf: Path) -> None:
    add(folder, shelf)
    publish(folder, "LADCD\n", "geography/la_all_codes.csv")
    assert len(add(folder, shelf).refused) == 1
    assert (shelf / "la_all_codes.csv").read_text(encoding="utf-8") == CODES


def test_unpacked_copy_takes_the_place_of_the_packed_one(folder: Path, shelf: Path) -> None:
    add(folder, shelf)
    packed = folder / "siting" / "pmed1.txt.gz"
    packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()
    assert len(add(folder, shelf).added) == 1
    assert "pmed1.txt" in lying(shelf)
    assert "pmed1.txt.gz" not in lying(shelf)


def test_second_copy_in_the_folder_is_left_out(folder: Path, shelf: Path) -> None:
    publish(folder, CODES, "old/la_all_codes.csv")
    outcome = add(folder, shelf)
    assert [path.parent.name for path in outcome.twice] == ["old"]


def test_second_copy_serves_where_the_first_is_bad(folder: Path, shelf: Path) -> None:
    publish(folder, "LADCD\n", "backup/la_all_codes.csv")
    outcome = add(folder, shelf)
    assert [path.parent.name for path in outcome.refused] == ["backup"]
    assert (shelf / "la_all_codes.csv").read_text(encoding="utf-8") == CODES


def test_spoilt_copy_on_the_shelf_is_mended(folder: Path, shelf: Path) -> None:
    add(folder, shelf)
    (shelf / "la_all_codes.csv").write_text("spoilt", encoding="utf-8")
    assert len(add(folder, shelf).added) == 1
    assert (shelf / "la_all_codes.csv").read_text(encoding="utf-8") == CODES


def test_name_that_needs_its_folder_keeps_it(tmp_path: Path, shelf: Path) -> None:
    years = "".join(f"{year},1,2\n" for year in range(2009, 2021))
    place = "nhs_hospital_admissions_2009_2019/misuse.csv"
    publish(tmp_path, "year,Kent,Medway\n" + years, place)
    publish(tmp_path, "anything", "elsewhere/misuse.csv")
    outcome = add(tmp_path / Path(place).parent, shelf)
    assert [kept.rows for kept in outcome.added.values()] == [22]
    assert lying(shelf) == ["index.json", place]
    assert add(tmp_path / "elsewhere", shelf).unknown


def test_one_file_can_be_added_alone(folder: Path, shelf: Path) -> None:
    assert len(add(folder / "geography" / "la_all_codes.csv", shelf).added) == 1


def test_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    error = refusal(find_files, tmp_path / "nowhere")
    assert error.code == "folder-there"


def test_progress_is_told_file_by_file(folder: Path, shelf: Path) -> None:
    told: list[int] = []
    add_files(find_files(folder), shelf, told.append)
    assert told == [1, 2, 3, 4, 5, 6]


def test_file_that_cannot_be_copied_is_refused(folder: Path, shelf: Path) -> None:
    (shelf / "la_all_codes.csv").mkdir(parents=True)
    (error,) = add(folder, shelf).refused.values()
    assert error.code == "table-kept"


def test_shelf_that_cannot_be_made_is_refused(folder: Path, shelf: Path) -> None:
    publish(shelf.parent, "", "data")
    error = refusal(add, folder, shelf)
    assert error.code == "table-kept"
    assert "File exists" in error.message


def test_index_that_is_spoilt_is_refused(folder: Path, shelf: Path) -> None:
    add(folder, shelf)
    (shelf / "index.json").write_text("{", encoding="utf-8")
    assert refusal(read_index, shelf).code == "shelf-index"
