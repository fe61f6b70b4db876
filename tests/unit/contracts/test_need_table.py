"""The need table keeps what it was given, and names the cell that is wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from msgspec.structs import replace
from pyarrow import parquet

from safelight.contracts.areas import ENOUGH
from safelight.contracts.need import METADATA, check_need, draws_of, read_need, write_need
from safelight.kernel.errors import Invalid
from tests.support.needs import PROVENANCE, need_table

LSOA = "LSOA 2021"
SHORE = [(0.0, 0.0), (1000.0, 0.0), (2000.0, 0.0)]


def three_areas() -> pd.DataFrame:
    """Three areas along a shore, with four draws."""
    return need_table(SHORE, draws=4)


RUBBISH: dict[str, tuple[Callable[[pd.DataFrame], object], str, str]] = {
    "negative population": (
        lambda table: table.assign(population=[1.0, -5.0, 1.0]),
        "need-value",
        "row 2, column population: -5.0 is refused: it is below 0.",
    ),
    "missing value": (
        lambda table: table.assign(deaths=[1.0, 1.0, np.nan]),
        "need-value",
        "row 3, column deaths: nan is refused: it is missing.",
    ),
    "a word for a number": (
        lambda table: table.assign(people_at_risk=["many", "1", "2"]),
        "need-value",
        "row 1, column people_at_risk: 'many' is refused: it is no number.",
    ),
    "code of no area": (
        lambda table: table.assign(code=["E02000000", "Dover", "E02000002"]),
        "need-value",
        "row 2, column code: 'Dover'",
    ),
    "an endless figure": (
        lambda table: table.assign(deaths=[1.0, np.inf, 1.0]),
        "need-value",
        "row 2, column deaths: inf is refused: it is infinite.",
    ),
    "code that is no text": (
        lambda table: table.assign(code=[1, 2, 3]),
        "need-value",
        "row 1, column code: 1 is refused: it is no text.",
    ),
    "easting and northing swapped": (
        lambda table: table.assign(easting=table["northing"], northing=table["easting"]),
        "coordinates-swapped",
        "row 1 (E02000000): easting 150000.0 and northing 600000.0 look swapped.",
    ),
    "an area twice": (
        lambda table: table.assign(code=["E02000000", "E02000000", "E02000002"]),
        "need-value",
        "row 1, column code: 'E02000000' is refused: it is there twice.",
    ),
    "degrees swapped": (
        lambda table: table.assign(lon=table["lat"], lat=table["lon"]),
        "coordinates-swapped",
        "row 1",
    ),
    "column missing": (
        lambda table: table.drop(columns=["northing", "deaths_lower"]),
        "need-columns",
        "deaths_lower, northing",
    ),
    "no areas": (lambda table: table.iloc[:0], "need-rows", "no areas"),
}


def test_what_is_written_is_read_again_with_its_provenance(tmp_path: Path) -> None:
    table = three_areas()
    write_need(table, PROVENANCE, tmp_path / "need.parquet")
    found, provenance = read_need(tmp_path / "need.parquet")
    assert provenance == PROVENANCE
    pd.testing.assert_frame_equal(
        found.drop(columns="deaths_draws"), table.drop(columns="deaths_draws")
    )
    assert np.array_equal(draws_of(found), draws_of(table))


@pytest.mark.parametrize(("spoil", "rule", "says"), RUBBISH.values(), ids=list(RUBBISH))
def test_rubbish_is_refused_with_its_place(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], rule: str, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        check_need(spoil(three_areas()))
    assert refused.value.code == rule
    assert says in refused.value.message
    assert refused.value.remedy


def test_swapped_grid_coordinates_are_told_apart_from_wrong_ones() -> None:
    table = three_areas()
    # Northings of the far north are no eastings, so the swap shows.
    swapped = table.assign(easting=900_000.0, northing=300_000.0)
    with pytest.raises(Invalid, match="look swapped"):
        check_need(swapped)


def test_a_table_without_draws_says_how_to_get_them() -> None:
    with pytest.raises(Invalid, match="--draws"):
        draws_of(three_areas().drop(columns="deaths_draws"))


DRAWS: dict[str, tuple[list[object], str]] = {
    "ragged": ([[1.0, 2.0], [1.0], [1.0, 2.0]], "not the same number of figures in every row"),
    "text": (["x", "y", "z"], "not the same number of figures in every row"),
    "missing": ([[1.0], [np.nan], [1.0]], "of row 2 are not all figures of 0 or more"),
    "negative": ([[1.0], [1.0], [-1.0]], "of row 3 are not all figures of 0 or more"),
    "one figure": ([1.0, 1.0, 1.0], "not all figures"),
}


@pytest.mark.parametrize(("draws", "says"), DRAWS.values(), ids=list(DRAWS))
def test_draws_that_cannot_be_meant_are_refused(draws: list[object], says: str) -> None:
    table = three_areas().assign(deaths_draws=pd.Series(draws, dtype=object))
    with pytest.raises(Invalid) as refused:
        draws_of(table)
    assert says in refused.value.message
    assert refused.value.remedy


def changed(table: pa.Table, note: bytes) -> pa.Table:
    """Return a table that says this of itself."""
    return table.replace_schema_metadata({METADATA: note})


def written(tmp_path: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    """Write a need table and change the file behind its back."""
    path = tmp_path / "need.parquet"
    write_need(three_areas(), PROVENANCE, path)
    parquet.write_table(change(parquet.read_table(path)), path)
    return path


BEHIND_ITS_BACK: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "an area is gone": (lambda table: table.slice(1), "has 2 areas; it was made with 3."),
    "cut note": (lambda table: changed(table, b'{"versi'), "does not say where it is from."),
    "note lacks all": (
        lambda table: changed(table, b'{"version": 1}'),
        "does not say where it is from.",
    ),
    "note is a list": (lambda table: changed(table, b"[1]"), "is no need table of version 1."),
    "another version": (
        lambda table: changed(table, b'{"version": 2}'),
        "is no need table of version 1.",
    ),
}


@pytest.mark.parametrize(("change", "says"), BEHIND_ITS_BACK.values(), ids=list(BEHIND_ITS_BACK))
def test_a_file_that_was_changed_is_refused(
    tmp_path: Path, change: Callable[[pa.Table], pa.Table], says: str
) -> None:
    path = written(tmp_path, change)
    with pytest.raises(Invalid) as refused:
        read_need(path)
    assert refused.value.message == f"{path} {says}"
    assert refused.value.remedy.endswith("--out need.parquet`.")


def test_codes_are_of_the_level_that_the_table_is_of(tmp_path: Path) -> None:
    write_need(three_areas(), replace(PROVENANCE, areas=LSOA), tmp_path / "need.parquet")
    with pytest.raises(Invalid) as refused:
        read_need(tmp_path / "need.parquet")
    assert "row 1, column code: 'E02000000' is refused: the table is of LSOA 2021" in (
        refused.value.message
    )


def test_a_long_table_of_2021_has_some_code_that_is_new(tmp_path: Path) -> None:
    table, path = need_table([(float(k), 0.0) for k in range(ENOUGH)]), tmp_path / "need.parquet"
    kept = [f"E01000{k:03}" for k in range(ENOUGH - 1)]
    write_need(table.assign(code=[*kept, "E01033769"]), replace(PROVENANCE, areas=LSOA), path)
    assert len(read_need(path)[0]) == ENOUGH
    write_need(table.assign(code=[*kept, "E01033768"]), replace(PROVENANCE, areas=LSOA), path)
    with pytest.raises(Invalid) as refused:
        read_need(path)
    assert refused.value.code == "codes-of-another-year"


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        read_need(tmp_path / "none.parquet")
    assert refused.value.message.endswith("none.parquet cannot be read: No such file or directory.")


@pytest.mark.parametrize(
    ("content", "rule"),
    [(b"", "need-file"), (b"no parquet at all", "need-file")],
    ids=["empty", "text"],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, rule: str) -> None:
    path = tmp_path / "need.parquet"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refused:
        read_need(path)
    assert refused.value.code == rule


def test_a_table_that_says_nothing_of_its_version_is_refused(tmp_path: Path) -> None:
    three_areas().to_parquet(tmp_path / "need.parquet")
    with pytest.raises(Invalid) as refused:
        read_need(tmp_path / "need.parquet")
    assert refused.value.code == "need-version"
