"""A need table as pages show it: worked out once, by a job, and read in a moment.

Frames, arrays and shapes take a second to import and a hundred megabytes to keep; the service that
the floor waits for carries none of them. ``making.sketching`` writes sketches, pages read them.
"""

from functools import lru_cache
from pathlib import Path

import msgspec

from safelight.kernel.errors import Invalid

FORMAT = 1  # changes with what a sketch holds, so that the example is sketched again
SKETCH, DRAWING = "sketch.json", "drawing.geojson"
CSV, GEOJSON = "need.csv", "need.geojson"
QUANTITIES = ("people_at_risk", "deaths", "nonfatal_overdoses")
BASELINES = ("by_population", "by_last_count", "by_empirical_bayes")


class Ends(msgspec.Struct, frozen=True, array_like=True):
    """A posterior mean with the ends of its central 95% interval."""

    mean: float
    lower: float
    upper: float

    def times(self, factor: float) -> "Ends":
        """Return the same in another unit."""
        return Ends(self.mean * factor, self.lower * factor, self.upper * factor)


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What is estimated of an area, or of several together, a year."""

    population: float
    people_at_risk: Ends
    deaths: Ends
    nonfatal_overdoses: Ends
    by_population: float  # deaths, by simpler methods
    by_last_count: float
    by_empirical_bayes: float


class Area(Need, frozen=True, kw_only=True):
    """One area."""

    code: str
    name: str
    district_code: str
    district: str
    lon: float
    lat: float
    chance: float | None  # of being among the fifth of areas with most deaths
    path: str  # its outline in the units of the drawing


class District(Need, frozen=True, kw_only=True):
    """One district: its areas together, and its own record of deaths by year."""

    code: str
    name: str
    areas: int
    likely: int  # areas that are more likely than not among the highest fifth
    path: str
    label: tuple[float, float] | None  # where its name stands, longitude first
    record: list[tuple[int, int]]


class Projection(msgspec.Struct, frozen=True):
    """How degrees become units of the drawing."""

    west: float
    north: float
    across: float
    up: float
    width: float
    height: float
    margin: float

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where a point stands."""
        x, y = (lon - self.west) * self.across, (self.north - lat) * self.up
        return self.margin + x, self.margin + y


class Sketch(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that pages need to know of one need table."""

    example: bool
    table: str  # the table itself, for commands
    region: str
    unit: str  # 'LSOA 2021'
    period: str
    seed: int
    draws: int
    parameters: str
    sources: list[str]
    attribution: list[str]
    areas: list[Area]
    districts: list[District]
    whole: Need
    projection: Projection | None
    record_source: str  # what the districts' record is, or how to get it

    @property
    def place(self) -> str:
        """Return the region's name as people write it."""
        return {"kent": "Kent and Medway"}.get(self.region, self.region.replace("-", " ").title())

    @property
    def kind(self) -> str:
        """Return what the areas are: ``LSOA``."""
        return self.unit.split()[0]

    @property
    def title(self) -> str:
        """Return what it is called in a list."""
        made = "shipped example" if self.example else f"made here, {self.period}"
        return f"{self.place} by {self.kind} ({made})"

    def area(self, code: str) -> Area:
        """Return one area; raises Invalid for one that the table lacks."""
        found = next((area for area in self.areas if area.code == code), None)
        if found is None:
            raise Invalid(
                "area-known", f"There is no area {code[:20]!r} here.", "Choose one from the table."
            )
        return found


def read_sketch(folder: Path) -> Sketch:
    """Return the sketch in a job's folder; raises Invalid where it cannot be read."""
    path = folder / SKETCH
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, msgspec.DecodeError) as error:
        raise Invalid(
            "need-table-known",
            "This need table cannot be shown: its sketch is missing or damaged.",
            "Make the table again.",
        ) from error


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Sketch:
    return msgspec.json.decode(path.read_bytes(), type=Sketch)
