"""Profiles: what was measured counts, what was not is named, and nothing is assumed in silence."""

import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.profile import Profile, parse_profile, service_of
from safelight.plan.parameters import shipped_parameters

PACK = shipped_parameters("planning-capacity")
MEASURED = """
hours = "Mon-Fri 10:00-18:00"
visits_per_day = 40
longest_queue = 4
leaves_share = 0.5
last_entry_minutes = 30
people_per_worker = 4
minimum_staff = 2
booth_cleaning = { distribution = "constant", minutes = 4 }
seat_clearing = { distribution = "exponential", mean = 8 }
aftercare = { distribution = "empirical", values = [5, 10, 30] }
patience = { distribution = "exponential", mean = 20 }
weekday_weights = { fri = 1.5 }
month_day_weights = { 28 = 2 }

[[routes]]
name = "injecting"
share = 0.7
place = "booth"
minutes = { distribution = "lognormal", median = 13, spread = 0.45 }
episodes = [0.9, 0.1]

[[routes]]
name = "smoking"
share = 0.2
place = "smoking_seat"
minutes = { distribution = "gamma", mean = 20, shape = 3 }

[[routes]]
name = "other"
share = 0.1
place = "none"
"""


def test_what_is_measured_is_used_and_nothing_else() -> None:
    service, used = service_of(parse_profile(MEASURED), PACK)
    assert not used
    assert service.visits_per_day == 40
    assert [route.place for route in service.routes] == ["booth", "smoking_seat", "none"]
    assert service.routes[0].minutes.kind == "lognormal"
    assert list(service.routes[0].episodes) == [0.9, 0.1]
    assert list(service.aftercare.values) == [5, 10, 30]
    assert list(service.weekday_weights) == [1, 1, 1, 1, 1.5, 1, 1]
    assert dict(service.month_day_weights) == {28: 2}


def test_what_is_not_measured_is_named_with_its_source() -> None:
    service, used = service_of(Profile(visits_per_day=31.1), PACK)
    names = {each.name: each.is_assumed for each in used}
    assert names == {
        "arrivals": True,
        "patience": True,
        "hours": False,
        "injecting_share": False,
        "smoking_share": False,
        "further_episode_share": False,
        "injecting_minutes": True,
        "minutes_shape": True,
        "booth_cleaning_minutes": True,
        "aftercare_minutes": True,
        "people_per_worker": True,
        "minimum_staff": True,
    }
    assert [route.name for route in service.routes] == ["injecting", "other"]


def test_every_duration_of_the_pack_says_that_it_is_assumed() -> None:
    """None was verified, so none may pass for a finding."""
    durations = [name for name in PACK.values if name.endswith("_minutes")]
    assert len(durations) == 6
    assert all(PACK[name].citation.startswith("Assumption:") for name in durations)


def test_smoking_brings_its_own_assumptions() -> None:
    _, used = service_of(Profile(visits_per_day=30, smoking_share=0.2), PACK)
    assert {"smoking_minutes", "seat_clearing_minutes"} <= {each.name for each in used}


def test_there_is_no_default_volume() -> None:
    with pytest.raises(Invalid, match="no default"):
        service_of(Profile(), PACK)


@pytest.mark.parametrize(
    "text",
    [
        "visits_per_day = 'many'",
        "visitors = 3",
        "visits_per_day = ",
        "[[routes]]\nname = 'a'\nshare = 1",
    ],
)
def test_a_profile_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        parse_profile(text)


@pytest.mark.parametrize(
    "line",
    [
        "patience = { mean = 20 }",
        "patience = { distribution = 'weibull', mean = 20 }",
        "patience = { distribution = 'gamma', mean = 20 }",
        "patience = { distribution = 'gamma', mean = 20, shape = 2, spread = 1 }",
        "patience = { distribution = 'exponential', mean = 'long' }",
        "patience = { distribution = 'empirical', values = 3 }",
        "patience = { distribution = 'empirical', values = ['a'] }",
        "patience = { distribution = 'exponential', mean = -2 }",
        "weekday_weights = { friday = 2 }",
        "month_day_weights = { last = 2 }",
        "injecting_share = 0.8\nsmoking_share = 0.4",
    ],
)
def test_a_value_that_cannot_be_is_refused(line: str) -> None:
    with pytest.raises(Invalid) as refusal:
        service_of(parse_profile(f"visits_per_day = 30\n{line}"), PACK)
    assert refusal.value.remedy
