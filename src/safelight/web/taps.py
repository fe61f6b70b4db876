"""Taps: every command arrives here as a plain form post, or as JSON, and goes to the writer.

No Django in this path: a tap has to be durable and answered while somebody in gloves still looks
at the button. Everything that goes wrong ends in a page that says what, and what to do.
"""

import asyncio
import hmac
import logging
from typing import Any

import msgspec

from safelight.kernel.errors import Invalid, Refused, SafelightError
from safelight.kernel.ids import parse_command_id
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import UNATTRIBUTED, Actor, Role, Rule
from safelight.run.domain.clinic.referral import person_of_referral
from safelight.run.domain.registry import rule_for
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment
from safelight.web.bridge import Bridge
from safelight.web.forms import (
    PROVING,
    SPECIAL,
    Draft,
    Pairs,
    draft,
    flatten,
    read_form,
    require_plain,
)
from safelight.web.late import happened_at
from safelight.web.logs import where
from safelight.web.ports import EmergencyReceipt, NodePort, Services
from safelight.web.proofs import Proofs
from safelight.web.replies import Again, Post, Replies
from safelight.web.sessions import COOKIE
from safelight.web.wire import (
    Receive,
    Reply,
    Scope,
    Send,
    cookie,
    headers_of,
    read_body,
    same_origin,
    send_reply,
)

LARGEST_BODY = 64 * 1024
_PATIENCE = 20.0  # seconds
_EMERGENCY_PATIENCE = 5.0
EMERGENCY = "incident."
PRINTED = "register.print"  # the one command that no form gives, and no tap
_FORM, _JSON = b"application/x-www-form-urlencoded", b"application/json"
_OBJECT = msgspec.json.Decoder(dict[str, Any])
_log = logging.getLogger("safelight.web")


