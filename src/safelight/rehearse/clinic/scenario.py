"""Scenarios of a clinic from TOML files: one that never was, and the source of every number."""

from datetime import time
from functools import lru_cache
from pathlib import Path

import msgspec

from safelight.kernel.errors import Invalid
from safelight.rehearse.scenario import (
    Mix,
    Number,
    Period,
    SiteTable,
    Source,
    Spell,
    Table,
    read_table,
    unreadable,
)

SCENARIOS = Path(__file__).parent / "scenarios"
COMMON = "_common.toml"


class SlotTable(Table, frozen=True):
    """A time of the day at which somebody comes, local time; within one clinic day."""

    opens: time
    closes: time


class Group(Table, frozen=True):
    """Patients who come at the same times of the day."""

    name: str
    share: float
    slots: tuple[SlotTable, ...]


class TeamTable(Table, frozen=True):
    """Who works from when to when, local time; an end before the start is on the next day."""

    name: str
    starts: time
    ends: time
    nurses: int
    prescribers: int = 0
    pharmacists: int = 0
    workers: int = 0


class Behaviour(Table, frozen=True):
    """What patients and staff do. Shares run from 0 to 1."""

    attendance: Number  # of all ordered sessions, those of absences included
    absences_per_year: Number
    absence_days: Spell
    intoxicated_share: Number
    hold_decisions: Mix
    overdoses_per_injection: Number
    ambulance_share: Number
    leaves_before_dose_share: Number
    leaves_before_checks_share: Number
    partial_share: Number
    unused_share: Number
    drowsy_after_share: Number
    leaving_per_year: Number
    declined_share: Number
    hydromorphone_share: Number
    muscle_share: Number
    oral_share: Number
    diamorphine_mg: Mix
    hydromorphone_mg: Mix
    paper_share: Number  # of doses that go on paper because the system is down
    lapsed_order_share: Number
    consent_withdrawn_share: Number
    contact_missed_share: Number
    miscount_share: Number
    loss_share: Number
    late_entry_share: Number
    wrong_entry_share: Number
    broken_per_month: Number
    expired_per_month: Number
    returns_per_month: Number
    concerns_per_month: Number
    restarts_per_year: Number
    attack_share: Number  # at each step of a session that somebody could get wrong on purpose


class ClinicScenario(Table, frozen=True):
    """All of a clinic scenario's file."""

    id: str
    title: str
    site: SiteTable
    period: Period
    patients: int
    patients_source: Source
    groups: tuple[Group, ...]
    groups_source: Source
    teams: tuple[TeamTable, ...]
    teams_source: Source
    behaviour: Behaviour

    @property
    def days(self) -> int:
        """How many days can be rehearsed."""
        return (self.period.last - self.period.first).days + 1


def clinic_scenarios() -> dict[str, Path]:
    """Return the clinic scenarios that come with Safelight, by the name to ask for."""
    paths = sorted(SCENARIOS.glob("*.toml"))
    return {path.stem: path for path in paths if path.name != COMMON}


@lru_cache(maxsize=8)
def find_clinic(name: str) -> ClinicScenario:
    """Return a shipped clinic scenario; raises Invalid for an unknown name or a broken file."""
    path = clinic_scenarios().get(name)
    if path is None:
        raise Invalid(
            "scenario-known",
            f"There is no clinic scenario {name!r}.",
            f"Choose one of {', '.join(clinic_scenarios())}.",
            scenario=name,
        )
    return load_clinic(path)


def load_clinic(path: Path) -> ClinicScenario:
    """Read a clinic scenario; raises Invalid naming the file and the place in it."""
    data, common = read_table(path), read_table(SCENARIOS / COMMON)
    data["behaviour"] = {**common["behaviour"], **data.get("behaviour", {})}
    try:
        return msgspec.convert(data, ClinicScenario)
    except msgspec.ValidationError as error:
        raise unreadable(path, str(error)) from error
