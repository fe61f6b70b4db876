"""What a site consists of at one moment: people, visits, places, incidents, stock, shift.

All are frozen values; a fact makes new ones. Times are UTC instants.
"""

from typing import Annotated

from safelight.kernel.privacy import (
    Batch,
    Citation,
    Code,
    Count,
    Day,
    Digest,
    Flag,
    Handle,
    HealthCode,
    HealthFlag,
    HealthInstant,
    IncidentId,
    Instant,
    ItemId,
    Label,
    PersonId,
    PlaceId,
    Sealed,
    Seq,
    StaffId,
    Total,
    VisitId,
    measurement,
)
from safelight.run.domain.base import Entity

# Stages of a visit, in the order in which most visits pass through them.
ARRIVED, WAITING, IN_PLACE, AFTERCARE, LEFT = (
    "arrived",
    "waiting",
    "in_place",
    "aftercare",
    "left",
)

# States of a place.
OPEN, OCCUPIED, CLEANING, AIR_CLEARING, CLOSED = (
    "open",
    "occupied",
    "cleaning",
    "air_clearing",
    "closed",
)


class Reading(Entity, frozen=True):
    """One set of bedside observations; whatever was not measured stays empty.

    Units: breaths and beats a minute, per cent, tenths of a degree Celsius, tenths of mmol/L,
    Glasgow coma scale 3 to 15; ``consciousness`` is an AVPU (ACVPU) code.
    """

    breathing_rate: Annotated[int, measurement(0, 80)] | None = None
    spo2: Annotated[int, measurement(0, 100)] | None = None
    consciousness: HealthCode | None = None
    gcs: Annotated[int, measurement(3, 15)] | None = None
    pulse: Annotated[int, measurement(0, 300)] | None = None
    temperature_tenths: Annotated[int, measurement(250, 450)] | None = None
    glucose_tenths: Annotated[int, measurement(0, 600)] | None = None


class Observed(Entity, frozen=True):
    """A reading with its time and the entry that holds it."""

    seq: Seq
    at: HealthInstant
    recorded_at: Instant
    reading: Reading


class Episode(Entity, frozen=True):
    """One supervised use in a place."""

    id: VisitId
    route: HealthCode
    place: PlaceId
    substances: tuple[HealthCode, ...]
    started_at: HealthInstant
    seq: Seq
    body_site: HealthCode | None = None
    ended_at: HealthInstant | None = None


class Visit(Entity, frozen=True):
    """One person's stay from arrival to leaving."""

    id: VisitId
    handle: Handle
    arrived_at: Instant
    seq: Seq
    person: PersonId | None = None
    stop: ItemId | None = None
    stage: Code = ARRIVED
    oriented: Flag = False
    route: HealthCode | None = None
    queued_at: Instant | None = None
    place: PlaceId | None = None
    placed_at: Instant | None = None
    waited_minutes: tuple[Count, ...] = ()
    episodes: tuple[Episode, ...] = ()
    aftercare_at: Instant | None = None
    observations: tuple[Observed, ...] = ()
    release_checks: tuple[HealthCode, ...] = ()
    services: tuple[HealthCode, ...] = ()
    referrals: tuple[HealthCode, ...] = ()
    left_at: Instant | None = None
    outcome: HealthCode | None = None


class Alert(Entity, frozen=True):
    """Something staff must know about a person before they need it."""

    id: ItemId
    kind: HealthCode
    added_at: Instant
    note: Sealed | None = None
    withdrawn_at: Instant | None = None


class Exclusion(Entity, frozen=True):
    """A time during which a person may not come in, with its way out."""

    id: ItemId
    reason: HealthCode
    since: Instant
    ends_at: Instant
    reviewer: StaffId
    appealed_at: Instant | None = None
    reviewed_at: Instant | None = None
    decision: Code | None = None


