"""The rehearsed clinic: its hands, its people, its cabinet as it really is, and the time of day."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from safelight.kernel.clock import local_day
from safelight.rehearse.agenda import Agenda
from safelight.rehearse.clinic.hands import Fields, Hands
from safelight.rehearse.clinic.scenario import ClinicScenario, Group
from safelight.rehearse.clinic.staff import Staff
from safelight.rehearse.clinic.tally import Tally
from safelight.rehearse.dice import Dice
from safelight.run.domain.base import Actor
from safelight.run.domain.clinic.day import TURN

DAY = timedelta(days=1)
CLOCK = "clock-trusted"  # refuses whatever else is right, until two people confirm the clock


class Window(NamedTuple):
    """From when to when a patient of a group may come, in UTC."""

    opens: datetime
    closes: datetime


class Try(NamedTuple):
    """Something that must be refused, and the rules that may say so."""

    name: str
    fields: Fields
    by: Actor
    rules: frozenset[str]
    witness: Actor | None = None
    at: datetime | None = None


@dataclass
class Stock:
    """What really lies in the cabinet of one register's drug, in units."""

    register: str
    strength: int
    units: int
    ordered: bool = False
    unentered: int = 0  # came, and not in the book yet
    on_paper: int = 0  # given while the system was down, and not in the book yet
    lost: int = 0  # gone, and still in the book
    slip: tuple[str, int, int] | None = None  # a line, what it says, and what it should say

    @property
    def by_the_book(self) -> int:
        """Return how many units the book should say are in the cabinet."""
        left_out = (self.slip[2] - self.slip[1]) // self.strength if self.slip else 0
        return self.units - self.unentered + self.on_paper - left_out + self.lost


@dataclass
class Clinic:
    """One clinic that is being rehearsed."""

    scenario: ClinicScenario
    seed: int
    hands: Hands
    agenda: Agenda
    tally: Tally = field(default_factory=Tally)
    cabinet: dict[str, Stock] = field(default_factory=dict)  # by drug
    licences: dict[tuple[str, str], str] = field(default_factory=dict)  # by prescriber and drug
    stopped_by: str = ""  # the rule that refused something legitimate last

    def __post_init__(self) -> None:
        """Work out what never changes."""
        self.staff = Staff(self.hands.now)
        self.timezone = self.scenario.site.timezone
        self._zone = ZoneInfo(self.timezone)
        self.windows = lru_cache(maxsize=64)(self._windows)

    @property
    def now(self) -> datetime:
        """The time, as the clinic's clock has it."""
        return self.hands.now()

    @property
    def today(self) -> date:
        """The calendar day at the clinic."""
        return local_day(self.now, self.timezone)

    def dice(self, *key: object) -> Dice:
        """Return dice that nobody else draws from."""
        return Dice(self.seed, self.scenario.id, *key)

    def instant(self, day: date, clock: time) -> datetime:
        """Return when a clock at the clinic shows a time of a day."""
        return datetime.combine(day, clock, self._zone).astimezone(UTC)

    def until(self, at: datetime) -> float:
        """Return how many seconds there are to an instant; at least one."""
        return max(1.0, (at - self.now).total_seconds())

    def _windows(self, group: Group, day: date) -> tuple[Window, ...]:
        """Return when a group's sessions of a clinic day are; after midnight is the next date."""
        turn = time(*divmod(self.hands.protocol.number(TURN), 60))
        return tuple(
            Window(
                self.instant(day + DAY * (slot.opens < turn), slot.opens),
                self.instant(day + DAY * (slot.closes <= turn), slot.closes),
            )
            for slot in group.slots
        )

    def act(
        self,
        name: str,
        fields: Fields,
        by: Actor,
        witness: Actor | None = None,
        at: datetime | None = None,
    ) -> str:
        """Do something legitimate; returns the command's id, empty where it was refused."""
        self.tally.commands += 1
        answer = self.hands.do(name, fields, by, witness, at)
        if isinstance(answer, str):
            return answer
        self.stopped_by = answer.code
        if answer.code == CLOCK:
            self.tally.clock_stops += 1
        else:
            self.tally.mistake(name, answer, f"{self.now:%Y-%m-%d %H:%M}")
        return ""

    def attack(self, wrong: Try) -> None:
        """Try what must be refused, and note the rule that refused it."""
        self.tally.commands += 1
        answer = self.hands.do(wrong.name, wrong.fields, wrong.by, wrong.witness, wrong.at)
        when = f"{wrong.name} at {self.now:%Y-%m-%d %H:%M}"
        if isinstance(answer, str):
            self.tally.violation(f"{when} was not refused by {', '.join(sorted(wrong.rules))}")
        elif answer.code not in {*wrong.rules, CLOCK}:
            expected = ", ".join(sorted(wrong.rules))
            self.tally.violation(f"{when} was refused by {answer.code}, and not by {expected}")
        else:
            self.tally.refused[answer.code] += 1
