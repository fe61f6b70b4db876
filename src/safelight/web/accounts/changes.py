"""What was done to accounts, and by whom: a list that is added to and never changed.

Whoever may give passwords and take second factors away could stand in for two people. No rule can
prevent that; so that it is seen, the accountable officer reads this list.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from django.apps import apps

if TYPE_CHECKING:
    from safelight.web.accounts.models import AccountChange, Staff

MACHINE: Final = "machine"  # in place of a staff id: on the command line, where nobody is signed in
SHOWN: Final = 50


class What(StrEnum):
    """What can be done to an account."""

    ADDED = "added"
    ROLE = "role"
    SHUT_OUT = "shut_out"
    LET_IN = "let_in"
    PASSWORD = "password"  # noqa: S105 - no password
    FACTOR_RESET = "factor_reset"
    FACTOR_SET_UP = "factor_set_up"


TOLD: Final = {
    What.ADDED: "made the account of {whom}, {role}",
    What.ROLE: "gave {whom} the role {role}",
    What.SHUT_OUT: "shut {whom} out",
    What.LET_IN: "let {whom} in again",
    What.PASSWORD: "gave {whom} a new password",
    What.FACTOR_RESET: "took the second factor of {whom} away",
    What.FACTOR_SET_UP: "set up a second factor",
}


class Told(NamedTuple):
    """One change in words."""

    at: datetime
    by: str
    what: str


def _changes() -> "type[AccountChange]":
    return cast("type[AccountChange]", apps.get_model("accounts", "AccountChange"))


def write_down(staff: "Staff", what: What, *, by: str, at: datetime) -> None:
    """Write down that something was done to an account, by a staff id or by the machine."""
    _changes().objects.create(at=at, by=by, staff=staff.id, what=what, role=staff.role)


def last_changes() -> list["AccountChange"]:
    """Return the newest changes, newest first."""
    return list(_changes().objects.order_by("-id")[:SHOWN])


def in_words(changes: Iterable["AccountChange"], names: dict[str, str]) -> list[Told]:
    """Return changes in words, with the names of those who have an account."""
    return [
        Told(
            each.at,
            "The command line" if each.by == MACHINE else names.get(each.by, each.by),
            TOLD[What(each.what)].format(whom=names.get(each.staff, each.staff), role=each.role),
        )
        for each in changes
    ]
