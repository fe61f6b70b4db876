"""From what a form or the API sends to the loose values of a command.

Which fields a command has is worked out once per command. Names are the struct's own, dotted for
nested ones; a repeated name is a tuple; blank means 'not given'. ``reading.temperature=37.4``
stands for ``reading.temperature_tenths`` 374, and ``dose_mg=0.5`` for ``dose`` 500. The groups of a
list are numbered: ``findings.0.criterion``. Free text comes out apart, to be sealed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import msgspec
import msgspec.inspect as mi

from safelight.kernel.errors import Invalid
from safelight.kernel.privacy import MICROGRAMS, Privacy
from safelight.run.domain.registry import rule_for

Pairs = list[tuple[str, Any]]
# Who stands there: the actor's own code, the second person, and the second person's code.
PROOF, WITNESS, WITNESS_PROOF = "proof", "witness", "witness_proof"
PROVING = frozenset({PROOF, WITNESS, WITNESS_PROOF})
# What a form says about itself rather than about the command.
SPECIAL = PROVING | {"command", "token", "back", "happened_time", "happened_at"}
MOST_FIELDS = 500
LONGEST_NOTE = 8000  # bytes; sealed, it has to fit its field
TENTHS = "_tenths"
MILLIGRAMS = "_mg"
# Control characters, and those that turn the direction of text to make it look like another.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ONE_DECIMAL = re.compile(r"([0-9]{1,4})(?:[.,]([0-9])0*)?")
# A comma could mean thousands to one and a decimal point to another: here nobody has to guess.
_THREE_DECIMALS = re.compile(r"([0-9]{1,9})(?:[.]([0-9]{1,3})0*)?")
_NUMBER = re.compile(r"\.[0-9]+\.")
_ON = {"on": "true", "off": "false"}


class Kind(Enum):
    """How a field's text is understood before the struct's own type checks it."""

    ONE = "one"
    MANY = "many"
    FLAG = "flag"
    MOMENT = "moment"
    TENTHS = "tenths"
    MILLIGRAMS = "milligrams"
    SEALED = "sealed"


class Shape(NamedTuple):
    """The fields of one command by dotted name."""

    kinds: dict[str, Kind]
    required_many: tuple[str, ...]  # an unticked group of checkboxes is an empty tuple
    required_groups: tuple[str, ...]  # readings none of which was taken: for the rule to judge


class Draft(NamedTuple):
    """A command's values; what has to be sealed is not among them yet."""

    data: dict[str, Any]
    notes: list[tuple[str, str]]

    def put(self, name: str, value: object) -> None:
        """Set a value under a dotted name."""
        place: Any = self.data
        parts = name.split(".")
        for part, after in pairwise(parts):
            place = _within(place, part, [] if after.isdecimal() else {})
        if not isinstance(place, dict):
            raise _invalid("form-field", f"The field {name} does not fit the others.")
        place[parts[-1]] = value


def _within(place: Any, part: str, new: Any) -> Any:  # noqa: ANN401 - nested values
    """Return what lies below a name or, in a list, below the number of one of its groups."""
    match place:
        case dict():
            return place.setdefault(part, new)
        case list() if part in {str(number) for number in range(len(place) + 1)}:
            if part == str(len(place)):
                place.append(new)
            return place[int(part)]
    return None


@cache
def shape_of(command_name: str) -> Shape:
    """Return a command's fields; raises Invalid for a command that does not exist."""
    struct = mi.type_info(rule_for(command_name).command)
    kinds = dict(_fields(struct, ""))
    if clash := SPECIAL & kinds.keys():
        raise TypeError(f"{command_name} has fields with names that forms use: {clash}")
    required = struct.fields if isinstance(struct, mi.StructType) else ()
    many = (f.encode_name for f in required if f.required and kinds.get(f.name) is Kind.MANY)
    groups = (f.encode_name for f in required if f.required and _may_be_empty(f.type))
    return Shape(kinds, tuple(many), tuple(groups))


def _may_be_empty(of: mi.Type) -> bool:
    return isinstance(of, mi.StructType) and not any(field.required for field in of.fields)


@cache
def milligram_fields(of: type[msgspec.Struct]) -> frozenset[str]:
    """Return the fields of a command or fact that hold micrograms and are shown in milligrams."""
    fields = _fields(mi.type_info(of), "")
    return frozenset(
        name.removesuffix(MILLIGRAMS) for name, kind in fields if kind is Kind.MILLIGRAMS
    )


def _fields(of: mi.Type, name: str) -> Iterator[tuple[str, Kind]]:
    match of:
        case mi.Metadata(extra={"privacy": Privacy.SEALED}):
            yield name, Kind.SEALED
        case mi.Metadata(extra={"unit": unit}) if unit == MICROGRAMS:
            yield name, Kind.ONE
            yield name + MILLIGRAMS, Kind.MILLIGRAMS
        case mi.Metadata(type=inner):
            yield from _fields(inner, name)
        case mi.UnionType(types=types):
            for option in types:
                yield from _fields(option, name)
        case mi.VarTupleType(item_type=mi.StructType() as group):
            yield name, Kind.MANY
            yield from _fields(group, f"{name}.*")
        case mi.StructType(fields=fields):
            for field in fields:
                yield from _fields(field.type, f"{name}.{field.encode_name}".lstrip("."))
        case mi.NoneType():
            return
        case _:
            yield from _plain(of, name)


