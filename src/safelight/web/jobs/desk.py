"""The desk where jobs are asked for: one runs, the others wait, and each can be cancelled.

What stands in the folders is the truth. A desk that opens over folders of an earlier server goes on
where that one left off: a job whose worker lives is watched, one whose worker is gone is begun
again, a few times at most.
"""

import logging
import re
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from safelight.kernel.clock import Clock
from safelight.kernel.errors import Invalid
from safelight.web.jobs.outcome import Trouble, end_of, gave_up, not_started
from safelight.web.jobs.records import (
    OVER,
    PROCESS,
    PROGRESS,
    REQUEST,
    RESULT,
    STATE,
    Progress,
    Request,
    Result,
    State,
    Status,
    read_record,
    read_request,
    write_record,
)
from safelight.web.jobs.runner import Runner

MOST_ATTEMPTS = 3
MOST_WAITING = 20
GRACE = timedelta(seconds=10)  # between asking a command to end and ending it
ROUND_SECONDS = 0.5
_ID = re.compile(r"job-[0-9a-f]{6,40}")
_log = logging.getLogger("safelight.jobs")


class Job(NamedTuple):
    """One job: where it lies, what was asked, and how it stands."""

    folder: Path
    request: Request
    state: State

    @property
    def progress(self) -> Progress:
        """Return how far the command says it has come."""
        return read_record(self.folder, PROGRESS, Progress) or Progress()

    @property
    def is_over(self) -> bool:
        """Tell whether nothing will change any more."""
        return self.state.status in OVER


class Desk:
    """All jobs of one home; safe to use from the threads of pages."""

    def __init__(self, home: Path, runner: Runner, clock: Clock) -> None:
        """Open over what planning keeps; jobs lie below ``jobs`` in it."""
        self.home = home
        self._folder = home / "jobs"
        self._runner, self._clock = runner, clock
        self._lock = threading.RLock()
        self._open: dict[str, Job] = {}  # those that a round has to look at, oldest first
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)
        for job in reversed(self.all()):
            if not job.is_over or runner.is_alive(job.folder):
                self._open[job.request.id] = job

    # --- For pages ---------------------------------------------------------------------------

    def ask(self, request: Request, steps: Callable[[Path], Sequence[Sequence[str]]]) -> Job:
        """Put a job at the end of the queue; one with the same id is there once only.

        ``steps`` makes the command lines for the job's folder. Raises Invalid where too many wait.
        """
        with self._lock:
            folder = self._folder / request.id
            if (folder / REQUEST).exists():
                return self.find(request.id)
            if len(self._open) >= MOST_WAITING:
                raise Invalid(
                    "jobs-waiting",
                    f"{MOST_WAITING} jobs are waiting already.",
                    "Cancel some of them, or wait until they are done.",
                )
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            whole = msgspec.structs.replace(request, steps=[list(step) for step in steps(folder)])
            write_record(folder, STATE, State())
            write_record(folder, REQUEST, whole)
            job = self._open[request.id] = Job(folder, whole, State())
            self.tend()
            return self._open.get(request.id, job)

    def find(self, job_id: str) -> Job:
        """Return a job; raises Invalid for one that does not exist."""
        job = self._read(self._folder / job_id) if _ID.fullmatch(job_id) else None
        if job is None:
            raise Invalid("job-known", "There is no such job.", "Look at the list of jobs.")
        return job

    def all(self) -> list[Job]:
        """Return every job, newest first."""
        found = [job for folder in self._folders() if (job := self._read(folder)) is not None]
        return sorted(found, key=_when, reverse=True)

    def ahead_of(self, job_id: str) -> int:
        """Return how many jobs come before one that waits."""
        with self._lock:
            return list(self._open).index(job_id) if job_id in self._open else 0

    def cancel(self, job_id: str, staff: str) -> Job:
        """End a job, or take it out of the queue; what is over stays as it is."""
        with self._lock:
            job = self.find(job_id)
            if job.is_over:
                return job
            now = self._clock()
            job = self._put(
                job, status=Status.CANCELLED, cancelled_by=staff, ended_at=now, error="", remedy=""
            )
            self._runner.stop(job.folder, at_once=False)
            return job

    # --- The rounds --------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look after the jobs."""
        self._thread.start()

    def close(self) -> None:
        """Look after them no longer; what runs goes on, and the next desk will find it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.wait(ROUND_SECONDS):
            try:
                self.tend()
            except OSError as error:
                _log.error("jobs cannot be looked after just now: %s", error.strerror)

    def tend(self) -> None:
        """Look at every job that is not over, and begin the next when none runs."""
        with self._lock:
            for job in list(self._open.values()):
                self._look_at(job)
            if any(self._runner.is_alive(job.folder) for job in self._open.values()):
                return
            waiting = [j for j in self._open.values() if j.state.status is Status.QUEUED]
            if waiting:
                self._begin(waiting[0])

    def _look_at(self, job: Job) -> None:
        alive = self._runner.is_alive(job.folder)
        # Read after asking: a worker writes its result before it ends.
        result = read_record(job.folder, RESULT, Result)
        if job.state.status is Status.QUEUED and (alive or result is not None):
            job = self._begun(job)  # a server ended between starting a worker and saying so
        status = job.state.status
        if status is Status.RUNNING and result is not None:
            self._end(job, end_of(job.folder, result))
        elif status is Status.RUNNING and not alive:
            self._begin_again(job)
        elif status is Status.CANCELLED and alive:
            overdue = job.state.ended_at and self._clock() - job.state.ended_at > GRACE
            self._runner.stop(job.folder, at_once=bool(overdue))
        elif status in OVER and not alive:
            del self._open[job.request.id]

    def _begin(self, job: Job) -> None:
        for name in (PROCESS, RESULT, PROGRESS):
            (job.folder / name).unlink(missing_ok=True)
        try:
            self._runner.start(job.folder)
        except OSError as error:
            self._end(job, not_started(error))
        else:
            self._begun(job)

    def _begun(self, job: Job) -> Job:
        attempts = job.state.attempts + 1
        return self._put(job, status=Status.RUNNING, attempts=attempts, started_at=self._clock())

    def _begin_again(self, job: Job) -> None:
        if job.state.attempts >= MOST_ATTEMPTS:
            self._end(job, gave_up(MOST_ATTEMPTS))
        else:
            self._put(job, status=Status.QUEUED)

    def _end(self, job: Job, trouble: Trouble | None) -> None:
        self._put(
            job,
            status=Status.FAILED if trouble else Status.DONE,
            ended_at=self._clock(),
            error=trouble.error if trouble else "",
            remedy=trouble.remedy if trouble else "",
        )

    # --- The folders -------------------------------------------------------------------------

    def _folders(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [each for each in self._folder.iterdir() if _ID.fullmatch(each.name)]

    def _read(self, folder: Path) -> Job | None:
        try:
            request = read_request(folder)
        except Invalid:
            return None
        return Job(folder, request, read_record(folder, STATE, State) or State())

    def _put(self, job: Job, **changes: object) -> Job:
        state = msgspec.structs.replace(job.state, **changes)
        write_record(job.folder, STATE, state)
        changed = job._replace(state=state)
        self._open[job.request.id] = changed
        return changed


def _when(job: Job) -> tuple[datetime, str]:
    return job.request.asked_at, job.request.id
