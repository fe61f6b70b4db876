"""Which tables there are: the shipped example is sketched when it is wanted, others were made."""

import json
from pathlib import Path

import pytest

from safelight.cli.need import COARSE, FINE
from safelight.plan.need.inputs import NAMES
from safelight.run.domain.base import Role
from safelight.sources.deaths import BY_AUTHORITY
from safelight.web.jobs.desk import Desk
from safelight.web.jobs.records import REQUEST, STATE, State, Status, write_record
from safelight.web.plan.making.sketching import main
from safelight.web.plan.shelf import (
    EXAMPLE,
    NEED,
    RECORD,
    SHAPES,
    WANTED,
    can_make,
    example,
    find,
    prepare_example,
    shelved,
    table_of_job,
)
from safelight.web.plan.sketch import SKETCH
from tests.support.jobs import START, FakeRunner, Hours, desk_in, request
from tests.support.shores import SHORE, desk_by_the_shore, shore
from tests.support.web import browser_as


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def desk(tmp_path: Path, runner: FakeRunner) -> Desk:
    return desk_in(tmp_path, runner)


def test_the_example_is_shipped() -> None:
    assert [path.exists() for path in example()] == [True, True]


def test_the_first_look_at_a_map_has_the_example_sketched(desk: Desk, runner: FakeRunner) -> None:
    browser = browser_as(Role.ANALYST, desk=desk)
    job = prepare_example(desk, lambda: START)
    for path in ("/plan", "/plan/sites", "/plan/area/E02003314"):
        assert browser.get(path).location == f"/plan/jobs/{job.request.id}"
    assert "Safelight itself" in browser.get(f"/plan/jobs/{job.request.id}").main
    assert len(runner.started) == 1


def test_the_example_is_shown_once_it_is_sketched(desk: Desk, runner: FakeRunner) -> None:
    job = prepare_example(desk, lambda: START)
    (command,) = job.request.steps
    assert main(command[3:]) == 0
    runner.end(job.folder)
    desk.tend()
    desk.tend()
    found = find(desk, "")
    assert found is not None
    assert (found.sketch.example, found.sketch.place) == (True, "Kent and Medway")
    assert len(found.sketch.districts) == 13
    text = browser_as(Role.ANALYST, desk=desk).get("/plan").main
    assert "This is the example that comes with Safelight" in text
    assert "safelight data add DIR" in text
    assert prepare_example(desk, lambda: START).state.status == Status.DONE


def add(folder: Path, *tables: str, sha256: str = "aa") -> None:
    """Write the index that `safelight data add` writes, with these tables in it."""
    index = {f"{name}.csv": {"table": name, "sha256": sha256, "rows": 1} for name in tables}
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "index.json").write_text(json.dumps(index), encoding="utf-8")


def test_the_example_is_sketched_again_when_the_record_was_added_and_for_nothing_else(
    desk: Desk, tmp_path: Path
) -> None:
    first = prepare_example(desk, lambda: START)
    for tables in (["postcodes"], ["postcodes", "nhs-hospitals"]):
        add(tmp_path, *tables)
        assert prepare_example(desk, lambda: START).request.id == first.request.id
    add(tmp_path, "postcodes", RECORD)
    second = prepare_example(desk, lambda: START)
    assert first.request.id != second.request.id
    assert {job.request.kind for job in desk.all()} == {EXAMPLE}


def test_a_need_table_is_offered_once_everything_it_is_made_of_is_here(tmp_path: Path) -> None:
    shipped(tmp_path)
    desk = desk_in(tmp_path, FakeRunner())
    assert set(NAMES) == WANTED
    assert (frozenset({FINE, COARSE}), BY_AUTHORITY.name) == (SHAPES, RECORD)
    button = "Make the need table for Kent and Medway by LSOA"
    for tables, offered in ((list(WANTED), False), ([*WANTED, FINE], True)):
        add(tmp_path, *tables)
        assert can_make(desk) == offered
        for path in ("/plan", "/plan/sites"):
            assert (button in browser_as(Role.ANALYST, desk=desk).get(path).main) == offered


def test_a_damaged_index_of_data_hides_no_map(tmp_path: Path) -> None:
    desk, _ = desk_by_the_shore(tmp_path)
    add(tmp_path)
    (tmp_path / "data" / "index.json").write_text("[", encoding="utf-8")
    assert not can_make(desk)
    assert browser_as(Role.ANALYST, desk=desk).get("/plan").status == 200


def shipped(folder: Path, number: int = 0xE0) -> str:
    """Lay out a sketch of the shipped example, as a job left it; returns the job's id."""
    asked = request(number, kind=EXAMPLE)
    made = folder / "plan" / "jobs" / asked.id
    made.mkdir(parents=True)
    for name in (SKETCH, "drawing.geojson"):
        (made / name).write_bytes(b"")
    write_record(made, REQUEST, asked)
    write_record(made, STATE, State(status=Status.DONE, attempts=1))
    text = (shore(folder / f"of-{number}") / SKETCH).read_text(encoding="utf-8")
    (made / SKETCH).write_text(text.replace('"example":false', '"example":true'), "utf-8")
    return asked.id


def test_a_plan_finds_the_very_table_it_was_made_over_though_the_example_was_sketched_again(
    tmp_path: Path,
) -> None:
    old, new = shipped(tmp_path, 0xE0), shipped(tmp_path, 0xE1)
    desk = desk_in(tmp_path, FakeRunner())
    for asked, shown in ((old, new), (new, new), ("", new)):
        found = find(desk, asked)
        assert found is not None
        assert found.key == shown
    before = table_of_job(desk, old)
    assert before is not None
    assert before.key == old


def test_no_other_table_passes_for_one_that_is_gone(tmp_path: Path) -> None:
    desk, _ = desk_by_the_shore(tmp_path)
    browser = browser_as(Role.ANALYST, desk=desk)
    for path in ("/plan", "/plan/sites", "/plan/area/E02000001", "/plan/need.csv"):
        answer = browser.get(f"{path}?table=job-ffffff")
        assert (answer.status, "is not here" in answer.text) == (404, True)


def test_of_tables_that_nobody_could_tell_apart_the_newest_is_listed(tmp_path: Path) -> None:
    shore(tmp_path)
    later = tmp_path / "plan" / "jobs" / request(0xB0).id
    shore(tmp_path / "again").rename(later)
    hours = Hours()
    hours.wait(hours=1)
    write_record(later, REQUEST, request(0xB0, kind=NEED, asked_at=hours.now))
    desk = desk_in(tmp_path, FakeRunner())
    assert list(shelved(desk)) == [request(0xB0).id]
    older = find(desk, SHORE)
    assert older is not None
    assert older.key == SHORE


def test_a_table_that_was_made_here_comes_before_the_example(tmp_path: Path) -> None:
    desk, _ = desk_by_the_shore(tmp_path)
    assert list(shelved(desk)) == [SHORE]
    assert find(desk, "job-that-is-not-there") is None
    found = find(desk, "")
    assert found is not None
    assert (found.key, found.is_shipped) == (SHORE, False)


def test_a_table_whose_sketch_was_damaged_hides_no_other(tmp_path: Path) -> None:
    desk, _ = desk_by_the_shore(tmp_path)
    (desk.find(SHORE).folder / "sketch.json").write_text("{}", encoding="utf-8")
    assert shelved(desk) == {}
    answer = browser_as(Role.ANALYST, desk=desk).get("/plan")
    assert answer.location.startswith("/plan/jobs/job-")
