"""The limits of a dose, by example: quantities, intervals and sessions."""

from datetime import UTC, datetime, timedelta

import pytest

from safelight.run.domain.clinic.session import DoseReduced
from tests.support.clinic import (
    AMPOULE,
    ANN,
    BEA,
    DAY,
    DILAUDID,
    DOC,
    HOUR,
    MINUTE,
    Clinic,
)
from tests.support.sites import NOW, TODAY, protocol

# Quantities


@pytest.mark.hazard("H07")
@pytest.mark.parametrize("dose", [0, 1, 199_999, 200_001, 400_000])
def test_dose_is_what_was_ordered_no_more_and_no_less(dose: int) -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    fields = clinic.preparation(dose=dose)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-quantity"


@pytest.mark.hazard("H12")
def test_nobody_but_a_prescriber_gives_less_than_was_ordered() -> None:
    clinic = Clinic()
    clinic.up_to("assessed")
    less = clinic.preparation(dose=AMPOULE, units=1)
    assert clinic.refused("session.prepare", ANN, BEA, **less) == "dose-quantity"
    reduced = {"order": clinic.order, "dose": AMPOULE, "reason": "other"}
    (fact,) = clinic.do("session.reduce", DOC, session=clinic.session, **reduced)
    assert isinstance(fact, DoseReduced)
    whole = clinic.preparation()
    assert clinic.refused("session.prepare", ANN, BEA, **whole) == "dose-quantity"
    clinic.do("session.prepare", ANN, BEA, **less)


@pytest.mark.hazard("H12")
def test_reduction_is_not_walked_around_by_another_order() -> None:
    """The other drug's ordinary dose may be below the limit, and is no reduction of anything."""
    clinic = Clinic()
    other = {"drug": "hydromorphone", "strength": 10_000, "dose": 40_000}
    second = clinic.sign(route="intramuscular", **other)
    clinic.up_to("assessed")
    reduced = {"order": clinic.order, "dose": 100_000, "reason": "intoxicated"}
    clinic.do("session.reduce", DOC, session=clinic.session, **reduced)
    fields = clinic.preparation(order=second, register=DILAUDID, dose=40_000, units=4)
    refused = clinic.refusal("session.prepare", ANN, BEA, **fields)
    assert refused.code == "dose-reduced-other"
    assert refused.values["reduced"] == clinic.order


@pytest.mark.hazard("H07")
def test_order_gives_no_more_than_its_total() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, total=500_000)
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=12)
    assert clinic.the_order().given == 400_000
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["left"]) == ("dose-total", 100_000)


def test_order_gives_all_of_its_total() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, total=400_000)
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=12)
    assert clinic.the_order().given == clinic.the_order().total
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["left"]) == ("dose-total", 0)


@pytest.mark.hazard("H07")
def test_what_was_not_given_is_left_of_the_total() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, total=400_000)
    clinic.up_to("observing")
    clinic.account(50_000, wasted=150_000)
    assert clinic.the_order().given == 50_000
    assert clinic.patient().doses[-1].quantity == 50_000


@pytest.mark.hazard("H07")
def test_day_has_no_more_than_was_ordered_for_it() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=3, daily=500_000)
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["had"], refused.values["most"]) == (
        "dose-daily",
        400_000,
        500_000,
    )
    assert refused.message.startswith("In the clinic day 2025-01-13 400 mg were given; 200 more")
    assert refused.remedy.startswith("At most 100 mg are left")
    reduced = {"order": clinic.order, "dose": 100_000, "reason": "other"}
    clinic.do("session.reduce", DOC, session=clinic.session, **reduced)
    clinic.prepare(dose=100_000, units=1)


@pytest.mark.hazard("H07")
def test_day_has_no_more_than_the_pack_allows_whatever_was_ordered() -> None:
    clinic = Clinic()
    clinic.pack = protocol(values={"diamorphine_daily_maximum_mg": 300})
    clinic.dose()
    clinic.wait(hours=4)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["most"]) == ("dose-daily", 300_000)


