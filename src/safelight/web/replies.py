"""What a tap is answered: where to go next, or a page that says what is wrong and what to do."""

import json
import logging
from typing import Any, NamedTuple
from urllib.parse import quote

from safelight.kernel.errors import Invalid, NotSaved, Refused, SafelightError
from safelight.kernel.ids import derive_id
from safelight.run.actions.tap import Receipt
from safelight.web.accounts.service import Colleague
from safelight.web.forms import SPECIAL, Pairs
from safelight.web.local import Told, handles_in, told_here
from safelight.web.logs import where
from safelight.web.policy import PAGES, address, may_see
from safelight.web.ports import EmergencyReceipt, Services
from safelight.web.render import THEME, document
from safelight.web.sessions import Signed
from safelight.web.wire import HTML, JSON, NEVER_KEEP, Reply, cookie

VISIT, INCIDENT = "visit", "incident"  # the names under which the floor registers its pages
_FORBIDDEN = frozenset({"same-origin", "form-token", "signed-in", "role-may"})
_UNKNOWN = frozenset({"site-known", "command-known"})
_SAFE = "/?&=#%:+,;@!$'()*~-._"
_PLACES = {
    "spool": "It is kept in the emergency store of this machine.",
    "memory": "It is only in memory: write it on paper now.",
    "nowhere": "Write it on paper if it cannot wait.",
}
_log = logging.getLogger("safelight.web")


class Post(NamedTuple):
    """A tap as it came over the wire."""

    site: str
    name: str
    signed: Signed
    headers: dict[bytes, bytes]
    pairs: Pairs = []  # noqa: RUF012 - never changed; NamedTuple cannot say so
    specials: dict[str, str] = {}  # noqa: RUF012 - what the form says about itself

    def special(self, wanted: str) -> str:
        """Return one of the specials, or the empty text."""
        return self.specials.get(wanted, "")

    @property
    def typed(self) -> Pairs:
        """Return everything else, to be shown and sent again."""
        kept = {"happened_time", "happened_at"}
        return [(n, v) for n, v in self.pairs if n not in SPECIAL or n in kept]

    @property
    def wants_json(self) -> bool:
        """Tell whether a program asks, and not a browser."""
        return self.headers.get(b"content-type", b"").startswith(JSON)

    @property
    def back(self) -> str:
        """Return the page to go back to: within this service, else the board."""
        wanted = self.special("back")
        if wanted.startswith("/") and not wanted.startswith(("//", "/\\")):
            return quote(wanted, safe=_SAFE)
        return f"/s/{quote(self.site, safe='')}/"


class Again(NamedTuple):
    """What has to be given anew with a tap that is sent again: codes are not shown, nor kept."""

    own: bool = False  # the actor's own code
    witness: bool = False
    chosen: str = ""  # who was named as witness
    colleagues: list[Colleague] = []  # noqa: RUF012 - never changed; NamedTuple cannot say so


