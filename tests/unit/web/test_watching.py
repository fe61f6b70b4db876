"""How long a patient is observed, as the screens say it: the time that ends last, known or not."""

from datetime import timedelta
from typing import NamedTuple

import pytest

from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site
from safelight.web.clinic.watching import Watching, watching
from tests.support.clinic import PACK, Clinic, without
from tests.support.sites import protocol


class Seen(NamedTuple):
    """As much of a frame as is looked at."""

    site: Site
    protocol: Protocol


def shown(clinic: Clinic, pack: Protocol = PACK) -> Watching | None:
    """Return what a screen says of the session that is going on."""
    return watching(Seen(clinic.site, pack), clinic.the_session())  # type: ignore[arg-type]


def test_nobody_is_observed_before_the_dose() -> None:
    clinic = Clinic()
    clinic.up_to("prepared")
    assert shown(clinic) is None


@pytest.mark.parametrize(
    ("pack", "minutes", "after_naloxone"),
    [
        pytest.param(PACK, 60, True, id="naloxone ends last"),
        pytest.param(
            protocol(values={"observation_minutes_after_naloxone": 5}),
            20,
            False,
            id="the dose ends last",
        ),
        pytest.param(
            without(PACK, "observation_minutes_after_naloxone"),
            None,
            True,
            id="the pack does not say how long",
        ),
    ],
)
def test_the_time_that_ends_last_is_shown(
    pack: Protocol, minutes: int | None, *, after_naloxone: bool
) -> None:
    clinic = Clinic()
    clinic.up_to("observing")
    clinic.naloxone(clinic.overdose(visit=clinic.the_session().visit))
    found = shown(clinic, pack)
    assert found is not None
    assert (found.minutes, found.after_naloxone) == (minutes, after_naloxone)
    ends = None if minutes is None else found.since + timedelta(minutes=minutes)
    assert found.over == ends
