"""``safelight rehearse`` at a clinic: a table, JSON, and an exit code where something is wrong."""

from pathlib import Path

import pytest

from safelight.rehearse.clinic.scenario import clinic_scenarios
from safelight.rehearse.scenario import shipped_scenarios
from safelight.run.domain.clinic import gate
from safelight.run.store.verification import verify_journal
from safelight.wiring import Home
from tests.support.calls import Call, command
from tests.support.clinics import SMALL, behaving

TWO_DAYS = ("--scenario", "clinic-2-sessions", "--days", "2")


@pytest.fixture
def rehearse(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Call:
    monkeypatch.setenv("SAFELIGHT_HOME", str(tmp_path))
    monkeypatch.delenv("SAFELIGHT_DATABASE", raising=False)
    return command(monkeypatch, capsys, "rehearse")


def test_table_says_what_was_done_and_that_nothing_is_wrong(rehearse: Call) -> None:
    done = rehearse(*TWO_DAYS)
    assert (done.returncode, done.err) == (0, "")
    assert done.out.startswith("tees: ")
    assert "1 in 4,022" in done.out
    assert "cd-diamorphine-ampoule-100mg" in done.out
    assert done.out.count("as it should be") == 3
    assert done.out.rstrip().endswith("what must never happen             0")


def test_json_holds_every_count_and_the_journal_is_there(rehearse: Call, tmp_path: Path) -> None:
    answer = rehearse(*TWO_DAYS, "--json").answer
    assert (answer["site"], answer["days"], answer["patients"]) == ("tees", 2, 15)
    assert answer["doses"] > 0
    assert answer["broken"] == answer["told"] == []
    assert all(register["agrees"] for register in answer["registers"])
    assert verify_journal(Home(tmp_path).connector, "tees", []).size == answer["entries"]


def test_same_seed_writes_the_same_again(
    rehearse: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = rehearse(*TWO_DAYS, "--json").answer
    monkeypatch.setenv("SAFELIGHT_HOME", str(tmp_path / "another"))
    again = rehearse(*TWO_DAYS, "--json").answer
    assert {**first, "seconds": 0} == {**again, "seconds": 0}


def test_rule_that_lets_something_through_ends_with_1(
    rehearse: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    wild = behaving(SMALL, attack_share=1.0)
    monkeypatch.setattr("safelight.cli.rehearsal.find_clinic", lambda _: wild)
    monkeypatch.setattr(gate, "_require_interval", lambda *_: None)
    done = rehearse(*TWO_DAYS)
    assert done.returncode == 1
    assert "invariant" in done.out


def test_help_names_the_scenarios(rehearse: Call) -> None:
    told = rehearse("--help").out
    assert all(name in told for name in clinic_scenarios())


def test_mistyped_scenario_is_answered_with_all_there_are(rehearse: Call) -> None:
    done = rehearse("--scenario", "clinic-4-sessions")
    assert done.returncode == 2
    assert all(name in done.err for name in (*shipped_scenarios(), *clinic_scenarios()))


def test_second_rehearsal_in_one_folder_says_what_to_do(rehearse: Call) -> None:
    rehearse(*TWO_DAYS)
    done = rehearse(*TWO_DAYS)
    assert done.returncode == 2
    assert "Use an empty folder" in done.err