class Person(Entity, frozen=True):
    """A person as the service knows them: a random id and a word handle, never a name."""

    id: PersonId
    handle: Handle
    first_seen_at: Instant
    sex: HealthCode | None = None
    oriented_at: Instant | None = None
    last_overdose_at: HealthInstant | None = None
    alerts: tuple[Alert, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()


class Place(Entity, frozen=True):
    """A booth, a smoking seat or a chair, and what is going on in it."""

    id: PlaceId
    label: Label
    kind: Code
    routes: tuple[Code, ...]
    since: Instant
    state: Code = OPEN
    visit: VisitId | None = None
    step_free: Flag = False
    closed_for: Code | None = None


class Naloxone(Entity, frozen=True):
    """One dose that was given. Safelight records it and computes none."""

    micrograms: Annotated[int, measurement(1, 20_000)]
    route: HealthCode
    batch: Batch | None = None


class Step(Entity, frozen=True):
    """One line of an incident's timeline."""

    seq: Seq
    at: HealthInstant
    recorded_at: Instant
    staff: StaffId
    what: HealthCode
    reading: Reading | None = None
    naloxone: Naloxone | None = None
    note: Sealed | None = None
    corrected_by: Seq | None = None


class Completion(Entity, frozen=True):
    """What is filled in when the emergency is over."""

    at: Instant
    staff: StaffId
    substances: tuple[HealthCode, ...] = ()
    kind_reason: HealthCode | None = None
    hospital: HealthFlag = False
    police: HealthFlag = False
    naloxone_batches_checked: Flag = False
    note: Sealed | None = None


class Debrief(Entity, frozen=True):
    """A talk of the team afterwards."""

    at: Instant
    staff: tuple[StaffId, ...]
    learning: Code
    note: Sealed | None = None


class Incident(Entity, frozen=True):
    """An overdose or other adverse event: a timeline, an outcome, and its completion."""

    id: IncidentId
    opened_at: HealthInstant
    seq: Seq
    kind: HealthCode
    visit: VisitId | None = None
    person: PersonId | None = None
    place: PlaceId | None = None
    steps: tuple[Step, ...] = ()
    outcome: HealthCode | None = None
    outcome_reason: HealthCode | None = None
    closed_at: HealthInstant | None = None
    completion: Completion | None = None
    debrief: Debrief | None = None
    attributed_to: StaffId | None = None
    about_nobody_here: HealthFlag = False  # a passer-by, a colleague: nobody who is treated here


class StockLine(Entity, frozen=True):
    """How many of one item of one batch the site holds."""

    id: ItemId
    item: Code
    quantity: Total
    batch: Batch | None = None
    expires: Day | None = None
    shortfall: Total = 0


class SharpsBin(Entity, frozen=True):
    """A sharps bin from assembly to collection."""

    id: ItemId
    label: Label
    opened_at: Instant
    place: PlaceId | None = None
    sealed_at: Instant | None = None
    collected_at: Instant | None = None


class Handed(Entity, frozen=True):
    """Equipment that went out or came back in one tap."""

    id: ItemId
    seq: Seq
    at: Instant
    direction: Code
    item: Code
    quantity: Count
    visit: VisitId | None = None
    batch: Batch | None = None
    expires: Day | None = None


class Duty(Entity, frozen=True):
    """A member of staff on duty in one role."""

    staff: StaffId
    duty: Code
    since: Instant


class Check(Entity, frozen=True):
    """One check of equipment or naloxone at the start of or during a shift."""

    at: Instant
    staff: StaffId
    item: Code
    found: Code
    note: Sealed | None = None


class Shift(Entity, frozen=True):
    """The time for which one team answers for the floor."""

    id: ItemId
    opened_at: Instant
    lead: StaffId
    duties: tuple[Duty, ...] = ()
    checks: tuple[Check, ...] = ()
    handover: Sealed | None = None
    closed_at: Instant | None = None


class Stop(Entity, frozen=True):
    """A mobile unit's stay at one stop."""

    id: ItemId
    label: Label
    opened_at: Instant
    closed_at: Instant | None = None


class Authority(Entity, frozen=True):
    """The licence, policy or agreement under which activities here are lawful."""

    id: ItemId
    instrument: Label
    activities: tuple[Code, ...]
    premises: Label
    valid_from: Day
    document: Citation
    valid_to: Day | None = None
    withdrawn_at: Instant | None = None
    example: Flag = False


class Adopted(Entity, frozen=True):
    """The protocol pack in force, by digest, and who approved it."""

    id: ItemId
    pack: ItemId
    version: Label
    digest: Digest
    adopted_at: Instant
    approver: StaffId
    example: Flag = True


class Premises(Entity, frozen=True):
    """What the site is."""

    id: ItemId
    name: Label
    kind: Code
    timezone: Label
    live: Flag = False


class Refusal(Entity, frozen=True):
    """Somebody was not let in, and why."""

    id: VisitId
    at: Instant
    reason: HealthCode
    person: PersonId | None = None
