"""What stands before everything: names, headers, files, errors, and the end of the service."""

import asyncio
import logging
import re

import pytest

from safelight.run.domain.base import Role
from safelight.web.assets import shipped
from safelight.web.logs import content_filter
from safelight.web.wire import SECURITY_HEADERS, Message, cookie
from tests.support.fake_node import FakeNode
from tests.support.web import COMMAND, HOST, Browser, browser_as, front_for

MARK = "zebra-canary"


@pytest.fixture
def browser() -> Browser:
    return Browser(front_for(FakeNode()))


@pytest.mark.parametrize("host", [f"{HOST}:8000", HOST.upper()])
def test_the_service_answers_under_its_name(browser: Browser, host: str) -> None:
    assert browser.get("/health", host=host).status == 200


@pytest.mark.parametrize("path", ["/", "/health", "/s/north/do/incident.open", "/s/north/live"])
@pytest.mark.parametrize("host", ["evil.test", "", f"{HOST}.evil.test", f"evil.test:{HOST}"])
def test_the_service_answers_under_no_other_name(browser: Browser, path: str, host: str) -> None:
    assert browser.get(path, host=host).status == 400


@pytest.mark.parametrize(
    "path", ["/emergency", "/nowhere", "/static/safelight.css", "/health", "/s/north/do/x"]
)
def test_every_answer_with_a_body_carries_the_security_headers(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    for name, value in SECURITY_HEADERS:
        assert answer.headers[name.decode()] == value.decode()


def test_pages_are_never_kept_by_the_browser(browser: Browser) -> None:
    assert browser.get("/emergency").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/emergency", "/login", "/nowhere"])
def test_pages_need_nothing_from_elsewhere_and_nothing_inline(browser: Browser, path: str) -> None:
    text = browser.get(path).text
    assert not re.search(r'(src|href|action)="(https?:)?//', text)
    assert not re.search(r"<script(?![^>]*\bsrc=)|\bstyle=|<style|\bon[a-z]+=", text)


def test_files_are_kept_under_an_address_that_changes_with_them(browser: Browser) -> None:
    url = shipped().url("safelight.css")
    answer = browser.get(url)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    assert browser.get("/static/safelight.css").headers["cache-control"] == "no-cache"
    again = browser.get("/static/safelight.css", if_none_match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/static/../settings.py", "/static/", "/static/nothing.js", "/static/%2e%2e/logs.py"]
)
def test_only_files_that_are_shipped_are_served(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404


def test_every_file_that_a_page_names_is_there(browser: Browser) -> None:
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', browser.get("/login").text):
        assert browser.get(path).status == 200


def test_health_is_told_to_whoever_watches_over_it() -> None:
    node = FakeNode()
    browser = Browser(front_for(node))
    assert (browser.get("/health").status, browser.get("/health").json) == (200, {"health": "ok"})
    node.health = "disk-full"
    assert browser.get("/health").status == 503


def test_a_large_form_for_a_page_is_not_stored(browser: Browser) -> None:
    assert browser.post("/login", {}, content_length="70000").status == 413
    assert browser.post("/login", {}, transfer_encoding="chunked").status == 411


def test_a_page_that_fails_is_no_500_and_tells_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    node = FakeNode()
    browser = Browser(front_for(node))

    def broken() -> list[str]:
        raise RuntimeError(MARK)

    monkeypatch.setattr(node, "sites", broken)
    answer = browser.get("/emergency")
    assert answer.status == 503
    assert "went wrong here" in answer.text
    for record in caplog.records:
        content_filter()(record)
    assert MARK not in answer.text + "".join(str(r.exc_text) + r.message for r in caplog.records)


def test_a_refusal_on_a_page_is_a_page() -> None:
    browser = browser_as(Role.NURSE)
    answer = browser.get("/s/nowhere/emergency/i-1")
    assert answer.status == 404


def test_the_emergency_page_begins_an_emergency_and_goes_on_with_it() -> None:
    node = FakeNode()
    browser = Browser(front_for(node))
    page = browser.get("/emergency")
    fields = {name: page.field(name) for name in ("command", "token", "back")}
    assert browser.post("/s/north/do/incident.open", fields).status == 303
    going_on = browser.get("/s/north/emergency/i-known")
    assert going_on.status == 200
    assert going_on.field("incident") == "i-known"
    assert "ambulance_called" in going_on.text


@pytest.mark.parametrize("incident", ["i-unknown", "i-signed"])
def test_the_emergency_page_shows_no_other_incident(incident: str) -> None:
    answer = Browser(front_for(FakeNode())).get(f"/s/north/emergency/{incident}")
    assert (answer.status, answer.location) == (302, f"/s/north/incidents/{incident}")


def test_errors_in_logs_are_places_without_words() -> None:
    try:
        raise ValueError(MARK)  # noqa: TRY301 - the traceback is what is wanted
    except ValueError as error:
        record = logging.LogRecord("x", 1, "x", 1, "failed", None, None)
        record.exc_info = (ValueError, error, error.__traceback__)
    assert content_filter()(record)
    text = logging.Formatter().format(record)
    assert "ValueError" in text
    assert "test_front.py" in text
    assert MARK not in text


@pytest.mark.parametrize(
    ("header", "value"),
    [("a=1; theme=night", "night"), ('theme="night"', "night"), ("xtheme=day", ""), ("", "")],
)
def test_a_cookie_is_found_by_its_whole_name(header: str, value: str) -> None:
    assert cookie({b"cookie": header.encode()}, "theme") == value


def test_the_service_ends_when_it_is_told_to() -> None:
    front = front_for(FakeNode())
    messages: list[Message] = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}]
    sent: list[str] = []

    async def receive() -> Message:
        return messages.pop()

    async def send(message: Message) -> None:
        sent.append(message["type"])

    asyncio.run(front({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_the_command_id_of_a_form_is_new_each_time(browser: Browser) -> None:
    ids = [browser.get("/emergency").field("command") for _ in range(2)]
    assert len({COMMAND, *ids}) == 3
