"""Sketches: what pages show of a need table, worked out once."""

import json
from pathlib import Path

import numpy as np
import pytest

from safelight.kernel.errors import Invalid
from safelight.sources.deaths import BY_AUTHORITY, FIRST, LAST
from safelight.web.plan.making.outlines import read_outlines
from safelight.web.plan.making.sketching import main, top_fifth
from safelight.web.plan.sketch import SKETCH, read_sketch
from tests.support.shores import AREA_COUNT, shore, shore_sketch, shore_table


def test_the_chance_of_the_highest_fifth_is_the_share_of_draws() -> None:
    draws = np.random.default_rng(3).gamma(2.0, 1.0, (20, 300))
    ranks = np.argsort(np.argsort(-draws, axis=0), axis=0)
    np.testing.assert_array_equal(top_fifth(draws), (ranks < 4).mean(axis=1))


def test_a_sketch_has_every_area_as_the_table_has_it(tmp_path: Path) -> None:
    sketch, frame = shore_sketch(tmp_path), shore_table()
    assert [area.code for area in sketch.areas] == frame["code"].tolist()
    assert [area.deaths.upper for area in sketch.areas] == frame["deaths_upper"].tolist()
    assert [area.by_last_count for area in sketch.areas] == frame["deaths_by_last_count"].tolist()
    assert sum(area.chance or 0 for area in sketch.areas) == pytest.approx(2, abs=0.01)


def test_a_district_has_the_interval_of_its_joint_draws(tmp_path: Path) -> None:
    sketch, frame = shore_sketch(tmp_path), shore_table()
    own = frame[frame["district"] == "Southshore"]
    sums = np.stack(list(own["deaths_draws"])).sum(axis=0)
    district = next(one for one in sketch.districts if one.name == "Southshore")
    assert district.deaths.mean == pytest.approx(own["deaths"].sum())
    assert (district.deaths.lower, district.deaths.upper) == pytest.approx(
        tuple(np.quantile(sums, (0.025, 0.975)))
    )
    assert sketch.whole.deaths.mean == pytest.approx(frame["deaths"].sum())
    assert (district.areas, district.code) == (len(own), "E07000108")


def test_a_table_without_draws_has_no_chances(tmp_path: Path) -> None:
    sketch = shore_sketch(tmp_path, shore_table().drop(columns="deaths_draws"))
    assert {area.chance for area in sketch.areas} == {None}
    one = sketch.districts[0]
    inside = [area for area in sketch.areas if area.district == one.name]
    assert one.deaths.upper == pytest.approx(sum(area.deaths.upper for area in inside))


def test_outlines_are_drawn_within_the_drawing_and_districts_around_their_areas(
    tmp_path: Path,
) -> None:
    sketch = shore_sketch(tmp_path)
    frame = sketch.projection
    assert frame is not None
    numbers = [
        float(each)
        for area in sketch.areas
        for each in area.path.strip("MZ").replace("L", " ").split()
    ]
    assert min(numbers) == pytest.approx(frame.margin, abs=0.1)
    assert max(numbers[::2]) == pytest.approx(frame.width - frame.margin, abs=0.1)
    assert max(numbers[1::2]) <= frame.height
    assert all(one.path.startswith("M") and one.label for one in sketch.districts)


def test_areas_that_the_table_does_not_have_are_left_out(tmp_path: Path) -> None:
    made = shore(tmp_path)
    outlines = read_outlines(made / "areas.geojson", {"E02000001": "Southshore"})
    assert list(outlines.shapes) == ["E02000001"]


NO_SHAPE = '{"features": [{"properties": {"code": "E"}, "geometry": {"type": "Polygon"}}]}'


@pytest.mark.parametrize("text", ["", "{}", '{"features": [{}]}', NO_SHAPE])
def test_a_file_that_is_no_outlines_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "areas.geojson"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid) as refused:
        read_outlines(path, {})
    assert refused.value.code == "outlines-file"


def test_what_goes_wrong_is_said_as_every_command_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = str(tmp_path / "nothing.parquet")
    assert main([str(tmp_path), nothing, nothing, nothing, "own"]) == 2
    assert capsys.readouterr().err.startswith("safelight: ")
    assert not (tmp_path / SKETCH).exists()


def test_a_damaged_sketch_is_refused_with_a_remedy(tmp_path: Path) -> None:
    made = shore(tmp_path)
    (made / SKETCH).write_text(json.dumps({"areas": []}), encoding="utf-8")
    with pytest.raises(Invalid, match="damaged"):
        read_sketch(made)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A home with deaths by district, in the way they are published."""
    data = tmp_path / "data"
    data.mkdir()
    years = [str(year) for year in range(FIRST, LAST + 1)]
    heads = ",".join(["code", "name", *years])
    counts = ",".join(str(3 + n % 5) for n in range(len(years)))
    named = [("E07000108", "Southshore"), *((f"E06{n:06d}", f"Place {n}") for n in range(374))]
    rows = [f"{code},{name},{counts}" for code, name in named]
    (data / BY_AUTHORITY.file).write_text("\n".join([heads, *rows, ""]), encoding="utf-8")
    return tmp_path


def test_a_district_has_its_record_where_the_published_table_was_added(published: Path) -> None:
    sketch = shore_sketch(published)
    north, south = sketch.districts
    assert [year for year, _ in south.record] == list(range(FIRST, LAST + 1))
    assert south.record[0] == (FIRST, 3)
    assert north.record == []
    assert "Office for National Statistics" in sketch.record_source


def test_a_published_table_that_cannot_be_read_is_told_and_stops_nothing(published: Path) -> None:
    (published / "data" / BY_AUTHORITY.file).write_text("code,name\n", encoding="utf-8")
    sketch = shore_sketch(published)
    assert BY_AUTHORITY.file in sketch.record_source
    assert len(sketch.areas) == AREA_COUNT


def test_without_the_published_table_the_sketch_says_how_to_get_it(tmp_path: Path) -> None:
    assert "safelight data add" in shore_sketch(tmp_path).record_source
