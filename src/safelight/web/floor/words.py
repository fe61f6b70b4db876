"""What the screens say: codes as words of the pack in force, instants as the site's own time."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from safelight.kernel.clock import minutes_between, parse_instant
from safelight.run.domain.entities import (
    AFTERCARE,
    AIR_CLEARING,
    ARRIVED,
    CLEANING,
    CLOSED,
    IN_PLACE,
    LEFT,
    OCCUPIED,
    OPEN,
    WAITING,
    Naloxone,
    Reading,
    Step,
)
from safelight.run.domain.incident import AMBULANCE, NALOXONE, NOTE, OBSERVATION
from safelight.run.domain.protocol import Protocol

PLACE_STATES = {
    OPEN: "Free",
    OCCUPIED: "In use",
    CLEANING: "To clean",
    AIR_CLEARING: "Airing",
    CLOSED: "Closed",
}
STAGES = {
    ARRIVED: "At reception",
    WAITING: "Waiting",
    IN_PLACE: "In a place",
    AFTERCARE: "In aftercare",
    LEFT: "Left",
}
STEPS = {OBSERVATION: "Observation", NALOXONE: "Naloxone", NOTE: "Note"}
MINUTES_IN_HOUR = 60
SHORT_ID = 4


NOBODY: Mapping[str, str] = MappingProxyType({})


class Words(NamedTuple):
    """Everything that a template needs to speak plainly, at one moment and in one place."""

    protocol: Protocol | None
    timezone: str
    now: datetime
    names: Mapping[str, str] = NOBODY  # of staff by id, where a page may name them

    def of(self, vocabulary: str, code: str | None) -> str:
        """Return the words for a code, or the code itself where the pack has none."""
        if code is None:
            return ""
        return self.all(vocabulary).get(code) or plain(code)

    def each(self, vocabulary: str, codes: Iterable[str]) -> str:
        """Return the words for several codes, separated by commas."""
        return ", ".join(self.of(vocabulary, code) for code in codes)

    def all(self, vocabulary: str) -> dict[str, str]:
        """Return a whole vocabulary for a list of choices."""
        return self.protocol.words(vocabulary) if self.protocol else {}

    def time(self, instant: datetime | None) -> str:
        """Return ``03:12``; with the day in front where that is another one."""
        if instant is None:
            return ""
        local, today = self._local(instant), self._local(self.now)
        if local.date() == today.date():
            return f"{local:%H:%M}"
        return f"{local.day} {local:%b %H:%M}"

    def time_of(self, text: str) -> str:
        """Return ``03:12`` for an instant as journals write it."""
        return self.time(parse_instant(text))

    def seconds(self, instant: datetime) -> str:
        """Return ``03:12:45`` for the timeline of an emergency."""
        return f"{self._local(instant):%H:%M:%S}"

    def day(self, instant: datetime | None) -> str:
        """Return ``13 January 2025``."""
        if instant is None:
            return ""
        local = self._local(instant)
        return f"{local.day} {local:%B %Y}"

    def field(self, instant: datetime) -> str:
        """Return the local day and time as a form field of the browser holds it."""
        return f"{self._local(instant):%Y-%m-%dT%H:%M}"

    def iso(self, instant: datetime | None) -> str:
        """Return an instant for the clocks that run in the browser."""
        return instant.isoformat(timespec="seconds") if instant else ""

    def minutes(self, since: datetime | None) -> int:
        """Return whole minutes until now."""
        return minutes_between(since, self.now) if since else 0

    def ago(self, since: datetime | None) -> str:
        """Return ``7 min`` or ``1 h 5 min``."""
        return spoken_minutes(self.minutes(since))

    def clock(self, since: datetime) -> str:
        """Return ``04:12``: minutes and seconds until now, as on a stopwatch."""
        seconds = max(0, int((self.now - since).total_seconds()))
        return f"{seconds // 60:02}:{seconds % 60:02}"

    def place_state(self, state: str) -> str:
        """Return what a place is doing."""
        return PLACE_STATES.get(state, plain(state))

    def stage(self, stage: str) -> str:
        """Return where a visit has got to."""
        return STAGES.get(stage, plain(stage))

    def step(self, what: str) -> str:
        """Return what one line of a timeline is about."""
        if what in STEPS:
            return STEPS[what]
        if what in AMBULANCE:
            return self.of("ambulance", what.removeprefix("ambulance_"))
        return self.of("interventions", what)

    def detail(self, step: Step) -> str:
        """Return the values of one line of a timeline."""
        parts = [self.reading(step.reading) if step.reading else ""]
        parts += [self.dose(step.naloxone) if step.naloxone else ""]
        return ", ".join(filter(None, parts))

    def dose(self, dose: Naloxone) -> str:
        """Return a dose as it was recorded."""
        route = self.of("naloxone_routes", dose.route).lower()
        batch = f", batch {dose.batch}" if dose.batch else ", batch not recorded"
        return f"{dose.micrograms:,} micrograms {route}{batch}"

    def reading(self, reading: Reading) -> str:
        """Return one set of observations on one line."""
        parts = [
            _measured("{} breaths a minute", reading.breathing_rate),
            _measured("SpO2 {}%", reading.spo2),
            self.of("consciousness", reading.consciousness),
            _measured("GCS {}", reading.gcs),
            _measured("pulse {}", reading.pulse),
            _measured("{} °C", _tenths(reading.temperature_tenths)),
            _measured("glucose {} mmol/L", _tenths(reading.glucose_tenths)),
        ]
        return ", ".join(filter(None, parts))

    def staff(self, staff: str | None) -> str:
        """Return what a member of staff is called here, or a short label; nothing for nobody."""
        if not staff:
            return ""
        if named := self.names.get(staff):
            return named
        name = staff.removeprefix("staff-")
        if name == "unattributed":
            return "nobody signed in"
        if re.fullmatch(r"[0-9a-f]{8,}", name):
            return f"staff {name[:SHORT_ID]}"
        return name.replace("-", " ")

    def _local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.timezone))


def plain(code: str) -> str:
    """Return a code as words of its own."""
    return code.replace("_", " ").capitalize()


def spoken_minutes(minutes: int) -> str:
    """Return minutes as staff say them."""
    if minutes < MINUTES_IN_HOUR:
        return f"{minutes} min"
    return f"{minutes // MINUTES_IN_HOUR} h {minutes % MINUTES_IN_HOUR} min"


def natural(text: str) -> list[tuple[int, str]]:
    """Return a sort key that puts Booth 2 before Booth 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", text)]


def _measured(pattern: str, value: int | str | None) -> str:
    return "" if value is None else pattern.format(value)


def _tenths(value: int | None) -> str | None:
    return None if value is None else f"{value / 10:.1f}"
