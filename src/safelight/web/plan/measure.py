"""What a map of need shows: which quantity, as a count or a rate, and how it is divided up."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import floor, isfinite, log10, nan
from typing import NamedTuple

from safelight.web.plan.sketch import Area, Ends, Need, Sketch

CLASSES = 6
ESTIMATE, TOP, WIDTH = "estimate", "top", "width"
RATE, COUNT = "rate", "count"
# Certainty of being among the top fifth: chance alone would give a fifth.
TOP_BREAKS = (0.05, 0.2, 0.5, 0.8, 0.95)
DECIMALS = ((100, 0), (10, 1), (1, 2))  # from which size on, and how many
LEAST_DECIMALS = 3
RARE = 0.01  # the draws are too few to tell rarer from never
NOWHERE = -1  # the class of an area without a number


class Quantity(NamedTuple):
    """One of the three estimates."""

    key: str
    title: str
    per: float  # the residents that a rate is told for


QUANTITIES = {
    quantity.key: quantity
    for quantity in (
        Quantity("people_at_risk", "People at risk", 1_000),
        Quantity("deaths", "Drug-poisoning deaths a year", 100_000),
        Quantity("nonfatal_overdoses", "Non-fatal overdoses a year", 100_000),
    )
}
VIEWS = {
    ESTIMATE: "Estimate",
    TOP: "Chance of being in the highest fifth",
    WIDTH: "Width of the interval",
}
SCALES = {RATE: "For each resident", COUNT: "Count"}


class Shown(NamedTuple):
    """What somebody asked to see."""

    quantity: Quantity
    scale: str
    view: str

    @property
    def title(self) -> str:
        """Return the quantity with its unit."""
        unit = f" per {self.quantity.per:,.0f} residents" if self.scale == RATE else ""
        return self.quantity.title + unit


class Class(NamedTuple):
    """One colour of a map: from where to where, and how many areas have it."""

    number: int
    words: str
    areas: int


def shown(asked: Mapping[str, str], sketch: Sketch) -> Shown:
    """Return what an address asks for, and the usual where it asks for nothing that exists."""
    quantity = QUANTITIES.get(asked.get("measure", ""), QUANTITIES["deaths"])
    scale = asked.get("scale", "")
    return Shown(
        quantity,
        scale if scale in SCALES else RATE,
        next((view for view in views(sketch) if view == asked.get("view")), ESTIMATE),
    )


def views(sketch: Sketch) -> dict[str, str]:
    """Return the ways to colour a map: chances only where the table has draws."""
    has_chances = all(area.chance is not None for area in sketch.areas)
    return {view: words for view, words in VIEWS.items() if view != TOP or has_chances}


def estimate(need: Need, quantity: Quantity, scale: str) -> Ends | None:
    """Return an estimate as a count or a rate; None for a rate where nobody lives."""
    count: Ends = getattr(need, quantity.key)
    if scale == COUNT:
        return count
    return count.times(quantity.per / need.population) if need.population > 0 else None


def coloured(area: Area, what: Shown) -> float:
    """Return the number that decides on an area's colour; nan where there is none."""
    if what.view == TOP:
        return nan if area.chance is None else area.chance
    found = estimate(area, what.quantity, what.scale)
    if found is None:
        return nan
    if what.view == WIDTH:
        return (found.upper - found.lower) / found.mean if found.mean > 0 else nan
    return found.mean


def breaks(values: Sequence[float], view: str) -> tuple[float, ...]:
    """Return the limits between classes, rounded so that a legend can be read."""
    if view == TOP:
        return TOP_BREAKS
    known = sorted(value for value in values if isfinite(value))
    if not known:
        return ()
    cuts = (known[len(known) * number // CLASSES] for number in range(1, CLASSES))
    limits = [known[0]]
    for limit in sorted({float(f"{cut:.2g}") for cut in cuts}):
        if any(limits[-1] <= value < limit for value in known) and limit <= known[-1]:
            limits.append(limit)
    return tuple(limits[1:])


def class_of(value: float, limits: Sequence[float]) -> int:
    """Return a value's class, from 0; NOWHERE for a value that is none."""
    return bisect_right(limits, value) if isfinite(value) else NOWHERE


def legend(of: Sequence[int], limits: Sequence[float], view: str) -> list[Class]:
    """Return the classes in words, lowest first, with the areas in each."""
    told = [figure(limit, view) for limit in limits]
    words = [
        f"Under {told[0]}" if told else "All",
        *(f"{low} to {high}" for low, high in pairwise(told)),
        *([f"{told[-1]} or more"] if told else []),
    ]
    return [Class(number, word, of.count(number)) for number, word in enumerate(words)]


def figure(value: float, view: str) -> str:
    """Return a number of a legend: shares as per cent."""
    return f"{value:.0%}" if view in {TOP, WIDTH} else plain(value)


def plain(value: float) -> str:
    """Return a number with three figures at most: 0.123, 1.23, 12.3, 123, 1,230."""
    if not isfinite(value):
        return "–"
    decimals = next((places for least, places in DECIMALS if abs(value) >= least), LEAST_DECIMALS)
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def three(value: float) -> str:
    """Return a number with just three figures, so that those of one column agree: 8.80, 30.0."""
    if not isfinite(value) or value == 0:
        return plain(value)
    size = floor(log10(abs(float(f"{value:.2e}"))))
    return f"{value:,.{min(LEAST_DECIMALS, max(0, 2 - size))}f}"


def chance(share: float | None) -> str:
    """Return a share of draws; what never happened in them is not called impossible."""
    if share is None:
        return ""
    if share < RARE:
        return f"under {RARE:.0%}"
    return f"over {1 - RARE:.0%}" if share > 1 - RARE else f"{share:.0%}"


def told(found: Ends | None) -> tuple[str, str]:
    """Return an estimate and its interval in words."""
    if found is None:
        return "–", "nobody lives here"
    return three(found.mean), f"{three(found.lower)} to {three(found.upper)}"
