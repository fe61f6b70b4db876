"""The vault: names, photographs, aliases and free text, each under the key of one person.

A person's data key is wrapped by the vault's own key, which lives apart from the databases.
Throwing a data key away erases the person in every journal and every copy of one, and leaves the
chains valid; only an older copy of the vault itself still has the key. Whoever looks is written
down, durably, before anything is shown.
"""

import base64
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from safelight.kernel.errors import NotSaved, Refused
from safelight.run.domain.base import Actor, Role
from safelight.run.identity import access, keys, lookup, records
from safelight.run.identity.access import (
    ERASING,
    LOOKING,
    NOBODY,
    OVERSEEING,
    PRINTING,
    READING,
    Access,
    AccessLog,
    Look,
    What,
    require_reason,
    require_role,
)
from safelight.run.identity.file import VaultFile
from safelight.run.identity.keys import DataKeys, Kind, reading
from safelight.run.identity.lookup import Lookup, endings
from safelight.run.identity.records import (
    Identity,
    Missing,
    Photograph,
    Records,
    identity_of,
    photograph_of,
)

SITE_NOTES = "site-notes"  # the data key of notes that are about no person
LONGEST_TITLE = 120
_PREFIX = "sealed:v1"
_SEALED = re.compile(rf"{_PREFIX}:([a-z][a-z0-9-]+):([A-Za-z0-9_=-]*)")
_VERSION = 1


