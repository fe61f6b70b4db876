"""An inclusion proof convinces without the database, fits in a kilobyte, and cannot be bent."""

from random import Random

import msgspec
import pytest

from safelight.journal.checkpoint import Checkpoint, sign
from safelight.journal.merkle import leaf_hash, root_from_path
from safelight.journal.proof import Proof, check_proof, pack, readable, unpack
from safelight.kernel.errors import Invalid, SafelightError, Tampered
from tests.support.checkpoints import AT, key, proof, public
from tests.support.facts import a_chain

CHAIN = a_chain(70)
LONGEST_SITE = "s" * 64


def as_json(one: Proof) -> bytes:
    return msgspec.json.encode(readable(one))


def holds(data: bytes) -> bool:
    """Tell whether somebody who trusts the node's key would believe a file."""
    try:
        check_proof(unpack(data), public())
    except SafelightError:
        return False
    return True


@pytest.mark.parametrize("size", range(1, 71))
def test_proof_of_every_entry_holds_in_both_forms(size: int) -> None:
    """Whatever the size and the entry, the file and its readable form prove it."""
    for seq in range(1, size + 1):
        one = proof(CHAIN[:size], seq)
        check_proof(one, public())
        assert unpack(pack(one)) == one
        assert unpack(as_json(one)) == one


@pytest.mark.parametrize("seq", [1, 3, 7])
def test_proof_with_one_bit_flipped_does_not_hold(seq: int) -> None:
    """Every single bit of the file counts, in both forms."""
    one = proof(CHAIN[:7], seq)
    for data in (pack(one), as_json(one)):
        assert holds(data)
        for bit in range(len(data) * 8):
            bent = bytearray(data)
            bent[bit // 8] ^= 1 << bit % 8
            assert not holds(bytes(bent)), f"bit {bit} of {len(data) * 8}"


@pytest.mark.parametrize("seq", [1, 6])
def test_proof_cut_short_or_lengthened_does_not_hold(seq: int) -> None:
    """No part of the file can be left out, and nothing can be added."""
    data = pack(proof(CHAIN[:6], seq))
    assert not any(holds(data[:end]) for end in range(len(data)))
    assert not any(holds(data + bytes(more)) for more in (1, 31, 32, 64))


@pytest.mark.parametrize("seq", [1, 524_289, 1_000_000])
def test_proof_in_a_journal_of_a_million_fits_in_a_kilobyte(seq: int) -> None:
    """The binary form stays within 1,024 bytes even for the longest site id."""
    rng, size = Random(seq), 1_000_000
    entry = rng.randbytes(32)
    path: list[bytes] = []
    while not path or not fits(entry, seq, size, path):
        path.append(rng.randbytes(32))
    root = root_from_path(leaf_hash(entry), seq - 1, size, path)
    one = Proof(sign(Checkpoint(LONGEST_SITE, size, root, AT), key()), seq, entry, tuple(path))
    check_proof(one, public())
    assert holds(pack(one))
    assert len(pack(one)) <= 1024


def fits(entry: bytes, seq: int, size: int, path: list[bytes]) -> bool:
    try:
        root_from_path(leaf_hash(entry), seq - 1, size, path)
    except ValueError:
        return False
    return True


def test_proof_of_another_entry_is_told_apart() -> None:
    """A proof of one entry proves no other, and the words say what does not fit."""
    one = proof(CHAIN[:5], 2)
    with pytest.raises(Tampered) as caught:
        check_proof(one._replace(entry=CHAIN[2].hash), public())
    assert caught.value.code == "proof-root"
    with pytest.raises(Tampered) as caught:
        check_proof(one._replace(seq=6), public())
    assert caught.value.code == "proof-path"


def test_proof_signed_by_somebody_else_does_not_hold() -> None:
    """Whoever can sign with another key proves nothing to somebody who knows the node's key."""
    one = proof(CHAIN[:5], 2)
    forged = one._replace(checkpoint=sign(one.checkpoint, key(1)))
    check_proof(forged)
    with pytest.raises(Tampered) as caught:
        check_proof(forged, public())
    assert caught.value.code == "checkpoint-key"


@pytest.mark.parametrize("data", [b"", b"{}", b"SLPROOF1\n", b"SLPROOF1\n{}\n", b"\xff", b"[1"])
def test_file_that_is_no_proof_is_refused(data: bytes) -> None:
    """Any other file is told apart from a wrong proof."""
    with pytest.raises(Invalid) as caught:
        unpack(data)
    assert caught.value.code == "proof-format"
