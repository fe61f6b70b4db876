"""When doses may rest on the machine's clock: confirmed by two people, and not moved since."""

from datetime import datetime, timedelta
from itertools import count

import pytest

from safelight.kernel.errors import Refused
from safelight.run.actions.engine import Engine
from safelight.run.actions.tap import Tap, read_command
from safelight.run.actions.timekeeper import DRIFT, Anchor, Timekeeper
from safelight.run.domain.base import Actor, Role
from safelight.run.store.sqlite import SQLiteDriver
from safelight.wiring import Home, prepare_home, timekeeper_of
from tests.support.draws import PACK, SETTING_UP
from tests.support.sites import ADA, BEN, NOW

NUMBERS = count(1)


class Machine:
    """A wall clock that can be set, and a steady one that only counts up."""

    def __init__(self) -> None:
        self.wall, self.steady = NOW, 1000.0
        self.kept: list[Anchor] = []

    def passes(self, **time: float) -> None:
        """Let time pass for both clocks."""
        self.wall += timedelta(**time)
        self.steady += timedelta(**time).total_seconds()

    def keeper(self) -> Timekeeper:
        """Return who compares the two."""
        return Timekeeper(lambda: self.wall, lambda: self.steady, keep=self.kept.append)


def test_a_clock_that_nobody_confirmed_is_not_trusted() -> None:
    assert not Machine().keeper().trusted


def test_a_confirmed_clock_stays_trusted_as_time_passes() -> None:
    machine = Machine()
    keeper = machine.keeper()
    keeper.confirm()
    machine.passes(days=400)
    assert keeper.trusted
    assert machine.kept == [Anchor(NOW, 1000.0)]


@pytest.mark.parametrize("moved", [timedelta(hours=3), -timedelta(hours=3), DRIFT * 1.1])
def test_a_clock_that_was_moved_is_not_trusted_until_confirmed_again(moved: timedelta) -> None:
    machine = Machine()
    keeper = machine.keeper()
    keeper.confirm()
    machine.wall += moved
    assert not keeper.trusted
    keeper.confirm()
    assert keeper.trusted


def test_a_clock_set_back_to_what_it_was_is_trusted_again() -> None:
    machine = Machine()
    keeper = machine.keeper()
    keeper.confirm()
    machine.wall += timedelta(hours=1)
    machine.wall -= timedelta(hours=1)
    assert keeper.trusted


def test_small_steps_of_a_time_service_do_no_harm_and_do_not_add_up() -> None:
    machine = Machine()
    keeper = machine.keeper()
    keeper.confirm()
    machine.wall += DRIFT
    assert keeper.trusted
    machine.wall += DRIFT
    assert not keeper.trusted


# What the engine makes of it


class Clinic:
    """An engine over an empty database, on a machine whose clock can be set."""

    def __init__(self) -> None:
        self.machine = Machine()
        driver = SQLiteDriver(":memory:", scratch=True)
        driver.prepare()
        packs = {PACK.digest: PACK}
        self.engine = Engine(driver, lambda: self.machine.wall, packs.get, self.machine.keeper())
        found = {"name": "North", "kind": "building", "timezone": "Europe/London"}
        for name, fields in [("site.found", found), *SETTING_UP]:
            self.do(name, **fields)

    def do(self, name: str, /, *, proved_at: datetime | None = None, **fields: object) -> None:
        """Perform a manager's tap, witnessed by a nurse, and commit it."""
        command = f"00000000-0000-4000-8000-{next(NUMBERS):012d}"
        actor, witness = (
            Actor(staff, role, proved_at or self.machine.wall)
            for staff, role in ((ADA, Role.MANAGER), (BEN, Role.NURSE))
        )
        self.engine.perform(
            Tap("north", command, name, read_command(name, fields), actor, witness=witness)
        )
        self.engine.commit()

    def confirm(self, **how: datetime) -> None:
        """Compare the clock with another one that is right."""
        self.do("clock.confirm", other=self.machine.wall.isoformat(), **how)


