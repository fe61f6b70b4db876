"""A service as the simulation knows it: opening hours, who comes, what they do, by which rules."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.distributions import (
    FOR_EVER,
    NO_TIME,
    Distribution,
    Laws,
    laws,
)
from safelight.plan.capacity.draws import (
    BOOTH,
    MOST_EPISODES,
    NO_PLACE,
    SEAT,
    Calendar,
    Floats,
    Mix,
)
from safelight.plan.capacity.hours import DAY, Hours, calendar_windows

HOUR, HOURS, WEEKDAYS, MONTH_DAYS = 60, 24, 7, 31
PLACES = {"booth": BOOTH, "smoking_seat": SEAT, "none": NO_PLACE}
TOLERANCE = 1e-6
MOST_VISITS = 20_000  # a day; more would not fit into the memory of a small machine


@dataclass(frozen=True)
class Route:
    """What some of the visitors come for."""

    name: str
    share: float  # of visits
    place: str  # 'booth', 'smoking_seat', or 'none' for whoever needs neither
    minutes: Distribution  # of one episode
    episodes: tuple[float, ...] = (1.0,)  # share of visits with 1, 2, 3 … episodes


@dataclass(frozen=True)
class Service:
    """Everything but the number of places and staff. Raises Invalid for what no service can be.

    Weights say how much busier an hour of the day, a weekday or a day of the month is than
    another; the number of visits a year does not depend on them.
    """

    hours: Hours
    visits_per_day: float  # on average, on days on which the service opens
    routes: tuple[Route, ...]
    booth_cleaning: Distribution = NO_TIME
    seat_clearing: Distribution = NO_TIME
    aftercare: Distribution = NO_TIME
    patience: Distribution = FOR_EVER
    longest_queue: int = 0  # at sight of more people waiting
    leaves_share: float = 0.0  # this share turns round
    last_entry_minutes: float = 0.0  # before closing
    people_per_worker: float = math.inf  # in booths and smoking seats
    minimum_staff: int = 1
    hour_weights: tuple[float, ...] = (1.0,) * HOURS
    weekday_weights: tuple[float, ...] = (1.0,) * WEEKDAYS
    month_day_weights: Mapping[int, float] = field(default_factory=dict)  # 1 where none is given

    def __post_init__(self) -> None:
        """Refuse what no service can be."""
        _check_routes(self.routes)
        _at_least_0(self, "visits_per_day", "longest_queue", "last_entry_minutes")
        if self.visits_per_day > MOST_VISITS:
            told = f"visits_per_day from 0 to {MOST_VISITS:,}"
            raise _wrong("visits_per_day", f"{self.visits_per_day:,.0f}", f"Give {told}.")
        if not 0 <= self.leaves_share <= 1:
            raise _wrong("leaves_share", self.leaves_share, "Give a share from 0 to 1.")
        if not (self.people_per_worker > 0 and self.minimum_staff >= 1):
            raise _wrong(
                "people_per_worker",
                self.people_per_worker,
                "Give more than 0, and 1 worker or more.",
            )
        _check_weights("hour_weights", self.hour_weights, HOURS)
        _check_weights("weekday_weights", self.weekday_weights, WEEKDAYS)
        if set(self.month_day_weights) - set(range(1, MONTH_DAYS + 1)):
            days = ", ".join(map(str, self.month_day_weights))
            raise _wrong("month_day_weights", days, "Name days of the month from 1 to 31.")
        _check_weights("month_day_weights", (*self.month_day_weights.values(), 1.0), None)

    def needs(self, kind: int) -> bool:
        """Tell whether anybody comes for this kind of place."""
        return any(PLACES[route.place] == kind and route.share > 0 for route in self.routes)

    def mix(self) -> Mix:
        """Return who comes, for the compiled loops."""
        most = max(len(route.episodes) for route in self.routes)
        episodes = [
            np.pad(np.cumsum(r.episodes), (0, most - len(r.episodes)), mode="edge")
            for r in self.routes
        ]
        return Mix(
            np.cumsum([route.share for route in self.routes]),
            np.array(episodes),
            np.array([PLACES[route.place] for route in self.routes], dtype=np.int64),
            float(self.leaves_share),
        )

    def laws(self) -> Laws:
        """Return what things take, for the compiled loops, in the order that they expect."""
        minutes = [route.minutes for route in self.routes]
        others = [self.booth_cleaning, self.seat_clearing, self.aftercare, self.patience]
        return laws([*minutes, *others])


def calendar_of(service: Service, first: date, days: int) -> Calendar:
    """Return the arrival rate over some days from a first one, with the closings.

    Visits a day times the days on which the service opens come in all, on average. Raises Invalid
    where it is open but never busy, or never open in these days.
    """
    windows = calendar_windows(service.hours, first.weekday(), days)
    starts, lengths, weights, entries, closings = [], [], [], [], []
    for opens, ends, closes in windows:
        for start, end in _hourly(opens, ends):
            starts.append(start)
            lengths.append(end - start)
            weights.append(_weight(service, first, start))
            entries.append(closes - service.last_entry_minutes)
            closings.append(closes)
    total = float(np.dot(lengths, weights))
    if total <= 0:
        raise Invalid(
            "capacity-hours",
            "In these days the service is never open, or all its open hours have a weight of 0.",
            "Check opening hours and the weights of hours and days.",
        )
    expected = service.visits_per_day * _open_days(windows, days)
    rates = np.array(weights) * (expected / total)
    return Calendar(
        np.array(starts), np.array(lengths), rates, np.array(entries), np.array(closings)
    )


def open_minutes_by_hour(service: Service, first: date, days: int) -> Floats:
    """Return how many minutes of each hour the doors are open."""
    out = np.zeros(days * HOURS)
    for opens, ends, _ in calendar_windows(service.hours, first.weekday(), days):
        for start, end in _hourly(opens, ends):
            out[int(start) // HOUR] += end - start
    return out


def _open_days(windows: list[tuple[float, float, float]], days: int) -> int:
    if math.isinf(windows[0][2]):
        return days
    return len({int(opens) // DAY for opens, _, _ in windows})


def _hourly(opens: float, ends: float) -> list[tuple[float, float]]:
    """Cut a window at every full hour."""
    cuts = [opens, *range(int(opens) // HOUR * HOUR + HOUR, math.ceil(ends), HOUR), ends]
    return [(float(a), float(b)) for a, b in pairwise(cuts) if b > a]


def _weight(service: Service, first: date, minute: float) -> float:
    day = first + timedelta(days=int(minute) // DAY)
    return (
        service.hour_weights[int(minute) % DAY // HOUR]
        * service.weekday_weights[day.weekday()]
        * service.month_day_weights.get(day.day, 1.0)
    )


def _check_routes(routes: tuple[Route, ...]) -> None:
    """Raise Invalid for shares that are none and for unknown kinds of place."""
    for route in routes:
        if route.place not in PLACES:
            raise _wrong("place", route.place, f"Name one of {', '.join(PLACES)}.")
        _check_shares(f"The episodes of '{route.name}'", route.episodes)
        if len(route.episodes) > MOST_EPISODES:
            raise _wrong("episodes", len(route.episodes), f"Give at most {MOST_EPISODES} shares.")
    _check_shares("The routes", [route.share for route in routes])


def _check_shares(what: str, shares: tuple[float, ...] | list[float]) -> None:
    odd = [share for share in shares if not 0 <= share <= 1 + TOLERANCE]
    if not shares or odd or abs(sum(shares) - 1) > TOLERANCE:
        told = f"shares that sum to {sum(shares):g}: {', '.join(map(str, shares))}"
        raise Invalid(
            "capacity-shares",
            f"{what} have {f'a share of {odd[0]:g}' if odd else told}.",
            "Give shares of at least 0 that sum to 1; whoever needs no place is a route as well.",
            total=sum(shares),
        )


def _check_weights(what: str, weights: tuple[float, ...], count: int | None) -> None:
    if (count and len(weights) != count) or min(weights) < 0 or not math.isfinite(sum(weights)):
        told = f"{count} numbers" if count else "numbers"
        raise _wrong(what, ", ".join(map(str, weights)), f"Give {told} of at least 0.")


def _at_least_0(service: Service, *names: str) -> None:
    for name in names:
        value = getattr(service, name)
        if not 0 <= value < math.inf:
            raise _wrong(name, value, "Give a number of at least 0.")


def _wrong(name: str, value: object, remedy: str) -> Invalid:
    return Invalid(
        "capacity-service", f"A service cannot have {name} {value}.", remedy, **{name: value}
    )
