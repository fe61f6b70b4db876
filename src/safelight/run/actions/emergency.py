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


class _Waiting(NamedTuple):
    tap: Tap
    where: str


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
        self._kept: dict[str, _Waiting] = {}
        self._unreadable = 0
        for _, data in spool.pending() if spool else []:
            self._take_up(data)

    def _take_up(self, data: bytes) -> None:
        try:
            tap = _read(data)
        except (SafelightError, msgspec.MsgspecError, ValueError):
            # Written by another version: it stays in the spool for somebody who can read it.
            _log.exception("an entry of the emergency store cannot be read and stays there")
            self._unreadable += 1
        else:
            self._kept[tap.command] = _Waiting(tap, SPOOL)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits, without taking the lock: asked at every page and tap."""
        return not self._kept

    @property
    def waiting(self) -> list[Tap]:
        """Taps that are not in the journal yet, in the order in which they came."""
        with self._lock:
            return [kept.tap for kept in self._kept.values()]

    def keep(self, tap: Tap, now: datetime) -> EmergencyReceipt:
        """Keep a tap in the preallocated file, or else in memory; say which."""
        tap = tap._replace(happened_at=tap.happened_at or now)
        with self._lock:
            known = self._kept.get(tap.command)
            if known is None or known.where == MEMORY:
                known = _Waiting(known.tap if known else tap, MEMORY)
                self._kept[tap.command] = known._replace(where=self._write(known.tap, now))
            return EmergencyReceipt(self._kept[tap.command].where, tap.command)

    def _write(self, tap: Tap, now: datetime) -> str:
        if self._spool is None:
            return MEMORY
        try:
            self._spool.keep(_written(tap, tap.happened_at or now))
        except OSError:
            _log.exception("the emergency store failed; an entry is in memory only")
            return MEMORY
        return SPOOL

    def release(self, submit: Callable[[Tap], object]) -> int:
        """Hand what waits to the journal; returns how many.

        Raises NotSaved, and keeps everything, where the journal still cannot be written.
        """
        taps = self.waiting
        for tap in taps:
            submit(tap)
        with self._lock:
            for tap in taps:
                del self._kept[tap.command]
            if self._spool is not None and not self._kept and not self._unreadable:
                self._spool.clear()
        return len(taps)

    def close(self) -> None:
        """Close the store; what comes now is kept in memory only, and says so."""
        with self._lock:
            if self._spool is not None:
                self._spool.close()

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
