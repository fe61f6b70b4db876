"""Orders: signed by a licensed prescriber with a fresh second factor, superseded, never edited.

An order says what may be given; it computes nothing. What regulation 15 of the Misuse of Drugs
Regulations 2001 asks of a prescription is asked here: dose, form, strength, total in words and
figures, dates and signature; regulation 16 ends it 28 days after its date (a value of the pack).
"""

from datetime import date, timedelta

from msgspec.structs import replace

from safelight.kernel.ids import derive_random_id
from safelight.kernel.privacy import (
    Count,
    Day,
    DoseMicrograms,
    HealthCode,
    ItemId,
    Micrograms,
    PersonId,
    QuantityWords,
)
from safelight.run.domain.base import PRESCRIBING, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.licence import clinic_date, require_licence
from safelight.run.domain.clinic.proof import require_now, require_proof
from safelight.run.domain.clinic.words import MILLIGRAM, in_figures, in_words, says
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.site import Site


class SignPrescription(Command, frozen=True):
    """Sign an order; every quantity in whole micrograms."""

    person: PersonId
    drug: HealthCode
    form: HealthCode
    strength: Micrograms
    route: HealthCode
    dose: DoseMicrograms
    sessions: Count
    daily: DoseMicrograms
    total: DoseMicrograms
    total_in_words: QuantityWords
    valid_from: Day
    valid_to: Day
    oral_drug: HealthCode | None = None
    oral: DoseMicrograms = 0
    supersedes: ItemId | None = None


class PrescriptionSigned(Fact, frozen=True):
    """An order was signed."""

    prescription: ItemId
    person: PersonId
    licence: ItemId
    drug: HealthCode
    form: HealthCode
    strength: Micrograms
    route: HealthCode
    dose: DoseMicrograms
    sessions: Count
    daily: DoseMicrograms
    total: DoseMicrograms
    valid_from: Day
    valid_to: Day
    oral_drug: HealthCode | None = None
    oral: DoseMicrograms = 0
    supersedes: ItemId | None = None


class StopPrescription(Command, frozen=True):
    """Stop an order before it ends."""

    prescription: ItemId
    reason: HealthCode


class PrescriptionStopped(Fact, frozen=True):
    """An order was stopped."""

    prescription: ItemId
    reason: HealthCode


def sign(site: Site, command: SignPrescription, given: Given) -> list[Fact]:
    """Sign an order now, under a licence that holds, within what the pack allows."""
    require_proof(given)
    require_now(given, "An order")
    person = site.person(command.person)
    given.protocol.require("drugs", command.drug)
    given.protocol.require("drug_forms", command.form)
    given.protocol.require("drug_routes", command.route)
    licence = require_licence(site, given.actor.staff, command.drug, given)
    _require_quantities(command, given)
    _require_dates(command, clinic_date(site, given), given)
    _require_total(command)
    _require_oral(command, given)
    old = _superseded(site, command)
    return [
        PrescriptionSigned(
            prescription=derive_random_id("rx", given.command),
            person=person.id,
            licence=licence.id,
            drug=command.drug,
            form=command.form,
            strength=command.strength,
            route=command.route,
            dose=command.dose,
            sessions=command.sessions,
            daily=command.daily,
            total=command.total,
            valid_from=command.valid_from,
            valid_to=command.valid_to,
            oral_drug=command.oral_drug,
            oral=command.oral,
            supersedes=old.id if old else None,
        )
    ]


def on_signed(site: Site, fact: PrescriptionSigned, when: When) -> Site:
    """The order stands, in place of the one that it supersedes."""
    if fact.supersedes is not None:
        old = site.all_of(Prescription)[fact.supersedes]
        site = site.put(replace(old, superseded_by=fact.prescription))
    return site.put(
        Prescription(
            id=fact.prescription,
            person=fact.person,
            prescriber=when.staff,
            licence=fact.licence,
            drug=fact.drug,
            form=fact.form,
            strength=fact.strength,
            route=fact.route,
            dose=fact.dose,
            sessions=fact.sessions,
            daily=fact.daily,
            total=fact.total,
            valid_from=fact.valid_from,
            valid_to=fact.valid_to,
            signed_at=when.recorded_at,
            oral_drug=fact.oral_drug,
            oral=fact.oral,
        )
    )


def stop(site: Site, command: StopPrescription, given: Given) -> list[Fact]:
    """Stop an order that stands, for a reason that the pack knows."""
    require_proof(given)
    require_now(given, "An order")
    found = site.all_of(Prescription).get(command.prescription)
    if found is None or not found.stands:
        raise refuse(
            "prescription-stands",
            f"No order {command.prescription} stands here.",
            "Look at the patient's orders; it may be stopped or superseded already.",
            prescription=command.prescription,
        )
    given.protocol.require("order_stop_reasons", command.reason)
    return [PrescriptionStopped(found.id, command.reason)]


