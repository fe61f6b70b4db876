"""p-median against spopt on the same problem in the same run, and on problems with known optima.

Ratios are of processor time on one core, building and solving; the compiler has run before.
"""

import json
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.floor import AT_LEAST, AT_MOST, Measured
from benchmarks.peers import ROOT, peer_python
from safelight.plan.siting.medians import p_median
from safelight.plan.siting.result import Siting
from safelight.sources.pmed import instance
from safelight.sources.shelf import Shelf
from tests.support.shared import DATA

PEER = Path(__file__).with_name("peers") / "spopt_median.py"
FASTER = {10: 10.0, 20: 10.0, 50: 100.0}  # by sites: how many times
LARGE = (5_000, 1_000)
LARGE_GAP = 0.1  # percent
REPEATS, SAME = 5, 1e-9


class Problem(NamedTuple):
    """Demands of whole weights and candidates, both anywhere in the unit square."""

    distance: npt.NDArray[np.float64]
    weight: npt.NDArray[np.float64]


class Timed(NamedTuple):
    """An answer and what it took."""

    siting: Siting
    cpu: float


def make_problem(demands: int, candidates: int, seed: int = 0) -> Problem:
    """Draw places evenly, and weights from 1 to 100."""
    dice = np.random.default_rng(seed)
    homes, sites = dice.random((demands, 2)), dice.random((candidates, 2))
    weight = dice.integers(1, 101, demands).astype(np.float64)
    return Problem(np.hypot(*(homes[:, None] - sites).transpose(2, 0, 1)), weight)


def timed(problem: Problem, sites: int) -> Timed:
    """Solve once."""
    started = time.process_time()
    siting = p_median(problem.distance, problem.weight, sites)
    return Timed(siting, time.process_time() - started)


def against_spopt() -> list[Measured]:
    """Solve 1,000 × 200 with both, to proven optimality, and compare objectives and times."""
    problem = make_problem(1_000, 200)
    rows = []
    for theirs in _spopt(problem):
        sites = int(theirs["sites"])
        runs = [timed(problem, sites) for _ in range(REPEATS)]
        found, cpu = runs[0].siting, statistics.median(run.cpu for run in runs)
        assert found.gap == 0
        assert abs(found.objective - theirs["objective"]) <= SAME * found.objective
        wall = statistics.median(run.siting.seconds for run in runs)
        detail = {"spopt": theirs, "cpu": cpu, "wall": wall, "objective": found.objective}
        detail["wall_ratio"] = theirs["wall"] / wall
        name = f"p-median 1,000 × 200, {sites} sites / spopt"
        rows.append(Measured(name, theirs["cpu"] / cpu, "times", AT_LEAST, FASTER[sites], detail))
    return rows


def _spopt(problem: Problem) -> list[dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as folder:
        path = Path(folder) / "problem.npz"
        np.savez(path, distance=problem.distance, weight=problem.weight, sites=[*FASTER])
        done = subprocess.run(
            [peer_python(), PEER, path], capture_output=True, check=False, text=True, cwd=ROOT
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: list[dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def known_optima() -> list[Measured]:
    """Prove pmed1 to pmed20, where their files are here."""
    if not (DATA / "siting").is_dir():
        print(f"NOT MEASURED: pmed1 to pmed20, for {DATA} is not here; set SAFELIGHT_SHARED")
        return []
    shelf = Shelf(DATA / "siting")
    edges, optima = shelf.read("pmed"), shelf.read("pmed-optima").set_index("instance")["optimum"]
    missed, cpu = 0, 0.0
    for name in edges["file"].unique():
        given = instance(edges, name)
        found = timed(Problem(given.distances, np.ones(len(given.distances))), given.p)
        missed += not found.siting.objective == found.siting.bound == optima[name]
        cpu += found.cpu
    return [
        Measured("pmed1–20 not proven optimal", missed, "of 20", AT_MOST, 0, {}),
        Measured("pmed1–20 together", cpu, "s", AT_MOST, 60, {}),
    ]


def larger() -> list[Measured]:
    """Try 5,000 × 1,000, where spopt finds nothing: solved, or the gap that is left."""
    problem = make_problem(*LARGE)
    rows = []
    for sites in FASTER:
        found, cpu = timed(problem, sites)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        detail: dict[str, Any] = {"solved": found.gap == 0, "cpu": cpu, "wall": found.seconds}
        detail |= {"objective": found.objective, "bound": found.bound, "peak_mb": peak}
        name = f"p-median 5,000 × 1,000, {sites} sites, gap"
        rows.append(Measured(name, 100 * found.gap, "%", AT_MOST, LARGE_GAP, detail))
    return rows


def run() -> list[Measured]:
    """Measure everything, once the compiler has run."""
    timed(make_problem(50, 20), 3)
    return [*against_spopt(), *known_optima(), *larger()]
