"""Made-up need tables, small or large, for tests of siting."""

import numpy as np
import pandas as pd

from safelight.contracts.need import Provenance
from safelight.plan.siting.planner.grid import to_degrees

PROVENANCE = Provenance(
    region="made up",
    areas="MSOA 2021",
    period="2018 to 2020",
    seed=1,
    draws=0,
    parameters="test 1",
)


def need_table(
    metres: list[tuple[float, float]],
    *,
    deaths: list[float] | None = None,
    districts: list[str] | None = None,
    draws: int = 0,
    seed: int = 1,
) -> pd.DataFrame:
    """Make areas at points some metres from a corner in Kent; a death goes with 10 overdoses."""
    count = len(metres)
    worth = np.array(deaths if deaths is not None else [1.0] * count)
    names = districts or ["Dover"] * count
    codes = {name: f"E070001{k:02}" for k, name in enumerate(sorted(set(names)))}
    across, up = np.array(metres, dtype=float).T
    easting, northing = 600_000.0 + across, 150_000.0 + up
    lon, lat = to_degrees(easting, northing)
    frame = pd.DataFrame(
        {
            "code": [f"E0200{k:04}" for k in range(count)],
            "name": [f"Place {k}" for k in range(count)],
            "district_code": [codes[name] for name in names],
            "district": names,
            "easting": easting,
            "northing": northing,
            "lon": lon,
            "lat": lat,
            "population": 8000.0,
        }
    )
    for quantity, times in (
        ("people_at_risk", 50.0),
        ("deaths", 1.0),
        ("nonfatal_overdoses", 10.0),
    ):
        for end, factor in (("", 1.0), ("_lower", 0.5), ("_upper", 1.5)):
            frame[f"{quantity}{end}"] = worth * times * factor
    for baseline in ("deaths_by_population", "deaths_by_last_count", "deaths_by_empirical_bayes"):
        frame[baseline] = worth
    if draws:
        random = np.random.default_rng(seed)
        drawn = worth[:, None] * random.gamma(4.0, 0.25, (count, draws))
        frame["deaths_draws"] = list(drawn.astype(np.float32))
    return frame


def towns(count: int, *, seed: int = 1, draws: int = 0) -> pd.DataFrame:
    """Make a county of areas that cluster in towns of four districts."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0, 30_000, (8, 2))
    town = random.integers(0, 8, count)
    points = centres[town] + random.normal(0, 1500, (count, 2))
    names = ["Dover", "Folkestone", "Thanet", "Medway"]
    return need_table(
        [(float(x), float(y)) for x, y in points],
        deaths=random.gamma(2.0, 0.1, count).tolist(),
        districts=[names[each % 4] for each in town],
        draws=draws,
        seed=seed,
    )
