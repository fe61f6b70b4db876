"""The live board: one rendering per change, sent to every screen of a site as it happens.

An event carries the whole changing part of the board, so that a screen that missed some, or was
too slow for them, is right again with the next. ``live.js`` swaps it in.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from safelight.kernel.errors import Refused
from safelight.web.logs import where
from safelight.web.policy import PAGES, may_see
from safelight.web.ports import Services
from safelight.web.sessions import COOKIE
from safelight.web.wire import (
    NEVER_KEEP,
    SECURITY_HEADERS,
    Header,
    Receive,
    Reply,
    Scope,
    Send,
    cookie,
    headers_of,
    send_reply,
)

PATH_END = "/live"
BOARD = "board"
MOST_SCREENS = 500
INTERVAL_SECONDS = 0.08  # faster than this nobody sees; slower would feel late
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": still here\n\n"
_STREAM: list[Header] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"x-accel-buffering", b"no"),
    NEVER_KEEP,
    *SECURITY_HEADERS,
]
_log = logging.getLogger("safelight.web")


class Channel:
    """One site's newest board and the screens that wait for the next."""

    def __init__(self) -> None:
        """Start without a board; the first screen has it rendered."""
        self.screens = 0
        self.stale = True
        self.committed = False
        self.refreshing = False
        self.number = 0
        self.event = b""
        self._text = ""
        self.next: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def publish(self, text: str, *, after_commit: bool) -> None:
        """Send a board to every screen.

        After a commit it goes out even if it looks the same: the page of an incident takes it as
        the sign that something changed.
        """
        if self.number and text == self._text and not after_commit:
            return
        self.number += 1
        self._text = text
        lines = "".join(f"data: {line}\n" for line in text.splitlines())
        self.event = f"id: {self.number}\n{lines}\n".encode()
        self.wake()

    def wake(self) -> None:
        """Wake every screen."""
        done, self.next = self.next, asyncio.get_running_loop().create_future()
        if not done.done():
            done.set_result(None)


class Live:
    """``GET /s/<site>/live``."""

    def __init__(
        self,
        services: Services,
        render_board: Callable[[str], str],
        interval: float = INTERVAL_SECONDS,
        heartbeat: float = HEARTBEAT_SECONDS,
    ) -> None:
        """Listen to commits from now on; ``render_board`` may take a while."""
        self._services = services
        self._render = render_board
        self._interval = interval
        self._heartbeat = heartbeat
        self._channels: dict[str, Channel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._renderer = ThreadPoolExecutor(1, "board")
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        services.node.on_commit(self._committed)

    def _committed(self, sites: frozenset[str]) -> None:
        """Runs in the writer's thread: pass it on, and never keep the writer waiting."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return  # nobody has looked yet
        loop.call_soon_threadsafe(self._changed, sites)

    def _changed(self, sites: frozenset[str]) -> None:
        for site in sites:
            if (channel := self._channels.get(site)) is not None:
                channel.stale = channel.committed = True
                self._refresh_soon(site, channel)

    def _refresh_soon(self, site: str, channel: Channel) -> None:
        if channel.refreshing or not channel.screens or not channel.stale or self._closed:
            return
        channel.refreshing = True
        task = asyncio.get_running_loop().create_task(self._refresh(site, channel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _refresh(self, site: str, channel: Channel) -> None:
        """Render until nothing has changed since: the last change is always shown."""
        loop = asyncio.get_running_loop()
        try:
            while channel.stale and channel.screens and not self._closed:
                after_commit, channel.stale, channel.committed = channel.committed, False, False
                try:
                    text = await loop.run_in_executor(self._renderer, self._render, site)
                    channel.publish(text, after_commit=after_commit)
                except Exception as error:  # noqa: BLE001 - the next change may render again
                    _log.error("the board could not be rendered: %s", where(error))
                await asyncio.sleep(self._interval)
        finally:
            channel.refreshing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream the board to one screen until it goes or is logged out."""
        site = scope["path"].removeprefix("/s/").removesuffix(PATH_END)
        key = cookie(headers_of(scope), COOKIE)
        refusal = await self._refusal(scope, site, key)
        if refusal is not None:
            await send_reply(send, refusal)
            return
        self._loop = asyncio.get_running_loop()
        channel = self._channels.setdefault(site, Channel())
        channel.screens += 1
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _STREAM})
            await self._stream(site, channel, key, gone, send)
        finally:
            gone.cancel()
            channel.screens -= 1

    async def _stream(
        self,
        site: str,
        channel: Channel,
        key: str,
        gone: asyncio.Future[None],
        send: Send,
    ) -> None:
        seen = 0  # whoever comes back after a break gets the board anew, whatever was seen before
        await _send(send, b": hello\n\n")
        while not gone.done() and not self._closed and await self._may(key):
            self._refresh_soon(site, channel)
            coming = channel.next
            if channel.number != seen:
                seen = channel.number
                await _send(send, channel.event)
                continue
            done, _ = await asyncio.wait(
                {gone, coming}, timeout=self._heartbeat, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                # Time alone changes a board too: somebody is over their time now.
                channel.stale = True
                await _send(send, HEARTBEAT)
        if not gone.done():
            await send({"type": "http.response.body", "body": b""})

    async def _refusal(self, scope: Scope, site: str, key: str) -> Reply | None:
        if scope["method"] != "GET":
            return Reply(405, b"This address only streams.", headers=[(b"allow", b"GET")])
        if not await self._may(key):
            return Reply(403, b"Sign in to see the board.")
        try:
            self._services.node.site(site)
        except Refused as error:
            return Reply(404, str(error).encode())
        if sum(channel.screens for channel in self._channels.values()) >= MOST_SCREENS:
            return Reply(503, b"Too many screens are open.", headers=[(b"retry-after", b"5")])
        return None

    async def _may(self, key: str) -> bool:
        """Tell whether a session may see the board, now: it may have ended meanwhile."""
        sessions = self._services.sessions
        signed = sessions.peek(key) or await sessions.find_soon(key)
        board = PAGES.get(BOARD)
        return board is not None and may_see(signed.actor.role, board.roles)

    def close(self) -> None:
        """End every stream, so that the server can stop; from any thread, as often as wanted."""
        if self._closed:
            return
        self._closed = True
        self._renderer.shutdown(wait=False, cancel_futures=True)
        if self._loop is not None and not self._loop.is_closed():
            for channel in self._channels.values():
                self._loop.call_soon_threadsafe(channel.wake)


async def _send(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
