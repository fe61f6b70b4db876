"""A read model that another edition of the code made is made again before anybody sees it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from safelight.run.actions.engine import Engine
from safelight.run.store import journal
from safelight.run.store.driver import Driver, Fault, StoreFault
from safelight.run.store.edition import FOLDING, ROOT, digest_of, edition, edition_row, is_current
from safelight.run.store.rebuild import renew
from safelight.run.store.sqlite import SQLiteDriver
from safelight.wiring import Home, open_engine, prepare_home
from tests.support.databases import Database
from tests.support.workload import SITE, TickingClock, opening, packs

# An entity as an older edition wrote it: this one cannot read it.
OLDER = "update entity set body = '{\"shape\": \"older\"}' where kind = 'place'"
ANOTHER = "update entity set body = '\"another\"' where kind = 'read_model'"


class Heard:
    """What was told while read models were made again."""

    def __init__(self) -> None:
        self.sites: list[tuple[str, int]] = []
        self.counts: list[int] = []

    @contextmanager
    def __call__(self, what: str, total: int) -> Iterator[Callable[[int], None]]:
        self.sites.append((what, total))
        yield self.counts.append


def at_work(driver: Driver, *sites: str) -> None:
    """Found sites and set them up."""
    engine = Engine(driver, TickingClock(), packs)
    for site in sites:
        for each in opening(site):
            engine.perform(each)
        engine.commit()


def test_read_model_is_current_as_it_is_written(database: Database) -> None:
    driver = database.open()
    at_work(driver, SITE)
    assert is_current(driver, SITE)
    heard = Heard()
    assert renew(driver, heard) == []
    assert heard.sites == []


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param(ANOTHER, id="another edition"),
        pytest.param("delete from entity where kind = 'read_model'", id="none that says so"),
    ],
)
def test_what_another_edition_made_is_made_again(database: Database, sql: str) -> None:
    driver = database.open()
    at_work(driver, SITE, "south")
    before = list(journal.all_entities(driver, SITE))
    for statement in (OLDER, sql):
        driver.execute(statement + " and site = 'north'")
    heard = Heard()
    assert renew(driver, heard) == [SITE]
    size = journal.head(driver, SITE).seq
    assert heard.sites == [(f"Renewing {SITE} after an update", size)]
    assert heard.counts[-1] == size
    assert list(journal.all_entities(driver, SITE)) == before
    assert is_current(driver, SITE)


def test_engine_opens_over_what_it_could_not_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    prepare_home(home)
    driver = home.connect_for_writing()
    at_work(driver, SITE)
    driver.execute(OLDER)
    driver.execute(ANOTHER)
    driver.close()
    engine = open_engine(home)
    assert engine.standing(SITE).site.places["booth-1"].id == "booth-1"
    engine.close()


class FullDriver(SQLiteDriver):
    """A connection to a disk that takes nothing."""

    def begin(self) -> None:  # type: ignore[explicit-override]
        """Refuse to write."""
        raise StoreFault(Fault.FULL, "made up")


class FullHome(Home):
    """A home on a disk that takes nothing."""

    def connect_for_writing(self) -> Driver:  # type: ignore[explicit-override]
        """Open a connection that writes nothing."""
        return FullDriver(str(self.journal))


def test_disk_that_takes_nothing_leaves_the_board_as_it_was(tmp_path: Path) -> None:
    home = Home(tmp_path)
    prepare_home(home)
    driver = home.connect_for_writing()
    at_work(driver, SITE)
    driver.execute(ANOTHER)
    driver.close()
    engine = open_engine(FullHome(tmp_path))
    assert "booth-1" in engine.standing(SITE).site.places
    engine.close()
    driver = home.connect()
    assert not is_current(driver, SITE)  # so it is tried again
    driver.close()


@pytest.mark.parametrize("part", FOLDING)
def test_every_change_to_what_folds_is_another_edition(tmp_path: Path, part: str) -> None:
    for name in ("kernel/ids.py", "run/domain/site.py", "run/store/projection.py", "web/page.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("pass\n")
    before = digest_of(tmp_path)
    (tmp_path / "web/page.py").write_text("changed\n")
    assert digest_of(tmp_path) == before
    changed = tmp_path / part
    changed = changed if changed.is_file() else next(changed.rglob("*.py"))
    changed.write_text("changed\n")
    assert digest_of(tmp_path) != before


def test_edition_is_of_the_code_that_runs() -> None:
    assert edition() == digest_of(ROOT)
    assert all((ROOT / part).exists() for part in FOLDING)
    assert edition_row(SITE).live == 0
