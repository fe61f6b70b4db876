"""Signed checkpoints: what an outsider keeps, so that a rewritten past no longer fits."""

import base64
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from safelight.kernel.errors import Invalid, Tampered


class Checkpoint(NamedTuple):
    """The root of a site's journal at one size, with its time, signed by the node's key."""

    site: str
    size: int
    root: bytes
    at: str
    signature: bytes = b""
    key: bytes = b""


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A checkpoint as it is written to a file."""

    site: str
    size: int
    root: str
    at: str
    signature: str
    key: str


def signed_text(site: str, size: int, root: bytes, at: str) -> bytes:
    """Return the bytes that a signature covers: four lines under a heading."""
    return f"safelight checkpoint v1\n{site}\n{size}\n{root.hex()}\n{at}\n".encode()


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> Checkpoint:
    """Return the checkpoint with signature and public key."""
    text = signed_text(checkpoint.site, checkpoint.size, checkpoint.root, checkpoint.at)
    return checkpoint._replace(signature=key.sign(text), key=key.public_key().public_bytes_raw())


def check_signature(checkpoint: Checkpoint, trusted: bytes | None = None) -> None:
    """Raise Tampered where the signature does not fit, or is of another key than the trusted."""
    if trusted is not None and checkpoint.key != trusted:
        raise Tampered(
            "checkpoint-key",
            f"The checkpoint of {checkpoint.site} at {checkpoint.size} is of another key.",
            "Compare the key's fingerprint with the one you were given when the site opened.",
        )
    try:
        Ed25519PublicKey.from_public_bytes(checkpoint.key).verify(
            checkpoint.signature,
            signed_text(checkpoint.site, checkpoint.size, checkpoint.root, checkpoint.at),
        )
    except (InvalidSignature, ValueError) as error:
        raise Tampered(
            "checkpoint-signature",
            f"The signature of the checkpoint of {checkpoint.site} at {checkpoint.size} is wrong.",
            "Keep the file and tell whoever answers for the journal.",
        ) from error


def write_checkpoint(checkpoint: Checkpoint) -> str:
    """Return a checkpoint as one line of JSON."""
    written = _Written(
        checkpoint.site,
        checkpoint.size,
        checkpoint.root.hex(),
        checkpoint.at,
        base64.b64encode(checkpoint.signature).decode(),
        base64.b64encode(checkpoint.key).decode(),
    )
    return msgspec.json.encode(written).decode()


def read_checkpoint(line: str | bytes) -> Checkpoint:
    """Read one line; raises Invalid for anything else."""
    try:
        got = msgspec.json.decode(line, type=_Written)
        return Checkpoint(
            got.site,
            got.size,
            bytes.fromhex(got.root),
            got.at,
            base64.b64decode(got.signature, validate=True),
            base64.b64decode(got.key, validate=True),
        )
    except (msgspec.MsgspecError, ValueError) as error:
        raise Invalid(
            "checkpoint-format",
            f"This is no checkpoint: {error}.",
            "Give a file that `safelight checkpoint` wrote.",
        ) from error
