"""A running Safelight: one writer, lock-free snapshots for readers, the vault, the spool."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import NamedTuple

from safelight.journal.checkpoint import Checkpoint
from safelight.kernel.clock import Clock, format_instant
from safelight.kernel.errors import NotSaved, Refused, SafelightError, Tampered
from safelight.run.actions.emergency import EmergencyDesk, EmergencyReceipt
from safelight.run.actions.engine import NOT_IN_FUTURE, NOT_TOO_LATE, Engine
from safelight.run.actions.identities import Identities
from safelight.run.actions.tap import Receipt, Tap
from safelight.run.actions.writer import Listener, Writer
from safelight.run.domain.base import Actor, refuse
from safelight.run.domain.entities import Person
from safelight.run.domain.incident import OpenIncident
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.identity.access import Look
from safelight.run.identity.vault import Vault
from safelight.run.store.reader import Reader
from safelight.run.store.verification import Connect, verify_journal

# How far this machine's clock may be behind its own journal before the screens say so.
CLOCK_LAG = timedelta(minutes=2)
RELEASE_TIMEOUT = 30
UNUSABLE_TIMES = frozenset({NOT_IN_FUTURE, NOT_TOO_LATE})
_log = logging.getLogger("safelight.node")


class Verification(NamedTuple):
    """The last answer to whether a journal fits its hashes and checkpoints."""

    seq: int
    ok: bool
    checked_at: str
    message: str
    checkpoint_size: int = 0
    checkpoint_at: str = ""


class Node:
    """Holds one or more sites. Safe to use from several threads."""

    def __init__(
        self,
        engine: Engine,
        reader: Reader,
        vault: Vault,
        desk: EmergencyDesk,
        clock: Clock,
        checkpoints: Callable[[str], list[Checkpoint]],
        connect: Connect,
        packs: Callable[[], list[Protocol]] = list,
    ) -> None:
        """Start the writer over an engine that nobody else uses."""
        self._engine, self._reader, self._vault, self._desk = engine, reader, vault, desk
        self._clock, self._checkpoints, self._connect = clock, checkpoints, connect
        self._verified: dict[str, Verification] = {}
        self._release_lock = threading.Lock()
        self._writer = Writer(engine)
        self.packs = packs
        self.journal = reader.journal
        self.knows = reader.knows
        self.past_visit = reader.past_visit
        self.past_incident = reader.past_incident
        self.past_incidents = reader.past_incidents
        self.visits_of = reader.visits_of
        self.past_session = reader.past_session
        self.sessions_of = reader.sessions_of
        self.past_treatment = reader.past_treatment
        self.ended_treatments = reader.ended_treatments
        self.drug_records_of = reader.drug_records_of
        self.register_lines = reader.register_lines
        self.past_of = reader.past_of
        self.statistics = reader.statistics
        self.identities = Identities(vault, self)

    def now(self) -> datetime:
        """Return this node's time."""
        return self._clock()

    @property
    def clock_trusted(self) -> bool:
        """Whether doses may rest on this machine's clock."""
        return self._engine.clock_trusted

    def sites(self) -> list[str]:
        """Return the ids of the sites held here."""
        return sorted(self._engine.durable_sites())

    def site(self, site_id: str) -> Site:
        """Return a site as last committed, with emergencies that wait for the disk on top."""
        site = self._engine.durable(site_id)
        if site is None:
            raise refuse(
                "site-known",
                f"There is no site {site_id} here.",
                "Choose one from the list of sites.",
                site=site_id,
            )
        if not self._desk.is_empty:
            protocol = self._engine.protocol_in_emergency(site)
            return self._desk.overlay(site, protocol, self._clock())
        return site

    def protocol(self, site_id: str) -> Protocol:
        """Return the protocol pack in force at a site."""
        return self._engine.protocol_of(self.site(site_id))

    def submit(self, tap: Tap) -> "Future[Receipt]":
        """Hand a tap to the writer; the future resolves when it is durable, or raises."""
        return self._writer.submit(tap)

    def perform(self, tap: Tap) -> Receipt:
        """Do a tap and wait until it is durable."""
        return self.submit(tap).result()

    def on_commit(self, listener: Listener) -> None:
        """Have a function called in the writer's thread with the sites each commit changed."""
        self._writer.on_commit(listener)

    def record_emergency(self, tap: Tap) -> EmergencyReceipt:
        """Keep a tap about an incident that the journal could not take."""
        return self._desk.keep(tap, self._clock())

    def release_emergencies(self) -> int:
        """Journal what the emergency store holds; returns how many. Raises NotSaved."""
        with self._release_lock:
            return self._desk.release(self._released)

    def _released(self, tap: Tap) -> None:
        try:
            self._journal_late(tap)
        except NotSaved:
            raise
        except SafelightError as error:
            # The journal has an answer of its own by now, such as 'an incident runs already'.
            _log.error("the journal of %s refused %s: %s", tap.site, tap.name, error.code)

    def _journal_late(self, tap: Tap) -> None:
        try:
            self.submit(tap).result(RELEASE_TIMEOUT)
        except Refused as refused:
            if refused.code in UNUSABLE_TIMES:
                # The clock was wrong then or is now: better at the wrong time than not at all.
                tap = tap._replace(happened_at=None)
            elif refused.code == "incident-running" and isinstance(tap.payload, OpenIncident):
                # Another tablet opened one meanwhile. This one stands beside it, so that what
                # was recorded in it is not lost; staff see two and complete both.
                tap = tap._replace(payload=OpenIncident(kind=tap.payload.kind))
            else:
                raise
            _log.warning("%s is journaled after %s", tap.name, refused.code)
            self.submit(tap).result(RELEASE_TIMEOUT)

    @property
    def emergencies_waiting(self) -> int:
        """How many entries wait in the emergency store."""
        return len(self._desk.waiting)

    @property
    def health(self) -> str:
        """Say 'ok', or what is wrong: 'disk-full', 'read-only', 'failed' or 'clock-behind'."""
        if self._writer.fault is not None:
            return self._writer.fault.fault.value
        return "clock-behind" if self._clock_lag() else "ok"

    @property
    def health_detail(self) -> str:
        """Say in words what is wrong and what to do, or nothing."""
        if self._writer.fault is not None:
            return str(self._writer.fault)
        return self._clock_lag()

    def _clock_lag(self) -> str:
        latest = self._engine.latest()
        if latest is None or latest - self._clock() <= CLOCK_LAG:
            return ""
        return (
            f"This machine's clock is behind the journal, which reached {format_instant(latest)}. "
            "Entries are kept in order; set the clock."
        )

    def seal(self, text: str, person: str | None) -> str:
        """Return free text as ciphertext."""
        return self._vault.seal(text, person)

    def unseal(self, sealed: str, actor: Actor, reason: str) -> str:
        """Return a note's text, after writing down who looked and why."""
        return self._vault.unseal(sealed, Look(actor, reason, self._clock()))

    def alias(self, person: str, actor: Actor, reason: str) -> str | None:
        """Return a person's alias, after writing down who looked and why."""
        return self._vault.alias(person, Look(actor, reason, self._clock()))

    def set_alias(self, person: str, alias: str) -> None:
        """Keep what a person wants to be called."""
        self._vault.set_alias(person, alias)

    def find_person(self, site_id: str, text: str) -> list[Person]:
        """Return people by words of their handle, or by their exact alias."""
        words = text.casefold().split()
        persons = self.site(site_id).persons
        aliased = [persons[key] for key in self._vault.find_alias(text) if key in persons]
        handled = [
            person
            for person in persons.values()
            if words and all(word in person.handle.split() for word in words)
        ]
        known = {person.id: person for person in [*aliased, *handled]}
        return sorted(known.values(), key=lambda person: person.handle)

    def verification(self, site_id: str) -> Verification:
        """Return the last verification of a site's journal; verifies now if there was none."""
        found = self._verified.get(site_id)
        return found or self.verify(site_id)

    def verify(self, site_id: str) -> Verification:
        """Verify a site's journal now, against itself and the checkpoints kept here."""
        points = self._checkpoints(site_id)
        newest = points[-1] if points else None
        at = format_instant(self._clock())
        size, kept_at = (newest.size, newest.at) if newest else (0, "")
        try:
            done = verify_journal(self._connect, site_id, points)
            answer = Verification(done.size, True, at, "", size, kept_at)  # noqa: FBT003
        except Tampered as error:
            seq = int(str(error.values.get("seq", 0)))
            answer = Verification(seq, False, at, str(error), size, kept_at)  # noqa: FBT003
        self._verified[site_id] = answer
        return answer

    def close(self) -> None:
        """Finish what is queued, then close everything."""
        self._writer.close()
        self._reader.close()
        self._vault.close()
        self._desk.close()
