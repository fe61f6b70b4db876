"""Keys, checkpoints and proofs over journals of tests."""

from collections.abc import Sequence
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safelight.journal.checkpoint import Checkpoint, sign
from safelight.journal.entry import Entry
from safelight.journal.merkle import inclusion_path, leaf_hash, root_of
from safelight.journal.proof import Proof

AT = "2026-03-02T10:00:00.000000Z"


@cache
def key(number: int = 0) -> Ed25519PrivateKey:
    """Return one of several keys, always the same for a number."""
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def public(number: int = 0) -> bytes:
    """Return the public half of a key."""
    return key(number).public_key().public_bytes_raw()


def checkpoint(
    entries: Sequence[Entry], site: str = "north", signer: Ed25519PrivateKey | None = None
) -> Checkpoint:
    """Return the signed checkpoint of a journal as it stands."""
    root = root_of([leaf_hash(entry.hash) for entry in entries])
    return sign(Checkpoint(site, len(entries), root, AT), signer or key())


def proof(entries: Sequence[Entry], seq: int) -> Proof:
    """Return the proof that an entry stands in a journal."""
    leaves = [leaf_hash(entry.hash) for entry in entries]
    path = tuple(inclusion_path(leaves, seq - 1))
    return Proof(checkpoint(entries), seq, entries[seq - 1].hash, path)
