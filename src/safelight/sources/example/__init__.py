"""The shipped example: need in Kent and Medway by MSOA, so that a fresh machine shows a real map.

Made by ``safelight need --region kent --level msoa --draws 200 --out need.parquet --outlines
outlines.geojson`` from the published tables; NOTICE says whose they are.
"""

from importlib.resources import as_file, files
from pathlib import Path

import pandas as pd

from safelight.contracts.need import Provenance, read_need

EXAMPLE = "example"  # what ``--need`` takes for it
FOLDER = Path(str(files("safelight.sources.example")))


def example_need() -> tuple[pd.DataFrame, Provenance]:
    """Return the example need table, with 200 joint draws, and where it comes from."""
    with as_file(files("safelight.sources.example") / "need.parquet") as path:
        return read_need(path)


def example_need_path() -> Path:
    """Return the path of the example need table."""
    return FOLDER / "need.parquet"


def need_path(given: str | Path) -> Path:
    """Return the path of a need table that was asked for: the shipped one by the word example."""
    return example_need_path() if str(given) == EXAMPLE else Path(given)


def example_outlines_path() -> Path:
    """Return the path of the outlines of its areas: GeoJSON, WGS84 degrees, property ``code``."""
    return FOLDER / "outlines.geojson"
