"""A tap: what a screen, the command line or a rehearsal asks a node to do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from safelight.kernel.errors import Invalid
from safelight.run.domain.base import Actor, Command
from safelight.run.domain.registry import rule_for


class Tap(NamedTuple):
    """One command on its way to the writer."""

    site: str
    command: str  # the id that the client made; the same id twice writes once
    name: str
    payload: Command
    actor: Actor
    happened_at: datetime | None = None  # given in a late entry only
    witness: Actor | None = None  # a second person, for what needs two


class Receipt(NamedTuple):
    """Proof for the client that its command is on disk."""

    site: str
    command: str
    first: int
    last: int
    repeated: bool = False  # the command was durable before; nothing was written now


def read_command(name: str, data: Mapping[str, Any]) -> Command:
    """Read a command from loose values (form fields, JSON); raises Invalid naming the field."""
    try:
        return msgspec.convert(data, rule_for(name).command, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(
            "form-field",
            f"The form cannot be read: {error}.",
            "Check the field it names; what you typed is still there.",
            command=name,
        ) from error
