"""Questions about controlled-drugs registers, answered through indices and piece by piece."""

from collections.abc import Iterable, Iterator
from heapq import merge
from operator import attrgetter
from typing import cast

from safelight.journal.entry import Entry
from safelight.run.domain.clinic.ledger import line_id
from safelight.run.domain.entities import Premises
from safelight.run.domain.register_entities import Line, Register
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.projection import read_entity

TOGETHER = 500  # rows of one question


def premises_of(driver: Driver, site: str) -> Premises | None:
    """Return what a site is."""
    body = journal.entity(driver, site, "premises", site)
    return cast("Premises", read_entity("premises", body)) if body is not None else None


def registers_of(driver: Driver, site: str) -> list[Register]:
    """Return a site's registers by id."""
    rows = driver.execute(
        "select body from entity where site = ? and kind = 'register' order by id", (site,)
    )
    return [cast("Register", read_entity("register", row[0])) for row in rows]


def register_of(driver: Driver, site: str, key: str) -> Register | None:
    """Return one register, or None."""
    body = journal.entity(driver, site, "register", key)
    return cast("Register", read_entity("register", body)) if body is not None else None


def lines_of(driver: Driver, site: str, register: str, count: int) -> Iterator[Line]:
    """Yield the lines of a register from the first to ``count``, in the order of their numbers.

    Lines are found by their ids, so that only these are read; one that is missing is left out.
    """
    for start in range(1, count + 1, TOGETHER):
        numbers = range(start, min(start + TOGETHER, count + 1))
        ids = [line_id(register, number) for number in numbers]
        marks = ", ".join("?" * len(ids))
        rows = driver.execute(
            f"select body from entity where site = ? and kind = 'line' and id in ({marks})",  # noqa: S608 - question marks only
            (site, *ids),
        )
        lines = [cast("Line", read_entity("line", row[0])) for row in rows]
        yield from sorted(lines, key=attrgetter("number"))


def all_lines(driver: Driver, site: str) -> Iterator[Line]:
    """Yield every line of every register of a site."""
    rows = driver.stream("select body from entity where site = ? and kind = 'line'", (site,))
    for row in rows:
        yield cast("Line", read_entity("line", row[0]))


def entries_of(driver: Driver, site: str, kinds: Iterable[str], last: int) -> Iterator[Entry]:
    """Yield the entries of some kinds up to a number, in the order of the journal."""
    return merge(*(_of_kind(driver, site, kind, last) for kind in kinds), key=attrgetter("seq"))


def _of_kind(driver: Driver, site: str, kind: str, last: int) -> Iterator[Entry]:
    before = 0
    while entries := journal.of_kind(driver, site, kind, (before + 1, last), TOGETHER):
        yield from entries
        before = entries[-1].seq
