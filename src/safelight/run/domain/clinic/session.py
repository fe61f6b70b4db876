"""A session up to the dose: arrival, identity, assessment, holds, withholding and reducing."""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import (
    Count,
    DoseMicrograms,
    HealthCode,
    HealthDay,
    ItemId,
    PersonId,
    Seq,
    VisitId,
)
from safelight.run.domain.authority import TREATMENT, require_authority
from safelight.run.domain.base import (
    CLINICAL,
    FLOOR,
    PRESCRIBING,
    Change,
    Command,
    Fact,
    Given,
    Role,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.day import clinic_day
from safelight.run.domain.clinic.patient import (
    missed_by,
    order_of,
    patient_of,
    require_in_treatment,
)
from safelight.run.domain.clinic.proof import require_now, require_proof
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.dosing_entities import (
    ASSESSED,
    ENDED,
    HERE,
    IDENTIFIED,
    LEFT,
    PREPARED,
    Assessed,
    Bedside,
    Session,
)
from safelight.run.domain.protocol import Hold, Protocol
from safelight.run.domain.shift import require_shift
from safelight.run.domain.site import Site
from safelight.run.domain.visit import VisitArrived, require_welcome

WITHHELD: Final = "withheld"
SIGNS: Final = "signs"


class BeginSession(Command, frozen=True):
    """A patient is here for a supervised dose."""

    person: PersonId


class SessionBegan(Fact, frozen=True):
    """A session began."""

    session: VisitId
    person: PersonId
    visit: VisitId
    day: HealthDay
    missed: Count


class Identify(Command, frozen=True):
    """Somebody made sure who the patient is."""

    session: VisitId
    by: HealthCode


class Identified(Fact, frozen=True):
    """It is certain who the patient is."""

    session: VisitId
    by: HealthCode


class Assess(Command, frozen=True):
    """Assess the patient before a dose."""

    session: VisitId
    bedside: Bedside


class SessionAssessed(Fact, frozen=True):
    """The patient was assessed before a dose."""

    session: VisitId
    bedside: Bedside
    holds: tuple[HealthCode, ...] = ()


class LiftHold(Command, frozen=True):
    """Decide, about the assessment with this number, that a dose may be given all the same."""

    session: VisitId
    assessment: Seq
    reason: HealthCode


class HoldLifted(Fact, frozen=True):
    """A dose may be given although the assessment spoke against it."""

    session: VisitId
    reason: HealthCode


class Reduce(Command, frozen=True):
    """A prescriber allows less than an order says, in this session."""

    session: VisitId
    order: ItemId
    dose: DoseMicrograms
    reason: HealthCode


class DoseReduced(Fact, frozen=True):
    """A prescriber allows less than an order says, in this session."""

    session: VisitId
    order: ItemId
    dose: DoseMicrograms
    reason: HealthCode


class Withhold(Command, frozen=True):
    """Give no dose in this session."""

    session: VisitId
    reason: HealthCode


class DoseWithheld(Fact, frozen=True):
    """No dose was given in this session."""

    session: VisitId
    reason: HealthCode


def begin(site: Site, command: BeginSession, given: Given) -> list[Fact]:
    """Begin a session of somebody in treatment; a visit begins with it where none is going on."""
    require_now(given, "A session")
    require_shift(site)
    require_authority(site, TREATMENT, given)
    require_in_treatment(site, command.person)
    patient = patient_of(site, command.person)
    if patient.session is not None:
        raise refuse(
            "one-session",
            "A session of this patient is going on, or not accounted for yet.",
            "Open it on the board, and end it or account for what was prepared.",
            session=patient.session,
        )
    day = clinic_day(site, given)
    facts: list[Fact] = []
    visit = next((v.id for v in site.visits.values() if v.person == command.person), None)
    if visit is None:
        person = require_welcome(site, command.person, given)
        visit = derive_id("v", given.command)
        facts.append(
            VisitArrived(visit, person.handle, adult_confirmed=True, person=person.id, stop=None)
        )
    missed = missed_by(site, command.person, day, given.protocol)
    session = derive_id("se", given.command)
    return [*facts, SessionBegan(session, command.person, visit, day, missed)]


def on_began(site: Site, fact: SessionBegan, when: When) -> Site:
    """The session goes on until it is ended and accounted for."""
    patient = patient_of(site, fact.person)
    before = patient.attended if patient.attended_on == fact.day else 0
    site = site.put(
        replace(patient, session=fact.session, attended_on=fact.day, attended=before + 1)
    )
    return site.put(
        Session(
            id=fact.session,
            person=fact.person,
            visit=fact.visit,
            day=fact.day,
            arrived_at=when.recorded_at,
            seq=when.seq,
            missed=fact.missed,
        )
    )


def session_of(site: Site, key: str, *stages: str, doing: str) -> Session:
    """Return a session in one of these stages; refuses an unknown one or another stage."""
    found = site.all_of(Session).get(key)
    if found is None:
        raise refuse(
            "session-known",
            f"There is no session {key} here.",
            "Go back to the board.",
            session=key,
        )
    if found.stage not in stages:
        raise refuse(
            "session-stage",
            f"The session is {found.stage}; this ({doing}) comes when it is {' or '.join(stages)}.",
            "Look at the session: somebody may have gone on at another tablet.",
            session=key,
            stage=found.stage,
        )
    return found


def identify(site: Site, command: Identify, given: Given) -> list[Fact]:
    """Record how the patient's identity was made sure."""
    session = session_of(site, command.session, HERE, doing="identity")
    given.protocol.require("identity_checks", command.by)
    return [Identified(session.id, command.by)]


def on_identified(site: Site, fact: Identified, _: When) -> Site:
    """The patient is who they are."""
    session = site.all_of(Session)[fact.session]
    return site.put(replace(session, stage=IDENTIFIED, identified_by=fact.by))


def assess(site: Site, command: Assess, given: Given) -> list[Fact]:
    """Assess an identified patient, completely; what speaks against a dose follows from the pack.

    It may be repeated until the dose is given, and each replaces the one before with its decision.
    """
    require_now(given, "An assessment")
    session = session_of(site, command.session, IDENTIFIED, ASSESSED, PREPARED, doing="assessment")
    require_complete(command.bedside, "pre_assessment_measures", given)
    return [
        SessionAssessed(session.id, command.bedside, holds_met(command.bedside, given.protocol))
    ]


def on_assessed(site: Site, fact: SessionAssessed, when: When) -> Site:
    """The newest assessment holds; a decision about an earlier one is gone."""
    session = site.all_of(Session)[fact.session]
    found = Assessed(when.seq, when.recorded_at, when.staff, fact.bedside, fact.holds)
    return site.put(
        replace(
            session,
            stage=session.stage if session.stage == PREPARED else ASSESSED,
            assessment=found,
            hold_lifted_at=None,
            hold_lifted_by=None,
        )
    )


def require_complete(bedside: Bedside, vocabulary: str, given: Given) -> None:
    """Refuse an assessment that leaves out what the pack wants, or names what it does not know."""
    wanted = given.protocol.words(vocabulary)
    if not wanted:
        raise refuse(
            "assessment-defined",
            f"The pack {given.protocol.id} does not say what belongs to an assessment.",
            f"List it in your pack under {vocabulary}, with its citation.",
            pack=given.protocol.id,
        )
    missing = [
        measure
        for measure in wanted
        if (not bedside.looked_for_signs if measure == SIGNS else _value(bedside, measure) is None)
    ]
    if missing:
        raise refuse(
            "assessment-complete",
            f"The assessment leaves out: {', '.join(wanted[each].lower() for each in missing)}.",
            "Measure it; without it there is no dose.",
            missing=", ".join(missing),
        )
    if bedside.sedation is not None:
        given.protocol.require("sedation_levels", bedside.sedation)
    given.protocol.require("intoxication_signs", *bedside.signs)


def _value(bedside: Bedside, measure: str) -> int | str | None:
    found: int | str | None = getattr(bedside, measure, None)
    return found


def holds_met(bedside: Bedside, protocol: Protocol) -> tuple[str, ...]:
    """Return the codes of the pack's holds that an assessment meets, in the pack's order."""
    return tuple(hold.code for hold in protocol.holds if _is_met(hold, bedside))


def _is_met(hold: Hold, bedside: Bedside) -> bool:
    if hold.measure == SIGNS:
        return any(sign in hold.among for sign in bedside.signs)
    value = _value(bedside, hold.measure)
    if value is None:
        return False
    if isinstance(value, str):
        return value in hold.among
    below = hold.below is not None and value < hold.below
    return below or (hold.above is not None and value > hold.above)


def lift(site: Site, command: LiftHold, given: Given) -> list[Fact]:
    """Lift the holds of an assessment, by a prescriber or whom the pack lets decide."""
    require_proof(given)
    session = _held(site, command.session, command.assessment)
    deciders = {Role.PRESCRIBER.value, *given.protocol.words("hold_deciders")}
    if given.actor.role not in deciders:
        raise refuse(
            "hold-decider",
            f"The role {given.actor.role} may not decide about a hold here.",
            f"Ask one of: {', '.join(sorted(deciders))}.",
            role=given.actor.role,
        )
    given.protocol.require("hold_reasons", command.reason)
    return [HoldLifted(session.id, command.reason)]


def _held(site: Site, key: str, assessment: int) -> Session:
    """Return a session whose newest assessment is the one looked at, and met a hold."""
    session = session_of(site, key, ASSESSED, PREPARED, doing="decision")
    found = session.assessment
    if found is not None and found.seq != assessment:
        raise refuse(
            "hold-newest",
            f"The patient was assessed again since, in entry {found.seq}.",
            "Look at the newest assessment, and decide about that one.",
            session=session.id,
            assessment=found.seq,
        )
    if found is None or not found.holds:
        raise refuse(
            "hold-there",
            "Nothing in the assessment speaks against a dose.",
            "Go on with the session.",
            session=session.id,
        )
    return session


def on_lifted(site: Site, fact: HoldLifted, when: When) -> Site:
    """The decision stands until the next assessment."""
    session = site.all_of(Session)[fact.session]
    return site.put(replace(session, hold_lifted_at=when.recorded_at, hold_lifted_by=when.staff))


def reduce(site: Site, command: Reduce, given: Given) -> list[Fact]:
    """Reduce the dose of this session; the order stays as it is."""
    require_proof(given)
    session = session_of(site, command.session, IDENTIFIED, ASSESSED, doing="reduction")
    order = order_of(site, session.person, command.order)
    most = order.dose
    if session.limit is not None and session.limited == order.id:
        most = session.limit
    if not 0 < command.dose < most:
        raise refuse(
            "dose-reduced",
            f"{in_figures(command.dose)} mg is no reduction of {in_figures(most)} mg.",
            "Give more than 0 and less than that; to give nothing, withhold the dose.",
            dose=command.dose,
            most=most,
        )
    given.protocol.require("reduction_reasons", command.reason)
    return [DoseReduced(session.id, order.id, command.dose, command.reason)]


def on_reduced(site: Site, fact: DoseReduced, _: When) -> Site:
    """This is given in this session, and no more. A hold stands until it is decided on."""
    session = site.all_of(Session)[fact.session]
    return site.put(replace(session, limit=fact.dose, limited=fact.order))


def withhold(site: Site, command: Withhold, given: Given) -> list[Fact]:
    """End a session without a dose; what was prepared is accounted for first."""
    session = session_of(
        site, command.session, HERE, IDENTIFIED, ASSESSED, PREPARED, doing="withholding"
    )
    require_nothing_owed(session)
    given.protocol.require("withhold_reasons", command.reason)
    return [DoseWithheld(session.id, command.reason)]


def require_nothing_owed(session: Session) -> None:
    """Refuse to end a session of which something is still out of the cabinet."""
    if session.owes:
        raise refuse(
            "session-accounted",
            f"{in_figures(session.prepared)} mg were prepared and are not accounted for.",
            "Two people account for it: given, wasted, or put back.",
            session=session.id,
        )


def on_withheld(site: Site, fact: DoseWithheld, when: When) -> Site:
    """The session is over; the visit goes on until the patient leaves."""
    return ended(site, site.all_of(Session)[fact.session], WITHHELD, when)


def ended(site: Site, session: Session, outcome: str, when: When) -> Site:
    """Return the site after a session ended, or after its patient left with something owed."""
    stage = LEFT if session.owes else ENDED
    site = site.put(replace(session, stage=stage, outcome=outcome, ended_at=when.recorded_at))
    return released(site, session.person) if stage == ENDED else site


def released(site: Site, person: str) -> Site:
    """Return the site in which a patient may begin another session."""
    return site.put(replace(patient_of(site, person), session=None))


def sessions_of(site: Site, stages: Iterable[str]) -> list[Session]:
    """Return the sessions in some stages, in order of arrival."""
    wanted = frozenset(stages)
    found = [each for each in site.all_of(Session).values() if each.stage in wanted]
    return sorted(found, key=lambda each: each.seq)


COMMANDS = {
    "session.begin": Rule(BeginSession, begin, FLOOR),
    "session.identify": Rule(Identify, identify, FLOOR),
    "session.assess": Rule(Assess, assess, CLINICAL),
    "session.lift_hold": Rule(LiftHold, lift, CLINICAL),
    "session.reduce": Rule(Reduce, reduce, PRESCRIBING),
    "session.withhold": Rule(Withhold, withhold, CLINICAL),
}
FACTS = {
    "session.began": Change(SessionBegan, on_began),
    "session.identified": Change(Identified, on_identified),
    "session.assessed": Change(SessionAssessed, on_assessed),
    "session.hold_lifted": Change(HoldLifted, on_lifted),
    "session.reduced": Change(DoseReduced, on_reduced),
    "session.withheld": Change(DoseWithheld, on_withheld),
}
