"""``run.py bench need``: the need of Kent, and of England and Wales, through the command line.

Needs the published tables, in SAFELIGHT_SHARED or a folder ``shared`` beside the checkout. Each
command runs on one core; its processor time is what it takes where nothing else wants that core,
and the time by the clock stands in the detail.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.floor import AT_MOST, Measured

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SAFELIGHT_SHARED") or ROOT.parent / "shared") / "data"


class Run(NamedTuple):
    """What one run took: seconds by the clock and of the processor, and megabytes at its peak."""

    seconds: float
    processor: float
    peak: float


# Run in a process of its own, so that the peak is that of this one command.
WRAPPER = """
import json, resource, sys, time
started = time.perf_counter()
import safelight.cli
sys.argv = ["safelight", *sys.argv[1:]]
try:
    safelight.cli.main()
except SystemExit as stop:
    assert not stop.code, stop
used = resource.getrusage(resource.RUSAGE_SELF)
spent = used.ru_utime + used.ru_stime
print(time.perf_counter() - started, spent, used.ru_maxrss / 1024, file=sys.stderr)
"""


def timed(home: Path, region: str, draws: int, out: Path) -> Run:
    """Make one need table on one core."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WRAPPER,
            "need",
            f"--region={region}",
            f"--draws={draws}",
            f"--out={out}",
            "--json",
        ],
        env={
            **os.environ,
            "SAFELIGHT_HOME": str(home),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return Run(*map(float, done.stderr.strip().splitlines()[-1].split()))


def run() -> list[Measured]:
    """Measure Kent and the whole of England and Wales."""
    if not DATA.is_dir():
        raise SystemExit(f"The published tables are not in {DATA}; set SAFELIGHT_SHARED.")
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as name:
        home = Path(name)
        (home / "data").symlink_to(DATA)
        kent = timed(home, "kent", 1000, home / "kent.parquet")
        whole = timed(home, "england-wales", 200, home / "whole.parquet")
    return [
        Measured("Kent", kent.processor, "s", AT_MOST, 5, kent._asdict()),
        Measured("England and Wales", whole.processor, "s", AT_MOST, 120, whole._asdict()),
        Measured("England and Wales, peak", whole.peak, "MB", AT_MOST, 2000, {}),
    ]
