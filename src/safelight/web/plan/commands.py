"""The command lines that do the long work: those of ``safelight``, run by this same Python."""

import sys
from collections.abc import Sequence
from pathlib import Path

from safelight.web.jobs.records import PROGRESS

SAFELIGHT = (sys.executable, "-m", "safelight.cli")
SKETCHING = (sys.executable, "-m", "safelight.web.plan.making.sketching")
REPORT = (sys.executable, "-m", "safelight.web.plan.making.report")
TABLE, AREAS = "need.parquet", "areas.geojson"
PLAN, SITES_CSV, SITES_GEOJSON, PDF = "plan.json", "sites.csv", "sites.geojson", "report.pdf"


def need_steps(folder: Path, data: Path, region: str) -> list[list[str]]:
    """Return what makes a need table, its outlines and its sketch in a job's folder."""
    table, areas = folder / TABLE, folder / AREAS
    return [
        [
            *(*SAFELIGHT, "need", "--region", region),
            *("--out", str(table), "--outlines", str(areas)),
        ],
        sketch_step(folder, table, areas, data, is_example=False),
    ]


def sketch_step(
    folder: Path, table: Path, areas: Path, data: Path, *, is_example: bool
) -> list[str]:
    """Return what works out how a need table is shown."""
    kind = "example" if is_example else "own"
    return [*SKETCHING, str(folder), str(table), str(areas), str(data), kind]


def site_steps(folder: Path, shown: Path, table: str, options: Sequence[str]) -> list[list[str]]:
    """Return what plans sites over a need table, and then writes the report.

    ``shown`` is the folder of the job that sketched the table.
    """
    files = {
        "--out": PLAN,
        "--csv": SITES_CSV,
        "--geojson": SITES_GEOJSON,
        "--progress-file": PROGRESS,
    }
    outputs = [part for name, file in files.items() for part in (name, str(folder / file))]
    return [
        [*SAFELIGHT, "site", "--need", table, *options, *outputs],
        [*REPORT, str(folder), str(shown)],
    ]
