"""Rehearsals for tests: a home in a temporary folder, and questions to ask of its journal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safelight.contracts.statistics import MonthStatistics
from safelight.rehearse.run import Report, rehearse
from safelight.rehearse.scenario import Scenario
from safelight.run.store import journal
from safelight.run.store.reader import Reader, reading
from safelight.run.store.verification import verify_journal
from safelight.wiring import Home


class Rehearsed:
    """A rehearsal that is over, and its journal."""

    def __init__(self, folder: Path, scenario: Scenario, seed: int, days: int | None) -> None:
        self.home, self.scenario = Home(folder / "home"), scenario
        self.site = scenario.site.id
        self.report: Report = rehearse(self.home, scenario, seed, days, strict=True)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        with reading(self.home.connector) as reader:
            yield reader

    def hash_at(self, seq: int) -> bytes:
        with self.reader() as reader:
            return journal.hash_at(reader.driver, self.site, seq)

    def verified(self) -> int:
        """Verify the journal and return how many entries it has."""
        return verify_journal(self.home.connector, self.site, []).size

    def months(self) -> dict[str, MonthStatistics]:
        period = self.scenario.period
        with self.reader() as reader:
            rows = reader.statistics(self.site, f"{period.first:%Y-%m}", f"{period.last:%Y-%m}")
        return {row.month: row for row in rows}

    def kinds(self) -> dict[str, int]:
        """Count the journal's entries by kind."""
        with self.reader() as reader:
            rows = reader.driver.execute(
                "select kind, count(*) from entry where site = ? group by kind", (self.site,)
            )
        return {str(kind): int(number) for kind, number in rows}
