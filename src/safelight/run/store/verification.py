"""Verifying whole journals in a database, in this process or in several."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import repeat

from safelight.journal.checkpoint import Checkpoint
from safelight.journal.verify import CHUNK, ChunkResult, Verified, combine, verify_chunk
from safelight.run.store import journal
from safelight.run.store.driver import Driver

Connect = Callable[[], Driver]
Progress = Callable[[int], None]

LOWEST = -(1 << 63)  # the smallest number that the database can hold


def _chunk(
    connect: Connect, site: str, first: int, marks: tuple[int, ...], last: int
) -> ChunkResult:
    driver = connect()
    try:
        prev = journal.hash_at(driver, site, first - 1)
        end = min(first + CHUNK - 1, last)
        # The first chunk begins below 1, so that an entry slipped in before the first is seen.
        start = first if first > 1 else LOWEST
        found = journal.entries(driver, site, start, end)
        return verify_chunk(site, first, prev, found, marks, end)
    finally:
        driver.close()


def verify_journal(
    connect: Connect,
    site: str,
    checkpoints: Sequence[Checkpoint],
    *,
    trusted: bytes | None = None,
    executor: Executor | None = None,
    progress: Progress = lambda _: None,
) -> Verified:
    """Verify one site's journal against itself and its checkpoints; raises Tampered.

    With an executor of processes the chunks run side by side; ``connect`` must then be picklable.
    """
    driver = connect()
    try:
        last = journal.head(driver, site).seq
    finally:
        driver.close()
    firsts = range(1, last + 1, CHUNK)
    marks = tuple(point.size for point in checkpoints)
    work = partial(_chunk, connect, site)
    spread: Iterable[ChunkResult]
    if executor is None or len(firsts) < 2:  # noqa: PLR2004 - one chunk needs no second process
        spread = map(work, firsts, repeat(marks), repeat(last))
    else:
        spread = executor.map(work, firsts, repeat(marks), repeat(last))
    return combine(site, _told(spread, progress), checkpoints, trusted)


def _told(chunks: Iterable[ChunkResult], progress: Progress) -> Iterator[ChunkResult]:
    for chunk in chunks:
        yield chunk
        progress(chunk.first + chunk.entries - 1)
