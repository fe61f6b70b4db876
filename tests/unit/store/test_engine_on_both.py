"""The whole engine on both engines: perform, commit, rebuild, verify; one site and two."""

from functools import partial
from random import Random

import pytest
from immutables import Map

from safelight.kernel.errors import Refused, SafelightError, Tampered
from safelight.run.actions.engine import Engine
from safelight.run.domain.base import Entity
from safelight.run.domain.site import Site
from safelight.run.store import journal
from safelight.run.store.driver import Driver, Fault, StoreFault
from safelight.run.store.postgres import PostgresDriver
from safelight.run.store.rebuild import compare, rebuild, replay
from safelight.run.store.sqlite import SQLiteDriver
from safelight.run.store.verification import verify_journal
from tests.support.checkpoints import checkpoint, public
from tests.support.databases import Database
from tests.support.workload import SITE, Staff, TickingClock, opening, packs, tap

SITES = (SITE, "south")


def engine_on(driver: Driver) -> Engine:
    return Engine(driver, TickingClock(), packs)


def busy(database: Database, taps: int = 200) -> tuple[Driver, Engine]:
    """Return a database on which two sites had a busy day, in one journal file."""
    driver = database.open()
    engine = engine_on(driver)
    staff = {site: Staff(Random(site), site) for site in SITES}
    for site in SITES:
        for each in opening(site):
            engine.perform(each)
        engine.commit()
    for number in range(taps):
        site = SITES[number % 2]
        try:
            engine.perform(staff[site].next_tap(engine.standing(site).site))
        except Refused:
            continue
        if number % 7 == 0:
            engine.commit()
    engine.commit()
    return driver, engine


def held(site: Site) -> dict[str, Map[str, Entity]]:
    """Return what is live at a site; a kind of which nothing is left counts as none."""
    return {kind: part for kind, part in site.parts.items() if part}


def scratch() -> SQLiteDriver:
    """Return a database in memory to rebuild into."""
    driver = SQLiteDriver(":memory:", scratch=True)
    driver.prepare()
    return driver


def test_journals_of_two_sites_verify_each_for_itself(database: Database) -> None:
    """Sites share a database and a commit, but neither numbers nor chain."""
    driver, engine = busy(database)
    for site in SITES:
        size = journal.head(driver, site).seq
        entries = list(journal.entries(driver, site, 1, size))
        point = checkpoint(entries, site)
        done = verify_journal(database.reader, site, [point], trusted=public())
        assert (done.size, done.head, done.root) == (size, entries[-1].hash, point.root)
        assert engine.standing(site).seq == size
        assert {entry.site for entry in entries} == {site}
    assert engine.standing(SITE).hash != engine.standing("south").hash


def test_rebuilt_read_model_equals_the_one_built_as_it_went(database: Database) -> None:
    """Row by row and byte by byte, in a scratch database and in place."""
    driver, _ = busy(database)
    for site in SITES:
        target = scratch()
        size = replay(driver, target, site, lambda _: None)
        assert size == journal.head(driver, site).seq
        assert compare(driver, target, site) > 20
        assert rebuild(driver, site, lambda _: None) == size
        assert compare(driver, target, site) == compare(target, driver, site)
        target.close()


@pytest.mark.parametrize(
    "sql",
    [
        "update entity set body = '{}' where kind = 'place' and id = 'booth-2'",
        "delete from entity where kind = 'place' and id = 'booth-2'",
        "insert into entity values ('north', 'place', 'booth-2a', 1, '', '{}')",
        "update entity set live = 0 where kind = 'place' and id = 'booth-2'",
    ],
)
def test_read_model_that_differs_is_named_at_the_first_row(database: Database, sql: str) -> None:
    """A read model that somebody changed is told apart, and thrown away."""
    driver, _ = busy(database, taps=10)
    target = scratch()
    replay(driver, target, SITE, lambda _: None)
    driver.execute(sql)
    with pytest.raises(Tampered, match="place booth-"):
        compare(driver, target, SITE)
    rebuild(driver, SITE, lambda _: None)
    compare(driver, target, SITE)
    target.close()


def test_rebuild_that_fails_leaves_the_old_read_model(database: Database) -> None:
    """Throwing away and making again are one transaction."""
    driver, _ = busy(database, taps=10)
    before = list(journal.all_entities(driver, SITE))

    def stop(_: int) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        rebuild(driver, SITE, stop)
    assert list(journal.all_entities(driver, SITE)) == before


def test_engine_opened_again_stands_where_the_last_one_stood(database: Database) -> None:
    """Everything in memory comes back from the read model, site by site."""
    driver, engine = busy(database)
    again = engine_on(driver)
    for site in SITES:
        old, new = engine.standing(site), again.standing(site)
        assert new[1:] == old[1:]
        assert held(new.site) == held(old.site)
    assert again.durable_sites().keys() == set(SITES)
    assert again.latest() == engine.latest()


def test_command_sent_to_two_sites_is_written_at_each(database: Database) -> None:
    """A command id counts within its site."""
    driver, engine = busy(database, taps=0)
    fields = {"item": "needle", "quantity": 3}
    for site in SITES:
        assert not engine.perform(tap("supplies.take_back", 900, fields, site=site)).repeated
    assert engine.commit() == frozenset(SITES)
    for site in SITES:
        assert engine_on(driver).perform(tap("supplies.take_back", 900, fields, site=site)).repeated


def test_two_connections_cannot_both_write(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second writer is kept out: by a lock on PostgreSQL, while it writes on SQLite."""
    driver = database.open()
    monkeypatch.setattr(PostgresDriver, "lock_milliseconds", 50)
    if database.name == "postgres":
        with pytest.raises(SafelightError) as caught:
            database.connect()
        assert caught.value.code == "one-writer"
        monkeypatch.undo()
        driver.close()
        database.open()
    else:
        driver.begin()
        second = database.open()
        assert isinstance(second, SQLiteDriver)
        second._connection.set_busy_timeout(1)
        with pytest.raises(StoreFault) as busy_fault:
            second.begin()
        assert busy_fault.value.fault is Fault.READ_ONLY
        driver.rollback()


@pytest.mark.postgres
def test_postgres_that_does_not_answer_is_not_saved() -> None:
    """A server that is not there is a fault like a disk that is not there."""
    with pytest.raises(StoreFault) as caught:
        PostgresDriver("host=/nowhere dbname=none")
    assert caught.value.fault is Fault.READ_ONLY


@pytest.mark.postgres
def test_postgres_connection_that_breaks_is_a_fault_for_good(postgres_address: str) -> None:
    """What became of a commit in flight is not known, so that nothing more is written."""
    driver = PostgresDriver(postgres_address)
    driver.prepare()
    engine = engine_on(driver)
    for each in opening():
        engine.perform(each)
    other = PostgresDriver(postgres_address, read_only=True)
    cut = partial(
        other.execute, "select pg_terminate_backend(pid) from pg_locks where locktype = ?"
    )
    cut(("advisory",))
    with pytest.raises(StoreFault) as caught:
        engine.commit()
    assert caught.value.fault is Fault.LOST
    assert journal.sites(other) == []
    driver.close()
    other.close()
