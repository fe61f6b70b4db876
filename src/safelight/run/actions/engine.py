"""The engine behind the writer: decides taps in turn and commits them in groups.

It is single-threaded and owns the only writing connection. Nothing that it decided is shown to
anybody before the commit that makes it durable.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from safelight.journal.entry import Entry, canonical_body, chained
from safelight.kernel.clock import Clock, format_instant, parse_instant
from safelight.kernel.errors import Refused
from safelight.kernel.ids import parse_command_id
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.actions.timekeeper import DRIFT, Timekeeper
from safelight.run.domain.base import Actor, Entity, Fact, Given, Role, When, refuse
from safelight.run.domain.clinic.clock import ClockConfirmed
from safelight.run.domain.protocol import Adopt, Protocol
from safelight.run.domain.registry import FACTS, KIND_OF_FACT, decide, rule_for
from safelight.run.domain.site import Site
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.edition import edition_row
from safelight.run.store.projection import (
    apply_fact,
    changed_rows,
    let_go,
    load_site,
    read_entity,
    recalled,
)

# A tablet's clock may run a little ahead of this machine's; more is a slip.
SKEW = timedelta(minutes=2)
# How far back a late entry may reach without being a mistyped date.
LATEST = timedelta(days=31)
# Receipts kept in memory, so that a double tap costs no look-up.
REMEMBERED = 4096
_SEALED = re.compile(rb'"sealed:[^"]*"')
# What holds before a pack is adopted.
NO_PACK = Protocol("none", "0", "No pack", example=True, values={}, codes={})
# The rules about the time that a late entry gives.
NOT_IN_FUTURE, NOT_TOO_LATE = "not-in-future", "not-too-late"


class Standing(NamedTuple):
    """A site and where its journal ends."""

    site: Site
    seq: int
    hash: bytes
    recorded_at: datetime | None


class Engine:
    """Decides, appends and projects; ``commit`` makes all of it durable at once."""

    def __init__(
        self,
        driver: Driver,
        clock: Clock,
        packs: Callable[[str], Protocol | None],
        timekeeper: Timekeeper | None = None,
    ) -> None:
        """Take the writing connection, a clock, the look-up of packs by digest, and who keeps time.

        Without a timekeeper the clock counts as one that nobody can set, once it was confirmed.
        """
        self._driver, self._clock, self._packs = driver, clock, packs
        self._timekeeper = timekeeper or Timekeeper(clock, lambda: clock().timestamp())
        self._confirming = False
        self._durable: dict[str, Standing] = {}
        self._standing: dict[str, Standing] = {}
        self._entries: list[Entry] = []
        self._pending: dict[tuple[str, str], tuple[Receipt, int]] = {}
        self._receipts: OrderedDict[tuple[str, str], tuple[Receipt, int]] = OrderedDict()
        for site in journal.sites(driver):
            self._durable[site] = self._load(site)
        self._standing = dict(self._durable)

    def _load(self, site_id: str) -> Standing:
        head = journal.head(self._driver, site_id)
        site = load_site(site_id, journal.live_entities(self._driver, site_id))
        at = parse_instant(head.recorded_at) if head.recorded_at else None
        return Standing(site, head.seq, head.hash, at)

    def durable_sites(self) -> dict[str, Site]:
        """Return every site as of the last commit."""
        return {key: standing.site for key, standing in self._durable.items()}

    def durable(self, site_id: str) -> Site | None:
        """Return one site as of the last commit, or None."""
        found = self._durable.get(site_id)
        return found.site if found else None

    def latest(self) -> datetime | None:
        """Return when the newest durable entry of any site was recorded."""
        times = [s.recorded_at for s in self._durable.values() if s.recorded_at is not None]
        return max(times, default=None)

    def standing(self, site_id: str) -> Standing:
        """Return a site with all that was decided, durable or not."""
        return self._standing.get(site_id) or self._load(site_id)

    def protocol_of(self, site: Site) -> Protocol:
        """Return the pack in force at a site; refuses where its file is not installed."""
        adopted = site.adopted
        if adopted is None:
            return NO_PACK
        found = self._packs(adopted.digest)
        if found is None:
            raise refuse(
                "pack-installed",
                f"The pack in force, {adopted.pack} {adopted.version}, is not installed here.",
                "Put its file back into the packs folder; its digest must be the same.",
                digest=adopted.digest,
            )
        return found

    def protocol_in_emergency(self, site: Site) -> Protocol:
        """Return the pack in force, or an empty one: a missing file holds up no overdose."""
        try:
            return self.protocol_of(site)
        except Refused:
            return NO_PACK

    def perform(self, tap: Tap) -> Receipt:
        """Decide one tap; raises Refused or Invalid and then changes nothing.

        The receipt is good only after ``commit``.
        """
        command = parse_command_id(tap.command)
        print_ = fingerprint(tap)
        known = self._known(tap.site, command, print_)
        if known is not None:
            return known
        standing = self.standing(tap.site)
        given = self._given(tap, standing, command)
        site, brought = recalled(standing.site, tap.payload, self._recall(tap.site))
        if site.premises is None and tap.name != "site.found":
            raise refuse(
                "site-known", f"There is no site {tap.site}.", "Choose one from the list of sites."
            )
        facts = decide(site, tap.name, tap.payload, given)
        entries, after = self._write(standing._replace(site=let_go(site, brought)), facts, given)
        receipt = Receipt(tap.site, command, entries[0].seq, entries[-1].seq)
        self._entries += entries
        self._standing[tap.site] = after
        self._pending[tap.site, command] = (receipt, print_)
        return receipt

    def _known(self, site: str, command: str, print_: int) -> Receipt | None:
        """Return the receipt of a command that came before; refuses other contents under its id."""
        key = (site, command)
        found = self._pending.get(key) or self._receipts.get(key)
        if found is None:
            span = journal.of_command(self._driver, site, command)
            return Receipt(site, command, *span, repeated=True) if span else None
        receipt, first = found
        if first != print_:
            raise Refused(
                "command-once",
                "This form was saved before with other contents; what you see now was not saved.",
                "Reload the page and do it again.",
                command=command,
            )
        return receipt._replace(repeated=True)

    def _given(self, tap: Tap, standing: Standing, command: str) -> Given:
        """Time never goes backwards in a journal, whatever the machine's clock does."""
        clock = self._clock()
        now = max(clock, standing.recorded_at) if standing.recorded_at else clock
        return Given(
            now=now,
            happened_at=_happened_at(tap, now),
            actor=_proved(tap.actor, now - clock),
            protocol=self._protocol_for(tap, standing.site),
            command=command,
            witness=_proved(tap.witness, now - clock) if tap.witness else None,
            # A journal ahead of the clock was written while that was wrong: its time stands still.
            clock_trusted=self.clock_trusted and now - clock <= DRIFT,
            behind=now - clock,
        )

    @property
    def clock_trusted(self) -> bool:
        """Whether doses may rest on this machine's clock."""
        return self._timekeeper.trusted

    def _protocol_for(self, tap: Tap, site: Site) -> Protocol:
        if isinstance(tap.payload, Adopt):
            found = self._packs(tap.payload.digest)
            if found is not None:
                return found
        if Role.ANYONE in rule_for(tap.name).may:
            return self.protocol_in_emergency(site)
        return self.protocol_of(site)

    def _recall(self, site_id: str) -> Callable[[str, str], Entity | None]:
        def recall(kind: str, key: str) -> Entity | None:
            body = journal.entity(self._driver, site_id, kind, key)
            return read_entity(kind, body) if body is not None else None

        return recall

    def _write(
        self, standing: Standing, facts: list[Fact], given: Given
    ) -> tuple[list[Entry], Standing]:
        """Turn facts into chained entries and apply them."""
        site, seq, prev, _ = standing
        recorded_at = format_instant(given.now)
        late = given.happened_at is not given.now
        happened_at = format_instant(given.happened_at) if late else recorded_at
        witness = given.witness.staff if given.witness else None
        entries, recall = [], self._recall(site.id)
        for fact in facts:
            seq += 1
            kind = KIND_OF_FACT[type(fact)]
            entry = chained(
                Entry(
                    site=site.id,
                    seq=seq,
                    happened_at=happened_at,
                    recorded_at=recorded_at,
                    actor=given.actor.staff,
                    witness=witness,
                    kind=kind,
                    version=FACTS[kind].version,
                    body=canonical_body(fact),
                    command=given.command,
                    hash=b"",
                ),
                prev,
            )
            prev = entry.hash
            when = When(seq, given.happened_at, given.now, given.actor.staff, witness)
            site = apply_fact(site, fact, when, recall)
            entries.append(entry)
            self._confirming |= isinstance(fact, ClockConfirmed)
        return entries, Standing(site, seq, prev, given.now)

    def commit(self) -> frozenset[str]:
        """Make everything decided durable; return the sites that changed.

        Raises StoreFault where that failed; then nothing of it counts, in memory either.
        """
        changed = frozenset(key[0] for key in self._pending)
        if not changed:
            return changed
        settled = {key: self._standing[key] for key in changed}
        try:
            self._driver.begin()
            journal.append(self._driver, self._entries)
            for key, standing in settled.items():
                made = [] if key in self._durable else [edition_row(key)]
                journal.put_entities(self._driver, [*made, *changed_rows(standing.site)])
            self._driver.commit()
        except BaseException:
            self.abandon()
            raise
        # A new mapping each time: other threads may be going through the old one.
        self._durable = self._durable | {
            key: standing._replace(site=standing.site.settled())
            for key, standing in settled.items()
        }
        self._standing = dict(self._durable)
        self._receipts.update(self._pending)
        while len(self._receipts) > REMEMBERED:
            self._receipts.popitem(last=False)
        self._entries, self._pending = [], {}
        if self._confirming:
            self._timekeeper.confirm()
            self._confirming = False
        return changed

    def abandon(self) -> None:
        """Forget everything since the last commit."""
        self._driver.rollback()
        self._standing = dict(self._durable)
        self._entries, self._pending, self._confirming = [], {}, False

    def close(self) -> None:
        """Close the connection."""
        self._driver.close()


