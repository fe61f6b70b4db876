"""Instants as texts, days and months where the site stands."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from safelight.kernel.clock import (
    format_instant,
    local_day,
    local_month,
    minutes_between,
    parse_instant,
)

NOON = datetime(2025, 1, 13, 12, 0, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())  # noqa: DTZ001 - Hypothesis adds the zone
ZONES = st.sampled_from(["UTC", "Europe/London", "Asia/Kathmandu", "America/St_Johns"])


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        pytest.param(NOON, "2025-01-13T12:00:00.000000Z", id="on the hour"),
        pytest.param(
            NOON.replace(microsecond=7), "2025-01-13T12:00:00.000007Z", id="with microseconds"
        ),
        pytest.param(
            NOON.astimezone(timezone(timedelta(hours=5, minutes=45))),
            "2025-01-13T12:00:00.000000Z",
            id="from another zone",
        ),
    ],
)
def test_instant_is_written_as_in_journals(instant: datetime, text: str) -> None:
    """An instant has one spelling, in UTC, with microseconds."""
    assert format_instant(instant) == text


@given(INSTANTS)
def test_instant_survives_its_text(instant: datetime) -> None:
    """What is written is read back as the same instant."""
    # In UTC, because Python finds an instant in a skipped or repeated hour unequal to itself.
    assert parse_instant(format_instant(instant)) == instant.astimezone(UTC)
    assert parse_instant(format_instant(instant)).tzinfo is UTC


@given(INSTANTS, INSTANTS)
def test_texts_sort_as_instants_do(one: datetime, other: datetime) -> None:
    """A database may compare the texts instead of the instants."""
    assert (format_instant(one) < format_instant(other)) == (
        one.astimezone(UTC) < other.astimezone(UTC)
    )


def test_instant_is_read_with_its_zone() -> None:
    """A text with another zone means the same instant; one without is refused."""
    assert parse_instant("2025-01-13T17:45:00+05:45") == NOON
    with pytest.raises(ValueError, match="has no time zone"):
        parse_instant("2025-01-13T12:00:00")
    with pytest.raises(ValueError, match="nonsense"):
        parse_instant("nonsense")


@pytest.mark.parametrize(
    ("instant", "zone", "day", "month"),
    [
        pytest.param(NOON, "Europe/London", date(2025, 1, 13), "2025-01", id="in winter"),
        pytest.param(
            datetime(2025, 6, 30, 23, 30, tzinfo=UTC),
            "Europe/London",
            date(2025, 7, 1),
            "2025-07",
            id="past midnight in summer",
        ),
        pytest.param(
            datetime(2025, 1, 1, 3, 0, tzinfo=UTC),
            "America/St_Johns",
            date(2024, 12, 31),
            "2024-12",
            id="still last year",
        ),
        pytest.param(
            datetime(2025, 1, 31, 18, 15, tzinfo=UTC),
            "Asia/Kathmandu",
            date(2025, 2, 1),
            "2025-02",
            id="a zone of quarter hours",
        ),
    ],
)
def test_day_and_month_are_those_of_the_site(
    instant: datetime, zone: str, day: date, month: str
) -> None:
    """A day ends at midnight where the site stands."""
    assert (local_day(instant, zone), local_month(instant, zone)) == (day, month)


@given(INSTANTS, ZONES)
@example(datetime(2025, 1, 31, 18, 14, 59, 999_999, tzinfo=UTC), "Asia/Kathmandu")
def test_month_is_the_month_of_the_day(instant: datetime, zone: str) -> None:
    """Month and day never contradict each other."""
    assert local_month(instant, zone) == f"{local_day(instant, zone):%Y-%m}"


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [(0, 0), (59, 0), (60, 1), (61, 1), (3600, 60), (-1, 0), (-3600, 0)],
)
def test_minutes_between_are_whole_and_never_negative(seconds: int, minutes: int) -> None:
    """A wait is counted in whole minutes, and a clock set back makes it nothing."""
    assert minutes_between(NOON, NOON + timedelta(seconds=seconds)) == minutes
