"""An entry's canonical bytes are RFC 8785, as an independent implementation writes them."""

import hashlib

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.journal.entry import (
    GENESIS,
    Entry,
    canonical_body,
    canonical_bytes,
    chained,
    entry_hash,
)
from safelight.kernel.errors import Invalid
from safelight.run.domain.registry import FACTS, read_fact
from tests.support.facts import TEXT, a_chain, facts, members

FIRST = a_chain(1)[0]
KNOWN_HASH = "149dda82653b9b92f56164a2e65ac81cbb3377ca8d11d9aeb368e1a8e3497451"  # by sha256sum
PLAIN = st.from_regex(r"[A-Za-z0-9 ._:+-]{1,80}", fullmatch=True)
# As fields are named. RFC 8785 sorts by UTF-16, which differs from ours beyond such names only.
FIELD = st.from_regex(r"[a-z_]{1,9}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(FIELD, inner),
)


@pytest.mark.parametrize("kind", FACTS)
@settings(max_examples=20)
@given(data=st.data())
def test_body_of_every_kind_of_fact_is_rfc_8785(kind: str, data: st.DataObject) -> None:
    """A fact's body is what the `rfc8785` package writes, and the fact can be read from it."""
    fact = data.draw(facts(kind))
    body = canonical_body(fact)
    assert body.encode() == rfc8785.dumps(msgspec.to_builtins(fact))
    assert read_fact(kind, FACTS[kind].version, body.encode()) == fact


@given(JSON)
def test_body_of_any_json_without_fractions_is_rfc_8785(value: object) -> None:
    """What a fact could hold one day is canonical as well: nesting, escapes, any script."""
    assert canonical_body(value).encode() == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(
    texts=st.tuples(PLAIN, PLAIN, PLAIN, PLAIN),
    witness=st.none() | PLAIN,
    body=st.dictionaries(FIELD, TEXT),
    seq=st.integers(1, 2**53 - 1),
    prev=st.binary(min_size=32, max_size=32),
)
def test_bytes_of_whole_entry_are_rfc_8785(
    texts: tuple[str, str, str, str],
    witness: str | None,
    body: dict[str, str],
    seq: int,
    prev: bytes,
) -> None:
    """All eleven members are in the bytes, and nothing else."""
    site, actor, kind, command = texts
    entry = FIRST._replace(
        site=site, actor=actor, kind=kind, command=command, witness=witness, seq=seq
    )._replace(body=canonical_body(body))
    assert canonical_bytes(entry, prev) == rfc8785.dumps(members(entry, prev))  # type: ignore[arg-type]
    assert chained(entry, prev).hash == hashlib.sha256(canonical_bytes(entry, prev)).digest()


def test_bytes_of_known_entry_stay_what_they_were() -> None:
    """Journals outlive versions of Safelight: these bytes and this hash never change."""
    entry = Entry(
        site="north",
        seq=1,
        happened_at="2026-03-02T09:00:00.000000Z",
        recorded_at="2026-03-02T09:00:01.000000Z",
        actor="s-ada",
        witness=None,
        kind="service.given",
        version=1,
        body='{"service":"wound_care","visit":"v-1"}',
        command="3f9a2c1e-0b7d-4e8a-9c55-1d2e3f4a5b6c",
        hash=b"",
    )
    assert canonical_bytes(entry, GENESIS).decode() == (
        '{"actor":"s-ada","body":{"service":"wound_care","visit":"v-1"},'
        '"command":"3f9a2c1e-0b7d-4e8a-9c55-1d2e3f4a5b6c",'
        '"happened_at":"2026-03-02T09:00:00.000000Z","kind":"service.given",'
        f'"prev":"{"0" * 64}","recorded_at":"2026-03-02T09:00:01.000000Z","seq":1,'
        '"site":"north","version":1,"witness":null}'
    )
    assert entry_hash(entry, GENESIS).hex() == KNOWN_HASH


@pytest.mark.parametrize("column", ["site", "actor", "witness", "kind", "command"])
@pytest.mark.parametrize("text", ["", 'a"b', "a\\b", "a\nb", "é", "x" * 81])
def test_chaining_refuses_text_that_would_not_stand_as_it_is(column: str, text: str) -> None:
    """No column could smuggle a quotation mark into the bytes and pass for another column."""
    with pytest.raises(Invalid) as caught:
        chained(Entry(**{**FIRST._asdict(), column: text}), GENESIS)
    assert caught.value.code == "plain-text"


def test_no_fact_has_a_field_at_which_its_entry_could_be_cut_differently() -> None:
    """The bytes belong to one set of columns only: no body holds the keys that stand around it."""
    fields = {
        f.encode_name for change in FACTS.values() for f in msgspec.structs.fields(change.fact)
    }
    assert fields & {"body", "command", "happened_at", "prev", "recorded_at", "seq"} == set()