def fingerprint(tap: Tap) -> int:
    """Return what tells a command's contents apart; notes, sealed anew each time, are left out."""
    witness = tap.witness.staff if tap.witness else None
    return hash((tap.name, witness, _SEALED.sub(b"", msgspec.json.encode(tap.payload))))


def _proved(actor: Actor, lag: timedelta) -> Actor:
    """Return an actor whose proof is as old by the journal's time as it is by the clock."""
    if not lag or actor.proved_at is None:
        return actor
    return actor._replace(proved_at=actor.proved_at + lag)


def _happened_at(tap: Tap, now: datetime) -> datetime:
    """Return when it took place: now, or the earlier time of a late entry."""
    told = tap.happened_at
    if told is None:
        return now
    if told > now + SKEW:
        raise Refused(
            NOT_IN_FUTURE,
            f"The time {told:%d %B %H:%M} UTC has not come yet; it is {now:%d %B %H:%M} UTC here.",
            "Correct the time, or leave it empty for now.",
            happened_at=told,
        )
    if told < now - LATEST:
        raise Refused(
            NOT_TOO_LATE,
            f"The time {told:%d %B %Y} is more than {LATEST.days} days ago.",
            "Check the date; for older records write a note in the handover instead.",
            happened_at=told,
        )
    return min(told, now)
