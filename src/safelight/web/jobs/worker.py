"""Does one job: ``python -m safelight.web.jobs.worker FOLDER``.

It lives outside the server, so that the job goes on when the server is restarted, and steps back
whenever the floor needs the machine. As long as it or its command lives, the job's lock is held:
that is how a server that has just started knows.
"""

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from safelight.web.jobs.records import (
    LOCK,
    LOG,
    PROCESS,
    PROGRESS,
    RESULT,
    Process,
    Progress,
    Request,
    Result,
    read_request,
    write_record,
)

NICENESS = 19
# Linux shares the processor out between sessions first, and a worker has one of its own: without
# this its niceness would count for nothing against the service.
SESSION = Path("/proc/self/autogroup")
BUSY = 75  # somebody else is at it (EX_TEMPFAIL)
TOLD_TO_END = {-signal.SIGTERM, 128 + signal.SIGTERM}  # by the signal itself, or in good order


def work(folder: Path) -> int:
    """Run the job's commands up to the first that fails; returns its exit code."""
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return BUSY
        step_back()
        write_record(folder, PROCESS, Process(os.getpid()))
        result = _run(folder, read_request(folder), lock.fileno())
        # Ended by whoever shuts the machine down: that is no outcome, the desk begins it again.
        if result.code not in TOLD_TO_END:
            write_record(folder, RESULT, result)
        return result.code


def step_back() -> None:
    """Take only what the floor leaves of the processor; the commands inherit it."""
    os.nice(NICENESS)
    with suppress(OSError):
        SESSION.write_text(str(NICENESS), encoding="ascii")


def _run(folder: Path, asked: Request, lock: int) -> Result:
    result = Result(0, 0)
    with (folder / LOG).open("ab") as log:
        for number, command in enumerate(asked.steps):
            if number < len(asked.stages):
                write_record(folder, PROGRESS, Progress(asked.stages[number]))
            # The command holds the lock too: it may outlive a worker that was killed.
            ended = subprocess.run(  # noqa: S603 - a list of arguments that our own pages made
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                check=False,
            )
            result = Result(ended.returncode, number)
            if ended.returncode:
                break
    return result


if __name__ == "__main__":
    sys.exit(work(Path(sys.argv[1])))
