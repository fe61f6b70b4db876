"""A plan's outcome, as its job has laid it out for pages and report."""

from functools import lru_cache
from pathlib import Path

import msgspec

from safelight.kernel.errors import Invalid
from safelight.web.plan.outcome import Outcome

OUTCOME = "outcome.json"


def read_outcome(folder: Path) -> Outcome:
    """Return the outcome in a job's folder; raises Invalid where it cannot be read."""
    path = folder / OUTCOME
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, msgspec.DecodeError) as error:
        raise Invalid(
            "plan-known",
            "This plan cannot be shown: its outcome is missing or damaged.",
            "Ask for the plan again.",
        ) from error


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Outcome:
    return msgspec.json.decode(path.read_bytes(), type=Outcome)
