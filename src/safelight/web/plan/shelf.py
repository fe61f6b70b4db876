"""Which need tables there are: the shipped example, and those that were made here.

Each is the outcome of a job. The example is sketched by one too, when it is first wanted and again
when the example or the data beside it have changed.
"""

import hashlib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import msgspec

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
RECORD = "deaths-by-authority"  # the published table that a sketch takes the districts' record from
# The published tables that a need table is made of, and those that its outlines come from.
WANTED = frozenset(
    {
        *("lsoa21-lookup", "lsoa21-centroids", "lsoa21-population", "lsoa11-to-lsoa21"),
        *("imd2025-england", "imd2019-wales", "authority-populations", "authority-codes"),
    }
)
SHAPES = frozenset({"kent-lsoa21-boundaries", "lsoa21-boundaries"})  # either will do
SKETCHED = "Drawing the map"  # the stage of a job that sketches


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
    found = [table for job in made + newest if (table := _shelved(job)) is not None]
    # Of tables that nobody could tell apart in a list, the newest stands for all.
    titles = {table.sketch.title: table for table in reversed(found)}
    return {table.key: table for table in found if titles[table.sketch.title] is table}


def _shelved(job: Job) -> Shelved | None:
    """Return the table that a job has left; None where its sketch was damaged since."""
    try:
        sketch = read_sketch(job.folder)
    except Invalid:
        return None
    return Shelved(job.request.id, job.folder, sketch, job.request.kind == EXAMPLE)


def find(desk: Desk, key: str) -> Shelved | None:
    """Return the table of that key, or the newest where none is asked for; None for none.

    An example that was sketched again since is shown as it is now.
    """
    found = shelved(desk)
    if not key:
        return next(iter(found.values()), None)
    asked = found.get(key) or table_of_job(desk, key)
    if asked is not None and asked.is_shipped:
        return next((table for table in found.values() if table.is_shipped), asked)
    return asked


def table_of_job(desk: Desk, key: str) -> Shelved | None:
    """Return the very table that a job has left, however old; None where there is none."""
    try:
        job = desk.find(key)
    except Invalid:
        return None
    made = job.request.kind in {NEED, EXAMPLE} and job.state.status is Status.DONE
    return _shelved(job) if made else None


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
    stamps = [f"format {FORMAT}", added(desk).get(RECORD, "")]
    stamps += [
        f"{path.name} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in (table, areas)
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
        stages=[SKETCHED],
    )
    return desk.ask(
        asked, lambda folder: [sketch_step(folder, table, areas, data, is_example=True)]
    )


class _Kept(msgspec.Struct):
    """One published file, as the shelf's index lists it."""

    table: str
    sha256: str


def added(desk: Desk) -> dict[str, str]:
    """Return the published tables that were added, each with the hashes of its files."""
    index = desk.home.parent / DATA / INDEX
    try:
        return _added(index, index.stat().st_mtime_ns)
    except (OSError, msgspec.DecodeError):
        return {}


@lru_cache(maxsize=2)
def _added(index: Path, _changed: int) -> dict[str, str]:
    found: dict[str, str] = {}
    for kept in msgspec.json.decode(index.read_bytes(), type=dict[str, _Kept]).values():
        found[kept.table] = f"{found.get(kept.table, '')} {kept.sha256}"
    return found


def can_make(desk: Desk) -> bool:
    """Tell whether every published table is here that a need table with its outlines is made of."""
    here = added(desk).keys()
    return here >= WANTED and not here.isdisjoint(SHAPES)
