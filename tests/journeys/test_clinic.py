"""A session at a clinic, on the screens, by two people with their codes."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page

from safelight.run.domain.base import Role
from tests.journeys.accessibility import overflow, violations
from tests.journeys.clinics import Clinic, open_clinic
from tests.journeys.hands import Mouse
from tests.journeys.tablet import LANDSCAPE, PORTRAIT, Kind, NewTablet, Tablet
from tests.support.treating import REGISTER, SITE

CALM = {"rr": "14", "spo2": "97"}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    with open_clinic(tmp_path_factory.mktemp("clinic") / "home") as opened:
        yield opened


@pytest.fixture
def tablets(browser: Browser, clinic: Clinic) -> Iterator[NewTablet]:
    """Makes tablets for the clinic; at the end none may have had anything to complain of."""
    made: list[Tablet] = []
    with ExitStack() as stack:

        def make(kind: Kind = Kind()) -> Tablet:  # noqa: B008 - a value that never changes
            tablet = Tablet(browser, clinic.house, SITE, kind)
            stack.callback(tablet.context.close)
            made.append(tablet)
            return tablet

        yield make
        assert [complaint for tablet in made for complaint in tablet.complaints] == []


class Second(NamedTuple):
    """A pharmacist with their app; three codes are good within a minute, each once.

    Counted from a little after the start, so that none is too old when it arrives.
    """

    clinic: Clinic
    start: datetime

    def stands_by(self, page: Page, prefix: str, step: int) -> None:
        """Name themselves and type a code."""
        page.locator(f"#{prefix}witness").select_option(self.clinic.house.staff[Role.PHARMACIST])
        code = self.clinic.code(Role.PHARMACIST, step, self.start)
        page.locator(f"#{prefix}witness-proof").fill(code)


def observe(tablet: Tablet, hand: Mouse) -> None:
    """See that a patient is well."""
    page = tablet.page
    hand.tick(page.locator("#observe input[value=poss_1]"))
    for field, value in CALM.items():
        page.locator(f"#observe-{field}").fill(value)
    hand.press(page.locator("#observe button[type=submit]"))


def test_a_session_from_the_board_to_the_accounting(clinic: Clinic, tablets: NewTablet) -> None:
    """Without scripts: the clock is confirmed, a dose is prepared, injected and accounted for."""
    tablet, hand = tablets(Kind(Role.NURSE, scripts=False)), Mouse()
    second = Second(clinic, datetime.now(UTC) + timedelta(seconds=3))
    confirm_the_clock(tablet, hand, second)
    prepare(tablet, hand, second)
    hand.press(tablet.button("Begins now, by the patient"))
    account(tablet, hand, second)
    # Nobody is cleared before the time is over, whatever the dose was.
    observe(tablet, hand)
    hand.press(tablet.button("Clear: may go"))
    tablet.has("main", "whatever the dose was")
    tablet.open("clinic")
    tablet.has("#observing-heading", "Observing: 2")


def confirm_the_clock(tablet: Tablet, hand: Mouse, second: Second) -> None:
    """Nothing before two people have found it right."""
    page = tablet.open("clinic")
    tablet.has("#clock-heading", "Confirm the clock")
    local = datetime.now(ZoneInfo("Europe/London"))
    page.locator("#clock-other").fill(f"{local:%Y-%m-%dT%H:%M}")
    page.locator("#clock-proof").fill(second.clinic.code(Role.NURSE))
    second.stands_by(page, "clock-", -1)
    hand.press(tablet.button("Confirm"))
    assert page.locator("#clock-heading").count() == 0


def prepare(tablet: Tablet, hand: Mouse, second: Second) -> None:
    """Arrival, identity and assessment; then two people prepare what was ordered."""
    page = tablet.page
    due = second.clinic.patients.due
    hand.press(tablet.button("Is here", page.locator(f"#patient-{due}")))
    hand.press(page.locator(f"#patient-{due} a.sl-who"))
    hand.press(tablet.button("By the photograph"))
    hand.tick(page.locator("#assess input[value=poss_1]"))
    for field, value in {**CALM, "alcohol": "0"}.items():
        page.locator(f"#assess-{field}").fill(value)
    hand.tick(page.locator("#assess input[name='bedside.looked_for_signs']"))
    hand.press(page.locator("#assess button[type=submit]"))
    # A wrong code first: nothing is lost but the code.
    form = page.locator("form[id^=prepare-rx]")
    prefix = (form.get_attribute("id") or "").removeprefix("prepare-") + "-"
    second.stands_by(page, prefix, 0)
    page.locator(f"#{prefix}witness-proof").fill("000000")
    tablet.expect_trouble("status of 422")
    hand.press(form.get_by_role("button"))
    tablet.has("main", "code")
    page.go_back()
    second.stands_by(page, prefix, 0)
    hand.press(form.get_by_role("button"))


def account(tablet: Tablet, hand: Mouse, second: Second) -> None:
    """50 mg were left in the syringe."""
    page = tablet.page
    page.locator("#account-given").fill("150")
    page.locator("#account-wasted").fill("50")
    second.stands_by(page, "account-", 1)
    hand.press(page.locator("#account button[type=submit]"))
    tablet.has("main", "given 150, wasted 50, put back 0 mg")


def test_whoever_was_observed_long_enough_is_cleared(clinic: Clinic, tablets: NewTablet) -> None:
    tablet, hand = tablets(), Mouse()
    observed = clinic.patients.observed
    tablet.open(f"clinic/sessions/{clinic.patients.sessions[observed]}")
    observe(tablet, hand)
    observe(tablet, hand)
    hand.press(tablet.button("Clear: may go"))
    tablet.is_at("clinic")
    assert tablet.page.locator(f"#patient-{observed} a.sl-who").count() == 1
    assert (
        tablet.page.locator("#observing-heading + ul", has_text=clinic.handles[observed]).count()
        == 0
    )


def test_a_prescriber_reviews_whoever_is_locked(clinic: Clinic, tablets: NewTablet) -> None:
    tablet, hand = tablets(Kind(Role.PRESCRIBER)), Mouse()
    page = tablet.open(f"clinic/patients/{clinic.patients.locked}")
    tablet.has("main", "Doses are locked")
    hand.tick(page.locator("#review input[value=seen_and_safe]"))
    page.locator("#review-proof").fill(clinic.code(Role.PRESCRIBER))
    hand.press(page.locator("#review button[type=submit]"))
    assert page.locator("#review-heading").count() == 0


@pytest.mark.parametrize("theme", ["day", "night"])
def test_no_screen_of_the_clinic_has_a_barrier(
    clinic: Clinic, tablets: NewTablet, theme: str
) -> None:
    nurse, prescriber = (tablets(Kind(role, theme=theme)) for role in (Role.NURSE, Role.PRESCRIBER))
    manager, officer = (tablets(Kind(role, theme=theme)) for role in (Role.MANAGER, Role.OFFICER))
    book = f"registers/{REGISTER}"
    found = []
    for tablet, rest in [
        (nurse, "clinic"),
        *((prescriber, f"clinic/sessions/{key}") for key in clinic.patients.sessions.values()),
        (prescriber, f"clinic/patients/{clinic.patients.ready}"),
        (prescriber, f"clinic/patients/{clinic.patients.new}"),
        (manager, "clinic/licences"),
        (nurse, "treatments"),
        *((prescriber, f"treatments/{key}") for key in list(clinic.treatments.values())[:1]),
        (nurse, f"patient/{clinic.patients.due}/identity"),
        (manager, "looks"),
        *((nurse, rest) for rest in ("registers", book, f"{book}/lines/1", "concern", "journal")),
        *((officer, rest) for rest in ("registers", book, "oversight", f"{book}/print")),
    ]:
        tablet.open(rest)
        for size in (LANDSCAPE, PORTRAIT):
            tablet.turn(size)
            found += [f"{rest}, {size}: {each}" for each in violations(tablet.page)]
            found += [f"{rest}, {size}: {each}" for each in overflow(tablet.page)]
    assert found == []


def test_an_overdose_of_nobody_in_particular_holds_up_doses_until_it_is_said_whose(
    clinic: Clinic, tablets: NewTablet
) -> None:
    """The emergency button in the corner of every page names nobody."""
    tablet, hand = tablets(), Mouse()
    page = tablet.open("clinic")
    hand.press(page.locator("header .sl-emergency-button"))
    tablet.open("clinic")
    hand.press(page.get_by_role("link", name="Say whose, or that it was nobody"))
    tablet.has("#whose-heading", "Whose emergency is it?")
    page.locator("#whose-person").select_option(clinic.patients.new)
    found = violations(page)
    hand.press(page.locator("#whose-patient button"))
    tablet.has("h1", clinic.handles[clinic.patients.new])
    assert page.locator("#whose").count() == 0
    tablet.open("clinic")
    assert page.get_by_role("link", name="Say whose").count() == 0
    assert "overdose" in page.locator(f"#patient-{clinic.patients.new}").inner_text()
    assert found + violations(page) == []
