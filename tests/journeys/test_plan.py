"""Planning on screen: where the need is, where to put what, and the end of a job."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from safelight.run.domain.base import Role
from tests.journeys.accessibility import overflow, violations
from tests.journeys.tablet import LANDSCAPE, PORTRAIT, Kind, NewTablet, Tablet

ANALYST = Kind(Role.ANALYST)
PATIENCE_MS = 120_000  # a plan is worked out behind everything else
AREAS = "#map path.sl-area"
READY = "#map[data-ready]"
PHONE = (390, 844)
# Names of districts, sites and buttons of the map that lie over one another.
COLLISIONS = """() => {
  const things = [...document.querySelectorAll(
    "#map .sl-map__name span:not(.sl-map__name--crowded), #map .sl-pinmark, #map .leaflet-control"
  )].map(each => [each.textContent, each.className, each.getBoundingClientRect()]);
  const apart = (a, b) =>
    a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
  return things.flatMap(([name, , box], at) => things.slice(at + 1)
    .filter(([, kind, other]) => !kind.includes("sl-pinmark") && !apart(box, other))
    .map(([other]) => `${name} over ${other}`));
}"""
PINS = "#map .sl-pinmark"
# The middle of an area that nothing else covers there, in sight.
SOME_AREA = """() => {
  document.getElementById("map").scrollIntoView({ block: "center" });
  for (const area of document.querySelectorAll("#map path.sl-area")) {
    const box = area.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    if (document.elementFromPoint(x, y) === area) return [x, y];
  }
}"""


def open_need(tablet: Tablet, query: str = "") -> Page:
    """Open the map of need; the shipped example is sketched when it is first wanted."""
    page = tablet.open(f"/plan{query}")
    expect(page).to_have_url(re.compile(r"/plan(\?|$)"), timeout=PATIENCE_MS)
    page.locator(READY).wait_for(timeout=PATIENCE_MS)
    return page


def ask_for(page: Page, tablet: Tablet, **fields: str) -> None:
    """Fill in the form for sites and send it."""
    page.goto(tablet.address("/plan/sites"))
    for name, value in fields.items():
        field = page.locator(f"#{name}")
        if field.evaluate("element => element.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    with page.expect_navigation():
        page.get_by_role("button", name="Plan the sites").click()


def see(tablet: Tablet) -> list[str]:
    """Return everything that is wrong with the page, whichever way the tablet is held."""
    found = []
    for size in (LANDSCAPE, PORTRAIT, PHONE):
        tablet.turn(size)
        found += violations(tablet.page) + overflow(tablet.page)
    tablet.turn(LANDSCAPE)
    return found


@pytest.mark.parametrize("theme", ["day", "night"])
def test_the_evidence_behind_an_area_is_a_click_away(new_tablet: NewTablet, theme: str) -> None:
    tablet = new_tablet(Kind(Role.ANALYST, theme=theme))
    page = tablet.open("/")
    page.get_by_role("link", name=re.compile("^Plan")).first.click()
    page = open_need(tablet)
    assert page.locator(AREAS).count() == page.locator("#areas tbody tr").count()
    page.mouse.click(*page.evaluate(SOME_AREA))
    expect(page.locator("#evidence h2")).to_be_visible()
    expect(page.locator("#evidence")).to_contain_text("By population alone")
    assert re.search(r"[\d.]+ to [\d.]+", page.locator("#evidence").inner_text())
    assert page.locator(".sl-area--chosen").count() == 1
    assert see(tablet) == []


def test_the_map_and_its_table_always_say_the_same(new_tablet: NewTablet) -> None:
    tablet = new_tablet(ANALYST)
    for query in ("", "?view=width&measure=people_at_risk", "?view=top"):
        page = open_need(tablet, query)
        colours = page.locator("#areas tbody tr").evaluate_all(
            "rows => Object.fromEntries(rows.map(row => [row.dataset.code, row.dataset.colour]))"
        )
        drawn = page.evaluate(
            """() => [...document.getElementById("map").areaMap.layers].map(([code, layer]) =>
            [code, layer.getElement().getAttribute("class").match(/sl-area--(\\w+)/)[1]])"""
        )
        assert dict(drawn) == colours
        assert len(set(colours.values())) > 3


def test_names_on_a_map_make_room_for_each_other_and_for_its_buttons(new_tablet: NewTablet) -> None:
    tablet = new_tablet(Kind(Role.ANALYST, size=PHONE))
    page = open_need(tablet)
    assert page.evaluate(COLLISIONS) == []
    assert page.locator("#map .sl-map__name--crowded").count() > 0
    tablet.turn(LANDSCAPE)
    page = open_need(tablet)
    assert page.evaluate(COLLISIONS) == []
    assert page.locator("#map .sl-map__name--crowded").count() == 0


def test_the_longest_name_of_a_table_is_no_reason_to_scroll_a_phone_sideways(
    new_tablet: NewTablet,
) -> None:
    page = open_need(new_tablet(Kind(Role.ANALYST, size=PHONE)))
    page.evaluate(
        "document.querySelector('#measure').add(new Option('Somewhere by LSOA '.repeat(6)))"
    )
    assert overflow(page) == []
    page.evaluate("document.querySelector('#look > div').style.minWidth = 'auto'")
    page.evaluate("document.querySelector('#look > div').style.maxWidth = 'none'")
    assert "px wide" in " ".join(overflow(page))  # the check would see it


def test_an_area_is_chosen_without_a_mouse(new_tablet: NewTablet) -> None:
    tablet = new_tablet(ANALYST)
    page = open_need(tablet)
    page.locator("#area-code").focus()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#area-code").input_value()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#evidence")).to_contain_text(chosen)
    assert page.evaluate("document.activeElement.matches('[data-evidence]')")


def test_without_scripts_there_is_a_drawing_and_every_number(new_tablet: NewTablet) -> None:
    with_scripts = new_tablet(ANALYST)
    areas = open_need(with_scripts).locator("#areas tbody tr").count()
    tablet = new_tablet(Kind(Role.ANALYST, scripts=False))
    page = tablet.open("/plan")
    assert page.locator("#map svg path.sl-area").count() == areas
    address = page.locator("#map svg a").first.get_attribute("href")
    assert address is not None
    page.goto(tablet.address(address))
    expect(page.locator("main")).to_contain_text("Empirical Bayes")


def test_a_plan_is_asked_for_and_its_sites_appear(new_tablet: NewTablet) -> None:
    tablet = new_tablet(ANALYST)
    page = open_need(tablet)
    ask_for(page, tablet, sites="3", draws="0")
    expect(page).to_have_url(re.compile("/plan/result/"), timeout=PATIENCE_MS)
    page.locator(READY).wait_for()
    expect(page.locator(PINS)).to_have_count(page.locator("#sites tbody tr").count())
    assert page.evaluate(COLLISIONS) == []
    page.locator("#step").focus()
    page.keyboard.press("Home")
    expect(page.locator(".sl-stepper__value")).to_have_text("1")
    expect(page.locator("#sites tbody tr")).to_have_count(1)
    expect(page.locator(PINS)).to_have_count(1)
    for words in ("No plan can do better than", "Buildings alone", "Mobile stops alone"):
        expect(page.locator("main")).to_contain_text(words)
    assert see(tablet) == []
    expect_files(page)


def expect_files(page: Page) -> None:
    """Take every file away and look at how it begins."""
    begins: dict[str, Callable[[bytes], bool]] = {
        "Report as PDF": lambda body: body.startswith(b"%PDF-") and b"/StructTreeRoot" in body,
        "Sites as CSV": lambda body: body.count(b"\n") > 1,
        "Sites as GeoJSON": lambda body: b'"FeatureCollection"' in body,
    }
    for name, fits in begins.items():
        with page.expect_download() as taken:
            page.get_by_role("link", name=name).click()
        assert fits(taken.value.path().read_bytes()), name


def test_a_running_job_says_how_far_it_is_and_is_cancelled(new_tablet: NewTablet) -> None:
    tablet = new_tablet(ANALYST)
    page = open_need(tablet)
    ask_for(page, tablet, sites="20", draws="200")
    expect(page.locator("#job")).to_contain_text("Running", timeout=PATIENCE_MS)
    assert see(tablet) == []
    with page.expect_navigation():
        page.get_by_role("button", name="Cancel this job").click()
    expect(page.locator("#job")).to_contain_text("Cancelled")
    page.goto(tablet.address("/plan/jobs"))
    expect(page.locator("tbody tr").first).to_contain_text("Cancelled")
    assert see(tablet) == []


def test_what_is_wrong_with_a_plan_stands_beside_the_field(new_tablet: NewTablet) -> None:
    tablet = new_tablet(ANALYST)
    tablet.expect_trouble("status of 422")
    page = open_need(tablet)
    ask_for(page, tablet, sites="many", force="Atlantis")
    expect(page.locator("#sites-error")).to_contain_text("whole number")
    expect(page.locator("#force-error")).to_contain_text("no area")
    assert see(tablet) == []


def test_a_budget_that_buys_nothing_fails_with_words_and_a_remedy(new_tablet: NewTablet) -> None:
    tablet = new_tablet(ANALYST)
    page = open_need(tablet)
    ask_for(page, tablet, sites="2", budget="5", draws="0", force="")
    expect(page.locator(".sl-panel--stop, .sl-facts").first).to_be_visible(timeout=PATIENCE_MS)
    assert see(tablet) == []
