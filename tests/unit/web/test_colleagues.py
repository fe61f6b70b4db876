"""The accounts page: a manager adds somebody, changes a role, shuts somebody out."""

import re

import pytest
from django.db import IntegrityError, connection

from safelight.run.domain.base import Role
from safelight.web.accounts.changes import last_changes
from safelight.web.accounts.service import find_staff
from tests.support.fake_node import FakeNode
from tests.support.web import PASSWORD, Answer, Browser, account, browser_as, front_for


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
    listed = manager.get("/staff").text.partition('id="add-heading"')[0]
    names = re.findall(r"\"sl-queue__who\">([^<]+)<", listed)
    (mine,) = [name for name in names if find_staff(name).id == kept.signed.actor.staff]
    assert ask(manager, "shut-out", login=mine).status == 422
    assert find_staff(mine).is_active


def done_to(login: str) -> list[tuple[str, str, str]]:
    """Return what stands in the list about an account: by whom, what, and its role then."""
    staff = find_staff(login).id
    found = [each for each in last_changes() if each.staff == staff]
    return [(each.by, each.what, each.role) for each in reversed(found)]


def test_whatever_is_done_to_an_account_is_written_down(manager: Browser) -> None:
    (kept,) = manager.front.services.sessions._kept.values()
    me = kept.signed.actor.staff
    ask(manager, "add", login="written-down", display_name="Newcomer", role="nurse")
    ask(manager, "role", login="written-down", role="worker")
    for action in ("password", "shut-out", "let-in"):
        assert ask(manager, action, login="written-down").status == 200
    ask(manager, "second-factor", login="written-down", password=PASSWORD)
    assert done_to("written-down") == [
        (me, "added", "nurse"),
        (me, "role", "worker"),
        (me, "password", "worker"),
        (me, "shut_out", "worker"),
        (me, "let_in", "worker"),
        (me, "factor_reset", "worker"),
    ]
    text = manager.get("/staff").text
    for words in ("made the account of Newcomer, nurse", "gave Newcomer a new password"):
        assert f"Somebody {words}" in text


def test_what_was_not_done_is_not_written_down(manager: Browser) -> None:
    login, _ = account(Role.NURSE)
    assert ask(manager, "role", login=login, role="king").status == 422
    assert ask(manager, "second-factor", login=login, password="wrong").status == 422
    assert done_to(login) == []


@pytest.mark.parametrize("change", ["update accounts_accountchange set by = 'nobody'", "delete"])
def test_what_was_written_down_stays(manager: Browser, change: str) -> None:
    ask(manager, "add", login=f"stays-{change[:6]}", role="nurse")
    told = "delete from accounts_accountchange" if change == "delete" else change
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(told)


@pytest.mark.parametrize("role", [Role.WORKER, Role.NURSE, Role.ANALYST])
def test_only_managers_see_accounts(role: Role) -> None:
    assert browser_as(role).get("/staff").status == 403