@pytest.mark.hazard("H07")
def test_newer_order_brings_no_second_ration_of_the_day() -> None:
    clinic = Clinic()
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=1)
    clinic.dose()
    clinic.wait(hours=4)
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=3, dose=300_000, daily=400_000)
    clinic.up_to("assessed")
    fields = clinic.preparation(dose=300_000, units=3)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-daily"


@pytest.mark.hazard("H07")
def test_two_routes_of_one_drug_share_the_day() -> None:
    clinic = Clinic()
    first, second = clinic.order, clinic.sign(route="intramuscular", sessions=3, daily=400_000)
    clinic.dose()
    clinic.wait(hours=4)
    clinic.order = second
    clinic.dose()
    clinic.wait(hours=4)
    clinic.up_to("assessed")
    fields = clinic.preparation(order=second)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-daily"
    fields = clinic.preparation(order=first)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-sessions"


# Intervals and sessions


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(("minutes", "rule"), [(179, "dose-interval"), (180, None)])
def test_interval_runs_from_injection_to_injection(minutes: int, rule: str | None) -> None:
    clinic = Clinic()
    clinic.dose()
    last = clinic.patient().last_dose_at
    assert last is not None
    clinic.now = last + timedelta(minutes=minutes - 4)
    clinic.up_to("assessed")
    clinic.wait(minutes=2)
    fields = clinic.preparation()
    assert clinic.now == last + timedelta(minutes=minutes)
    if rule is None:
        clinic.prepare()
        return
    refused = clinic.refusal("session.prepare", ANN, BEA, **fields)
    assert refused.code == rule
    assert refused.values["earliest"] == last + 3 * HOUR
    assert "12:04 UTC" in refused.remedy


@pytest.mark.hazard("H08")
def test_interval_holds_for_another_drug_too() -> None:
    clinic = Clinic()
    other = {"drug": "hydromorphone", "strength": 10_000, "dose": 40_000}
    second = clinic.sign(**other)
    clinic.dose()
    clinic.wait(hours=1)
    clinic.up_to("assessed")
    fields = clinic.preparation(order=second, register=DILAUDID, dose=40_000, units=4)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-interval"
    clinic.wait(hours=2)
    clinic.assess()
    clinic.do("session.prepare", ANN, BEA, **fields)


@pytest.mark.hazard("H08")
@pytest.mark.parametrize(
    "night",
    [
        pytest.param(datetime(2025, 10, 26, 0, 20, tzinfo=UTC), id="the hour that autumn repeats"),
        pytest.param(
            datetime(2025, 3, 30, 0, 20, tzinfo=UTC), id="the hour that spring leaves out"
        ),
        pytest.param(datetime(2025, 1, 13, 23, 20, tzinfo=UTC), id="midnight"),
        pytest.param(datetime(2025, 1, 14, 3, 20, tzinfo=UTC), id="the day's turn"),
    ],
)
def test_interval_is_as_long_over_a_change_of_the_clock(night: datetime) -> None:
    clinic = Clinic(now=night, pack=protocol(values={"dose_interval_minutes": 90}))
    clinic.dose()
    last = clinic.patient().last_dose_at
    assert last is not None
    clinic.now = last + timedelta(minutes=86)
    clinic.up_to("assessed")
    fields = clinic.preparation()
    clinic.now = last + timedelta(minutes=90) - timedelta(microseconds=1)
    assert clinic.refused("session.prepare", ANN, BEA, **fields) == "dose-interval"
    clinic.now = last + timedelta(minutes=90)
    clinic.do("session.prepare", ANN, BEA, **fields)


@pytest.mark.hazard("H09")
def test_sessions_of_the_order_and_the_pack_bound_a_day() -> None:
    clinic = Clinic()
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["doses"], refused.values["most"]) == (
        "dose-sessions",
        2,
        2,
    )


@pytest.mark.hazard("H09")
def test_pack_bounds_the_sessions_whatever_was_ordered() -> None:
    clinic = Clinic()
    clinic.pack = protocol(values={"sessions_per_day": 1})
    clinic.dose()
    clinic.wait(hours=4)
    clinic.up_to("assessed")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-sessions"
    clinic.wait(hours=17)
    clinic.assess()
    clinic.prepare()


