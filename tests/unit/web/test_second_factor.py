"""The page of one's own second factor, and what a manager can do about a colleague's."""

import re

import pytest

from safelight.run.domain.base import Role
from safelight.web.accounts.changes import last_changes
from safelight.web.accounts.codes import code_at
from safelight.web.accounts.factors import enrolled
from safelight.web.accounts.service import find_staff
from safelight.web.throttle import FAILURES
from tests.support.fake_node import FakeNode
from tests.support.phones import Phone, Turned, phone_of, wrong
from tests.support.web import PASSWORD, Answer, Browser, account, front_for

PAGE = "/second-factor"


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def browser(clock: Turned) -> Browser:
    return Browser(front_for(FakeNode(), clock))


@pytest.fixture
def login(browser: Browser) -> str:
    """Somebody without a second factor, signed in."""
    name, _ = account(Role.PRESCRIBER)
    browser.log_in(name)
    return name


@pytest.fixture
def phone(browser: Browser) -> Phone:
    """Somebody with a second factor, signed in."""
    made = phone_of(browser.front, Role.PRESCRIBER)
    browser.log_in(made.login)
    return made


def ask(browser: Browser, action: str, **fields: str) -> Answer:
    """Send one of the page's forms."""
    return browser.post(PAGE, {"token": browser.token, "action": action, **fields})


def shown_key(answer: Answer) -> str:
    """Return the key that is shown beside the picture."""
    found = re.search(r"Key: <strong[^>]*>([A-Z2-7 ]+)<", answer.text)
    assert found is not None
    return found[1].replace(" ", "")


def proved(browser: Browser) -> bool:
    """Tell whether the session remembers a second factor."""
    sessions = browser.front.services.sessions
    return sessions.find(browser.cookies["safelight_session"]).actor.proved_at is not None


def test_it_is_set_up_with_the_password_and_a_first_code(
    browser: Browser, clock: Turned, login: str
) -> None:
    assert "You have none yet" in browser.get(PAGE).text
    answer = ask(browser, "begin", password=PASSWORD)
    assert "<svg" in answer.text
    code = code_at(shown_key(answer), clock.now)
    done = ask(browser, "confirm", code=code)
    assert (done.status, done.location) == (302, f"{PAGE}?done")
    page = browser.get(done.location)
    assert "Your second factor is set up" in page.text
    assert "13 January 2025" in page.text
    assert proved(browser)
    assert enrolled(find_staff(login)) is not None
    newest = last_changes()[0]
    assert newest.staff == newest.by == find_staff(login).id
    assert newest.what == "factor_set_up"


def test_without_the_password_nothing_is_shown(browser: Browser, login: str) -> None:
    answer = ask(browser, "begin", password="wrong")
    assert (answer.status, "<svg" in answer.text) == (422, False)
    assert "The password is wrong" in answer.text
    for _ in range(FAILURES):
        answer = ask(browser, "begin", password="wrong")
    assert "Try again in 5 minutes" in answer.text
    assert ask(browser, "begin", password=PASSWORD).status == 422
    assert enrolled(find_staff(login)) is None


def test_a_wrong_first_code_is_typed_again_and_the_key_is_not_shown_again(
    browser: Browser, clock: Turned, login: str
) -> None:
    key = shown_key(ask(browser, "begin", password=PASSWORD))
    code = code_at(key, clock.now)
    answer = ask(browser, "confirm", code=wrong(code))
    assert answer.status == 422
    for secret in (wrong(code), key[:4], "<svg"):
        assert secret not in answer.main
    assert "Type the code that the app" not in browser.get(PAGE).text
    assert not proved(browser)
    assert enrolled(find_staff(login)) is None
    assert ask(browser, "confirm", code=code).status == 302


