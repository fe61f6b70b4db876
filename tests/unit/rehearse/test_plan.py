"""Plans: published months come out exactly, chance is unbiased, and days do not depend on days."""

from collections import Counter
from datetime import date, timedelta
from math import sqrt
from statistics import mean

import pytest

from safelight.rehearse.dice import Dice
from safelight.rehearse.people import FEMALE, People, people_by
from safelight.rehearse.plan import Intent, Plan, apportion
from safelight.rehearse.scenario import find_scenario
from safelight.rehearse.timetable import Timetable

THISTLE, VAN = find_scenario("thistle-2025"), find_scenario("mobile-unit")
TWO_SIDED_999 = 3.29  # standard errors


def month_of(plan: Plan, month: str) -> list[Intent]:
    days = (THISTLE.period.first + timedelta(days=n) for n in range(THISTLE.days))
    return [intent for day in days if f"{day:%Y-%m}" == month for intent in plan.day(day)]


@pytest.mark.parametrize("month", ["2025-01", "2025-04", "2025-08"])
def test_month_has_the_published_visits_episodes_and_substances(month: str) -> None:
    published = THISTLE.month(month)
    assert published is not None
    intents = month_of(Plan(THISTLE, 7), month)
    uses = [use for intent in intents for use in intent.uses]
    assert (len(intents), len(uses)) == (published.visits, published.injecting_episodes)
    counts = Counter(use.substances for use in uses)
    assert 100 * counts["cocaine",] / len(uses) == pytest.approx(published.pct_cocaine, abs=0.5)
    assert 100 * counts["heroin",] / len(uses) == pytest.approx(published.pct_heroin, abs=0.5)


def test_emergencies_are_unbiased_over_twenty_seeds() -> None:
    numbers = [Plan(THISTLE, seed).emergencies() for seed in range(1, 21)]
    assert abs(mean(numbers) - 56) < TWO_SIDED_999 * sqrt(56 / len(numbers))


def test_month_without_published_emergencies_has_none() -> None:
    minor = THISTLE.behaviour.minor_kinds.weights
    for seed in range(5):
        intents = month_of(Plan(THISTLE, seed), "2025-01")
        assert [i for i in intents if i.incident is not None and i.incident not in minor] == []


def test_emergencies_follow_uses() -> None:
    plan = Plan(THISTLE, 3)
    planned = [i for month in ("2025-03", "2025-04") for i in month_of(plan, month)]
    assert all(intent.uses for intent in planned if intent.incident is not None)


def test_day_does_not_depend_on_the_days_asked_before() -> None:
    day = date(2025, 5, 17)
    fresh, used = Plan(THISTLE, 1), Plan(THISTLE, 1)
    used.emergencies()
    assert fresh.day(day) == used.day(day)


@pytest.mark.parametrize("scenario", [THISTLE, VAN], ids=["thistle", "van"])
def test_everybody_comes_while_the_doors_are_open_and_in_order(scenario: object) -> None:
    assert scenario in (THISTLE, VAN)
    chosen = THISTLE if scenario is THISTLE else VAN
    plan, table = Plan(chosen, 1), Timetable(chosen)
    for number in range(30):
        day = chosen.period.first + timedelta(days=number)
        times = [intent.at for intent in plan.day(day)]
        assert times == sorted(times)
        assert all(table.window(day).session(at) is not None for at in times)


def test_other_seed_plans_another_day() -> None:
    day = date(2025, 2, 3)
    assert Plan(THISTLE, 1).day(day) != Plan(THISTLE, 2).day(day)


def test_apportion_reaches_the_total() -> None:
    assert apportion(10, {("a",): 1.0, ("b",): 1.0, ("c",): 1.0}) == {
        ("a",): 4,
        ("b",): 3,
        ("c",): 3,
    }


def test_people_reach_the_published_numbers() -> None:
    first, anchors = THISTLE.period.first, THISTLE.people.anchors
    assert people_by(first, anchors, date(2025, 3, 2)) == 143
    assert people_by(first, anchors, date(2025, 8, 31)) == 418
    days = [first + timedelta(days=n) for n in range(THISTLE.days)]
    numbers = [people_by(first, anchors, day) or 0 for day in days]
    assert numbers == sorted(numbers)
    assert people_by(VAN.period.first, VAN.people.anchors, VAN.period.first) is None


def test_sexes_come_out_as_published() -> None:
    people, dice, sexes = People(THISTLE, 1), Dice("sexes"), Counter[str]()
    for number in range(418):
        sexes[people.sex_of_next(dice)] += 1
        people.meet(f"p-{number}")
    assert sexes == {FEMALE: 85, "male": 333}


def test_some_come_far_more_often_than_most() -> None:
    often = sorted(Dice(1, f"p-{n}").pareto(1.2, 60) for n in range(400))
    assert sum(often[-40:]) > 0.3 * sum(often)
