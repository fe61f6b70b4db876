"""A rehearsed clinic through the real store while everything around it goes wrong.

Each tap is acknowledged by itself, as at a tablet. Meanwhile the power fails, commits fail, the
process ends before a commit, tablets send a tap twice, now or after a restart, and the machine's
clock jumps. Whatever was acknowledged must be in the journal once, and nothing else may be.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import apsw

from safelight.journal.entry import GENESIS
from safelight.journal.verify import verify_chunk
from safelight.kernel.errors import Invalid, Refused
from safelight.rehearse.agenda import Agenda
from safelight.rehearse.clinic.clinic import DAY, Clinic
from safelight.rehearse.clinic.founding import begin, found_clinic
from safelight.rehearse.clinic.hands import Answer, Fields
from safelight.rehearse.clinic.invariants import Broken, Invariants
from safelight.rehearse.clinic.run import SETTING_UP, agenda_of, rehearsal_pack
from safelight.rehearse.clinic.scenario import ClinicScenario
from safelight.rehearse.clinic.store import Pending, judge
from safelight.rehearse.clinic.tally import Tally
from safelight.rehearse.floor import CommandIds
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Receipt, Tap, read_command
from safelight.run.actions.timekeeper import Timekeeper
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.dosing_entities import OBSERVING, PREPARED, Session
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.store import journal
from safelight.run.store.driver import StoreFault
from safelight.run.store.projection import apply_entry, changed_rows
from tests.support.powercut import PowerCutVFS
from tests.support.powercut_workload import CutDriver

# How often each trouble comes, as a share of taps.
CUT, FAILED, KILLED, SENT_TWICE, SENT_LATER, CLOCK_MOVED = 0.002, 0.002, 0.002, 0.02, 0.01, 0.0007
MOST_TRIES = 20
NURSES = ("sim-storm-nurse-1", "sim-storm-nurse-2")
_names = itertools.count()


@dataclass
class StormReport:
    """What a storm came to; ``broken`` says what was wrong."""

    tally: Tally = field(default_factory=Tally)
    taps: int = 0  # acknowledged
    entries: int = 0
    power_cuts: int = 0
    failed_commits: int = 0
    killed: int = 0
    sent_twice: int = 0
    sent_later: int = 0
    clock_moved: int = 0
    broken: list[str] = field(default_factory=list)


class Storm:
    """The hands of a clinic whose machine is in trouble."""

    def __init__(self, site: str, ids: CommandIds, agenda: Agenda, seed: object) -> None:
        """Begin with an empty disk."""
        self._site, self._ids, self._agenda = site, ids, agenda
        self._rng = Random(str(seed))
        self._moved = timedelta(0)
        self._pack = rehearsal_pack()
        self.disk = PowerCutVFS(f"clinic-storm-{next(_names)}")
        self.oracle, self.report = Invariants(), StormReport()
        self.checked = 0
        self.acknowledged: dict[str, Receipt] = {}
        self._later: deque[tuple[Tap, Receipt]] = deque(maxlen=20)
        self._engine = self._open()
        self._calm = 0  # inside which no trouble begins

    def _open(self) -> Engine:
        driver = CutDriver(self.disk)
        driver.prepare()
        keeper = Timekeeper(self.now, lambda: self._agenda.elapsed)
        return Engine(driver, self.now, lambda _: self._pack, keeper)

    def now(self) -> datetime:
        """Return what the machine's clock shows."""
        return self._agenda.now() + self._moved

    @property
    def site(self) -> Site:
        """The site as it stands."""
        return self._engine.standing(self._site).site

    @property
    def protocol(self) -> Protocol:
        """The pack in force."""
        return self._pack

    @property
    def entries(self) -> int:
        """How many entries the journal has."""
        return self._engine.standing(self._site).seq

    def do(
        self,
        name: str,
        fields: Fields,
        actor: Actor,
        witness: Actor | None = None,
        at: datetime | None = None,
    ) -> Answer:
        """Send a tap until it is answered, through whatever trouble comes."""
        if self.acknowledged and self._chance(CLOCK_MOVED):
            self._move_clock()
        try:
            payload = read_command(name, fields)
        except Invalid as error:
            return error
        tap = Tap(self._site, self._ids(self.now()), name, payload, actor, at, witness)
        return self._send(tap)

    def restart(self) -> None:
        """Start the process anew; nobody has confirmed its clock."""
        self._reopen(confirm=False)

    def _chance(self, share: float) -> bool:
        return not self._calm and self._rng.random() < share

    def _send(self, tap: Tap) -> Answer:
        for _ in range(MOST_TRIES):
            before, clock = self.site, self.now()
            trusted = self._engine.clock_trusted
            try:
                self._trouble()
                receipt = self._engine.perform(tap)
                if self._chance(KILLED):
                    self.report.killed += 1
                    self._reopen()
                    continue
                self._engine.commit()
            except (Refused, Invalid) as error:
                self._engine.abandon()
                return error
            except StoreFault:
                self._recover()
                continue
            self.disk.clear_faults()
            pending = Pending(tap, receipt, before, self.site, clock, trusted)
            return self._answered(pending)
        raise AssertionError(f"{tap.name} was never answered")

    def _answered(self, pending: Pending) -> str:
        tap, receipt = pending.tap, pending.receipt
        self.report.taps += 1
        self.acknowledged[tap.command] = receipt._replace(repeated=False)
        judge(self.oracle, lambda: _Shared(self._engine), self._pack, [pending])
        self.checked += 1
        if self._chance(SENT_TWICE):
            self.report.sent_twice += 1
            self._again(tap, receipt)
        if self._chance(SENT_LATER):
            self._later.append((tap, receipt))
        return tap.command
