"""The accounts page: a manager adds somebody, changes a role, shuts somebody out."""

import re

import pytest

from safelight.run.domain.base import Role
from safelight.web.accounts.service import find_staff
from tests.support.fake_node import FakeNode
from tests.support.web import Answer, Browser, account, browser_as, front_for


@pytest.fixture
def manager() -> Browser:
    return browser_as(Role.MANAGER)


def ask(browser: Browser, action: str, **fields: str) -> Answer:
    """Send one of the page's forms."""
    return browser.post("/staff", {"token": browser.token, "action": action, **fields})


def shown_password(answer: Answer) -> str:
    """Return the first password that the page shows."""
    found = re.search(r"First password: <strong>([^<]+)<", answer.text)
    assert found is not None
    return found[1]


def test_added_colleague_can_log_in_with_the_password_shown(manager: Browser) -> None:
    answer = ask(manager, "add", login="New-Nurse", display_name="N", role="nurse")
    assert answer.status == 200
    assert find_staff("new-nurse").role == "nurse"
    newcomer = Browser(front_for(FakeNode()))
    newcomer.log_in("new-nurse", shown_password(answer))
    assert newcomer.get("/").status == 200


def test_password_is_shown_once(manager: Browser) -> None:
    ask(manager, "add", login="shown-once", role="worker")
    assert "First password" not in manager.get("/staff").text


def test_role_changes_and_shutting_out_hold_at_once(manager: Browser) -> None:
    login, _ = account(Role.NURSE)
    other = Browser(manager.front)
    other.log_in(login)
    assert other.get("/s/north/").status == 200
    assert ask(manager, "role", login=login, role="analyst").status == 200
    assert other.get("/s/north/").status == 403
    assert ask(manager, "shut-out", login=login).status == 200
    assert other.get("/s/north/").location.startswith("/login")
    assert ask(manager, "let-in", login=login).status == 200
    assert find_staff(login).is_active


def test_new_password_ends_the_old_one(manager: Browser) -> None:
    login, _ = account(Role.WORKER)
    password = shown_password(ask(manager, "password", login=login))
    worker = Browser(front_for(FakeNode()))
    worker.log_in(login, password)
    assert worker.get("/").status == 200


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        pytest.param("add", {"login": "", "role": "nurse"}, "needs a login name", id="no name"),
        pytest.param("add", {"login": "x", "role": "anyone"}, "no role", id="no such role"),
        pytest.param("role", {"login": "nobody", "role": "nurse"}, "no account", id="unknown"),
        pytest.param("dance", {}, "not what to do", id="no such action"),
    ],
)
def test_what_cannot_be_done_is_said(
    manager: Browser, action: str, fields: dict[str, str], says: str
) -> None:
    answer = ask(manager, action, **fields)
    assert answer.status == 422
    assert says in answer.text


def test_nobody_shuts_themselves_out(manager: Browser) -> None:
    (kept,) = manager.front.services.sessions._kept.values()
    names = re.findall(r"\"sl-queue__who\">([^<]+)<", manager.get("/staff").text)
    (mine,) = [name for name in names if find_staff(name).id == kept.signed.actor.staff]
    assert ask(manager, "shut-out", login=mine).status == 422
    assert find_staff(mine).is_active


@pytest.mark.parametrize("role", [Role.WORKER, Role.NURSE, Role.ANALYST])
def test_only_managers_see_accounts(role: Role) -> None:
    assert browser_as(role).get("/staff").status == 403