def test_two_people_make_the_clock_trusted() -> None:
    clinic = Clinic()
    assert not clinic.engine.clock_trusted
    clinic.confirm()
    assert clinic.engine.clock_trusted


def test_a_clock_moved_forward_is_noticed() -> None:
    clinic = Clinic()
    clinic.confirm()
    clinic.machine.wall += timedelta(hours=3)
    assert not clinic.engine.clock_trusted


def test_what_was_not_committed_confirms_nothing() -> None:
    clinic = Clinic()
    command = read_command("clock.confirm", {"other": NOW.isoformat()})
    actor, witness = Actor(ADA, Role.MANAGER, NOW), Actor(BEN, Role.NURSE, NOW)
    asked = "00000000-0000-4000-8000-000000000999"
    clinic.engine.perform(Tap("north", asked, "clock.confirm", command, actor, witness=witness))
    clinic.engine.abandon()
    clinic.do("stock.receive", item="foil", quantity=1)
    assert not clinic.engine.clock_trusted


def test_a_proof_is_as_old_as_the_clock_says_where_the_journal_is_ahead() -> None:
    """After a clock was set back, time stands still in the journal; a proof of now is still new."""
    clinic = Clinic()
    clinic.machine.wall += timedelta(hours=2)
    clinic.do("stock.receive", item="foil", quantity=1)
    clinic.machine.wall -= timedelta(minutes=1)
    clinic.confirm()
    clinic.machine.wall -= timedelta(hours=1)
    with pytest.raises(Refused) as caught:
        clinic.confirm(proved_at=clinic.machine.wall - timedelta(minutes=10))
    assert caught.value.code == "proof-fresh"


def asked(clinic: Clinic) -> str:
    """Return the rule that refuses what rests on a trusted clock; there is no such session."""
    with pytest.raises(Refused) as caught:
        clinic.do("session.discharge", session="se-1")
    return caught.value.code


@pytest.mark.hazard("H08")
def test_a_clock_set_forward_and_back_again_brings_nothing_early() -> None:
    """What was written meanwhile leaves the journal ahead, and its time stands still."""
    clinic = Clinic()
    clinic.confirm()
    assert asked(clinic) == "session-known"
    clinic.machine.wall += timedelta(hours=4)
    clinic.do("stock.receive", item="foil", quantity=1)
    clinic.machine.wall -= timedelta(hours=4)
    assert clinic.engine.clock_trusted
    assert asked(clinic) == "clock-trusted"
    clinic.machine.passes(hours=4)
    assert asked(clinic) == "session-known"


@pytest.mark.hazard("H08")
def test_a_clock_set_back_is_not_confirmed_by_the_time_of_the_journal() -> None:
    """Another clock shows what the journal says, and the machine's is hours behind both."""
    clinic = Clinic()
    clinic.confirm()
    clinic.machine.wall -= timedelta(hours=4)
    with pytest.raises(Refused) as caught:
        clinic.do("clock.confirm", other=NOW.isoformat())
    assert caught.value.code == "clock-right"
    assert not clinic.engine.clock_trusted


# What a home keeps


def test_a_confirmation_holds_until_the_machine_starts_anew(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path_factory.mktemp("home"))
    prepare_home(home)
    assert not timekeeper_of(home).trusted
    timekeeper_of(home).confirm()
    assert timekeeper_of(home).trusted
    monkeypatch.setattr("safelight.wiring._boot_id", lambda: "another run")
    assert not timekeeper_of(home).trusted


def test_a_torn_file_is_no_confirmation(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Home(tmp_path_factory.mktemp("home"))
    prepare_home(home)
    timekeeper_of(home).confirm()
    (home.path / "clock.json").write_bytes(b'{"boot":"')
    assert not timekeeper_of(home).trusted


def test_where_runs_of_the_machine_cannot_be_told_apart_nothing_is_kept(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path_factory.mktemp("home"))
    prepare_home(home)
    monkeypatch.setattr("safelight.wiring._boot_id", lambda: "")
    timekeeper_of(home).confirm()
    assert not timekeeper_of(home).trusted
