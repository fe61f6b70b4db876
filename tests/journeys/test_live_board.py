"""Two tablets and one floor: what is tapped on one shows on the other, or it says why not."""

import re
from collections.abc import Iterator
from resource import RLIMIT_FSIZE, prlimit

import pytest
from playwright.sync_api import Browser, expect

from safelight.run.domain.base import Role
from tests.journeys.accessibility import violations
from tests.journeys.sites import Crowd, House, open_house
from tests.journeys.tablet import Kind, NewTablet, Tablet

DOOMED = "doomed"
SOON_MS = 2_000


@pytest.fixture
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server of the test's own, to make trouble for."""
    with open_house(tmp_path_factory.mktemp("doomed") / "home", [DOOMED], (Role.NURSE,)) as opened:
        yield opened


@pytest.fixture
def tablet(browser: Browser, doomed: House) -> Iterator[Tablet]:
    """A tablet of that server."""
    made = Tablet(browser, doomed, DOOMED, Kind())
    yield made
    made.context.close()


def test_a_tap_shows_on_the_other_tablet_at_once_and_disturbs_nobody(
    new_tablet: NewTablet,
) -> None:
    near, far = new_tablet(), new_tablet(Kind(role=Role.WORKER))
    crowd = Crowd(near.session, near.site)
    crowd.wait()
    near.open()
    far.open()
    expect(far.page.locator("#connection")).to_have_text("Live")
    far.page.evaluate("window.unreloaded = true")
    far.page.locator("#help-seat-2 button").focus()

    near.button("Place in Booth 1").click()
    expect(far.page.locator("#capacity")).to_contain_text("1 of 7", timeout=SOON_MS)
    near.page.locator("#help-booth-1 button").click()
    bar = far.page.locator(".sl-emergency-bar")
    expect(bar).to_contain_text("Booth 1", timeout=SOON_MS)

    expect(far.page.locator("#announcer")).to_contain_text("Emergency: Booth 1")
    expect(far.page.locator("#help-seat-2 button")).to_be_focused()
    assert far.page.evaluate("window.unreloaded") is True
    # What came by the stream can be tapped like what came with the page.
    far.page.locator("#open-booth-1").click()
    far.is_at(r"incidents/i-\w+")


def test_buttons_that_came_by_the_stream_work(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    tablet.open()
    expect(tablet.page.locator("#connection")).to_have_text("Live")
    visit = Crowd(tablet.session, tablet.site).wait()
    tablet.page.locator(f"#seat-{visit} button").click()
    tablet.has("#capacity", "1 of 7")


def test_a_running_incident_grows_on_the_other_tablet_and_keeps_what_is_half_typed(
    new_tablet: NewTablet,
) -> None:
    near, far = new_tablet(), new_tablet(Kind(role=Role.WORKER))
    incident = Crowd(near.session, near.site).call_for_help(place="booth-2")
    for each in (near, far):
        each.open(f"incidents/{incident}")
    far.page.locator("#obs-rr").fill("9")
    far.page.locator("#act-oxygen button").focus()
    near.page.locator("#act-airway button").click()
    expect(far.page.locator("#act-airway")).to_contain_text("✓", timeout=SOON_MS)
    expect(far.page.locator("#timeline")).to_contain_text("Airway opened")
    expect(far.page.locator("#obs-rr")).to_have_value("9")
    expect(far.page.locator("#act-oxygen button")).to_be_focused()


def test_the_first_news_takes_no_focus_away(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    tablet.expect_trouble("net::ERR_FAILED")
    tablet.context.route("**/live", lambda route: route.abort())  # the news comes from here
    incident = Crowd(tablet.session, tablet.site).call_for_help()
    page = tablet.open(f"incidents/{incident}")
    page.locator("#act-oxygen button").focus()
    page.evaluate(
        "safelight.morph(document.querySelector('#actions'),"
        " document.querySelector('#actions').innerHTML)"
    )
    expect(page.locator("#act-oxygen button")).to_be_focused()


def test_a_board_without_its_server_says_that_it_may_be_old(tablet: Tablet, doomed: House) -> None:
    tablet.open()
    connection = tablet.page.locator("#connection")
    expect(connection).to_have_text("Live")
    doomed.served.stop()
    expect(connection).to_have_text(
        re.compile(r"Connection lost at \d\d:\d\d: what is shown may be old"), timeout=10_000
    )
    assert violations(tablet.page) == []


def test_a_machine_that_cannot_save_says_so_and_still_takes_emergencies(
    tablet: Tablet, doomed: House
) -> None:
    page = tablet.open("supplies")
    prlimit(doomed.served.process.pid, RLIMIT_FSIZE, (4096, 4096))  # as if the disk were full
    page.locator("#give-quantity").fill("7")
    tablet.button("Filter").click()
    tablet.has("h1", "NOT SAVED")
    tablet.has("main", "It is kept nowhere but on this page")
    tablet.has("main", "7")
    expect(tablet.button("Try again")).to_be_visible()
    assert violations(page) == []

    page.goto(tablet.address())
    tablet.has(".sl-alarm", "Emergencies are still taken")
    page.locator("#help-booth-1 button").click()
    tablet.has("main", "emergency store")
    assert violations(page) == []
