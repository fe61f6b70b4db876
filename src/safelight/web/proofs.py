"""Who stands at a tap: the codes that come with it, checked off the event loop.

A form, or JSON, may carry ``proof`` (the actor's own code), ``witness`` (the second person, by
staff id or login name) and ``witness_proof`` (their code). The session remembers when the actor's
own code was given; a witness has no session here and proves it anew for each tap. Whether a proof
is fresh enough is for the rules to say; here is only said, truthfully, when it was given.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import msgspec
from django.db import Error as DatabaseError
from django.db import transaction

from safelight.kernel.errors import Refused, SafelightError
from safelight.run.actions.tap import Tap
from safelight.run.domain.base import Actor, Role
from safelight.run.domain.registry import COMMANDS
from safelight.web.accounts.service import active_staff, colleagues_of, remember_proof
from safelight.web.forms import PROOF, PROVING, WITNESS, WITNESS_PROOF
from safelight.web.logs import where
from safelight.web.ports import Services
from safelight.web.replies import Again, Post
from safelight.web.sessions import COOKIE
from safelight.web.wire import cookie

if TYPE_CHECKING:
    from safelight.web.accounts.models import Staff

# Rules whose refusal is put right by a code, or by naming a witness.
_ABOUT_CODES = ("proof-", "second-factor-")
_ABOUT_WITNESSES = "witness-"
T = TypeVar("T")
_log = logging.getLogger("safelight.web")


class Proofs:
    """Turns codes into what a tap may say of its people."""

    def __init__(self, services: Services) -> None:
        """Serve the taps of one event loop."""
        self._services = services
        # One thread: codes are checked one after the other, over one connection to the accounts,
        # and never in the way of the sessions that all other taps wait for.
        self._thread = ThreadPoolExecutor(1, "proofs")

    async def proven(self, post: Post, tap: Tap) -> Tap:
        """Return the tap with what its codes prove; raises Refused for those that prove nothing.

        Call it last, for a tap that can be read: it uses the codes up.
        """
        if PROVING.isdisjoint(post.specials):
            return tap
        try:
            return await self._beside(lambda: self._proven(post, tap))
        except DatabaseError as error:
            _log.error("a second factor could not be checked: %s", where(error))
            raise Refused(
                "second-factor-checked",
                "Codes cannot be checked just now, so nothing was saved.",
                "Try again with the next code; on paper meanwhile, if it cannot wait.",
            ) from error

    async def again(self, post: Post, error: Exception) -> Again:
        """Return which fields of people a page has to offer so that a tap can be sent again."""
        rule, me = COMMANDS.get(post.name), post.signed.actor
        if post.wants_json or rule is None or me.role not in rule.may:
            return Again()  # in particular, no colleague is named to whoever may not do this
        code, whose = _about(error)
        own = code.startswith(_ABOUT_CODES) and whose in {"", me.staff}
        named = post.special(WITNESS)
        if not (named or post.special(WITNESS_PROOF) or code.startswith(_ABOUT_WITNESSES)):
            return Again(own)
        try:
            colleagues = await self._beside(lambda: colleagues_of(me.staff))
        except DatabaseError as trouble:
            _log.error("colleagues cannot be listed: %s", where(trouble))
            colleagues = []  # then a witness is named by typing
        return Again(own, True, named, colleagues)  # noqa: FBT003

    def close(self) -> None:
        """Let the thread end."""
        self._thread.shutdown(cancel_futures=True)

    async def _beside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _proven(self, post: Post, tap: Tap) -> Tap:
        if self._services.node.knows(tap.site, tap.command):
            # Only a repeat: its receipt is shown again and nothing is written. Its codes were
            # used by the first try, and may be old by now.
            found = active_staff(post.special(WITNESS))
            return tap._replace(witness=_as_actor(found) if found else None)
        use = self._use_of(post)
        witness = _witness_of(post, tap.actor)
        if code := post.special(PROOF):
            tap = tap._replace(actor=self._own(post, tap.actor, code, use))
        if witness is not None:
            proof = self._services.factors.check(witness, post.special(WITNESS_PROOF), use)
            tap = tap._replace(witness=_as_actor(witness)._replace(proved_at=proof.at))
        return tap

    def _own(self, post: Post, actor: Actor, code: str, use: str) -> Actor:
        """Take the actor's own code, and have their session remember it."""
        staff = active_staff(actor.staff)
        if staff is None:
            raise Refused("signed-in", "Your account is not active.", "Ask a manager.")
        key = cookie(post.headers, COOKIE)
        with transaction.atomic():
            proof = self._services.factors.check(staff, code, use)
            remember_proof(key, proof)
        self._services.sessions.forget(key)
        return actor._replace(proved_at=proof.at)

    def _use_of(self, post: Post) -> str:
        """Return by what this very tap, sent again before it was durable, is known."""
        what = (post.site, post.name, post.special("command"), post.typed)
        return self._services.factors.mark(msgspec.json.encode(what))


def _witness_of(post: Post, actor: Actor) -> "Staff | None":
    """Return who is named as witness; raises Refused unless it is a colleague who gave a code."""
    named, code = post.special(WITNESS), post.special(WITNESS_PROOF)
    if not (named or code):
        return None
    found = active_staff(named)
    if found is None:
        raise Refused(
            "witness-known",
            "Nobody with an active account was named as witness.",
            "Choose a colleague from the list.",
        )
    if found.id == actor.staff:
        raise Refused(
            "witness-different",
            "You cannot witness what you do yourself.",
            "Ask somebody else to confirm it with their own second factor.",
            staff=found.id,
        )
    if not code:
        raise Refused(
            "witness-proved",
            f"{found.login} gave no code.",
            "Let them type the code that their own app shows.",
            staff=found.id,
        )
    return found


def _as_actor(staff: "Staff") -> Actor:
    return Actor(staff.id, Role(staff.role))


def _about(error: Exception) -> tuple[str, str]:
    """Return the rule that refused, and whose proof it was about."""
    if isinstance(error, SafelightError):
        return error.code, str(error.values.get("staff", ""))
    return "", ""
