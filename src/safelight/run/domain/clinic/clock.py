"""Confirming the clock: intervals between doses are only as good as the time they rest on.

Whoever sets the machine's clock forward could bring a dose early. So doses are refused once the
clock was moved, and after the machine was started, until two people have compared it with another.
"""

from datetime import timedelta
from typing import Final

from safelight.kernel.privacy import Instant
from safelight.run.domain.base import (
    FLOOR,
    HANDLING,
    Change,
    Command,
    Fact,
    Given,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.proof import require_now, require_two
from safelight.run.domain.site import Site

TOLERANCE: Final = timedelta(minutes=2)


class ConfirmClock(Command, frozen=True):
    """Say what another clock shows now."""

    other: Instant


class ClockConfirmed(Fact, frozen=True):
    """Two people compared the clock with another, and it was right."""

    other: Instant


def confirm(_: Site, command: ConfirmClock, given: Given) -> list[Fact]:
    """Confirm a clock that two people found right; a wrong one is set right first.

    It is the machine's clock that is compared, and not the journal's time, which may be ahead.
    """
    require_now(given, "The comparison")
    require_two(given, HANDLING)
    shown = given.now - given.behind
    if abs(command.other - shown) > TOLERANCE:
        raise refuse(
            "clock-right",
            f"The other clock shows {command.other:%d %B %H:%M} UTC, this machine "
            f"{shown:%d %B %H:%M} UTC.",
            "Look again; where this machine is wrong, have its clock set right. Until then doses "
            "go on paper.",
            other=command.other,
        )
    return [ClockConfirmed(command.other)]


def on_confirmed(site: Site, _: ClockConfirmed, __: When) -> Site:
    """Nothing at the site changes; the machine relies on its clock again."""
    return site


COMMANDS = {"clock.confirm": Rule(ConfirmClock, confirm, FLOOR)}
FACTS = {"clock.confirmed": Change(ClockConfirmed, on_confirmed)}
