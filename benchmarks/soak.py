"""``python -m benchmarks.soak [name …]``: strain Safelight for long, and fail where it loses.

power-cuts  the real engine on a simulated disk whose power fails (100,000 times)
kill        kill -9 of the whole server while tablets tap (200 times)
kill-node   kill -9 of a process that holds a node, under load (200 times)
clinic      a clinic of 15 patients against the rules in memory, attacked (3,000 years)
clinic-storm  the same through the real store, in trouble and attacked (10 years)
registers   random operations on registers beside a second bookkeeper (10,000,000)
all         all of them, which is what happens where nothing is named

With --results FILE the clinic's soaks go on where they were left off.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from benchmarks import clinic_soak
from benchmarks.clinic_soak import OperationsReport, StormyReport, YearsReport
from benchmarks.server_kills import server_kills
from tests.support.kills import KillReport, kills
from tests.support.powercut_workload import PowerCutReport, power_cuts

BATCH = 250  # power cuts that one process does in one go
SHOWN = 20  # faults that are printed
PLAIN_SECONDS = 10.0

Report = TypeVar("Report", PowerCutReport, KillReport)
AnyReport = PowerCutReport | KillReport | YearsReport | StormyReport | OperationsReport
Progress = Callable[[int], None]


class Soak(NamedTuple):
    """One way to strain Safelight, and how often if nobody says."""

    run: Callable[[int, int, Progress], AnyReport]
    usual: int
    unit: str


class Shown:
    """Shows how far a soak is, and how fast it goes."""

    def __init__(self, name: str, count: int, unit: str) -> None:
        self._name, self._count, self._unit = name, count, unit
        self._started = self._last = time.monotonic()

    def __call__(self, done: int) -> None:
        """Say how much is done: at each step on a terminal, elsewhere now and then."""
        now = time.monotonic()
        live = sys.stderr.isatty()
        if not live and now - self._last < PLAIN_SECONDS and done < self._count:
            return
        self._last = now
        rate = done / max(now - self._started, 1e-9)
        left = (self._count - done) / max(rate, 1e-9)
        text = f"{self._name}: {done:,} of {self._count:,} {self._unit}"
        text = f"{text}, {rate:.1f}/s, {left:.0f} s left"
        before, after = ("\r\x1b[K", "") if live else ("", "\n")
        print(before + text, end=after, file=sys.stderr, flush=True)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._started


def joined(reports: Iterator[Report], into: Report, progress: Progress) -> Report:
    """Add reports up, field by field; progress is told the sum of the first field."""
    for report in reports:
        for field in fields(into):
            setattr(into, field.name, getattr(into, field.name) + getattr(report, field.name))
        progress(int(getattr(into, fields(into)[0].name)))
    return into


def spread_power_cuts(count: int, seed: int, progress: Progress) -> PowerCutReport:
    """Cut the power in as many processes as there are processors."""
    sizes = [min(BATCH, count - first) for first in range(0, count, BATCH)]
    seeds = range(seed * 1_000_000, seed * 1_000_000 + len(sizes))
    with ProcessPoolExecutor(os.cpu_count()) as executor:
        return joined(executor.map(power_cuts, sizes, seeds), PowerCutReport(), progress)


def soaks(results: Path | None = None) -> dict[str, Soak]:
    """Return all soaks by name; those of the clinic go on from a results file."""
    return {
        "power-cuts": Soak(spread_power_cuts, 100_000, "cuts"),
        "kill": Soak(server_kills, 200, "kills"),
        "kill-node": Soak(kills, 200, "kills"),
        "clinic": Soak(partial(clinic_soak.years, results=results), 3_000, "years"),
        "clinic-storm": Soak(partial(clinic_soak.stormy_years, results=results), 10, "years"),
        "registers": Soak(
            partial(clinic_soak.operations, results=results), 10_000_000, "operations"
        ),
    }


def soak(name: str, count: int | None, seed: int, results: Path | None = None) -> dict[str, Any]:
    """Run one soak, and return what it came to."""
    chosen = soaks(results)[name]
    times = count or chosen.usual
    shown = Shown(name, times, chosen.unit)
    report = chosen.run(times, seed, shown)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return {"seed": seed, "seconds": round(shown.seconds, 1), **asdict(report)}


def _print(name: str, result: dict[str, Any]) -> None:
    print(name)
    for key, value in result.items():
        if key != "broken":
            print(f"  {key.replace('_', ' '):<26} {value:>12,}")
    broken = result["broken"]
    print(f"  {'what must never happen':<26} {len(broken):>12,}")
    for each in broken[:SHOWN]:
        print(f"    {each}")


def main(arguments: list[str] | None = None) -> int:
    """Run the soaks that are named, or all; returns 1 where anything went wrong."""
    parser = argparse.ArgumentParser(
        prog="run.py soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("names", nargs="*", choices=[[], "all", *soaks()], metavar="name")
    parser.add_argument("--count", type=int, help="how often, instead of the usual")
    parser.add_argument("--seed", type=int, default=1, help="the same seed strains in the same way")
    parser.add_argument("--results", type=Path, help="a file to go on from")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    names = list(soaks()) if not given.names or "all" in given.names else given.names
    results = {}
    for name in names:
        results[name] = soak(name, given.count, given.seed, given.results)
        if not given.json:
            _print(name, results[name])
    if given.json:
        print(json.dumps(results))
    return 1 if any(result["broken"] for result in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
