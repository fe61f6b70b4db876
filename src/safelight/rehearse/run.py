"""A whole rehearsal, as fast as the engine takes taps."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from time import perf_counter
from typing import NamedTuple

from safelight.kernel.errors import Invalid
from safelight.rehearse.arrivals import arrivals
from safelight.rehearse.floor import Seal
from safelight.rehearse.keeper import keep
from safelight.rehearse.plan import Plan
from safelight.rehearse.scenario import Scenario
from safelight.rehearse.stage import staged
from safelight.wiring import Home

Progress = Callable[[int, int], None]


class Report(NamedTuple):
    """What a rehearsal came to."""

    entries: int
    visits: int
    incidents: int
    refusals: int
    seconds: float
    told: tuple[str, ...] = ()  # the refusals, in words


def rehearse(
    home: Home,
    scenario: Scenario,
    seed: int,
    days: int | None = None,
    progress: Progress = lambda _done, _all: None,
    *,
    seal: Seal | None = None,
    strict: bool = False,
) -> Report:
    """Rehearse the first days of a scenario, or all of them, at a site that is founded for it.

    The journal follows from the scenario, the seed and this version of Safelight alone, byte for
    byte. Only with ``seal`` are there free texts, and ciphertext differs from run to run.

    Raises:
        SafelightError: where the site exists, another process writes, or, in a strict rehearsal,
            a rule said no to simulated staff.

    """
    days = _checked_days(scenario, days)
    started = perf_counter()
    last = scenario.period.first + timedelta(days=days - 1)
    with staged(home, scenario, seed, seal, strict=strict) as (floor, post):
        done = count(1)
        floor.agenda.spawn(keep(floor, last, lambda: progress(next(done), days)))
        floor.agenda.spawn(arrivals(floor, Plan(scenario, seed), last))
        floor.agenda.run()
        post.settle()
        return Report(
            post.entries,
            floor.counts.get("visit.arrive", 0),
            floor.counts.get("incident.open", 0),
            floor.refused,
            perf_counter() - started,
            tuple(floor.refusals),
        )


def _checked_days(scenario: Scenario, days: int | None) -> int:
    if days is not None and not 0 < days <= scenario.days:
        raise Invalid(
            "rehearsal-days",
            f"{days} days cannot be rehearsed: {scenario.id} has {scenario.days}.",
            f"Give 1 to {scenario.days}, or leave it out for all of them.",
            days=days,
        )
    return days or scenario.days
