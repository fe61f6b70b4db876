"""The live board: who gets it, how often, and that the last change is never missed."""

import asyncio
import threading
from collections.abc import Callable

from safelight.run.domain.base import Role
from safelight.web.live import Live
from safelight.web.wire import Message
from tests.support.fake_node import FakeNode
from tests.support.web import Browser, browser_as

PATH = "/s/north/live"


class Screen:
    """One open stream."""

    def __init__(self, browser: Browser, live: Live, path: str = PATH) -> None:
        self.chunks: list[bytes] = []
        self.status = 0
        self.ended = asyncio.Event()
        self._left = asyncio.Event()
        scope = browser.scope("GET", path, {})
        self.task = asyncio.create_task(live(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif not message.get("more_body"):
            self.ended.set()
        else:
            self.chunks.append(message["body"])

    def leave(self) -> None:
        self._left.set()

    @property
    def boards(self) -> list[str]:
        """Return the boards that came, newest last."""
        events = [c.decode() for c in self.chunks if c.startswith(b"id:")]
        return [event.split("data: ", 1)[1].strip() for event in events]

    async def until(self, check: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not check():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.005)


def stage(role: Role = Role.WORKER) -> tuple[Browser, FakeNode, list[str]]:
    node = FakeNode("north", "south")
    return browser_as(role, node), node, ["first"]


def live_over(browser: Browser, rendered: list[str], heartbeat: float = 60) -> Live:
    """Return a stream that renders what the list ends with, and counts in it how often."""
    return Live(browser.front.services, lambda _: rendered[-1], heartbeat=heartbeat)


def test_a_screen_gets_the_board_at_once_and_every_change_soon() -> None:
    browser, node, text = stage()

    async def scene() -> None:
        live = live_over(browser, text)
        screen = Screen(browser, live)
        await screen.until(lambda: screen.boards == ["first"])
        text.append("second")
        threading.Thread(target=node.commit, args=("north",)).start()
        await screen.until(lambda: screen.boards == ["first", "second"])
        screen.leave()
        await screen.task
        live.close()

    asyncio.run(scene())


def test_a_burst_of_changes_is_a_few_events_and_ends_with_the_last() -> None:
    browser, node, text = stage()

    async def scene() -> None:
        live = live_over(browser, text)
        screens = [Screen(browser, live) for _ in range(3)]
        await screens[0].until(lambda: all(s.boards for s in screens))
        for number in range(200):
            text.append(f"board {number}")
            node.commit("north")
            await asyncio.sleep(0.001)
        await screens[0].until(lambda: all(s.boards[-1] == "board 199" for s in screens))
        # 200 changes within a fraction of a second; one event each 80 ms.
        assert all(len(s.boards) <= 20 for s in screens)
        live.close()
        await asyncio.gather(*(s.task for s in screens))

    asyncio.run(scene())


def test_a_board_is_rendered_once_for_all_screens() -> None:
    browser, node, _ = stage()
    times: list[str] = []

    def render(site_id: str) -> str:
        times.append(site_id)
        return f"board {len(times)}"

    async def scene() -> None:
        live = Live(browser.front.services, render)
        screens = [Screen(browser, live) for _ in range(20)]
        await screens[0].until(lambda: all(s.boards for s in screens))
        node.commit("north", "south")
        await screens[0].until(lambda: all(s.boards[-1] == "board 2" for s in screens))
        assert times == ["north", "north"]
        live.close()
        await asyncio.gather(*(s.task for s in screens))

    asyncio.run(scene())


def test_a_commit_is_told_even_if_the_board_looks_the_same() -> None:
    browser, node, text = stage()

    async def scene() -> None:
        live = live_over(browser, text)
        screen = Screen(browser, live)
        await screen.until(lambda: bool(screen.boards))
        node.commit("north")
        await screen.until(lambda: screen.boards == ["first", "first"])
        live.close()
        await screen.task

    asyncio.run(scene())


def test_time_that_changes_nothing_sends_no_board() -> None:
    browser, _, text = stage()

    async def scene() -> None:
        live = live_over(browser, text, heartbeat=0.02)
        screen = Screen(browser, live)
        await screen.until(lambda: screen.chunks.count(b": still here\n\n") > 3)
        assert screen.boards == ["first"]
        live.close()
        await screen.task

    asyncio.run(scene())


def test_a_board_of_several_lines_is_one_event() -> None:
    browser, _, text = stage()
    text.append("<p>one</p>\n<p>two</p>")

    async def scene() -> None:
        live = live_over(browser, text)
        screen = Screen(browser, live)
        await screen.until(lambda: bool(screen.boards))
        event = screen.chunks[-1].decode()
        assert event.endswith("data: <p>one</p>\ndata: <p>two</p>\n\n")
        live.close()
        await screen.task

    asyncio.run(scene())


def test_a_quiet_stream_says_that_it_is_still_there_and_that_time_goes_on() -> None:
    browser, _, text = stage()

    async def scene() -> None:
        live = live_over(browser, text, heartbeat=0.02)
        screen = Screen(browser, live)
        await screen.until(lambda: b": still here\n\n" in screen.chunks)
        text.append("somebody is over their time")
        await screen.until(lambda: screen.boards[-1] == "somebody is over their time")
        live.close()
        await screen.task

    asyncio.run(scene())


def test_signing_out_ends_the_stream() -> None:
    browser, node, text = stage()

    async def scene() -> None:
        live = live_over(browser, text, heartbeat=0.02)
        screen = Screen(browser, live)
        await screen.until(lambda: bool(screen.boards))
        await asyncio.to_thread(browser.post, "/logout", {"token": token})
        await screen.until(screen.ended.is_set)
        text.append("for those who are signed in")
        node.commit("north")
        assert screen.boards == ["first"]

    token = browser.token
    asyncio.run(scene())


def test_a_board_that_cannot_be_rendered_leaves_the_stream_open() -> None:
    browser, node, _ = stage()
    fails = [True]

    def render(_: str) -> str:
        if fails:
            fails.clear()
            raise RuntimeError
        return "board"

    async def scene() -> None:
        live = Live(browser.front.services, render)
        screen = Screen(browser, live)
        await screen.until(lambda: not fails)
        node.commit("north")
        await screen.until(lambda: screen.boards == ["board"])
        live.close()
        await screen.task

    asyncio.run(scene())


def test_who_may_not_see_the_board_gets_no_stream() -> None:
    for role, status in [(Role.ANALYST, 403), (Role.ANYONE, 403)]:
        assert browser_as(role).get(PATH).status == status


def test_a_stream_of_no_site_is_not_found() -> None:
    assert browser_as(Role.WORKER).get("/s/nowhere/live").status == 404


def test_a_stream_takes_no_posts() -> None:
    assert browser_as(Role.WORKER).post(PATH).status == 405
