"""No screen keeps anybody out: checked with axe on every one, by day and night, both ways up."""

import pytest

from safelight.run.domain.base import Role
from tests.journeys.accessibility import overflow, violations
from tests.journeys.screens import Screen, every_screen
from tests.journeys.sites import House
from tests.journeys.tablet import LANDSCAPE, PORTRAIT, Kind, NewTablet, Tablet


@pytest.fixture(scope="package")
def screens(house: House, some_sites: tuple[str, str]) -> list[Screen]:
    """Every screen of a busy site and a closed one."""
    return every_screen(house, *some_sites)


@pytest.mark.parametrize("theme", ["day", "night"])
def test_no_screen_has_a_barrier_whichever_way_the_tablet_is_held(
    new_tablet: NewTablet, screens: list[Screen], theme: str
) -> None:
    tablets: dict[Role, Tablet] = {}
    found = []
    for screen in screens:
        if screen.role not in tablets:
            tablets[screen.role] = new_tablet(Kind(screen.role, theme=theme))
        tablet = tablets[screen.role]
        tablet.site = screen.site
        tablet.turn(LANDSCAPE)
        screen.go(tablet)
        assert tablet.page.locator("html").get_attribute("data-theme") == theme
        for size in (LANDSCAPE, PORTRAIT):
            tablet.turn(size)
            found += [f"{screen.name}, {size}: {each}" for each in see(tablet)]
    assert found == []


def see(tablet: Tablet) -> list[str]:
    """Return everything that is wrong with the page shown."""
    return violations(tablet.page) + overflow(tablet.page) + tablet.complaints


def test_the_check_sees_a_barrier_a_wide_page_and_a_breach_of_the_content_policy(
    new_tablet: NewTablet,
) -> None:
    tablet = new_tablet()
    page = tablet.open("reception")
    assert see(tablet) == []
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert "button-name" in " ".join(violations(page))
    page.evaluate("document.querySelector('h1').style.color = '#f0f4f5'")
    assert "colour of its background" in " ".join(violations(page))
    page.evaluate("document.querySelector('main button:empty').style.width = '3000px'")
    assert "px wide" in " ".join(overflow(page))
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<p style=\"x:y\">')"
    )
    tablet.has("main", "Reception")
    assert "Content Security Policy" in " ".join(tablet.complaints)
    tablet.expect_trouble("Content Security Policy")
