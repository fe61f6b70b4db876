"""The floor as simulated staff see and work it: they look at the site, then tap."""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol as Shape

from safelight.kernel.clock import local_day
from safelight.kernel.errors import SafelightError
from safelight.kernel.ids import command_id, derive_id
from safelight.rehearse.agenda import Agenda, Steps
from safelight.rehearse.people import People
from safelight.rehearse.scenario import Scenario, Spell, Team
from safelight.rehearse.timetable import Timetable, Window
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.entities import AIR_CLEARING, CLEANING, OPEN, Place, StockLine, Visit
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.shift import staffed_capacity
from safelight.run.domain.site import Site

STAFF = "sim-"  # how ids of simulated staff begin
MANAGER = f"{STAFF}manager"
CLINICAL_DUTIES = frozenset({"lead", "nurse"})
OVERDUE = timedelta(minutes=60)  # how long after closing people may still be served
STALE = timedelta(minutes=60)  # how long staff try to close yesterday's shift before they carry on
_RANDOM_BYTES = 10  # of a command id
MOST_TOLD = 100  # refusals that are kept in words

Seal = Callable[[str, str | None], str]


class Post(Shape):
    """Where taps go and what the site looks like: an engine, or a running node."""

    def now(self) -> datetime:
        """Return the time there."""
        ...

    def site(self) -> Site:
        """Return the site as it stands."""
        ...

    def protocol(self) -> Protocol:
        """Return the pack in force."""
        ...

    def perform(self, tap: Tap) -> None:
        """Do a tap; raises SafelightError where the service refuses it."""
        ...


class CommandIds:
    """Command ids that follow from a key and a counter."""

    def __init__(self, *key: object) -> None:
        """Take the key; the same key makes the same ids in the same order."""
        self._key = "|".join(map(str, key))
        self._count = 0

    def __call__(self, now: datetime) -> str:
        """Return the next id."""
        self._count += 1
        text = f"{self._key}|{self._count}".encode()
        return command_id(now, hashlib.blake2b(text, digest_size=_RANDOM_BYTES).digest())


def simulated(staff: str) -> bool:
    """Tell whether a member of staff is one of ours, not a person at a screen."""
    return staff.startswith(STAFF)


