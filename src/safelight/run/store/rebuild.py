"""Read models can always be thrown away: making them again from the journal, and comparing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import zip_longest

from safelight.kernel.errors import Tampered
from safelight.run.domain.base import Entity
from safelight.run.domain.site import Site
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.edition import edition_row, is_current
from safelight.run.store.journal import EntityRow
from safelight.run.store.projection import apply_entry, changed_rows, read_entity

BATCH = 5000
Progress = Callable[[int], None]
Told = Callable[[str, int], AbstractContextManager[Progress]]  # of what, how many in all


def replay(source: Driver, target: Driver, site_id: str, progress: Progress) -> int:
    """Replay a site's journal from ``source`` into the empty read model of ``target``.

    Returns how many entries were replayed; ``progress`` is told after each batch.
    """
    site, seq = Site(site_id), 0
    journal.put_entities(target, [edition_row(site_id)])

    def recall(kind: str, key: str) -> Entity | None:
        body = journal.entity(target, site_id, kind, key)
        return read_entity(kind, body) if body is not None else None

    last = journal.head(source, site_id).seq
    while seq < last:
        for entry in journal.entries(source, site_id, seq + 1, seq + BATCH):
            site = apply_entry(site, entry, recall)
            seq = entry.seq
        journal.put_entities(target, changed_rows(site))
        site = site.settled()
        progress(seq)
    return seq


def rebuild(driver: Driver, site_id: str, progress: Progress) -> int:
    """Throw a site's read model away and make it again, in one transaction."""
    driver.begin()
    try:
        journal.clear_entities(driver, site_id)
        count = replay(driver, driver, site_id, progress)
        driver.commit()
    except BaseException:
        driver.rollback()
        raise
    return count


def renew(driver: Driver, told: Told) -> list[str]:
    """Make the read models again that another edition of this code made; return their sites."""
    stale = [site for site in journal.sites(driver) if not is_current(driver, site)]
    for site in stale:
        with told(f"Renewing {site} after an update", journal.head(driver, site).seq) as progress:
            rebuild(driver, site, progress)
    return stale


def compare(standing: Driver, rebuilt: Driver, site_id: str) -> int:
    """Return how many rows were compared; raises Tampered at the first that differs."""
    pairs: Iterator[tuple[EntityRow | None, EntityRow | None]] = zip_longest(
        journal.all_entities(standing, site_id), journal.all_entities(rebuilt, site_id)
    )
    count = 0
    for old, new in pairs:
        count += 1
        if old != new:
            row = new or old
            name = f"{row.kind} {row.id}" if row else "?"
            raise Tampered(
                "read-model",
                f"The read model of {site_id} differs from its journal at {name}.",
                "Run `safelight rebuild`; the journal is right.",
                site=site_id,
            )
    return count
