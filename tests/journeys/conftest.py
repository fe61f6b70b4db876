"""One server for each process of the tests, a site for each test, and tablets to work on it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.sites import House, open_house
from tests.journeys.tablet import CHROMIUM, FLAGS, Kind, NewTablet, Tablet

SITES = [f"centre-{number}" for number in range(1, 41)]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey, and skip them all, saying so, where there is no browser."""
    missing = pytest.mark.skip(
        reason=f"NO SCREEN WAS TESTED: {CHROMIUM} is missing; install your system's Chromium"
    )
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not Path(CHROMIUM).exists():
                item.add_marker(missing)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A real server over a home of its own."""
    with open_house(tmp_path_factory.mktemp("house") / "home", SITES) as opened:
        yield opened


@pytest.fixture(scope="session")
def untouched() -> Iterator[str]:
    """Sites in which nothing has happened yet."""
    return iter(SITES)


@pytest.fixture
def site(untouched: Iterator[str]) -> str:
    """A site for one test."""
    return next(untouched)


@pytest.fixture(scope="package")
def some_sites(untouched: Iterator[str]) -> tuple[str, str]:
    """Two sites for whatever only looks at them."""
    return next(untouched), next(untouched)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium, closed before the tests of another package run: its event loop is in their way."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def new_tablet(browser: Browser, house: House, site: str) -> Iterator[NewTablet]:
    """Makes tablets for the test's site; at the end none may have had anything to complain of."""
    made: list[Tablet] = []
    with ExitStack() as stack:

        def make(kind: Kind = Kind()) -> Tablet:  # noqa: B008 - a value that never changes
            tablet = Tablet(browser, house, site, kind)
            stack.callback(tablet.context.close)
            made.append(tablet)
            return tablet

        yield make
        assert [complaint for tablet in made for complaint in tablet.complaints] == []
