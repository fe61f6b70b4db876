"""Solve p-median problems with spopt, in its own environment: ``python spopt_median.py FILE``.

FILE is an .npz of ``distance``, ``weight`` and ``sites`` (how many to open, one or several).
Prints JSON: for each number of sites the objective, and the seconds that building and solving took,
by the clock and of processor time (spopt's solver is a process of its own).
"""

import json
import os
import sys
import time
import warnings

import numpy as np
import pulp
from spopt.locate import PMedian


def measure(distance: np.ndarray, weight: np.ndarray, sites: int) -> dict[str, float]:
    """Build and solve one problem; CBC proves it optimal, on one core."""
    wall, used = time.perf_counter(), _used()
    model = PMedian.from_cost_matrix(distance, weight, p_facilities=sites)
    built = time.perf_counter() - wall
    model = model.solve(pulp.PULP_CBC_CMD(msg=False, threads=1))
    return {
        "sites": sites,
        "objective": float(model.problem.objective.value()),
        "build": built,
        "wall": time.perf_counter() - wall,
        "cpu": _used() - used,
    }


def _used() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Solve what the file asks for."""
    warnings.simplefilter("ignore")  # spopt's own
    with np.load(sys.argv[1]) as given:
        found = [measure(given["distance"], given["weight"], int(p)) for p in given["sites"]]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
