"""Openings, teams and stops, over midnight and through a change of the clocks."""

from datetime import UTC, date, datetime

from safelight.rehearse.demo import around_the_clock
from safelight.rehearse.scenario import find_scenario
from safelight.rehearse.timetable import Timetable

THISTLE, VAN = find_scenario("thistle-2025"), find_scenario("mobile-unit")


def test_doors_keep_local_time_when_the_clocks_change() -> None:
    table = Timetable(THISTLE)
    assert table.window(date(2025, 3, 29)).opens == datetime(2025, 3, 29, 9, tzinfo=UTC)
    assert table.window(date(2025, 3, 30)).opens == datetime(2025, 3, 30, 8, tzinfo=UTC)


def test_no_window_while_the_doors_are_closed() -> None:
    table = Timetable(THISTLE)
    assert table.at(datetime(2025, 1, 13, 8, 59, tzinfo=UTC)) is None
    assert table.at(datetime(2025, 1, 13, 21, 0, tzinfo=UTC)) is None
    window = table.at(datetime(2025, 1, 13, 20, 59, tzinfo=UTC))
    assert window is not None
    assert window.day == date(2025, 1, 13)


def test_opening_over_midnight_belongs_to_the_day_on_which_it_began() -> None:
    table = Timetable(around_the_clock(VAN))
    window = table.at(datetime(2026, 3, 3, 2, 0, tzinfo=UTC))
    assert window is not None
    assert window.day == date(2026, 3, 2)
    assert window.closes == datetime(2026, 3, 3, 5, 50, tzinfo=UTC)
    assert window.team(datetime(2026, 3, 3, 2, 0, tzinfo=UTC)).name == "night"


def test_next_opening_is_tomorrow_once_todays_has_begun() -> None:
    table = Timetable(THISTLE)
    assert table.following(datetime(2025, 1, 13, 8, 0, tzinfo=UTC)).day == date(2025, 1, 13)
    assert table.following(datetime(2025, 1, 13, 9, 0, tzinfo=UTC)).day == date(2025, 1, 14)


def test_team_changes_during_the_day() -> None:
    window = Timetable(THISTLE).window(date(2025, 1, 13))
    assert window.team(datetime(2025, 1, 13, 14, 59, tzinfo=UTC)).name == "early"
    assert window.team(datetime(2025, 1, 13, 15, 0, tzinfo=UTC)).name == "late"
    before = datetime(2025, 1, 13, 9, 0, tzinfo=UTC)
    assert window.next_change(before) == datetime(2025, 1, 13, 15, 0, tzinfo=UTC)


def test_vehicle_has_a_session_at_each_stop_and_none_on_the_road() -> None:
    window = Timetable(VAN).window(date(2026, 3, 2))
    session = window.session(datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    assert session is not None
    assert session.label == "Harbour car park"
    assert window.session(datetime(2026, 3, 2, 14, 0, tzinfo=UTC)) is None
