"""Jobs on screen: how they stand, what went wrong, and the end of them."""

from pathlib import Path

import pytest

from safelight.run.domain.base import Role
from safelight.web.jobs.desk import Desk
from safelight.web.jobs.records import LOG, PROGRESS, Progress, write_record
from tests.support.jobs import FakeRunner, Hours, desk_in, no_steps, request
from tests.support.web import COMMAND, Browser, account, browser_as


class Office:
    """A desk, its workers, and an analyst at a screen."""

    def __init__(self, folder: Path) -> None:
        self.runner, self.clock = FakeRunner(), Hours()
        self.desk: Desk = desk_in(folder, self.runner, self.clock)
        self.browser: Browser = browser_as(Role.ANALYST, desk=self.desk)

    def ask(self, number: int = 1, staff: str = "staff-a") -> Path:
        return self.desk.ask(request(number, staff=staff), no_steps).folder

    def page(self, number: int = 1) -> str:
        return self.browser.get(f"/plan/jobs/{request(number).id}").text


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_running_job_says_how_far_it_is_and_refreshes_without_scripts(office: Office) -> None:
    write_record(office.ask(), PROGRESS, Progress("Proving the bound", 30, 120))
    text = office.page()
    assert "Proving the bound" in text
    assert 'value="25"' in text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in text
    assert 'data-status="running"' in text


def test_a_waiting_job_says_how_many_are_before_it(office: Office) -> None:
    for number in (1, 2, 3):
        office.ask(number)
    assert "2 jobs before this one" in office.page(3)


def test_a_failed_job_shows_the_error_the_remedy_and_what_was_said(office: Office) -> None:
    folder = office.ask()
    said = "safelight: No area <b> is here.\nGive another.\n"
    (folder / LOG).write_text(said, encoding="utf-8")
    office.runner.end(folder, code=2)
    office.desk.tend()
    text = office.page()
    assert "No area &lt;b&gt; is here." in text
    assert "Give another." in text
    assert "refresh" not in text
    assert f"/plan/sites?again={request().id}" in text


def test_a_job_is_cancelled_from_its_page_and_says_by_whom(office: Office) -> None:
    office.ask()
    token = office.browser.token
    answer = office.browser.post(f"/plan/jobs/{request().id}/cancel", {"token": token})
    assert answer.location == f"/plan/jobs/{request().id}"
    text = office.page()
    assert "<strong>Cancelled</strong> by Somebody" in text
    assert office.runner.signals == [(request().id, False)]


def test_a_job_is_not_cancelled_by_a_link_or_a_forged_form(office: Office) -> None:
    office.ask()
    path = f"/plan/jobs/{request().id}/cancel"
    assert office.browser.get(path).status == 405
    assert office.browser.post(path, {"token": "x"}).status == 403
    assert office.runner.signals == []


def test_the_list_says_who_asked_when_and_how_long_it_took(office: Office) -> None:
    staff = account(Role.MANAGER)[1]
    folder = office.ask(1, staff)
    office.clock.wait(seconds=75)
    office.runner.end(folder)
    office.desk.tend()
    text = office.browser.get("/plan/jobs").main
    for words in ("Plan 1", "Done", "Somebody", "13 Jan 2025, 09:00", "1 min 15 s"):
        assert words in text


def test_names_come_from_the_accounts_and_never_lie_in_the_jobs_folder(office: Office) -> None:
    folder = office.ask(1, account(Role.MANAGER)[1])
    assert "Somebody" not in (folder / "request.json").read_text(encoding="utf-8")


def test_a_list_without_jobs_leads_to_the_form(office: Office) -> None:
    assert 'href="/plan/sites"' in office.browser.get("/plan/jobs").main


def test_an_unknown_job_is_a_page_that_says_so(office: Office) -> None:
    answer = office.browser.get("/plan/jobs/job-ffffff")
    assert (answer.status, "There is no such job" in answer.text) == (404, True)


def test_a_need_table_is_asked_for_with_a_button(office: Office) -> None:
    fields = {"token": office.browser.token, "command": COMMAND}
    answer = office.browser.post("/plan/need", fields)
    job = office.desk.all()[0]
    assert answer.location == f"/plan/jobs/{job.request.id}"
    assert job.request.kind == "need"
    command, sketching = job.request.steps
    assert sketching[2] == "safelight.web.plan.making.sketching"
    assert command[1:6] == ["-m", "safelight.cli", "need", "--region", "kent"]
    assert command[command.index("--outlines") + 1] == str(job.folder / "areas.geojson")


@pytest.mark.parametrize("role", [Role.WORKER, Role.NURSE])
@pytest.mark.parametrize("path", ["/plan", "/plan/sites", "/plan/jobs", "/plan/need.csv"])
def test_those_on_the_floor_do_not_plan(tmp_path: Path, role: Role, path: str) -> None:
    browser = browser_as(role, desk=desk_in(tmp_path, FakeRunner()))
    assert browser.get(path).status == 403
    assert browser.post("/plan/sites", {"token": browser.token, "command": COMMAND}).status == 403


def test_whoever_is_not_signed_in_is_sent_to_do_so(tmp_path: Path) -> None:
    browser = browser_as(Role.ANYONE, desk=desk_in(tmp_path, FakeRunner()))
    answer = browser.get("/plan/jobs")
    assert (answer.status, answer.location) == (302, "/login?next=/plan/jobs")
