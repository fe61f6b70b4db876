"""Registers and their lines as the store gives them: in order, and only what is asked for."""

from itertools import pairwise

import msgspec

from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.journal import EntityRow
from safelight.run.store.registers import (
    TOGETHER,
    all_lines,
    entries_of,
    lines_of,
    premises_of,
    register_of,
    registers_of,
)
from tests.support.databases import Database
from tests.support.prints import SITE, a_line, book, keep
from tests.support.registers import HEROIN


def filled(database: Database) -> Driver:
    """Return a connection to a site with a register of eleven lines."""
    driver = database.open()
    keep(driver, book())
    return driver


def test_lines_come_in_the_order_of_their_numbers(database: Database) -> None:
    """Their ids, as texts, would have 10 before 2."""
    found = list(lines_of(filled(database), SITE, HEROIN, 11))
    assert [line.number for line in found] == list(range(1, 12))
    assert found == book().lines()


def test_lines_end_where_they_are_asked_to_and_a_missing_one_is_left_out(
    database: Database,
) -> None:
    driver = filled(database)
    driver.execute("delete from entity where id = ?", (f"{HEROIN}-2",))
    assert [line.number for line in lines_of(driver, SITE, HEROIN, 4)] == [1, 3, 4]
    assert list(lines_of(driver, SITE, "cd-other", 4)) == []


def test_more_lines_than_one_question_asks_for_come_in_order(database: Database) -> None:
    driver, count = database.open(), 2 * TOGETHER + 3
    rows = [
        EntityRow(SITE, "line", line.id, 0, "", msgspec.json.encode(line).decode())
        for line in (a_line(n, "received", 1, n) for n in range(1, count + 1))
    ]
    driver.begin()
    journal.put_entities(driver, rows)
    driver.commit()
    numbers = [line.number for line in lines_of(driver, SITE, HEROIN, count)]
    assert numbers == list(range(1, count + 1))


def test_all_lines_and_registers_of_a_site(database: Database) -> None:
    driver = filled(database)
    assert sorted(line.number for line in all_lines(driver, SITE)) == list(range(1, 12))
    [register] = registers_of(driver, SITE)
    assert register == register_of(driver, SITE, HEROIN)
    assert (register.id, register.balance) == (HEROIN, 6_259_500)
    assert register_of(driver, SITE, "cd-other") is None
    premises = premises_of(driver, SITE)
    assert premises is not None
    assert (premises.name, premises_of(driver, "south")) == ("North", None)


def test_entries_of_some_kinds_come_in_the_order_of_the_journal(database: Database) -> None:
    driver = filled(database)
    kinds = ("register.received", "register.opened", "register.corrected", "register.destroyed")
    found = list(entries_of(driver, SITE, kinds, 11))
    assert [entry.seq for entry in found] == [1, 2, 8, 11]
    assert all(one.seq < other.seq for one, other in pairwise(found))


def test_entries_of_a_kind_are_read_piece_by_piece(database: Database) -> None:
    driver = filled(database)
    first = journal.of_kind(driver, SITE, "doses.late_recorded", (1, 99), 1)
    assert [entry.seq for entry in first] == [4]
    assert [e.seq for e in journal.of_kind(driver, SITE, "doses.late_recorded", (5, 99), 9)] == [5]


def test_nothing_is_scanned_for_the_lines_of_a_register(database: Database) -> None:
    if database.name != "sqlite":
        return
    driver = filled(database)
    ids = (f"{HEROIN}-1", f"{HEROIN}-2")
    plan = driver.execute(
        "explain query plan select body from entity "
        "where site = ? and kind = 'line' and id in (?, ?)",
        (SITE, *ids),
    )
    assert all("SEARCH entity USING PRIMARY KEY" in row[-1] for row in plan)


def test_what_is_read_at_one_moment_stays_as_it_was(database: Database) -> None:
    driver = filled(database)
    reader = database.open(read_only=True)
    reader.begin_reading()
    before = journal.entity(reader, SITE, "register", HEROIN)
    driver.begin()
    driver.execute("delete from entity where kind = 'register'")
    driver.commit()
    assert journal.entity(reader, SITE, "register", HEROIN) == before
    reader.rollback()
    assert journal.entity(reader, SITE, "register", HEROIN) is None
