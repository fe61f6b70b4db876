"""Cover with spopt, in its own environment: ``python spopt_covering.py FILE``.

FILE is an .npz of ``apart`` (0 covers, 1 does not), ``weight``, ``sites`` (how many to open, one
or several) and ``limit`` (seconds of CBC for each). Prints JSON: for each number of sites what
the opened ones cover, and the seconds of building and of both, by the clock and of processor time
(spopt's solver is a process of its own).
"""

import json
import os
import sys
import time
import warnings

import numpy as np
import pulp
from spopt.locate import MCLP

RADIUS = 0.5  # between what covers and what does not


def measure(apart: np.ndarray, weight: np.ndarray, sites: int, limit: float) -> dict[str, float]:
    """Build and solve one problem on one core, for so long."""
    wall, used = time.perf_counter(), _used()
    model = MCLP.from_cost_matrix(apart, weight, RADIUS, p_facilities=sites)
    built = time.perf_counter() - wall
    solver = pulp.PULP_CBC_CMD(msg=False, threads=1, timeLimit=limit)
    model.problem.solve(solver)  # as its solve does, without raising where the limit ends it
    opened = [j for j, y in enumerate(model.fac_vars) if (y.value() or 0) > RADIUS]
    return {
        "sites": sites,
        "opened": len(opened),
        "objective": float(weight[(apart[:, opened] < RADIUS).any(axis=1)].sum()),
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
        apart, weight, limit = given["apart"], given["weight"], float(given["limit"])
        found = [measure(apart, weight, int(p), limit) for p in given["sites"]]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
