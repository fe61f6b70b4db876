"""Questions that screens and the command line ask of a journal database; none of them writes."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeVar, cast

import msgspec

from safelight.contracts.statistics import MonthStatistics
from safelight.journal.entry import Entry
from safelight.run.domain.base import Entity
from safelight.run.domain.clinic.ledger import line_id
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.entities import Handed, Incident, Premises, Refusal, Visit
from safelight.run.domain.register_entities import Line, PatientReturn
from safelight.run.domain.site import KIND_OF
from safelight.run.domain.statistics import month_statistics
from safelight.run.domain.treatment_entities import Treatment
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.projection import read_entity

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
E_ = TypeVar("E_", bound=Entity)


class EntryRow(NamedTuple):
    """One journal entry as a screen shows it."""

    seq: int
    happened_at: str
    recorded_at: str
    actor: str
    kind: str
    body: dict[str, object]
    command: str
    hash: str
    witness: str | None = None


class Reader:
    """Read-only connections, one for each thread that asks."""

    def __init__(self, connect: Callable[[], Driver]) -> None:
        """Take the way to open a read-only connection."""
        self._connect = connect
        self._local = threading.local()
        self._open: list[Driver] = []

    @property
    def driver(self) -> Driver:
        """The connection of this thread."""
        found = getattr(self._local, "driver", None)
        if found is None:
            found = self._local.driver = self._connect()
            self._open.append(found)
        return cast("Driver", found)

    def close(self) -> None:
        """Close every connection."""
        for driver in self._open:
            driver.close()

    def sites(self) -> list[str]:
        """Return the sites that have a journal."""
        return journal.sites(self.driver)

    def premises(self, site: str) -> Premises | None:
        """Return what a site is."""
        return self._entity(site, Premises, site)

    def _entity(self, site: str, kind: type[E_], key: str) -> E_ | None:
        body = journal.entity(self.driver, site, KIND_OF[kind], key)
        return cast("E_", read_entity(KIND_OF[kind], body)) if body is not None else None

    def journal(
        self, site: str, before: int | None = None, limit: int = 50, kind: str | None = None
    ) -> list[EntryRow]:
        """Return entries, newest first."""
        return [_row(e) for e in journal.page(self.driver, site, before, limit, kind)]

    def knows(self, site: str, command: str) -> bool:
        """Tell whether a command wrote entries before."""
        return journal.of_command(self.driver, site, command) is not None

    def past_visit(self, site: str, key: str) -> Visit | None:
        """Return a visit, present or past."""
        return self._entity(site, Visit, key)

    def past_session(self, site: str, key: str) -> Session | None:
        """Return a session, present or past."""
        return self._entity(site, Session, key)

    def sessions_of(self, site: str, person: str, limit: int = 20) -> list[Session]:
        """Return the newest sessions of a patient."""
        rows = self.driver.execute(
            "select body from entity where site = ? and kind = 'session' and body like ? "
            "order by month desc, id desc limit ?",  # ids begin with the time
            (site, f'%"person":"{person}"%', limit),
        )
        return [cast("Session", read_entity("session", row[0])) for row in rows]

    def past_treatment(self, site: str, key: str) -> Treatment | None:
        """Return a treatment, running or over."""
        return self._entity(site, Treatment, key)

    def ended_treatments(self, site: str, limit: int = 50) -> list[Treatment]:
        """Return treatments that are over, the last to end first."""
        rows = self.driver.execute(
            "select body from entity where site = ? and kind = 'treatment' and live = 0",
            (site,),
        )
        found = [cast("Treatment", read_entity("treatment", row[0])) for row in rows]
        return sorted(found, key=lambda t: t.ended_at or t.referred_at, reverse=True)[:limit]

    def past_incident(self, site: str, key: str) -> Incident | None:
        """Return an incident, open or done."""
        return self._entity(site, Incident, key)

    def past_incidents(self, site: str, limit: int = 50) -> list[Incident]:
        """Return the newest incidents."""
        opened = journal.page(self.driver, site, None, limit, "incident.opened")
        keys = [str(msgspec.json.decode(e.body)["incident"]) for e in opened]
        found = [self.past_incident(site, key) for key in keys]
        return [incident for incident in found if incident is not None]

    def visits_of(self, site: str, person: str, limit: int = 20) -> list[Visit]:
        """Return the newest visits of a person."""
        rows = self.driver.execute(
            "select body from entity where site = ? and kind = 'visit' and body like ? "
            "order by month desc, id limit 500",
            (site, f'%"person":"{person}"%'),
        )
        visits = [cast("Visit", read_entity("visit", row[0])) for row in rows]
        return sorted(visits, key=lambda v: v.arrived_at, reverse=True)[:limit]

    def drug_records_of(self, site: str, person: str) -> list[Line | PatientReturn]:
        """Return every line of a register, and every return, that names a person."""
        rows = self.driver.execute(
            "select kind, body from entity "
            "where site = ? and kind in ('line', 'patient_return') and body like ?",
            (site, f'%"person":"{person}"%'),
        )
        return [cast("Line | PatientReturn", read_entity(kind, body)) for kind, body in rows]

    def register_lines(self, site: str, register: str, numbers: Iterable[int]) -> list[Line]:
        """Return lines of a register by their numbers, in that order, as far as they are there."""
        found = (self._entity(site, Line, line_id(register, number)) for number in numbers)
        return [line for line in found if line is not None]

    def past_of(self, site: str, kind: type[E_]) -> list[E_]:
        """Return everything of a kind that is over, in no order; for kinds of which few are."""
        rows = self.driver.execute(
            "select body from entity where site = ? and kind = ? and live = 0",
            (site, KIND_OF[kind]),
        )
        return [cast("E_", read_entity(KIND_OF[kind], row[0])) for row in rows]

    def statistics(self, site: str, first: str, last: str) -> list[MonthStatistics]:
        """Return one row for each month from ``2025-01`` to ``2025-08``, both included."""
        return [self._month(site, month) for month in months_between(first, last)]

    def _month(self, site: str, month: str) -> MonthStatistics:
        def rows(kind: type[E_]) -> Iterator[E_]:
            name = KIND_OF[kind]
            for _, body in journal.entities_between(self.driver, site, name, (month, month)):
                yield cast("E_", read_entity(name, body))

        return month_statistics(
            month,
            rows(Visit),
            rows(Incident),
            rows(Handed),
            rows(Refusal),
        )


def months_between(first: str, last: str) -> list[str]:
    """Return all months from ``2025-01`` to ``2025-08``; raises ValueError for other texts."""
    month, end = _month_number(first), _month_number(last)
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(month, end + 1)]


def _month_number(text: str) -> int:
    """Count months from the year 0, so that they can be stepped through."""
    found = _MONTH.fullmatch(text)
    if found is None:
        message = f"{text!r} is no month such as 2025-01"
        raise ValueError(message)
    return int(found[1]) * 12 + int(found[2]) - 1


def _row(entry: Entry) -> EntryRow:
    return EntryRow(
        entry.seq,
        entry.happened_at,
        entry.recorded_at,
        entry.actor,
        entry.kind,
        msgspec.json.decode(entry.body),
        entry.command,
        entry.hash.hex(),
        entry.witness,
    )


@contextmanager
def reading(connect: Callable[[], Driver]) -> Iterator[Reader]:
    """Open a reader for a while."""
    reader = Reader(connect)
    try:
        yield reader
    finally:
        reader.close()
