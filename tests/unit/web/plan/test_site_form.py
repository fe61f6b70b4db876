"""The form that asks for sites: from what is typed to a command, or to words beside the field."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.http import QueryDict

from safelight.run.domain.base import Role
from safelight.web.jobs.desk import Desk
from safelight.web.jobs.records import REQUEST, Status, write_record
from safelight.web.plan.form import DEFAULTS, Asked, read_form
from safelight.web.plan.shelf import NEED
from safelight.web.plan.sketch import SKETCH, Sketch
from tests.support.jobs import FakeRunner, request
from tests.support.shores import SHORE, desk_by_the_shore, shore, shore_sketch, shore_table
from tests.support.web import COMMAND, Browser, browser_as, configured


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Sketch:
    configured()
    return shore_sketch(tmp_path_factory.mktemp("shore"))


def read(table: Sketch, **typed: str) -> Asked:
    """Read the usual form with some fields typed differently."""
    sent = QueryDict(mutable=True)
    sent.update({**DEFAULTS, **typed})
    return read_form(sent, table)


def option(asked: Asked, name: str) -> list[str]:
    """Return every value of an option."""
    found: Sequence[int] = [n for n, each in enumerate(asked.options) if each == name]
    return [asked.options[number + 1] for number in found]


def test_the_usual_form_is_a_whole_command(table: Sketch) -> None:
    asked = read(table)
    assert asked.errors == {}
    assert asked.options == [
        *("--sites", "5", "--objective", "overdoses", "--decay", "behrends", "--draws", "100"),
        *("--compare", "--frontier", "1..5"),
    ]
    assert asked.title == "Up to 5 sites"


@pytest.mark.parametrize(
    ("typed", "pounds"),
    [
        ("2500000", "2500000"),
        ("2,500,000", "2500000"),
        ("£2.5m", "2500000"),
        ("750k", "750000"),
        (" 1 000 000 ", "1000000"),
    ],
)
def test_a_budget_is_read_as_people_write_it(table: Sketch, typed: str, pounds: str) -> None:
    assert option(read(table, budget=typed), "--budget") == [pounds]


@pytest.mark.parametrize(
    ("kinds", "options"), [("building", ["building"]), ("mobile", ["mobile"]), ("both", [])]
)
def test_one_kind_alone_leaves_none_of_the_other(
    table: Sketch, kinds: str, options: list[str]
) -> None:
    assert option(read(table, kinds=kinds), "--kinds") == options


def test_places_are_found_by_name_and_by_code(table: Sketch) -> None:
    asked = read(table, force="shore 001a\nE02000002:mobile\n\n", forbid="Shore 003A : building")
    assert asked.errors == {}
    assert option(asked, "--force") == ["E02000001", "E02000002:mobile"]
    assert option(asked, "--forbid") == ["E02000003:building"]


def test_districts_have_minimums(table: Sketch) -> None:
    asked = read(table, **{"min-E07000108": "2", "min-E07000114": "0"})
    assert option(asked, "--min-district") == ["E07000108=2"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("sites", "0"),
        ("sites", "-3"),
        ("sites", "many"),
        ("sites", "1000"),
        ("sites", "٣"),
        ("sites", "9" * 5000),
        ("budget", "-5"),
        ("budget", "0"),
        ("budget", "a lot"),
        ("budget", "1e9"),
        ("budget", "9" * 400),
        ("kinds", "tent"),
        ("objective", "profit"),
        ("decay", "exp:0; rm -rf"),
        ("draws", "7"),
        ("force", "Atlantis"),
        ("force", "E02000001:tent"),
        ("forbid", "--out=elsewhere"),
        ("min-E07000108", "two"),
    ],
)
def test_rubbish_is_told_beside_its_field(table: Sketch, field: str, typed: str) -> None:
    asked = read(table, **{field: typed})
    assert list(asked.errors) == [field]
    assert asked.errors[field].endswith(".")
    assert asked.typed[field] == typed[:4000]


def test_near_needs_a_distance(table: Sketch) -> None:
    assert list(read(table, objective="within", within="far").errors) == ["within"]
    assert option(read(table, objective="within", within="15 min"), "--within") == ["15min"]
    assert option(read(table, within="far"), "--within") == []


def test_a_table_has_only_so_many_draws(table: Sketch) -> None:
    assert read(table, sites="3", draws="100").errors == {}
    refused = read(table, sites="3", draws="200")
    assert refused.errors == {"draws": "This table has 100 draws: choose fewer."}


def test_something_has_to_limit_the_plan(table: Sketch) -> None:
    assert list(read(table, sites="", budget="").errors) == ["sites"]
    assert read(table, sites="", budget="2m").errors == {}


def test_a_name_that_several_areas_share_wants_the_code(tmp_path: Path) -> None:
    twins = shore_sketch(tmp_path, shore_table().assign(name="High Street"))
    assert "give the code" in read(twins, force="High Street").errors["force"]


# --- On the page ----------------------------------------------------------------------------


@pytest.fixture
def office(tmp_path: Path) -> tuple[Browser, Desk, FakeRunner]:
    desk, runner = desk_by_the_shore(tmp_path)
    return browser_as(Role.ANALYST, desk=desk), desk, runner


def test_a_plan_is_asked_for_and_runs(office: tuple[Browser, Desk, FakeRunner]) -> None:
    browser, desk, runner = office
    fields = {**DEFAULTS, "command": COMMAND, "token": browser.token}
    answer = browser.post("/plan/sites", fields)
    assert answer.status == 302
    job = desk.all()[0]
    assert answer.location == f"/plan/jobs/{job.request.id}"
    assert job.state.status == Status.RUNNING
    command = job.request.steps[0]
    assert command[1:4] == ["-m", "safelight.cli", "site"]
    assert command[command.index("--out") + 1] == str(job.folder / "plan.json")
    assert browser.post("/plan/sites", fields).location == answer.location
    assert len(runner.started) == 1


def test_what_was_typed_stays_beside_what_is_wrong_with_it(
    office: tuple[Browser, Desk, FakeRunner],
) -> None:
    browser, desk, _ = office
    before = len(desk.all())
    fields = {**DEFAULTS, "sites": "0", "budget": "lots<b>", "force": "Atlantis"}
    answer = browser.post("/plan/sites", {**fields, "command": COMMAND, "token": browser.token})
    assert answer.status == 422
    assert answer.text.count("whole number from 1 to 60") == 2  # on top, and beside the field
    assert 'href="#force"' in answer.text
    assert "lots&lt;b&gt;" in answer.text
    assert "<title>Error: " in answer.text
    assert len(desk.all()) == before


def test_an_earlier_plan_is_changed_and_asked_for_again(
    office: tuple[Browser, Desk, FakeRunner],
) -> None:
    browser, desk, _ = office
    fields = {**DEFAULTS, "sites": "7", "force": "Shore 001A"}
    browser.post("/plan/sites", {**fields, "command": COMMAND, "token": browser.token})
    text = browser.get(f"/plan/sites?again={desk.all()[0].request.id}").main
    assert 'value="7"' in text
    assert ">Shore 001A</textarea>" in text
    assert browser.get("/plan/sites?again=job-ffffff").status == 200


def test_a_form_without_a_usable_id_starts_nothing(
    office: tuple[Browser, Desk, FakeRunner],
) -> None:
    browser, desk, _ = office
    before = len(desk.all())
    answer = browser.post("/plan/sites", {**DEFAULTS, "token": browser.token, "command": "x"})
    assert (answer.status, len(desk.all())) == (422, before)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"force": "Shore 001A", "forbid": "Shore 001A"}, "forbid"),
        ({"force": "Shore 001A:building", "forbid": "E02000001"}, "forbid"),
        ({"sites": "1", "force": "Shore 001A\nShore 002A"}, "sites"),
        ({"sites": "3", "min-E07000108": "2", "min-E07000114": "2"}, "sites"),
    ],
)
def test_rules_that_no_plan_can_keep_are_said_beside_the_field(
    table: Sketch, typed: dict[str, str], field: str
) -> None:
    assert list(read(table, **typed).errors) == [field]


def test_what_may_still_be_kept_is_left_to_the_planner(table: Sketch) -> None:
    both = {"force": "Shore 001A", "forbid": "Shore 001A:building"}
    twice = {"sites": "1", "force": "Shore 001A\nShore 001A:mobile"}
    assert [read(table, **typed).errors for typed in (both, twice)] == [{}, {}]


def test_the_table_that_is_looked_at_is_the_one_chosen(tmp_path: Path) -> None:
    desk, _ = desk_by_the_shore(tmp_path)
    later = tmp_path / "plan" / "jobs" / request(0xB0).id
    shore(tmp_path / "again").rename(later)
    sketch = later / SKETCH
    sketch.write_text(sketch.read_text("utf-8").replace("2018 to 2020", "2019 to 2021"), "utf-8")
    write_record(later, REQUEST, request(0xB0, kind=NEED))
    browser = browser_as(Role.ANALYST, desk=desk)
    for key in (SHORE, request(0xB0).id):
        text = browser.get(f"/plan/sites?table={key}").main
        assert re.findall(r'<option value="(job-\w+)" selected', text) == [key]
