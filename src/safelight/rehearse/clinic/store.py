"""The real store: the same commands through the engine, durable every simulated hour.

The oracle is told what the journal holds, read back from it after each commit, and not what the
engine meant to write.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from safelight.journal.entry import Entry
from safelight.kernel.clock import parse_instant
from safelight.kernel.errors import Invalid, Refused
from safelight.rehearse.clinic.hands import Answer, Fields, Ids, Oracle
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Receipt, Tap, read_command
from safelight.run.actions.timekeeper import DRIFT
from safelight.run.domain.base import Actor, Given
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.registry import read_fact
from safelight.run.domain.site import Site
from safelight.run.store import journal
from safelight.run.store.driver import Driver

COMMIT_EVERY = timedelta(hours=1)  # simulated
CONFIRM = "clock.confirm"


class Pending(NamedTuple):
    """A tap that was decided, the site before and after it, and what its proofs are held to."""

    tap: Tap
    receipt: Receipt
    before: Site
    after: Site
    clock: datetime
    trusted: bool


class Store:
    """An engine of our own over a home, reopened whenever the machine starts anew."""

    def __init__(
        self,
        open_engine: Callable[[], Engine],
        connect: Callable[[], Driver],
        site: str,
        ids: Ids,
        now: Callable[[], datetime],
        oracle: Oracle,
    ) -> None:
        """Take the ways to open an engine and a reading connection, and what Memory takes."""
        self._open, self._connect, self._site = open_engine, connect, site
        self._ids, self.now, self._oracle = ids, now, oracle
        self._engine = open_engine()
        self.checked = 0
        self._pending: list[Pending] = []
        self._protocol: Protocol | None = None
        self._commit_at = now() + COMMIT_EVERY

    @property
    def site(self) -> Site:
        """The site with all that was decided."""
        return self._engine.standing(self._site).site

    @property
    def protocol(self) -> Protocol:
        """The pack in force; a rehearsal never changes it once it was adopted."""
        if self._protocol is None:
            self._protocol = self._engine.protocol_of(self.site)
        return self._protocol

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
        """Hand the engine a tap, as a screen would."""
        now = self.now()
        if now >= self._commit_at:
            self.settle()
        command, before, trusted = self._ids(now), self.site, self._engine.clock_trusted
        try:
            tap = Tap(self._site, command, name, read_command(name, fields), actor, at, witness)
            receipt = self._engine.perform(tap)
        except (Refused, Invalid) as error:
            return error
        self._pending.append(Pending(tap, receipt, before, self.site, now, trusted))
        if name == CONFIRM:  # what was not committed confirms nothing
            self.settle()
        return command

    def settle(self) -> None:
        """Make everything durable, and have it judged as the journal has it."""
        self._engine.commit()
        self._commit_at = self.now() + COMMIT_EVERY
        pending, self._pending = self._pending, []
        if pending:
            judge(self._oracle, self.protocol, pending, self._written(pending))
        self.checked += len(pending)

    def _written(self, pending: list[Pending]) -> list[Entry]:
        """Read back what the journal holds of some taps."""
        first, last = pending[0].receipt.first, pending[-1].receipt.last
        driver = self._connect()
        try:
            return list(journal.entries(driver, self._site, first, last))
        finally:
            driver.close()

    def restart(self) -> None:
        """Open the engine anew from what is on disk; its clock is not confirmed then."""
        self.settle()
        self.close()
        self._engine = self._open()

    def close(self) -> None:
        """Close the engine; what was not settled is lost."""
        self._engine.close()


def judge(
    oracle: Oracle, protocol: Protocol, taps: Iterable[Pending], entries: Iterable[Entry]
) -> None:
    """Tell the oracle what the journal says came of some taps, in its order."""
    by_number = {entry.seq: entry for entry in entries}
    for tap, receipt, before, after, clock, trusted in taps:
        mine = [by_number[seq] for seq in range(receipt.first, receipt.last + 1)]
        now, happened = (parse_instant(x) for x in (mine[0].recorded_at, mine[0].happened_at))
        lag = now - clock
        actor, witness = _later(tap.actor, lag), tap.witness and _later(tap.witness, lag)
        reliable = trusted and lag <= DRIFT
        given = Given(now, happened, actor, protocol, tap.command, witness, reliable, lag)
        oracle.before(before, tap.payload, given)
        oracle.after(after, [read_fact(e.kind, e.version, e.body.encode()) for e in mine], given)


def _later(actor: Actor, lag: timedelta) -> Actor:
    """Return an actor whose proof is as old by the journal's time as it is by the clock."""
    return actor._replace(proved_at=actor.proved_at + lag) if actor.proved_at else actor
