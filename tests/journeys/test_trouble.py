"""What goes wrong on a busy floor, and what people are told then."""

import csv
import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from safelight.run.domain.base import Role
from safelight.wiring import new_id
from tests.journeys.sites import Crowd
from tests.journeys.tablet import Kind, NewTablet, Tablet
from tests.journeys.truth import figures

WRONG_PASSWORDS = 5
LONDON = ZoneInfo("Europe/London")
MAY_NOT = "The role analyst may not see this page"


def is_refused(tablet: Tablet, message: str, remedy: str, rule: str) -> None:
    """Check that a page says what was refused, what to do, and by which rule."""
    tablet.has("h1", "Not saved")
    tablet.has(".nhsuk-error-summary", message)
    tablet.has(".nhsuk-error-summary", remedy)
    tablet.page.get_by_text("Which rule is this?").click()
    expect(tablet.page.locator("code", has_text=rule)).to_be_visible()


def test_two_tablets_place_the_same_person_and_the_second_is_told(new_tablet: NewTablet) -> None:
    first, second = new_tablet(), new_tablet(Kind(role=Role.WORKER, scripts=False))
    visit = Crowd(first.session, first.site).wait()
    for tablet in (first, second):
        tablet.open(f"visits/{visit}")
    first.button("Place in Booth 1").click()
    first.has("#place-booth-1", "In use")
    second.expect_trouble("status of 422")
    second.button("Place in Booth 2").click()
    is_refused(second, "is in place: cannot place now", "Look at the board", "visit-stage")
    second.has("dl", "booth-2")
    expect(second.button("Try again")).to_be_visible()
    second.page.get_by_role("link", name="Back without saving").click()
    second.has("#place-booth-1", "In use")
    second.has("#place-booth-2", "Free")


