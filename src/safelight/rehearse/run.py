"""A whole rehearsal, as fast as the engine takes taps."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import perf_counter
from typing import NamedTuple

import msgspec

from safelight.kernel.errors import Invalid, SafelightError
from safelight.rehearse.agenda import Agenda, Steps
from safelight.rehearse.dice import Dice
from safelight.rehearse.floor import MANAGER, CommandIds, Floor, Seal
from safelight.rehearse.keeper import keep
from safelight.rehearse.people import People
from safelight.rehearse.plan import Intent, Plan
from safelight.rehearse.scenario import Scenario
from safelight.rehearse.stay import reception
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Tap
from safelight.run.domain.authority import Grant
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.store.packs import load_authorities, load_pack
from safelight.wiring import PACKS, Home, WriterLock, open_engine, prepare_home

PACK, AUTHORITY = "rehearsal.toml", "rehearsal"
COMMIT_EVERY = timedelta(hours=1)  # simulated
SETTING_UP = timedelta(minutes=30)  # how long before the first opening the site is founded

Progress = Callable[[int, int], None]


class Report(NamedTuple):
    """What a rehearsal came to."""

    entries: int
    visits: int
    incidents: int
    refusals: int
    seconds: float
    told: tuple[str, ...] = ()  # the refusals, in words


class EnginePost:
    """An engine of our own: taps are decided at once and made durable every simulated hour."""

    def __init__(self, engine: Engine, site: str, now: Callable[[], datetime]) -> None:
        """Take the engine, the site's id and the simulated clock."""
        self._engine, self._site, self.now = engine, site, now
        self._commit_at = now() + COMMIT_EVERY
        self._protocol: Protocol | None = None

    def site(self) -> Site:
        """Return the site with all that was decided."""
        return self._engine.standing(self._site).site

    def protocol(self) -> Protocol:
        """Return the pack in force; a rehearsal never changes it once it was adopted."""
        if self._protocol is None:
            self._protocol = self._engine.protocol_of(self.site())
        return self._protocol

    def perform(self, tap: Tap) -> None:
        """Do a tap; raises SafelightError where a rule says no."""
        self._engine.perform(tap)
        if self.now() >= self._commit_at:
            self.settle()

    def settle(self) -> None:
        """Make everything durable."""
        self._engine.commit()
        self._commit_at = self.now() + COMMIT_EVERY


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
    with _floor(home, scenario, seed, seal, strict=strict) as (floor, post):
        last = scenario.period.first + timedelta(days=days - 1)
        done = iter(range(1, days + 1))
        floor.agenda.spawn(keep(floor, last, lambda: progress(next(done, days), days)))
        floor.agenda.spawn(arrivals(floor, Plan(scenario, seed), days))
        floor.agenda.run()
        post.settle()
        return Report(
            floor.entries,
            floor.counts.get("visit.arrive", 0),
            floor.counts.get("incident.open", 0),
            len(floor.refusals),
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
