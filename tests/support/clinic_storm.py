"""A rehearsed clinic through the real store while everything around it goes wrong.

Each tap is acknowledged by itself, as at a tablet. Meanwhile the power fails, commits fail, the
process ends before a commit, tablets send a tap twice, now or after a restart, two tablets do the
same thing, and the machine's clock jumps. Whatever was acknowledged must be in the journal once,
and nothing else may be there.
"""

import itertools
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import apsw

from safelight.journal.entry import GENESIS
from safelight.journal.verify import verify_chunk
from safelight.kernel.errors import Invalid, Refused, Tampered
from safelight.rehearse.agenda import Agenda
from safelight.rehearse.clinic.clinic import CLOCK, Clinic
from safelight.rehearse.clinic.hands import Answer, Fields
from safelight.rehearse.clinic.invariants import Broken, Invariants
from safelight.rehearse.clinic.run import agenda_of, live, rehearsal_pack
from safelight.rehearse.clinic.scenario import ClinicScenario
from safelight.rehearse.clinic.store import Pending, judge
from safelight.rehearse.clinic.tally import Tally
from safelight.rehearse.floor import CommandIds
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Tap, read_command
from safelight.run.actions.timekeeper import Timekeeper
from safelight.run.domain.base import Actor, Entity, Role
from safelight.run.domain.dosing_entities import OBSERVING, PREPARED, Session
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Key, Site
from safelight.run.store import journal
from safelight.run.store.driver import Fault, StoreFault
from safelight.run.store.projection import apply_entry, changed_rows
from tests.support.powercut import Operation, PowerCutVFS
from tests.support.powercut_workload import CutDriver

# How often each trouble comes, as a share of taps.
POWER_CUT, FAILED_COMMIT, KILLED, CLOCK_MOVED = 0.002, 0.002, 0.002, 0.0007
SENT_TWICE, SENT_LATER, TWO_TABLETS = 0.02, 0.01, 0.02
ONCE = frozenset(
    {
        "session.begin",
        "session.prepare",
        "session.administer",
        "session.account",
        "session.discharge",
    }
)
ERRORS: tuple[tuple[Operation, int], ...] = (
    ("write", apsw.SQLITE_FULL),
    ("write", apsw.SQLITE_IOERR_WRITE),
    ("sync", apsw.SQLITE_IOERR_FSYNC),
)
MOST_TRIES, OPERATIONS = 20, 40
NURSES = ("sim-storm-nurse-1", "sim-storm-nurse-2")
_names = itertools.count()


