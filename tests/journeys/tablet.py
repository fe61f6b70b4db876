"""One tablet: a browser of its own, signed in or not, that remembers what went wrong on it."""

import re
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from safelight.run.domain.base import Role
from tests.journeys.sites import House
from tests.support.server import Session

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LANDSCAPE, PORTRAIT = (1180, 820), (820, 1180)
SLOWEST_MS = 5_000


class Kind(NamedTuple):
    """What sort of tablet it is."""

    role: Role = Role.NURSE
    size: tuple[int, int] = LANDSCAPE
    theme: str = "day"
    scripts: bool = True
    touch: bool = False


class Tablet:
    """A page in a browser context of its own."""

    def __init__(self, browser: Browser, house: House, site: str, kind: Kind) -> None:
        self.house, self.site, self.kind = house, site, kind
        self.troubles: list[str] = []
        self.expected: list[str] = []
        self.context = self._open(browser)
        self.page = self.context.new_page()
        self._listen(self.page)

    def _open(self, browser: Browser) -> BrowserContext:
        width, height = self.kind.size
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=self.kind.scripts,
            has_touch=self.kind.touch,
        )
        context.set_default_timeout(SLOWEST_MS)
        context.on("request", self._is_for_us)
        session = self.house.sessions.get(self.kind.role)
        if session is not None:
            name, _, value = session.cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": self.house.served.url}])
        if self.kind.theme != "day":
            url = self.house.served.url
            context.add_cookies([{"name": "theme", "value": self.kind.theme, "url": url}])
        return context

    def _listen(self, page: Page) -> None:
        page.on(
            "console",
            lambda said: self.troubles.append(said.text) if said.type == "error" else None,
        )
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _is_for_us(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.netloc != urlsplit(self.house.served.url).netloc:
            self.troubles.append(f"a request to another host: {request.url}")

    @property
    def session(self) -> Session:
        """Return the session with which it is signed in."""
        return self.house.sessions[self.kind.role]

    def expect_trouble(self, *words: str) -> None:
        """Say what the console may complain about, because the test brings it about."""
        self.expected += words

    @property
    def complaints(self) -> list[str]:
        """Return console errors, breaches of the content policy, and requests elsewhere."""
        return [
            trouble
            for trouble in self.troubles
            if not any(words in trouble for words in self.expected)
        ]

    def address(self, rest: str = "") -> str:
        """Return an address within the site, or within the server where it begins with a slash."""
        return self.house.served.url + (rest if rest.startswith("/") else f"/s/{self.site}/{rest}")

    def open(self, rest: str = "") -> Page:
        """Open a page of the site."""
        self.page.goto(self.address(rest))
        return self.page

    def turn(self, size: tuple[int, int]) -> None:
        """Hold it the other way."""
        width, height = size
        self.page.set_viewport_size({"width": width, "height": height})

    def button(self, name: str, within: Locator | None = None) -> Locator:
        """Find the button whose name begins with these words."""
        scope = within or self.page.locator("main")
        return scope.get_by_role("button", name=re.compile(rf"^\W*{re.escape(name)}")).first

    def has(self, selector: str, words: str | re.Pattern[str]) -> None:
        """Wait until a part of the page says this."""
        expect(self.page.locator(selector)).to_contain_text(words, timeout=SLOWEST_MS)

    def is_at(self, pattern: str) -> None:
        """Wait until the page is at an address of the site that fits a pattern."""
        where = re.compile(re.escape(self.address()) + pattern + "$")
        expect(self.page).to_have_url(where, timeout=SLOWEST_MS)


class NewTablet(Protocol):
    """Makes a tablet for the site of the test."""

    def __call__(self, kind: Kind = ...) -> Tablet:
        """Make one of this kind."""
