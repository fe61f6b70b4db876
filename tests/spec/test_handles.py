"""Two-word handles: readable, unlike each other, and about nobody."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.ids import derive_id
from safelight.run.domain import handles
from safelight.run.domain.handles import handle_for

WORDS = {f"{first} {second}" for first in handles._FIRST for second in handles._SECOND}
IDS = st.uuids().map(lambda key: derive_id("v", str(key)))


def test_handle_follows_from_the_id_alone() -> None:
    """The same random id has the same words on every machine and in every year."""
    assert handle_for("v-1", ()) == handle_for("v-1", ())
    assert handle_for("v-00000000000000000000", ()) == "scarlet rush"


@given(IDS)
def test_handle_is_two_plain_words(key: str) -> None:
    """A handle is two words of the lists, small letters only."""
    assert handle_for(key, ()) in WORDS
    assert re.fullmatch("[a-z]+ [a-z]+", handle_for(key, ()))


@given(st.lists(IDS, unique=True, max_size=60))
def test_handles_differ_while_somebody_has_them(keys: list[str]) -> None:
    """However many are here, no two are called alike."""
    taken: set[str] = set()
    for key in keys:
        taken.add(handle_for(key, taken))
    assert len(taken) == len(keys)


@pytest.mark.parametrize(("more", "number"), [((), 2), ((2,), 3), ((2, 3), 4)])
def test_handle_is_numbered_when_words_run_out(more: tuple[int, ...], number: int) -> None:
    """Where every pair of words is taken, a number tells people apart."""
    name = handle_for("v-1", WORDS).rpartition(" ")[0]
    taken = WORDS | {f"{name} {each}" for each in more}
    assert handle_for("v-1", taken) == f"{name} {number}"


def test_words_are_as_many_as_a_service_needs() -> None:
    """Ten thousand pairs and more, and no word twice."""
    for words in (handles._FIRST, handles._SECOND):
        assert sorted(set(words)) == sorted(words)
    assert len(WORDS) > 10_000
