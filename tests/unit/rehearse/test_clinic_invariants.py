"""The oracle of a clinic can fail: a planted fault breaks its invariant, and no other."""

from contextlib import suppress

import pytest

from safelight.kernel.errors import Refused
from safelight.rehearse.clinic import invariants
from safelight.rehearse.clinic.invariants import Broken, Invariants
from safelight.run.domain.clinic.referral import TreatmentReferred
from tests.support.clinic import ANN, BEA, DOC, EVE, HEROIN, MAX, WIM, Clinic
from tests.support.clinic_faults import OF_ORDERS, Fault, Scenario, no_fault, slip
from tests.support.register_faults import OF_REGISTERS
from tests.support.session_faults import OF_SESSIONS

FAULTS = [*OF_ORDERS, *OF_SESSIONS, *OF_REGISTERS]


@pytest.mark.parametrize(
    ("number", "fault", "scenario"),
    FAULTS,
    ids=[f"{number}: {scenario.__name__}" for number, _, scenario in FAULTS],
)
def test_planted_fault_breaks_its_invariant_and_no_other(
    number: int, fault: Fault, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = Clinic()
    fault(monkeypatch)
    with pytest.raises(Broken, match=f"invariant {number}: ") as caught:
        scenario(clinic)
    assert caught.value.invariants == {number}


@pytest.mark.parametrize(
    "scenario",
    [scenario for _, fault, scenario in FAULTS if fault is not no_fault],
    ids=lambda scenario: scenario.__name__,
)
def test_without_the_fault_nothing_breaks(scenario: Scenario) -> None:
    """The rules refuse what the scenario does, or do right what the fault does wrong."""
    with suppress(Refused):
        scenario(Clinic())


def test_every_invariant_has_a_fault_that_breaks_it() -> None:
    assert {number for number, _, __ in FAULTS} == set(range(1, 11))


def test_oracle_forgets_old_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "REMEMBERED", 5)
    clinic = Clinic(oracle=Invariants())
    clinic.dose()
    assert len(clinic.oracle.books.done) == 5


def test_oracle_forgets_sessions_and_orders_that_are_over() -> None:
    clinic = Clinic()
    for _ in range(5):
        clinic.dose()
        clinic.wait(hours=12)
        clinic.order = clinic.sign(supersedes=clinic.order)
    clinic.dose()
    books = clinic.oracle.books
    assert books.sessions == {}
    assert list(books.ordered) == [clinic.order]
    assert len(books.patient("p-1").doses) <= 12


def test_oracle_follows_a_register_to_a_loss_and_a_witness_to_the_end() -> None:
    clinic = Clinic()
    paper = {"valid_from": "2025-01-01", "valid_to": "2025-12-31", "document": "A letter"}
    clinic.do("destruction_witness.authorise", MAX, staff=EVE, **paper)
    destroyed = {"register": HEROIN, "units": 2, "reason": "expired", "method": "other"}
    clinic.do("register.destroy", ANN, EVE, **destroyed)
    (known,) = clinic.oracle.books.witnesses
    clinic.do("destruction_witness.withdraw", MAX, authorisation=known, reason="expired")
    assert clinic.oracle.books.witnesses == {}
    clinic.do("register.count", ANN, BEA, register=HEROIN, units=997)
    found = clinic.register().discrepancy
    clinic.do("discrepancy.report", ANN, discrepancy=found)
    loss = {"discrepancy": found, "resolution": "loss", "units": 997}
    clinic.do("discrepancy.resolve", MAX, BEA, **loss)
    assert clinic.oracle.books.accounts[HEROIN].balance == 99_700


def test_lock_outlasts_a_second_referral() -> None:
    clinic = Clinic("p-1")
    clinic.do("doses.lock", person="p-1", reason="diversion")
    slip(clinic, TreatmentReferred("tr-2", "p-1", "gp"), ANN)
    assert clinic.oracle.books.patient("p-1").locked


def test_what_was_complete_before_anybody_was_treated_stops_nobody() -> None:
    clinic = Clinic()
    clinic.do("treatment.end", DOC, treatment=clinic.treatment(), reason="completed")
    key = clinic.overdose()
    assert clinic.oracle.books.unknown == {key}
    clinic.do("incident.complete", WIM, incident=key, kind="opioid")
    assert clinic.oracle.books.unknown == set()
