"""The need table keeps what it was given, and names the cell that is wrong."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from safelight.contracts.need import check_need, draws_of, read_need, write_need
from safelight.kernel.errors import Invalid
from tests.support.needs import PROVENANCE, need_table

SHORE = [(0.0, 0.0), (1000.0, 0.0), (2000.0, 0.0)]


def three_areas() -> pd.DataFrame:
    """Three areas along a shore, with four draws."""
    return need_table(SHORE, draws=4)


RUBBISH: dict[str, tuple[Callable[[pd.DataFrame], object], str, str]] = {
    "negative population": (
        lambda table: table.assign(population=[1.0, -5.0, 1.0]),
        "need-value",
        "row 2, column population",
    ),
    "missing value": (
        lambda table: table.assign(deaths=[1.0, 1.0, np.nan]),
        "need-value",
        "row 3, column deaths",
    ),
    "a word for a number": (
        lambda table: table.assign(people_at_risk=["many", "1", "2"]),
        "need-value",
        "column people_at_risk",
    ),
    "code of no area": (
        lambda table: table.assign(code=["E02000000", "Dover", "E02000002"]),
        "need-value",
        "row 2, column code: 'Dover'",
    ),
    "an area twice": (
        lambda table: table.assign(code=["E02000000", "E02000000", "E02000002"]),
        "need-value",
        "column code",
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
