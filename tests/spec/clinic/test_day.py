"""The clinic day, by example: it turns once a day, whatever clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.clinic.day import clinic_day, clinic_day_of, turn_of
from safelight.run.domain.site import Site
from tests.support.clinic import without
from tests.support.sites import given, protocol, site_with

AUTUMN, SPRING = date(2025, 10, 26), date(2025, 3, 30)
BEFORE = timedelta(microseconds=1)


def at(text: str) -> datetime:
    """Return an instant of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        pytest.param(
            "2025-01-13 00:00", date(2025, 1, 12), id="midnight belongs to the day before"
        ),
        pytest.param("2025-01-13 03:59:59", date(2025, 1, 12), id="a second before the turn"),
        pytest.param("2025-01-13 04:00", date(2025, 1, 13), id="the turn"),
        pytest.param("2025-01-13 23:59", date(2025, 1, 13), id="the late evening"),
        pytest.param("2025-07-13 02:59:59", date(2025, 7, 12), id="in summer by the wall's clock"),
        pytest.param("2025-07-13 03:00", date(2025, 7, 13), id="and an hour earlier by UTC"),
    ],
)
def test_day_turns_at_the_hour_that_the_pack_says(now: str, day: date) -> None:
    assert clinic_day_of(site_with(), at(now), protocol()) == day
    assert clinic_day(site_with(), given(now=at(now))) == day


def test_site_that_is_not_founded_yet_goes_by_utc() -> None:
    assert clinic_day_of(Site("north"), at("2025-07-13 03:59"), protocol()) == date(2025, 7, 12)


def test_pack_that_does_not_say_when_the_day_turns_gives_no_day() -> None:
    pack = without(protocol(), "clinic_day_turn_minutes")
    with pytest.raises(Refused) as caught:
        clinic_day_of(site_with(), at("2025-01-13 12:00"), pack)
    assert caught.value.code == "protocol-value"


@pytest.mark.parametrize(
    ("day", "turn", "instant"),
    [
        pytest.param(AUTUMN, 60, "2025-10-26 00:00", id="as the repeated hour begins"),
        pytest.param(AUTUMN, 90, "2025-10-26 00:30", id="the first of the two"),
        pytest.param(AUTUMN, 120, "2025-10-26 02:00", id="after the repeated hour"),
        pytest.param(AUTUMN, 240, "2025-10-26 04:00", id="later that night"),
        pytest.param(SPRING, 30, "2025-03-30 00:30", id="before the hour left out"),
        pytest.param(SPRING, 90, "2025-03-30 01:30", id="as if the clock had gone on"),
        pytest.param(SPRING, 120, "2025-03-30 01:00", id="as the hour left out ends"),
        pytest.param(SPRING, 240, "2025-03-30 03:00", id="later that morning"),
    ],
)
def test_turn_on_the_nights_when_clocks_change(day: date, turn: int, instant: str) -> None:
    assert turn_of(day, "Europe/London", turn) == at(instant)


@pytest.mark.parametrize("turn", [0, 30, 60, 75, 90, 119, 120, 240])
@pytest.mark.parametrize("changes", [AUTUMN, SPRING])
def test_no_day_begins_twice_or_is_left_out(changes: date, turn: int) -> None:
    pack = protocol(values={"clinic_day_turn_minutes": turn})
    first = datetime.combine(changes, datetime.min.time(), tzinfo=UTC) - timedelta(days=1)
    quarters = [first + timedelta(minutes=15 * number) for number in range(4 * 72)]
    days = [clinic_day_of(site_with(), each, pack) for each in quarters]
    assert days == sorted(days)
    assert {later - earlier for earlier, later in pairwise(days)} <= {
        timedelta(0),
        timedelta(days=1),
    }
    begins = turn_of(changes, "Europe/London", turn)
    assert clinic_day_of(site_with(), begins, pack) == changes
    assert clinic_day_of(site_with(), begins - BEFORE, pack) == changes - timedelta(days=1)
