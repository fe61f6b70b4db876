"""A checkpoint is what an outsider keeps: signed, readable as one line, and not to be bent."""

import pytest

from safelight.journal.checkpoint import (
    Checkpoint,
    check_signature,
    read_checkpoint,
    sign,
    signed_text,
    write_checkpoint,
)
from safelight.kernel.errors import Invalid, Tampered
from tests.support.checkpoints import AT, checkpoint, key, public
from tests.support.facts import a_chain

POINT = checkpoint(a_chain(5))


def refusal(point: Checkpoint, trusted: bytes | None = None) -> str:
    """Return why a checkpoint's signature is refused."""
    with pytest.raises(Tampered) as caught:
        check_signature(point, trusted)
    return caught.value.code


def test_checkpoint_survives_writing_and_reading() -> None:
    """What is written to a file is read back, and its signature holds."""
    line = write_checkpoint(POINT)
    assert "\n" not in line
    assert read_checkpoint(line) == POINT
    check_signature(read_checkpoint(line.encode()), public())


def test_signature_covers_five_lines_that_a_person_can_read() -> None:
    """The signed text is fixed for ever: heading, site, size, root, time."""
    assert signed_text("north", 5, b"\xab" * 32, AT).decode().splitlines() == [
        "safelight checkpoint v1",
        "north",
        "5",
        "ab" * 32,
        AT,
    ]


@pytest.mark.parametrize(
    "changed",
    [
        {"site": "south"},
        {"size": 4},
        {"root": bytes(32)},
        {"at": "2026-03-02T10:00:00.000001Z"},
        {"signature": bytes(64)},
        {"signature": b""},
        {"key": public(1)},
        {"key": b"short"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_signature_fits_no_changed_checkpoint(changed: dict[str, object]) -> None:
    """Whatever is changed, the signature is wrong."""
    assert refusal(POINT._replace(**changed)) == "checkpoint-signature"  # type: ignore[arg-type]


def test_checkpoint_of_another_key_is_refused_where_one_is_trusted() -> None:
    """A right signature of a wrong key is no checkpoint of this site."""
    other = sign(POINT, key(1))
    check_signature(other)
    assert refusal(other, public()) == "checkpoint-key"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "not json",
        write_checkpoint(POINT)[:-9],
        write_checkpoint(POINT).replace('"size":5', '"size":"5"'),
        write_checkpoint(POINT).replace('"size":5', '"size":5,"more":1'),
        write_checkpoint(POINT).replace('"root":"', '"root":"xy'),
        write_checkpoint(POINT).replace('"key":"', '"key":"*'),
    ],
)
def test_line_that_is_no_checkpoint_is_refused(line: str) -> None:
    """Any other line is told apart from a wrong checkpoint."""
    with pytest.raises(Invalid) as caught:
        read_checkpoint(line)
    assert caught.value.code == "checkpoint-format"
