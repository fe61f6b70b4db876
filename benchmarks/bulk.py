"""A large journal made quickly: real entries of a floor, chained as the engine chains them."""

import uuid
from collections.abc import Iterator

from safelight.journal.entry import GENESIS, Entry, canonical_body, chained
from safelight.run.domain.authority import SiteFounded
from safelight.run.domain.base import Fact
from safelight.run.domain.registry import FACTS, KIND_OF_FACT
from safelight.run.domain.visit import Oriented, VisitArrived, VisitLeft, VisitRefused
from safelight.run.store import journal
from safelight.wiring import Home, prepare_home

BATCH = 10_000
AT = "2025-01-01T00:00:00.000000Z"


def _facts() -> Iterator[Fact]:
    """Yield a site's founding, then visits and refusals without end."""
    yield SiteFounded("Benchmark", "building", "Europe/London")
    number = 0
    while True:
        number += 1
        visit = f"v-{number:020d}"
        yield VisitArrived(visit, "amber heron", adult_confirmed=True)
        yield Oriented(visit, ("house_rules", "emergencies"))
        yield VisitLeft(visit, "completed")
        yield VisitRefused(f"r-{number:020d}", "closed")


def build_journal(home: Home, site: str, size: int) -> None:
    """Write a journal of so many entries, without a read model."""
    prepare_home(home)
    driver = home.connect_for_writing()
    prev, batch = GENESIS, []
    for seq, fact in zip(range(1, size + 1), _facts(), strict=False):
        kind = KIND_OF_FACT[type(fact)]
        body, command = canonical_body(fact), str(uuid.uuid4())
        entry = Entry(
            site, seq, AT, AT, "staff-bench", None, kind, FACTS[kind].version, body, command, b""
        )
        entry = chained(entry, prev)
        prev = entry.hash
        batch.append(entry)
        if len(batch) == BATCH or seq == size:
            driver.begin()
            journal.append(driver, batch)
            driver.commit()
            batch = []
    driver.close()
