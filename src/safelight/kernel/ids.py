"""Identifiers: made by the client or derived from its command id, never from a person."""

import hashlib
import re
import uuid
from datetime import datetime

from safelight.kernel.errors import Invalid

_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MILLISECOND_DIGITS = 13  # of a UUID's text: 48 bits and a hyphen


def command_id(now: datetime, randomness: bytes) -> str:
    """Return a fresh command id: a UUID of version 7 (RFC 9562) from the time and 10 bytes.

    Ids that begin with the time lie side by side in an index, so a commit touches few pages.
    """
    milliseconds = int(now.timestamp() * 1000)
    value = bytearray(milliseconds.to_bytes(6) + randomness[:10])
    value[6] = 0x70 | value[6] & 0x0F
    value[8] = 0x80 | value[8] & 0x3F
    text = value.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def parse_command_id(text: str) -> str:
    """Return a client's command id in its one spelling; raises Invalid for anything else."""
    try:
        if _CANONICAL.fullmatch(text):
            return text
        return str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError) as error:
        raise Invalid(
            "command-id",
            f"The form carried no usable command id ({str(text)[:40]!r}).",
            "Reload the page and try again.",
        ) from error


def derive_id(prefix: str, command: str) -> str:
    """Return the id of something a command creates, such as ``v-0193a1…``.

    It follows from the command id, so that a command sent twice names the same thing, and begins
    with the same time. For people see ``derive_random_id``.
    """
    digest = hashlib.blake2b(f"{prefix}|{command}".encode(), digest_size=6).hexdigest()
    return f"{prefix}-{command[:_MILLISECOND_DIGITS].replace('-', '')}{digest}"


def derive_random_id(prefix: str, command: str) -> str:
    """Return an id that follows from the command id and shows nothing of it, not even the time."""
    digest = hashlib.blake2b(f"{prefix}|{command}".encode(), digest_size=10)
    return f"{prefix}-{digest.hexdigest()}"
