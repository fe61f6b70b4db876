"""Sketches a need table: ``python -m …sketching FOLDER TABLE AREAS DATA example|own``.

Writes into the folder what the pages read (``sketch.json``), what the map draws
(``drawing.geojson``), and the table as CSV and GeoJSON to take away.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from safelight.contracts.need import Provenance, draws_of, read_need
from safelight.kernel.errors import SafelightError
from safelight.sources.files import write_whole
from safelight.web.plan.making.outlines import Outlines, points, read_outlines
from safelight.web.plan.making.recording import records
from safelight.web.plan.sketch import (
    BASELINES,
    CSV,
    DRAWING,
    GEOJSON,
    QUANTITIES,
    SKETCH,
    Area,
    District,
    Ends,
    Need,
    Sketch,
)

TOP_SHARE = 0.2
LIMITS = (0.025, 0.975)
FIGURES = 6  # significant ones: estimates have no more to say

Floats = npt.NDArray[np.floating[Any]]


def top_fifth(draws: Floats) -> npt.NDArray[np.float64]:
    """Return for each area the share of draws in which it is among the fifth with most deaths."""
    count = max(1, round(TOP_SHARE * len(draws)))
    # The smallest value that is still among the highest fifth, draw by draw.
    least = np.partition(draws, len(draws) - count, axis=0)[len(draws) - count]
    return np.asarray((draws >= least).mean(axis=1), dtype=np.float64)


class Table:
    """A need table and what is worked out from its draws."""

    def __init__(self, path: Path) -> None:
        """Read it; raises Invalid for what is no need table."""
        self.path = path
        self.frame, self.provenance = read_need(path)
        self.draws = draws_of(self.frame) if "deaths_draws" in self.frame else None
        self.chance = None if self.draws is None else top_fifth(self.draws)
        self.flat = self.frame.drop(columns=["deaths_draws"], errors="ignore")
        if self.chance is not None:
            self.flat = self.flat.assign(chance_of_highest_fifth=self.chance.round(4))

    @property
    def district_of(self) -> dict[str, str]:
        """Return each area's district by name."""
        return dict(zip(self.frame["code"], self.frame["district"], strict=True))

    def together(self, rows: npt.NDArray[np.int64]) -> dict[str, Any]:
        """Return the estimates for several areas as one.

        Means add up. The interval of deaths comes from the joint draws; the other quantities have
        none, so their areas' own ends are added, which makes it too wide rather than too narrow.
        """
        own = self.frame.iloc[rows]
        ends = {
            name: Ends(*(float(own[f"{name}{end}"].sum()) for end in ("", "_lower", "_upper")))
            for name in QUANTITIES
        }
        if self.draws is not None:
            low, high = np.quantile(self.draws[rows].sum(axis=0), LIMITS)
            ends["deaths"] = Ends(ends["deaths"].mean, float(low), float(high))
        simpler = {name: float(own[f"deaths_{name}"].sum()) for name in BASELINES}
        return {"population": float(own["population"].sum()), **ends, **simpler}


def sketch_of(table: Table, outlines: Outlines, data: Path, *, is_example: bool) -> Sketch:
    """Return the sketch of a need table; ``data`` is the shelf of published tables."""
    record, source = records(data)
    groups = table.frame.groupby("district", sort=True).indices.values()
    return Sketch(
        example=is_example,
        table=str(table.path),
        **_provenance(table.provenance),
        areas=[_area(row, outlines) for row in table.flat.to_dict("records")],
        districts=[_district(table, np.asarray(rows), outlines, record) for rows in groups],
        whole=Need(**table.together(np.arange(len(table.frame)))),
        projection=outlines.projection,
        record_source=source,
    )


def _provenance(provenance: Provenance) -> dict[str, Any]:
    names = ("region", "period", "seed", "draws", "parameters", "sources", "attribution")
    return {"unit": provenance.areas, **{name: getattr(provenance, name) for name in names}}


def _area(row: dict[Any, Any], outlines: Outlines) -> Area:
    same = ("code", "name", "district_code", "district", "lon", "lat", "population")
    told: dict[str, Any] = {name: row[name] for name in same}
    told |= {
        name: Ends(row[name], row[f"{name}_lower"], row[f"{name}_upper"]) for name in QUANTITIES
    }
    told |= {name: row[f"deaths_{name}"] for name in BASELINES}
    chance = row.get("chance_of_highest_fifth")
    return Area(**told, chance=chance, path=outlines.paths.get(row["code"], ""))


def _district(
    table: Table,
    rows: npt.NDArray[np.int64],
    outlines: Outlines,
    record: dict[str, list[tuple[int, int]]],
) -> District:
    first = table.frame.iloc[rows[0]]
    code, name = str(first["district_code"]), str(first["district"])
    return District(
        code=code,
        name=name,
        areas=len(rows),
        likely=0 if table.chance is None else int((table.chance[rows] > 1 / 2).sum()),
        path=outlines.district_paths.get(name, ""),
        label=outlines.labels.get(name),
        record=record.get(code, []),
        **table.together(rows),
    )


def write_sketch(folder: Path, path: Path, areas: Path, data: Path, *, is_example: bool) -> None:
    """Write everything that pages and readers want of a need table."""
    table = Table(path)
    outlines = read_outlines(areas, table.district_of)
    sketch = sketch_of(table, outlines, data, is_example=is_example)
    where = table.frame[["code", "lon", "lat"]].itertuples(index=False)
    write_whole(folder / DRAWING, outlines.geojson or points(where))
    text = table.flat.to_csv(index=False, float_format=f"%.{FIGURES}g")
    write_whole(folder / CSV, text.encode())
    write_whole(folder / GEOJSON, _geojson(table.flat, outlines, table.provenance))
    write_whole(folder / SKETCH, msgspec.json.encode(sketch))


def _geojson(flat: pd.DataFrame, outlines: Outlines, provenance: Provenance) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {key: _short(value) for key, value in row.items()},
            "geometry": outlines.geometry(str(row["code"]), float(row["lon"]), float(row["lat"])),
        }
        for row in flat.to_dict("records")
    ]
    about = {"attribution": provenance.attribution, "period": provenance.period}
    whole = {"type": "FeatureCollection", **about, "features": features}
    return json.dumps(whole, separators=(",", ":")).encode()


def _short(value: object) -> object:
    return float(f"{value:.{FIGURES}g}") if isinstance(value, float) else value


def main(arguments: list[str]) -> int:
    """Sketch, and say what is wrong as every command does."""
    *paths, kind = arguments
    folder, table, areas, data = map(Path, paths)
    try:
        write_sketch(folder, table, areas, data, is_example=kind == "example")
    except SafelightError as error:
        sys.stderr.write(f"safelight: {error.message}\n{error.remedy}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
