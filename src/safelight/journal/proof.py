"""Inclusion proofs that fit in a kilobyte and are checked without the database.

The file is binary: a magic, one line of JSON with the small values, then raw hashes. A journal
of a million entries needs 20 siblings of 32 bytes, which no text form carries in 1,024 bytes.
"""

import base64
from typing import NamedTuple

import msgspec

from safelight.journal.checkpoint import Checkpoint, check_signature
from safelight.journal.merkle import leaf_hash, root_from_path
from safelight.kernel.errors import Invalid, Tampered

_MAGIC = b"SLPROOF1\n"
_HASH, _SIGNATURE = 32, 64


class Proof(NamedTuple):
    """That one entry stands in the journal that a checkpoint covers."""

    checkpoint: Checkpoint
    seq: int
    entry: bytes
    path: tuple[bytes, ...]


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    site: str
    seq: int
    size: int
    at: str


class _Readable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    site: str
    seq: int
    size: int
    at: str
    entry: str
    path: str
    root: str
    signature: str
    key: str


def pack(proof: Proof) -> bytes:
    """Return a proof as a file of at most 1 KB for journals up to some 16 million entries."""
    point = proof.checkpoint
    head = _Head(point.site, proof.seq, point.size, point.at)
    tail = b"".join((point.signature, point.key, proof.entry, *proof.path))
    return _MAGIC + msgspec.json.encode(head) + b"\n" + tail


def readable(proof: Proof) -> dict[str, object]:
    """Return a proof as JSON values; hashes in base 85, so that most stay within 1 KB."""
    point = proof.checkpoint
    return {
        "site": point.site,
        "seq": proof.seq,
        "size": point.size,
        "at": point.at,
        "entry": base64.b85encode(proof.entry).decode(),
        "path": base64.b85encode(b"".join(proof.path)).decode(),
        "root": base64.b85encode(point.root).decode(),
        "signature": base64.b85encode(point.signature).decode(),
        "key": base64.b85encode(point.key).decode(),
    }


def unpack(data: bytes) -> Proof:
    """Read a proof from either form; raises Invalid for anything else."""
    try:
        return _unpack_binary(data) if data.startswith(_MAGIC) else _unpack_json(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Invalid(
            "proof-format",
            f"This is no proof: {error}.",
            "Give a file that `safelight prove` wrote.",
        ) from error


def _unpack_binary(data: bytes) -> Proof:
    line, _, tail = data[len(_MAGIC) :].partition(b"\n")
    head = msgspec.json.decode(line, type=_Head)
    signature, tail = tail[:_SIGNATURE], tail[_SIGNATURE:]
    key, entry, *path = _hashes(tail)
    root = root_from_path(leaf_hash(entry), head.seq - 1, head.size, path)
    return Proof(
        Checkpoint(head.site, head.size, root, head.at, signature, key),
        head.seq,
        entry,
        tuple(path),
    )


def _unpack_json(data: bytes) -> Proof:
    got = msgspec.json.decode(data, type=_Readable)
    point = Checkpoint(
        got.site,
        got.size,
        base64.b85decode(got.root),
        got.at,
        base64.b85decode(got.signature),
        base64.b85decode(got.key),
    )
    path = tuple(_hashes(base64.b85decode(got.path)))
    return Proof(point, got.seq, base64.b85decode(got.entry), path)


def _hashes(data: bytes) -> list[bytes]:
    if len(data) % _HASH:
        message = "its hashes are cut off"
        raise ValueError(message)
    return [data[i : i + _HASH] for i in range(0, len(data), _HASH)]


def check_proof(proof: Proof, trusted: bytes | None = None) -> None:
    """Raise Tampered where the entry, the path and the signed root do not fit together."""
    try:
        root = root_from_path(
            leaf_hash(proof.entry), proof.seq - 1, proof.checkpoint.size, proof.path
        )
    except ValueError as error:
        raise Tampered(
            "proof-path", f"The path does not fit: {error}.", "Ask for it again."
        ) from error
    if root != proof.checkpoint.root:
        raise Tampered(
            "proof-root",
            f"Entry {proof.seq} of {proof.checkpoint.site} does not lead to the signed root.",
            "The entry or the proof was changed. Keep the file.",
        )
    check_signature(proof.checkpoint, trusted)
