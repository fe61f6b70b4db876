"""Doses under supervision: a patient's recent doses and locks, and sessions.

Quantities are whole micrograms. Times here are times of writing, which never go backwards: no
interval between doses rests on a time that somebody told.
"""

from typing import Annotated

from safelight.kernel.privacy import (
    Code,
    Count,
    DoseMicrograms,
    HealthCode,
    HealthDay,
    HealthFlag,
    HealthInstant,
    ItemId,
    PersonId,
    Seq,
    StaffId,
    VisitId,
    measurement,
)
from safelight.run.domain.base import Entity

# Stages of a session, in the order in which most pass through them.
HERE, IDENTIFIED, ASSESSED, PREPARED, OBSERVING, LEFT, ENDED = (
    "here",
    "identified",
    "assessed",
    "prepared",
    "observing",
    "left",  # without what was prepared being accounted for
    "ended",
)


class Bedside(Entity, frozen=True):
    """An assessment before or after a dose; whatever was not measured stays empty.

    Units: breaths a minute, per cent, tenths of a kilopascal of carbon dioxide at the end of a
    breath, micrograms of alcohol in 100 ml of breath. ``signs`` are signs of intoxication; they
    count as looked for only with ``looked_for_signs``.
    """

    sedation: HealthCode | None = None
    breathing_rate: Annotated[int, measurement(0, 80)] | None = None
    spo2: Annotated[int, measurement(0, 100)] | None = None
    etco2_tenths: Annotated[int, measurement(0, 200)] | None = None
    breath_alcohol: Annotated[int, measurement(0, 500)] | None = None
    looked_for_signs: HealthFlag = False
    signs: tuple[HealthCode, ...] = ()


class Assessed(Entity, frozen=True):
    """A bedside assessment with its time, and the criteria of the pack that it met."""

    seq: Seq
    at: HealthInstant
    staff: StaffId
    bedside: Bedside
    holds: tuple[HealthCode, ...] = ()


class Dose(Entity, frozen=True):
    """One dose that was given."""

    at: HealthInstant
    day: HealthDay  # the clinic day
    drug: HealthCode
    quantity: DoseMicrograms
    session: VisitId


class Patient(Entity, frozen=True):
    """What decides whether somebody may have a dose now, besides the order."""

    id: PersonId
    doses: tuple[Dose, ...] = ()  # those that a limit can still ask about
    last_dose_at: HealthInstant | None = None
    sessions: Count = 0  # a day, by the order of the last dose
    started_at: HealthInstant | None = None  # the first dose since the start or a restart
    locked_at: HealthInstant | None = None
    locked_for: tuple[HealthCode, ...] = ()  # everything since the last review
    naloxone_at: HealthInstant | None = None  # the last time that they were given any
    reviewed_at: HealthInstant | None = None
    session: VisitId | None = None  # the one that is going on
    attended_on: HealthDay | None = None  # the clinic day of the last session
    attended: Count = 0  # sessions begun on that day
    oral_on: HealthDay | None = None  # the clinic day of the last dose by mouth
    oral: DoseMicrograms = 0  # given by mouth on that day


class Session(Entity, frozen=True):
    """One attendance for a supervised dose, from arrival to leaving."""

    id: VisitId
    person: PersonId
    visit: VisitId
    day: HealthDay  # the clinic day of its arrival
    arrived_at: HealthInstant
    seq: Seq
    stage: Code = HERE
    missed: Count = 0  # sessions without a dose since the last one, as counted on arrival
    identified_by: HealthCode | None = None
    assessment: Assessed | None = None
    hold_lifted_at: HealthInstant | None = None
    hold_lifted_by: StaffId | None = None
    limit: DoseMicrograms | None = None  # to which a prescriber reduced this dose
    limited: ItemId | None = None  # the order whose dose was reduced
    order: ItemId | None = None
    register: ItemId | None = None
    planned: DoseMicrograms = 0  # the dose for which it was prepared
    prepared: DoseMicrograms = 0
    prepared_at: HealthInstant | None = None
    prepared_by: StaffId | None = None
    checked_by: StaffId | None = None
    administered_at: HealthInstant | None = None  # observation begins here
    administered: DoseMicrograms = 0  # all that was planned, until it is accounted for
    administered_by: HealthCode | None = None  # the patient or a clinician
    body_site: HealthCode | None = None
    wasted: DoseMicrograms = 0
    returned: DoseMicrograms = 0
    accounted_at: HealthInstant | None = None
    observations: tuple[Assessed, ...] = ()
    ended_at: HealthInstant | None = None
    outcome: HealthCode | None = None

    @property
    def owes(self) -> bool:
        """Tell whether something was prepared that nobody has accounted for yet."""
        return self.prepared > 0 and self.accounted_at is None
