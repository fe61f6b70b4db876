"""How long a controlled-drugs register needs the names of those in it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.run.identity.retention import kept_until, may_erase


@pytest.mark.parametrize(
    ("last", "years", "until"),
    [
        (date(2024, 5, 3), 2, date(2026, 5, 3)),
        (date(2024, 2, 29), 2, date(2026, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2024, 2, 28), 2, date(2026, 2, 28)),
        (date(2024, 12, 31), 1, date(2025, 12, 31)),
        (date(2024, 5, 3), 0, date(2024, 5, 3)),
    ],
)
def test_name_is_kept_whole_years_from_the_newest_entry(
    last: date, years: int, until: date
) -> None:
    assert kept_until(last, years) == until
    assert may_erase(last, until, years)
    assert not may_erase(last, until - timedelta(days=1), years)


def test_somebody_without_an_entry_may_always_be_erased() -> None:
    assert may_erase(None, date(2026, 3, 2), 2)


@given(
    last=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    later=st.integers(0, 4000),
    today=st.dates(date(1990, 1, 1), date(2120, 1, 1)),
    years=st.integers(0, 30),
)
def test_later_entry_never_lets_a_name_go_earlier(
    last: date, later: int, today: date, years: int
) -> None:
    """Nor do more years."""
    assert kept_until(last, years) <= kept_until(last + timedelta(days=later), years)
    assert kept_until(last, years) <= kept_until(last, years + 1)
    if may_erase(last, today, years + 1):
        assert may_erase(last, today, years)
