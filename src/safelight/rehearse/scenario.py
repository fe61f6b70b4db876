"""Scenarios from TOML files: a service that never was, and the source of every number in it."""

import tomllib
from collections.abc import Iterable
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any

import msgspec

from safelight.kernel.errors import Invalid

SCENARIOS = Path(__file__).parent / "scenarios"
COMMON = "_common.toml"  # behaviour that scenarios share unless they say otherwise
MADE_UP = "made up for rehearsal"

Source = Annotated[str, msgspec.Meta(min_length=8)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table of a scenario's file."""


class Number(Table, frozen=True):
    """One number."""

    value: float
    source: Source


class Mix(Table, frozen=True):
    """How often each of several things, relative to the others."""

    weights: dict[str, float]
    source: Source


class Spell(Table, frozen=True):
    """A time in minutes: its middle, and the standard deviation of its logarithm."""

    median: float
    spread: float
    source: Source


class SiteTable(Table, frozen=True):
    """What the site is."""

    id: str
    name: str
    kind: str
    timezone: str


class Hours(Table, frozen=True):
    """When the doors are open, local time; closing before opening means the next day."""

    opens: time
    closes: time
    source: Source


class Period(Table, frozen=True):
    """The days that can be rehearsed."""

    first: date
    last: date


class PlaceTable(Table, frozen=True):
    """A booth, a seat or a chair."""

    id: str
    label: str
    kind: str
    routes: tuple[str, ...]
    step_free: bool = False


class Team(Table, frozen=True):
    """Who comes on duty at a time of day: how many in each duty."""

    name: str
    starts: time
    duties: dict[str, int]


class StopTable(Table, frozen=True):
    """Where a vehicle stands from when to when, local time."""

    label: str
    arrives: time
    leaves: time


class Month(Table, frozen=True):
    """One published month."""

    month: str
    visits: int
    injecting_episodes: int
    medical_emergencies: int
    pct_cocaine: float
    pct_heroin: float
    pct_heroin_and_cocaine: float


class Published(Table, frozen=True):
    """Figures that a service has published, which the rehearsal has to reach."""

    source: Source
    months: tuple[Month, ...]


class Anchor(Table, frozen=True):
    """How many different people had come by the end of a day."""

    by: date
    people: int
    source: Source


class People(Table, frozen=True):
    """Who comes."""

    remember: Number  # the share of people who want to be known again
    women: Number
    new: Number  # the share of those who are new, where no anchors say so
    anchors: tuple[Anchor, ...] = ()


class Behaviour(Table, frozen=True):
    """What people and staff do, and how long they take over it."""

    visits_per_day: Number
    live_arrivals_per_hour: Number
    weekdays: Mix
    hours: Mix
    use_share: Number
    second_use_share: Number
    gives_up_share: Number
    routes: Mix
    substances: dict[str, Mix]
    body_sites: Mix
    frequency_tail: Number
    emergencies_per_1000_uses: Number
    emergency_risk: Mix
    emergency_kinds: dict[str, Mix]
    minor_incidents_per_1000_visits: Number
    minor_kinds: Mix
    naloxone_share: Number
    ambulance_share: Number
    hospital_share: Number
    reception_minutes: Spell
    orientation_minutes: Spell
    prepare_minutes: Spell
    use_minutes: dict[str, Spell]
    recover_minutes: Spell
    aftercare_minutes: Spell
    cleaning_minutes: Spell
    patience_minutes: Spell
    supplies_share: Number
    supplies: dict[str, Mix]
    returns_share: Number
    naloxone_kit_share: Number
    service_share: Number
    services: Mix
    referrals_per_visit: Number
    referrals: Mix
    observed_share: Number
    slip_share: Number
    late_share: Number
    unchecked_share: Number
    exclusions_per_1000_visits: Number
    exclusion_reasons: Mix
    alert_share: Number
    alerts: Mix
    refusals_per_day: Number
    refusal_reasons: Mix
    learning: Mix


class Scenario(Table, frozen=True):
    """All of a scenario's file."""

    id: str
    title: str
    site: SiteTable
    hours: Hours
    period: Period
    places: tuple[PlaceTable, ...]
    places_source: Source
    teams: tuple[Team, ...]
    teams_source: Source
    people: People
    behaviour: Behaviour
    stops: tuple[StopTable, ...] = ()
    published: Published | None = None

    @property
    def days(self) -> int:
        """How many days can be rehearsed."""
        return (self.period.last - self.period.first).days + 1

    def month(self, month: str) -> Month | None:
        """Return what was published for a month such as ``2025-01``."""
        months = self.published.months if self.published else ()
        return next((row for row in months if row.month == month), None)


def load_scenario(path: Path) -> Scenario:
    """Read a scenario; raises Invalid naming the file and the place in it."""
    data, common = read_table(path), read_table(SCENARIOS / COMMON)
    data["behaviour"] = {**common["behaviour"], **data.get("behaviour", {})}
    try:
        return msgspec.convert(data, Scenario)
    except msgspec.ValidationError as error:
        raise unreadable(path, str(error)) from error


def shipped_scenarios() -> dict[str, Path]:
    """Return the scenarios that come with Safelight, by the name to ask for."""
    paths = sorted(SCENARIOS.glob("*.toml"))
    return {path.stem: path for path in paths if path.name != COMMON}


def find_scenario(name: str, besides: Iterable[str] = ()) -> Scenario:
    """Return a scenario by its shipped name or by the path of a file; raises Invalid.

    ``besides`` are names of other kinds that the caller knows, for whoever mistyped one.
    """
    shipped = shipped_scenarios()
    path = shipped.get(name) or Path(name)
    if not path.is_file():
        known = ", ".join([*shipped, *besides])
        raise Invalid(
            "scenario-known",
            f"There is no scenario {name!r}.",
            f"Choose one of {known}, or give the path of a scenario's file.",
            scenario=name,
        )
    return load_scenario(path)


def read_table(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises Invalid naming it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise unreadable(path, str(error)) from error


def unreadable(path: Path, problem: str) -> Invalid:
    """Return the error that a scenario's file cannot be read; the caller raises it."""
    return Invalid(
        "scenario-file",
        f"{path.name} cannot be read: {problem}.",
        "Compare it with the scenarios that are shipped.",
        file=path.name,
    )
