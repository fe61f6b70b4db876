"""The engine as one machine: what was committed is there once, whole and for good.

Taps, repeats, commits, failures and restarts come in any order, over a real database.
"""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from safelight.kernel.errors import Refused
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.domain import registry
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.visit import Arrive
from safelight.run.store import journal
from safelight.run.store.rebuild import compare, replay
from safelight.run.store.sqlite import SQLiteDriver
from safelight.run.store.verification import verify_journal
from tests.support.draws import PACK, SETTING_UP, STAFF, command_for, living, next_step
from tests.support.sites import NOW

SEED = st.integers(0, 2**32 - 1)
NAMES = sorted(registry.COMMANDS)
SITES = ("north", "south")
BUSY = 15
FOUND = {"name": "North", "kind": "building", "timezone": "Europe/London"}
Key = tuple[str, str]


class Engines(RuleBasedStateMachine):
    """Two sites in one database, and what a client was told about them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = str(Path(self.folder.name) / "journal.sqlite3")
        self.now, self.taps, self.seed = NOW, 0, 0
        self.pending: dict[Key, Receipt] = {}
        self.written: dict[Key, Receipt] = {}
        self.sent: list[Tap] = []
        self.engine = self.open()
        self.durable = self.standing()

    def open(self) -> Engine:
        """Open the engine as a service does when it starts."""
        driver = SQLiteDriver(self.path)
        driver.prepare()
        return Engine(driver, lambda: self.now, {PACK.digest: PACK}.get)

    def standing(self) -> dict[str, object]:
        """Return what a reader sees of each site."""
        return {key: living(site) for key, site in self.engine.durable_sites().items()}

    def chance(self, seed: int) -> Random:
        """Return the chances of one step."""
        return Random(f"{seed} {self.seed} {self.taps}")

    def send(self, site: str, name: str, fields: object, at: datetime | None = None) -> None:
        """Send a new tap."""
        self.taps += 1
        command = f"00000000-0000-4000-8000-{self.taps:012d}"
        payload = msgspec.convert(fields, registry.COMMANDS[name].command, from_attributes=True)
        self.perform(Tap(site, command, name, payload, Actor(STAFF[0], Role.MANAGER), at))

    def perform(self, tap: Tap) -> None:
        """Perform a tap; a command that is known says so, and a new one follows the last entry."""
        self.sent.append(tap)
        key = (tap.site, tap.command)
        known = self.pending.get(key) or self.written.get(key)
        before = self.engine.standing(tap.site)
        try:
            receipt = self.engine.perform(tap)
        except Refused:
            assert known is None
            assert self.engine.standing(tap.site) == before
            return
        after = self.engine.standing(tap.site)
        if known is not None:
            assert receipt == known._replace(repeated=True)
            assert after == before
        else:
            assert (receipt.repeated, receipt.first, receipt.last) == (
                False,
                before.seq + 1,
                after.seq,
            )
            self.pending[key] = receipt

    @initialize(seed=SEED)
    def begin(self, seed: int) -> None:
        """Found both sites and open the floor of one."""
        self.seed = seed
        for site in SITES:
            self.send(site, "site.found", FOUND)
        for name, fields in SETTING_UP:
            self.send(SITES[0], name, fields)

    @rule(seed=SEED)
    def busy_minutes(self, seed: int) -> None:
        """Several taps come before a commit, some of them late or at an impossible time."""
        for _ in range(self.chance(seed).randint(1, BUSY)):
            chance = self.chance(seed)
            site_id = chance.choice((*SITES, SITES[0], "nowhere"))
            site = self.engine.standing(site_id).site
            told = chance.choice((None, None, None, -15, -60 * 24 * 40, 60))
            at = None if told is None else self.now + timedelta(minutes=told)
            if len(site.visits) > chance.randint(0, 3):
                self.send(site_id, *next_step(chance, site), at)
            else:
                name = chance.choice([*NAMES, *["visit.arrive"] * 9])
                self.send(site_id, name, command_for(chance, site, name, self.now), at)

    @precondition(lambda self: self.sent)
    @rule(seed=SEED)
    def same_tap_again(self, seed: int) -> None:
        """A client that heard no answer sends what it sent before."""
        self.perform(self.chance(seed).choice(self.sent))

    @precondition(lambda self: self.pending or self.written)
    @rule(seed=SEED)
    def other_contents_under_an_old_id(self, seed: int) -> None:
        """A client that mixes up its ids overwrites nothing, whatever it hears."""
        site, command = self.chance(seed).choice(sorted(self.pending | self.written))
        before = self.engine.standing(site)
        payload, actor = Arrive(adult_confirmed=True), Actor(STAFF[1], Role.WORKER)
        tap = Tap(site, command, "visit.arrive", payload, actor)
        try:
            receipt = self.engine.perform(tap)
        except Refused as refused:
            heard = refused.code
        else:
            heard = "repeated" if receipt.repeated else "written"
        # After a restart the engine knows the id still, but no longer what it came with.
        assert heard in {"command-once", "repeated"}
        assert self.engine.standing(site) == before

    @rule(seconds=st.sampled_from([1, 60, 86_400, -3600]))
    def clock_moves(self, seconds: int) -> None:
        """The machine's clock goes on, or somebody sets it back."""
        self.now += timedelta(seconds=seconds)

    @rule()
    def commit(self) -> None:
        """All that was decided becomes durable."""
        changed = self.engine.commit()
        assert changed == {site for site, _ in self.pending}
        self.written |= self.pending
        self.pending = {}
        self.durable = self.standing()

    @rule()
    def abandon(self) -> None:
        """The disk said no: nothing of it counts."""
        self.engine.abandon()
        self.pending = {}

    @rule()
    def restart(self) -> None:
        """The process ends without a commit and starts again."""
        self.engine.close()
        self.pending = {}
        self.engine = self.open()

    @invariant()
    def readers_see_the_last_commit(self) -> None:
        """What was not committed is seen by nobody, and what was is seen by all."""
        assert self.standing() == self.durable

    @invariant()
    def every_command_is_written_once(self) -> None:
        """The entries in the database are those of the receipts, one after the other."""
        driver = SQLiteDriver(self.path, read_only=True)
        for site in SITES:
            spans = sorted((r.first, r.last) for key, r in self.written.items() if key[0] == site)
            entries = [seq for first, last in spans for seq in range(first, last + 1)]
            assert entries == list(range(1, journal.head(driver, site).seq + 1))
        driver.close()

    @override
    def teardown(self) -> None:
        """At the end the journal verifies, and the read model is what the journal says."""
        self.commit()
        self.engine.close()
        connect = partial(SQLiteDriver, self.path, read_only=True)
        standing, rebuilt = connect(), SQLiteDriver(":memory:", scratch=True)
        rebuilt.prepare()
        for site in journal.sites(standing):
            size = journal.head(standing, site).seq
            assert verify_journal(connect, site, []).size == size
            assert replay(standing, rebuilt, site, lambda _: None) == size
            compare(standing, rebuilt, site)
        standing.close()
        rebuilt.close()
        self.folder.cleanup()


TestEngine = Engines.TestCase
TestEngine.settings = settings(max_examples=max(20, settings().max_examples // 3))
