"""Verification of a journal: gapless, in order, every hash and every checkpoint right.

The work is cut into aligned chunks that any number of processes may take, because a million
entries are to be verified in seconds. A chunk needs only the hash of the entry before it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from safelight.journal.checkpoint import Checkpoint, check_signature
from safelight.journal.entry import GENESIS, Entry, canonical_bytes
from safelight.journal.merkle import Frontier, leaf_hash, peaks_of
from safelight.kernel.errors import Tampered

CHUNK = 1 << 15


class ChunkResult(NamedTuple):
    """What one chunk of entries came to."""

    first: int
    entries: int
    prev: bytes  # the hash that the chunk was told stands before it
    last: bytes
    first_recorded_at: str
    last_recorded_at: str
    peaks: tuple[bytes, ...]
    marks: tuple[tuple[int, tuple[bytes, ...]], ...]  # size -> peaks within the chunk


class Verified(NamedTuple):
    """A journal that fits: its size, head and root, and the newest checkpoint it was held to."""

    site: str
    size: int
    head: bytes
    root: bytes
    checkpoints: int


def verify_chunk(
    site: str,
    first: int,
    prev: bytes,
    entries: Iterable[Entry],
    marks: Sequence[int] = (),
    last: int = 0,
) -> ChunkResult:
    """Verify entries from ``first`` to ``last``, or to where they end.

    Raises:
        Tampered: naming the first seq that is wrong.

    """
    sha256, digests = hashlib.sha256, []
    seq, before, at, first_at = first - 1, prev, "", ""
    for entry in entries:
        seq += 1
        if entry.seq != seq:
            raise _wrong(site, seq, f"entry {seq} is missing; {entry.seq} stands in its place")
        recorded_at = entry.recorded_at
        if recorded_at < at:
            raise _wrong(site, seq, f"it was recorded at {recorded_at}, before the one before it")
        at = recorded_at
        first_at = first_at or at
        digest = sha256(canonical_bytes(entry, before)).digest()
        if digest != entry.hash:
            raise _wrong(site, seq, "its contents do not fit its hash")
        before = digest
        digests.append(digest)
    if seq < last:
        raise _wrong(site, seq + 1, f"entry {seq + 1} is missing")
    leaves = [leaf_hash(digest) for digest in digests]
    found = [(mark, peaks_of(leaves[: mark - first + 1])) for mark in marks if first <= mark <= seq]
    return ChunkResult(
        first, len(leaves), prev, before, first_at, at, peaks_of(leaves), tuple(found)
    )


def combine(
    site: str,
    chunks: Iterable[ChunkResult],
    checkpoints: Sequence[Checkpoint],
    trusted: bytes | None = None,
) -> Verified:
    """Join verified chunks and hold them against signed checkpoints; raises Tampered."""
    frontier, before, at = Frontier(), GENESIS, ""
    roots: dict[int, bytes] = {0: Frontier().root()}
    for chunk in chunks:
        if chunk.first != frontier.size + 1 or chunk.prev != before or chunk.first_recorded_at < at:
            raise _wrong(site, chunk.first, "the part before it does not join on")
        for size, peaks in chunk.marks:
            roots[size] = Frontier(size, [*frontier.peaks, *peaks]).root()
        if chunk.entries == CHUNK:
            frontier.append_subtree(chunk.peaks[0], CHUNK)
        else:
            frontier = Frontier(frontier.size + chunk.entries, [*frontier.peaks, *chunk.peaks])
        before, at = chunk.last, chunk.last_recorded_at
    for point in checkpoints:
        _hold(site, point, frontier.size, roots, trusted)
    return Verified(site, frontier.size, before, frontier.root(), len(checkpoints))


def _hold(
    site: str, point: Checkpoint, size: int, roots: dict[int, bytes], trusted: bytes | None
) -> None:
    check_signature(point, trusted)
    if point.site != site:
        raise _wrong(site, point.size, f"the checkpoint is of the site {point.site}")
    if point.size > size:
        raise _wrong(site, size + 1, f"a checkpoint signed {point.size} entries, {size} are here")
    if roots.get(point.size) != point.root:
        raise _wrong(site, point.size, "the entries up to here differ from the signed checkpoint")


def _wrong(site: str, seq: int, what: str) -> Tampered:
    return Tampered(
        "journal-verifies",
        f"Journal of {site}, entry {seq}: {what}.",
        "Stop writing, keep every copy as it is, and compare with a checkpoint kept elsewhere.",
        site=site,
        seq=seq,
    )
