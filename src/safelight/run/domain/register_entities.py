"""Controlled drugs as a site holds them: registers with their lines, and what belongs to them.

Quantities are whole micrograms, which are exact; screens and prints show milligrams and units.
"""

from safelight.kernel.privacy import (
    Batch,
    Citation,
    Code,
    Count,
    Day,
    HealthCode,
    Instant,
    ItemId,
    Label,
    Micrograms,
    MicrogramsMoved,
    PersonId,
    Sealed,
    Seq,
    StaffId,
    Total,
    VisitId,
)
from safelight.run.domain.base import Entity

# What a line of a register is about.
OPENING, RECEIVED, SUPPLIED, WASTED, DESTROYED, COUNTED, CORRECTED = (
    "opening",
    "received",
    "supplied",
    "wasted",
    "destroyed",
    "counted",
    "corrected",
)


class Register(Entity, frozen=True):
    """The controlled-drugs register of one drug, form and strength at these premises.

    The terms of the balance are kept apart, so that the sum can be checked at any time.
    """

    id: ItemId
    drug: Code
    form: Code
    strength: Micrograms  # in one unit of the form
    opened_at: Instant
    opening: Micrograms = 0
    received: Micrograms = 0
    supplied: Micrograms = 0
    wasted: Micrograms = 0
    destroyed: Micrograms = 0
    prepared: Micrograms = 0  # out of the cabinet, and neither given, wasted nor put back yet
    lines: Count = 0
    counted_at: Instant | None = None
    handlers: tuple[StaffId, ...] = ()  # everybody who ever had a hand in it
    discrepancy: ItemId | None = None  # the one that is open

    @property
    def balance(self) -> int:
        """Return what the premises hold, in micrograms: in the cabinet and prepared."""
        came = self.opening + self.received
        return came - self.supplied - self.wasted - self.destroyed

    @property
    def cabinet(self) -> int:
        """Return what should lie in the cabinet, in micrograms."""
        return self.balance - self.prepared


class Line(Entity, frozen=True):
    """One line of a register. It is never changed, but a later footnote may be tied to it."""

    id: ItemId
    register: ItemId
    number: Seq
    seq: Seq  # of the journal's entry
    kind: Code
    at: Instant  # when it took place
    recorded_at: Instant
    staff: StaffId
    change: MicrogramsMoved = 0  # what the balance rose or fell by
    balance: Micrograms = 0
    witness: StaffId | None = None
    units: Count | None = None
    batch: Batch | None = None
    expires: Day | None = None
    supplier: Label | None = None
    address: Citation | None = None
    document: Citation | None = None  # an invoice, a requisition, an authority
    person: PersonId | None = None
    prescriber: StaffId | None = None
    session: VisitId | None = None
    reason: Code | None = None
    counted: Micrograms | None = None
    refers_to: Seq | None = None  # the number of the line that a footnote corrects
    corrected_by: Seq | None = None
    corrects: Code | None = None  # of a footnote: which kind of line, so which term, it adjusts
    was: Micrograms | None = None  # of a footnote: what the line said
    now: Micrograms | None = None  # of a footnote: what it should say
    requisition: ItemId | None = None
    method: Code | None = None  # of destruction
    note: Sealed | None = None

    @property
    def stated(self) -> int:
        """Return the quantity that the line or footnote states, in micrograms, without a sign."""
        return abs(self.change) if self.now is None else self.now


class Requisition(Entity, frozen=True):
    """An order to a supplier, signed by somebody who may."""

    id: ItemId
    register: ItemId
    supplier: Label
    address: Citation
    purpose: Citation
    units: Count
    signed_at: Instant
    signed_by: StaffId
    profession: Code
    received: Total = 0  # units; a footnote may take it beyond what was ordered
    closed_at: Instant | None = None
    closed_for: Code | None = None  # nothing where all of it came

    @property
    def left(self) -> int:
        """Return how many units are still to come."""
        return max(0, self.units - self.received)


class PatientReturn(Entity, frozen=True):
    """Controlled drugs that a patient brought back: never stock, in a record of its own."""

    id: ItemId
    drug: HealthCode
    form: HealthCode
    strength: Micrograms
    units: Count
    returned_at: Instant
    staff: StaffId
    person: PersonId | None = None
    destroyed_at: Instant | None = None
    destroyed_by: StaffId | None = None
    witness: StaffId | None = None
    method: Code | None = None


class Discrepancy(Entity, frozen=True):
    """A count that differs from the book: open until it is explained, and reported."""

    id: ItemId
    register: ItemId
    found_at: Instant
    staff: StaffId
    witness: StaffId | None
    expected: Micrograms
    counted: Micrograms
    reported_at: Instant | None = None
    reported_by: StaffId | None = None
    resolved_at: Instant | None = None
    resolved_by: StaffId | None = None
    resolution: Code | None = None
    lost: Micrograms = 0  # of it that was written off
    note: Sealed | None = None


class Concern(Entity, frozen=True):
    """A concern about controlled drugs, reported to the accountable officer."""

    id: ItemId
    kind: Code
    raised_at: Instant
    staff: StaffId
    register: ItemId | None = None
    note: Sealed | None = None
    acknowledged_at: Instant | None = None
    acknowledged_by: StaffId | None = None


class DestructionWitness(Entity, frozen=True):
    """Somebody who is authorised to witness the destruction of stock, for a time."""

    id: ItemId
    staff: StaffId
    valid_from: Day
    valid_to: Day
    document: Citation
    withdrawn_at: Instant | None = None
