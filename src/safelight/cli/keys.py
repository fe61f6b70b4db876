"""Public keys as they are given on the command line."""

from typing import Annotated

import typer

from safelight.kernel.errors import Invalid

LENGTH = 32  # bytes of an Ed25519 public key

KeyOption = Annotated[
    str | None, typer.Option(help="The public key to trust, in hex; this home's if left out.")
]


def public_key(text: str) -> bytes:
    """Return a public key from its 64 hexadecimal digits.

    Raises:
        Invalid: It is none.
    """
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != LENGTH:
        raise Invalid(
            "key-form",
            f"{text!r} is no public key.",
            f"Give the {2 * LENGTH} hexadecimal digits of the file node.pub.",
        )
    return key