def on_stopped(site: Site, fact: PrescriptionStopped, when: When) -> Site:
    """Nothing can be given under the order any more."""
    old = site.all_of(Prescription)[fact.prescription]
    return site.put(replace(old, stopped_at=when.recorded_at, stopped_for=fact.reason))


def in_force(site: Site, person: str, drug: str, route: str, day: date) -> Prescription | None:
    """Return the order under which a person may be given a drug by a route on a day, or None."""
    order = standing(site, person, drug, route)
    return order if order and order.valid_from <= day <= order.valid_to else None


def standing(site: Site, person: str, drug: str, route: str) -> Prescription | None:
    """Return a person's order for a drug by a route that is neither superseded nor stopped."""
    wanted = (person, drug, route)
    for order in site.all_of(Prescription).values():
        if (order.person, order.drug, order.route) == wanted and order.stands:
            return order
    return None


def _require_quantities(command: SignPrescription, given: Given) -> None:
    most = given.protocol.number("sessions_per_day")
    ceiling = given.protocol.number(f"{command.drug}_daily_maximum_mg") * MILLIGRAM
    wrong = {
        "strength": (command.strength < 1, "more than 0 mg in one unit"),
        "dose": (command.dose < 1, "more than 0 mg"),
        "sessions": (not 1 <= command.sessions <= most, f"1 to {most} a day"),
        "daily": (
            not command.dose <= command.daily <= command.dose * command.sessions,
            "at least one dose, and at most a dose for each session",
        ),
        "daily maximum": (command.daily > ceiling, f"at most {in_figures(ceiling)} mg"),
    }
    for name, (is_wrong, remedy) in wrong.items():
        if is_wrong:
            raise refuse(
                "order-quantity",
                f"The order's {name} cannot be: {in_figures(command.dose)} mg in each of "
                f"{command.sessions} sessions, {in_figures(command.daily)} mg a day, "
                f"{in_figures(command.strength)} mg in a unit.",
                f"The {name} is {remedy}.",
                quantity=name,
            )


def _require_dates(command: SignPrescription, today: date, given: Given) -> None:
    longest = given.protocol.number("prescription_days")
    last = command.valid_from + timedelta(days=longest)
    if not today <= command.valid_from <= command.valid_to <= last:
        raise refuse(
            "order-dates",
            f"The order would hold from {command.valid_from} to {command.valid_to}; today is "
            f"{today}.",
            f"Begin it today or later, and end it at most {longest} days after it begins.",
            valid_from=command.valid_from,
            valid_to=command.valid_to,
        )


def _require_total(command: SignPrescription) -> None:
    days = (command.valid_to - command.valid_from).days + 1
    if not command.daily <= command.total <= command.daily * days:
        raise refuse(
            "order-total",
            f"The total of {in_figures(command.total)} mg does not fit {days} days of "
            f"{in_figures(command.daily)} mg.",
            "Give at least one day's quantity, and at most that of all days.",
            total=command.total,
        )
    if not says(command.total_in_words, command.total):
        raise refuse(
            "order-words",
            f"The total is {in_figures(command.total)} mg in figures, and in words "
            f"'{command.total_in_words}'.",
            f"Find out which is meant; in words this is {in_words(command.total)}.",
            total=command.total,
        )


def _require_oral(command: SignPrescription, given: Given) -> None:
    if command.oral_drug is not None:
        given.protocol.require("oral_drugs", command.oral_drug)
    if (command.oral_drug is None) != (command.oral == 0):
        raise refuse(
            "order-oral",
            "An oral part is a drug and a quantity, and one of them is missing.",
            "Give both, or neither.",
            oral_drug=command.oral_drug,
            oral=command.oral,
        )


def _superseded(site: Site, command: SignPrescription) -> Prescription | None:
    old = standing(site, command.person, command.drug, command.route)
    if (old.id if old else None) != command.supersedes:
        raise refuse(
            "order-supersedes",
            f"The order that stands for this drug and route is {old.id if old else 'none'}, not "
            f"{command.supersedes or 'none'}.",
            "Look at the order that stands, and name it as the one that yours supersedes.",
            supersedes=command.supersedes,
        )
    return old


COMMANDS = {
    "prescription.sign": Rule(SignPrescription, sign, PRESCRIBING),
    "prescription.stop": Rule(StopPrescription, stop, PRESCRIBING),
}
FACTS = {
    "prescription.signed": Change(PrescriptionSigned, on_signed),
    "prescription.stopped": Change(PrescriptionStopped, on_stopped),
}
