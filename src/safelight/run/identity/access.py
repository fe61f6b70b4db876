"""Who may look into the vault, for which reasons, and the list of who did. Nothing leaves it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from safelight.kernel.clock import format_instant
from safelight.kernel.errors import Refused
from safelight.run.domain.base import FLOOR, MANAGEMENT, Actor, Role
from safelight.run.identity.file import VaultFile

LOOKING = FLOOR  # at a name, a photograph, an alias or a note
READING = LOOKING | {Role.OFFICER}  # a note: concerns are written to the accountable officer
PRINTING = frozenset({Role.PHARMACIST, Role.MANAGER, Role.OFFICER})  # a register with its names
ERASING = MANAGEMENT
OVERSEEING = MANAGEMENT
NOBODY = "-"  # stands for the person in a line that is about none, such as a search

SCHEMA = """
create table if not exists access (
  id integer primary key autoincrement,
  at text not null, staff text not null, role text not null,
  person text not null, what text not null, reason text not null
);
create index if not exists access_person on access (person);
create index if not exists access_erased on access (person) where what = 'erased';
create trigger if not exists access_update before update on access begin
  select raise(abort, 'append-only: who looked stays written down');
end;
create trigger if not exists access_delete before delete on access begin
  select raise(abort, 'append-only: who looked stays written down');
end;
create trigger if not exists access_replace before insert on access
when exists (select 1 from access where id = new.id) begin
  select raise(abort, 'append-only: who looked stays written down');
end;
"""
_NEWEST = (
    "select at, staff, role, person, what, reason, id from access "
    "where id < ? {} order by id desc limit ?"
)
_LAST = 1 << 62


class Reason(StrEnum):
    """Why somebody looks at an identity, changes it or erases it. There are no others."""

    IDENTITY_CHECK = "identity_check"
    PRESCRIPTION = "prescription"
    REGISTER_PRINT = "register_print"
    PATIENT_ASKED = "patient_asked"
    ADMISSION = "admission"
    CORRECTION = "correction"
    EMERGENCY = "emergency"
    RETENTION_OVER = "retention_over"


class What(StrEnum):
    """What was looked at or done."""

    NOTE = "note"
    ALIAS = "alias"
    IDENTITY = "identity"
    PHOTOGRAPH = "photograph"
    IDENTITY_CHANGED = "identity_changed"
    PHOTOGRAPH_CHANGED = "photograph_changed"
    SEARCHED = "searched"
    FOUND = "found"
    PRINTED = "printed"
    ERASED = "erased"


class Look(NamedTuple):
    """Who looks into the vault or changes it, why, and when."""

    actor: Actor
    reason: str
    now: datetime


class Access(NamedTuple):
    """One line of the list."""

    at: str
    staff: str
    role: str
    person: str
    what: str
    reason: str
    number: int


class AccessLog:
    """The list of who looked at whom, what and why. Lines are added and never changed."""

    def __init__(self, file: VaultFile) -> None:
        """Write into the vault's own file, so that no look can outrun its line."""
        self._file = file

    def write(self, persons: Iterable[str], what: str, look: Look) -> None:
        """Write one line for each person, durable unless a transaction goes on."""
        who = (format_instant(look.now), look.actor.staff, look.actor.role.value)
        with self._file.writing():
            self._file.many(
                "insert into access (at, staff, role, person, what, reason) "
                "values (?, ?, ?, ?, ?, ?)",
                ((*who, person, what, look.reason) for person in persons),
            )

    def erased(self) -> frozenset[str]:
        """Return everybody who was erased at some time."""
        rows = self._file.rows("select distinct person from access where what = 'erased'")
        return frozenset(str(row[0]) for row in rows)

    def newest(self, limit: int, before: int | None, person: str | None) -> list[Access]:
        """Return lines, newest first: those older than one of them, or about one person."""
        older = before or _LAST
        if person is None:
            rows = self._file.rows(_NEWEST.format(""), (older, limit))
        else:
            rows = self._file.rows(_NEWEST.format("and person = ?"), (older, person, limit))
        return [Access(*row) for row in rows]


def require_role(actor: Actor, roles: frozenset[Role]) -> None:
    """Refuse whoever may not; nothing is shown and nothing is written."""
    if actor.role not in roles:
        raise Refused(
            "vault-role",
            f"The role {actor.role} may not do this with the vault.",
            f"Ask one of: {', '.join(sorted(roles))}.",
        )


def require_reason(look: Look) -> None:
    """Refuse a reason that is not of the list, and do not repeat it."""
    if look.reason not in set(Reason):
        raise Refused(
            "vault-reason",
            "This needs a reason from the list, and none of them was given.",
            f"Choose one of: {', '.join(Reason)}.",
        )
