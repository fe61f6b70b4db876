"""Counting a month, by example."""

import pytest

from safelight.contracts.statistics import MonthStatistics
from safelight.run.domain.entities import Episode, Handed, Incident, Refusal, Step, Visit
from safelight.run.domain.statistics import combination, month_statistics
from tests.support.floors import incident
from tests.support.sites import ADA, NOW, visit

MONTH = "2025-01"


def episode(key: str, route: str, *substances: str) -> Episode:
    """Return an episode by one route with these substances."""
    return Episode(key, route, "booth-1", substances, NOW, 9)


def line(seq: int, what: str, corrected_by: int | None = None) -> Step:
    """Return one line of a timeline."""
    return Step(seq, NOW, NOW, ADA, what, corrected_by=corrected_by)


def handed(key: str, direction: str, quantity: int) -> Handed:
    """Return equipment that went out or came back."""
    return Handed(key, 9, NOW, direction, "needle_1ml", quantity)


@pytest.mark.parametrize(
    ("substances", "expected"),
    [
        pytest.param(["heroin"], "heroin", id="one"),
        pytest.param(["cocaine", "heroin"], "heroin_and_cocaine", id="two, as published"),
        pytest.param(["heroin", "cocaine"], "heroin_and_cocaine", id="in whatever order"),
    ],
)
def test_combination_is_named_as_published(substances: list[str], expected: str) -> None:
    """What was declared together has one name."""
    assert combination(substances) == expected


def test_month_of_nothing() -> None:
    """A month without anybody is a row of zeros."""
    assert month_statistics(MONTH, [], []) == MonthStatistics(MONTH)


VISITS: dict[str, tuple[list[Visit], MonthStatistics]] = {
    "one person twice, and somebody without a code": (
        [visit("v-1", person="p-1"), visit("v-2", person="p-1"), visit("v-3")],
        MonthStatistics(MONTH, visits=3, people=1),
    ),
    "episodes by route and by what was declared": (
        [
            visit(episodes=(episode("e-1", "injecting", "heroin"),)),
            visit(
                "v-2",
                episodes=(
                    episode("e-2", "injecting", "cocaine", "heroin"),
                    episode("e-3", "smoking", "heroin"),
                ),
            ),
        ],
        MonthStatistics(
            MONTH,
            visits=2,
            episodes={"injecting": 2, "smoking": 1},
            substances={"heroin": 2, "heroin_and_cocaine": 1},
        ),
    ),
    "referrals, all and by where to": (
        [visit(referrals=("housing", "drug_treatment")), visit("v-2", referrals=("housing",))],
        MonthStatistics(
            MONTH, visits=2, referrals=3, referrals_to={"drug_treatment": 1, "housing": 2}
        ),
    ),
    "who left without a service": (
        [visit(outcome="left_without_service"), visit("v-2", outcome="completed")],
        MonthStatistics(MONTH, visits=2, left_without_service=1),
    ),
}


@pytest.mark.parametrize(("visits", "expected"), VISITS.values(), ids=VISITS)
def test_month_counts_visits(visits: list[Visit], expected: MonthStatistics) -> None:
    """A month says how many came, by which routes, with what, and where they were referred."""
    assert month_statistics(MONTH, visits, []) == expected


INCIDENTS: dict[str, tuple[list[Incident], MonthStatistics]] = {
    "medical emergencies, and others": (
        [incident(kind="opioid"), incident("i-2", kind="injury"), incident("i-3", kind="seizure")],
        MonthStatistics(MONTH, medical_emergencies=2),
    ),
    "every dose that stands": (
        [incident(steps=(line(1, "naloxone"), line(2, "naloxone"), line(3, "naloxone", 4)))],
        MonthStatistics(MONTH, medical_emergencies=1, naloxone_given=2),
    ),
    "an ambulance once for each incident": (
        [
            incident(steps=(line(1, "ambulance_called"), line(2, "ambulance_called"))),
            incident("i-2", steps=(line(3, "ambulance_called"),)),
            incident("i-3", steps=(line(4, "ambulance_called", 5),)),
        ],
        MonthStatistics(MONTH, medical_emergencies=3, ambulance_calls=2),
    ),
}


@pytest.mark.parametrize(("incidents", "expected"), INCIDENTS.values(), ids=INCIDENTS)
def test_month_counts_incidents(incidents: list[Incident], expected: MonthStatistics) -> None:
    """A month says how many emergencies there were, and what they needed; corrections count."""
    assert month_statistics(MONTH, [], incidents) == expected


def test_month_counts_the_door_and_the_equipment() -> None:
    """A month says how many were turned away, and how much went out and came back."""
    moved = [handed("g-1", "given", 10), handed("g-2", "given", 5), handed("g-3", "returned", 7)]
    refused = [Refusal("r-1", NOW, "under_age"), Refusal("r-2", NOW, "excluded")]
    assert month_statistics(MONTH, [], [], moved, refused) == MonthStatistics(
        MONTH, refusals=2, equipment_given=15, equipment_returned=7
    )
