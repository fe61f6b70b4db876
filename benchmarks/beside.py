"""``run.py bench beside``: what taps on the floor wait for longer while a plan is worked out."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.floor import AT_MOST, Measured, client
from benchmarks.server import Running, serving
from safelight.web.jobs.records import REQUEST, RESULT, Request, write_record
from safelight.web.jobs.runner import SystemRunner
from safelight.web.plan.commands import SAFELIGHT

ROUNDS, SECONDS, WARM_SECONDS = 5, 3.0, 5.0
TABLETS = 4  # each taps again as soon as it is answered
PLAN = ("site", "--need", "example", "--sites", "15", "--budget", "20000000", "--draws", "200")
OVER_AND_OVER = 100  # so that it is not done before the taps are
LIMITS = {"p50": 1.5, "p99": 2.0}


@contextmanager
def planning(folder: Path) -> Iterator[None]:
    """Have plans worked out by the worker that the service uses; end them afterwards."""
    folder.mkdir(parents=True)
    command = [*SAFELIGHT, *PLAN, "--out", str(folder / "plan.json")]
    now = datetime.now(UTC)
    asked = Request(
        id="", kind="", title="", staff="", asked_at=now, steps=[command] * OVER_AND_OVER
    )
    write_record(folder, REQUEST, asked)
    runner = SystemRunner()
    runner.start(folder)
    time.sleep(WARM_SECONDS)
    try:
        yield
        if (folder / RESULT).exists() or not runner.is_alive(folder):
            raise SystemExit("The plans ended before the taps: nothing was measured.")
    finally:
        runner.stop(folder, at_once=True)
        while runner.is_alive(folder):
            time.sleep(0.05)


def taps(server: Running, folder: Path) -> list[Measured]:
    """Taps without and with plans, by turns, so that both meet the same machine."""
    tap = {"clients": TABLETS, "seconds": SECONDS}
    client(server, "tap", **tap)
    rounds: list[dict[str, Any]] = []
    for number in range(ROUNDS):
        alone = client(server, "tap", **tap)
        with planning(folder / str(number)):
            rounds.append({"alone": alone, "beside": client(server, "tap", **tap)})
    return [_measured(rounds, part, limit) for part, limit in LIMITS.items()]


def _measured(rounds: list[dict[str, Any]], part: str, limit: float) -> Measured:
    ratio = statistics.median(each["beside"][part] / each["alone"][part] for each in rounds)
    name = f"tap {part}, beside a plan / alone"
    return Measured(name, ratio, "ratio", AT_MOST, limit, {"rounds": rounds})


def run() -> list[Measured]:
    """Measure it."""
    with tempfile.TemporaryDirectory() as place, serving(Path(place) / "home") as server:
        return taps(server, Path(place) / "jobs")
