"""A rehearsed clinic: more patients take more doses, and what must be refused is refused."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from safelight.kernel.errors import Invalid, SafelightError
from safelight.rehearse.clinic import attacks
from safelight.rehearse.clinic.attendance import chance_to_come
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.hands import NoOracle
from safelight.rehearse.clinic.invariants import Invariants
from safelight.rehearse.clinic.run import (
    live,
    rehearsal_pack,
    rehearse_clinic,
    rehearse_in_memory,
)
from safelight.run.domain.clinic import gate, session
from safelight.run.store import journal
from safelight.run.store.verification import verify_journal
from safelight.wiring import Home
from tests.support.clinics import (
    LARGE,
    SMALL,
    Recorder,
    behaving,
    in_memory,
    pack,
    rehearsed,
    stored,
)

QUIET = behaving(SMALL, attack_share=0.0)
WILD = behaving(SMALL, attack_share=1.0)


def test_nothing_legitimate_is_refused_and_no_invariant_is_broken() -> None:
    tally = rehearsed(SMALL, 60).tally
    assert (tally.broken, tally.told, tally.sessions_mistaken) == ([], [], 0)
    assert tally.days == 60
    assert 0 < tally.doses <= tally.sessions
    assert tally.sessions + tally.missed == tally.expected


@pytest.mark.parametrize("month", [3, 10])
def test_open_day_and_night_through_a_clock_change_nothing_is_refused(month: int) -> None:
    """Twelve of sixty come at night: when the clocks change, and shortly before the day turns."""
    shifted = replace(LARGE.period, first=LARGE.period.first.replace(month=month, day=22))
    tally = rehearsed(replace(LARGE, period=shifted), 9).tally
    assert (tally.broken, tally.told) == ([], [])


def test_same_seed_rehearses_the_same_and_another_seed_does_not() -> None:
    first, again, other = Recorder(), Recorder(), Recorder()
    rehearsed(SMALL, 5, 1, first)
    rehearsed(SMALL, 5, 1, again)
    rehearsed(SMALL, 5, 2, other)
    assert first.facts == again.facts
    assert first.facts != other.facts


def test_first_days_do_not_depend_on_how_many_are_asked() -> None:
    short, long = Recorder(), Recorder()
    rehearsed(SMALL, 3, 1, short)
    rehearsed(SMALL, 6, 1, long)
    assert short.facts == long.facts[: len(short.facts)]


def test_memory_and_store_come_to_the_same_facts_and_the_same_site(tmp_path: Path) -> None:
    one, other = Recorder(), Recorder()
    clinic = in_memory(SMALL, 9, one)
    sites = []

    def nine_days(beside: Clinic) -> None:
        live(beside, pack(), 9, lambda: None)
        sites.append(beside.hands.site)

    stored(SMALL, tmp_path, other, nine_days)
    assert one.facts == other.facts
    assert clinic.hands.site.parts == sites[0].parts


def test_more_patients_take_more_doses() -> None:
    few, many = (rehearsed(replace(SMALL, patients=number), 14).tally for number in (5, 20))
    assert few.doses < many.doses
    assert few.micrograms < many.micrograms


def test_lower_attendance_means_more_missed_sessions() -> None:
    often, rarely = (
        rehearsed(behaving(SMALL, attendance=share), 28).tally for share in (0.98, 0.7)
    )
    assert often.missed < rarely.missed
    assert often.doses > rarely.doses


def test_attendance_comes_out_as_the_scenario_says() -> None:
    tally = rehearsed(LARGE, 40, oracle=NoOracle()).tally
    wanted = LARGE.behaviour.attendance.value
    assert 1 - tally.missed / tally.expected == pytest.approx(wanted, abs=0.015)


def test_attendance_counts_absences_in() -> None:
    without = chance_to_come(behaving(SMALL, attendance=0.8, absences_per_year=0.0).behaviour)
    beside_them = chance_to_come(behaving(SMALL, attendance=0.8, absences_per_year=5.0).behaviour)
    assert without == pytest.approx(0.8)
    assert without < beside_them <= 1


def test_whoever_is_away_for_long_is_reviewed_before_the_next_dose() -> None:
    tally = rehearsed(behaving(QUIET, absences_per_year=12.0), 60).tally
    assert (tally.broken, tally.told) == ([], [])
    assert tally.refused["dose-after-missed"] > 0
    assert tally.reviews >= tally.refused["dose-after-missed"] > 0


def test_overdoses_lock_doses_until_a_review() -> None:
    tally = rehearsed(behaving(QUIET, overdoses_per_injection=0.02), 30).tally
    assert (tally.broken, tally.told) == ([], [])
    assert tally.overdoses > 5
    assert tally.refused["dose-lock"] > 0
    assert tally.refused["overdose-over"] > 0
    assert tally.refused["observation-naloxone"] > 0


def test_doses_from_paper_are_recorded_and_lock() -> None:
    tally = rehearsed(behaving(QUIET, paper_share=0.05), 14).tally
    assert (tally.broken, tally.told) == ([], [])
    assert tally.on_paper > 5
    assert tally.refused["dose-lock"] > 5


def test_register_troubles_are_found_and_explained() -> None:
    troubled = behaving(
        QUIET, miscount_share=0.5, loss_share=0.2, late_entry_share=0.9, wrong_entry_share=0.9
    )
    report = rehearsed(troubled, 120)
    tally = report.tally
    assert (tally.broken, tally.told) == ([], [])
    assert tally.discrepancies >= tally.settled > 5
    assert tally.footnotes > 0
    assert tally.late_entries > 0
    tried = {"discrepancy-surplus", "discrepancy-explained", "loss-reported", "line-says"}
    assert tried <= set(tally.refused)
    assert all(each.agrees for each in report.registers)


def test_whatever_is_on_paper_still_is_no_loss() -> None:
    """While a dose is on paper only, less lies in the cabinet than the register says."""
    papered = behaving(QUIET, paper_share=0.5, miscount_share=0.5, loss_share=0.1)
    report = rehearsed(papered, 240)
    tally = report.tally
    assert (tally.broken, tally.told) == ([], [])
    assert tally.settled > 5
    assert all(each.agrees for each in report.registers)


def test_every_attack_is_tried_and_refused() -> None:
    tally = rehearsed(WILD, 12).tally
    assert (tally.broken, tally.told) == ([], [])
    rules = {
        "assessment-complete",
        "account-given",
        "account-sum",
        "discharge-last",
        "dose-interval",
        "dose-order",
        "dose-quantity",
        "dose-register",
        "dose-units",
        "form-field",
        "observation-time",
        "one-session",
        "oral-daily",
        "proof-fresh",
        "proof-given",
        "role-may",
        "session-accounted",
        "session-stage",
        "witness-authorised",
        "witness-different",
        "witness-may",
        "witness-present",
        "written-now",
    }
    assert rules <= set(tally.refused)


def test_a_rule_that_lets_a_second_dose_through_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_require_interval", lambda *_: None)
    tally = rehearsed(WILD, 2, oracle=NoOracle()).tally
    assert any("session.prepare" in what and "dose-interval" in what for what in tally.broken)


def test_a_broken_invariant_ends_the_rehearsal_and_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "_require_assessment", lambda *_: None)
    monkeypatch.setattr(session, "holds_met", lambda *_: ())
    monkeypatch.setattr(gate, "_require_quantity", lambda *_: None)
    report = rehearsed(WILD, 3)
    assert report.tally.broken


def test_every_step_that_can_be_got_wrong_has_an_attack() -> None:
    assert all(attacks.AT.values())
    names = [attack.__name__ for each in attacks.AT.values() for attack in each]
    assert all(getattr(attacks, name).__doc__ for name in names)


def test_report_adds_up_with_the_journal(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    report = rehearse_clinic(home, SMALL, 1, 10)
    tally = report.tally
    kinds = kinds_of(home, report.site)
    assert (
        sum(kinds.values())
        == report.entries
        == verify_journal(home.connector, report.site, []).size
    )
    assert kinds["session.administered"] == tally.doses
    assert kinds["oral.given"] == tally.by_mouth
    assert kinds["prescription.signed"] == tally.orders
    assert kinds["session.withheld"] == tally.withheld
    assert kinds.get("incident.opened", 0) == tally.overdoses
    assert kinds["register.counted"] == tally.counts + tally.settled
    again = tally.refused["dose-interval"]  # who came back at once, in a session of its own
    assert kinds["session.began"] == tally.sessions + again
    assert tally.checked == tally.commands - tally.attacks
    assert tally.broken == []


def kinds_of(home: Home, site: str) -> dict[str, int]:
    """Count the journal's entries by kind."""
    driver = home.connect()
    try:
        found = [entry.kind for entry in journal.entries(driver, site, 1, 1 << 40)]
    finally:
        driver.close()
    return {kind: found.count(kind) for kind in set(found)}


def test_a_site_that_is_there_already_is_left_as_it_is(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    rehearse_clinic(home, SMALL, 1, 1)
    with pytest.raises(SafelightError) as caught:
        rehearse_clinic(home, SMALL, 1, 1)
    assert caught.value.code == "rehearsal-new-site"


@pytest.mark.parametrize("days", [0, 366])
def test_days_beyond_the_scenario_are_refused(tmp_path: Path, days: int) -> None:
    with pytest.raises(Invalid) as caught:
        rehearse_clinic(Home(tmp_path / "home"), SMALL, 1, days)
    assert caught.value.code == "rehearsal-days"


def test_try_is_made_only_where_it_has_to_be_refused() -> None:
    """After an emergency the time may be over, and then leaving is nothing to be refused."""
    wild = behaving(SMALL, overdoses_per_injection=1.0, ambulance_share=0.0, attack_share=1.0)
    done = rehearse_in_memory(wild, 3, 12, Invariants(), rehearsal_pack())
    assert done.tally.overdoses > 15
    assert done.tally.broken == []
