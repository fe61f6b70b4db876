"""When the doors are open, which team is on and where a vehicle stands, in UTC instants."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from safelight.rehearse.scenario import Scenario, Team

DAY = timedelta(days=1)


class Session(NamedTuple):
    """A time in which people can come in; a vehicle has one at each of its stops."""

    label: str
    opens: datetime
    closes: datetime


class Change(NamedTuple):
    """A team and the moment in which it takes over."""

    at: datetime
    team: Team


class Window(NamedTuple):
    """One opening: from doors to doors."""

    day: date
    opens: datetime
    closes: datetime
    sessions: tuple[Session, ...]
    changes: tuple[Change, ...]

    def team(self, now: datetime) -> Team:
        """Return the team that is on."""
        begun = [change.team for change in self.changes if change.at <= now]
        return begun[-1] if begun else self.changes[0].team

    def session(self, now: datetime) -> Session | None:
        """Return the session that runs."""
        return next((s for s in self.sessions if s.opens <= now < s.closes), None)

    def next_change(self, now: datetime) -> datetime:
        """Return the next moment in which something about the opening changes."""
        moments = [self.closes, *(change.at for change in self.changes)]
        for session in self.sessions:
            moments += [session.opens, session.closes]
        return min(moment for moment in moments if moment > now)


class Timetable:
    """The openings of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        """Take the scenario's hours, teams and stops."""
        self._scenario = scenario
        self._zone = ZoneInfo(scenario.site.timezone)
        self.window = lru_cache(maxsize=8)(self._window)

    def local(self, now: datetime) -> datetime:
        """Return an instant as the clock on the wall shows it."""
        return now.astimezone(self._zone)

    def _window(self, day: date) -> Window:
        hours = self._scenario.hours
        opens, closes = self._instant(day, hours.opens), self._instant(day, hours.closes)
        if closes <= opens:
            closes = self._instant(day + DAY, hours.closes)
        stops = [(s.label, s.arrives, s.leaves) for s in self._scenario.stops]
        sessions = [
            Session(label, self._after(day, start), self._after(day, end))
            for label, start, end in stops
        ]
        changes = [Change(self._after(day, team.starts), team) for team in self._scenario.teams]
        return Window(
            day,
            opens,
            closes,
            tuple(sessions) or (Session("", opens, closes),),
            tuple(sorted(changes, key=lambda change: change.at)),
        )

    def at(self, now: datetime) -> Window | None:
        """Return the opening that runs, or None while the doors are closed."""
        day = self.local(now).date()
        for window in (self.window(day), self.window(day - DAY)):
            if window.opens <= now < window.closes:
                return window
        return None

    def following(self, now: datetime) -> Window:
        """Return the next opening that has not begun."""
        day = self.local(now).date()
        window = self.window(day)
        return window if window.opens > now else self.window(day + DAY)

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self._zone).astimezone(UTC)

    def _after(self, day: date, clock: time) -> datetime:
        """Return a time of day within the opening that begins on a day."""
        next_day = clock < self._scenario.hours.opens
        return self._instant(day + DAY if next_day else day, clock)
