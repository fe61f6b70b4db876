"""What a page has to ask of people in its forms: a code of one's own, a second person."""

from datetime import datetime, timedelta
from typing import NamedTuple

from safelight.run.domain.base import HANDLING, Actor
from safelight.run.domain.clinic.proof import PROOF_MINUTES
from safelight.run.domain.protocol import Protocol
from safelight.web.accounts.service import Colleague, colleagues_of


class Asking(NamedTuple):
    """Somebody at a screen, as the forms of a page need to know them.

    It only spares people a field; what holds is decided when the tap arrives.
    """

    staff: Actor
    now: datetime
    minutes: int | None  # for which a second factor holds, where the pack says so

    @property
    def until(self) -> datetime | None:
        """Until when the second factor given last holds, or None if it does not any more."""
        given = self.staff.proved_at
        if given is None or self.minutes is None:
            return None
        ends = given + timedelta(minutes=self.minutes)
        return ends if given <= self.now <= ends else None

    @property
    def needed(self) -> bool:
        """Whether a form that wants proof has to ask for a code."""
        return self.until is None

    @property
    def colleagues(self) -> list[Colleague]:
        """Everybody else who may handle drugs, and so may be the second person for a dose.

        Read from the accounts only when a page lists them.
        """
        return [each for each in colleagues_of(self.staff.staff) if each.role in HANDLING]


def asking(staff: Actor, protocol: Protocol, now: datetime) -> Asking:
    """Return what the forms of a page need to know about whoever looks at it."""
    return Asking(staff, now, protocol.optional(PROOF_MINUTES))
