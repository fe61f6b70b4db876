"""The fewest places and staff: those found meet the target, and one fewer of anything does not."""

from dataclasses import replace

import pandas as pd
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.distributions import constant, gamma
from safelight.plan.capacity.hours import parse_hours
from safelight.plan.capacity.recommend import Recommendation, Target, ranked, recommend
from safelight.plan.capacity.service import Route, Service
from safelight.plan.capacity.simulation import Capacity, simulate

SERVICE = Service(
    hours=parse_hours("Mon-Sun 09:00-21:00"),
    visits_per_day=60.0,
    routes=(
        Route("injecting", 0.5, "booth", gamma(30, 4)),
        Route("smoking", 0.3, "smoking_seat", gamma(30, 4)),
        Route("other", 0.2, "none", constant(0)),
    ),
    booth_cleaning=constant(5),
    seat_clearing=constant(10),
    people_per_worker=2,
)
TARGET = Target(10, 0.95)


@pytest.fixture(scope="module")
def found() -> Recommendation:
    return recommend(SERVICE, TARGET, seed=1, years=4)


def share(plan: Capacity) -> float:
    """Return the share in time at the worse kind of place, its lower end."""
    simulated = simulate(SERVICE, plan, seed=1, years=4, target_minutes=10)
    names = ("within_target_booths", "within_target_seats")
    return min(simulated.estimate(name).low for name in names)


def test_the_best_plan_meets_the_target(found: Recommendation) -> None:
    assert share(found.best) >= TARGET.share


def test_nothing_can_be_left_out_of_the_best_plan(found: Recommendation) -> None:
    best = found.best
    assert best.staff is not None
    for fewer in (
        replace(best, booths=best.booths - 1),
        replace(best, seats=best.seats - 1),
        replace(best, staff=best.staff - 1),
    ):
        assert share(fewer) < TARGET.share


def test_all_plans_are_told_with_the_figures_of_a_simulation(found: Recommendation) -> None:
    row = found.options.iloc[-1]
    plan = Capacity(int(row["booths"]), int(row["seats"]), int(row["staff"]))
    assert share(plan) == pytest.approx(row["within_low"])
    assert len(found.options) > 5
    assert not found.options["meets"].all()
    assert found.options["meets"].tolist() == sorted(found.options["meets"], reverse=True)


def test_the_same_seed_gives_the_same_table(found: Recommendation) -> None:
    again = recommend(SERVICE, TARGET, seed=1, years=4)
    pd.testing.assert_frame_equal(found.options, again.options, check_exact=True)


def test_more_visitors_never_need_less(found: Recommendation) -> None:
    more = recommend(replace(SERVICE, visits_per_day=120.0), TARGET, seed=1, years=4)
    assert more.best.booths > found.best.booths
    assert more.best.seats > found.best.seats


def test_a_service_without_smoking_needs_no_seats() -> None:
    routes = (Route("injecting", 1.0, "booth", gamma(30, 4)),)
    only = recommend(replace(SERVICE, routes=routes, visits_per_day=20.0), TARGET, seed=1, years=3)
    assert only.options["seats"].unique().tolist() == [0]
    assert list(only.screened) == ["booths"]


def test_the_work_done_is_told_up_to_all_of_it() -> None:
    told: list[int] = []
    recommend(replace(SERVICE, visits_per_day=10.0), TARGET, seed=1, years=2, told=told.append)
    assert told[-1] == 100
    assert told == sorted(told)


def test_rank_prefers_fewer_staff_then_fewer_places_and_marks_the_needless() -> None:
    table = pd.DataFrame(
        [(4, 1, 2, True), (3, 1, 3, True), (3, 1, 2, False), (3, 2, 2, True), (4, 2, 3, True)],
        columns=["booths", "seats", "staff", "meets"],
    ).assign(within_target=0.97)
    best = ranked(table)
    rows = best[["booths", "seats", "staff"]].to_numpy().tolist()
    assert rows == [[4, 1, 2], [3, 2, 2], [3, 1, 3], [4, 2, 3], [3, 1, 2]]
    assert best["needless"].tolist() == [False, False, False, True, False]


@pytest.mark.parametrize(
    "wrong", [(10, 1.0), (10, 1.5), (10, 0.0), (-1, 0.95), (float("inf"), 0.9)]
)
def test_a_target_that_is_none_is_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(Invalid, match="no target"):
        Target(*wrong)


def test_one_year_gives_no_confidence() -> None:
    with pytest.raises(Invalid, match="no confidence"):
        recommend(SERVICE, TARGET, seed=1, years=1)


def test_more_places_than_a_site_can_have_are_refused() -> None:
    crowded = replace(SERVICE, visits_per_day=20_000.0)
    with pytest.raises(Invalid, match="Not even 200 booths"):
        recommend(crowded, TARGET, seed=1, years=2, days=2)


def test_no_best_plan_where_none_meets_the_target(found: Recommendation) -> None:
    none = replace(found, options=found.options.assign(meets=False))
    with pytest.raises(Invalid, match="No plan"):
        _ = none.best