class Taps:
    """``POST /s/<site>/do/<command>``."""

    def __init__(self, services: Services) -> None:
        """Serve taps for one node, from one event loop."""
        self._services = services
        self._replies = Replies(services)
        self._bridge = Bridge()
        self._proofs = Proofs(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one tap, whatever happens."""
        await send_reply(send, await self._answer(scope, receive))

    def close(self) -> None:
        """End the thread that checks codes."""
        self._proofs.close()

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        headers = headers_of(scope)
        site, _, name = scope["path"].removeprefix("/s/").partition("/do/")
        sessions, key = self._services.sessions, cookie(headers, COOKIE)
        signed = sessions.peek(key) or await sessions.find_soon(key)
        post = Post(site, name, signed, headers)
        if scope["method"] != "POST":
            return self._replies.not_a_post(post)
        body = await read_body(receive, headers, LARGEST_BODY)
        if body is None:
            return self._replies.too_large(post, LARGEST_BODY)
        try:
            post = _read(post, body)
            return await self._perform(post)
        except (Refused, Invalid) as error:
            return self._replies.refused(post, error, await self._proofs.again(post, error))
        except Exception as error:  # noqa: BLE001 - whoever tapped needs an answer in any case
            return await self._went_wrong(post, error)

    async def _perform(self, post: Post) -> Reply:
        actor = authorise(post, rule_for(post.name))
        if post.name == PRINTED:
            raise Refused(
                "print-made",
                "A print is written down by the page that makes it, when it is made.",
                "Print the register on its page.",
            )
        tap = await self._proofs.proven(post, await self._tap(post, actor))
        patience = _EMERGENCY_PATIENCE if post.name.startswith(EMERGENCY) else _PATIENCE
        try:
            receipt = await self._bridge.result(self._services.node.submit(tap), patience)
        except (Refused, Invalid):
            raise
        except Exception as error:  # noqa: BLE001 - NotSaved, a fault, or no answer in time
            return await self._not_saved(post, tap, error)
        return self._replies.saved(post, receipt)

    async def _not_saved(self, post: Post, tap: Tap, error: Exception) -> Reply:
        _log.error("command %s (%s) was not saved: %s", tap.command, tap.name, where(error))
        if not tap.name.startswith(EMERGENCY):
            again = await self._proofs.again(post, error)
            return self._replies.not_saved(post, error, None, again)
        try:
            kept: EmergencyReceipt | None = await asyncio.get_running_loop().run_in_executor(
                None, self._services.node.record_emergency, tap
            )
        except (SafelightError, OSError) as worse:  # then the page says: write it on paper
            _log.error("the emergency store failed: %s", where(worse))
            kept = None
        return self._replies.not_saved(post, error, kept, Again())

    async def _tap(self, post: Post, actor: Actor) -> Tap:
        command = self._command_id(post)
        site = self._services.node.site(post.site)
        timezone = site.premises.timezone if site.premises else "UTC"
        made = draft(post.name, post.pairs, timezone)
        await self._seal(site, made, _newcomer(post.name, command))
        return Tap(
            site=post.site,
            command=command,
            name=post.name,
            payload=read_command(post.name, made.data),
            actor=actor,
            happened_at=happened_at(
                post.special("happened_time"),
                post.special("happened_at"),
                self._services.clock(),
                timezone,
            ),
        )

    def _command_id(self, post: Post) -> str:
        """Return the client's command id; only a call for help may come without one."""
        given = post.special("command")
        if not given and post.name == "incident.open":
            return self._services.new_id()
        return parse_command_id(given)

    async def _seal(self, site: Site, made: Draft, newcomer: str | None) -> None:
        """Encrypt free text before anything else sees it, off the event loop."""
        if not made.notes:
            return
        loop = asyncio.get_running_loop()
        try:
            sealed = await loop.run_in_executor(None, self._seal_all, site, made, newcomer)
        except (SafelightError, OSError) as error:
            _log.error("a note could not be sealed: %s", where(error))
            raise Refused(
                "note-sealed",
                "The note cannot be encrypted just now, so nothing was saved.",
                "Take the note out and save the rest; write the note on paper.",
            ) from error
        for name, text in sealed:
            made.put(name, text)

    def _seal_all(self, site: Site, made: Draft, newcomer: str | None) -> list[tuple[str, str]]:
        node = self._services.node
        person = person_of(node, site, made.data) or newcomer
        return [(name, node.seal(text, person)) for name, text in made.notes]

    async def _went_wrong(self, post: Post, error: Exception) -> Reply:
        command = post.special("command")[:36]
        _log.error("command %s (%s) went wrong: %s", command, post.name[:60], where(error))
        return self._replies.went_wrong(post, command, await self._proofs.again(post, error))


def authorise(post: Post, rule: Rule) -> Actor:
    """Return as whom a tap acts; refuses it where nothing allows it.

    An emergency never waits for a login: with a session that ended, or with a form of an older
    session, it is recorded as nobody's and attributed afterwards.
    """
    if not same_origin(post.headers):
        raise Refused(
            "same-origin",
            "This did not come from a page of this service.",
            "Open the board and do it there.",
        )
    anyone = Role.ANYONE in rule.may
    actor = post.signed.actor
    if actor.role is not Role.ANYONE and not _token_fits(post):
        if not anyone:
            raise Refused(
                "form-token",
                "The page is older than your sign-in, so nothing was saved.",
                "Try again: everything that you typed is still here.",
            )
        actor = Actor(UNATTRIBUTED, Role.ANYONE)
    if actor.role in rule.may:
        return actor
    if anyone:
        return Actor(actor.staff, Role.ANYONE)
    raise _may_not(actor.role, rule, post.name)


def _token_fits(post: Post) -> bool:
    given = post.special("token") or post.headers.get(b"x-safelight-token", b"").decode("latin-1")
    return hmac.compare_digest(given.encode(), post.signed.token.encode())


def _may_not(role: Role, rule: Rule, name: str) -> Refused:
    if role is Role.ANYONE:
        return Refused(
            "signed-in",
            "You are not signed in, so nothing was saved.",
            "Sign in in another window, then try again here: what you typed is still here.",
        )
    return Refused(
        "role-may",
        f"The role {role} may not do this ({name}).",
        f"Ask one of: {', '.join(sorted(rule.may))}.",
        role=role,
        command=name,
    )


def _newcomer(name: str, command: str) -> str | None:
    """Return whom a command would make known, so that their first note has their key as well."""
    return person_of_referral(command) if name == "treatment.refer" else None


def person_of(node: NodePort, site: Site, data: dict[str, Any]) -> str | None:
    """Return whom a command is about, so that erasing them erases its note as well."""
    if isinstance(person := data.get("person"), str):
        return person
    if isinstance(key := data.get("visit"), str):
        visit = site.visits.get(key) or node.past_visit(site.id, key)
        return visit.person if visit else None
    if isinstance(key := data.get("incident"), str):
        incident = site.incidents.get(key) or node.past_incident(site.id, key)
        return incident.person if incident else None
    if isinstance(key := data.get("treatment"), str):
        treatment = site.all_of(Treatment).get(key)
        return treatment.person if treatment else None
    return None


def _read(post: Post, body: bytes) -> Post:
    """Return the post with what it carries; raises Invalid for what cannot be read."""
    kind = post.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind == _FORM:
        pairs = read_form(body)
    elif kind == _JSON:
        pairs = _read_json(body)
    else:
        raise Invalid("form-kind", "This is neither a form nor JSON.", "Reload the page.")
    # No code, right or wrong, may stand in the way of an emergency.
    told = SPECIAL - PROVING if post.name.startswith(EMERGENCY) else SPECIAL
    specials = {name: str(value) for name, value in pairs if name in told}
    for value in specials.values():
        require_plain(value)
    return post._replace(pairs=pairs, specials=specials)


def _read_json(body: bytes) -> Pairs:
    try:
        return list(flatten(_OBJECT.decode(body)))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid("json", "The body is no JSON object.", "Send an object.") from error
