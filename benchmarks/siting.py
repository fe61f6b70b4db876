"""``run.py bench siting``: cover and decay against spopt, and the places of England and Wales.

Seconds are of the clock, on one core; the compiler has run before. SAFELIGHT_SPOPT_SITES names
the numbers of sites to give spopt (such as "20", or "" for none): each takes 5 to 8 minutes.
"""

import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks import siting_median
from benchmarks.floor import AT_LEAST, AT_MOST, Measured
from benchmarks.peers import ROOT, peer_python
from safelight.plan.siting.covering import decay, maximal_covering
from safelight.plan.siting.draws import over_draws
from safelight.plan.siting.frontier import frontier
from safelight.plan.siting.nearby import cover_within, reach_by_distance
from safelight.plan.siting.result import Siting
from tests.support.shared import DATA

PEER = Path(__file__).with_name("peers") / "spopt_covering.py"
SPOPT_SECONDS, FASTER = 300.0, 100.0
SITES = (10, 20, 50)
KENT = {f"E070001{number:02d}" for number in range(5, 17)} | {"E06000035"}
MILE = 1609.344
BEHRENDS = [  # miles and share, as cited in ../shared/research/impact.md 1.2
    (0.25, 1.0),
    (0.5, 0.84),
    (0.75, 0.716),
    (1.0, 0.585),
    (1.5, 0.463),
    (2.0, 0.298),
    (2.5, 0.185),
    (3.0, 0.095),
]
Table = npt.NDArray[np.float64]


class Places(NamedTuple):
    """Small areas: where they are (metres) and who lives there."""

    xy: Table
    people: Table


def matched(sites: int, seed: int = 0) -> tuple[npt.NDArray[np.bool_], Table]:
    """Scatter 5,000 × 1,000 evenly; discs of all sites together would fill 0.8 of the square."""
    dice = np.random.default_rng(seed)
    homes, places = dice.random((5_000, 2)), dice.random((1_000, 2))
    weight = dice.integers(1, 101, 5_000).astype(np.float64)
    radius = np.sqrt(0.8 / (sites * np.pi))
    return np.hypot(*(homes[:, None] - places).transpose(2, 0, 1)) <= radius, weight


def against_spopt() -> list[Measured]:
    """Cover 5,000 × 1,000 with both: as good a plan in a hundredth of the time, within 1%."""
    rows = []
    asked = os.environ.get("SAFELIGHT_SPOPT_SITES", "10 20 50").split()
    for sites in SITES:
        covers, weight = matched(sites)
        cpu = time.process_time()
        ours = maximal_covering(covers, weight, sites, gap=0.01)
        detail: dict[str, Any] = {"cpu": time.process_time() - cpu, **_figures(ours)}
        name = f"cover 5,000 × 1,000, {sites} sites"
        rows.append(Measured(f"{name}, gap", 100 * ours.gap, "%", AT_MOST, 1.0, detail))
        if str(sites) in asked:
            theirs = _spopt(covers, weight, sites)
            both = {**detail, "spopt": theirs}
            better = 100 * (ours.objective / theirs["objective"] - 1)
            faster = theirs["wall"] / ours.seconds
            rows += [
                Measured(f"{name}, above spopt", better, "%", AT_LEAST, 0.0, both),
                Measured(f"{name} / spopt", faster, "times", AT_LEAST, FASTER, both),
            ]
    return [*rows, *_proven(asked)]


def _proven(asked: list[str]) -> list[Measured]:
    """Tell how long the best of 50 sites takes to prove, for the quick plan may fall short."""
    if str(SITES[-1]) not in asked:
        return []
    best = maximal_covering(*matched(SITES[-1]), SITES[-1], effort="thorough")
    name, figures = f"cover 5,000 × 1,000, {SITES[-1]} sites, thorough", _figures(best)
    return [
        Measured(f"{name}, gap", 100 * best.gap, "%", AT_MOST, 0.0, figures),
        Measured(f"{name}, time", best.seconds, "s", AT_MOST, 600, figures),
    ]


