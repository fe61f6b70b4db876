"""``python -m tests.journeys.screenshots``: takes the README's pictures of a demonstration."""

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from safelight.rehearse.demo import BUILDING
from safelight.run.domain.base import Role
from safelight.wiring import Home, demo_password
from tests.journeys.sites import House
from tests.journeys.tablet import CHROMIUM, FLAGS, Kind, Tablet
from tests.support.server import log_in, served

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MOST_BYTES = 200_000
BUSY_PLACES = 5
PATIENCE_SECONDS = 600.0
SETTLE_MS = 90_000


def main() -> None:
    """Wait until the demonstration is busy, have an emergency, and take three pictures."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with served(home, "demo") as server:
            session = log_in(server.port, Role.NURSE.value, demo_password(Home(home)))
            house = House(home, server, {}, {Role.NURSE: session})
            take(browser, house)
        browser.close()


def take(browser: Browser, house: House) -> None:
    """Take the pictures."""
    day = Tablet(browser, house, BUILDING, Kind())
    page = day.open()
    wait_until_busy(page)
    page.wait_for_timeout(SETTLE_MS)  # a floor on which everybody has just sat down looks made up
    wait_until_busy(page)
    incident = have_an_emergency(day)
    shoot(page, "incident")
    day.open()
    page.locator("#connection[data-state=live]").wait_for()
    shoot(page, "board")
    night = Tablet(browser, house, BUILDING, Kind(theme="night"))
    night.open().locator("#connection[data-state=live]").wait_for()
    shoot(night.page, "board-night")
    # Leave nothing running: somebody may look at the rehearsal next.
    page.goto(incident)
    page.locator("#end-recovered_on_site button").click()


def wait_until_busy(page: Page) -> None:
    """Wait until several places are in use and somebody waits."""
    until = time.monotonic() + PATIENCE_SECONDS
    using = page.locator(".sl-place[data-state=occupied]")
    while using.count() < BUSY_PLACES or not page.locator("[id^=waiting-]").count():
        if time.monotonic() > until:
            raise SystemExit(f"Only {using.count()} places came into use, or nobody waited.")
        page.wait_for_timeout(1000)


def have_an_emergency(tablet: Tablet) -> str:
    """Call for help in a place that is in use, and do what is done; returns the page's address."""
    page = tablet.page
    using = page.locator(".sl-place[data-state=occupied]", has_not_text="Not started")
    using.locator(".sl-tap--emergency button").last.click()
    page.locator(".sl-incident__clock").wait_for()
    for what in ("stimulation", "oxygen"):
        with page.expect_navigation():
            page.locator(f"#act-{what} button").click()
    page.locator("#obs-rr").fill("7")
    page.locator("#obs-spo2").fill("86")
    page.locator("#obs-avpu").select_option("pain")
    for selector in ("#observe button[type=submit]", "#doses button >> nth=0"):
        with page.expect_navigation():
            page.locator(selector).click()
    page.evaluate("scrollTo(0, 0)")
    return page.url


def shoot(page: Page, name: str) -> None:
    """Take one picture, and fail where it is too large for a README."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    sys.stdout.write(f"{path.relative_to(IMAGES.parents[1])}: {size:,} bytes\n")
    if size > MOST_BYTES:
        raise SystemExit(f"{name} is larger than {MOST_BYTES:,} bytes.")


if __name__ == "__main__":
    main()
