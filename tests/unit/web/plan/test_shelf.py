"""Which tables there are: the shipped example is sketched when it is wanted, others were made."""

from pathlib import Path

import pytest

from safelight.run.domain.base import Role
from safelight.web.jobs.desk import Desk
from safelight.web.jobs.records import Status
from safelight.web.plan.making.sketching import main
from safelight.web.plan.shelf import EXAMPLE, example, find, prepare_example, shelved
from tests.support.jobs import START, FakeRunner, desk_in
from tests.support.shores import SHORE, desk_by_the_shore
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


def test_the_example_is_sketched_again_when_data_were_added(
    desk: Desk, runner: FakeRunner, tmp_path: Path
) -> None:
    first = prepare_example(desk, lambda: START)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "index.json").write_text("{}", encoding="utf-8")
    second = prepare_example(desk, lambda: START)
    assert first.request.id != second.request.id
    assert {job.request.kind for job in desk.all()} == {EXAMPLE}
    del runner


def test_a_table_that_was_made_here_comes_before_the_example(tmp_path: Path) -> None:
    desk, _ = desk_by_the_shore(tmp_path)
    assert list(shelved(desk)) == [SHORE]
    found = find(desk, "job-that-is-not-there")
    assert found is not None
    assert (found.key, found.is_shipped) == (SHORE, False)


def test_a_table_whose_sketch_was_damaged_hides_no_other(tmp_path: Path) -> None:
    desk, _ = desk_by_the_shore(tmp_path)
    (desk.find(SHORE).folder / "sketch.json").write_text("{}", encoding="utf-8")
    assert shelved(desk) == {}
    answer = browser_as(Role.ANALYST, desk=desk).get("/plan")
    assert answer.location.startswith("/plan/jobs/job-")
