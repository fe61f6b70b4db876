"""Made-up staff with an app on their phone, and a clock that tests turn."""

import base64
from datetime import datetime, timedelta
from hashlib import sha1
from typing import NamedTuple

from safelight.run.domain.base import Role
from safelight.web.accounts.codes import code_at
from safelight.web.accounts.service import find_staff
from safelight.web.asgi import Front
from tests.support.fake_node import NOON
from tests.support.web import account


class Turned:
    """A clock that stands still until a test turns it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass, or take it back."""
        self.now += timedelta(seconds=seconds)


class Phone(NamedTuple):
    """Somebody's app, and whose it is."""

    login: str
    staff: str
    secret: str

    def code(self, now: datetime) -> str:
        """Return what the app shows."""
        return code_at(self.secret, now)


def phone_of(front: Front, role: Role) -> Phone:
    """Make an account whose second factor is set up."""
    login, staff = account(role)
    # Not by chance: two codes in a row must never be the same.
    secret = base64.b32encode(sha1(login.encode(), usedforsecurity=False).digest()).decode()
    phone = Phone(login, staff, secret)
    front.services.factors.enrol(find_staff(login), phone.secret)
    return phone


def wrong(code: str) -> str:
    """Return another code than this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"
