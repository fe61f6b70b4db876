"""Verifying journals in databases that somebody wrote to behind Safelight's back."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import pytest

from safelight.journal import verify
from safelight.journal.verify import CHUNK
from safelight.kernel.errors import Tampered
from safelight.run.store import journal, verification
from safelight.run.store.driver import Driver
from safelight.run.store.verification import verify_journal
from tests.support.checkpoints import checkpoint, public
from tests.support.databases import Database
from tests.support.facts import a_chain

SIZE, SMALL = 70, 8
CHAIN = a_chain(SIZE)

OPEN_UP = {
    "sqlite": [
        "drop trigger entry_update",
        "drop trigger entry_delete",
        "drop trigger entry_replace",
        "pragma ignore_check_constraints = 1",
    ],
    "postgres": [
        "alter table entry disable trigger all",
        "alter table entry drop constraint entry_seq_check",
    ],
}

# What an insider does to the database, and the entry that verification names.
TAMPERED: dict[str, tuple[Sequence[str], int]] = {
    "site": (["update entry set site = 'south' where seq = 20"], 20),
    "seq": (["update entry set seq = 71 where seq = 20"], 20),
    "happened_at": (["update entry set happened_at = recorded_at || ' ' where seq = 20"], 20),
    "recorded_at": (["update entry set recorded_at = recorded_at || '0' where seq = 20"], 20),
    "actor": (["update entry set actor = 's-eve' where seq = 1"], 1),
    "witness": (["update entry set witness = '' where seq = 70"], 70),
    "no witness": (["update entry set witness = null where seq = 69"], 69),
    "kind": (["update entry set kind = 'referral.made' where seq = 8"], 8),
    "version": (["update entry set version = 2 where seq = 9"], 9),
    "body": (["update entry set body = replace(body, 'wound', 'other') where seq = 64"], 64),
    "command": (["update entry set command = 'x' where seq = 20"], 20),
    "hash": (["update entry set hash = (select hash from entry where seq = 3) where seq = 20"], 20),
    "deletion": (["delete from entry where seq = 16"], 16),
    "deletion of many": (["delete from entry where seq between 30 and 60"], 30),
    "swap": (
        [
            "update entry set seq = 99 where seq = 20",
            "update entry set seq = 20 where seq = 21",
            "update entry set seq = 21 where seq = 99",
        ],
        20,
    ),
    "insertion before": (
        [
            (
                "insert into entry select site, 0, happened_at, recorded_at, actor, witness, "
                "kind, version, body, command, hash from entry where seq = 9"
            )
        ],
        1,
    ),
    "insertion after": (
        [
            (
                "insert into entry select site, 71, happened_at, recorded_at, actor, witness, "
                "kind, version, body, command, hash from entry where seq = 9"
            )
        ],
        71,
    ),
    "time": (["update entry set recorded_at = '2020-01-01T00:00:00.000000Z' where seq = 40"], 40),
    "tail": (["delete from entry where seq > 60"], 61),
    "everything": (["delete from entry"], 1),
}


@pytest.fixture
def driver(database: Database, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A journal of several small chunks, in a database whose triggers an insider took away."""
    monkeypatch.setattr(verify, "CHUNK", SMALL)
    monkeypatch.setattr(verification, "CHUNK", SMALL)
    opened = database.open()
    journal.append(opened, CHAIN)
    for sql in OPEN_UP[database.name]:
        opened.execute(sql)
    return opened


@pytest.mark.parametrize("name", TAMPERED)
def test_database_that_was_tampered_with_is_found_out(
    database: Database, driver: Driver, name: str
) -> None:
    """Site and entry are named, whatever was done to the table."""
    statements, seq = TAMPERED[name]
    points = [checkpoint(CHAIN)]
    assert verify_journal(database.reader, "north", points, trusted=public()).size == SIZE
    for sql in statements:
        driver.execute(sql)
    with pytest.raises(Tampered) as caught:
        verify_journal(database.reader, "north", points, trusted=public())
    assert (caught.value.values["site"], caught.value.values["seq"]) == ("north", seq)


def test_verification_tells_how_far_it_is(database: Database, driver: Driver) -> None:
    """Progress is told after each chunk, and reaches the end."""
    del driver
    told: list[int] = []
    verify_journal(database.reader, "north", [], progress=told.append)
    assert told == [*range(SMALL, SIZE, SMALL), SIZE]


def test_verification_of_an_unknown_site_finds_nothing(database: Database, driver: Driver) -> None:
    """A journal without entries is whole."""
    del driver
    assert verify_journal(database.reader, "nowhere", []).size == 0


@pytest.mark.slow
def test_several_processes_verify_to_the_same_as_one(database: Database) -> None:
    """Three chunks on two processes: the same answer, and the same first wrong entry."""
    entries = a_chain(2 * CHUNK + 500)
    points = [checkpoint(entries[:size]) for size in (7, CHUNK, CHUNK + 1, len(entries))]
    driver = database.open()
    driver.begin()
    journal.append(driver, entries)
    driver.commit()
    with ProcessPoolExecutor(2) as executor:
        spread = verify_journal(
            database.reader, "north", points, trusted=public(), executor=executor
        )
        assert spread == verify_journal(database.reader, "north", points, trusted=public())
        assert (spread.size, spread.head) == (len(entries), entries[-1].hash)
        for sql in OPEN_UP[database.name]:
            driver.execute(sql)
        for seq in (CHUNK + 9, CHUNK):
            driver.execute("delete from entry where seq = ?", (seq,))
            with pytest.raises(Tampered) as caught:
                verify_journal(database.reader, "north", points, executor=executor)
            assert caught.value.values["seq"] == seq
