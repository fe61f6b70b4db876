"""When an incident cannot be saved: keep it elsewhere, show it, and journal it when possible."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from safelight.kernel.errors import SafelightError
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import Actor, Given, Role, When
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.registry import decide
from safelight.run.domain.site import Site
from safelight.run.store.projection import apply_fact
from safelight.run.store.spool import Spool

SPOOL, MEMORY = "spool", "memory"
_log = logging.getLogger("safelight.emergency")


class EmergencyReceipt(NamedTuple):
    """Where an emergency entry is kept while it is not in the journal."""

    where: str
    command: str


class _Kept(msgspec.Struct, frozen=True):
    site: str
    command: str
    name: str
    payload: dict[str, Any]
    staff: str
    role: str
    happened_at: datetime


class EmergencyDesk:
    """Keeps taps about incidents that the journal could not take."""

    def __init__(self, spool: Spool | None) -> None:
        """Take up what an earlier run left in the spool."""
        self._spool = spool
        self._lock = threading.Lock()
        self._kept: list[Tap] = []
        for _, data in spool.pending() if spool else []:
            self._kept.append(_read(data))

    @property
    def waiting(self) -> list[Tap]:
        """Taps that are not in the journal yet, in the order in which they came."""
        with self._lock:
            return list(self._kept)

    def keep(self, tap: Tap, now: datetime) -> EmergencyReceipt:
        """Keep a tap in the preallocated file, or else in memory; say which."""
        tap = tap._replace(happened_at=tap.happened_at or now)
        with self._lock:
            if any(kept.command == tap.command for kept in self._kept):
                return EmergencyReceipt(SPOOL, tap.command)
            self._kept.append(tap)
            try:
                if self._spool is None:
                    return EmergencyReceipt(MEMORY, tap.command)
                self._spool.keep(_written(tap, tap.happened_at or now))
            except OSError:
                _log.exception("the emergency store failed; an entry is in memory only")
                return EmergencyReceipt(MEMORY, tap.command)
        return EmergencyReceipt(SPOOL, tap.command)

    def release(self, submit: Callable[[Tap], object]) -> int:
        """Journal what waits; returns how many. What the journal refuses is logged and dropped.

        Raises NotSaved, and keeps everything, where the journal still cannot be written.
        """
        with self._lock:
            kept = list(self._kept)
        for tap in kept:
            submit(tap)
        with self._lock:
            self._kept = self._kept[len(kept) :]
            if self._spool is not None and not self._kept:
                self._spool.clear()
        return len(kept)

    def overlay(self, site: Site, protocol: Protocol, now: datetime) -> Site:
        """Return a site as it would be with what waits, so that an incident can be shown."""
        seq = 1_000_000_000
        for tap in self.waiting:
            if tap.site != site.id:
                continue
            at = tap.happened_at or now
            given = Given(now, at, tap.actor, protocol, tap.command)
            try:
                facts = decide(site, tap.name, tap.payload, given)
            except SafelightError:
                continue
            for fact in facts:
                seq += 1
                when = When(seq, at, now, tap.actor.staff)
                site = apply_fact(site, fact, when, lambda _kind, _key: None)
        return site


def _written(tap: Tap, happened_at: datetime) -> bytes:
    return msgspec.json.encode(
        _Kept(
            tap.site,
            tap.command,
            tap.name,
            msgspec.to_builtins(tap.payload),
            tap.actor.staff,
            tap.actor.role.value,
            happened_at,
        )
    )


def _read(data: bytes) -> Tap:
    kept = msgspec.json.decode(data, type=_Kept)
    return Tap(
        kept.site,
        kept.command,
        kept.name,
        read_command(kept.name, kept.payload),
        Actor(kept.staff, Role(kept.role)),
        kept.happened_at,
    )
