"""The second bookkeeper finds what differs between a register and its journal, whoever did it."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from safelight.journal.entry import Entry
from safelight.kernel.errors import Tampered
from safelight.rehearse.clinic.run import rehearse_clinic
from safelight.rehearse.clinic.scenario import find_clinic
from safelight.run.domain import registry
from safelight.run.domain.base import Change, Fact, When
from safelight.run.domain.clinic import ledger
from safelight.run.domain.register_entities import WASTED, Register
from safelight.run.domain.site import Site
from safelight.run.register.check import SHOWN, Checked, check_registers
from safelight.run.register.fold import KINDS, Ledger
from safelight.run.store import journal
from safelight.run.store.driver import Driver
from safelight.run.store.rebuild import rebuild
from safelight.run.store.registers import lines_of, registers_of
from safelight.run.store.sqlite import SQLiteDriver
from safelight.wiring import Home
from tests.support.prints import SITE, book, entries_of, keep
from tests.support.registers import HEROIN


@pytest.fixture
def driver() -> Driver:
    kept = SQLiteDriver(":memory:", scratch=True)
    kept.prepare()
    keep(kept, book())
    return kept


def checked(driver: Driver) -> Checked:
    [found] = check_registers(driver, SITE)
    return found


def test_register_agrees_with_its_journal(driver: Driver) -> None:
    assert checked(driver) == Checked(HEROIN, 11, 6_259_500, ())
    assert checked(driver).ok


def test_second_bookkeeper_makes_the_same_lines_and_terms(driver: Driver) -> None:
    books = Ledger()
    for entry in entries_of(book()):
        if entry.kind in KINDS:
            books.take(entry)
    made = books.books[HEROIN]
    assert made.lines == list(lines_of(driver, SITE, HEROIN, 11))
    [register] = registers_of(driver, SITE)
    told = replace(
        register, counted_at=None, handlers=(), discrepancy=None, opened_at=register.opened_at
    )
    assert made.as_register() == told


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clinic-2-sessions", "clinic-3-sessions"])
def test_registers_of_a_rehearsed_clinic_agree(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path)
    rehearse_clinic(home, find_clinic(name), 3, 12)
    driver = home.connect()
    [site] = journal.sites(driver)
    found = check_registers(driver, site)
    driver.close()
    assert [each.problems for each in found] == [()] * 3
    assert min(each.lines for each in found) > 20


def changed(driver: Driver, kind: str, key: str, **fields: object) -> None:
    """Change a row of the read model behind everybody's back."""
    body = journal.entity(driver, SITE, kind, key)
    assert body is not None
    text = msgspec.json.encode({**msgspec.json.decode(body), **fields}).decode()
    driver.execute("update entity set body = ? where kind = ? and id = ?", (text, kind, key))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"change": -1}, "Line 3 says change -1; entry 4 makes it -180000."),
        ({"balance": 1}, "Line 3 says balance 1; entry 4 makes it 5820000."),
        ({"person": "p-2"}, "Line 3 says person p-2; entry 4 makes it p-1."),
        ({"witness": "s-cy"}, "Line 3 says witness s-cy; entry 4 makes it s-ben."),
        ({"prescriber": "s-cy"}, "Line 3 says prescriber s-cy; entry 4 makes it s-dee."),
        ({"corrected_by": None}, "Line 3 says corrected_by None; entry 4 makes it 10."),
        ({"reason": "other"}, "Line 3 says reason other; entry 4 makes it None."),
    ],
)
def test_line_that_was_changed_is_found(
    driver: Driver, fields: dict[str, object], said: str
) -> None:
    changed(driver, "line", f"{HEROIN}-3", **fields)
    assert checked(driver).problems == (said,)


def test_line_that_is_missing_is_found(driver: Driver) -> None:
    driver.execute("delete from entity where id = ?", (f"{HEROIN}-7",))
    assert checked(driver).problems == ("Line 7 is missing (entry 7).",)


