"""Identifiers: random or derived from the client's own command id, never from a person."""

import hashlib
import uuid

from safelight.kernel.errors import Invalid

COMMAND_ID_LENGTH = 36


def parse_command_id(text: str) -> str:
    """Return a client's command id in its one spelling; raises Invalid for anything else."""
    try:
        return str(uuid.UUID(text))
    except (ValueError, AttributeError, TypeError) as error:
        raise Invalid(
            "command-id",
            f"The form carried no usable command id ({str(text)[:40]!r}).",
            "Reload the page and try again.",
        ) from error


def derive_id(prefix: str, command: str, ordinal: int = 0) -> str:
    """Return the id of something a command creates, such as ``v-3f9a…``.

    It follows from the command id, so that a command sent twice names the same thing.
    """
    digest = hashlib.blake2b(f"{prefix}|{command}|{ordinal}".encode(), digest_size=10)
    return f"{prefix}-{digest.hexdigest()}"
