"""One application in front of everything: taps, the live stream and files; Django for pages."""

import json
import logging
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import cast

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from safelight.kernel.clock import Clock
from safelight.run.register.office import Office
from safelight.web.accounts.factors import Factors
from safelight.web.accounts.service import session_loader
from safelight.web.assets import PREFIX, shipped
from safelight.web.floor.board import render_fragment
from safelight.web.floor.ports import FloorNode
from safelight.web.jobs.desk import Desk
from safelight.web.live import PATH_END, Live
from safelight.web.logs import where
from safelight.web.middleware import SCOPE_KEY
from safelight.web.policy import largest_form
from safelight.web.ports import NodePort, Services
from safelight.web.sessions import SessionCache
from safelight.web.taps import Taps
from safelight.web.throttle import Throttle
from safelight.web.wire import (
    JSON,
    NEVER_KEEP,
    Application,
    Message,
    Receive,
    Reply,
    Scope,
    Send,
    headers_of,
    send_reply,
)

_log = logging.getLogger("safelight.web")


class Front:
    """Sends each request to the application that answers it."""

    def __init__(
        self, services: Services, render_board: Callable[[str], str], hosts: Iterable[str]
    ) -> None:
        """Put the applications together; Django has to be configured by now."""
        self.services = services
        self.live = Live(services, render_board)
        self._taps = Taps(services)
        self._assets = shipped()
        self._django = cast("Application", ASGIHandler())
        self._hosts = frozenset(host.lower().encode() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; what fails here is answered too, and never with a 500."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return  # no websockets here; the server closes the connection
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._answer(scope, receive, sending)
        except Exception as error:
            _log.error("a request failed: %s", where(error))
            if started:
                raise
            body = b"Something went wrong here. Look at the board whether it was saved."
            await send_reply(send, Reply(503, body, headers=[NEVER_KEEP]))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        headers = headers_of(scope)
        if not self._is_for_us(headers):
            await send_reply(send, Reply(400, b"This service has another name."))
        elif path.startswith("/s/") and "/do/" in path:
            await self._taps(scope, receive, send)
        elif path.startswith("/s/") and path.endswith(PATH_END):
            await self.live(scope, receive, send)
        elif path.startswith(PREFIX):
            await self._assets(scope, receive, send)
        elif path == "/health":
            await send_reply(send, self._health())
        elif (refusal := _too_much(headers, largest_form(path))) is not None:
            await send_reply(send, refusal)
        else:
            await self._django({**scope, SCOPE_KEY: self.services}, receive, send)

    def _is_for_us(self, headers: dict[bytes, bytes]) -> bool:
        """Tell whether the request names this service: another name may be a trick (rebinding)."""
        host = headers.get(b"host", b"").lower()
        return b"*" in self._hosts or host.rpartition(b":")[0] in self._hosts or host in self._hosts

    def _health(self) -> Reply:
        health = self.services.node.health
        body = json.dumps({"health": health}).encode()
        return Reply(200 if health == "ok" else 503, body, JSON, [NEVER_KEEP])

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                self.close()
                return

    def close(self) -> None:
        """End the streams and the threads of the screens; the node is closed by who opened it."""
        self.live.close()
        self._taps.close()
        self.services.sessions.close()


def _too_much(headers: dict[bytes, bytes], largest: int) -> Reply | None:
    """Refuse what no form of a page can be, before Django stores any of it."""
    if b"transfer-encoding" in headers:
        return Reply(411, b"Say how long it is.", headers=[(b"connection", b"close")])
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) <= largest:
        return None
    body = f"This is larger than the {largest // 1024} KB that can be sent here."
    return Reply(413, body.encode(), headers=[(b"connection", b"close")])


def build_application(
    node: NodePort,
    *,
    clock: Clock,
    new_id: Callable[[], str],
    secret: bytes,
    desk: Desk,
    office: Office | None = None,
    render_board: Callable[[str], str] | None = None,
) -> Front:
    """Return the whole web service for one node; call ``settings.configure`` of ours before.

    ``new_id`` makes command ids for forms; ``secret`` signs what forms carry; ``desk`` is where
    long work is asked for, ``office`` where registers are printed.
    """
    services = Services(
        node=node,
        clock=clock,
        new_id=new_id,
        sessions=SessionCache(session_loader(secret, clock), clock),
        throttle=Throttle(),
        factors=Factors(secret, clock, Throttle()),
        desk=desk,
        office=office,
    )
    import_module(settings.ROOT_URLCONF)  # registers every page before the first request

    def board(site_id: str) -> str:
        return render_fragment(cast("FloorNode", node), site_id, services)

    return Front(services, render_board or board, settings.ALLOWED_HOSTS)
