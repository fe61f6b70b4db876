"""Opening hours of a nominal week, past midnight and round the clock."""

import math

import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.hours import calendar_windows, parse_hours

H = 60
D = 1440


def test_each_day_has_its_window() -> None:
    hours = parse_hours("Mon-Fri 09:00-21:00; Sat-Sun 10:00-18:00")
    assert hours.windows[0] == (9 * H, 21 * H)
    assert hours.windows[6] == (6 * D + 10 * H, 6 * D + 18 * H)
    assert hours.open_minutes == (5 * 12 + 2 * 8) * H


def test_a_night_belongs_to_the_day_it_begins_on() -> None:
    hours = parse_hours("Sunday 20:00-04:00")
    assert hours.windows == ((6 * D + 20 * H, 7 * D + 4 * H),)
    assert calendar_windows(hours, 0, 7) == [
        (0.0, 4.0 * H, 4.0 * H),
        (6.0 * D + 20 * H, 7.0 * D, 7.0 * D + 4 * H),
    ]


def test_two_windows_of_a_day_and_days_round_the_weekend() -> None:
    hours = parse_hours("Sat-Mon 09:00-12:00, 14:00-18:00")
    assert [opens // D for opens, _ in hours.windows] == [0, 0, 5, 5, 6, 6]


def test_windows_that_touch_are_one() -> None:
    assert parse_hours("Mon 09:00-24:00; Tue 00:00-06:00").windows == ((9 * H, D + 6 * H),)
    assert parse_hours("Sun 18:00-24:00; Mon 00:00-06:00").windows == (
        (6 * D + 18 * H, 7 * D + 6 * H),
    )


@pytest.mark.parametrize("text", ["24 hours", "24/7", "Mon-Sun 00:00-24:00", "Mon-Sun 06:00-06:00"])
def test_round_the_clock_never_closes(text: str) -> None:
    hours = parse_hours(text)
    assert hours.is_always_open
    assert calendar_windows(hours, 3, 10) == [(0.0, 10.0 * D, math.inf)]


def test_a_stretch_may_begin_on_any_weekday() -> None:
    hours = parse_hours("Wed 09:00-10:00")
    assert calendar_windows(hours, 2, 8) == [
        (9.0 * H, 10.0 * H, 10.0 * H),
        (7.0 * D + 9 * H, 7.0 * D + 10 * H, 7.0 * D + 10 * H),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Mon-Fri 09:00-21:00; Fri 20:00-23:00", "overlap on Fri at 20:00"),
        ("Sun 20:00-04:00; Mon 03:00-05:00", "overlap on Mon at 03:00"),
        ("Mon 09:00-18:00, 17:00-19:00", "overlap"),
        ("Mun 09:00-18:00", "no day"),
        ("daily", "no day"),
        ("Mon 9-5", "no opening and closing"),
        ("Mon 09:00-25:00", "past midnight"),
        ("Mon 09:75-10:00", "no opening and closing"),
        ("", "never open"),
    ],
)
def test_hours_that_cannot_be_are_refused(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refusal:
        parse_hours(text)
    assert refusal.value.remedy
