"""Gains and patterns of visits."""

import pytest

from safelight.plan.timetable.problem import Stop, spaced

STOP = Stop("A", "Quay", 100.0, 0.4, (60, 120), (1, 2, 3))


def test_each_visit_reaches_its_share_of_those_whom_the_others_missed() -> None:
    assert [STOP.gain(k, 60) for k in (1, 2, 3)] == pytest.approx([40.0, 64.0, 78.4])


def test_opening_twice_as_long_counts_as_two_visits() -> None:
    assert STOP.gain(1, 120) == pytest.approx(STOP.gain(2, 60))


def test_given_gains_replace_the_formula() -> None:
    assert STOP._replace(gains={1: 7.0, 2: 9.0}).gain(2, 60) == 9.0


def test_visits_two_days_apart_on_weekdays() -> None:
    weekdays = (0, 1, 2, 3, 4)
    assert spaced(weekdays, 3, 2) == [(0, 2, 4)]
    assert spaced(weekdays, 2, 2) == [(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)]
    assert spaced(weekdays, 1, 7) == [(0,), (1,), (2,), (3,), (4,)]


def test_sunday_is_next_to_monday() -> None:
    assert spaced((0, 3, 6), 2, 2) == [(0, 3), (3, 6)]
