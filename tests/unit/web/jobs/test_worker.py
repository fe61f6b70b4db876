"""Real worker processes: they outlive the server, step back for the floor, and can be ended."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safelight.web.jobs.desk import Desk, Job
from safelight.web.jobs.records import LOG, PROCESS, Process, Status, read_record
from safelight.web.jobs.runner import SystemRunner
from safelight.web.jobs.worker import BUSY, NICENESS, SESSION
from tests.support.jobs import Hours, python, request

PATIENCE_SECONDS = 30.0
SLEEP = python("import time; print('asleep', flush=True); time.sleep(60)")


class Office:
    """A desk over real workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runners: list[SystemRunner] = []
        self.desk = self.reopen()

    def runner(self) -> SystemRunner:
        """Return what knows no worker yet."""
        self.runners.append(SystemRunner())
        return self.runners[-1]

    def reopen(self) -> Desk:
        """Let a new server begin: it knows nothing but the folders."""
        self.desk = Desk(self.folder / "plan", self.runner(), Hours())
        return self.desk

    def clear(self) -> None:
        """End every worker that this test began."""
        for runner in self.runners:
            for folder, child in list(runner._children.items()):
                runner.stop(folder, at_once=True)
                child.wait(PATIENCE_SECONDS)

    def ask(self, *steps: list[str]) -> Job:
        return self.desk.ask(request(), lambda _: steps)

    def wait_until(self, holds: Callable[[Job], bool]) -> Job:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            self.desk.tend()
            job = self.desk.find(request().id)
            if holds(job):
                return job
            time.sleep(0.02)
        raise AssertionError(f"still {job.state}, said {said(job)!r}")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.clear()


def said(job: Job) -> str:
    log = job.folder / LOG
    return log.read_text(encoding="utf-8") if log.exists() else ""


def is_asleep(job: Job) -> bool:
    return "asleep" in said(job)


def test_commands_run_one_after_the_other_at_low_priority(office: Office) -> None:
    office.ask(python("import os; print(os.nice(0))"), python("print('second')"))
    job = office.wait_until(lambda job: job.is_over)
    assert job.state.status == Status.DONE
    assert said(job).split() == [str(min(19, os.nice(0) + NICENESS)), "second"]


@pytest.mark.skipif(not SESSION.exists(), reason="this kernel does not group by session")
def test_a_worker_s_session_as_a_whole_steps_back_too(office: Office) -> None:
    office.ask(python(f"print(open({str(SESSION)!r}).read())"))
    job = office.wait_until(lambda job: job.is_over)
    assert said(job).split()[-1] == str(NICENESS)


def test_the_first_command_that_fails_is_the_last(office: Office) -> None:
    office.ask(python("import sys; sys.exit('safelight: No.')"), python("print('second')"))
    job = office.wait_until(lambda job: job.is_over)
    assert (job.state.status, job.state.error) == (Status.FAILED, "No.")
    assert "second" not in said(job)


def test_a_new_server_finds_the_command_of_the_old_one_and_can_end_it(office: Office) -> None:
    office.ask(SLEEP)
    office.wait_until(is_asleep)
    office.reopen()
    office.desk.tend()
    assert office.desk.find(request().id).state.attempts == 1
    office.desk.cancel(request().id, "staff-b")
    worker = read_record(office.desk.find(request().id).folder, PROCESS, Process)
    assert worker is not None
    runner = office.runner()
    office.wait_until(lambda job: not runner.is_alive(job.folder))
    assert office.desk.find(request().id).state.status == Status.CANCELLED


def test_a_command_whose_worker_was_killed_is_begun_again_only_when_it_has_ended(
    office: Office,
) -> None:
    office.ask(python("import time; print('asleep', flush=True); time.sleep(1)"))
    job = office.wait_until(is_asleep)
    worker = read_record(job.folder, PROCESS, Process)
    assert worker is not None
    os.kill(worker.pid, 9)
    office.reopen()
    office.desk.tend()
    assert office.desk.find(request().id).state.attempts == 1  # its command still holds the lock
    job = office.wait_until(lambda job: job.state.status == Status.DONE)
    assert job.state.attempts == 2


def test_two_workers_never_do_the_same_job(office: Office) -> None:
    job = office.ask(SLEEP)
    office.wait_until(is_asleep)
    again = office.runner()
    again.start(job.folder)
    second = again._children[job.folder]
    assert second.wait(PATIENCE_SECONDS) == BUSY
    office.desk.cancel(request().id, "staff-b")


def test_each_step_says_what_it_does_until_it_says_more_itself(office: Office) -> None:
    first, second = python("pass"), python("import time; time.sleep(60)")
    asked = request(stages=["Counting", "Drawing the map"])
    office.desk.ask(asked, lambda _: [first, second])
    job = office.wait_until(lambda job: job.progress.stage == "Drawing the map")
    assert (job.state.status, job.progress.share) == (Status.RUNNING, None)
