"""Times of day that late entries give, on the clock of the site."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.kernel.errors import Invalid
from safelight.web.late import SOON, happened_at, latest_at

LONDON = "Europe/London"


def utc(day: int, hour: int, minute: int = 0, month: int = 1) -> datetime:
    return datetime(2025, month, day, hour, minute, tzinfo=UTC)


def test_nothing_given_is_just_now() -> None:
    assert happened_at("", "", utc(13, 12), LONDON) is None


@pytest.mark.parametrize(
    ("typed", "meant"), [("11:59", utc(13, 11, 59)), ("14:01", utc(12, 14, 1))]
)
def test_a_time_is_the_last_one_that_the_clock_showed(typed: str, meant: datetime) -> None:
    assert latest_at(typed, utc(13, 12), LONDON) == meant


def test_after_midnight_the_evening_was_yesterday() -> None:
    assert latest_at("23:50", utc(14, 0, 10), LONDON) == utc(13, 23, 50)


def test_summer_time_is_an_hour_ahead() -> None:
    assert latest_at("12:30", utc(1, 12, month=7), LONDON) == utc(1, 11, 30, month=7)


def test_in_the_repeated_hour_the_later_one_is_meant_once_it_is_past() -> None:
    # On 26 October 2025 the clock goes back from 02:00 to 01:00 at 01:00 UTC.
    assert latest_at("01:30", utc(26, 0, 45, month=10), LONDON) == utc(26, 0, 30, month=10)
    assert latest_at("01:30", utc(26, 1, 45, month=10), LONDON) == utc(26, 1, 30, month=10)


def test_in_the_skipped_hour_yesterdays_time_is_meant() -> None:
    # On 30 March 2025 the clock goes forward from 01:00 to 02:00.
    assert latest_at("01:30", utc(30, 12, month=3), LONDON) == utc(29, 1, 30, month=3)


@pytest.mark.parametrize("typed", ["25:00", "12:60", "noon", "1200000", "-1:00"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        latest_at(typed, utc(13, 12), LONDON)


def test_an_instant_is_taken_as_it_is() -> None:
    assert happened_at("", "2025-01-13T11:00:00Z", utc(13, 12), LONDON) == utc(13, 11)


def test_a_day_with_a_time_is_when_the_clock_of_the_site_showed_it() -> None:
    told = happened_at("", "2025-07-01T11:00", utc(3, 12, month=7), LONDON)
    assert told == utc(1, 10, month=7)


def test_a_day_with_a_time_in_the_repeated_hour_is_the_later_one_once_it_is_past() -> None:
    told = "2025-10-26T01:30"
    assert happened_at("", told, utc(26, 0, 45, month=10), LONDON) == utc(26, 0, 30, month=10)
    assert happened_at("", told, utc(26, 1, 45, month=10), LONDON) == utc(26, 1, 30, month=10)


def test_a_day_with_a_time_that_is_to_come_is_left_for_the_rules_to_refuse() -> None:
    assert happened_at("", "2025-01-20T11:00", utc(13, 12), LONDON) == utc(20, 11)


@pytest.mark.parametrize("typed", ["2025-03-30T01:30", "yesterday", "9999-12-31T23:59:59.999999"])
def test_a_day_with_a_time_that_no_clock_showed_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        happened_at("", typed, utc(13, 12), "Europe/London" if "03" in typed else "America/Lima")


@given(
    st.integers(0, 3 * 366 * 24 * 60),
    st.times(),
    st.sampled_from([LONDON, "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_a_time_is_never_in_the_future_and_never_two_days_old(
    minutes: int, typed: time, zone: str
) -> None:
    now = datetime(2024, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes)
    try:
        found = latest_at(f"{typed:%H:%M}", now, zone)
    except Invalid:
        ahead = latest_at(f"{typed:%H:%M}", now + SOON, zone)
        assert timedelta(0) < ahead - now <= SOON
    else:
        assert timedelta(0) <= now - found <= timedelta(hours=50)


@pytest.mark.parametrize(
    ("typed", "now"),
    [
        pytest.param("12:02", utc(13, 12), id="a watch that is two minutes fast"),
        pytest.param("0001", utc(13, 23, 58), id="over midnight"),
    ],
)
def test_a_time_just_ahead_is_no_time_of_yesterday(typed: str, now: datetime) -> None:
    with pytest.raises(Invalid, match="has not come yet"):
        latest_at(typed, now, LONDON)
