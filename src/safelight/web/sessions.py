"""Who a session cookie stands for, answered from memory for a few seconds.

A tap must not wait for the accounts database, so what was read there is kept for a moment. What
ends a session here (logging out, a new role or password, deactivation) forgets it at once; what
another process changes is seen when the moment is over.
"""

import asyncio
import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

from safelight.kernel.clock import Clock
from safelight.run.domain.base import UNATTRIBUTED, Actor, Role
from safelight.web.logs import where

COOKIE = "safelight_session"
KEEP_SECONDS = 10.0
MOST_KEPT = 10_000
LONGEST_KEY = 64
_log = logging.getLogger("safelight.web")


class Signed(NamedTuple):
    """Who sits at a screen: from a session, or nobody."""

    actor: Actor
    display_name: str
    token: str  # what this session's forms carry against forged requests
    ends: datetime | None = None  # when the session ends at the latest


NOBODY = Signed(Actor(UNATTRIBUTED, Role.ANYONE), "", "")


Load = Callable[[str], Signed | None]


class _Kept(NamedTuple):
    signed: Signed
    until: float


def form_token(secret: bytes, session_key: str) -> str:
    """Return what the forms of one session carry, so that no other site can post in its name."""
    return hmac.new(secret, b"tap|" + session_key.encode(), hashlib.sha256).hexdigest()


class SessionCache:
    """Sessions by cookie value; safe to use from the event loop and from page threads."""

    def __init__(
        self, load: Load, clock: Clock, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what reads a session from the accounts database: it may block."""
        self._load = load
        self._clock = clock
        self._monotonic = monotonic
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._changes = 0
        # One thread, so that one connection to the accounts database serves every tap.
        self._reader = ThreadPoolExecutor(1, "accounts")

    def peek(self, key: str) -> Signed | None:
        """Return who it is if that is known without reading; nobody for no cookie."""
        if not key or len(key) > LONGEST_KEY:
            return NOBODY
        kept = self._kept.get(key)
        return kept.signed if kept is not None and kept.until > self._monotonic() else None

    def find(self, key: str) -> Signed:
        """Return who it is, reading if need be; for threads that may block."""
        known = self.peek(key)
        if known is not None:
            return known
        before = self._changes
        try:
            signed = self._load(key)
        except Exception as error:  # noqa: BLE001 - without accounts nobody is known, but helped
            _log.error("the accounts cannot be read: %s", where(error))
            return NOBODY
        if signed is None:
            return NOBODY
        self._keep(key, signed, before)
        return signed

    async def find_soon(self, key: str) -> Signed:
        """Return who it is without blocking the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, self.find, key)

    def _keep(self, key: str, signed: Signed, changes_before: int) -> None:
        left = KEEP_SECONDS
        if signed.ends is not None:
            left = min(left, (signed.ends - self._clock()).total_seconds())
        with self._lock:
            # Something was forgotten while this was being read: it may be out of date already.
            if self._changes != changes_before:
                return
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = _Kept(signed, self._monotonic() + left)

    def forget(self, key: str) -> None:
        """Read this session anew next time."""
        with self._lock:
            self._changes += 1
            self._kept.pop(key, None)

    def forget_staff(self, staff: str) -> None:
        """Read every session of a member of staff anew next time."""
        with self._lock:
            self._changes += 1
            theirs = [k for k, kept in self._kept.items() if kept.signed.actor.staff == staff]
            for key in theirs:
                del self._kept[key]

    def close(self) -> None:
        """Let the reading thread end."""
        self._reader.shutdown(cancel_futures=True)
