"""The week in minutes, as people write it."""

import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.timetable.clock import merged, moment, parse_clock, parse_days, parse_spans


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Fri", (0, 1, 2, 3, 4)),
        ("Sat, mon", (0, 5)),
        ("Fri-Mon", (0, 4, 5, 6)),
        ("Wednesday", (2,)),
    ],
)
def test_days_are_read(text: str, days: tuple[int, ...]) -> None:
    assert parse_days(text) == days


@pytest.mark.parametrize("text", ["Mo", "Mon-", "Mon-Xyz", "1"])
def test_what_is_no_day_is_refused(text: str) -> None:
    if text == "Mon-":
        assert parse_days(text) == (0,)
    else:
        with pytest.raises(Invalid, match="cannot be read as days"):
            parse_days(text)


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("09:30", 570), ("24:00", 1440)])
def test_times_are_read(text: str, minute: int) -> None:
    assert parse_clock(text) == minute


@pytest.mark.parametrize("text", ["9:30", "24:01", "12:60", "noon"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="cannot be read as time"):
        parse_clock(text)


def test_hours_go_on_past_midnight() -> None:
    assert parse_spans("Sun 22:00-02:00; Mon,Tue 09:00-10:00") == (
        (540, 600),
        (1980, 2040),
        (6 * 1440 + 1320, 7 * 1440 + 120),
    )


def test_hours_without_days_are_every_day() -> None:
    assert len(parse_spans("09:00-10:00")) == 7


def test_hours_without_an_end_are_refused() -> None:
    with pytest.raises(Invalid, match="cannot be read as hours"):
        parse_spans("Mon 09:00")


def test_spans_that_touch_are_one_also_over_the_end_of_the_week() -> None:
    whole = merged(((1200, 1440), (1440, 1700)))
    assert (1200, 1700) in whole
    night = merged(((9900, 10_080), (0, 120)))
    assert (9900, 10_200) in night
    assert merged(()) == ((-10_080, 20_160),)


def test_moment_names_day_and_time_in_the_next_week_too() -> None:
    assert [moment(0), moment(3 * 1440 + 605), moment(10_090)] == [
        "Mon 00:00",
        "Thu 10:05",
        "Mon 00:10",
    ]
