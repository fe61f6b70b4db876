"""The journal table takes entries and gives none back, whoever speaks to the database."""

import apsw
import psycopg
import pytest

from safelight.kernel.errors import SafelightError
from safelight.run.store import journal
from safelight.run.store.driver import Driver, StoreFault
from safelight.run.store.journal import EntityRow
from tests.support.databases import Database
from tests.support.facts import a_chain

CHAIN = a_chain(5)
REFUSED = (apsw.ConstraintError, psycopg.Error)

# Every way in SQL to change or remove rows, for both engines and for one.
FORBIDDEN = {
    "update": "update entry set actor = 's-eve' where seq = 2",
    "update of all": "update entry set body = '{}'",
    "delete": "delete from entry where seq = 5",
    "delete of all": "delete from entry",
    "upsert": "insert into entry select * from entry where seq = 2 "
    "on conflict (site, seq) do update set actor = 's-eve'",
    "insert again": "insert into entry select * from entry where seq = 2",
}
FORBIDDEN_ON = {
    "sqlite": {
        "replace": "replace into entry select * from entry where seq = 2",
        "insert or replace": "insert or replace into entry select * from entry where seq = 2",
        "insert or ignore": "insert or ignore into entry select * from entry where seq = 2",
        "update or replace": "update or replace entry set seq = 3 where seq = 2",
        "upsert of all": "insert into entry select * from entry where true "
        "on conflict do update set actor = 's-eve'",
    },
    "postgres": {
        "truncate": "truncate entry",
        "truncate cascade": "truncate table entry cascade",
        "merge": "merge into entry e using entry o on e.seq = o.seq and o.seq = 2 "
        "when matched then update set actor = 's-eve'",
        "delete using": "delete from entry e using entry o where e.seq = o.seq",
        "with": "with gone as (delete from entry returning *) select count(*) from gone",
    },
}


@pytest.fixture
def driver(database: Database) -> Driver:
    """A database with five entries."""
    opened = database.open()
    opened.begin()
    journal.append(opened, CHAIN)
    opened.commit()
    return opened


def held(driver: Driver) -> list[object]:
    return list(journal.entries(driver, "north", 1, 99))


def test_entries_come_back_as_they_were_appended(driver: Driver) -> None:
    """Every column is kept as it was, on both engines."""
    assert held(driver) == CHAIN
    assert journal.head(driver, "north") == (5, CHAIN[4].hash, CHAIN[4].recorded_at)


def test_no_statement_changes_or_removes_an_entry(database: Database, driver: Driver) -> None:
    """Update, delete, truncate, replace and their disguises are refused, and change nothing."""
    for name, sql in {**FORBIDDEN, **FORBIDDEN_ON[database.name]}.items():
        with pytest.raises(REFUSED):
            driver.execute(sql)
        assert held(driver) == CHAIN, name


def test_no_statement_inside_a_transaction_changes_an_entry(
    database: Database, driver: Driver
) -> None:
    """A refusal inside a transaction undoes what came before it in there, and no more."""
    for name, sql in {**FORBIDDEN, **FORBIDDEN_ON[database.name]}.items():
        driver.begin()
        journal.append(driver, a_chain(6)[5:])
        with pytest.raises(REFUSED):
            driver.execute(sql)
        driver.rollback()
        assert held(driver) == CHAIN, name


@pytest.mark.parametrize("seq", [0, -1])
def test_entry_number_below_one_is_refused(driver: Driver, seq: int) -> None:
    """Nothing can be slipped in before the first entry."""
    with pytest.raises(REFUSED):
        journal.append(driver, [CHAIN[0]._replace(seq=seq)])
    assert held(driver) == CHAIN


def test_rollback_leaves_nothing(driver: Driver) -> None:
    """Entries and rows of a transaction that is undone were never there."""
    row = EntityRow("north", "visit", "v-1", 1, "2026-03", "{}")
    driver.begin()
    journal.append(driver, a_chain(7)[5:])
    journal.put_entities(driver, [row])
    driver.rollback()
    driver.rollback()
    assert held(driver) == CHAIN
    assert list(journal.all_entities(driver, "north")) == []


def test_other_connection_sees_a_transaction_only_whole(database: Database, driver: Driver) -> None:
    """Before the commit a reader sees nothing of it, afterwards all."""
    reader = database.open(read_only=True)
    driver.begin()
    journal.append(driver, a_chain(7)[5:])
    assert held(reader) == CHAIN
    driver.commit()
    assert held(reader) == a_chain(7)


@pytest.mark.parametrize(
    "sql",
    [
        "insert into entity values ('north', 'visit', 'v-1', 1, '2026-03', '{}')",
        "delete from entity",
        "create table other (id integer)",
        "drop table entry",
    ],
)
def test_read_only_connection_cannot_write(database: Database, driver: Driver, sql: str) -> None:
    """A reading connection writes nothing, not even to the read model."""
    reader = database.open(read_only=True)
    with pytest.raises(StoreFault) as caught:
        reader.execute(sql)
    assert caught.value.code == "disk-read-only"
    assert held(driver) == CHAIN


def test_read_model_can_be_written_over_and_thrown_away(driver: Driver) -> None:
    """Only the journal is append-only; what follows from it is not."""
    first = EntityRow("north", "visit", "v-1", 1, "2026-03", '{"a":1}')
    journal.put_entities(driver, [first])
    journal.put_entities(driver, [first._replace(live=0, body="{}")])
    assert list(journal.all_entities(driver, "north")) == [first._replace(live=0, body="{}")]
    journal.clear_entities(driver, "north")
    assert list(journal.all_entities(driver, "north")) == []


def test_preparing_again_changes_nothing(driver: Driver) -> None:
    """A database that is ready is left as it is."""
    driver.prepare()
    driver.prepare()
    assert held(driver) == CHAIN


def test_database_of_a_newer_version_is_refused(database: Database, driver: Driver) -> None:
    """An older Safelight does not touch what it does not know."""
    newer = {
        "sqlite": "pragma user_version = 2",
        "postgres": "update schema_version set version = 2",
    }
    driver.execute(newer[database.name])
    with pytest.raises(SafelightError) as caught:
        driver.prepare()
    assert caught.value.code == "schema-version"
    assert held(driver) == CHAIN
