"""Signing in and out, passwords, roles: what holds at once and what is never told."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model

from safelight.kernel.errors import Invalid, Refused
from safelight.run.domain.base import Role
from safelight.web.accounts.service import (
    create_staff,
    find_staff,
    set_active,
    set_password,
    set_role,
)
from safelight.web.throttle import FAILURES, WINDOW_SECONDS, Throttle
from tests.support.fake_node import FakeNode
from tests.support.web import PASSWORD, Browser, account, browser_as, configured, front_for

NEW = "another long password"


def find_staff_of(browser: Browser) -> str:
    """Return the login name of whoever is signed in."""
    (kept,) = browser.front.services.sessions._kept.values()
    return str(get_user_model().objects.get(pk=kept.signed.actor.staff).get_username())


def test_signing_in_leads_to_where_one_wanted_to_go() -> None:
    login, _ = account(Role.NURSE)
    browser = Browser(front_for(FakeNode()))
    fields = {"login": f" {login.upper()} ", "password": PASSWORD, "next": "/s/north/"}
    answer = browser.post("/login", fields)
    assert (answer.status, answer.location) == (302, "/s/north/")


@pytest.mark.parametrize("onward", ["//evil.test", "https://evil.test", "/\\evil.test", "x"])
def test_signing_in_never_leads_out_of_the_service(onward: str) -> None:
    login, _ = account(Role.NURSE)
    browser = Browser(front_for(FakeNode()))
    answer = browser.post("/login", {"login": login, "password": PASSWORD, "next": onward})
    assert answer.location == "/"


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    login, _ = account(Role.NURSE)
    browser = Browser(front_for(FakeNode()))
    answer = browser.post("/login", {"login": login, "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_wrong_name_and_a_wrong_password_look_the_same() -> None:
    login, _ = account(Role.NURSE)
    browser = Browser(front_for(FakeNode()))
    texts = []
    for name, password in [(login, "wrong"), ("nobody-here", PASSWORD)]:
        answer = browser.post("/login", {"login": name, "password": password})
        assert answer.status == 422
        texts.append(answer.text.replace(name, "").split("command")[0])
    assert texts[0] == texts[1]


def test_after_five_failures_even_the_right_password_has_to_wait() -> None:
    login, _ = account(Role.NURSE)
    browser = Browser(front_for(FakeNode()))
    for _ in range(FAILURES):
        browser.post("/login", {"login": login, "password": "wrong"})
    answer = browser.post("/login", {"login": login, "password": PASSWORD})
    assert answer.status == 429
    assert "Try again in 5 minutes" in answer.text
    assert "Emergency: record an overdose now" in answer.text


def test_the_wait_is_over_five_minutes_after_the_first_failure() -> None:
    now = 0.0
    throttle = Throttle(lambda: now)
    for now in range(FAILURES):  # noqa: B007 - the clock reads it
        throttle.failed("a")
    assert throttle.wait("a") == WINDOW_SECONDS - FAILURES + 1
    assert throttle.wait("b") == 0
    now = WINDOW_SECONDS
    assert throttle.wait("a") == 0


def test_a_sign_in_from_another_page_is_not_taken() -> None:
    login, _ = account(Role.NURSE)
    browser = Browser(front_for(FakeNode()))
    fields = {"login": login, "password": PASSWORD}
    assert browser.post("/login", fields, origin="http://evil.test").status == 403


def test_signing_out_holds_at_once() -> None:
    browser = browser_as(Role.WORKER)
    kept, token = dict(browser.cookies), browser.token
    browser.post("/logout", {"token": token})
    browser.cookies = kept
    assert browser.get("/password").location == "/login?next=/password"


def test_signing_somebody_out_takes_a_form_of_their_own() -> None:
    browser = browser_as(Role.WORKER)
    assert browser.post("/logout", {}).status == 403
    assert browser.get("/password").status == 200


def test_a_new_role_holds_at_once() -> None:
    browser = browser_as(Role.WORKER)
    sessions = browser.front.services.sessions
    login = find_staff_of(browser)
    set_role(find_staff(login), Role.ANALYST, sessions)
    assert browser.get("/s/north/").status == 403


def test_whoever_is_deactivated_is_out_at_once() -> None:
    browser = browser_as(Role.WORKER)
    staff = find_staff(find_staff_of(browser))
    set_active(staff, active=False, sessions=browser.front.services.sessions)
    assert browser.get("/password").status == 302
    browser.cookies.clear()
    answer = browser.post("/login", {"login": staff.login, "password": PASSWORD})
    assert answer.status == 422


def test_a_changed_password_ends_every_other_session() -> None:
    browser = browser_as(Role.WORKER)
    login = find_staff_of(browser)
    other = Browser(browser.front)
    other.log_in(login)
    fields = {"token": browser.token, "old": PASSWORD, "new": NEW, "again": NEW}
    answer = browser.post("/password", fields)
    assert "The password was changed" in browser.get(answer.location).text
    assert other.get("/password").status == 302
    set_password(find_staff(login), PASSWORD, browser.front.services.sessions)
    assert browser.get("/password").status == 302


@pytest.mark.parametrize(
    "fields",
    [
        {"old": "wrong", "new": NEW, "again": NEW},
        {"old": PASSWORD, "new": NEW, "again": "different password"},
        {"old": PASSWORD, "new": "short", "again": "short"},
        {"old": PASSWORD, "new": "", "again": ""},
    ],
)
def test_a_password_is_changed_only_properly(fields: dict[str, str]) -> None:
    browser = browser_as(Role.WORKER)
    answer = browser.post("/password", {"token": browser.token, **fields})
    assert answer.status == 422
    assert find_staff(find_staff_of(browser)).check_password(PASSWORD)


def test_an_account_needs_a_free_name_a_role_and_a_good_password() -> None:
    configured()
    login, staff_id = account(Role.MANAGER)
    assert staff_id.startswith("staff-")
    for name, role, password in [
        (login, Role.NURSE, PASSWORD),
        ("", Role.NURSE, PASSWORD),
        ("new-one", Role.ANYONE, PASSWORD),
        ("new-one", Role.NURSE, "short"),
        ("new-one", Role.NURSE, "password12345678"[:8]),
    ]:
        with pytest.raises(Invalid):
            create_staff(name, role, "Somebody", password)
    with pytest.raises(Refused):
        find_staff("new-one")


def _same(now: datetime) -> datetime:
    return now


def test_a_session_ends_after_twelve_hours() -> None:
    browser = browser_as(Role.WORKER)
    sessions = browser.front.services.sessions
    (kept,) = sessions._kept.values()
    ends = kept.signed.ends
    assert ends is not None
    for wait, status in [(timedelta(hours=11), 200), (timedelta(hours=13), 302)]:
        now = ends - timedelta(hours=12) + wait
        front = front_for(FakeNode(), clock=partial(_same, now))
        other = Browser(front)
        other.cookies = dict(browser.cookies)
        assert other.get("/password").status == status


def test_the_theme_is_a_plain_form() -> None:
    browser = Browser(front_for(FakeNode()))
    answer = browser.post("/theme", {"theme": "night", "back": "/emergency"})
    assert (answer.status, answer.location) == (302, "/emergency")
    assert 'data-theme="night"' in browser.get("/emergency").text
    browser.post("/theme", {"back": "//evil.test"})
    assert 'data-theme="day"' in browser.get("/emergency").text