def test_beginning_again_makes_the_key_that_was_shown_before_worthless(
    browser: Browser, clock: Turned, login: str
) -> None:
    first = shown_key(ask(browser, "begin", password=PASSWORD))
    second = shown_key(ask(browser, "begin", password=PASSWORD))
    assert first != second
    assert ask(browser, "confirm", code=code_at(first, clock.now)).status == 422
    assert enrolled(find_staff(login)) is None


def test_a_new_phone_takes_a_code_of_the_old_one(
    browser: Browser, clock: Turned, phone: Phone
) -> None:
    code = phone.code(clock.now)
    for fields in ({}, {"code": wrong(code)}):
        answer = ask(browser, "begin", password=PASSWORD, **fields)
        assert (answer.status, "<svg" in answer.text) == (422, False)
    key = shown_key(ask(browser, "begin", password=PASSWORD, code=code))
    assert key != phone.secret
    assert ask(browser, "confirm", code=code_at(key, clock.now)).status == 302


def test_a_code_that_was_not_asked_for_confirms_nothing(
    browser: Browser, clock: Turned, phone: Phone
) -> None:
    answer = ask(browser, "confirm", code=phone.code(clock.now))
    assert (answer.status, "No second factor waits" in answer.text) == (422, True)
    assert ask(browser, "dance").status == 422


@pytest.mark.parametrize("role", [Role.OFFICER, Role.WITNESS, Role.ANALYST])
def test_everybody_on_the_staff_has_the_page_and_a_way_to_it(role: Role) -> None:
    browser = Browser(front_for(FakeNode()))
    browser.log_in(account(role)[0])
    assert browser.get(PAGE).status == 200
    for page in ("/", "/password"):
        assert f'href="{PAGE}"' in browser.get(page).text


# --- A colleague's ---------------------------------------------------------------------------


@pytest.fixture
def manager(browser: Browser) -> Phone:
    made = phone_of(browser.front, Role.MANAGER)
    browser.log_in(made.login)
    return made


def reset(browser: Browser, login: str, **fields: str) -> Answer:
    """Reset a colleague's second factor on the page of accounts."""
    asked = {"token": browser.token, "action": "second-factor", "login": login, **fields}
    return browser.post("/staff", asked)


@pytest.mark.parametrize("how", ["password", "code"])
def test_a_manager_resets_a_lost_one_and_proves_who_they_are(
    browser: Browser,
    clock: Turned,
    manager: Phone,
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    colleague = phone_of(browser.front, Role.NURSE)
    assert "Reset second factor" in browser.get("/staff").text
    for fields in ({}, {"password": "wrong"}, {"code": wrong(manager.code(clock.now))}):
        assert reset(browser, colleague.login, **fields).status == 422
    proof = {"password": PASSWORD, "code": manager.code(clock.now)}[how]
    assert reset(browser, colleague.login, **{how: proof}).status == 200
    assert enrolled(find_staff(colleague.login)) is None
    assert f"{colleague.staff} was reset by {manager.staff}" in caplog.text
    assert proof not in caplog.text


def test_what_the_lost_one_had_proved_counts_no_more(browser: Browser, clock: Turned) -> None:
    phone = phone_of(browser.front, Role.WORKER)
    theirs = Browser(browser.front)
    theirs.log_in(phone.login)
    fields = {"token": theirs.token, "visit": "v-known", "proof": phone.code(clock.now)}
    fields["command"] = "11111111-1111-4111-8111-111111111119"
    assert theirs.post("/s/north/do/visit.leave", fields).status == 303
    assert proved(theirs)
    manager = phone_of(browser.front, Role.MANAGER)
    browser.log_in(manager.login)
    assert reset(browser, phone.login, password=PASSWORD).status == 200
    assert not proved(theirs)
    browser.front.services.factors.enrol(find_staff(phone.login), phone.secret)
    browser.front.services.sessions.forget_staff(phone.staff)
    assert not proved(theirs)


def test_nobody_resets_their_own_here(browser: Browser, manager: Phone) -> None:
    assert reset(browser, manager.login, password=PASSWORD).status == 422
    assert enrolled(find_staff(manager.login)) is not None
