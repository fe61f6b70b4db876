"""What is measured and taken out at the bedside. Readings are made up, and none is guidance."""

from typing import Any

from safelight.rehearse.clinic.clinic import Clinic
from safelight.rehearse.clinic.patients import Patient
from safelight.rehearse.dice import Dice
from safelight.run.domain.dosing_entities import Session

LOOKED = {"looked_for_signs": True}
# What an intoxicated attender shows; each meets a hold of the rehearsal pack.
HELD: tuple[dict[str, Any], ...] = (
    {"signs": ("slurred_speech", "unsteady"), "breath_alcohol": 45},
    {"signs": ("smells_of_alcohol",), "breath_alcohol": 60},
    {"signs": ("drowsy", "pinpoint_pupils"), "sedation": "poss_3"},
    {"sedation": "poss_3", "breathing_rate": 9},
    {"spo2": 90},
)


def before(dice: Dice, *, intoxicated: bool = False) -> dict[str, Any]:
    """Return a complete assessment before a dose."""
    found = {
        "sedation": "poss_1",
        "breathing_rate": dice.whole(12, 18),
        "spo2": dice.whole(95, 99),
        "breath_alcohol": 0,
        **LOOKED,
    }
    return {**found, **dice.pick(HELD)} if intoxicated else found


def after(dice: Dice, *, drowsy: bool = False) -> dict[str, Any]:
    """Return the checks after a dose: a little slower, or such that nobody may go."""
    if drowsy:
        return {"sedation": "poss_3", "breathing_rate": dice.whole(7, 9), "spo2": 96}
    return {
        "sedation": "poss_2",
        "breathing_rate": dice.whole(11, 15),
        "spo2": dice.whole(94, 98),
    }


def preparation(clinic: Clinic, patient: Patient, session: Session) -> dict[str, Any]:
    """Return what is taken out for a session: as many whole units as the dose needs."""
    dose = patient.order.dose if patient.order else patient.dose
    if session.limit is not None:
        dose = min(dose, session.limit)
    return {
        "session": session.id,
        "order": patient.order.id if patient.order else "rx-of-nobody",
        "register": clinic.cabinet[patient.drug].register,
        "units": -(-dose // patient.strength),
        "dose": dose,
    }
