"""One data key for each person, wrapped by the vault's own key; everything sealed is under one.

A ciphertext is bound to its person and to the kind of record that it is, so that none can be
passed off as that of another person or as something else. Keys are not held in memory: one that
was thrown away opens nothing from that moment on.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safelight.kernel.errors import Refused
from safelight.run.identity.file import VaultFile

SCHEMA = "create table if not exists data_key (person text primary key, wrapped blob not null);"
_NONCE = 12
_BITS = 256


class Kind(StrEnum):
    """What a ciphertext is of."""

    NOTE = "note"
    ALIAS = "alias"
    IDENTITY = "identity"
    PHOTOGRAPH = "photograph"


class DataKeys:
    """Seals and opens, each person's records under the person's own key."""

    def __init__(self, file: VaultFile, key: bytes) -> None:
        """Take the file of wrapped keys and the vault's key, which comes from outside it."""
        self._file, self._wrap = file, AESGCM(key)

    def seal(self, person: str, kind: Kind, data: bytes) -> bytes:
        """Return the data as ciphertext; makes the person's key where there is none."""
        return _encrypt(self._find(person) or self._make(person), data, _bound(person, kind))

    def open(self, person: str, kind: Kind, sealed: bytes) -> bytes:
        """Return the data; raises Refused where it was erased, changed or is something else."""
        key = self._find(person)
        if key is None:
            raise Refused(
                "vault-erased",
                "This text was erased with its person's key.",
                "Nothing can bring it back; the entry itself stays in the journal.",
            )
        with reading():
            return _decrypt(key, sealed, _bound(person, kind))

    def forget(self, person: str) -> None:
        """Throw a person's key away."""
        self._file.rows("delete from data_key where person = ?", (person,))

    def _find(self, person: str) -> AESGCM | None:
        rows = self._file.rows("select wrapped from data_key where person = ?", (person,))
        if not rows:
            return None
        with reading():
            return AESGCM(_decrypt(self._wrap, rows[0][0], person.encode()))

    def _make(self, person: str) -> AESGCM:
        with self._file.writing():
            if (known := self._find(person)) is not None:
                return known  # another thread was quicker
            raw = AESGCM.generate_key(_BITS)
            wrapped = _encrypt(self._wrap, raw, person.encode())
            self._file.rows(
                "insert into data_key (person, wrapped) values (?, ?)", (person, wrapped)
            )
            return AESGCM(raw)


def _bound(person: str, kind: Kind) -> bytes:
    """Return what a ciphertext is bound to. Notes stand in journals, bound to the person alone."""
    return person.encode() if kind is Kind.NOTE else f"{kind}|{person}".encode()


def _encrypt(key: AESGCM, data: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + key.encrypt(nonce, data, bound)


def _decrypt(key: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    return key.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)


@contextmanager
def reading() -> Iterator[None]:
    """What the vault's key does not open is refused, whoever changed what."""
    try:
        yield
    except (InvalidTag, TypeError, ValueError, msgspec.DecodeError) as error:
        raise Refused(
            "vault-readable",
            "This text cannot be read with the vault's key.",
            "It was changed, or the key is of another vault.",
        ) from error
