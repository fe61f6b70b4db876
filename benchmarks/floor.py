"""``run.py bench floor``: what the floor bears, as ratios to raw probes in the same run."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bulk import build_journal
from benchmarks.probe import raw_commits, raw_fsync
from benchmarks.server import SITE, Running, serving
from safelight.run.store.rebuild import replay
from safelight.run.store.sqlite import SQLiteDriver
from safelight.wiring import Home

CLIENTS, BOARDS, ROUNDS = 16, 20, 5
PROBE_SECONDS, TAP_SECONDS = 1.5, 4.0
ENTRIES = 1_000_000
AT_LEAST, AT_MOST = "≥", "≤"


class Measured(NamedTuple):
    """One goal: what was measured, in which unit, and the limit it is held to."""

    name: str
    value: float
    unit: str
    sense: str
    limit: float
    detail: dict[str, Any]

    @property
    def met(self) -> bool:
        """Tell whether the goal is met."""
        return self.value >= self.limit if self.sense == AT_LEAST else self.value <= self.limit


def client(server: Running, what: str, **more: object) -> dict[str, Any]:
    job = {
        **server._asdict(),
        "site": SITE,
        "name": "supplies.take_back",
        "what": what,
        **more,
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.clients", json.dumps(job, default=str)],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def taps(server: Running, folder: Path) -> list[Measured]:
    """Durable taps through HTTP, each round between two raw probes."""
    client(server, "tap", clients=CLIENTS, seconds=1)
    rounds = []
    for _ in range(ROUNDS):
        before, sync = raw_commits(folder, PROBE_SECONDS), raw_fsync(folder, PROBE_SECONDS / 2)
        got = client(server, "tap", clients=CLIENTS, seconds=TAP_SECONDS)
        raw = (before + raw_commits(folder, PROBE_SECONDS)) / 2
        rounds.append({**got, "raw": raw, "fsync": sync, "ratio": got["rate"] / raw})
    ratio = statistics.median(r["ratio"] for r in rounds)
    tail = statistics.median(r["p99"] / r["fsync"] for r in rounds)
    return [
        Measured("durable taps / raw commits", ratio, "ratio", AT_LEAST, 0.5, {"rounds": rounds}),
        Measured("fairness", min(r["fairness"] for r in rounds), "min/max", AT_LEAST, 0.9, {}),
        Measured("tap p99 / raw fsync p50", tail, "ratio", AT_MOST, 100, {}),
        Measured("taps refused", sum(r["refused"] for r in rounds), "taps", AT_MOST, 0, {}),
    ]


def boards(server: Running) -> list[Measured]:
    """One tablet's tap on twenty other boards."""
    got = client(server, "watch", clients=BOARDS, turns=60)
    return [Measured("tap on 20 boards, p95", got["p95"] * 1000, "ms", AT_MOST, 250, got)]


def memory(server: Running) -> list[Measured]:
    """The server's resident memory after the load."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    peak = next(int(x.split()[1]) for x in status.splitlines() if x.startswith("VmHWM"))
    return [Measured("running server, peak", peak / 1024, "MB", AT_MOST, 250, {})]


def verification(folder: Path) -> list[Measured]:
    """A journal of a million entries, verified and replayed."""
    home = Home(folder)
    build_journal(home, "big", ENTRIES)
    started = time.perf_counter()
    usage_before = os.times()
    peak = _verify(folder)
    seconds = time.perf_counter() - started
    scratch = SQLiteDriver(":memory:", scratch=True)
    scratch.prepare()
    started = time.perf_counter()
    count = replay(home.connect(), scratch, "big", lambda _: None)
    rate = count / (time.perf_counter() - started)
    cpu = os.times().children_user - usage_before.children_user
    return [
        Measured("verify 1,000,000 entries", seconds, "s", AT_MOST, 6, {"cpu": cpu}),
        Measured("verify, peak of all processes", peak, "MB", AT_MOST, 300, {}),
        Measured("rebuild", rate, "entries/s", AT_LEAST, 20_000, {}),
    ]


def _verify(folder: Path) -> float:
    """Run ``safelight verify`` and return the peak memory of it and its processes, in MB."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from safelight.cli import main; main()", "verify", "--json"],
        env={**os.environ, "SAFELIGHT_HOME": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _family_memory(process.pid))
        time.sleep(0.05)
    output = process.stdout.read() if process.stdout else ""
    if process.returncode or not json.loads(output)["ok"]:
        raise SystemExit(f"verify failed: {output}")
    return peak


def _family_memory(pid: int) -> float:
    total = 0.0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1]) / 1024
    except (OSError, ValueError):
        return total
    return total + sum(_family_memory(int(child)) for child in children)


def rehearsal(folder: Path) -> list[Measured]:
    """The whole thistle-2025 rehearsal through the command line."""
    started = time.perf_counter()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from safelight.cli import main; main()",
            "rehearse",
            "--scenario=thistle-2025",
            "--seed=1",
            "--json",
        ],
        env={**os.environ, "SAFELIGHT_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    report = json.loads(done.stdout)
    seconds = time.perf_counter() - started
    return [Measured("thistle-2025 rehearsal", seconds, "s", AT_MOST, 60, report)]


def run() -> list[Measured]:
    """Measure everything."""
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as name:
        folder = Path(name)
        with serving(folder / "served") as server:
            results = [*taps(server, folder), *boards(server), *memory(server)]
        return [*results, *verification(folder / "bulk"), *rehearsal(folder / "thistle")]
