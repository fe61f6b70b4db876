"""The built style sheet, on a page that holds every component, by day and by night."""

import mimetypes
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from axe_playwright_python.sync_playwright import Axe
from jinja2 import ChainableUndefined, ChoiceLoader, Environment, FileSystemLoader, PackageLoader
from playwright.sync_api import Browser, Page, Route, sync_playwright

HERE = Path(__file__).parent
BUILT = HERE.parents[1] / "src" / "safelight" / "web" / "static" / "built"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ADDRESS = "http://gallery.test"
THEMES = ["day", "night"]
SMALLEST_TARGET = 48
WCAG_AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
TARGETS = (
    ".nhsuk-button, .nhsuk-input, .nhsuk-select, .nhsuk-breadcrumb__link, .nhsuk-back-link, "
    ".sl-action, .sl-keypad__key, .sl-emergency-button, .sl-emergency-bar a"
)


def gallery(theme: str) -> str:
    """Render every component in one theme."""
    loader = ChoiceLoader([FileSystemLoader(HERE), PackageLoader("nhsuk_frontend_jinja")])
    # The design system's macros look up options that a caller need not give.
    environment = Environment(loader=loader, undefined=ChainableUndefined, autoescape=True)
    return environment.get_template("gallery.html.jinja").render(theme=theme)


def answer(route: Route) -> None:
    """Serve the gallery and the built files, so that no test needs a port."""
    wanted = urlparse(route.request.url)
    if wanted.path in {f"/{theme}" for theme in THEMES}:
        route.fulfill(body=gallery(wanted.path[1:]), content_type="text/html; charset=utf-8")
        return
    kind = mimetypes.guess_type(wanted.path)[0]
    route.fulfill(path=BUILT / wanted.path[1:], content_type=kind or "application/octet-stream")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture(params=THEMES)
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    opened = context.new_page()
    opened.route("**/*", answer)
    opened.goto(f"{ADDRESS}/{request.param}", wait_until="load")
    yield opened
    context.close()


def style_sheet() -> str:
    """Read what setup built."""
    return (BUILT / "safelight.css").read_text(encoding="utf-8")


def test_styles_fetch_no_font_and_nothing_from_another_address() -> None:
    assert "@font-face" not in style_sheet()
    assert "frutiger" not in style_sheet().lower()
    assert "//" not in "".join(re.findall(r"url\([^)]*\)", style_sheet()))


def test_styles_refer_only_to_icons_that_are_built() -> None:
    icons = {target.strip("'\"") for target in re.findall(r"url\(([^)]*)\)", style_sheet())}
    assert {icon for icon in icons if not (BUILT / icon).is_file()} == set()


def test_built_files_hold_no_nhs_logo() -> None:
    icons = [path.name for path in (BUILT / "nhsuk").rglob("*") if path.is_file()]
    unwanted = ("mask", "favicon", "opengraph", "180", "192", "512")
    assert [name for name in icons if any(word in name for word in unwanted)] == []
    assert "nhsuk-header__logo" not in gallery("day")


@pytest.mark.browser
def test_gallery_meets_wcag_aa(page: Page) -> None:
    # Edges and boxes drawn beside words keep axe from judging the words; they stand behind none.
    page.add_style_tag(content="::before { content: none !important }")
    found = Axe().run(page, options=WCAG_AA).response["violations"]
    told = [
        f"{rule['id']}: {node['html'][:90]} {node['any'][0]['message'] if node['any'] else ''}"
        for rule in found
        for node in rule["nodes"]
    ]
    assert told == []


@pytest.mark.browser
def test_controls_are_large_enough_for_a_gloved_thumb(page: Page) -> None:
    heights = page.locator(f":is({TARGETS}):visible").evaluate_all(
        "found => found.map(element => [element.className, element.offsetHeight])"
    )
    assert len(heights) > len(TARGETS.split(","))
    assert [name for name, height in heights if height < SMALLEST_TARGET] == []


@pytest.mark.browser
def test_every_state_of_a_place_has_an_edge_of_its_own(page: Page) -> None:
    edges = page.locator(".sl-place").evaluate_all(
        """places => places.map(place => {
            const edge = getComputedStyle(place, '::before');
            // What remains when every colour is taken away: width and pattern.
            return edge.width + edge.backgroundImage.replace(/rgba?\\([^)]*\\)/g, '');
        })"""
    )
    assert len(set(edges)) == len(edges)