def _plain(of: mi.Type, name: str) -> Iterator[tuple[str, Kind]]:
    yield name, _kind(of)
    if name.endswith(TENTHS):
        yield name.removesuffix(TENTHS), Kind.TENTHS


def _kind(of: mi.Type) -> Kind:
    if isinstance(of, mi.VarTupleType):
        return Kind.MANY
    if isinstance(of, mi.BoolType):
        return Kind.FLAG
    return Kind.MOMENT if isinstance(of, mi.DateTimeType) else Kind.ONE


def read_form(body: bytes) -> Pairs:
    """Read an urlencoded form, blank fields left out; raises Invalid for what is no text."""
    if not body:
        return []
    try:
        parts = body.decode().replace("+", " ").split("&")
        if len(parts) > MOST_FIELDS:
            raise _invalid("form-size", "The form has too many fields.")
        pairs: Pairs = []
        for part in parts:
            name, _, value = part.partition("=")
            if "%" in part:
                name = unquote(name, errors="strict")
                value = unquote(value, errors="strict").replace("\r\n", "\n")
            if value := value.strip():
                pairs.append((name, value))
    except UnicodeDecodeError as error:
        raise _invalid("form-text", "The form is not in UTF-8.") from error
    return pairs


def flatten(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Return the API's nested values under dotted names, as a form would send them."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield from flatten(item, f"{prefix}{name}.{number}.")
                else:
                    yield prefix + name, item
        elif value is not None:
            yield prefix + name, value


def draft(command_name: str, pairs: Iterable[tuple[str, Any]], timezone: str) -> Draft:
    """Sort what was sent into the command's values; unknown names are left for it to refuse."""
    shape = shape_of(command_name)
    made = Draft({name: [] for name in shape.required_many}, [])
    made.data.update({name: {} for name in shape.required_groups})
    seen: set[str] = set()
    many: dict[str, list[Any]] = {}
    for name, value in pairs:
        if name in SPECIAL:
            continue
        kind = shape.kinds.get(_NUMBER.sub(".*.", name), Kind.ONE)
        require_plain(value, newlines=kind is Kind.SEALED)
        if kind is Kind.MANY:
            many.setdefault(name, []).append(value)
            continue
        meant = name.removesuffix(MILLIGRAMS) if kind is Kind.MILLIGRAMS else name
        if meant in seen:
            raise _invalid("form-field", f"The field {name} was sent twice.")
        seen.add(meant)
        _put(made, name, value, kind, timezone)
    for name, values in many.items():
        made.put(name, values)
    return made


def _put(made: Draft, name: str, value: Any, kind: Kind, timezone: str) -> None:  # noqa: ANN401
    match kind:
        case Kind.SEALED:
            made.notes.append((name, _note(name, value)))
        case Kind.TENTHS:
            made.put(name + TENTHS, _tenths(name, value))
        case Kind.MILLIGRAMS:
            made.put(name.removesuffix(MILLIGRAMS), _micrograms(name, value))
        case Kind.MOMENT:
            made.put(name, _moment(name, value, timezone))
        case Kind.FLAG if isinstance(value, str):
            made.put(name, _ON.get(value, value))
        case _:
            made.put(name, value)


def require_plain(value: object, *, newlines: bool = False) -> None:
    """Refuse control characters; a note may have new lines and tabs."""
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return
    found = _FORBIDDEN.search(value)
    if found or (not newlines and ("\n" in value or "\t" in value)):
        raise _invalid("form-text", "The form holds characters that nobody can see.")


def _note(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _invalid("form-field", f"The field {name} has to be text.")
    if len(value.encode()) > LONGEST_NOTE:
        raise Invalid(
            "note-length",
            f"The note is too long: {len(value)} characters.",
            "Shorten it, or make two notes of it.",
        )
    return value


def _tenths(name: str, value: object) -> int:
    parts = _ONE_DECIMAL.fullmatch(str(value))
    if parts is None:
        raise _invalid("form-field", f"The field {name} has to be a number like 37.4.")
    return int(parts[1]) * 10 + int(parts[2] or 0)


def _micrograms(name: str, value: object) -> int:
    """Read milligrams exactly: no float ever stands between a form and an order."""
    parts = _THREE_DECIMALS.fullmatch(str(value).strip())
    if parts is None:
        raise _invalid(
            "form-field",
            f"The field {name} has to be milligrams like 200 or 0.5, with at most three decimals.",
        )
    return int(parts[1]) * 1000 + int((parts[2] or "0").ljust(3, "0"))


def _moment(name: str, value: object, timezone: str) -> datetime:
    """Read a moment; one without a time zone is the site's own time."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise _invalid("form-field", f"The field {name} has to be a date with a time.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))


def _invalid(code: str, message: str) -> Invalid:
    return Invalid(code, message, "Check what you typed; it is still there.")