class Vault:
    """One vault file and its key. Safe to use from several threads."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open or create the file; ``key`` is 32 bytes and comes from outside it."""
        self._file = VaultFile(path)
        self._keys = DataKeys(self._file, key)
        self._records = Records(self._file, self._keys)
        self._lookup = Lookup(self._file, key)
        self._log = AccessLog(self._file)
        self._prepare()

    def seal(self, text: str, person: str | None) -> str:
        """Return free text as ciphertext under the key of the person it is about."""
        owner = person or SITE_NOTES
        data = self._keys.seal(owner, Kind.NOTE, text.encode())
        return f"{_PREFIX}:{owner}:{base64.urlsafe_b64encode(data).decode()}"

    def unseal(self, sealed: str, look: Look) -> str:
        """Return the text, after writing down who looked and why; raises Refused."""
        require_role(look.actor, READING)
        owner, data = _parted(sealed)
        self._log.write([owner], What.NOTE, look)
        with reading():
            return self._keys.open(owner, Kind.NOTE, base64.urlsafe_b64decode(data)).decode()

    def set_alias(self, person: str, alias: str) -> None:
        """Keep what a person wants to be called, sealed, and findable by exactly that."""
        with self._file.writing():
            self._records.put(person, Kind.ALIAS, alias.strip().encode())
            self._lookup.put(person, Kind.ALIAS, [alias])
        self._file.scrub(wait=False)

    def alias(self, person: str, look: Look) -> str | None:
        """Return a person's alias, after writing down who looked and why; raises Refused."""
        require_role(look.actor, LOOKING)
        self._log.write([person], What.ALIAS, look)
        found = self._records.get(person, Kind.ALIAS)
        return None if found is None else found.decode()

    def find_alias(self, alias: str) -> list[str]:
        """Return the ids of people who go by exactly this alias, whatever the case."""
        return self._lookup.find(Kind.ALIAS, alias)

    def set_identity(self, person: str, identity: Identity, look: Look) -> None:
        """Keep who a patient is in place of what was kept, and who changed it; raises Refused."""
        self._require(look)
        kept = identity_of(identity.name, identity.address, identity.born, look.now.date())
        with self._file.writing():
            self._log.write([person], What.IDENTITY_CHANGED, look)
            self._records.put(person, Kind.IDENTITY, msgspec.json.encode(kept))
            self._lookup.put(person, Kind.IDENTITY, endings(kept.name))
        self._file.scrub(wait=False)

    def identity(self, person: str, look: Look) -> Identity | None:
        """Return who a patient is, after writing down who looked and why; raises Refused."""
        self._require(look)
        self._log.write([person], What.IDENTITY, look)
        return self._identity(person)

    def set_photograph(self, person: str, data: bytes, look: Look) -> None:
        """Keep a patient's photograph in place of the last, and who did; raises Refused."""
        self._require(look)
        kept = photograph_of(data)
        with self._file.writing():
            self._log.write([person], What.PHOTOGRAPH_CHANGED, look)
            self._records.put(person, Kind.PHOTOGRAPH, kept.data)
        self._file.scrub(wait=False)

    def photograph(self, person: str, look: Look) -> Photograph | None:
        """Return a patient's photograph, after writing down who looked and why; raises Refused."""
        self._require(look)
        self._log.write([person], What.PHOTOGRAPH, look)
        found = self._records.get(person, Kind.PHOTOGRAPH)
        return None if found is None else Photograph(found)

    def find_by_name(self, name: str, look: Look) -> list[str]:
        """Return who has exactly this name or surname; raises Refused.

        The list of looks says that somebody searched and whom it showed, never for which words.
        """
        self._require(look)
        with self._file.writing():
            found = self._lookup.find(Kind.IDENTITY, name)
            self._log.write([NOBODY], What.SEARCHED, look)
            self._log.write(found, What.FOUND, look)
        return found

    def identities_for_print(
        self, persons: Iterable[str], title: str, look: Look
    ) -> dict[str, Identity | Missing]:
        """Return who these patients are, or why not, after writing down who prints what.

        One line for the print under its title, and one for each patient on it, all or none.
        """
        self._require(look, PRINTING)
        wanted = sorted(set(persons))
        said = f"{What.PRINTED}: {title[:LONGEST_TITLE]}"
        with self._file.writing():
            self._log.write([NOBODY], said, look)
            self._log.write(wanted, What.PRINTED, look)
        erased = self._log.erased()
        return {person: self._identity_or_why_not(person, erased) for person in wanted}

    def has(self, person: str, kind: Kind) -> bool:
        """Tell whether anything of a kind is kept of a person, and nothing about it."""
        return self._records.has(person, kind)

    def erase(self, person: str, look: Look) -> None:
        """Throw a person's key and records away; what it sealed is unreadable from now on.

        Raises:
            NotSaved: where nothing was erased (``vault-writes``), or where everything was but the
                log of the file may still hold it (``vault-scrub``).

        """
        self._require(look, ERASING)
        with self._file.writing():
            self._log.write([person], What.ERASED, look)
            self._keys.forget(person)
            self._records.drop(person)
            self._lookup.drop(person)
        if not self._file.scrub(wait=True):
            raise NotSaved(
                "vault-scrub",
                "The person is erased, but the vault's log is in use and may hold traces.",
                "Close whatever else reads the vault's file, then erase once more.",
            )

    def accesses(
        self, actor: Actor, limit: int = 100, before: int | None = None, person: str | None = None
    ) -> list[Access]:
        """Return who looked, newest first: at everybody or at one person; raises Refused."""
        require_role(actor, OVERSEEING)
        return self._log.newest(limit, before, person)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @staticmethod
    def _require(look: Look, roles: frozenset[Role] = LOOKING) -> None:
        require_role(look.actor, roles)
        require_reason(look)

    def _identity(self, person: str) -> Identity | None:
        found = self._records.get(person, Kind.IDENTITY)
        with reading():
            return None if found is None else msgspec.json.decode(found, type=Identity)

    def _identity_or_why_not(self, person: str, erased: frozenset[str]) -> Identity | Missing:
        """Return what a print shows: one patient who cannot be named must not stop it."""
        try:
            found = self._identity(person)
        except Refused:
            return Missing.UNREADABLE
        if found is not None:
            return found
        return Missing.ERASED if person in erased else Missing.NOT_RECORDED

    def _prepare(self) -> None:
        """Make the tables, and bring a file of an earlier form to this one."""
        [(version,)] = self._file.rows("pragma user_version")
        if version == _VERSION:
            return
        with self._file.writing():
            old = self._aliases_of_version_0()
            for module in (keys, records, lookup, access):
                self._file.rows(module.SCHEMA)
            for person, alias in old:
                self._records.put(person, Kind.ALIAS, alias)
                self._lookup.put(person, Kind.ALIAS, [alias.decode()])
            self._file.rows(f"pragma user_version = {_VERSION}")

    def _aliases_of_version_0(self) -> list[tuple[str, bytes]]:
        """Take the aliases out of a file in which they were sealed as notes are."""
        if not self._file.rows("select 1 from sqlite_schema where name = 'alias'"):
            return []
        rows = self._file.rows("select person, sealed from alias")
        self._file.rows("drop table alias")
        return [
            (person, self._keys.open(person, Kind.NOTE, base64.urlsafe_b64decode(data)))
            for person, (_, data) in ((row[0], _parted(row[1])) for row in rows)
        ]


def _parted(sealed: str) -> tuple[str, str]:
    """Return whose text this is, and the ciphertext; refuses what the vault never sealed."""
    found = _SEALED.fullmatch(sealed)
    if found is None:
        raise Refused(
            "vault-readable",
            "This text was not sealed by a vault.",
            "Nothing can be read from it.",
        )
    return found[1], found[2]
