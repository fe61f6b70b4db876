"""Times in what a rule says, as the site's clocks show them."""

from datetime import UTC, datetime

import pytest

from safelight.kernel.errors import Refused
from safelight.run.domain.entities import Person
from safelight.run.domain.site import Site
from safelight.web.local import handles_in, local, told_here

LONDON = "Europe/London"
SUMMER = datetime(2026, 7, 1, 2, 30, tzinfo=UTC)
WINTER = datetime(2026, 1, 1, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "now", "said"),
    [
        ("Wait until 02:45 UTC.", SUMMER, "Wait until 03:45."),
        ("Wait until 02:45 UTC.", WINTER, "Wait until 02:45."),
        ("Since 23:50 UTC.", SUMMER, "Since 00:50."),
        ("It is 01 July 23:30 UTC here.", SUMMER, "It is 2 July 00:30 here."),
        ("On 30 June 2026 23:30 UTC.", SUMMER, "On 1 July 2026 00:30."),
        ("Of 31 December 23:50:07 UTC.", WINTER, "Of 31 December 23:50:07."),
        ("Of 29 February 12:00 UTC.", WINTER, "Of 28 February 12:00."),
        ("No time at 25 o'clock.", SUMMER, "No time at 25 o'clock."),
    ],
)
def test_times_are_the_sites_own(text: str, now: datetime, said: str) -> None:
    assert local(text, LONDON, now) == said


def test_a_date_without_a_year_is_the_nearest() -> None:
    """In January, the 31st of December was yesterday, and its offset is that of winter."""
    assert local("31 July 12:00 UTC", LONDON, WINTER) == "31 July 13:00"
    assert local("1 January 12:00 UTC", LONDON, datetime(2026, 12, 31, 9, tzinfo=UTC)) == (
        "1 January 12:00"
    )


def test_an_error_keeps_its_rule_and_its_values() -> None:
    error = Refused("dose-interval", "Last at 01:00 UTC.", "Wait until 04:00 UTC.", a=1)
    told = told_here(error, LONDON, SUMMER)
    assert told == ("dose-interval", "Last at 02:00.", "Wait until 05:00.", {"a": 1})


def test_people_are_called_as_the_page_calls_them() -> None:
    """Ids are for journals; whom nobody knows here keeps theirs."""
    error = Refused(
        "proof-given", "staff-0a1b2c gave no code; p-7f is locked; so is p-80.", "Ask staff-0a1b2c."
    )
    told = told_here(error, LONDON, SUMMER, {"staff-0a1b2c": "Ada", "p-7f": "calm dolphin"})
    assert told.message == "Ada gave no code; calm dolphin is locked; so is p-80."
    assert told.remedy == "Ask Ada."


def test_handles_are_those_of_the_people_that_an_error_is_about() -> None:
    person = Person(id="p-7f", handle="calm dolphin", first_seen_at=SUMMER)
    site = Site("north").put(person)
    error = Refused("in-treatment", "p-7f is not.", "Refer them.", person="p-7f", other=3)
    assert handles_in(error, site) == {"p-7f": "calm dolphin"}
