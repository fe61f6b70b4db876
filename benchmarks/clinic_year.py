"""A simulated year of a large clinic: 60 patients, three sessions a day, open day and night."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
from immutables import Map
from msgspec.structs import replace

from benchmarks.floor import AT_LEAST, AT_MOST, Measured
from safelight.rehearse.clinic.invariants import Invariants
from safelight.rehearse.clinic.run import (
    ClinicReport,
    rehearsal_pack,
    rehearse_clinic,
    rehearse_in_memory,
)
from safelight.rehearse.clinic.scenario import find_clinic
from safelight.wiring import Home

LARGE_CLINIC = "clinic-3-sessions"
YEAR = 365
PROBE_SECONDS = 1.5
KEYS = 60
# What the goal of 60 seconds comes to, 680,000 commands, where the probe does 3.2 million steps.
LEAST_RATIO = 0.0035


class Timed(NamedTuple):
    """A rehearsal, how long it took, and what the machine could do around it."""

    report: ClinicReport
    seconds: float
    probe: float  # steps a second

    @property
    def ratio(self) -> float:
        """How many commands were done for each step of the probe."""
        return self.report.tally.commands / self.seconds / self.probe


class Small(msgspec.Struct, frozen=True):
    """A value such as those that a site consists of."""

    name: str
    count: int = 0


def raw_steps(seconds: float) -> float:
    """Return how many small values a second this machine replaces in a persistent map."""
    names = [f"key-{number}" for number in range(KEYS)]
    values = Map({name: Small(name) for name in names})
    count, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for name in names:
            values = values.set(name, replace(values[name], count=values[name].count + 1))
        count += KEYS
    return count / (time.perf_counter() - started)


def timed(rehearse: Callable[[], ClinicReport]) -> Timed:
    """Rehearse between two probes."""
    before, started = raw_steps(PROBE_SECONDS), time.perf_counter()
    report = rehearse()
    seconds = time.perf_counter() - started
    if report.tally.broken or report.tally.mistaken:
        raise SystemExit(f"{report.tally.broken} {report.tally.told}")
    return Timed(report, seconds, (before + raw_steps(PROBE_SECONDS)) / 2)


def run() -> list[Measured]:
    """Measure a year in memory, judged after every command, and a year through the real store."""
    scenario, pack = find_clinic(LARGE_CLINIC), rehearsal_pack()
    memory = timed(lambda: rehearse_in_memory(scenario, 1, YEAR, Invariants(), pack))
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as name:
        home = Home(Path(name) / "home")
        store = timed(lambda: rehearse_clinic(home, scenario, 1))
    rate = store.report.tally.commands / store.seconds
    told = {"memory": memory.report.as_dict(), "probe": memory.probe}
    return [
        Measured("clinic year in memory", memory.seconds, "s", AT_MOST, 60, told),
        Measured("commands / probe steps", memory.ratio, "ratio", AT_LEAST, LEAST_RATIO, {}),
        Measured("clinic year through the store", store.seconds, "s", AT_MOST, 600, {}),
        Measured("commands through the store", rate, "a second", AT_LEAST, 1_000, {}),
    ]
