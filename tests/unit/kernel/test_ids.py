"""Ids: made by the client or derived from its command id, never from a person."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.errors import Invalid
from safelight.kernel.ids import command_id, derive_id, derive_random_id, parse_command_id

COMMAND = "0194602c-6a00-7000-8000-000000000001"
NOON = datetime(2025, 1, 13, 12, 0, tzinfo=UTC)


@given(st.binary(min_size=10, max_size=10))
def test_command_id_is_a_uuid_of_version_7(randomness: bytes) -> None:
    """A fresh id is a UUID that begins with its time."""
    made = uuid.UUID(command_id(NOON, randomness))
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(NOON.timestamp() * 1000)


def test_command_ids_sort_by_time() -> None:
    """Later ids lie behind earlier ones, whatever the randomness."""
    early = command_id(NOON, b"\xff" * 10)
    late = command_id(NOON + timedelta(milliseconds=1), b"\x00" * 10)
    assert early < late


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(COMMAND, id="as it should be"),
        pytest.param(COMMAND.upper(), id="in capitals"),
        pytest.param(f"{{{COMMAND}}}", id="in braces"),
        pytest.param(COMMAND.replace("-", ""), id="without hyphens"),
    ],
)
def test_command_id_has_one_spelling(text: str) -> None:
    """However a client spells its id, the journal spells it in one way."""
    assert parse_command_id(text) == COMMAND


@pytest.mark.parametrize(
    "text", ["", "tap-1", COMMAND[:-1], f"{COMMAND}\n1", "g" * 36, None, 7, "x" * 9999]
)
def test_command_id_of_another_shape_is_invalid(text: str) -> None:
    """What is no id is refused, and a long one is not shown in full."""
    with pytest.raises(Invalid) as caught:
        parse_command_id(text)
    assert caught.value.code == "command-id"
    assert len(caught.value.message) < 100


@given(st.uuids().map(str), st.sampled_from("vpixgtoear"))
def test_derived_ids_fit_their_fields(command: str, prefix: str) -> None:
    """An id begins with its prefix, fits the pattern of ids, and is always the same."""
    for derive in (derive_id, derive_random_id):
        made = derive(prefix, command)
        assert made == derive(prefix, command)
        assert re.fullmatch(rf"{prefix}-[0-9a-f]{{20,24}}", made)


@given(st.lists(st.uuids().map(str), unique=True, min_size=2, max_size=30))
def test_derived_ids_differ(commands: list[str]) -> None:
    """Two commands, or two prefixes of one command, never make the same id."""
    for derive in (derive_id, derive_random_id):
        made = {derive(prefix, command) for command in commands for prefix in "vp"}
        assert len(made) == 2 * len(commands)


def test_derived_id_begins_with_the_time_of_its_command() -> None:
    """Ids that are made together lie together, except those of people, who show no time."""
    assert derive_id("v", COMMAND).startswith("v-0194602c6a00")
    assert "0194602c6a00" not in derive_random_id("p", COMMAND)
