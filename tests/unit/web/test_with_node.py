"""The screens over a real node and a real server, from the form to the journal."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from safelight.kernel.ids import derive_id
from safelight.run.actions.node import Node
from safelight.run.actions.tap import Tap, read_command
from safelight.run.domain.base import UNATTRIBUTED, Actor, Role
from safelight.run.store import journal
from safelight.run.store.packs import load_pack
from safelight.web.accounts.codes import new_secret
from safelight.web.accounts.service import find_staff
from safelight.web.asgi import Front, build_application
from safelight.web.serve import server_for
from safelight.wiring import (
    PACKS,
    Home,
    WriterLock,
    new_id,
    open_node,
    prepare_home,
    system_clock,
)
from tests.support.phones import Phone, phone_of
from tests.support.web import (
    COMMAND,
    HOST,
    SECRET,
    Browser,
    account,
    configured,
    idle_desk,
)

PATIENCE = 10


class Place(NamedTuple):
    """One home with its node and screens."""

    node: Node
    front: Front

    def signed_in(self, role: Role) -> Browser:
        browser = Browser(self.front)
        browser.log_in(account(role)[0])
        return browser


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    configured()
    home = Home(tmp_path)
    prepare_home(home)
    lock = WriterLock(home)
    node = open_node(home)
    fields = {"name": "North", "kind": "building", "timezone": "Europe/London"}
    manager = Actor("staff-manager", Role.MANAGER)
    node.perform(Tap("north", new_id(), "site.found", read_command("site.found", fields), manager))
    front = build_application(
        node, clock=system_clock, new_id=new_id, secret=SECRET, desk=idle_desk()
    )
    yield Place(node, front)
    front.close()
    node.close()
    lock.release()


def kinds(node: Node) -> list[str]:
    """Return what the journal holds, oldest first."""
    return [row.kind for row in reversed(node.journal("north", None, 100, None))]


def test_a_tap_is_in_the_journal_once_however_often_it_is_sent(place: Place) -> None:
    browser = place.signed_in(Role.WORKER)
    data = {"command": COMMAND, "token": browser.token}
    first = browser.post_json("/s/north/do/incident.open", data)
    again = browser.post_json("/s/north/do/incident.open", data)
    assert first.json["receipt"]["repeated"] is False
    assert again.json["receipt"] == {**first.json["receipt"], "repeated": True}
    assert kinds(place.node).count("incident.opened") == 1


def test_a_rule_of_the_service_refuses_in_words(place: Place) -> None:
    browser = place.signed_in(Role.WORKER)
    fields = {"command": COMMAND, "token": browser.token, "adult_confirmed": "on"}
    answer = browser.post("/s/north/do/visit.arrive", fields)
    assert answer.status == 422
    assert "shift" in answer.text
    assert answer.field("adult_confirmed") == "on"


def test_an_emergency_without_sign_in_goes_on_and_is_attributed_later(place: Place) -> None:
    nobody = Browser(place.front)
    going_on = nobody.post("/s/north/do/incident.open", {"command": COMMAND}).location
    page = nobody.get(going_on)
    assert page.status == 200
    incident = derive_id("i", COMMAND)
    step = {"command": new_id(), "incident": incident, "what": "ambulance_called"}
    step["back"] = page.field("back")
    assert nobody.post("/s/north/do/incident.record", step).location == going_on
    assert "Ambulance: called" in nobody.get(going_on).text
    nurse = place.signed_in(Role.NURSE)
    fields = {"command": new_id(), "token": nurse.token, "incident": incident}
    assert nurse.post("/s/north/do/incident.attribute", fields).status == 303
    assert {step.staff for step in place.node.site("north").incidents[incident].steps} == {
        UNATTRIBUTED
    }
    assert nobody.get(going_on).location == f"/s/north/incidents/{incident}"


def test_a_note_reaches_the_journal_sealed(place: Place) -> None:
    browser = place.signed_in(Role.NURSE)
    token = browser.token
    browser.post("/s/north/do/incident.open", {"command": COMMAND, "token": token})
    fields = {"command": new_id(), "token": token, "what": "note", "note": "zebra-canary"}
    incident = derive_id("i", COMMAND)
    answer = browser.post("/s/north/do/incident.record", {**fields, "incident": incident})
    assert answer.status == 303
    (step,) = place.node.site("north").incidents[incident].steps
    assert step.note is not None
    assert step.note.startswith("sealed:")
    assert "zebra-canary" not in step.note


CONFIRM = "/s/north/do/clock.confirm"


class Two(NamedTuple):
    """Two people under a pack that asks for them, and the tablet of the first."""

    browser: Browser
    nurse: Phone
    second: Phone

    def codes(self, now: datetime) -> dict[str, str]:
        """Return what both type, each from their own app."""
        codes = {"proof": self.nurse.code(now), "witness_proof": self.second.code(now)}
        return {**codes, "witness": self.second.staff}


def two_people(place: Place, second: Role) -> Two:
    """Put a clinic's pack in force, and sign a nurse in beside a colleague."""
    pack = load_pack(PACKS / "rehearsal-clinic.toml")
    adopted = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
    command = read_command("protocol.adopt", {**adopted, "approver": "staff-manager"})
    manager = Actor("staff-manager", Role.MANAGER)
    place.node.perform(Tap("north", new_id(), "protocol.adopt", command, manager))
    nurse = phone_of(place.front, Role.NURSE)
    browser = Browser(place.front)
    browser.log_in(nurse.login)
    return Two(browser, nurse, phone_of(place.front, second))


