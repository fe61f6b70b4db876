"""Year after year of a service, simulated: who waits how long for a place, and who goes away."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.draws import BOOTH, SEAT, Floats, Integers, Visits, draw_visits
from safelight.plan.capacity.floor import UNLIMITED, Places, Trace, run_floor
from safelight.plan.capacity.hours import DAYS
from safelight.plan.capacity.lanes import are_apart, run_lanes
from safelight.plan.capacity.service import (
    HOUR,
    HOURS,
    Service,
    calendar_of,
    open_minutes_by_hour,
)
from safelight.plan.capacity.tally import (
    COUNTS,
    IN_PLACE,
    by_hour,
    slots_of,
    summary,
)

FIRST_DAY, YEAR = date(2024, 1, 1), 365  # a Monday; any year would do, the week is nominal
CONFIDENCE = 0.95
MOST = 2**63
KEPT = 2_000_000  # requests of a crowd kept in memory, about 150 MB; the rest is drawn anew


@dataclass(frozen=True)
class Capacity:
    """How many places and workers; None where they are no limit."""

    booths: int
    seats: int = 0
    staff: int | None = None
    chairs: int | None = None


class Estimate(NamedTuple):
    """A mean over replications and its 95% confidence interval (Student's t)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Simulation:
    """What came out: a row of figures for each replication, and tables by hour and day.

    ``replications`` has the columns of ``tally.summary``. ``hours`` has a row for each hour of the
    week, ``month_days`` one for each day of the month: visits and what became of them per such
    hour or day, mean wait and share within the target, and the people in booths, seats and chairs
    at a time.
    """

    capacity: Capacity
    target_minutes: float
    replications: pd.DataFrame
    hours: pd.DataFrame
    month_days: pd.DataFrame
    seconds: float

    def estimate(self, name: str) -> Estimate:
        """Return the mean of a figure over the replications, with its interval."""
        return estimated(self.replications[name].to_numpy(dtype=np.float64))


def estimated(values: Floats) -> Estimate:
    """Return the mean of independent values and its 95% interval; one value has none (nan)."""
    mean, count = float(np.mean(values)), len(values)
    if count == 1:
        return Estimate(mean, float("nan"), float("nan"))
    error = float(np.std(values, ddof=1)) / count**0.5
    margin = float(stats.t.ppf(0.5 + CONFIDENCE / 2, count - 1)) * error
    return Estimate(mean, mean - margin, mean + margin)


class Crowd:
    """The people of some years, drawn once and sent through as many plans as one likes.

    Raises Invalid for a seed or a number of years or days that cannot be.
    """

    def __init__(
        self,
        service: Service,
        *,
        seed: int,
        years: int,
        days: int = YEAR,
        first_day: date = FIRST_DAY,
    ) -> None:
        """Prepare; people are drawn when they are needed."""
        for name, value, least in (("seed", seed, 0), ("years", years, 1), ("days", days, 1)):
            if not least <= value < MOST:
                raise Invalid(
                    "capacity-simulation",
                    f"A simulation cannot have {name} {value}.",
                    f"Give {name} of at least {least}.",
                    **{name: value},
                )
        self.service, self.seed, self.years = service, seed, years
        self.calendar = calendar_of(service, first_day, days)
        self._mix, self._laws = service.mix(), service.laws()
        self._kept: dict[int, Visits] = {}
        self._room = KEPT
        self.slots = slots_of(first_day, open_minutes_by_hour(service, first_day, days))

    def year(self, number: int) -> Visits:
        """Return the people of one year: the same for every plan that is tried on them."""
        if number in self._kept:
            return self._kept[number]
        visits = draw_visits(self.seed, number, self.calendar, self._mix, self._laws)
        if self._room >= len(visits.traits):
            self._room -= len(visits.traits)
            self._kept[number] = visits
        return visits

    def forget(self) -> None:
        """Let go of the people that are kept; they come back the same."""
        self._kept, self._room = {}, KEPT


def places_of(service: Service, capacity: Capacity) -> Places:
    """Return the places of a plan; raises Invalid for a plan that leaves somebody without any."""
    _check(service, capacity)
    staffed: float = UNLIMITED
    if capacity.staff is not None:
        staffed = min(capacity.staff * service.people_per_worker, UNLIMITED)
    chairs = UNLIMITED if capacity.chairs is None else capacity.chairs
    return Places(capacity.booths, capacity.seats, chairs, int(staffed), service.longest_queue)


def trace_of(visits: Visits, places: Places) -> Trace:
    """Send people through some places, in the quicker of the two ways that fit."""
    return run_lanes(visits, places) if are_apart(visits, places) else run_floor(visits, places)


def simulate(
    service: Service,
    capacity: Capacity,
    *,
    seed: int,
    years: int = 10,
    target_minutes: float = 10.0,
    days: int = YEAR,
    first_day: date = FIRST_DAY,
    told: Callable[[int], None] = lambda _: None,
) -> Simulation:
    """Simulate so many independent years of so many days; ``told`` takes the years done.

    The same seed draws the same people whatever the capacity. Raises Invalid for a capacity that
    has no place for somebody who comes, and as ``Crowd`` does.
    """
    started = time.perf_counter()
    crowd = Crowd(service, seed=seed, years=years, days=days, first_day=first_day)
    places, slots = places_of(service, capacity), crowd.slots
    rows, tables = [], []
    for number in range(years):
        visits = crowd.year(number)
        trace = trace_of(visits, places)
        rows.append(summary(trace, visits, places, slots, target_minutes))
        tables.append(by_hour(trace, visits, len(slots.week_hour), target_minutes))
        told(number + 1)
    hourly = pd.DataFrame({name: sum(each[name] for each in tables) / years for name in tables[0]})
    return Simulation(
        capacity,
        target_minutes,
        pd.DataFrame(rows),
        _table(hourly, slots.week_hour, 1).set_axis(_week_index()),
        _table(hourly, slots.month_day, HOURS).rename_axis("day"),
        time.perf_counter() - started,
    )


def _table(hourly: pd.DataFrame, slot: Integers, hours: int) -> pd.DataFrame:
    """Average hours of the simulated days that lie in the same slot of so many hours."""
    grouped = hourly.groupby(slot)
    sums = grouped.sum()
    slots = grouped.size() / hours
    counts = ["visits", *COUNTS]
    table = sums[counts].div(slots, axis=0)
    table["mean_wait"] = (sums["waited"] / sums["begun"]).fillna(0.0)
    table["within_target"] = (sums["within"] / sums["requests"]).fillna(1.0)
    table[list(IN_PLACE)] = sums[list(IN_PLACE)].div(slots * hours * HOUR, axis=0)
    return table


def _week_index() -> pd.MultiIndex:
    return pd.MultiIndex.from_product([DAYS, range(HOURS)], names=["weekday", "hour"])


def _check(service: Service, capacity: Capacity) -> None:
    """Raise Invalid for a plan without a place for somebody who comes, or below 0."""
    for name, kind in (("booths", BOOTH), ("seats", SEAT)):
        count, least = getattr(capacity, name), int(service.needs(kind))
        if count < least:
            raise Invalid(
                "capacity-places",
                f"The plan has {count} {name}, and some come for one.",
                f"Give at least {least}, or set the share of their route to 0.",
                **{name: count},
            )
    if capacity.chairs is not None and capacity.chairs < 1:
        raise Invalid(
            "capacity-places",
            f"The plan has {capacity.chairs} aftercare chairs.",
            "Give at least 1, or leave them out where they are no limit.",
            chairs=capacity.chairs,
        )
    supervised = None if capacity.staff is None else capacity.staff * service.people_per_worker
    if supervised is not None and supervised < 1:
        raise Invalid(
            "capacity-staff",
            f"{capacity.staff} workers can supervise {supervised:g} people at once.",
            "Give enough staff for at least 1 person in a place.",
            staff=capacity.staff,
        )
