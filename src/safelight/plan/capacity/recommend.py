"""The fewest booths, seats and staff that meet a target: screened by formula, shown by simulation.

Erlang's formulas say where to look, for the mean and for the busiest hour; they know neither
closing times nor shared staff, so nothing is decided by them. Every plan is simulated on the same
people. A plan meets the target where, for each kind of place, the lower end of the 95% interval of
the share that begins in time reaches the target share. The search counts its work and looks at no
clock, so the same seed gives the same table on every machine.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

import numpy as np
import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.draws import BOOTH, SEAT
from safelight.plan.capacity.erlang import smallest
from safelight.plan.capacity.service import PLACES, Service
from safelight.plan.capacity.simulation import (
    FIRST_DAY,
    YEAR,
    Capacity,
    Crowd,
    Estimate,
    estimated,
    places_of,
    trace_of,
)
from safelight.plan.capacity.tally import lost_share, mean_wait, within_share

FEWEST_YEARS = 2
SEARCHED = 20  # percent of the work when the fewest places of each kind are known
MOST_PLACES = 200  # of one kind, beyond which no one site is being planned
AROUND = (-1, 0, 1)  # booths and seats about the fewest that do with staff enough
COLUMNS = ["booths", "seats", "staff"]
NAMES = {BOOTH: "booths", SEAT: "seats"}


@dataclass(frozen=True)
class Target:
    """This share is to begin within so many minutes; raises Invalid for what is no such share."""

    minutes: float
    share: float

    def __post_init__(self) -> None:
        """Refuse what cannot be met or missed."""
        if not (0 < self.share < 1 and 0 <= self.minutes < math.inf):
            raise Invalid(
                "capacity-target",
                f"A share of {self.share:g} within {self.minutes:g} minutes is no target.",
                "Give a share above 0 and below 1, such as 0.95, and minutes of at least 0.",
                share=self.share,
                minutes=self.minutes,
            )


@dataclass(frozen=True)
class Recommendation:
    """All plans that were simulated, best first, and what the formulas had said.

    ``options`` has a row for each plan: booths, seats, staff; the share that begins within the
    target and the ends of its 95% interval, for the worse kind of place; the mean wait; the mean
    share of episodes that are lost; ``meets`` and ``needless`` (another plan that meets the
    target has no more of anything and less of something). No cost is used: plans that meet the
    target come first, then those with fewer staff, fewer places, fewer smoking seats.
    """

    target: Target
    options: pd.DataFrame
    screened: dict[str, tuple[int, int]]  # kind of place: fewest by the mean hour, by the busiest

    @property
    def best(self) -> Capacity:
        """Return the first plan; raises Invalid where none of those simulated meets the target."""
        first = self.options.iloc[0]
        if not first["meets"]:
            raise Invalid(
                "capacity-target",
                "No plan that was simulated meets the target with confidence.",
                "Simulate more years, or lower the target.",
            )
        return Capacity(int(first["booths"]), int(first["seats"]), int(first["staff"]))


def recommend(
    service: Service,
    target: Target,
    *,
    seed: int,
    years: int = 10,
    chairs: int | None = None,
    days: int = YEAR,
    first_day: date = FIRST_DAY,
    told: Callable[[int], None] = lambda _: None,
) -> Recommendation:
    """Find the fewest booths, seats and staff; ``told`` takes the percentage of the work done.

    Raises Invalid for a target that is none, for fewer than 2 years, for minutes of episodes that
    are 0, and where more than 200 places of a kind would be needed.
    """
    if years < FEWEST_YEARS:
        raise Invalid(
            "capacity-simulation",
            f"{years} year gives no confidence.",
            f"Simulate {FEWEST_YEARS} years or more.",
            years=years,
        )
    crowd = Crowd(service, seed=seed, years=years, days=days, first_day=first_day)
    trials = Trials(crowd, target)
    kinds = [kind for kind in (BOOTH, SEAT) if service.needs(kind)]
    screened = {kind: screen(crowd, target, (kind,)) for kind in kinds}
    fewest = {kind: fewest_places(trials, kind, screened[kind][0]) for kind in kinds}
    told(SEARCHED)
    plans = [
        Capacity(booths, seats, staff, chairs)
        for booths, seats in _around(fewest)
        for staff in _staff(crowd, target, booths + seats)
    ]
    rows = []
    for number, plan in enumerate(plans, 1):
        rows.append(trials.row(plan))
        told(SEARCHED + (100 - SEARCHED) * number // len(plans))
    return Recommendation(
        target, ranked(pd.DataFrame(rows)), {NAMES[kind]: screened[kind] for kind in kinds}
    )


def screen(crowd: Crowd, target: Target, kinds: tuple[int, ...]) -> tuple[int, int]:
    """Return the fewest places by Erlang C, for the mean open hour and for the busiest.

    Several kinds count as one, as they do for staff, for whom nobody cleans.
    """
    calendar, service = crowd.calendar, crowd.service
    mean = float(calendar.rates @ calendar.lengths / calendar.lengths.sum())
    cleaning = {BOOTH: service.booth_cleaning.mean, SEAT: service.seat_clearing.mean}
    asked = busy = 0.0
    for route in service.routes:
        kind = PLACES[route.place]
        if kind in kinds:
            episodes = route.share * float(
                np.dot(route.episodes, np.arange(1, 1 + len(route.episodes)))
            )
            asked += episodes
            busy += episodes * (route.minutes.mean + (cleaning[kind] if len(kinds) == 1 else 0.0))
    loads = np.array([mean, float(calendar.rates.max())]) * busy
    low, high = smallest(loads, busy / asked, target.minutes, target.share, most=10**6)
    return int(low), int(high)


def fewest_places(trials: "Trials", kind: int, guess: int) -> int:
    """Return the fewest places of one kind that do with staff and chairs enough, from a guess on.

    Raises Invalid where 200 are not enough.
    """

    def meets(count: int) -> bool:
        others = {name: 1 for other, name in NAMES.items() if trials.crowd.service.needs(other)}
        capacity = Capacity(**{"booths": 0, **others, NAMES[kind]: count})
        return trials.shares(capacity)[kind].low >= trials.target.share

    count = min(guess, MOST_PLACES)
    if meets(count):
        while count > 1 and meets(count - 1):
            count -= 1
        return count
    for more in range(count + 1, MOST_PLACES + 1):
        if meets(more):
            return more
    raise Invalid(
        "capacity-too-large",
        f"Not even {MOST_PLACES} {NAMES[kind]} meet the target.",
        "Plan several sites, or check visits, minutes, opening hours and target.",
    )


class Trials:
    """Plans tried on one crowd."""

    def __init__(self, crowd: Crowd, target: Target) -> None:
        self.crowd, self.target = crowd, target

    def shares(self, capacity: Capacity) -> dict[int, Estimate]:
        """Return the share that begins in time, for each kind of place that is needed."""
        return self._run(capacity)[0]

    def row(self, capacity: Capacity) -> dict[str, object]:
        """Return the row of a plan in the table of options."""
        shares, mean_wait, lost = self._run(capacity)
        worst = min(shares.values(), default=Estimate(1.0, 1.0, 1.0), key=lambda share: share.low)
        return {
            "booths": capacity.booths,
            "seats": capacity.seats,
            "staff": capacity.staff,
            "within_target": worst.mean,
            "within_low": worst.low,
            "within_high": worst.high,
            "mean_wait": mean_wait,
            "lost": lost,
            "meets": bool(worst.low >= self.target.share),
        }

    def _run(self, capacity: Capacity) -> tuple[dict[int, Estimate], float, float]:
        crowd, minutes = self.crowd, self.target.minutes
        places = places_of(crowd.service, capacity)
        kinds = [kind for kind in (BOOTH, SEAT) if crowd.service.needs(kind)]
        within, waits, lost = [], [], []
        for number in range(crowd.years):
            visits = crowd.year(number)
            trace = trace_of(visits, places)
            within.append([within_share(trace, visits, minutes, kind) for kind in kinds])
            waits.append(mean_wait(trace, visits))
            lost.append(lost_share(trace, visits))
        shares = np.array(within).reshape(crowd.years, len(kinds))
        estimates = {kind: estimated(shares[:, at]) for at, kind in enumerate(kinds)}
        return estimates, float(np.mean(waits)), float(np.mean(lost))


def ranked(options: pd.DataFrame) -> pd.DataFrame:
    """Return plans best first, with a mark for those of which something could be left out."""
    meets = options.loc[options["meets"], COLUMNS].to_numpy()
    own = options[COLUMNS].to_numpy()[:, None]
    no_more = np.all(meets <= own, axis=2) & np.any(meets < own, axis=2)
    table = options.assign(
        needless=np.any(no_more, axis=1), places=options["booths"] + options["seats"]
    )
    order = ["meets", "staff", "places", "seats", "within_target"]
    table = table.sort_values(order, ascending=[False, True, True, True, False], kind="stable")
    return table.drop(columns="places").reset_index(drop=True)


def _around(fewest: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield numbers of booths and seats about the fewest that do; 0 of what nobody needs."""
    ranges = [
        sorted({max(1, fewest[kind] + step) for step in AROUND}) if kind in fewest else [0]
        for kind in (BOOTH, SEAT)
    ]
    yield from product(*ranges)


def _staff(crowd: Crowd, target: Target, places: int) -> range:
    """Return the numbers of staff worth a trial: from what the formula asks to no limit at all."""
    service = crowd.service
    enough = max(service.minimum_staff, math.ceil(places / service.people_per_worker))
    if not places or math.isinf(service.people_per_worker):
        return range(enough, enough + 1)
    people, _ = screen(crowd, target, (BOOTH, SEAT))
    least = max(service.minimum_staff, math.ceil((people - 1) / service.people_per_worker))
    alone = math.ceil(1 / service.people_per_worker)
    return range(min(max(least, alone), enough), enough + 1)
