"""The dose: prepared by two people, given by the patient or a clinician, accounted for exactly.

Prepared = administered + wasted + returned, in whole micrograms. Observation begins with the
injection. From then on the whole planned dose counts against every limit, until it is accounted
for; so nothing is gained by accounting late.
"""

from typing import Final

from msgspec.structs import replace

from safelight.kernel.privacy import (
    Batch,
    Count,
    DoseMicrograms,
    HealthCode,
    HealthDay,
    ItemId,
    PersonId,
    VisitId,
)
from safelight.run.domain.base import (
    HANDLING,
    Change,
    Command,
    Fact,
    Given,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.day import clinic_day
from safelight.run.domain.clinic.gate import require_dose
from safelight.run.domain.clinic.ledger import (
    put_back,
    register_of,
    require_in_cabinet,
    require_whole_units,
    supply,
    take_out,
    waste,
)
from safelight.run.domain.clinic.patient import after_dose, patient_of
from safelight.run.domain.clinic.proof import require_now, require_two
from safelight.run.domain.clinic.session import released, session_of
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import (
    ASSESSED,
    ENDED,
    LEFT,
    OBSERVING,
    PREPARED,
    Dose,
    Session,
)
from safelight.run.domain.register_entities import Register
from safelight.run.domain.site import Site

RESIDUE: Final = "residue"  # why what was prepared for a session is wasted


class Prepare(Command, frozen=True):
    """Take whole units out of the cabinet for a dose of a session."""

    session: VisitId
    order: ItemId
    register: ItemId
    units: Count
    dose: DoseMicrograms
    batch: Batch | None = None


class DosePrepared(Fact, frozen=True):
    """A dose was prepared."""

    session: VisitId
    order: ItemId
    register: ItemId
    quantity: DoseMicrograms
    dose: DoseMicrograms
    batch: Batch | None = None


class Administer(Command, frozen=True):
    """The injection begins, by the patient or by a clinician."""

    session: VisitId
    by: HealthCode
    body_site: HealthCode | None = None


class DoseAdministered(Fact, frozen=True):
    """The injection began."""

    session: VisitId
    person: PersonId
    order: ItemId
    drug: HealthCode
    dose: DoseMicrograms
    day: HealthDay
    by: HealthCode
    body_site: HealthCode | None = None


class Account(Command, frozen=True):
    """Say where all that was prepared has gone."""

    session: VisitId
    administered: DoseMicrograms = 0
    wasted: DoseMicrograms = 0
    returned: DoseMicrograms = 0


class DoseAccounted(Fact, frozen=True):
    """All that was prepared has gone where it says."""

    session: VisitId
    person: PersonId
    order: ItemId
    register: ItemId
    administered: DoseMicrograms = 0
    wasted: DoseMicrograms = 0
    returned: DoseMicrograms = 0


def prepare(site: Site, command: Prepare, given: Given) -> list[Fact]:
    """Prepare a dose that may be given now, with two people, from the register of the order."""
    require_now(given, "A preparation")
    require_two(given, HANDLING)
    session = session_of(site, command.session, ASSESSED, doing="preparation")
    order = require_dose(site, session, command.order, command.dose, given)
    register = register_of(site, command.register)
    _require_same_drug(register, order)
    quantity = command.units * register.strength
    _require_units(command, quantity, register)
    require_in_cabinet(register, quantity)
    return [
        DosePrepared(
            session=session.id,
            order=order.id,
            register=register.id,
            quantity=quantity,
            dose=command.dose,
            batch=command.batch,
        )
    ]


def _require_same_drug(register: Register, order: Prescription) -> None:
    held = (register.drug, register.form, register.strength)
    if held != (order.drug, order.form, order.strength):
        raise refuse(
            "dose-register",
            f"The order is for {_spoken(order)}; this register holds {_spoken(register)}.",
            "Take it from the register of the order's drug, form and strength.",
            register=register.id,
            order=order.id,
        )


def _spoken(what: Register | Prescription) -> str:
    return f"{what.drug} {what.form} {in_figures(what.strength)} mg"


def _require_units(command: Prepare, quantity: int, register: Register) -> None:
    if not command.dose <= quantity < command.dose + register.strength:
        raise refuse(
            "dose-units",
            f"{command.units} units hold {in_figures(quantity)} mg, for a dose of "
            f"{in_figures(command.dose)} mg.",
            "Take as many units as the dose needs, and none more.",
            units=command.units,
            dose=command.dose,
        )


def on_prepared(site: Site, fact: DosePrepared, when: When) -> Site:
    """The units are out of the cabinet, for this session."""
    session = site.all_of(Session)[fact.session]
    site = site.put(
        replace(
            session,
            stage=PREPARED,
            order=fact.order,
            register=fact.register,
            planned=fact.dose,
            prepared=fact.quantity,
            prepared_at=when.recorded_at,
            prepared_by=when.staff,
            checked_by=when.witness,
            accounted_at=None,
        )
    )
    return take_out(site, fact.register, fact.quantity, when)


def administer(site: Site, command: Administer, given: Given) -> list[Fact]:
    """Let the injection begin, if everything still speaks for it."""
    require_now(given, "A dose")
    session = session_of(site, command.session, PREPARED, doing="dose")
    order = require_dose(site, session, session.order, session.planned, given)
    given.protocol.require("administered_by", command.by)
    if command.body_site is not None:
        given.protocol.require("injection_sites", command.body_site)
    return [
        DoseAdministered(
            session=session.id,
            person=session.person,
            order=order.id,
            drug=order.drug,
            dose=session.planned,
            day=clinic_day(site, given),
            by=command.by,
            body_site=command.body_site,
        )
    ]


def on_administered(site: Site, fact: DoseAdministered, when: When) -> Site:
    """The dose counts, and observation has begun."""
    session = site.all_of(Session)[fact.session]
    site = site.put(
        replace(
            session,
            stage=OBSERVING,
            administered=fact.dose,
            administered_at=when.recorded_at,
            administered_by=fact.by,
            body_site=fact.body_site,
        )
    )
    dose = Dose(when.recorded_at, fact.day, fact.drug, fact.dose, session.id)
    order = site.all_of(Prescription)[fact.order]
    site = site.put(after_dose(patient_of(site, fact.person), dose, order.sessions))
    return site.put(replace(order, given=order.given + fact.dose))


def account(site: Site, command: Account, given: Given) -> list[Fact]:
    """Account for all that was prepared; with two people where anything was not given."""
    session = session_of(site, command.session, PREPARED, OBSERVING, LEFT, doing="accounting")
    if not session.owes or session.order is None or session.register is None:
        raise refuse(
            "account-once",
            "What was prepared in this session is accounted for already.",
            "Nothing to do; an error is corrected in the register, with a dated footnote.",
            session=session.id,
        )
    _require_after(session, given)
    _require_sum(session, command)
    if command.wasted or command.returned:
        require_two(given, HANDLING)
    if command.returned:
        require_whole_units(register_of(site, session.register), command.returned)
    return [
        DoseAccounted(
            session=session.id,
            person=session.person,
            order=session.order,
            register=session.register,
            administered=command.administered,
            wasted=command.wasted,
            returned=command.returned,
        )
    ]


def _require_after(session: Session, given: Given) -> None:
    """Refuse to account for a time at which nothing had been prepared yet."""
    prepared_at = session.prepared_at or given.now
    if given.happened_at < prepared_at:
        raise refuse(
            "account-after",
            f"It was prepared at {prepared_at:%d %B %H:%M} UTC, and accounted for before.",
            "Check the time, or leave it empty.",
            session=session.id,
            prepared_at=prepared_at,
        )


def _require_sum(session: Session, command: Account) -> None:
    most = session.administered
    told = command.administered + command.wasted + command.returned
    if told != session.prepared:
        raise refuse(
            "account-sum",
            f"{in_figures(session.prepared)} mg were prepared; given "
            f"{in_figures(command.administered)}, wasted {in_figures(command.wasted)} and put back "
            f"{in_figures(command.returned)} are {in_figures(told)} mg.",
            "Find out where the difference went; every microgram has to be somewhere.",
            prepared=session.prepared,
            told=told,
        )
    if command.administered > most:
        raise refuse(
            "account-given",
            f"{in_figures(command.administered)} mg cannot have been given: "
            f"{in_figures(most)} mg were about to be.",
            "Say what was injected, and waste or put back the rest.",
            administered=command.administered,
            most=most,
        )


def on_accounted(site: Site, fact: DoseAccounted, when: When) -> Site:
    """The register says what became of it, and the dose counts as what it was."""
    session = site.all_of(Session)[fact.session]
    order = site.all_of(Prescription)[fact.order]
    if fact.administered:
        site = supply(
            site,
            fact.register,
            fact.administered,
            # It was supplied when it was injected, whenever that is accounted for.
            when._replace(happened_at=session.administered_at or when.happened_at),
            person=fact.person,
            prescriber=order.prescriber,
            session=fact.session,
            document=fact.order,
        )
    if fact.wasted:
        site = waste(
            site,
            fact.register,
            fact.wasted,
            when,
            reason=RESIDUE,
            session=fact.session,
            person=fact.person,
        )
    if fact.returned:
        site = put_back(site, fact.register, fact.returned, when)
    site = site.put(replace(order, given=order.given + fact.administered - session.administered))
    site = _recount(site, session, fact.administered)
    return _settled(site, session, fact, when)


def _recount(site: Site, session: Session, administered: int) -> Site:
    """Let the dose of a session count as what was really given."""
    patient = patient_of(site, session.person)
    doses = tuple(
        replace(dose, quantity=administered) if dose.session == session.id else dose
        for dose in patient.doses
    )
    return site.put(replace(patient, doses=doses)) if doses != patient.doses else site


def _settled(site: Site, session: Session, fact: DoseAccounted, when: When) -> Site:
    """Take the session on: to another try, further observation, or its end."""
    after = {PREPARED: ASSESSED, OBSERVING: OBSERVING, LEFT: ENDED}[session.stage]
    site = site.put(
        replace(
            session,
            stage=after,
            administered=fact.administered,
            wasted=fact.wasted,
            returned=fact.returned,
            accounted_at=when.recorded_at,
        )
    )
    return released(site, session.person) if after == ENDED else site


COMMANDS = {
    "session.prepare": Rule(Prepare, prepare, HANDLING),
    "session.administer": Rule(Administer, administer, HANDLING),
    "session.account": Rule(Account, account, HANDLING),
}
FACTS = {
    "session.prepared": Change(DosePrepared, on_prepared),
    "session.administered": Change(DoseAdministered, on_administered),
    "session.accounted": Change(DoseAccounted, on_accounted),
}
