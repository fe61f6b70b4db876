"""Which need tables there are: the shipped example, and those that were made here.

Each is the outcome of a job. The example is sketched by one too, when it is first wanted and again
when the example or the data beside it have changed.
"""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from safelight.kernel.clock import Clock
from safelight.kernel.errors import Invalid
from safelight.web.jobs.desk import Desk, Job
from safelight.web.jobs.records import Request, Status
from safelight.web.plan.commands import sketch_step
from safelight.web.plan.sketch import FORMAT, Sketch, read_sketch

NEED, EXAMPLE = "need", "example"  # kinds of job that leave a need table
SITE = "site"  # the kind that leaves a plan
SERVICE = "safelight"  # who asks for the sketch of the example
DATA, INDEX = "data", "index.json"  # the shelf of published tables, beside the folder of plans


class Shelved(NamedTuple):
    """A need table that can be shown."""

    key: str  # the job that made it
    folder: Path
    sketch: Sketch
    is_shipped: bool


def shelved(desk: Desk) -> dict[str, Shelved]:
    """Return every table by its key: those made here, newest first, then the shipped one."""
    done = [job for job in desk.all() if job.state.status is Status.DONE]
    made = [job for job in done if job.request.kind == NEED]
    newest = [job for job in done if job.request.kind == EXAMPLE][:1]
    found = (_shelved(job) for job in made + newest)
    return {table.key: table for table in found if table is not None}


def _shelved(job: Job) -> Shelved | None:
    """Return the table that a job has left; None where its sketch was damaged since."""
    try:
        sketch = read_sketch(job.folder)
    except Invalid:
        return None
    return Shelved(job.request.id, job.folder, sketch, job.request.kind == EXAMPLE)


def find(desk: Desk, key: str) -> Shelved | None:
    """Return the table of that key, or the newest; None while none is ready."""
    found = shelved(desk)
    return found.get(key) or next(iter(found.values()), None)


def example() -> tuple[Path, Path]:
    """Return where the shipped table and its outlines are."""
    folder = Path(str(files("safelight.sources").joinpath("example")))
    return folder / "need.parquet", folder / "outlines.geojson"


def prepare_example(desk: Desk, clock: Clock) -> Job:
    """Have the shipped example sketched, where that was not done for exactly these files.

    Raises Invalid where it is not there.
    """
    table, areas = example()
    if not table.exists():
        raise Invalid(
            "need-table-known",
            "There is no need table here, not even the shipped example.",
            "Install Safelight again, or make a table: `safelight data add DIR`, then "
            "`safelight need --region kent`.",
        )
    data = desk.home.parent / DATA
    stamps = [f"format {FORMAT}"]
    stamps += [
        f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in (table, areas, data / INDEX)
        if path.exists()
    ]
    digest = hashlib.sha256("\n".join(stamps).encode()).hexdigest()[:16]
    asked = Request(
        id=f"job-{digest}",
        kind=EXAMPLE,
        title="Map of the shipped example",
        staff=SERVICE,
        asked_at=clock(),
        steps=[],
    )
    return desk.ask(
        asked, lambda folder: [sketch_step(folder, table, areas, data, is_example=True)]
    )