@dataclass
class StormReport:
    """What a storm came to; ``broken`` says what was wrong."""

    taps: int = 0  # acknowledged
    entries: int = 0
    power_cuts: int = 0
    failed_commits: int = 0
    killed: int = 0
    survived_unacknowledged: int = 0
    sent_twice: int = 0
    sent_later: int = 0
    two_tablets: int = 0
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
        self.report, self.checked = StormReport(), 0
        self.acknowledged: dict[str, tuple[int, int]] = {}
        self._oracle = Invariants()
        self._later: deque[Tap] = deque(maxlen=20)
        self._calm = True  # until the clock was confirmed for the first time
        self._open()

    def _open(self) -> None:
        self._driver = CutDriver(self.disk)
        self._driver.prepare()
        keeper = Timekeeper(self.now, lambda: self._agenda.elapsed)
        self._engine = Engine(self._driver, self.now, lambda _: self._pack, keeper)

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
        if self._chance(CLOCK_MOVED):
            self._move_clock()
        try:
            payload = read_command(name, fields)
        except Invalid as error:
            return error
        tap = Tap(self._site, self._ids(self.now()), name, payload, actor, at, witness)
        answer = self._send(tap)
        if name == "clock.confirm" and isinstance(answer, str):
            self._calm = False
        return answer

    def restart(self) -> None:
        """Start the process anew; whoever did so confirms its clock, and until then it is calm."""
        self._calm = True
        self._engine.close()
        self._open()

    def _chance(self, share: float) -> bool:
        return not self._calm and self._rng.random() < share

    # --- One tap ------------------------------------------------------------------------------

    def _send(self, tap: Tap) -> Answer:
        """Send a tap again and again until it is durable or refused."""
        for _ in range(MOST_TRIES):
            before, clock, trusted = self.site, self.now(), self._engine.clock_trusted
            try:
                self._schedule_trouble()
                receipt = self._engine.perform(tap)
                if not self._chance(KILLED):
                    self._engine.commit()
                    self.disk.clear_faults()
                    self._answered(Pending(tap, receipt, before, self.site, clock, trusted))
                    return tap.command
                self.report.killed += 1
                self._boot()
            except (Refused, Invalid) as error:
                self._engine.abandon()
                return error
            except StoreFault as fault:
                self._recover(fault)
            if self._is_durable(tap, before, clock, trusted=trusted):
                return tap.command
            self._confirm_clock()
        raise AssertionError(f"{tap.name} was never answered")

    def _answered(self, pending: Pending) -> None:
        tap, receipt = pending.tap, pending.receipt
        self.report.taps += 1
        self.acknowledged[tap.command] = receipt.first, receipt.last
        entries = list(journal.entries(self._driver, self._site, receipt.first, receipt.last))
        if {entry.command for entry in entries} != {tap.command}:
            raise AssertionError(f"{tap.name} was acknowledged, and is not in the journal")
        judge(self._oracle, self._pack, [pending], entries)
        self.checked += 1
        if self._chance(SENT_TWICE):
            self.report.sent_twice += 1
            self._send_again(tap)
        if self._chance(SENT_LATER):
            self._later.append(tap)
        if tap.name in ONCE and self._chance(TWO_TABLETS):
            self._from_another_tablet(tap)

    def _is_durable(self, tap: Tap, before: Site, clock: datetime, *, trusted: bool) -> bool:
        """Tell whether a tap that nobody acknowledged is on disk all the same."""
        if journal.of_command(self._driver, self._site, tap.command) is None:
            return False
        self.report.survived_unacknowledged += 1
        receipt = self._engine.perform(tap)
        self._answered(Pending(tap, receipt, before, self.site, clock, trusted))
        self._confirm_clock()
        return True

    def _send_again(self, tap: Tap) -> None:
        """A tablet sends a tap that was acknowledged; the same receipt comes, and nothing else."""
        entries = self.entries
        try:
            receipt = self._engine.perform(tap)
        except Refused as refused:
            self.report.broken.append(f"{tap.name} is not known any more: {refused.code}")
            return
        self._engine.commit()
        known = receipt.repeated and (receipt.first, receipt.last) == self.acknowledged[tap.command]
        if not known or self.entries != entries:
            self.report.broken.append(f"{tap.name} was written twice: {receipt}")

    def _from_another_tablet(self, tap: Tap) -> None:
        """A colleague does the same thing at another tablet, a moment later."""
        self.report.two_tablets += 1
        self._must_be_refused(tap._replace(command=self._ids(self.now())))

    def _must_be_refused(self, tap: Tap, rule: str | None = None) -> None:
        try:
            self._engine.perform(tap)
        except Refused as refused:
            if rule is not None and refused.code != rule:
                self.report.broken.append(f"{tap.name} was refused by {refused.code}, not {rule}")
        else:
            self.report.broken.append(f"{tap.name} was not refused by {rule or 'any rule'}")
        self._engine.abandon()

    # --- Trouble ------------------------------------------------------------------------------

    def _schedule_trouble(self) -> None:
        if self._chance(POWER_CUT):
            self.disk.cut_after(self._rng.randint(1, OPERATIONS), self._rng)
        if self._chance(FAILED_COMMIT):
            operation, error = self._rng.choice(ERRORS)
            self.disk.fail_next(operation, error, after=self._rng.randint(0, 3))

    def _recover(self, fault: StoreFault) -> None:
        """Come back from a fault: with the engine as it is, from the disk, or from a power cut."""
        if self.disk.power_is_off:
            self.report.power_cuts += 1
            self._boot()
            return
        self.report.failed_commits += 1
        self.disk.clear_faults()
        if fault.fault is Fault.LOST:
            self._boot()

    def _boot(self) -> None:
        """Open the engine over what is on disk."""
        off = self.disk.power_is_off
        with suppress(apsw.Error, StoreFault):
            self._engine.close()
        if off or self._rng.random() < 0.5:
            self.disk.cut(self._rng)
        else:
            self.disk.load(self.disk.image())
        self._open()

    def _confirm_clock(self) -> None:
        """After a start nobody is dosed until two nurses confirm the clock; late repeats come."""
        if self._engine.clock_trusted or self._calm:
            return
        self._doses_must_wait()
        self._calm = True
        actor, witness = (Actor(staff, Role.NURSE, self.now()) for staff in NURSES)
        fields = {"other": self.now()}
        payload = read_command("clock.confirm", fields)
        command = self._ids(self.now())
        self._send(Tap(self._site, command, "clock.confirm", payload, actor, None, witness))
        while self._later:
            self.report.sent_later += 1
            self._send_again(self._later.popleft())
        self._calm = False

    def _doses_must_wait(self) -> None:
        for session in self.site.all_of(Session).values():
            fields: dict[str, object] = {"session": session.id}
            name = {PREPARED: "session.administer", OBSERVING: "session.discharge"}.get(
                session.stage
            )
            if name is not None:
                if session.stage == PREPARED:
                    fields["by"] = "patient"
                actor = Actor(NURSES[0], Role.NURSE, self.now())
                payload = read_command(name, fields)
                tap = Tap(self._site, self._ids(self.now()), name, payload, actor)
                self._must_be_refused(tap, CLOCK)

    def _move_clock(self) -> None:
        """Somebody moves the clock, perhaps something is written, and it is set right again.

        What was written meanwhile may lie ahead of the time. Doses wait until it was reached.
        """
        self.report.clock_moved += 1
        minutes = self._rng.choice((-1, 1)) * self._rng.randint(5, 400)
        self._calm, self._moved = True, timedelta(minutes=minutes)
        self._doses_must_wait()
        if self._rng.random() < 0.5:
            actor = Actor(NURSES[0], Role.NURSE, self.now())
            fields = {"kind": "record_keeping"}
            payload = read_command("concern.raise", fields)
            tap = Tap(self._site, self._ids(self.now()), "concern.raise", payload, actor)
            self._send(tap)
            self._moved = timedelta(0)
            if minutes > 0:
                self._doses_must_wait()
        self._calm, self._moved = False, timedelta(0)

    # --- Afterwards ---------------------------------------------------------------------------

    def check(self) -> None:
        """Compare the journal with what was acknowledged, and the read model with the journal."""
        report, past = self.report, dict[Key, Entity]()
        self._engine.commit()
        entries = list(journal.entries(self._driver, self._site, 1, 1 << 40))
        report.entries = len(entries)
        verify_chunk(self._site, 1, GENESIS, entries)
        spans: dict[str, tuple[int, int]] = {}
        site = Site(self._site)
        for entry in entries:
            first, _ = spans.get(entry.command, (entry.seq, 0))
            spans[entry.command] = first, entry.seq
            site = apply_entry(site, entry, lambda kind, key: past.get((kind, key)))
            past.update(site.changes.items())
            site = site.settled()
        if spans != self.acknowledged:
            wrong = spans.items() ^ self.acknowledged.items()
            report.broken.append(f"lost, halved or doubled: {sorted(map(str, wrong))[:5]}")
        whole = Site(self._site, changes=site.changes.update(past))
        whole = Site(self._site, site.parts, whole.changes)
        if list(journal.all_entities(self._driver, self._site)) != changed_rows(whole):
            report.broken.append("the read model does not follow from the journal")

    def close(self) -> None:
        """Close the engine, and take the disk out of SQLite's list."""
        self._engine.close()
        self.disk.unregister()


def storm(scenario: ClinicScenario, seed: int, days: int) -> tuple[StormReport, Tally]:
    """Rehearse so many days of a clinic in a storm."""
    agenda = agenda_of(scenario)
    ids = CommandIds(scenario.id, scenario.period.first, seed)
    hands = Storm(scenario.site.id, ids, agenda, f"storm {seed}")
    clinic = Clinic(scenario, seed, hands, agenda)
    try:
        live(clinic, hands.protocol, days, lambda: None)
        hands.check()
    except (Broken, Tampered, AssertionError) as error:
        where = f"seed {seed}, {agenda.now():%Y-%m-%d %H:%M}"
        hands.report.broken.append(f"{where}: {type(error).__name__}: {error}")
    finally:
        hands.close()
    clinic.tally.checked = hands.checked
    hands.report.broken += clinic.tally.broken
    return hands.report, clinic.tally
