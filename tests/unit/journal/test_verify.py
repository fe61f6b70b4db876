"""Verification finds every change of a journal, and names the site and the first wrong entry."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import pytest

from safelight.journal import verify
from safelight.journal.checkpoint import Checkpoint, sign
from safelight.journal.entry import GENESIS, Entry, chained
from safelight.journal.merkle import leaf_hash, root_of
from safelight.journal.verify import Verified, combine, verify_chunk
from safelight.kernel.errors import SafelightError, Tampered
from tests.support.checkpoints import AT, checkpoint, key, public
from tests.support.facts import a_chain

SIZE, SMALL = 70, 8
CHAIN = a_chain(SIZE)
POINTS = [checkpoint(CHAIN[:size]) for size in (0, 1, 8, 33, 64, SIZE)]

Change = Callable[[list[Entry]], None]


def verified(
    entries: Sequence[Entry],
    points: Sequence[Checkpoint] = (),
    *,
    trusted: bytes | None = None,
    chunk: int = SMALL,
) -> Verified:
    """Verify a journal in chunks, as the store does."""
    marks = [point.size for point in points]
    by_seq = sorted(entries, key=lambda entry: entry.seq)
    last = by_seq[-1].seq if by_seq else 0

    def chunks() -> Iterator[verify.ChunkResult]:
        for first in range(1, last + 1, chunk):
            end = min(first + chunk - 1, last)
            part = [e for e in by_seq if (first == 1 or first <= e.seq) and e.seq <= end]
            before = [e.hash for e in by_seq if e.seq == first - 1]
            prev = GENESIS if first == 1 else next(iter(before), b"")
            yield verify_chunk("north", first, prev, part, marks, end)

    return combine("north", chunks(), points, trusted)


def refusal(entries: Sequence[Entry], points: Sequence[Checkpoint] = ()) -> tuple[str, object]:
    """Return the site and the entry that a refusal names, after checking its words."""
    with pytest.raises(Tampered) as caught:
        verified(entries, points, trusted=public())
    assert caught.value.code == "journal-verifies"
    assert str(caught.value.values["seq"]) in caught.value.message
    assert "north" in caught.value.message
    assert caught.value.remedy.startswith("Stop writing")
    return str(caught.value.values["site"]), caught.value.values["seq"]


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "CHUNK", SMALL)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 64, SIZE])
def test_whole_journal_verifies_to_its_size_head_and_root(size: int) -> None:
    """A journal that nobody touched comes out with what a checkpoint would sign."""
    part = CHAIN[:size]
    points = [point for point in POINTS if point.size <= size]
    root = root_of([leaf_hash(entry.hash) for entry in part])
    head = part[-1].hash if part else GENESIS
    expected = Verified("north", size, head, root, len(points))
    assert verified(part, points, trusted=public()) == expected


def test_journal_in_chunks_verifies_to_the_same_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of the chunks changes nothing about the answer."""
    answers = set()
    for chunk in (1, 2, 4, 8, 16, 128):
        monkeypatch.setattr(verify, "CHUNK", chunk)
        answers.add(verified(CHAIN, POINTS, chunk=chunk))
    assert len(answers) == 1


CHANGED_COLUMNS = {
    "site": "south",
    "happened_at": "2026-03-02T08:00:00.000000Z",
    "recorded_at": "2026-03-02T09:00:35.000001Z",
    "actor": "s-eve",
    "witness": "s-eve",
    "kind": "referral.made",
    "version": 2,
    "body": '{"service":"wound_care","visit":"v-0"}',
    "command": "00000000-0000-0000-0000-000000000000",
    "hash": bytes(32),
}


@pytest.mark.parametrize("column", CHANGED_COLUMNS)
@pytest.mark.parametrize("seq", [1, 8, 9, 35, SIZE])
def test_changed_column_is_found_at_its_entry(column: str, seq: int) -> None:
    """Whichever column of whichever entry is changed, that entry is named."""
    entries = list(CHAIN)
    entries[seq - 1] = Entry(**{**entries[seq - 1]._asdict(), column: CHANGED_COLUMNS[column]})
    assert refusal(entries) == ("north", seq)


@pytest.mark.parametrize("witness", ["", "null", "s-x"])
def test_witness_put_where_there_was_none_is_found(witness: str) -> None:
    """No witness and an empty one are not the same."""
    assert CHAIN[0].witness is None
    assert refusal([CHAIN[0]._replace(witness=witness), *CHAIN[1:]]) == ("north", 1)


@pytest.mark.parametrize("seq", [3, 9, 66])
def test_witness_taken_away_is_found(seq: int) -> None:
    """A signature of a second person cannot be dropped."""
    entries = list(CHAIN)
    assert entries[seq - 1].witness == "s-ben"
    entries[seq - 1] = entries[seq - 1]._replace(witness=None)
    assert refusal(entries) == ("north", seq)


