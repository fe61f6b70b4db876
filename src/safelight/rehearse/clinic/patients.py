"""Patients who never existed: what they are treated with, and their way into treatment."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from safelight.kernel.ids import derive_random_id
from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.scenario import Group
from safelight.rehearse.dice import Dice
from safelight.run.domain.base import Actor
from safelight.run.domain.clinic.referral import person_of_referral
from safelight.run.domain.treatment_entities import MET, NOT_MET

MILLIGRAM = 1000
DIAMORPHINE, HYDROMORPHONE, METHADONE = "diamorphine", "hydromorphone", "methadone"


class Product(NamedTuple):
    """The form of a drug, and the strength of one unit of it."""

    form: str
    strength: int


# What this rehearsal keeps in its cabinet; no claim about what any maker sells.
PRODUCTS = {
    DIAMORPHINE: Product("ampoule", 100 * MILLIGRAM),
    HYDROMORPHONE: Product("ampoule", 50 * MILLIGRAM),
    METHADONE: Product("oral_solution", MILLIGRAM),
}
CRITERIA = "glasgow"
SOURCES = ("drug_service", "consumption_room", "gp", "prison", "self")


class Order(NamedTuple):
    """The order that a patient is treated under."""

    id: str
    dose: int
    valid_to: date
    licence: str


@dataclass
class Patient:
    """One patient: what was settled at the start, and where they are now."""

    key: str
    group: Group
    drug: str
    route: str
    dose: int
    oral: int
    prescriber: int  # which of those who prescribe here looks after them
    person: str = ""
    treatment: str = ""
    order: Order | None = None
    superseded: str = ""  # the order before

    @property
    def strength(self) -> int:
        """The strength of one unit, in micrograms."""
        return PRODUCTS[self.drug].strength


def draw_patient(clinic: Clinic, number: int, generation: int) -> Patient:
    """Return a new patient in the place that has a number."""
    key = f"{number}.{generation}"
    dice, behaviour = clinic.dice("patient", key), clinic.scenario.behaviour
    other = dice.chance(behaviour.hydromorphone_share.value)
    doses = behaviour.hydromorphone_mg if other else behaviour.diamorphine_mg
    muscle = dice.chance(behaviour.muscle_share.value)
    return Patient(
        key,
        group_of(clinic, number),
        HYDROMORPHONE if other else DIAMORPHINE,
        "intramuscular" if muscle else "intravenous",
        int(dice.weighted(doses.weights)) * MILLIGRAM,
        30 * MILLIGRAM if dice.chance(behaviour.oral_share.value) else 0,
        number,
    )


def group_of(clinic: Clinic, number: int) -> Group:
    """Return the group of a place, so that each group has its share of all places."""
    groups, place = clinic.scenario.groups, (number + 0.5) / clinic.scenario.patients
    for group in groups:
        place -= group.share
        if place < 0:
            return group
    return groups[-1]


def refer(clinic: Clinic, patient: Patient, dice: Dice) -> bool:
    """Take the referral of somebody new."""
    fields = {"source": dice.pick(SOURCES), "sex": dice.pick(("female", "male"))}
    command = clinic.act("treatment.refer", fields, clinic.staff.nurse())
    patient.person = person_of_referral(command)
    patient.treatment = derive_random_id("tr", command)
    return bool(command)


def decide(clinic: Clinic, patient: Patient, *, accept: bool) -> bool:
    """Assess somebody against a set of criteria, and have a prescriber decide."""
    treatment = {"treatment": patient.treatment}
    codes = list(clinic.hands.protocol.criteria[CRITERIA].criteria)
    findings = [{"criterion": code, "finding": MET} for code in codes]
    if not accept:
        findings[-1]["finding"] = NOT_MET
    assessed = {**treatment, "criteria": CRITERIA, "findings": findings}
    clinic.act("eligibility.assess", assessed, clinic.staff.nurse())
    decision = (
        {"decision": "accepted", "reason": "criteria_met"}
        if accept
        else {"decision": "declined", "reason": "criteria_not_met"}
    )
    decided = {**treatment, **decision}
    return bool(clinic.act("eligibility.decide", decided, prescriber_of(clinic, patient)))


def admit(clinic: Clinic, patient: Patient) -> None:
    """Have an accepted patient consent, and give them a key worker."""
    treatment = {"treatment": patient.treatment}
    for purpose in ("treatment", "identity_in_register"):
        clinic.act("consent.give", {**treatment, "purpose": purpose}, clinic.staff.nurse())
    worker = clinic.staff.worker()
    clinic.act("care.assign", {**treatment, "staff": worker.staff}, worker)
    clinic.tally.patients += 1


def declined(clinic: Clinic, patient: Patient) -> Steps:
    """Somebody is referred, assessed and declined; the referral is closed."""
    if refer(clinic, patient, clinic.dice("declined", patient.key)):
        yield 3600
        decide(clinic, patient, accept=False)
        yield 600
        closing = {"treatment": patient.treatment, "reason": "declined"}
        clinic.act("treatment.end", closing, prescriber_of(clinic, patient))


def prescriber_of(clinic: Clinic, patient: Patient) -> Actor:
    """Return the prescriber on duty who looks after a patient, or whoever is."""
    return clinic.staff.prescriber_for(patient.prescriber)