class Replies:
    """Answers to taps, as pages or as JSON."""

    def __init__(self, services: Services) -> None:
        """Render with what every page knows."""
        self._services = services

    def saved(self, post: Post, receipt: Receipt) -> Reply:
        """Go on: to what was just begun, or back to where the tap was made."""
        if post.wants_json:
            return _json(200, {"receipt": receipt._asdict()})
        return _see(_next_page(post, receipt.command))

    def refused(self, post: Post, error: SafelightError, again: Again) -> Reply:
        """Say which rule refused, and keep everything that was typed."""
        if error.code == "incident-running" and not post.wants_json:
            return _see(_page_of(INCIDENT, post, str(error.values["incident"])))
        status = _status(error)
        if post.wants_json:
            return _json(status, error.as_dict())
        told = self._told(post, error, again)
        return self._page(post, status, "refused.html", error=told, again=again)

    def _told(self, post: Post, error: SafelightError, again: Again) -> SafelightError | Told:
        """Say it in the words of a screen."""
        try:
            site = self._services.node.site(post.site)
        except Refused:
            return error
        timezone = site.premises.timezone if site.premises else "UTC"
        called = {
            **handles_in(error, site),
            **{one.staff: one.name for one in again.colleagues},
            post.signed.actor.staff: post.signed.display_name,
        }
        return told_here(error, timezone, self._services.clock(), called)

    def not_saved(
        self, post: Post, error: Exception, kept: EmergencyReceipt | None, again: Again
    ) -> Reply:
        """Say that the journal does not have it, and where it is instead."""
        told = error if isinstance(error, NotSaved) else _unexplained(error)
        status = 507 if self._services.node.health == "disk-full" else 503
        place = kept.where if kept else "nowhere"
        if post.wants_json:
            return _json(status, {**told.as_dict(), "saved": False, "kept": place})
        incident = _incident_of(post) if kept else ""
        return self._page(
            post,
            status,
            "not_saved.html",
            error=told,
            kept=place,
            again=again,
            incident=_page_of(INCIDENT, post, incident) if incident else "",
        )

    def went_wrong(self, post: Post, command: str, again: Again) -> Reply:
        """Say that it failed here, and that nothing was saved."""
        error = NotSaved(
            "went-wrong",
            f"Something went wrong here; nothing was saved under command {command or '(none)'}.",
            "Try again. If it happens again, write it on paper and tell whoever looks after this.",
        )
        if post.wants_json:
            return _json(503, error.as_dict())
        return self._page(post, 503, "not_saved.html", error=error, kept="nowhere", again=again)

    def too_large(self, post: Post, limit: int) -> Reply:
        """Say how large a form may be; the rest of it is not even read."""
        error = Invalid(
            "form-size",
            f"The form is larger than {limit // 1024} KB, so it was not read.",
            "Shorten the text, or make two entries of it.",
        )
        # The rest of the body is still on its way; the connection cannot be used again.
        return self._plain(post, 413, error, (b"connection", b"close"))

    def not_a_post(self, post: Post) -> Reply:
        """Say that an address for taps shows nothing."""
        error = Invalid("method", "This address only takes forms.", "Go back to the board.")
        return self._plain(post, 405, error, (b"allow", b"POST"))

    def _plain(self, post: Post, status: int, error: Invalid, header: tuple[bytes, bytes]) -> Reply:
        reply = (
            _json(status, error.as_dict())
            if post.wants_json
            else self._page(post, status, "refused.html", error=error, no_form=True)
        )
        return reply._replace(headers=[*reply.headers, header])

    def _page(self, post: Post, status: int, template: str, **context: Any) -> Reply:  # noqa: ANN401
        everything = {
            "action": f"/s/{quote(post.site, safe='')}/do/{quote(post.name, safe='')}",
            "command": post.special("command"),
            "typed": post.typed,
            "back": post.back,
            **context,
        }
        try:
            text = document(
                self._services,
                post.signed,
                template,
                everything,
                site_id=post.site,
                theme=cookie(post.headers, THEME),
                path=post.back,
            )
        except Exception as error:  # noqa: BLE001 - then without the layout, but never without words
            _log.error("the answer to a tap could not be rendered: %s", where(error))
            return _in_words(status, context)
        return Reply(status, text.encode(), HTML, [NEVER_KEEP])


def _in_words(status: int, context: dict[str, Any]) -> Reply:
    """Say the same as the page, in plain text."""
    place = _PLACES.get(context.get("kept", ""), "")
    return Reply(status, f"NOT SAVED. {context['error']} {place}".encode(), headers=[NEVER_KEEP])


def _status(error: SafelightError) -> int:
    if error.code in _UNKNOWN:
        return 404
    return 403 if error.code in _FORBIDDEN else 422


def _json(status: int, data: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(data).encode(), JSON, [NEVER_KEEP])


def _see(where: str) -> Reply:
    return Reply(303, headers=[(b"location", where.encode("ascii")), NEVER_KEEP])


def _next_page(post: Post, command: str) -> str:
    if post.name == "incident.open":
        return _page_of(INCIDENT, post, derive_id("i", command))
    if post.name == "visit.arrive":
        return _page_of(VISIT, post, derive_id("v", command))
    return post.back


def _page_of(name: str, post: Post, key: str) -> str:
    """Return the page of a visit or an incident that this visitor may see."""
    for known in (name, f"emergency-{name}"):
        page = PAGES.get(known)
        if page is not None and may_see(post.signed.actor.role, page.roles):
            return address(known, post.site, key)
    return post.back


def _incident_of(post: Post) -> str:
    """Return the incident that an emergency tap is about."""
    if post.name == "incident.open":
        command = post.special("command")
        return derive_id("i", command) if command else ""
    return next((str(value) for name, value in post.pairs if name == "incident"), "")


def _unexplained(error: Exception) -> NotSaved:
    if isinstance(error, TimeoutError):
        return NotSaved(
            "no-answer",
            "The journal has not answered. It is not known to be saved.",
            "Try again: sent twice, it is still saved once only.",
        )
    return NotSaved("not-saved", "Something went wrong here.", "Try again, or write it on paper.")
