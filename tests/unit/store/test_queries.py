"""What the store answers is the same on both engines, in the same order."""

from itertools import pairwise

from safelight.journal.entry import GENESIS
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.journal import EMPTY, EntityRow
from tests.support.databases import Database
from tests.support.facts import a_chain

NORTH = a_chain(20)
# Names that languages and bytes put in different orders.
AWKWARD = ["B", "a", "Z-1", "z 1", "é", "Ä", "ab", "a-b", "aB", "Ω", "_", "~", "\N{PILE OF POO}"]


def filled(database: Database) -> Driver:
    """Return a connection to journals of three sites."""
    driver = database.open()
    for entries in (NORTH, a_chain(3, site="South"), a_chain(1, site="a")):
        journal.append(driver, entries)
    return driver


def test_empty_database_has_no_site_and_an_empty_head(database: Database) -> None:
    """Nothing is known of a site that was never founded."""
    driver = database.open()
    assert journal.sites(driver) == []
    assert journal.head(driver, "north") == EMPTY
    assert journal.hashes(driver, "north", 5) == []
    assert list(journal.entries(driver, "north", 1, 5)) == []


def test_sites_are_listed_once_in_the_order_of_their_bytes(database: Database) -> None:
    """The order does not depend on the language of the server."""
    assert journal.sites(filled(database)) == ["South", "a", "north"]


def test_head_and_hashes_are_those_of_one_site(database: Database) -> None:
    """Sites do not mix."""
    driver = filled(database)
    assert journal.head(driver, "South").seq == 3
    assert journal.hashes(driver, "north", 7) == [entry.hash for entry in NORTH[:7]]
    assert [journal.hash_at(driver, "north", seq) for seq in (0, 1, 20, 21)] == [
        GENESIS,
        NORTH[0].hash,
        NORTH[19].hash,
        b"",
    ]


def test_entries_are_returned_in_order_between_two_numbers(database: Database) -> None:
    """Both ends are included."""
    driver = filled(database)
    assert list(journal.entries(driver, "north", 4, 9)) == NORTH[3:9]
    assert list(journal.entries(driver, "north", 18, 99)) == NORTH[17:]


def test_page_goes_backwards_from_a_number(database: Database) -> None:
    """The newest come first, and the next page begins where one ended."""
    driver = filled(database)
    assert journal.page(driver, "north", None, 3) == NORTH[:16:-1]
    assert journal.page(driver, "north", 18, 3) == NORTH[16:13:-1]
    assert journal.page(driver, "north", 3, 9) == NORTH[1::-1]
    assert journal.page(driver, "north", None, 3, "service.given") == NORTH[:16:-1]
    assert journal.page(driver, "north", None, 3, "visit.arrived") == []


def test_entries_of_a_command_are_its_first_and_last(database: Database) -> None:
    """A command is found at its own site only."""
    driver = database.open()
    command = NORTH[4].command
    journal.append(driver, [e._replace(command=command) if 4 < e.seq < 9 else e for e in NORTH])
    assert journal.of_command(driver, "north", command) == (5, 8)
    assert journal.of_command(driver, "south", command) is None
    assert journal.of_command(driver, "north", "never sent") is None


def rows(site: str = "north") -> list[EntityRow]:
    return [
        EntityRow(site, kind, key, int(len(key) < 3), month, f'{{"id":"{key}"}}')
        for kind, month in (("visit", "2026-03"), ("Visit", "2026-02"), ("incident", ""))
        for key in AWKWARD
    ]


def test_read_model_is_in_the_order_of_its_bytes(database: Database) -> None:
    """Rebuilt rows can be compared one by one, whatever the engine and its language."""
    driver = database.open()
    journal.put_entities(driver, rows())
    found = list(journal.all_entities(driver, "north"))
    assert found == sorted(rows(), key=lambda row: (row.kind.encode(), row.id.encode()))
    assert all((a.kind, a.id) < (b.kind, b.id) for a, b in pairwise(found))


def test_live_entities_leave_out_what_is_over(database: Database) -> None:
    """Only what is still on the floor is loaded at the start, in a fixed order."""
    driver = database.open()
    journal.put_entities(driver, [*rows(), *rows("south")])
    live = [row for row in sorted(rows(), key=lambda row: (row.kind, row.id)) if row.live]
    assert journal.live_entities(driver, "north") == [(row.kind, row.body) for row in live]


def test_entity_is_found_by_kind_and_id(database: Database) -> None:
    """Live or over, and at its own site only."""
    driver = database.open()
    journal.put_entities(driver, rows())
    assert journal.entity(driver, "north", "visit", "Z-1") == '{"id":"Z-1"}'
    assert journal.entity(driver, "north", "visit", "z-1") is None
    assert journal.entity(driver, "south", "visit", "Z-1") is None


def test_entities_of_some_months_are_in_order(database: Database) -> None:
    """Both months are included."""
    driver = database.open()
    months = ["2026-01", "2026-02", "2026-03", "2025-12"]
    made = [EntityRow("north", "visit", f"v-{m}", 0, m, m) for m in months]
    journal.put_entities(driver, made)
    found = journal.entities_between(driver, "north", "visit", ("2026-01", "2026-02"))
    assert found == [("2026-01", "2026-01"), ("2026-02", "2026-02")]


def test_stream_is_closed_when_its_reader_stops_early(database: Database) -> None:
    """A connection goes on working after a stream that nobody read to its end."""
    driver = filled(database)
    stream = journal.entries(driver, "north", 1, 20)
    assert next(stream).seq == 1
    del stream
    assert journal.head(driver, "north").seq == 20
