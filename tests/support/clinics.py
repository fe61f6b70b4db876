"""Rehearsed clinics for tests: small changes of a scenario, and a record of every fact."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.hands import Oracle
from safelight.rehearse.clinic.invariants import Invariants
from safelight.rehearse.clinic.memory import Memory
from safelight.rehearse.clinic.run import (
    ClinicReport,
    agenda_of,
    live,
    rehearsal_pack,
    rehearse_in_memory,
)
from safelight.rehearse.clinic.scenario import ClinicScenario, find_clinic
from safelight.rehearse.clinic.store import Store
from safelight.rehearse.floor import CommandIds
from safelight.rehearse.scenario import MADE_UP, Number
from safelight.run.domain.base import Command, Fact, Given
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.wiring import Home, open_engine, prepare_home

SMALL, LARGE = find_clinic("clinic-2-sessions"), find_clinic("clinic-3-sessions")


@cache
def pack() -> Protocol:
    """Return the pack of rehearsals, read once."""
    return rehearsal_pack()


def behaving(scenario: ClinicScenario, **numbers: float) -> ClinicScenario:
    """Return a scenario in which some of what people do is otherwise."""
    told = {name: Number(value, MADE_UP) for name, value in numbers.items()}
    return replace(scenario, behaviour=replace(scenario.behaviour, **told))


def rehearsed(
    scenario: ClinicScenario, days: int, seed: int = 1, oracle: Oracle | None = None
) -> ClinicReport:
    """Rehearse some days in memory."""
    return rehearse_in_memory(scenario, seed, days, oracle or Invariants(), pack())


class Recorder:
    """Keeps every fact that it hears of, as a journal would hold it."""

    def __init__(self) -> None:
        self.facts: list[tuple[str, str, str, bytes]] = []

    def before(self, _: Site, __: Command, ___: Given) -> None:
        """Take note of nothing."""

    def after(self, _: Site, facts: list[Fact], given: Given) -> None:
        """Keep the facts, with who wrote them when."""
        for fact in facts:
            what = type(fact).__name__, msgspec.json.encode(fact)
            self.facts.append((given.now.isoformat(), given.actor.staff, *what))


def ids_of(scenario: ClinicScenario, seed: int) -> CommandIds:
    """Return the command ids of a rehearsal."""
    return CommandIds(scenario.id, scenario.period.first, seed)


def in_memory(scenario: ClinicScenario, days: int, oracle: Oracle) -> Clinic:
    """Rehearse in memory, and return the clinic as it is then."""
    agenda = agenda_of(scenario)
    hands = Memory(scenario.site.id, ids_of(scenario, 1), agenda.now, pack(), oracle)
    clinic = Clinic(scenario, 1, hands, agenda)
    live(clinic, pack(), days, lambda: None)
    return clinic


def stored(
    scenario: ClinicScenario, folder: Path, oracle: Oracle, go_on: Callable[[Clinic], Any]
) -> Home:
    """Begin a rehearsal through the store, do something with it, and return its home."""
    home, agenda = Home(folder / "home"), agenda_of(scenario)
    prepare_home(home)
    hands = Store(
        lambda: open_engine(home, agenda.now),
        home.connect,
        scenario.site.id,
        ids_of(scenario, 1),
        agenda.now,
        oracle,
    )
    go_on(Clinic(scenario, 1, hands, agenda))
    hands.settle()
    hands.close()
    return home
