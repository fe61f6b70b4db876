"""Taps over HTTP: what is taken, what is refused, and what a person is told."""

import asyncio
from concurrent.futures import Future
from threading import Timer

import pytest

from safelight.kernel.errors import NotSaved, Refused
from safelight.kernel.ids import derive_id
from safelight.run.actions.tap import Receipt
from safelight.run.domain.base import UNATTRIBUTED, Actor, Role
from safelight.web.wire import Message
from tests.support.fake_node import NOON, FakeNode
from tests.support.web import COMMAND, HOST, Browser, browser_as, front_for

LEAVE = "/s/north/do/visit.leave"
HELP = "/s/north/do/incident.open"
STEP = "/s/north/do/incident.record"
MARK = "zebra-canary"


@pytest.fixture
def node() -> FakeNode:
    return FakeNode("north", "south")


@pytest.fixture
def worker(node: FakeNode) -> Browser:
    return browser_as(Role.WORKER, node)


@pytest.fixture
def nobody(node: FakeNode) -> Browser:
    return Browser(front_for(node))


def leaving(browser: Browser, **more: str) -> dict[str, str]:
    return {"command": COMMAND, "token": browser.token, "visit": "v-known", **more}


def test_a_tap_goes_to_the_writer_and_back_to_where_it_was_made(
    node: FakeNode, worker: Browser
) -> None:
    answer = worker.post(LEAVE, leaving(worker, back="/s/north/aftercare?x=1"))
    assert (answer.status, answer.location) == (303, "/s/north/aftercare?x=1")
    (tap,) = node.taps
    assert (tap.site, tap.command, tap.name, tap.happened_at) == (
        "north",
        COMMAND,
        "visit.leave",
        None,
    )
    assert tap.actor.role is Role.WORKER
    assert tap.actor.staff.startswith("staff-")


@pytest.mark.parametrize(
    "back", ["//evil.test/", "/\\evil.test", "https://evil.test/", "", "javascript:x"]
)
def test_the_way_back_never_leads_out_of_the_service(worker: Browser, back: str) -> None:
    assert worker.post(LEAVE, leaving(worker, back=back)).location == "/s/north/"


def test_the_way_back_cannot_smuggle_a_header(node: FakeNode, worker: Browser) -> None:
    answer = worker.post(LEAVE, leaving(worker, back="/x\r\nSet-Cookie: a=b"))
    assert answer.status == 422
    assert node.taps == []


def test_what_was_begun_is_shown_next(worker: Browser) -> None:
    fields = {"command": COMMAND, "token": worker.token, "adult_confirmed": "on"}
    answer = worker.post("/s/north/do/visit.arrive", fields)
    assert answer.location == f"/s/north/visits/{derive_id('v', COMMAND)}"
    answer = worker.post(HELP, {"command": COMMAND, "token": worker.token})
    assert answer.location == f"/s/north/incidents/{derive_id('i', COMMAND)}"


def test_a_late_entry_gives_its_time(node: FakeNode, worker: Browser) -> None:
    worker.post(LEAVE, leaving(worker, happened_time="11:30"))
    assert node.taps[0].happened_at == NOON.replace(hour=11, minute=30)


# --- Who may ---------------------------------------------------------------------------------


def test_a_tap_without_the_forms_token_is_not_taken(node: FakeNode, worker: Browser) -> None:
    fields = leaving(worker) | {"token": "0" * 64}
    answer = worker.post(LEAVE, fields)
    assert (answer.status, node.taps) == (403, [])
    # The page that says so offers the same tap with the token of this session.
    again = {name: answer.field(name) for name in ("command", "token", "visit")}
    assert again == leaving(worker)
    assert worker.post(LEAVE, again).status == 303