@pytest.mark.parametrize("seq", [1, 2, 7, 8, 9, 16, 17, SIZE - 1])
def test_deleted_entry_is_found_at_its_number(seq: int) -> None:
    """A gap is named by the entry that is missing, also at the edge of a chunk."""
    assert refusal([e for e in CHAIN if e.seq != seq]) == ("north", seq)


def test_deleted_chunk_is_found_at_its_first_number() -> None:
    """A whole chunk without entries is a gap like any other."""
    assert refusal([e for e in CHAIN if not 9 <= e.seq <= 16]) == ("north", 9)


@pytest.mark.parametrize("seq", [1, 8, 40])
def test_swapped_entries_are_found_at_the_first(seq: int) -> None:
    """Two entries that changed places with their numbers are found."""
    entries = list(CHAIN)
    one, two = entries[seq - 1], entries[seq]
    entries[seq - 1 : seq + 1] = [two._replace(seq=seq), one._replace(seq=seq + 1)]
    assert refusal(entries) == ("north", seq)


@pytest.mark.parametrize(("seq", "named"), [(0, 1), (-5, 1), (4, 5), (8, 9), (SIZE + 1, SIZE + 1)])
def test_inserted_entry_is_found(seq: int, named: int) -> None:
    """An entry with a number that is taken, or that none can have, is found."""
    extra = chained(CHAIN[20]._replace(seq=seq, command="x"), GENESIS)
    assert refusal([*CHAIN, extra]) == ("north", named)


def test_entry_recorded_before_its_predecessor_is_found() -> None:
    """Time going backwards is wrong even where all hashes are right."""
    for seq in (2, 8, 9, 40):
        at = "2026-03-02T08:59:59.000000Z"
        assert refusal(rechained(seq, recorded_at=at)) == ("north", seq)


def rechained(seq: int, **changed: object) -> list[Entry]:
    """Return the journal with one entry changed, and every hash from there on made to fit."""
    entries = CHAIN[: seq - 1]
    for entry in CHAIN[seq - 1 :]:
        fields = {**entry._asdict(), **(changed if entry.seq == seq else {})}
        entries.append(chained(Entry(**fields), entries[-1].hash if entries else GENESIS))
    return entries


@pytest.mark.parametrize("kept", [0, 1, 8, 69])
def test_cut_tail_is_found_by_a_checkpoint_only(kept: int) -> None:
    """What was cut off at the end leaves no trace in the journal, but in the checkpoint."""
    assert verified(CHAIN[:kept]).size == kept
    assert refusal(CHAIN[:kept], POINTS) == ("north", kept + 1)


@pytest.mark.parametrize("seq", [1, 20, SIZE])
def test_consistent_rewrite_is_found_by_a_checkpoint_only(seq: int) -> None:
    """Whoever can write the database can make all hashes fit, but no checkpoint kept elsewhere."""
    rewritten = rechained(seq, actor="s-eve")
    assert all(
        old.hash != new.hash
        for old, new in zip(CHAIN[seq - 1 :], rewritten[seq - 1 :], strict=True)
    )
    assert verified(rewritten).size == SIZE
    first_point = next(point.size for point in POINTS if point.size >= seq)
    assert refusal(rewritten, POINTS) == ("north", first_point)


def test_checkpoint_of_a_changed_root_is_found() -> None:
    """A node's key over a root that the journal never had is named at its size."""
    point = sign(Checkpoint("north", 8, bytes(32), AT), key())
    assert refusal(CHAIN, [point]) == ("north", 8)


def test_checkpoint_of_another_site_is_found() -> None:
    """A checkpoint of one site says nothing about another."""
    assert refusal(CHAIN, [checkpoint(CHAIN[:8], site="south")]) == ("north", 8)


def test_checkpoint_beyond_the_journal_is_found() -> None:
    """More entries were signed than are here: the rest was taken away."""
    assert refusal(CHAIN[:60], POINTS) == ("north", 61)


@pytest.mark.parametrize(
    ("point", "code"),
    [
        (POINTS[2]._replace(signature=bytes(64)), "checkpoint-signature"),
        (checkpoint(CHAIN[:8], signer=key(1)), "checkpoint-key"),
    ],
)
def test_checkpoint_that_nobody_trusted_signed_is_found(point: Checkpoint, code: str) -> None:
    """Signature and key are checked before the root."""
    with pytest.raises(SafelightError) as caught:
        verified(CHAIN, [point], trusted=public())
    assert caught.value.code == code


def test_chunks_out_of_order_do_not_join() -> None:
    """Chunks of two journals, or in the wrong order, are no journal."""
    parts = [CHAIN[first : first + SMALL] for first in range(0, 24, SMALL)]
    before = [GENESIS, *(part[-1].hash for part in parts)]
    chunks = [
        verify_chunk("north", part[0].seq, prev, part)
        for part, prev in zip(parts, before[:-1], strict=True)
    ]
    assert combine("north", chunks, []).size == 24
    for one, two in pairwise(range(3)):
        wrong = list(chunks)
        wrong[one], wrong[two] = wrong[two], wrong[one]
        with pytest.raises(Tampered, match="does not join on"):
            combine("north", wrong, [])
