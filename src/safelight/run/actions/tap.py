"""A tap: what a screen, the command line or a rehearsal asks a node to do."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from safelight.kernel.errors import Invalid
from safelight.run.domain.base import Actor, Command
from safelight.run.domain.registry import rule_for

# How the reader of values says what is wrong, and how a form says it. Whatever it says besides
# stands as it is.
_SAID: Final = (
    (r"Object missing required field `(?P<more>\w+)`", "Nothing was given for {field}."),
    (r"Expected `int` >= (?P<bound>\d+)", "The field {field} has to be {bound} or more."),
    (r"Expected `int` <= (?P<bound>\d+)", "The field {field} has to be {bound} or less."),
    (r"Expected `int`, got `\w+`", "The field {field} has to be a whole number."),
    (r"Invalid RFC3339 encoded date", "The field {field} has to be a date like 2026-01-31."),
    (
        r"Expected `str` matching regex .+?",
        "The field {field} is too long or has characters that cannot stand there.",
    ),
)
_WHERE = r"(?: - at `\$\.?(?P<place>[^`]*)`)?"


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
        remedy = "Check that field; what you typed is still there."
        raise Invalid("form-field", _said(str(error)), remedy, command=name) from error


def _said(error: str) -> str:
    """Return what is wrong with some values, in words for whoever filled in the form."""
    for pattern, words in _SAID:
        if found := re.fullmatch(pattern + _WHERE, error):
            values = {"place": "", "more": "", **found.groupdict(default="")}
            field = ".".join(filter(None, (values["place"], values["more"])))
            return words.format(field=_called(field), bound=values.get("bound"))
    return f"The form cannot be read: {error}."


def _called(field: str) -> str:
    """Return a field as a form calls it; one of several keeps its place among them."""
    return field if "[" in field else field.rpartition(".")[2].replace("_", " ")
