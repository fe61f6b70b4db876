"""Small need tables of places that do not exist."""

import numpy as np
import pandas as pd

from safelight.contracts.need import BASELINES, QUANTITIES, Provenance

PROVENANCE = Provenance(
    region="nowhere",
    areas="LSOA 2021",
    period="2018 to 2020",
    seed=1,
    draws=4,
    parameters="made up 1",
)


def need_table(areas: int = 3, draws: int = 4, seed: int = 1) -> pd.DataFrame:
    """Make up areas on a line along the coast of Kent, a kilometre apart, in two districts."""
    rng = np.random.default_rng(seed)
    at = np.arange(areas)
    deaths = rng.gamma(2.0, 0.5, areas)
    spread = rng.lognormal(0.0, 0.3, (areas, draws))
    columns = {
        "code": [f"E01{number:06d}" for number in at],
        "name": [f"Shore {number:03d}A" for number in at],
        "district_code": np.where(at % 2, "E07000108", "E07000114"),
        "district": np.where(at % 2, "Southshore", "Northshore"),
        "easting": 600_000.0 + 1000.0 * at,
        "northing": np.full(areas, 140_000.0),
        "lon": 0.86 + 0.0143 * at,
        "lat": np.full(areas, 51.125),
        "population": rng.integers(1000, 2000, areas).astype(float),
    }
    for scale, quantity in zip((50.0, 1.0, 3.0), QUANTITIES, strict=True):
        columns |= {
            quantity: scale * deaths,
            f"{quantity}_lower": 0.6 * scale * deaths,
            f"{quantity}_upper": 1.5 * scale * deaths,
        }
    columns |= {baseline: np.full(areas, float(deaths.mean())) for baseline in BASELINES}
    frame = pd.DataFrame(columns)
    frame["deaths_draws"] = list((deaths[:, None] * spread).astype(np.float32))
    return frame