def confirmed(place: Place) -> list[tuple[str, str | None]]:
    """Return who confirmed the clock, and who stood by."""
    entries = journal.page(place.node._reader.driver, "north", None, 100, "clock.confirmed")
    return [(entry.actor, entry.witness) for entry in entries]


def test_what_takes_two_people_takes_the_codes_of_both(place: Place) -> None:
    two, now = two_people(place, Role.PHARMACIST), system_clock()
    form = {"command": COMMAND, "token": two.browser.token, "other": now.isoformat()}
    assert "witness-present" in two.browser.post(CONFIRM, form).text
    codes = two.codes(now)
    own = codes.pop("proof")
    assert "proof-given" in two.browser.post(CONFIRM, {**form, **codes}).text
    assert confirmed(place) == []
    whole = {**form, **codes, "proof": own}
    assert [two.browser.post(CONFIRM, whole).status for _ in range(2)] == [303, 303]
    assert confirmed(place) == [(two.nurse.staff, two.second.staff)]


def test_the_rule_says_who_may_witness(place: Place) -> None:
    two, now = two_people(place, Role.WORKER), system_clock()
    form = {"command": COMMAND, "token": two.browser.token, "other": now.isoformat()}
    assert "witness-may" in two.browser.post(CONFIRM, {**form, **two.codes(now)}).text
    assert confirmed(place) == []


def test_a_repeat_after_a_restart_needs_no_new_codes(place: Place) -> None:
    two, now = two_people(place, Role.PHARMACIST), system_clock()
    form = {"command": COMMAND, "token": two.browser.token, "other": now.isoformat()}
    whole = {**form, **two.codes(now)}
    assert two.browser.post(CONFIRM, whole).status == 303
    place.node._engine._receipts.clear()
    for phone in (two.nurse, two.second):
        place.front.services.factors.enrol(find_staff(phone.login), new_secret())
    assert two.browser.post(CONFIRM, whole).status == 303
    assert len(confirmed(place)) == 1


@pytest.fixture
def port(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve in a thread, on a socket that is bound already."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(64)
    monkeypatch.setattr(place.front, "_hosts", frozenset({b"127.0.0.1", HOST.encode()}))
    server = server_for(place.front, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    yield bound.getsockname()[1]
    server.should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive(), "the server did not end although a stream was open"


@contextmanager
def request(
    port: int, browser: Browser, method: str, path: str, body: str = ""
) -> Iterator[http.client.HTTPResponse]:
    """Send one request over a real connection; what is yielded is not read yet."""
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    kind = "application/x-www-form-urlencoded"
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request(method, path, body, {"Cookie": cookies, "Content-Type": kind})
        with connection.getresponse() as response:
            yield response


def test_a_tap_on_one_tablet_shows_on_another(place: Place, port: int) -> None:
    browser = place.signed_in(Role.WORKER)
    form = f"command={COMMAND}&token={browser.token}"
    with request(port, browser, "GET", "/s/north/live") as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = (line for line in stream if line.startswith(b"id: "))
        assert next(events) == b"id: 1\n"
        with request(port, browser, "POST", "/s/north/do/incident.open", form) as tapped:
            assert tapped.status == 303
        assert next(events) == b"id: 2\n"


def test_a_signed_in_worker_sees_the_board(place: Place, port: int) -> None:
    with request(port, place.signed_in(Role.WORKER), "GET", "/s/north/") as page:
        assert page.status == 200


def test_the_server_ends_while_a_screen_watches(place: Place, port: int) -> None:
    browser = place.signed_in(Role.WORKER)
    with request(port, browser, "GET", "/s/north/live") as stream:
        assert stream.readline() == b": hello\n"
        place.front.live.close()
        assert stream.read().startswith(b"\n")  # to its end, which a stream has only then


def test_what_is_searched_at_the_door_stands_in_no_address(place: Place) -> None:
    """An alias typed at reception must not stay in a browser's history."""
    browser = place.signed_in(Role.WORKER)
    fields = {"q": "amber finch", "token": browser.token}
    answer = browser.post("/s/north/reception", fields)
    assert (answer.status, answer.headers.get("location")) == (200, None)
    assert "0 found" in answer.text
    assert "found" not in browser.get("/s/north/reception?q=amber+finch").main
