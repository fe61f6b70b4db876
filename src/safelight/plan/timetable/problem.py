"""What is to be planned: stops with what visits there are worth, and vehicles with their shifts."""

from collections.abc import Mapping
from itertools import combinations, pairwise
from typing import NamedTuple

from safelight.plan.timetable.routes import Ints

Spans = tuple[tuple[int, int], ...]  # from, to; minutes from Monday 00:00


class Stop(NamedTuple):
    """A place where a vehicle may stand, and what its visits are worth.

    k visits a week of the first length in ``dwell`` are worth ``weight`` × (1 − (1 − reach)^k):
    each visit reaches the same share of those whom the earlier ones have missed. A visit that is
    open twice as long counts as two. ``gains`` (visits → worth) replaces the formula.
    """

    id: str
    name: str
    weight: float  # people, overdoses: what is there to be reached in a week
    reach: float  # share of it reached by one visit
    dwell: tuple[int, ...]  # lengths of opening to choose from, minutes; one for all its visits
    visits: tuple[int, ...]  # numbers of visits a week to choose from
    windows: Spans = ()  # a vehicle may stand there only then; none: always
    gains: Mapping[int, float] | None = None

    def gain(self, visits: int, dwell: int) -> float:
        """Return what so many visits of this length a week are worth."""
        if self.gains is not None:
            return self.gains[visits]
        missed = float((1.0 - self.reach) ** (visits * dwell / self.dwell[0]))
        return self.weight * (1.0 - missed)


class Vehicle(NamedTuple):
    """A mobile unit: where it spends the night and when its crews work."""

    id: str
    parking: str  # every shift begins and ends there
    shifts: Spans  # one crew each; a shift may go on past midnight
    most_stops: int  # in one shift
    rest: int = 0  # minutes, once in a shift, on the way
    set_up: int = 0  # minutes from arrival to opening
    pack_up: int = 0  # minutes from closing to leaving


class Problem(NamedTuple):
    """Everything that a timetable depends on."""

    stops: tuple[Stop, ...]
    vehicles: tuple[Vehicle, ...]
    drive: tuple[Ints, ...]  # per vehicle, (stops + 1)²: minutes; the last is its parking place
    apart: Mapping[int, int]  # visits a week → days from one to the next, at least (1 if not given)


def spaced(days: tuple[int, ...], visits: int, apart: int) -> list[tuple[int, ...]]:
    """Return the sets of days with so many visits, each ``apart`` days or more from the next.

    Sunday is followed by Monday: the week recurs.
    """
    return [
        chosen
        for chosen in combinations(sorted(days), visits)
        if all(later - day >= apart for day, later in pairwise((*chosen, chosen[0] + 7)))
    ]
