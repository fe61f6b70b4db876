"""A tap: what a screen, the command line or a rehearsal asks a node to do."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from safelight.kernel.errors import Invalid
from safelight.run.domain.base import Actor, Command
from safelight.run.domain.registry import rule_for

# How the reader of values says that a field is missing, and below which other field.
_MISSING = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?([^`]*)`)?")


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
        message, remedy = _said(str(error))
        raise Invalid("form-field", message, remedy, command=name) from error


def _said(error: str) -> tuple[str, str]:
    """Return what was wrong with the values, and what to do."""
    missing = _MISSING.fullmatch(error)
    if missing is None:
        return f"The form cannot be read: {error}.", (
            "Check the field it names; what you typed is still there."
        )
    field = ".".join(filter(None, (missing[2], missing[1])))
    return f"Nothing was given for {field}.", "Give it too; what you typed is still there."
