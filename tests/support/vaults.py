"""Who looks into the vaults of tests, at whom, and ways to see what is in them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import apsw
import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.base import Actor, Role
from safelight.run.identity.access import Access, Look
from safelight.run.identity.records import Identity
from safelight.run.identity.vault import Vault

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AT = "2026-03-02T09:00:00.000000Z"
KEY = bytes(range(32))
NURSE = Actor("s-ada", Role.NURSE)
MANAGER = Actor("s-max", Role.MANAGER)
PHARMACIST = Actor("s-pia", Role.PHARMACIST)

JPEG = b"\xff\xd8\xff\xe0" + b"a made-up picture" * 9 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"another" * 9
ROSE = Identity("Rosalind Bly Aster", ("Flat 2", "1 Made-up Row", "Northtown"), date(1981, 2, 28))


BY_NURSE = Look(NURSE, "identity_check", NOW)
BY_MANAGER = Look(MANAGER, "patient_asked", NOW)
FOR_PRINT = Look(PHARMACIST, "register_print", NOW)


def looks(vault: Vault, limit: int = 100) -> list[Access]:
    """Return the newest looks."""
    return vault.accesses(MANAGER, limit)


def said(vault: Vault) -> list[tuple[str, str, str, str]]:
    """Return who looked at whom, what and why, newest first."""
    return [(each.staff, each.person, each.what, each.reason) for each in looks(vault)]


def refusal(action: Callable[[], object]) -> str:
    """Return the rule by which something is refused, after checking that it says what to do."""
    with pytest.raises(Refused) as caught:
        action()
    assert caught.value.message.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value.code


def everything(path: Path) -> bytes:
    """Return all bytes of the vault's files."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob("vault.sqlite3*")))


def rows(path: Path, sql: str, *parameters: str | bytes) -> list[tuple[object, ...]]:
    """Ask the vault's file behind the vault's back."""
    connection = apsw.Connection(str(path))
    try:
        return connection.execute(sql, parameters).fetchall()
    finally:
        connection.close()
