"""What a rehearsed clinic came to, counted as it goes, and the report of it."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from safelight.kernel.errors import SafelightError

MOST_TOLD = 50  # of anything that should not have happened, kept in words


@dataclass
class Tally:
    """Counts of one rehearsal."""

    days: int = 0
    commands: int = 0
    checked: int = 0  # commands that the oracle judged
    patients: int = 0
    expected: int = 0  # sessions that patients were due for
    sessions: int = 0
    missed: int = 0
    doses: int = 0
    micrograms: int = 0  # given
    by_mouth: int = 0
    on_paper: int = 0  # doses that were recorded afterwards
    wasted: int = 0  # micrograms left over from doses
    withheld: int = 0
    reduced: int = 0
    lifted: int = 0
    left_before_dose: int = 0
    left_before_checks: int = 0
    overdoses: int = 0
    reviews: int = 0
    orders: int = 0
    receipts: int = 0
    late_entries: int = 0
    footnotes: int = 0
    counts: int = 0
    destructions: int = 0
    discrepancies: int = 0
    settled: int = 0
    restarts: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # what must be refused, by rule
    mistaken: Counter[str] = field(default_factory=Counter)  # what must not, by rule
    clock_stops: int = 0  # what had to wait because the clock was not to be trusted
    sessions_mistaken: int = 0  # sessions in which something was refused by mistake
    broken: list[str] = field(default_factory=list)  # what must never happen
    told: list[str] = field(default_factory=list)  # refusals by mistake, in words

    def mistake(self, name: str, error: SafelightError, when: str) -> None:
        """Note that something legitimate was refused."""
        self.mistaken[error.code] += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(f"{name} at {when}: {error.code}: {error.message}")

    def violation(self, what: str) -> None:
        """Note that something happened that must never happen."""
        if len(self.broken) < MOST_TOLD:
            self.broken.append(what)

    @property
    def attacks(self) -> int:
        """How often somebody tried what must be refused, and was."""
        return self.refused.total()

    @property
    def mistaken_share(self) -> float:
        """The share of sessions in which something legitimate was refused."""
        return self.sessions_mistaken / self.sessions if self.sessions else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **asdict(self),
            "refused": dict(sorted(self.refused.items())),
            "mistaken": dict(sorted(self.mistaken.items())),
            "mistaken_share": self.mistaken_share,
        }