def test_line_that_was_added_is_found(driver: Driver) -> None:
    driver.execute(
        "insert into entity (site, kind, id, live, month, body) "
        "select site, kind, 'other-7', live, month, replace(body, ?, ?) from entity where id = ?",
        ('"number":7', '"number":12', f"{HEROIN}-7"),
    )
    driver.execute(
        "update entity set body = replace(body, ?, ?) where id = 'other-7'",
        (f'"id":"{HEROIN}-7"', '"id":"other-7"'),
    )
    assert checked(driver).problems == ("Line 12 is in no entry of the journal.",)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wasted", 0),
        ("prepared", 1),
        ("lines", 12),
        ("strength", 1),
        ("opened_at", "2024-01-01T00:00:00Z"),
    ],
)
def test_register_that_was_changed_is_found(driver: Driver, field: str, value: object) -> None:
    changed(driver, "register", HEROIN, **{field: value})
    assert any(f"The register says {field} " in each for each in checked(driver).problems)


def test_register_that_is_missing_or_was_added_is_found(driver: Driver) -> None:
    driver.execute(
        "update entity set id = 'cd-other', body = replace(body, ?, ?) where kind = 'register'",
        (f'"id":"{HEROIN}"', '"id":"cd-other"'),
    )
    missing, added = sorted(check_registers(driver, SITE), key=lambda each: -each.lines)
    assert missing.problems == ("The register is missing; the journal opened it.",)
    assert added == Checked("cd-other", 0, 0, ("The journal never opened this register.",))


def forgets_to_subtract(site: Site, fact: Fact, when: When) -> Site:
    """Waste as a careless programmer would: the line is there, the balance is not moved."""
    old = site.all_of(Register)[fact.register]  # type: ignore[attr-defined]
    return ledger.enter(site, old, when, kind=WASTED, change=0)


def counts_twice(site: Site, fact: Fact, when: When) -> Site:
    """Receive as a careless programmer would: twice."""
    evolve = GENUINE["register.received"].evolve
    return evolve(evolve(site, fact, when), fact, when)


GENUINE = dict(registry.FACTS)


@pytest.mark.parametrize(
    ("kind", "careless", "said"),
    [
        ("register.wasted", forgets_to_subtract, "The register says wasted 20000"),
        ("register.received", counts_twice, "The register says received 4000000"),
    ],
)
def test_slip_in_the_rules_is_found(
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    careless: Callable[[Site, Fact, When], Site],
    said: str,
) -> None:
    entries = entries_of(book())
    monkeypatch.setitem(registry.FACTS, kind, Change(GENUINE[kind].fact, careless))
    driver = SQLiteDriver(":memory:", scratch=True)
    driver.prepare()
    journal.append(driver, entries)
    rebuild(driver, SITE, lambda _: None)
    assert any(said in each for each in checked(driver).problems)


def test_only_so_many_problems_are_told_one_by_one(driver: Driver) -> None:
    for number in range(1, 12):
        changed(driver, "line", f"{HEROIN}-{number}", staff="s-x", witness="s-y", change=7)
    problems = checked(driver).problems
    assert len(problems) == SHOWN + 1
    assert problems[-1] == "And 13 more."


def bodied(entry: Entry, **fields: object) -> Entry:
    body = {**msgspec.json.decode(entry.body), **fields}
    return entry._replace(body=msgspec.json.encode(body).decode())


def test_journal_that_leaves_less_than_nothing_is_told() -> None:
    entries = entries_of(book())
    driver = SQLiteDriver(":memory:", scratch=True)
    driver.prepare()
    entries[6] = bodied(entries[6], quantity=9_000_000)  # nobody verified this journal
    journal.append(driver, entries)
    assert "After line 7 less than nothing is left." in checked(driver).problems


def test_entry_that_moves_stock_of_no_register_is_an_error() -> None:
    with pytest.raises(Tampered) as caught:
        Ledger().take(entries_of(book())[1])
    assert (caught.value.code, caught.value.values) == ("register-journal", {"seq": 2})


def test_progress_is_told_and_the_moment_is_let_go(driver: Driver) -> None:
    told: list[int] = []
    check_registers(driver, SITE, told.append)
    assert told == [1]
    driver.begin()  # no transaction is left open
    driver.rollback()


def test_site_without_registers_has_nothing_to_check(driver: Driver) -> None:
    assert check_registers(driver, "south") == []