def crew(team: Team, day: date) -> list[tuple[str, str]]:
    """Return a team's staff ids with their duties; two crews take turns every two days."""
    rota = "ab"[day.toordinal() // 2 % 2]
    return [
        (f"{STAFF}{team.name}-{rota}-{duty.replace('_', '-')}-{number + 1}", duty)
        for duty, many in team.duties.items()
        for number in range(many)
    ]


def actor_for(staff: str, duty: str) -> Actor:
    """Return a member of staff in the role that goes with a duty."""
    return Actor(staff, Role.NURSE if duty in CLINICAL_DUTIES else Role.WORKER)


@dataclass
class Floor:
    """One site that is being rehearsed, and everything its simulated staff go by."""

    scenario: Scenario
    seed: int
    post: Post
    agenda: Agenda
    ids: CommandIds
    people: People
    seal: Seal | None = None
    strict: bool = False  # whether a refusal ends the rehearsal
    pace: float = 1.0  # simulated seconds in a second of the site's clock
    refusals: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_TOLD))
    refused: int = 0
    own: set[str] = field(default_factory=set)  # visits and incidents that we began
    counts: dict[str, int] = field(default_factory=dict)  # taps by name

    def __post_init__(self) -> None:
        """Work out the openings."""
        self.timetable = Timetable(self.scenario)
        self._turn = 0

    @property
    def now(self) -> datetime:
        """The time, as the site's clock has it."""
        return self.post.now()

    @property
    def site(self) -> Site:
        """The site as it stands now."""
        return self.post.site()

    @property
    def day(self) -> date:
        """The calendar day at the site."""
        return local_day(self.now, self.scenario.site.timezone)

    @property
    def window(self) -> Window | None:
        """The opening that runs, or None while the doors are closed."""
        return self.timetable.at(self.now)

    @property
    def hurry(self) -> bool:
        """Whether people should be out by now: the doors, the stop or the shift closed."""
        site, window = self.site, self.window
        session = window.session(self.now) if window else None
        if window is None or session is None:
            return True
        return self.stale or (site.stop is not None and site.stop.label != session.label)

    @property
    def minutes_left(self) -> float:
        """How long the doors stay open, or the vehicle at its stop."""
        window = self.window
        session = window.session(self.now) if window else None
        return (session.closes - self.now).total_seconds() / 60 if session else 0.0

    @property
    def stale(self) -> bool:
        """Whether the open shift should be closed: its doors are, or a new day has begun."""
        shift, window = self.site.shift, self.window
        if shift is None or window is None:
            return shift is not None
        return shift.opened_at < window.opens and self.now - window.opens < STALE

    @property
    def overdue(self) -> bool:
        """Whether nobody begins anything any more.

        That is so from closing time on. Where figures were published everybody still gets their
        turn for a while, so that the figures come out.
        """
        if self.scenario.published is None:
            return self.hurry
        return self.hurry and self.timetable.at(self.now - OVERDUE) is None

    @property
    def doors_open(self) -> bool:
        """Whether somebody may come in now."""
        site = self.site
        if self.hurry or site.shift is None:
            return False
        return not self.scenario.stops or site.stop is not None

    def visit(self, key: str) -> Visit | None:
        """Return a visit while the person is here."""
        return self.site.visits.get(key)

    def free_place(self, visit: Visit) -> Place | None:
        """Return the place that is this person's turn now, or None."""
        site = self.site
        first = next(iter(site.waiting(visit.route)), None)
        if first is None or first.id != visit.id:
            return None
        if site.occupied() >= staffed_capacity(site, self.post.protocol()):
            return None
        free = [p for p in site.places.values() if p.state == OPEN and visit.route in p.routes]
        return min(free, key=lambda place: place.since, default=None)

    def stock_of(self, item: str) -> StockLine | None:
        """Return the line of an item that expires first and is still good."""
        day = self.day
        lines = [
            line
            for line in self.site.stock.values()
            if line.item == item and line.quantity and line.expires and line.expires >= day
        ]
        return min(lines, key=lambda line: (line.expires or day, line.id), default=None)

    def by(self, *duties: str) -> Actor:
        """Return somebody of ours on one of these duties, in turn; anybody if nobody is."""
        shift = self.site.shift
        present = [d for d in shift.duties if simulated(d.staff)] if shift else []
        wanted = [d for d in present if d.duty in duties] or present
        self._turn += 1
        if not wanted:
            return actor_for(MANAGER, "lead")
        duty = wanted[self._turn % len(wanted)]
        return actor_for(duty.staff, duty.duty)

    def act(
        self,
        name: str,
        fields: Mapping[str, object] | None = None,
        *,
        by: Actor | None = None,
        late: float = 0.0,
    ) -> str | None:
        """Do a tap; return its command id, or None where the service refused it.

        Raises:
            SafelightError: where the service refused and the rehearsal is strict.

        """
        command, actor = self.ids(self.now), by or self.by("floor_worker", "nurse")
        try:
            payload = read_command(name, fields or {})
            told = self.now - timedelta(seconds=round(late / self.pace)) if late else None
            tap = Tap(self.scenario.site.id, command, name, payload, actor, told)
            self.post.perform(tap)
        except SafelightError as error:
            self.refused += 1
            self.refusals.append(f"{name} at {self.now:%Y-%m-%d %H:%M}: {error}")
            if self.strict:
                raise
            return None
        self.counts[name] = self.counts.get(name, 0) + 1
        return command

    def made(self, prefix: str, command: str | None) -> str:
        """Return the id of what a command made, and remember it as ours; empty if refused."""
        if command is None:
            return ""
        key = derive_id(prefix, command)
        self.own.add(key)
        return key

    def tidy(
        self, place: str | None, minutes: Spell, roll: Callable[[float, float], float]
    ) -> None:
        """Have a place that was just left cleaned or aired, and then opened again."""
        if place is None:
            return
        seconds = 60 * roll(minutes.median, minutes.spread)
        if self.site.place(place).state == AIR_CLEARING:
            seconds = 60.0 * (self.post.protocol().optional("air_clearing_minutes") or 0) + 30
        self.agenda.spawn(self._ready(place, self.site.place(place).since), seconds)

    def _ready(self, place: str, since: datetime) -> Steps:
        found = self.site.place(place)
        if found.state in {CLEANING, AIR_CLEARING} and found.since == since:
            self.act("place.ready", {"place": place})
        yield 0


def without_none(**fields: object) -> dict[str, object]:
    """Return fields that say something, as a form would send them."""
    return {key: value for key, value in fields.items() if value is not None}
