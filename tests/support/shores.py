"""A region that does not exist, as a job leaves it: a need table with outlines, and a desk."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from safelight.contracts.need import BASELINES, QUANTITIES, Provenance, write_need
from safelight.web.jobs.desk import Desk
from safelight.web.jobs.records import REQUEST, STATE, State, Status, write_record
from safelight.web.plan.commands import AREAS, TABLE
from safelight.web.plan.making.sketching import write_sketch
from safelight.web.plan.shelf import NEED
from safelight.web.plan.sketch import Sketch, read_sketch
from tests.support.jobs import FakeRunner, Hours, request

AREA_COUNT = 10
NUMBER = 0xA0  # of the job that made the table
SHORE = request(NUMBER).id
HALF_LON, HALF_LAT = 0.00715, 0.006
DRAWS = 100
PROVENANCE = Provenance(
    region="nowhere",
    areas="MSOA 2021",
    period="2018 to 2020",
    seed=1,
    draws=DRAWS,
    parameters="made up 1",
    sources=["Made-up deaths; nobody; never"],
    attribution=["Contains made-up data."],
)


def shore_table(areas: int = AREA_COUNT) -> pd.DataFrame:
    """Make up areas on a line along the coast of Kent, a kilometre apart, in two districts."""
    rng = np.random.default_rng(1)
    at = np.arange(areas)
    deaths = rng.gamma(2.0, 0.5, areas)
    spread = rng.lognormal(0.0, 0.3, (areas, DRAWS))
    columns = {
        "code": [f"E02{number:06d}" for number in at],
        "name": [f"Shore {number:03d}A" for number in at],
        "district_code": np.where(at % 2, "E07000108", "E07000114"),
        "district": np.where(at % 2, "Southshore", "Northshore"),
        "easting": 600_000.0 + 1000.0 * at,
        "northing": np.full(areas, 140_000.0),
        "lon": 0.86 + 0.0143 * at,
        "lat": np.full(areas, 51.125),
        "population": rng.integers(5000, 9000, areas).astype(float),
    }
    for scale, quantity in zip((50.0, 1.0, 4.0), QUANTITIES, strict=True):
        columns |= {
            quantity: scale * deaths,
            f"{quantity}_lower": 0.6 * scale * deaths,
            f"{quantity}_upper": 1.5 * scale * deaths,
        }
    columns |= {baseline: np.full(areas, float(deaths.mean())) for baseline in BASELINES}
    frame = pd.DataFrame(columns)
    frame["deaths_draws"] = list((deaths[:, None] * spread).astype(np.float32))
    return frame


def shore(folder: Path, frame: pd.DataFrame | None = None, *, outlines: bool = True) -> Path:
    """Lay out a job that has made a need table of squares along a shore; returns its folder."""
    made = folder / "plan" / "jobs" / SHORE
    made.mkdir(parents=True)
    table = shore_table() if frame is None else frame
    write_need(table, PROVENANCE, made / TABLE)
    if outlines:
        (made / AREAS).write_text(json.dumps(squares(table)), encoding="utf-8")
    write_sketch(made, made / TABLE, made / AREAS, folder / "data", is_example=False)
    write_record(made, REQUEST, request(NUMBER, kind=NEED, title="Made-up shore"))
    write_record(made, STATE, State(status=Status.DONE, attempts=1))
    return made


def shore_sketch(folder: Path, frame: pd.DataFrame | None = None) -> Sketch:
    """Return the sketch of such a table."""
    return read_sketch(shore(folder, frame))


def squares(frame: pd.DataFrame) -> dict[str, object]:
    """Return a square around each area's point, side by side."""
    features = [
        {"type": "Feature", "properties": {"code": code}, "geometry": _square(lon, lat)}
        for code, lon, lat in frame[["code", "lon", "lat"]].itertuples(index=False)
    ]
    return {"type": "FeatureCollection", "features": features}


def _square(lon: float, lat: float) -> dict[str, object]:
    west, east, south, north = lon - HALF_LON, lon + HALF_LON, lat - HALF_LAT, lat + HALF_LAT
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def desk_by_the_shore(folder: Path) -> tuple[Desk, FakeRunner]:
    """Return a desk over such a job, and its workers."""
    shore(folder)
    runner = FakeRunner()
    return Desk(folder / "plan", runner, Hours()), runner
