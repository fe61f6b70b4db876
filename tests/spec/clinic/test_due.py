"""What is due in a treatment, by example."""

from datetime import date, timedelta

import pytest

from safelight.run.domain.base import Fact
from safelight.run.domain.clinic.care import CarePlanned, ReviewRecorded
from safelight.run.domain.clinic.consent import ConsentGiven
from safelight.run.domain.clinic.contact import ContactPlanned, ContactRecorded
from safelight.run.domain.clinic.due import Due, coming, due, months_after, treatments
from safelight.run.domain.clinic.leaving import TreatmentEnded
from safelight.run.domain.clinic.outcome import OutcomeRecorded
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import ACCEPTED, DECLINED, REFERRED, Answers, Treatment
from tests.support.sites import NOW, TODAY, after, protocol
from tests.support.treatments import (
    ASSESSED,
    KEY,
    NOTE,
    TURNED_DOWN,
    clinic,
    in_treatment,
    the_treatment,
)

DAY = timedelta(days=1)
WEEK = 7 * DAY
SILENT = protocol()
CONSENTED = ConsentGiven(KEY, "treatment")
PLANNED = CarePlanned(KEY, NOTE)
CARED_FOR = (CONSENTED, PLANNED)
LONDON = "Europe/London"


def waits(site: Site, pack: Protocol = SILENT, today: date = TODAY) -> list[Due]:
    """Return everything that the treatment of a site waits for."""
    return coming(the_treatment(site), today, pack, LONDON)


def meeting(days: int, key: str = "contact-1") -> ContactPlanned:
    """Return the fact that a contact was planned for so many days ahead."""
    return ContactPlanned(KEY, key, "counselling", NOW + days * DAY, "s-ben")


def says(**values: int) -> Protocol:
    """Return a pack with these numbers."""
    return protocol(values=values)


def test_referral_waits_for_an_assessment_and_then_for_a_decision() -> None:
    assert waits(clinic()) == [Due(TODAY, "assessment")]
    assert waits(clinic(ASSESSED)) == [Due(TODAY, "decision")]


def test_treatment_waits_for_consent_and_a_care_plan() -> None:
    assert waits(in_treatment()) == [
        Due(TODAY, "care_plan"),
        Due(TODAY, "consent", "treatment"),
    ]
    assert waits(in_treatment(*CARED_FOR)) == []


@pytest.mark.parametrize("last", [TURNED_DOWN, TreatmentEnded(KEY, "completed")])
def test_nothing_is_due_of_what_is_declined_or_over(last: Fact) -> None:
    site = clinic(ASSESSED, last) if last == TURNED_DOWN else in_treatment(last)
    gone = (
        the_treatment(site) if last == TURNED_DOWN else the_treatment(after(in_treatment(), last))
    )
    assert coming(gone, TODAY, SILENT, LONDON) == []


def test_care_plan_and_reviews_say_their_own_next_day() -> None:
    site = in_treatment(
        CONSENTED,
        CarePlanned(KEY, NOTE, TODAY + WEEK),
        ReviewRecorded(KEY, "multidisciplinary", "continue", TODAY + 2 * WEEK),
        ReviewRecorded(KEY, "prescriber", "continue", TODAY + 3 * WEEK),
        ReviewRecorded(KEY, "prescriber", "continue"),
    )
    assert waits(site) == [
        Due(TODAY + WEEK, "care_plan_review"),
        Due(TODAY + 2 * WEEK, "review", "multidisciplinary"),
    ]


@pytest.mark.parametrize(
    ("next_on", "falls"),
    [
        pytest.param(None, date(2027, 1, 13), id="two years after the last"),
        pytest.param(date(2026, 1, 13), date(2026, 1, 13), id="earlier where it was agreed"),
        pytest.param(date(2028, 1, 13), date(2027, 1, 13), id="never later than the pack says"),
    ],
)
def test_second_opinion_falls_due(next_on: date | None, falls: date) -> None:
    opinion = ReviewRecorded(KEY, "second_opinion", "continue", next_on)
    site = in_treatment(*CARED_FOR, opinion)
    assert waits(site, says(second_opinion_months=24)) == [Due(falls, "review", "second_opinion")]


def test_first_second_opinion_falls_due_after_the_acceptance() -> None:
    found = waits(in_treatment(*CARED_FOR), says(second_opinion_months=24))
    assert found == [Due(date(2027, 1, 13), "review", "second_opinion")]