def _spopt(covers: npt.NDArray[np.bool_], weight: Table, sites: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="safelight-bench-") as folder:
        path = Path(folder) / "problem.npz"
        apart = (~covers).astype(float)
        np.savez(path, apart=apart, weight=weight, sites=[sites], limit=SPOPT_SECONDS)
        done = subprocess.run(
            [peer_python(), PEER, path], capture_output=True, check=False, text=True, cwd=ROOT
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: list[dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found[0]


def _places() -> tuple[Places, Places]:
    """Read England and Wales, and Kent with Medway, from the published data."""
    folder = DATA / "geography"
    centroids = pd.read_csv(folder / "lsoa21_centroids_ew.csv.gz").set_index("lsoa21_code")
    people = pd.read_csv(folder / "population_census2021_lsoa21_by_age.csv.gz")
    lookup = pd.read_csv(folder / "lsoa21_lookup_ew.csv.gz", low_memory=False)
    total = people.set_index("lsoa21_code")["total"].reindex(centroids.index)
    district = lookup.set_index("lsoa21_code")["ltla24_code"].reindex(centroids.index)
    xy = centroids[["easting", "northing"]].to_numpy(float)
    everywhere = Places(xy, total.to_numpy(float))
    kent = district.isin(KENT).to_numpy()
    return everywhere, Places(everywhere.xy[kent], everywhere.people[kent])


def _figures(found: Siting) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "objective": found.objective,
        "bound": found.bound,
        "seconds": found.seconds,
        "peak_mb": peak,
    }


def _national(name: str, solve: Callable[[], Siting], gap: float, seconds: float) -> list[Measured]:
    cpu = time.process_time()
    found = solve()
    detail = {"cpu": time.process_time() - cpu, **_figures(found)}
    return [
        Measured(f"{name}, gap", 100 * found.gap, "%", AT_MOST, gap, detail),
        Measured(f"{name}, time", found.seconds, "s", AT_MOST, seconds, detail),
    ]


def kent(places: Places) -> list[Measured]:
    """Kent and Medway: proofs to 10 sites, the frontier to 20, and a thousand draws of need."""
    near = cover_within(places.xy, places.xy, 2_000)
    table = np.array(BEHRENDS) * [MILE, 1.0]
    reach = reach_by_distance(places.xy, places.xy, table, 3 * MILE)
    rows = []
    for name, model, given in (("cover", maximal_covering, near), ("decay", decay, reach)):
        plans = [model(given, places.people, p) for p in range(1, 11)]
        slowest = max(plan.seconds for plan in plans)
        open_ = sum(plan.gap > 0 for plan in plans)
        rows += [
            Measured(f"Kent, {name}, 1–10 sites, not proven", open_, "plans", AT_MOST, 0, {}),
            Measured(f"Kent, {name}, slowest of them", slowest, "s", AT_MOST, 2.0, {}),
        ]
    began = time.perf_counter()
    plans = frontier(reach, places.people, range(1, 21))
    took, open_ = time.perf_counter() - began, sum(plan.gap > 0 for plan in plans)
    began = time.perf_counter()
    need = np.random.default_rng(0).gamma(4.0, 0.25, (1_000, len(places.people))) * places.people
    found = over_draws(reach, need, 6)
    drawn = time.perf_counter() - began
    worst = 100 * float((found.bound / found.objective - 1).max())
    detail = {"regret_mean": float(found.regret.mean()), "worst_gap_percent": worst}
    return [
        *rows,
        Measured("Kent, frontier 1–20, not proven", open_, "plans", AT_MOST, 0, {}),
        Measured("Kent, frontier 1–20", took, "s", AT_MOST, 30, {}),
        Measured("Kent, 1,000 draws of need, 6 sites", drawn, "s", AT_MOST, 300, detail),
    ]


def england_and_wales(places: Places) -> list[Measured]:
    """Every small area is demand and candidate: covering within 2 km, and decay."""
    near = cover_within(places.xy, places.xy, 2_000)
    rows = []
    for sites, gap in ((50, 0.5), (200, 1.0)):
        name = f"England and Wales, 2 km, {sites} sites"
        cover = partial(maximal_covering, near, places.people, sites)
        rows += _national(name, partial(cover, gap=gap / 100), gap, 60)
        long = partial(cover, gap=0.0025, effort="thorough")
        rows += _national(f"{name}, thorough", long, 0.25, 600)
    for cutoff in (12_000, 20_000):  # 12 km gives about as many pairs as the issue speaks of
        reach = reach_by_distance(
            places.xy, places.xy, lambda metres: np.exp(-metres / 5_000), cutoff
        )
        for sites in (10, 50, 200):
            name = f"decay, {reach.nnz / 1e6:.1f} M pairs, {sites} sites"
            solve = partial(decay, reach, places.people, sites, gap=0.01)
            rows += _national(name, solve, 1.0, 60)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*rows, Measured("peak of all of these", peak, "MB", AT_MOST, 2_000, {})]


def run() -> list[Measured]:
    """Measure everything, once the compiler has run."""
    warm = np.random.default_rng(0).random((60, 40)) < 0.1  # noqa: PLR2004 - a share
    maximal_covering(warm, np.ones(60), 4)
    rows = against_spopt()
    if (DATA / "geography").is_dir():
        everywhere, county = _places()
        rows += [*kent(county), *england_and_wales(everywhere)]
    else:
        print(f"NOT MEASURED: Kent, England and Wales, for {DATA} is not here")
    return [*rows, *siting_median.run()]