def test_a_stale_tab_keeps_what_was_typed(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    crowd = Crowd(tablet.session, tablet.site)
    visit = crowd.use("booth-1")
    page = tablet.open(f"visits/{visit}")
    for substance in ("heroin", "cocaine"):
        page.locator(f"#start input[value={substance}] + label").click()
    crowd.do("visit.leave", visit=visit)
    tablet.expect_trouble("status of 422")
    page.locator("#start button").click()
    is_refused(tablet, "left", "Look at the board", "visit-stage")
    tablet.has("dl", "heroin")
    tablet.has("dl", "cocaine")


def test_a_double_click_writes_once(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    tablet.open("supplies")
    tablet.button("Filter").dblclick()
    tablet.has("main", "Supplies")
    tablet.open("reception")
    tablet.button("Adult: come in").dblclick()
    tablet.is_at(r"visits/v-\w+")
    counted = figures(tablet.house, tablet.site)
    assert counted["equipment_given"] == 1
    assert counted["visits"] == 1


def test_control_characters_are_refused_and_the_note_is_kept(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    page = tablet.open("shift")
    page.locator("#note").fill("Mirror of booth 5\nis broken\x07")
    tablet.expect_trouble("status of 422")
    tablet.button("Leave the note").click()
    is_refused(tablet, "characters that nobody can see", "Check what you typed", "form-text")
    tablet.has("dl", "Mirror of booth 5")
    page.locator("textarea").fill("Mirror of booth 5 is broken")
    tablet.button("Try again").click()
    tablet.is_at("shift")
    tablet.has("#state-heading + p", "Last handover note")


def test_nothing_happens_in_the_future(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    crowd = Crowd(tablet.session, tablet.site)
    incident = crowd.call_for_help(place="booth-1")
    now = datetime.now(LONDON)
    later = now + timedelta(hours=3)
    status, said = tablet.session.post(
        tablet.site,
        "incident.record",
        command=new_id(),
        incident=incident,
        what="oxygen",
        happened_at=later.isoformat(),
    )
    assert status == 422
    assert "not-in-future" in said
    status, said = tablet.session.post(
        tablet.site,
        "incident.record",
        command=new_id(),
        incident=incident,
        what="oxygen",
        happened_time=f"{min(now + timedelta(minutes=20), now.replace(hour=23, minute=59)):%H%M}",
    )
    assert status == 422
    assert "has not come yet" in said
    # On the screens a time that is hours away is the last one that was, and the timeline says so.
    page = tablet.open(f"incidents/{incident}")
    page.locator("#late-time").fill(f"{later:%H%M}")
    page.locator("#late-note").fill("Two colleagues helped")
    tablet.button("Add", page.locator("#late-entry")).click()
    last = later - timedelta(days=1)
    is_today = last.date() == now.date()
    day = "" if is_today else f"{last.day} {last:%B %Y} "
    tablet.has("#timeline", f"{day}{last:%H:%M}:00")


def test_an_unknown_person_is_a_page_that_helps_on(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    tablet.expect_trouble("status of 404")
    tablet.open("person/p-0")
    tablet.has("h1", "There is no such")
    expect(tablet.page.get_by_role("link", name="Go to the start")).to_be_visible()
    expect(tablet.page.get_by_role("link", name="record an emergency")).to_be_visible()


def test_an_analyst_sees_figures_and_plans_and_nothing_of_people(new_tablet: NewTablet) -> None:
    tablet = new_tablet(Kind(role=Role.ANALYST))
    crowd = Crowd(tablet.house.sessions[Role.NURSE], tablet.site)
    visit, incident = crowd.arrive(), crowd.call_for_help()
    tablet.expect_trouble("status of 403")
    pages = ["", "reception", f"visits/{visit}", f"incidents/{incident}", "supplies", "shift"]
    for page in [*pages, "journal", "corrections", "setup", "aftercare", "incidents"]:
        tablet.open(page)
        expect(tablet.page.locator("body")).to_contain_text(MAY_NOT)
        expect(tablet.page.get_by_role("button", name="Emergency")).to_have_count(0)
    assert tablet.page.request.get(tablet.address("live")).status == 403
    tablet.open("statistics")
    expect(tablet.page.locator(".sl-menu__link")).to_have_text(["Figures", "Plan"])
    expect(tablet.page.locator(".sl-emergency-bar")).to_have_count(0)


def test_too_many_wrong_passwords_have_to_wait(new_tablet: NewTablet) -> None:
    tablet = new_tablet(Kind(role=Role.ANYONE))
    tablet.expect_trouble("status of 422", "status of 429")
    for _ in range(WRONG_PASSWORDS):
        try_to_sign_in(tablet.open("/login"))
        tablet.has(".nhsuk-error-summary", "name or the password is wrong")
    try_to_sign_in(tablet.open("/login"))
    tablet.has(".nhsuk-error-summary", "Too many wrong passwords. Try again in 5 minutes.")


def try_to_sign_in(page: Page) -> None:
    """Sign in as somebody who is not there."""
    page.locator("#login").fill("somebody-else")
    page.locator("#password").fill("open sesame open sesame")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in", exact=True).click()


def test_an_emergency_needs_no_login_and_is_answered_for_later(new_tablet: NewTablet) -> None:
    passer_by, nurse = new_tablet(Kind(role=Role.ANYONE)), new_tablet()
    page = passer_by.open("/login")
    page.locator(f'form[action="/s/{passer_by.site}/do/incident.open"] button').click()
    passer_by.is_at(r"emergency/i-\w+")
    passer_by.has("h1", re.compile(r"Emergency since \d\d:\d\d"))
    for action in ("Oxygen", "400 micrograms, muscle", "Ambulance: ambulance called"):
        passer_by.button(action).click()
        passer_by.has("ol", re.compile(action.split(",")[0].split(": ")[-1], re.IGNORECASE))

    nurse.open()
    nurse.has(".sl-emergency-bar", "somebody on the floor")
    nurse.page.locator(".sl-emergency-bar a").click()
    nurse.has(".sl-notice", "Recorded by somebody who had not signed in")
    nurse.has("#summary", "Naloxone 1 dose, 400 micrograms")
    nurse.button("I recorded this").click()
    nurse.has(".sl-notice", "answers for it")
    # From now on it is shown to nobody who is not signed in.
    passer_by.page.reload()
    expect(passer_by.page).to_have_url(re.compile("/login"))


def test_the_colours_of_the_night_stay(new_tablet: NewTablet) -> None:
    tablet = new_tablet()
    page = tablet.open("reception")
    shades = {"day": background(page)}
    page.get_by_role("button", name="Night colours").click()
    tablet.is_at("reception")
    for rest in ("reception", "", "statistics", "/emergency"):
        tablet.open(rest)
        expect(page.locator("html")).to_have_attribute("data-theme", "night")
    shades["night"] = background(page)
    assert shades["day"] != shades["night"]
    page.get_by_role("button", name="Day colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "day")


def background(page: Page) -> str:
    """Return the colour behind everything."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_figures_come_with_their_definitions_and_as_a_file(new_tablet: NewTablet) -> None:
    tablet = new_tablet(Kind(role=Role.ANALYST))
    crowd = Crowd(tablet.house.sessions[Role.NURSE], tablet.site)
    for place in ("booth-1", "booth-2"):
        crowd.use(place, "heroin")
    page = tablet.open("statistics")
    for term in ("Times accessed", "Medical emergencies", "Service users"):
        expect(page.locator("dl dt", has_text=term).first).to_be_visible()
    expect(page.locator("dl")).to_contain_text("Separate occasions on which somebody came in")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert re.fullmatch(rf"safelight-{tablet.site}-.+\.csv", download.value.suggested_filename)
    head, month = csv.reader(io.StringIO(download.value.path().read_text()))
    shown = page.locator("tbody").first.locator("td").all_inner_texts()
    assert [int(one.replace(",", "")) for one in shown] == [int(one) for one in month[1:9]]
    counted = dict(zip(head, month, strict=True))
    assert counted["visits"] == counted["injecting"] == "2"