def test_contact_is_due_on_its_day_until_somebody_says_what_became_of_it() -> None:
    site = in_treatment(*CARED_FOR, meeting(3))
    assert waits(site) == [Due(TODAY + 3 * DAY, "contact", "counselling")]
    assert waits(after(site, ContactRecorded(KEY, "contact-1", "missed"))) == []


@pytest.mark.parametrize(
    ("parts", "day", "falls"),
    [
        pytest.param([], TODAY, TODAY, id="from the first day"),
        pytest.param([meeting(3)], TODAY, None, id="not while a contact is planned"),
        pytest.param([meeting(3)], TODAY + 3 * DAY, None, id="nor on its day"),
        pytest.param([meeting(3)], TODAY + 4 * DAY, TODAY, id="again once it has passed"),
        pytest.param(
            [meeting(3), ContactRecorded(KEY, "contact-1", "attended")],
            TODAY + 4 * DAY,
            TODAY + 3 * DAY,
            id="from the last one attended",
        ),
        pytest.param([], date(2025, 7, 12), TODAY, id="to the last day of six months"),
        pytest.param([], date(2025, 7, 13), None, id="and not beyond"),
    ],
)
def test_psychosocial_contact_has_to_be_planned_for_so_many_months(
    parts: list[Fact], day: date, falls: date | None
) -> None:
    site = in_treatment(*CARED_FOR, *parts)
    found = waits(site, says(psychosocial_months=6), day)
    assert [each.on for each in found if each.what == "psychosocial"] == ([falls] if falls else [])


def test_measures_are_due_at_the_start_and_so_many_months_after_the_last() -> None:
    pack = says(outcome_months=3)
    assert waits(in_treatment(*CARED_FOR), pack) == [Due(TODAY, "measures")]
    asked = OutcomeRecorded(KEY, date(2024, 11, 30), "start", Answers(opiate_days=28))
    site = in_treatment(*CARED_FOR, asked)
    assert waits(site, pack) == [Due(date(2025, 2, 28), "measures")]


def test_due_is_what_falls_today_or_fell_before() -> None:
    site = in_treatment(CONSENTED, CarePlanned(KEY, NOTE, TODAY), meeting(3))
    found = due(the_treatment(site), TODAY, SILENT, LONDON)
    assert found == [Due(TODAY, "care_plan_review")]
    assert (found[0].overdue(TODAY), found[0].overdue(TODAY + DAY)) == (False, True)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2025, 1, 31), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2025, 12, 1), 1, date(2026, 1, 1)),
        (date(2025, 1, 13), 11, date(2025, 12, 13)),
        (date(2025, 1, 13), 0, date(2025, 1, 13)),
    ],
)
def test_months_are_those_of_the_calendar(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later


def test_treatments_are_listed_by_stage_with_what_is_due() -> None:
    other = Treatment(id="tr-2", person="p-2", referred_at=NOW, source="gp", seq=80)
    site = in_treatment(CONSENTED, other)
    groups = treatments(site, TODAY, SILENT)
    assert list(groups) == [REFERRED, ACCEPTED, DECLINED]
    assert [(row.treatment.id, row.due) for row in groups[ACCEPTED]] == [
        (KEY, [Due(TODAY, "care_plan")])
    ]
    assert [row.treatment.id for row in groups[REFERRED]] == ["tr-2"]
    assert groups[DECLINED] == []


def test_treatment_that_a_command_recalled_is_not_listed() -> None:
    gone = after(in_treatment(), TreatmentEnded(KEY, "completed"))
    recalled = gone.recalled(the_treatment(gone))
    assert treatments(recalled, TODAY, SILENT) == {REFERRED: [], ACCEPTED: [], DECLINED: []}


def test_day_is_that_of_the_place() -> None:
    """Just before midnight in universal time it is the next day in summer in London."""
    planned = ContactPlanned(KEY, "c-1", "group", NOW.replace(month=7, hour=23, minute=30), "s-ben")
    site = in_treatment(*CARED_FOR, planned)
    treatment = the_treatment(site)
    assert coming(treatment, TODAY, SILENT, LONDON)[0].on == date(2025, 7, 14)
    assert coming(treatment, TODAY, SILENT, "UTC")[0].on == date(2025, 7, 13)
