"""Finding people by exactly an alias or a name: a keyed hash of the words, and never the words.

Without the vault's key nobody can try names against the hashes.
"""

import hmac
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

from safelight.run.identity.file import VaultFile
from safelight.run.identity.keys import Kind

SCHEMA = """
create table if not exists lookup (
  kind text not null, digest blob not null, person text not null,
  primary key (kind, digest, person)
) without rowid;
create index if not exists lookup_person on lookup (person);
"""


class Lookup:
    """Keyed hashes of what people are called."""

    def __init__(self, file: VaultFile, key: bytes) -> None:
        """Derive a key of its own for each kind, so that aliases and names cannot be compared."""
        self._file = file
        self._keys = {
            kind: hmac.new(key, f"{kind} index".encode(), sha256).digest()
            for kind in (Kind.ALIAS, Kind.IDENTITY)
        }

    def put(self, person: str, kind: Kind, texts: Iterable[str]) -> None:
        """Let a person be found by these texts and by no others of this kind."""
        with self._file.writing():
            self._file.rows("delete from lookup where person = ? and kind = ?", (person, kind))
            self._file.many(
                "insert or ignore into lookup (kind, digest, person) values (?, ?, ?)",
                ((kind, self._digest(kind, text), person) for text in texts),
            )

    def find(self, kind: Kind, text: str) -> list[str]:
        """Return everybody who is called exactly this, whatever its case and spaces."""
        rows = self._file.rows(
            "select person from lookup where kind = ? and digest = ? order by person",
            (kind, self._digest(kind, text)),
        )
        return [str(row[0]) for row in rows]

    def drop(self, person: str) -> None:
        """Let a person be found no more."""
        self._file.rows("delete from lookup where person = ?", (person,))

    def _digest(self, kind: Kind, text: str) -> bytes:
        return hmac.new(self._keys[kind], squeezed(text).encode(), sha256).digest()


def squeezed(text: str) -> str:
    """Return a text in the one spelling in which it is compared."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def endings(name: str) -> list[str]:
    """Return the whole name and what may be the surname: each of its endings.

    A surname may be several words, as in *van der Berg*, and nobody is asked where it begins.
    """
    words = name.split()
    return [" ".join(words[first:]) for first in range(len(words))]