def test_another_persons_token_is_not_taken(node: FakeNode, worker: Browser) -> None:
    other = browser_as(Role.NURSE, node)
    assert worker.post(LEAVE, leaving(worker) | {"token": other.token}).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_tap_from_another_page_is_not_taken(
    node: FakeNode, worker: Browser, nobody: Browser, headers: dict[str, str]
) -> None:
    assert worker.post(LEAVE, leaving(worker), **headers).status == 403
    assert nobody.post(HELP, {"command": COMMAND}, **headers).status == 403
    assert node.taps == []


def test_a_tap_from_our_own_page_is_taken(worker: Browser) -> None:
    headers = {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
    assert worker.post(LEAVE, leaving(worker), **headers).status == 303


def test_a_session_that_ended_keeps_what_was_typed(node: FakeNode, worker: Browser) -> None:
    fields = leaving(worker, outcome="to_hospital")
    worker.post("/logout", {"token": worker.token})
    answer = worker.post(LEAVE, fields)
    assert (answer.status, node.taps) == (403, [])
    assert answer.field("outcome") == "to_hospital"


# --- Emergencies -----------------------------------------------------------------------------


def test_an_emergency_needs_no_sign_in(node: FakeNode, nobody: Browser) -> None:
    answer = nobody.post(HELP, {"command": COMMAND})
    assert answer.location == f"/s/north/emergency/{derive_id('i', COMMAND)}"
    assert [tap.actor for tap in node.taps] == [Actor(UNATTRIBUTED, Role.ANYONE)]


def test_an_emergency_needs_not_even_a_form(node: FakeNode, nobody: Browser) -> None:
    assert nobody.post(HELP).status == 303
    assert len(node.taps) == 1


def test_an_emergency_with_an_old_form_is_recorded_as_nobodys(
    node: FakeNode, worker: Browser
) -> None:
    assert worker.post(HELP, {"command": COMMAND, "token": "old"}).status == 303
    assert [tap.actor for tap in node.taps] == [Actor(UNATTRIBUTED, Role.ANYONE)]


def test_an_emergency_is_taken_when_accounts_cannot_be_read(
    node: FakeNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browser_as(Role.WORKER, node)
    front = front_for(node)

    def broken(_: str) -> None:
        raise OSError(MARK)

    monkeypatch.setattr(front.services.sessions, "_load", broken)
    browser.front = front
    assert browser.post(HELP, {"command": COMMAND}).status == 303
    assert browser.post(LEAVE, {"command": COMMAND, "visit": "v-known"}).status == 403
    assert browser.get("/emergency").status == 200


def test_an_emergency_that_runs_already_is_opened(node: FakeNode, worker: Browser) -> None:
    node.error = Refused("incident-running", "It runs.", "Add to it.", incident="i-known")
    answer = worker.post(HELP, {"command": COMMAND, "token": worker.token})
    assert (answer.status, answer.location) == (303, "/s/north/incidents/i-known")


@pytest.mark.parametrize(
    ("spool", "words"),
    [
        ("spool", "kept in the emergency store of this machine; it is not in the journal yet"),
        ("memory", "only in memory: write it on paper now"),
        ("broken", "kept nowhere but on this page"),
    ],
)
def test_an_emergency_that_cannot_be_saved_says_where_it_is(
    node: FakeNode, worker: Browser, spool: str, words: str
) -> None:
    node.error = NotSaved("disk-full", "The disk is full.", "Free some space.")
    node.health, node.spool = "disk-full", spool
    answer = worker.post(HELP, {"command": COMMAND, "token": worker.token})
    assert answer.status == 507
    assert "NOT SAVED" in answer.text
    assert words in answer.text
    assert answer.field("command") == COMMAND
    assert len(node.emergencies) == (spool != "broken")


def test_an_emergency_is_kept_whatever_goes_wrong(node: FakeNode, worker: Browser) -> None:
    node.error = RuntimeError(MARK)
    answer = worker.post(HELP, {"command": COMMAND, "token": worker.token})
    assert (answer.status, len(node.emergencies)) == (503, 1)
    assert MARK not in answer.text


# --- Refusals --------------------------------------------------------------------------------


def test_a_refusal_names_rule_and_remedy_and_keeps_everything(
    node: FakeNode, worker: Browser
) -> None:
    node.error = Refused("visit-known", "There is no <such> visit.", "Go back.", visit="v-9")
    answer = worker.post(LEAVE, leaving(worker, happened_time="11:30", back="/s/north/aftercare"))
    assert answer.status == 422
    for words in ("There is no &lt;such&gt; visit.", "Go back.", "visit-known", "v-9"):
        assert words in answer.text
    kept = {n: answer.field(n) for n in ("command", "visit", "happened_time", "back")}
    assert kept == {
        "command": COMMAND,
        "visit": "v-known",
        "happened_time": "11:30",
        "back": "/s/north/aftercare",
    }


def test_a_note_survives_a_refusal_with_its_lines(node: FakeNode, worker: Browser) -> None:
    node.error = Refused("incident-known", "No.", "Look.")
    note = "line one\nline <two>"
    fields = {"command": COMMAND, "token": worker.token, "incident": "i-known", "what": "note"}
    answer = worker.post(STEP, {**fields, "note": note})
    assert ">\nline one\nline &lt;two&gt;</textarea>" in answer.text


@pytest.mark.parametrize("path", ["/s/nowhere/do/visit.leave", "/s/north/do/visit.vanish"])
def test_what_does_not_exist_is_not_found(worker: Browser, path: str) -> None:
    assert worker.post(path, leaving(worker)).status == 404


def test_a_tap_needs_its_command_id(node: FakeNode, worker: Browser) -> None:
    assert worker.post(LEAVE, leaving(worker) | {"command": "1"}).status == 422
    assert node.taps == []


def test_what_goes_wrong_here_is_never_a_500_and_never_in_the_log(
    node: FakeNode, worker: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    node.error = RuntimeError(MARK)
    answer = worker.post(LEAVE, leaving(worker))
    assert answer.status == 503
    assert "NOT SAVED" in answer.text
    assert node.emergencies == []
    assert "RuntimeError" in caplog.text
    assert COMMAND in caplog.text
    assert MARK not in caplog.text


def test_a_broken_layout_still_says_not_saved(
    node: FakeNode, worker: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = leaving(worker)

    def broken() -> list[str]:
        raise RuntimeError(MARK)

    monkeypatch.setattr(node, "sites", broken)
    node.error = Refused("rule", "No.", "Look.")
    answer = worker.post(LEAVE, fields)
    assert (answer.status, answer.text) == (422, "NOT SAVED. No. Look. ")
    node.error = NotSaved("disk", "The disk is full.")
    answer = worker.post(HELP, {"command": COMMAND})
    assert answer.text.endswith("It is kept in the emergency store of this machine.")


# --- Free text -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "fields", "person"),
    [
        (STEP, {"incident": "i-known", "what": "note"}, "p-other"),
        (STEP, {"incident": "i-gone", "what": "note"}, None),
        ("/s/north/do/alert.add", {"person": "p-1", "kind": "x"}, "p-1"),
        ("/s/north/do/shift.hand_over", {}, None),
    ],
)
def test_a_note_is_sealed_for_whom_it_is_about(
    node: FakeNode, worker: Browser, path: str, fields: dict[str, str], person: str | None
) -> None:
    every = {"command": COMMAND, "token": worker.token, "note": MARK, **fields}
    assert worker.post(path, every).status == 303
    assert node.sealed == [(MARK, person)]
    assert MARK not in repr(node.taps)


def test_a_note_that_cannot_be_sealed_is_not_saved_in_clear(
    node: FakeNode, worker: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str, person: str | None) -> str:
        raise OSError(text, person)

    monkeypatch.setattr(node, "seal", broken)
    fields = {"command": COMMAND, "token": worker.token, "note": MARK}
    answer = worker.post("/s/north/do/shift.hand_over", fields)
    assert (answer.status, node.taps) == (422, [])
    assert "Take the note out" in answer.text


# --- Limits ----------------------------------------------------------------------------------


def test_a_large_form_is_refused_before_it_is_read(worker: Browser) -> None:
    answer = worker.post(LEAVE, leaving(worker), content_length=str(10_000_000))
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert "64 KB" in answer.text


def test_a_large_form_that_hides_its_size_is_not_collected(worker: Browser) -> None:
    asked = 0

    async def receive() -> Message:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": b"x" * 60_000, "more_body": True}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = worker.scope("POST", LEAVE, {"content-length": ""})
    asyncio.run(worker.front(scope, receive, send))
    assert (sent[0]["status"], asked) == (413, 2)


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_only_forms_and_json_are_read(node: FakeNode, worker: Browser, kind: str) -> None:
    assert worker.post(LEAVE, leaving(worker), content_type=kind).status == 422
    assert node.taps == []


def test_an_address_for_taps_shows_nothing(worker: Browser) -> None:
    answer = worker.get(LEAVE)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


# --- The API ---------------------------------------------------------------------------------


def test_the_api_gets_a_receipt(node: FakeNode, worker: Browser) -> None:
    token = worker.token
    data = {"command": COMMAND, "visit": "v-known", "reading": {"spo2": 97, "temperature": 37.4}}
    answer = worker.post_json("/s/north/do/visit.observe", data, x_safelight_token=token)
    assert answer.status == 200
    assert answer.json == {
        "receipt": {
            "site": "north",
            "command": COMMAND,
            "first": 1,
            "last": 1,
            "repeated": False,
        }
    }
    assert len(node.taps) == 1


@pytest.mark.parametrize("data", [[], "text", None, 1, {"visit": {"a": 1}}, {"visit": ["a", "b"]}])
def test_the_api_is_told_what_is_wrong(worker: Browser, data: object) -> None:
    token = worker.token
    answer = worker.post_json(LEAVE, data, x_safelight_token=token)
    assert answer.status in {403, 422}
    assert {"error", "message", "remedy", "values"} <= answer.json.keys()


def test_the_api_needs_the_token_as_well(node: FakeNode, worker: Browser) -> None:
    answer = worker.post_json(LEAVE, {"command": COMMAND, "visit": "v-known"})
    assert (answer.status, answer.json["error"], node.taps) == (403, "form-token", [])


@pytest.mark.parametrize(
    ("error", "status", "kept"),
    [(NotSaved("x", "y"), 503, "nowhere"), (Refused("x", "y", "z"), 422, None)],
)
def test_the_api_is_told_that_nothing_was_saved(
    node: FakeNode, worker: Browser, error: Exception, status: int, kept: str | None
) -> None:
    token, node.error = worker.token, error
    data = {"command": COMMAND, "visit": "v-known", "token": token}
    answer = worker.post_json(LEAVE, data)
    assert (answer.status, answer.json.get("kept")) == (status, kept)


# --- Waiting for the writer ------------------------------------------------------------------


def test_a_tap_is_answered_only_when_it_is_durable(
    node: FakeNode, worker: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending: Future[Receipt] = Future()
    monkeypatch.setattr(node, "submit", lambda _: pending)
    Timer(0.05, lambda: pending.set_result(Receipt("north", COMMAND, 1, 1))).start()
    assert worker.post(LEAVE, leaving(worker)).status == 303
    assert pending.done()


def test_a_writer_that_does_not_answer_is_not_taken_for_success(
    node: FakeNode, worker: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.web.taps._PATIENCE", 0.05)
    monkeypatch.setattr(node, "submit", lambda _: Future())
    answer = worker.post(LEAVE, leaving(worker))
    assert answer.status == 503
    assert "not known to be saved" in answer.text