@pytest.mark.hazard("H09")
def test_turn_of_the_day_brings_no_second_ration_at_once() -> None:
    """Two doses before the turn, and another two after it, would be four in a night."""
    clinic = Clinic(now=datetime(2025, 1, 13, 20, 0, tzinfo=UTC))
    clinic.dose()
    clinic.wait(hours=3)
    clinic.dose()
    clinic.wait(hours=5)
    assert clinic.now > datetime(2025, 1, 14, 4, 0, tzinfo=UTC)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert refused.code == "dose-window"
    assert "14 January 12:04 UTC" in refused.remedy
    clinic.now = datetime(2025, 1, 14, 12, 3, 59, tzinfo=UTC)
    clinic.assess()
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-window"
    clinic.now = datetime(2025, 1, 14, 12, 4, tzinfo=UTC)
    clinic.prepare()


@pytest.mark.hazard("H09")
def test_newer_order_for_more_brings_no_more_at_once_after_the_turn() -> None:
    clinic = Clinic(now=datetime(2025, 1, 13, 20, 0, tzinfo=UTC))
    clinic.dose()
    clinic.wait(hours=8)
    clinic.order = clinic.sign(
        supersedes=clinic.order, dose=300_000, sessions=3, daily=400_000, valid_from=TODAY + DAY
    )
    clinic.up_to("assessed")
    refused = clinic.refusal(
        "session.prepare", ANN, BEA, **clinic.preparation(dose=300_000, units=3)
    )
    assert (refused.code, refused.values["had"]) == ("dose-window-quantity", 200_000)
    assert refused.message.startswith("In the last 16 hours 200 mg were given; 300 more")


@pytest.mark.hazard("H09")
def test_lowered_daily_maximum_holds_across_the_turn() -> None:
    """The pack's maximum may fall after an order was signed for more."""
    clinic = Clinic(now=datetime(2025, 1, 13, 20, 0, tzinfo=UTC))
    clinic.pack = protocol(values={"diamorphine_daily_maximum_mg": 300})
    clinic.dose()
    clinic.wait(hours=8)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["most"]) == ("dose-window-quantity", 300_000)


@pytest.mark.hazard("H09")
def test_wait_is_told_by_the_dose_that_has_to_lie_back() -> None:
    """After more doses than are allowed now, the first to lie back is not enough."""
    clinic = Clinic()
    clinic.dose()
    clinic.wait(hours=4)
    clinic.dose()
    clinic.pack = protocol(values={"sessions_per_day": 1, "dose_window_hours": 48})
    last = clinic.patient().last_dose_at
    assert last is not None
    clinic.wait(hours=20)
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert (refused.code, refused.values["doses"]) == ("dose-window", 2)
    assert f"{last + 48 * HOUR:%d %B %H:%M} UTC" in refused.remedy


@pytest.mark.parametrize(("hours", "rule"), [(96, None), (97, "dose-window-kept")])
def test_window_is_no_longer_than_doses_are_kept(hours: int, rule: str | None) -> None:
    clinic = Clinic(pack=protocol(values={"dose_window_hours": hours}))
    clinic.up_to("assessed")
    if rule is None:
        clinic.prepare()
    else:
        assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == rule


def test_pack_that_looks_back_too_far_says_how_far_it_may() -> None:
    clinic = Clinic(pack=protocol(values={"dose_window_hours": 97}))
    clinic.up_to("assessed")
    refused = clinic.refusal("session.prepare", ANN, BEA, **clinic.preparation())
    assert refused.remedy == "Set dose_window_hours to 96 or less."
    assert refused.values == {"hours": 97}


@pytest.mark.hazard("H09")
def test_dose_of_four_days_ago_is_still_known() -> None:
    clinic = Clinic(pack=protocol(values={"dose_window_hours": 96, "missed_sessions_review": 99}))
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.now = NOW + 4 * DAY - HOUR
    clinic.up_to("assessed")
    assert clinic.refused("session.prepare", ANN, BEA, **clinic.preparation()) == "dose-window"
    clinic.now = NOW + 4 * DAY + 5 * MINUTE
    clinic.assess()
    clinic.prepare()
    clinic.inject()
    assert len(clinic.patient().doses) == 2
