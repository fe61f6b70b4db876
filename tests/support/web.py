"""The web service in-process: Django set up once, requests as raw ASGI messages."""

import asyncio
import json
import re
import tempfile
from collections.abc import Mapping
from functools import cache
from http.cookies import SimpleCookie
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.management import call_command

from safelight.kernel.clock import Clock
from safelight.run.domain.base import Role
from safelight.web.accounts.service import create_staff
from safelight.web.asgi import Front, build_application
from safelight.web.jobs.desk import Desk
from safelight.web.settings import configure
from safelight.web.wire import Message
from tests.support.fake_node import NOON, FakeNode
from tests.support.jobs import FakeRunner, Hours

SECRET = b"s" * 32
HOST = "floor.test"
PASSWORD = "correct horse battery"
COMMAND = "11111111-1111-4111-8111-111111111111"


@cache
def configured() -> Path:
    """Set Django up with an accounts database of its own; once a process."""
    home = Path(tempfile.mkdtemp(prefix="safelight-web-"))
    configure(home, "k" * 50, [HOST])
    # Half a second for each password is for those who guess them.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("migrate", interactive=False, verbosity=0)
    return home


def front_for(node: FakeNode, clock: Clock = lambda: NOON, desk: Desk | None = None) -> Front:
    """Return the whole application over a fake node, at noon of a winter day."""
    configured()
    numbers = count(1)
    return build_application(
        node,
        clock=clock,
        new_id=lambda: str(UUID(int=next(numbers), version=4)),
        secret=SECRET,
        desk=desk or idle_desk(),
        render_board=lambda site_id: f"<p>board of {site_id}</p>",
    )


def idle_desk() -> Desk:
    """Return a desk at which nothing is done."""
    return Desk(configured() / "plan", FakeRunner(), Hours())


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def main(self) -> str:
        """The page below its header, or all of it where there is none."""
        return self.text.partition("<main")[2] or self.text

    @property
    def json(self) -> Any:  # noqa: ANN401
        return json.loads(self.body)

    @property
    def location(self) -> str:
        return self.headers["location"]

    def field(self, name: str) -> str:
        """Return the value of a hidden field on the page, not of the menu above it."""
        found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', self.main)
        assert found, f"no field {name} on the page"
        return found[1]


class Browser:
    """Sends requests and keeps cookies."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.cookies: dict[str, str] = {}
        self.headers: dict[str, str] = {"host": HOST}

    def get(self, path: str, **headers: str) -> Answer:
        return asyncio.run(self.ask("GET", path, b"", headers))

    def post(self, path: str, fields: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        body = urlencode(fields or {}, doseq=True).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return asyncio.run(self.ask("POST", path, body, {**kind, **headers}))

    def post_json(self, path: str, data: object, **headers: str) -> Answer:
        kind = {"content-type": "application/json"}
        return asyncio.run(self.ask("POST", path, json.dumps(data).encode(), {**kind, **headers}))

    async def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one request straight into the application."""
        sent: list[Message] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if waiting:
                return waiting.pop()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        await self.front(self.scope(method, path, headers, len(body)), receive, send)
        return self._answer(sent)

    def scope(
        self, method: str, path: str, headers: Mapping[str, str], length: int = 0
    ) -> dict[str, Any]:
        """Return the ASGI scope of a request with this browser's cookies."""
        route, _, query = path.partition("?")
        every = {
            **self.headers,
            "content-length": str(length),
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return {
            "type": "http",
            "method": method,
            "path": route,
            "raw_path": route.encode(),
            "query_string": query.encode(),
            "headers": [(n.lower().encode(), v.encode()) for n, v in every.items() if v],
            "scheme": "http",
            "server": (HOST, 80),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
            "root_path": "",
        }

    def _answer(self, sent: list[Message]) -> Answer:
        start = sent[0]
        for name, value in start["headers"]:
            if name.lower() == b"set-cookie":
                for key, morsel in SimpleCookie(value.decode()).items():
                    self.cookies[key] = morsel.value
        headers = {n.decode().lower(): v.decode() for n, v in start["headers"]}
        return Answer(start["status"], headers, b"".join(m.get("body", b"") for m in sent[1:]))

    def log_in(self, login: str, password: str = PASSWORD) -> str:
        """Log in and return the token that this session's forms carry."""
        answer = self.post("/login", {"login": login, "password": password})
        assert answer.status == 302, answer.text
        return self.token

    @property
    def token(self) -> str:
        """Return the token that a page of this session carries."""
        return self.get("/emergency").field("token")


_LOGINS = count(1)


def account(role: Role) -> tuple[str, str]:
    """Make an account and return its login name and staff id."""
    configured()
    login = f"{role}-{next(_LOGINS)}"
    return login, create_staff(login, role, "Somebody", PASSWORD)


def browser_as(role: Role, node: FakeNode | None = None, desk: Desk | None = None) -> Browser:
    """Return a browser logged in under a role, or not at all for 'anyone'."""
    browser = Browser(front_for(node or FakeNode(), desk=desk))
    if role is not Role.ANYONE:
        browser.log_in(account(role)[0])
    return browser
