"""Looking through a shelf finds what was changed, lost, slipped in, or does not fit."""

import gzip
from pathlib import Path

import pytest

from safelight.sources.inspection import STEPS, inspect
from safelight.sources.keeping import add_files, find_files
from tests.support.bookcase import publish_all
from tests.support.published import publish


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    shelf = tmp_path / "data"
    add_files(find_files(publish_all(tmp_path / "published")), shelf)
    return shelf


def found(shelf: Path) -> list[tuple[str, str]]:
    return [(finding.where, finding.error.code) for finding in inspect(shelf)]


def test_sound_shelf_has_nothing_to_find(shelf: Path) -> None:
    assert inspect(shelf) == []


def test_empty_shelf_has_nothing_to_find(tmp_path: Path) -> None:
    assert inspect(tmp_path / "nowhere") == []


def test_changed_table_is_found_though_it_reads_well(shelf: Path) -> None:
    path = shelf / "published_reference_figures.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("5000", "6000"), encoding="utf-8")
    assert found(shelf) == [("reference-figures", "table-as-kept")]


def test_spoilt_table_is_found_by_hash_and_by_cell(shelf: Path) -> None:
    path = shelf / "published_reference_figures.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("5000", "-5000"), encoding="utf-8")
    assert found(shelf) == [
        ("reference-figures", "table-as-kept"),
        ("reference-figures", "table-value"),
    ]


def test_lost_and_slipped_in_files_are_found(shelf: Path) -> None:
    (shelf / "pmed2.txt.gz").rename(shelf / "pmed3.txt.gz")
    messages = [finding.error.message for finding in inspect(shelf)]
    assert messages == ["pmed2.txt is gone.", "pmed3.txt was never added."]


def test_tables_that_do_not_fit_each_other_are_found(tmp_path: Path) -> None:
    folder = publish_all(tmp_path / "published")
    publish(folder, "2 2 1\n1 2 5\n2 3 4\n", "siting/pmed2.txt.gz")
    shelf = tmp_path / "data"
    add_files(find_files(folder), shelf)
    (finding,) = inspect(shelf)
    assert finding.where == "instances have optima"
    assert finding.error.message.startswith(
        "pmed2 lists 2 edges; its first line says 2 and 2 nodes"
    )


def test_rules_about_a_spoilt_table_are_left_out(shelf: Path) -> None:
    (shelf / "pmed1.txt.gz").write_bytes(gzip.compress(b"3 9 1\n1 2 x\n"))
    assert found(shelf) == [("pmed", "table-as-kept"), ("pmed", "table-value")]


def test_progress_is_told_to_the_end(shelf: Path) -> None:
    told: list[int] = []
    inspect(shelf, told.append)
    assert told == list(range(1, STEPS + 1))
