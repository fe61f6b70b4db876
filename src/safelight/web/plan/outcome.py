"""A plan as its page and its report show it, whatever the file that it came in looks like."""

from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple

from safelight.web.plan.draw import Pin
from safelight.web.plan.measure import Class, class_of, legend, plain

# Shares of an area's need that are reached: none, then ever more. A building that is open half of
# the week reaches less than half of those at its door, a stop of a few hours far less.
REACH_BREAKS = (0.0005, 0.02, 0.05, 0.1, 0.2)
PERCENT, TEN, THOUSAND, MILLION = 100, 10, 1_000, 1_000_000
KILOMETRE = 1000


class SiteRow(NamedTuple):
    """One site of a plan."""

    number: int
    place: str
    name: str
    district: str
    kind: str  # 'building' or 'mobile'
    lon: float
    lat: float
    annual: float | None  # £ a year
    reached: float
    chosen: float | None  # share of the draws in which it is chosen

    @property
    def pin(self) -> Pin:
        """Return its mark on a map."""
        return Pin(self.number, self.kind, self.lon, self.lat, self.name)


class DistrictRow(NamedTuple):
    """What a plan does for one district."""

    name: str
    need: float
    reached: float
    nearest: float | None  # metres to the nearest site, weighted by need

    @property
    def share(self) -> float:
        """Return which share of the need is reached."""
        return self.reached / self.need if self.need else 0.0


class Step(NamedTuple):
    """A plan with so many sites: what it is worth, and how much better any other could be."""

    sites: list[SiteRow]
    objective: float
    bound: float
    gap: float
    proven: bool
    seconds: float | None
    annual: float | None
    capital: float | None
    vehicles: int
    reach: dict[str, float]  # the share reached by area; empty where the file does not say
    districts: list[DistrictRow]

    @property
    def pins(self) -> list[Pin]:
        """Return the marks of its sites."""
        return [site.pin for site in self.sites]

    @property
    def counts(self) -> str:
        """Return how many of each kind, in words."""
        buildings = sum(site.kind == "building" for site in self.sites)
        stops = len(self.sites) - buildings
        parts = [
            _many(buildings, "building") if buildings or not stops else "",
            _many(stops, "mobile stop") if stops else "",
            f"{_many(self.vehicles, 'vehicle')} for them" if self.vehicles else "",
        ]
        return ", ".join(filter(None, parts))


class Alternative(NamedTuple):
    """What one kind of site alone can do under the same limits; or why it can do nothing."""

    kind: str
    title: str
    step: Step | None
    trouble: str = ""


class Robustness(NamedTuple):
    """How the plan stands over draws of need."""

    draws: int
    mean_regret: float  # as a share of the best that could be had in that world
    worst_regret: float


class Assumption(NamedTuple):
    """A figure that the plan rests on, with its source."""

    name: str
    value: str
    unit: str
    citation: str


class Outcome(NamedTuple):
    """Everything that a plan says."""

    title: str
    objective: str  # in words
    goal_unit: str  # of the objective
    unit: str  # of need, and of what is reached
    steps: dict[int, Step]
    chosen: int
    alternatives: list[Alternative]
    robustness: Robustness | None
    assumptions: list[Assumption]
    notes: list[str]
    attribution: list[str]

    def step(self, number: int) -> Step:
        """Return the plan with so many sites, or the one that was asked for."""
        return self.steps.get(number) or self.steps[self.chosen]


def reach_colours(step: Step, codes: Iterable[str]) -> dict[str, int]:
    """Return each area's colour, by the share of its need that is reached."""
    return {code: class_of(step.reach.get(code, 0.0), REACH_BREAKS) for code in codes}


def reach_legend(step: Step, codes: Iterable[str]) -> list[Class]:
    """Return the colours of what is reached, in words, with how many areas have them."""
    of = list(reach_colours(step, codes).values())
    nobody, some, *more = legend(of, REACH_BREAKS, "width")
    some = some._replace(words=f"Up to {REACH_BREAKS[1]:.0%}")
    return [nobody._replace(words="Nobody"), some, *more]


def money(pounds: float | None) -> str:
    """Return an amount: ``£2,310,000``."""
    return "–" if pounds is None else f"£{pounds:,.0f}"


def short_money(pounds: float | None) -> str:
    """Return an amount for a narrow column: ``£2.39m``, ``£385k``."""
    if pounds is None or pounds < THOUSAND:
        return money(pounds)
    return f"£{plain(pounds / MILLION)}m" if pounds >= MILLION else f"£{plain(pounds / THOUSAND)}k"


def percent(share: float | None) -> str:
    """Return a share: ``12%``, ``0.04%``; what is nearly nought is not called nought."""
    if share is None:
        return "–"
    value = PERCENT * share
    return f"{value:.0f}%" if value >= TEN or value == 0 else f"{plain(value)}%"


def distance(metres: float | None) -> str:
    """Return a distance: ``850 m``, ``12.4 km``."""
    if metres is None or not isfinite(metres):
        return "–"
    return f"{metres:,.0f} m" if metres < KILOMETRE else f"{metres / KILOMETRE:,.1f} km"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
