"""What a clinic holds besides its people: licences to prescribe, and orders.

Quantities are whole micrograms, which are exact; screens and prints show milligrams.
"""

from safelight.kernel.privacy import (
    Citation,
    Code,
    Count,
    Day,
    DoseMicrograms,
    HealthCode,
    HealthInstant,
    Instant,
    ItemId,
    Label,
    Micrograms,
    PersonId,
    StaffId,
)
from safelight.run.domain.base import Entity


class Licence(Entity, frozen=True):
    """One doctor's licence to prescribe one drug for addiction at these premises."""

    id: ItemId
    prescriber: StaffId
    drug: Code
    premises: Label
    valid_from: Day
    document: Citation
    valid_to: Day | None = None
    withdrawn_at: Instant | None = None


class Prescription(Entity, frozen=True):
    """One signed order; a newer one supersedes it, nobody edits it."""

    id: ItemId
    person: PersonId
    prescriber: StaffId
    licence: ItemId
    drug: HealthCode
    form: HealthCode
    strength: Micrograms  # in one unit of the form: an ampoule, a tablet, a millilitre
    route: HealthCode
    dose: DoseMicrograms  # at most, in one session
    sessions: Count  # at most, in one clinic day
    daily: DoseMicrograms  # at most, in one clinic day
    total: DoseMicrograms
    valid_from: Day
    valid_to: Day
    signed_at: HealthInstant
    oral_drug: HealthCode | None = None
    oral: DoseMicrograms = 0  # by mouth, a day
    given: DoseMicrograms = 0  # of the total
    superseded_by: ItemId | None = None
    stopped_at: HealthInstant | None = None
    stopped_for: HealthCode | None = None

    @property
    def stands(self) -> bool:
        """Tell whether it was neither superseded nor stopped; its dates are another matter."""
        return self.superseded_by is None and self.stopped_at is None
