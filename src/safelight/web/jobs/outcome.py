"""Why a job failed, in one sentence, with what to do about it."""

import signal
from pathlib import Path
from typing import NamedTuple

from safelight.web.jobs.records import LOG, Result

SAID = "safelight: "  # how commands begin what is wrong; the remedy stands on the next line
TAIL_BYTES = 16_384
LONGEST = 600
_LOOK = "The end of what the command said is below; start it again when the cause is gone."


class Trouble(NamedTuple):
    """What is wrong and what to do."""

    error: str
    remedy: str


def end_of(folder: Path, result: Result) -> Trouble | None:
    """Return what a result says went wrong, or None where all went well."""
    if result.code == 0:
        return None
    if result.code < 0:
        return Trouble(
            f"The machine ended the command ({_name(-result.code)}).",
            "It may have run out of memory. Ask for less at once, or start it again.",
        )
    return _told(tail_of(folder)) or Trouble(
        f"The command ended with code {result.code} and did not say why.", _LOOK
    )


def not_started(error: OSError) -> Trouble:
    """Return why a worker could not be started."""
    return Trouble(
        f"This machine cannot start the command: {error.strerror}.",
        "Free some memory or disk, then start it again.",
    )


def gave_up(times: int) -> Trouble:
    """Return what is said of a job that never comes to an end."""
    return Trouble(
        f"The command was begun {times} times and never came to its end.",
        "See whether the machine has enough memory, then start it again.",
    )


def tail_of(folder: Path) -> str:
    """Return the end of what the commands said."""
    try:
        with (folder / LOG).open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - TAIL_BYTES))
            return log.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def _told(text: str) -> Trouble | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [number for number, line in enumerate(lines) if line.startswith(SAID)]
    if told:
        error = lines[told[-1]].removeprefix(SAID)
        return Trouble(error[:LONGEST], " ".join(lines[told[-1] + 1 :])[:LONGEST])
    return Trouble(f"The command failed: {lines[-1][:LONGEST]}", _LOOK) if lines else None


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
