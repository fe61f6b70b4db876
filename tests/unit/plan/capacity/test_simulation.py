"""Whole simulated years: what adds up, what repeats, what is refused."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.distributions import constant, exponential, gamma
from safelight.plan.capacity.hours import parse_hours
from safelight.plan.capacity.service import Route, Service, calendar_of
from safelight.plan.capacity.simulation import Capacity, Crowd, estimated, simulate
from safelight.plan.capacity.tally import minutes_by_hour

SERVICE = Service(
    hours=parse_hours("Mon-Sat 10:00-20:00; Fri 22:00-03:00"),
    visits_per_day=60.0,
    routes=(
        Route("injecting", 0.5, "booth", gamma(25, 3), (0.9, 0.1)),
        Route("smoking", 0.3, "smoking_seat", gamma(20, 3)),
        Route("other", 0.2, "none", constant(0)),
    ),
    booth_cleaning=constant(5),
    seat_clearing=constant(10),
    aftercare=exponential(15),
    patience=exponential(40),
    longest_queue=3,
    leaves_share=0.5,
    last_entry_minutes=20,
    people_per_worker=3,
)
PLAN = Capacity(booths=3, seats=2, staff=2, chairs=3)


def test_the_same_seed_gives_the_same_figures() -> None:
    one, other = (simulate(SERVICE, PLAN, seed=4, years=2) for _ in range(2))
    pd.testing.assert_frame_equal(one.replications, other.replications, check_exact=True)
    pd.testing.assert_frame_equal(one.hours, other.hours, check_exact=True)


def test_more_years_begin_with_the_same_years() -> None:
    few, many = (simulate(SERVICE, PLAN, seed=4, years=years) for years in (2, 3))
    pd.testing.assert_frame_equal(few.replications, many.replications.iloc[:2], check_exact=True)


def test_another_seed_gives_other_people() -> None:
    one, other = (simulate(SERVICE, PLAN, seed=seed, years=1) for seed in (4, 5))
    assert one.replications["mean_wait"].iloc[0] != other.replications["mean_wait"].iloc[0]


def test_every_plan_is_tried_on_the_same_people() -> None:
    visits = [
        simulate(SERVICE, replace(PLAN, booths=booths), seed=4, years=2).replications["visits"]
        for booths in (2, 9)
    ]
    assert visits[0].tolist() == visits[1].tolist()


def test_everybody_is_served_or_lost_in_every_table() -> None:
    found = simulate(SERVICE, PLAN, seed=4, years=2)
    for table in (found.replications, found.hours, found.month_days):
        parts = table["served"] + table["balked"] + table["reneged"] + table["turned_away"]
        assert np.allclose(parts, table["visits"])
        assert (table[["served", "balked", "reneged", "turned_away"]].sum() > 0).all()


def test_tables_by_hour_and_day_add_up_to_the_year() -> None:
    found = simulate(SERVICE, PLAN, seed=4, years=2, days=364)
    whole = found.replications["visits"].mean()
    assert found.hours["visits"].sum() * 52 == pytest.approx(whole)
    assert found.hours["in_booths"].sum() * 52 * 60 == pytest.approx(
        found.replications["booth_use"].mean() * 3 * found_open_minutes(364), rel=1e-3
    )


def found_open_minutes(days: int) -> float:
    return SERVICE.hours.open_minutes * days / 7


def test_nobody_arrives_while_it_is_closed() -> None:
    hours = simulate(SERVICE, PLAN, seed=4, years=1).hours["visits"]
    assert hours.loc["sun"].sum() == 0
    assert hours.loc["mon"][:10].sum() == 0
    assert hours.loc["sat"][:3].sum() > 0  # Friday's night goes on
    assert hours.loc["fri"][22:].sum() > 0


def test_a_pay_day_is_busier_and_waits_are_longer() -> None:
    peaks = replace(SERVICE, month_day_weights={15: 3.0})
    days = simulate(peaks, PLAN, seed=4, years=3).month_days
    others = days.drop(15)
    assert days["visits"].loc[15] == pytest.approx(3 * others["visits"].mean(), rel=0.15)
    assert days["mean_wait"].loc[15] > others["mean_wait"].max()
    assert days["within_target"].loc[15] < others["within_target"].min()


def test_an_interval_holds_the_mean_and_one_year_has_none() -> None:
    estimate = estimated(np.array([1.0, 2.0, 3.0]))
    assert estimate.mean == 2.0
    assert estimate.high - 2.0 == pytest.approx(4.302653 * 1 / 3**0.5, rel=1e-6)  # t, 2 degrees
    assert np.isnan(estimated(np.array([1.0])).low)


def test_minutes_are_shared_out_to_the_hours_they_lie_in() -> None:
    found = minutes_by_hour(np.array([30.0, 59.0]), np.array([150.0, 61.0]), 4)
    assert found.tolist() == [31.0, 61.0, 30.0, 0.0]


def test_somebody_may_still_be_inside_after_the_last_day() -> None:
    assert minutes_by_hour(np.array([110.0]), np.array([400.0]), 2).tolist() == [0.0, 10.0]


def test_last_person_is_out_after_closing() -> None:
    service = Service(
        hours=parse_hours("Mon-Sun 09:00-10:00"),
        visits_per_day=200.0,
        routes=(Route("injecting", 1.0, "booth", constant(30)),),
        aftercare=constant(10),
    )
    found = simulate(service, Capacity(200), seed=1, years=1).replications.iloc[0]
    assert 38 < found["past_closing"] < 40
    assert found["most_past_closing"] <= 40
    assert found["past_closing"] <= found["most_past_closing"]


BAD_SERVICES = {
    "a negative rate": {"visits_per_day": -1.0},
    "shares that do not sum to 1": {"routes": (Route("a", 0.9, "booth", constant(5)),)},
    "a negative share": {
        "routes": (
            Route("a", 1.5, "booth", constant(5)),
            Route("b", -0.5, "none", constant(5)),
        )
    },
    "episodes that do not sum to 1": {"routes": (Route("a", 1.0, "booth", constant(5), (0.5,)),)},
    "no routes": {"routes": ()},
    "an unknown place": {"routes": (Route("a", 1.0, "sofa", constant(5)),)},
    "a share of leavers above 1": {"leaves_share": 1.2},
    "nobody to a worker": {"people_per_worker": 0.0},
    "23 hours": {"hour_weights": (1.0,) * 23},
    "a negative weight": {"weekday_weights": (1.0,) * 6 + (-1.0,)},
    "the 32nd": {"month_day_weights": {32: 2.0}},
    "an endless last entry": {"last_entry_minutes": float("inf")},
}


@pytest.mark.parametrize("changes", BAD_SERVICES.values(), ids=list(BAD_SERVICES))
def test_a_service_that_cannot_be_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refusal:
        replace(SERVICE, **changes)  # type: ignore[arg-type]  # any field may change
    assert refusal.value.code in {"capacity-service", "capacity-shares"}
    assert refusal.value.remedy


BAD_PLANS = {
    "no booths": Capacity(0, 2),
    "no seats": Capacity(2, 0),
    "negative booths": Capacity(-1, 2),
    "no chairs": Capacity(2, 2, chairs=0),
    "no staff": Capacity(2, 2, staff=0),
}


@pytest.mark.parametrize("plan", BAD_PLANS.values(), ids=list(BAD_PLANS))
def test_a_plan_without_a_place_for_somebody_is_refused(plan: Capacity) -> None:
    with pytest.raises(Invalid) as refusal:
        simulate(SERVICE, plan, seed=1, years=1)
    assert refusal.value.code in {"capacity-places", "capacity-staff"}
    assert refusal.value.remedy


@pytest.mark.parametrize("given", [{"seed": -1}, {"years": 0}, {"days": 0}])
def test_a_simulation_that_cannot_be_is_refused(given: dict[str, int]) -> None:
    with pytest.raises(Invalid, match=next(iter(given))):
        Crowd(SERVICE, **{"seed": 1, "years": 1, **given})  # type: ignore[arg-type]


def test_hours_without_any_weight_are_refused() -> None:
    asleep = replace(
        SERVICE, hour_weights=(1.0,) * 3 + (0.0,) * 21, hours=parse_hours("Mon 10:00-11:00")
    )
    with pytest.raises(Invalid, match="weight of 0"):
        calendar_of(asleep, date(2024, 1, 1), 7)
