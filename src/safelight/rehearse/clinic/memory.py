"""The rules in memory: no store, no clock and no thread, only the site and what changes it."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from safelight.kernel.errors import SafelightError
from safelight.rehearse.clinic.hands import Answer, Fields, Ids, Oracle
from safelight.run.actions.tap import read_command
from safelight.run.domain.base import Actor, Entity, Given, When
from safelight.run.domain.clinic.clock import ClockConfirmed
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.registry import decide
from safelight.run.domain.site import Key, Site, is_live
from safelight.run.store.projection import apply_fact, let_go, recalled

# What is over and may still be asked for: a late line of an incident, a footnote, an account.
KEPT = 20_000


class Memory:
    """A site that is nothing but a value, and what was lately let go of."""

    def __init__(
        self, site: str, ids: Ids, now: Callable[[], datetime], pack: Protocol, oracle: Oracle
    ) -> None:
        """Take the site's id, the source of command ids, the simulated clock and the pack."""
        self.site, self.protocol, self.now = Site(site), pack, now
        self.entries = self.checked = 0
        self._ids, self._oracle = ids, oracle
        self._trusted = False
        self._past: OrderedDict[Key, Entity] = OrderedDict()

    def do(
        self,
        name: str,
        fields: Fields,
        actor: Actor,
        witness: Actor | None = None,
        at: datetime | None = None,
    ) -> Answer:
        """Decide a command and apply its facts, as the engine does."""
        now = self.now()
        given = Given(now, at or now, actor, self.protocol, self._ids(now), witness, self._trusted)
        try:
            command = read_command(name, fields)
            self._oracle.before(self.site, command, given)
            site, brought = recalled(self.site, command, self._recall)
            facts = decide(site, name, command, given)
        except SafelightError as error:
            return error
        site = let_go(site, brought)
        staff = witness.staff if witness else None
        for fact in facts:
            self.entries += 1
            when = When(self.entries, given.happened_at, now, actor.staff, staff)
            site = apply_fact(site, fact, when, self._recall)
            self._trusted |= isinstance(fact, ClockConfirmed)
        self._oracle.after(site, facts, given)
        self.checked += 1
        self._settle(site)
        return given.command

    def restart(self) -> None:
        """Trust the clock no more until two people confirm it."""
        self._trusted = False

    def _recall(self, kind: str, key: str) -> Entity | None:
        return self._past.get((kind, key))

    def _settle(self, site: Site) -> None:
        for key, entity in site.changes.items():
            if is_live(entity):
                self._past.pop(key, None)
            else:
                self._past[key] = entity
        while len(self._past) > KEPT:
            self._past.popitem(last=False)
        self.site = site.settled()
