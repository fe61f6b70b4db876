"""The desk: one job at a time, each brought to its end whatever happens to the server."""

from pathlib import Path

import pytest

from safelight.kernel.errors import Invalid
from safelight.web.jobs.desk import MOST_ATTEMPTS, MOST_WAITING, Desk, Job
from safelight.web.jobs.records import LOG, PROGRESS, STATE, Progress, State, Status, write_record
from tests.support.jobs import START, FakeRunner, Hours, desk_in, no_steps, request


class Office:
    """A desk with its workers and its clock."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runner, self.clock = folder, FakeRunner(), Hours()
        self.desk = desk_in(folder, self.runner, self.clock)

    def ask(self, number: int = 1) -> Job:
        return self.desk.ask(request(number), no_steps)

    def reopen(self) -> None:
        """Let the server end, and another one begin."""
        self.desk = desk_in(self.folder, self.runner, self.clock)

    def status(self, number: int = 1) -> Status:
        return self.desk.find(request(number).id).state.status

    def folder_of(self, number: int = 1) -> Path:
        return self.desk.find(request(number).id).folder


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_job_begins_at_once_when_none_runs(office: Office) -> None:
    job = office.ask()
    assert job.state == State(status=Status.RUNNING, attempts=1, started_at=START)
    assert office.runner.started == [request().id]


def test_jobs_wait_for_the_one_before_them(office: Office) -> None:
    for number in (1, 2, 3):
        office.ask(number)
    assert [office.status(n) for n in (1, 2, 3)] == ["running", "queued", "queued"]
    assert office.desk.ahead_of(request(3).id) == 2
    office.runner.end(office.folder_of(1))
    office.desk.tend()
    office.desk.tend()
    assert [office.status(n) for n in (1, 2, 3)] == ["done", "running", "queued"]


def test_the_same_job_sent_twice_is_there_once(office: Office) -> None:
    assert office.ask().request == office.ask().request
    assert office.runner.started == [request().id]
    assert len(office.desk.all()) == 1


def test_only_so_many_jobs_may_wait(office: Office) -> None:
    for number in range(MOST_WAITING):
        office.ask(number)
    with pytest.raises(Invalid, match="waiting already") as refused:
        office.ask(MOST_WAITING)
    assert refused.value.code == "jobs-waiting"
    assert len(office.desk.all()) == MOST_WAITING


def test_a_job_that_ends_well_is_done_and_says_when(office: Office) -> None:
    office.ask()
    office.clock.wait(minutes=3)
    office.runner.end(office.folder_of())
    office.desk.tend()
    job = office.desk.find(request().id)
    assert (job.state.status, job.state.error) == (Status.DONE, "")
    assert job.state.ended_at == office.clock.now


def test_a_job_that_fails_shows_the_commands_own_words_and_remedy(office: Office) -> None:
    office.ask()
    said = "Reading …\nsafelight: The budget of £10 opens no site.\nGive at least £500,000.\n"
    (office.folder_of() / LOG).write_text(said, encoding="utf-8")
    office.runner.end(office.folder_of(), code=2)
    office.desk.tend()
    state = office.desk.find(request().id).state
    assert state.status == Status.FAILED
    assert state.error == "The budget of £10 opens no site."
    assert state.remedy == "Give at least £500,000."


def test_a_job_that_the_machine_ended_says_so(office: Office) -> None:
    office.ask()
    office.runner.end(office.folder_of(), code=-9)
    office.desk.tend()
    state = office.desk.find(request().id).state
    assert state.error == "The machine ended the command (SIGKILL)."
    assert "memory" in state.remedy


def test_a_job_that_cannot_be_started_fails_and_the_next_begins(office: Office) -> None:
    office.runner.refuses = OSError(12, "Cannot allocate memory")
    office.ask(1)
    assert office.status(1) == Status.FAILED
    assert "Cannot allocate memory" in office.desk.find(request(1).id).state.error
    office.runner.refuses = None
    office.ask(2)
    assert office.status(2) == Status.RUNNING


def test_a_job_goes_on_while_the_server_is_restarted(office: Office) -> None:
    office.ask()
    office.reopen()
    office.desk.tend()
    assert (office.status(), office.runner.started) == (Status.RUNNING, [request().id])
    office.runner.end(office.folder_of())
    office.desk.tend()
    assert office.status() == Status.DONE


def test_a_job_that_ended_while_no_server_ran_is_done(office: Office) -> None:
    office.ask(1)
    office.ask(2)
    office.runner.end(office.folder_of(1))
    office.reopen()
    office.desk.tend()
    office.desk.tend()
    assert [office.status(1), office.status(2)] == [Status.DONE, Status.RUNNING]
    assert office.runner.started == [request(1).id, request(2).id]


def test_a_job_that_died_with_the_server_is_begun_again_a_few_times(office: Office) -> None:
    office.ask()
    for attempt in range(1, MOST_ATTEMPTS):
        office.runner.die(office.folder_of())
        office.reopen()
        office.desk.tend()
        job = office.desk.find(request().id)
        assert (job.state.status, job.state.attempts) == (Status.RUNNING, attempt + 1)
    office.runner.die(office.folder_of())
    office.desk.tend()
    state = office.desk.find(request().id).state
    assert state.status == Status.FAILED
    assert f"begun {MOST_ATTEMPTS} times" in state.error


def test_a_worker_that_was_started_but_not_written_down_is_found(office: Office) -> None:
    job = office.ask(1)
    write_record(job.folder, STATE, State())  # what an abrupt end leaves
    office.reopen()
    office.desk.tend()
    assert (office.status(1), office.runner.started) == (Status.RUNNING, [request(1).id])
    write_record(job.folder, STATE, State())
    office.runner.end(job.folder)
    office.reopen()
    office.desk.tend()
    assert (office.status(1), office.runner.started) == (Status.DONE, [request(1).id])


def test_a_job_begun_again_keeps_its_place_in_the_queue(office: Office) -> None:
    office.ask(1)
    office.ask(2)
    office.runner.die(office.folder_of(1))
    office.reopen()
    office.desk.tend()
    assert office.runner.started == [request(1).id, request(1).id]


def test_a_running_job_is_cancelled_and_the_next_begins(office: Office) -> None:
    office.ask(1)
    office.ask(2)
    office.desk.cancel(request(1).id, "staff-b")
    assert office.runner.signals == [(request(1).id, False)]
    state = office.desk.find(request(1).id).state
    assert (state.status, state.cancelled_by) == (Status.CANCELLED, "staff-b")
    office.desk.tend()
    assert office.status(2) == Status.RUNNING


def test_a_waiting_job_is_taken_out_of_the_queue(office: Office) -> None:
    office.ask(1)
    office.ask(2)
    office.desk.cancel(request(2).id, "staff-b")
    office.runner.end(office.folder_of(1))
    office.desk.tend()
    office.desk.tend()
    assert office.status(2) == Status.CANCELLED
    assert office.runner.started == [request(1).id]


def test_a_command_that_does_not_end_when_told_is_ended(office: Office) -> None:
    office.runner.obeys = False
    office.ask(1)
    office.ask(2)
    office.desk.cancel(request(1).id, "staff-b")
    office.desk.tend()
    assert office.status(2) == Status.QUEUED
    office.clock.wait(seconds=11)
    office.desk.tend()
    assert office.runner.signals[-1] == (request(1).id, True)
    office.desk.tend()
    assert office.status(2) == Status.RUNNING


def test_cancelling_holds_over_a_restart(office: Office) -> None:
    office.runner.obeys = False
    office.ask(1)
    office.desk.cancel(request(1).id, "staff-b")
    office.reopen()
    office.clock.wait(seconds=11)
    office.desk.tend()
    assert office.runner.signals[-1] == (request(1).id, True)
    assert office.status(1) == Status.CANCELLED


def test_what_is_over_is_not_cancelled(office: Office) -> None:
    office.ask()
    office.runner.end(office.folder_of())
    office.desk.tend()
    assert office.desk.cancel(request().id, "staff-b").state.status == Status.DONE
    assert office.runner.signals == []


def test_progress_is_what_the_command_last_said(office: Office) -> None:
    job = office.ask()
    assert job.progress.share is None
    told = Progress("Proving the bound", 3, 4)
    write_record(job.folder, PROGRESS, told)
    assert job.progress == told
    assert told.share == 0.75
    (job.folder / PROGRESS).write_text('{"stage": "torn', encoding="utf-8")
    assert job.progress == Progress()


def test_jobs_are_listed_newest_first(office: Office) -> None:
    for number in (2, 1, 3):
        office.ask(number)
    assert [job.request.title for job in office.desk.all()] == ["Plan 3", "Plan 2", "Plan 1"]


@pytest.mark.parametrize("name", ["job-ffff", "", "..", "../../keys", "job-../../x", "job-ZZZZZZ"])
def test_a_job_that_does_not_exist_is_not_found(office: Office, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        office.desk.find(name)
    assert refused.value.code == "job-known"


def test_a_folder_without_a_request_is_no_job(office: Office) -> None:
    office.ask()
    (office.folder_of().parent / "job-aaaaaaaa").mkdir()
    office.reopen()
    assert [job.request.id for job in office.desk.all()] == [request().id]


def test_a_desk_over_nothing_makes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "plan", FakeRunner(), Hours())
    desk.tend()
    assert (desk.all(), list(tmp_path.iterdir())) == ([], [])
