"""One entry of a journal, its canonical bytes (RFC 8785) and its place in the hash chain."""

import hashlib
import re
from typing import Any, NamedTuple

import msgspec

from safelight.kernel.errors import Invalid

GENESIS = bytes(32)  # what the first entry of every journal points back to
_PLAIN = re.compile(r"(?:[A-Za-z0-9 ._:+-]{1,80}\|){4}[A-Za-z0-9 ._:+-]{1,80}")
# Keys sorted, no white space, UTF-8, whole numbers only: for such values this is RFC 8785.
_encoder = msgspec.json.Encoder(order="sorted")


class Entry(NamedTuple):
    """One row of a journal. Times are UTC texts; ``body`` is canonical JSON; ``hash`` is raw."""

    site: str
    seq: int
    happened_at: str
    recorded_at: str
    actor: str
    witness: str | None
    kind: str
    version: int
    body: str
    command: str
    hash: bytes


def canonical_body(value: Any) -> str:  # noqa: ANN401 - any msgspec struct or plain JSON value
    """Return a fact's canonical JSON. Facts hold no floats, which a repository test holds."""
    return _encoder.encode(value).decode()


def canonical_bytes(entry: Entry, prev: bytes) -> bytes:
    """Return the bytes that an entry's hash covers: RFC 8785 of its eleven members.

    The body is canonical already and goes in as it is; the other texts hold nothing that JSON
    would escape (see ``chained``). Written as one format so that a million take seconds.
    """
    site, seq, happened_at, recorded_at, actor, witness, kind, version, body, command, _ = entry
    witnessed = "null" if witness is None else f'"{witness}"'
    return (
        f'{{"actor":"{actor}","body":{body},"command":"{command}","happened_at":"{happened_at}",'
        f'"kind":"{kind}","prev":"{prev.hex()}","recorded_at":"{recorded_at}","seq":{seq},'
        f'"site":"{site}","version":{version},"witness":{witnessed}}}'
    ).encode()


def entry_hash(entry: Entry, prev: bytes) -> bytes:
    """Return SHA-256 over the canonical bytes."""
    return hashlib.sha256(canonical_bytes(entry, prev)).digest()


def chained(entry: Entry, prev: bytes) -> Entry:
    """Return the entry with its hash; raises Invalid for a text that JSON would escape."""
    texts = f"{entry.site}|{entry.actor}|{entry.kind}|{entry.command}|{entry.witness}"
    if not _PLAIN.fullmatch(texts):
        raise Invalid(
            "plain-text",
            f"{texts!r} cannot stand in a journal entry.",
            "Use letters, digits and hyphens.",
        )
    return Entry(*entry[:-1], entry_hash(entry, prev))
