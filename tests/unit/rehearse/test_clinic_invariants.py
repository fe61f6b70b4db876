"""The oracle of a clinic can fail: a planted fault breaks its invariant, and no other."""

from contextlib import suppress

import pytest

from safelight.kernel.errors import Refused
from safelight.rehearse.clinic import invariants
from safelight.rehearse.clinic.invariants import Broken, Invariants
from tests.support.clinic import Clinic
from tests.support.clinic_faults import OF_DOSES, Fault, Scenario, no_fault
from tests.support.register_faults import OF_REGISTERS

FAULTS = [*OF_DOSES, *OF_REGISTERS]


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
