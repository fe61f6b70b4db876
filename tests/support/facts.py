"""Makes facts of every kind by chance, from the limits that their fields declare."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from safelight.journal.entry import GENESIS, Entry, canonical_body, chained
from safelight.kernel.clock import format_instant
from safelight.run.domain.base import Fact
from safelight.run.domain.registry import FACTS

# Letters of several scripts, signs that JSON escapes, a line separator, and one beyond 16 bits.
TEXT = st.text(st.sampled_from('aZ0 éßЖ中\N{PILE OF POO}\u2028"\\/\b\f\n\r\t\x00\x1f\x7f<&'))
SIMPLE: dict[type[inspect.Type], st.SearchStrategy[Any]] = {
    inspect.BoolType: st.booleans(),
    inspect.NoneType: st.none(),
    inspect.DateType: st.dates(),
}
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Return a strategy for one type of msgspec, within its limits."""
    match kind:
        case inspect.Metadata():
            return values(kind.type)
        case inspect.VarTupleType():
            return st.lists(values(kind.item_type), max_size=3).map(tuple)
        case inspect.UnionType():
            return st.one_of([values(each) for each in kind.types])
        case inspect.StructType():
            return structs(kind)
    return _single(kind)


def _single(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.StrType():
            return _texts(kind)
        case inspect.IntType():
            return st.integers(kind.ge or 0, kind.le if kind.le is not None else 10**9)
        case inspect.DateTimeType():
            return st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    return SIMPLE[type(kind)]


def _texts(kind: inspect.StrType) -> st.SearchStrategy[str]:
    if kind.pattern is not None:
        return st.from_regex(kind.pattern, fullmatch=True)
    low, high = kind.min_length or 0, kind.max_length or 40
    return TEXT.filter(lambda text: low <= len(text) <= high)


def structs(kind: inspect.StructType) -> st.SearchStrategy[Any]:
    """Return a strategy for a struct, with all fields or without the optional ones."""
    needed = {f.encode_name: values(f.type) for f in kind.fields if f.required}
    optional = {f.encode_name: values(f.type) for f in kind.fields if not f.required}
    fixed = st.fixed_dictionaries(needed, optional=optional)
    return fixed.map(lambda fields: kind.cls(**fields))


def facts(kind: str) -> st.SearchStrategy[Fact]:
    """Return a strategy for the facts of one registered kind."""
    found = inspect.type_info(FACTS[kind].fact)
    assert isinstance(found, inspect.StructType)
    return structs(found)


def members(entry: Entry, prev: bytes) -> Mapping[str, object]:
    """Return the eleven members that an entry's hash covers, as plain JSON values."""
    named = entry._asdict() | {"body": msgspec.json.decode(entry.body), "prev": prev.hex()}
    del named["hash"]
    return named


def a_chain(count: int, site: str = "north", first: Sequence[Entry] = ()) -> list[Entry]:
    """Return a journal of so many plain entries, after those given."""
    made = list(first)
    for seq in range(len(made) + 1, count + 1):
        at = format_instant(BEGIN + timedelta(seconds=seq // 2))
        entry = Entry(
            site=site,
            seq=seq,
            happened_at=at,
            recorded_at=at,
            actor="s-ada",
            witness="s-ben" if seq % 3 == 0 else None,
            kind="service.given",
            version=1,
            body=canonical_body({"service": "wound_care", "visit": f"v-{seq}"}),
            command=f"3f9a2c1e-0b7d-4e8a-9c55-{seq:012d}",
            hash=b"",
        )
        made.append(chained(entry, made[-1].hash if made else GENESIS))
    return made
