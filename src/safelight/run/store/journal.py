"""Reading and appending journals and read models over a driver. No rule is decided here."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from safelight.journal.entry import GENESIS, Entry
from safelight.run.store.driver import Driver

_COLUMNS = "site, seq, happened_at, recorded_at, actor, witness, kind, version, body, command, hash"
_INSERT = f"insert into entry ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_UPSERT = (
    "insert into entity (site, kind, id, live, month, body) values (?, ?, ?, ?, ?, ?) "
    "on conflict (site, kind, id) do update set "
    "live = excluded.live, month = excluded.month, body = excluded.body"
)


# The kind of the row that says which code made a read model; no kind of an entity.
EDITION = "read_model"


class Head(NamedTuple):
    """Where a site's journal ends."""

    seq: int
    hash: bytes
    recorded_at: str


class EntityRow(NamedTuple):
    """One row of the read model."""

    site: str
    kind: str
    id: str
    live: int
    month: str
    body: str


EMPTY = Head(0, GENESIS, "")


def append(driver: Driver, entries: Iterable[Entry]) -> None:
    """Append entries; the triggers refuse a number that is taken."""
    driver.execute_many(_INSERT, entries)


def put_entities(driver: Driver, rows: Iterable[EntityRow]) -> None:
    """Write rows of the read model over their older selves."""
    driver.execute_many(_UPSERT, rows)


def clear_entities(driver: Driver, site: str) -> None:
    """Throw a site's read model away, to build it again."""
    driver.execute("delete from entity where site = ?", (site,))


def head(driver: Driver, site: str) -> Head:
    """Return the last entry's number, hash and time; zeros for an empty journal."""
    rows = driver.execute(
        "select seq, hash, recorded_at from entry where site = ? order by seq desc limit 1", (site,)
    )
    return Head(rows[0][0], bytes(rows[0][1]), rows[0][2]) if rows else EMPTY


def hash_at(driver: Driver, site: str, seq: int) -> bytes:
    """Return the hash of one entry; that of entry 0 is the beginning's."""
    if seq == 0:
        return GENESIS
    rows = driver.execute("select hash from entry where site = ? and seq = ?", (site, seq))
    return bytes(rows[0][0]) if rows else b""


def hashes(driver: Driver, site: str, size: int) -> list[bytes]:
    """Return the hashes of the first ``size`` entries, in order."""
    rows = driver.stream(
        "select hash from entry where site = ? and seq <= ? order by seq", (site, size)
    )
    return [bytes(row[0]) for row in rows]


def sites(driver: Driver) -> list[str]:
    """Return the sites that have a journal here."""
    # A skip scan over the primary key: one look-up a site, however long the journals are.
    found, last = [], ""
    while rows := driver.execute("select min(site) from entry where site > ?", (last,)):
        if rows[0][0] is None:
            break
        last = rows[0][0]
        found.append(last)
    return found


def entries(driver: Driver, site: str, first: int, last: int) -> Iterator[Entry]:
    """Yield entries from ``first`` to ``last``, both included."""
    rows = driver.stream(
        f"select {_COLUMNS} from entry where site = ? and seq between ? and ? order by seq",  # noqa: S608
        (site, first, last),
    )
    return map(Entry._make, rows)


def page(
    driver: Driver, site: str, before: int | None, limit: int, kind: str | None = None
) -> list[Entry]:
    """Return the newest entries before a number, newest first, of one kind or of all."""
    sql = f"select {_COLUMNS} from entry where site = ?"  # noqa: S608
    parameters: list[object] = [site]
    if kind is not None:
        sql, parameters = f"{sql} and kind = ?", [*parameters, kind]
    if before is not None:
        sql, parameters = f"{sql} and seq < ?", [*parameters, before]
    rows = driver.execute(f"{sql} order by seq desc limit ?", [*parameters, limit])
    return [Entry._make(row)._replace(hash=bytes(row[-1])) for row in rows]


def of_kind(
    driver: Driver, site: str, kind: str, between: tuple[int, int], limit: int
) -> list[Entry]:
    """Return the first entries of a kind between two numbers, both included."""
    rows = driver.execute(
        f"select {_COLUMNS} from entry "  # noqa: S608
        "where site = ? and kind = ? and seq between ? and ? order by seq limit ?",
        (site, kind, *between, limit),
    )
    return [Entry._make(row) for row in rows]


def of_command(driver: Driver, site: str, command: str) -> tuple[int, int] | None:
    """Return the first and last entry that a command wrote, or None."""
    rows = driver.execute(
        "select min(seq), max(seq) from entry where command = ? and site = ?", (command, site)
    )
    first, last = rows[0]
    return None if first is None else (first, last)


def live_entities(driver: Driver, site: str) -> list[tuple[str, str]]:
    """Return kind and body of everything that is not over."""
    return [
        (kind, body)
        for kind, body in driver.execute(
            "select kind, body from entity where site = ? and live = 1 order by kind, id", (site,)
        )
    ]


def entity(driver: Driver, site: str, kind: str, key: str) -> str | None:
    """Return the body of one entity, live or over."""
    rows = driver.execute(
        "select body from entity where site = ? and kind = ? and id = ?", (site, kind, key)
    )
    return rows[0][0] if rows else None


def entities_between(
    driver: Driver, site: str, kind: str, months: tuple[str, str]
) -> list[tuple[str, str]]:
    """Return month and body of entities of a kind that began in these months."""
    return [
        (month, body)
        for month, body in driver.execute(
            "select month, body from entity where site = ? and kind = ? and month between ? and ? "
            "order by month, id",
            (site, kind, *months),
        )
    ]


def all_entities(driver: Driver, site: str) -> Iterator[EntityRow]:
    """Yield a site's whole read model in a fixed order, without the row of its edition."""
    rows = driver.stream(
        "select site, kind, id, live, month, body from entity where site = ? and kind <> ? "
        "order by kind, id",
        (site, EDITION),
    )
    return map(EntityRow._make, rows)
