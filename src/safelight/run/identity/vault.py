"""The vault: aliases and free text, each under the data key of the person they are about.

A person's data key is wrapped by the vault's own key, which lives apart from the databases.
Throwing a data key away erases the person in every journal and every backup, and leaves the
chains valid. Whoever looks is written down before anything is shown.
"""

import base64
import hmac
import os
import threading
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safelight.kernel.clock import format_instant
from safelight.kernel.errors import NotSaved, Refused
from safelight.run.domain.base import FLOOR, Actor
from safelight.run.store.sqlite import keep_log

SITE_NOTES = "site-notes"  # the data key of notes that are about no person
_PREFIX = "sealed:v1"
_NONCE = 12

_SCHEMA = """
create table if not exists data_key (person text primary key, wrapped blob not null);
create table if not exists alias (
  person text primary key, sealed text not null, lookup blob not null
);
create index if not exists alias_lookup on alias (lookup);
create table if not exists access (
  id integer primary key autoincrement,
  at text not null, staff text not null, role text not null,
  person text not null, what text not null, reason text not null
);
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
_BUSY_MILLISECONDS = 5000


class Access(NamedTuple):
    """One look into the vault."""

    at: str
    staff: str
    role: str
    person: str
    what: str
    reason: str


class Vault:
    """One vault file and its key. Safe to use from several threads."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Open or create the file; ``key`` is 32 bytes and comes from outside it."""
        self._lock = threading.Lock()
        self._wrap = AESGCM(key)
        self._index_key = hmac.new(key, b"alias index", sha256).digest()
        self._keys: dict[str, AESGCM] = {}
        self._connection = apsw.Connection(str(path))
        self._connection.set_busy_timeout(_BUSY_MILLISECONDS)
        self._connection.pragma("journal_mode", "wal")
        keep_log(self._connection)
        self._connection.pragma("synchronous", 2)
        self._connection.pragma("secure_delete", 1)  # an erased key leaves no bytes in the file
        self._connection.execute(_SCHEMA).fetchall()

    def seal(self, text: str, person: str | None) -> str:
        """Return free text as ciphertext under the key of the person it is about."""
        owner = person or SITE_NOTES
        key = self._key(owner, create=True)
        nonce = os.urandom(_NONCE)
        data = key.encrypt(nonce, text.encode(), owner.encode())
        return f"{_PREFIX}:{owner}:{base64.urlsafe_b64encode(nonce + data).decode()}"

    def unseal(self, sealed: str, *, actor: Actor, reason: str, now: datetime) -> str:
        """Return the text, after writing down who looked and why; raises Refused."""
        owner, _, data = sealed.removeprefix(f"{_PREFIX}:").partition(":")
        self._write_access(actor, owner, "note", reason, now)
        with _reading():
            raw = base64.urlsafe_b64decode(data)
            key = self._key(owner, create=False)
            return key.decrypt(raw[:_NONCE], raw[_NONCE:], owner.encode()).decode()

    def set_alias(self, person: str, alias: str) -> None:
        """Keep what a person wants to be called, sealed, and findable by exactly that."""
        sealed = self.seal(alias.strip(), person)
        with self._lock:
            self._rows(
                "insert into alias (person, sealed, lookup) values (?, ?, ?) on conflict (person) "
                "do update set sealed = excluded.sealed, lookup = excluded.lookup",
                (person, sealed, self._lookup(alias)),
            )

    def alias(self, person: str, *, actor: Actor, reason: str, now: datetime) -> str | None:
        """Return a person's alias, after writing down who looked and why; raises Refused."""
        with self._lock:
            rows = self._rows("select sealed from alias where person = ?", (person,))
        if not rows:
            self._write_access(actor, person, "alias", reason, now)
            return None
        return self.unseal(str(rows[0][0]), actor=actor, reason=reason, now=now)

    def find_alias(self, alias: str) -> list[str]:
        """Return the ids of people who go by exactly this alias, whatever the case."""
        with self._lock:
            rows = self._rows(
                "select person from alias where lookup = ? order by person", (self._lookup(alias),)
            )
        return [str(row[0]) for row in rows]

    def erase(self, person: str) -> None:
        """Throw a person's data key and alias away; what it sealed is unreadable from now on."""
        with self._lock, _saving():
            with self._connection:
                self._rows("delete from data_key where person = ?", (person,))
                self._rows("delete from alias where person = ?", (person,))
            self._keys.pop(person, None)
            # The write-ahead log still holds the pages as they were.
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def accesses(self, limit: int = 100) -> list[Access]:
        """Return the newest looks into the vault."""
        with self._lock:
            rows = self._rows(
                "select at, staff, role, person, what, reason from access order by id desc limit ?",
                (limit,),
            )
        return [Access(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, sql: str, parameters: tuple[str | bytes | int, ...]) -> list[tuple[Any, ...]]:
        with _saving():
            return self._connection.execute(sql, parameters).fetchall()

    def _lookup(self, alias: str) -> bytes:
        return hmac.new(self._index_key, alias.strip().casefold().encode(), sha256).digest()

    def _key(self, owner: str, *, create: bool) -> AESGCM:
        with self._lock:
            found = self._keys.get(owner)
            if found is not None:
                return found
            rows = self._rows("select wrapped from data_key where person = ?", (owner,))
            if rows:
                wrapped: bytes = rows[0][0]
                with _reading():
                    raw = self._wrap.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], owner.encode())
            elif create:
                raw = AESGCM.generate_key(256)
                nonce = os.urandom(_NONCE)
                wrapped = nonce + self._wrap.encrypt(nonce, raw, owner.encode())
                self._rows("insert into data_key (person, wrapped) values (?, ?)", (owner, wrapped))
            else:
                raise Refused(
                    "vault-erased",
                    "This text was erased with its person's key.",
                    "Nothing can bring it back; the entry itself stays in the journal.",
                )
            self._keys[owner] = AESGCM(raw)
            return self._keys[owner]

    def _write_access(
        self, actor: Actor, person: str, what: str, reason: str, now: datetime
    ) -> None:
        if actor.role not in FLOOR:
            raise Refused(
                "vault-role",
                f"The role {actor.role} may not look into the vault.",
                "Ask somebody on the floor.",
            )
        with self._lock:
            self._rows(
                "insert into access (at, staff, role, person, what, reason) "
                "values (?, ?, ?, ?, ?, ?)",
                (format_instant(now), actor.staff, actor.role.value, person, what, reason),
            )


class _saving:  # noqa: N801 - reads as a word in ``with``
    """What the vault cannot write is not shown and not accepted."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, apsw.Error):
            raise NotSaved(
                "vault-writes",
                "NOT SAVED. The vault cannot be written to.",
                "Leave the note empty and write it on paper; everything else can be recorded.",
            ) from error


class _reading:  # noqa: N801 - reads as a word in ``with``
    """What the vault's key does not open is refused, whoever changed what."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, (InvalidTag, ValueError)):
            raise Refused(
                "vault-readable",
                "This text cannot be read with the vault's key.",
                "It was changed, or the key is of another vault.",
            ) from error
