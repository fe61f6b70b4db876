"""What the vault keeps of a patient besides notes: who they are, and what they look like."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from safelight.kernel.errors import Refused
from safelight.run.identity.file import VaultFile
from safelight.run.identity.keys import DataKeys, Kind

LONGEST_NAME = 120
LONGEST_LINE = 120
MOST_LINES = 8
OLDEST = timedelta(days=130 * 366)
LARGEST_PHOTOGRAPH = 2 * 1024 * 1024
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
# Those that turn the direction of text, to make it look like another.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})

SCHEMA = "".join(
    f"create table if not exists {kind} (person text primary key, sealed blob not null);\n"
    for kind in (Kind.ALIAS, Kind.IDENTITY, Kind.PHOTOGRAPH)
)
_PUT = (
    "insert into {} (person, sealed) values (?, ?) "
    "on conflict (person) do update set sealed = excluded.sealed"
)
_GET = "select sealed from {} where person = ?"
_DROP = "delete from {} where person = ?"


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who a patient is, as a prescription and a register name them."""

    name: str
    address: tuple[str, ...]
    born: date | None = None

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # 3.11 has no typing.override
        """Show nothing: a name has no place in a log or a traceback."""
        return "Identity(...)"


class Photograph(msgspec.Struct, frozen=True):
    """A picture of a patient, exactly as it was given."""

    data: bytes

    @property
    def media_type(self) -> str:
        """Return what the bytes themselves say they are, or nothing."""
        return next((kind for magic, kind in _MAGIC.items() if self.data.startswith(magic)), "")

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # 3.11 has no typing.override
        """Show nothing."""
        return "Photograph(...)"


class Missing(StrEnum):
    """Why a print has no name for somebody."""

    NOT_RECORDED = "not recorded"
    ERASED = "erased"
    UNREADABLE = "unreadable"


class Records:
    """One sealed record of each kind for each person; a new one takes the place of the old."""

    def __init__(self, file: VaultFile, keys: DataKeys) -> None:
        """Keep them in the vault's file, under its keys."""
        self._file, self._keys = file, keys

    def put(self, person: str, kind: Kind, data: bytes) -> None:
        """Keep a record in place of what was there; part of a transaction if one goes on."""
        with self._file.writing():
            self._file.rows(_PUT.format(kind), (person, self._keys.seal(person, kind, data)))

    def get(self, person: str, kind: Kind) -> bytes | None:
        """Return a record, or None; raises Refused where it cannot be opened."""
        rows = self._file.rows(_GET.format(kind), (person,))
        return self._keys.open(person, kind, rows[0][0]) if rows else None

    def has(self, person: str, kind: Kind) -> bool:
        """Tell whether there is a record, without opening it."""
        return bool(self._file.rows(_GET.format(kind), (person,)))

    def drop(self, person: str) -> None:
        """Delete every record of a person."""
        for kind in (Kind.ALIAS, Kind.IDENTITY, Kind.PHOTOGRAPH):
            self._file.rows(_DROP.format(kind), (person,))


def identity_of(name: str, address: Iterable[str], born: date | None, today: date) -> Identity:
    """Return an identity in its one spelling; refuses what no register could print.

    Refusals say how long something is and never what it says.
    """
    name = " ".join(name.split())
    lines = tuple(filter(None, (" ".join(line.split()) for line in address)))
    if not 0 < len(name) <= LONGEST_NAME or _hides(name):
        raise Refused(
            "identity-name",
            f"The name has {len(name)} characters, or some that nobody can see.",
            f"Give the whole name in 1 to {LONGEST_NAME} letters, as documents spell it.",
        )
    if not 0 < len(lines) <= MOST_LINES or any(
        len(line) > LONGEST_LINE or _hides(line) for line in lines
    ):
        raise Refused(
            "identity-address",
            f"The address has {len(lines)} lines, a line that is too long, "
            "or characters that nobody can see.",
            f"Give 1 to {MOST_LINES} lines of at most {LONGEST_LINE} letters; where there is no "
            "address, write: no fixed abode.",
        )
    if born is not None and not today - OLDEST <= born <= today:
        raise Refused(
            "identity-born",
            "The date of birth is to come, or longer ago than anybody lives.",
            "Check day, month and year, or leave all three empty.",
        )
    return Identity(name, lines, born)


def _hides(text: str) -> bool:
    return bool(_TURNING.search(text)) or any(unicodedata.category(c) in _UNSEEN for c in text)


def photograph_of(data: bytes) -> Photograph:
    """Return a photograph; refuses what is too large, or neither JPEG nor PNG."""
    if len(data) > LARGEST_PHOTOGRAPH:
        raise Refused(
            "photograph-size",
            f"The photograph has more than {LARGEST_PHOTOGRAPH // 1024**2} MB.",
            "Take it smaller, or save it with fewer pixels; a face needs few.",
        )
    found = Photograph(data)
    if not found.media_type:
        raise Refused(
            "photograph-kind",
            "The file is neither a JPEG nor a PNG, whatever its name says.",
            "Save the photograph as JPEG or PNG and choose that file.",
        )
    return found
