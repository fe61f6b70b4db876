"""A clinic through the real store in trouble: power cuts, failed commits, repeats, moved clocks.

The soak does ten years: ``run.py soak clinic-storm``.
"""

from datetime import timedelta

import pytest

from safelight.run.actions.engine import Engine
from safelight.run.actions.timekeeper import Timekeeper
from tests.support.clinic_storm import StormReport, storm
from tests.support.clinics import SMALL

MONTH = 31


@pytest.fixture(scope="module")
def month() -> StormReport:
    report, tally = storm(SMALL, 1, MONTH)
    assert tally.told == []
    assert tally.days == MONTH
    assert tally.sessions_mistaken == 0
    return report


def test_a_month_in_a_storm_loses_and_doubles_nothing(month: StormReport) -> None:
    assert month.broken == []


def test_every_trouble_came(month: StormReport) -> None:
    troubles = (
        month.power_cuts,
        month.failed_commits,
        month.killed,
        month.sent_twice,
        month.sent_later,
        month.two_tablets,
        month.clock_moved,
    )
    assert min(troubles) > 0
    assert month.taps > 9_000


def test_an_engine_that_answers_before_it_commits_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commit, calls = Engine.commit, iter(range(10**9))

    def forgetful(engine: Engine) -> frozenset[str]:
        return frozenset() if next(calls) % 50 == 49 else commit(engine)

    monkeypatch.setattr(Engine, "commit", forgetful)
    report, _ = storm(SMALL, 1, 3)
    assert report.broken != []


def test_an_engine_that_forgets_what_it_did_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "_known", lambda *_: None)
    report, _ = storm(SMALL, 1, 3)
    assert report.broken != []


def test_a_clock_that_is_always_trusted_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Timekeeper, "trusted", True)
    monkeypatch.setattr("safelight.run.actions.engine.DRIFT", timedelta(days=1))
    monkeypatch.setattr("tests.support.clinic_storm.CLOCK_MOVED", 0.02)
    report, _ = storm(SMALL, 1, 5)
    assert any("clock-trusted" in what for what in report.broken)


def test_a_storm_is_the_same_for_the_same_seed() -> None:
    first, again = (storm(SMALL, 3, 2)[0] for _ in range(2))
    assert (first.taps, first.entries, first.clock_moved) == (
        again.taps,
        again.entries,
        again.clock_moved,
    )
