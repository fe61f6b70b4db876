"""An overdose in a session, and the paper afterwards. Times and readings are made up."""

from typing import Any

from safelight.kernel.ids import derive_id
from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic.clinic import Clinic, Try
from safelight.rehearse.clinic.patients import Patient
from safelight.rehearse.dice import Dice
from safelight.rehearse.emergency import MUSCLE

SLOW = {"breathing_rate": 4, "spo2": 81, "consciousness": "unresponsive"}
BETTER = {"breathing_rate": 11, "spo2": 95, "consciousness": "voice"}


def overdose(clinic: Clinic, patient: Patient, visit: str, dice: Dice, *, hospital: bool) -> Steps:
    """Go through an emergency from the call for help to its outcome; the doses are locked then."""
    nurse = clinic.staff.nurse
    clinic.tally.overdoses += 1
    command = clinic.act("incident.open", {"visit": visit}, nurse())
    incident = derive_id("i", command)
    lines: tuple[tuple[str, dict[str, Any]], ...] = (
        ("observation", {"reading": SLOW}),
        ("airway", {}),
        ("oxygen", {}),
        ("naloxone", {"naloxone": MUSCLE}),
        ("observation", {"reading": BETTER}),
    )
    for what, fields in lines:
        yield dice.between(20, 120)
        clinic.act("incident.record", {"incident": incident, "what": what, **fields}, nurse())
    if clinic.staff.prescriber_here:
        clinic.attack(_reviewed_too_soon(clinic, patient))
    yield dice.between(300, 900)
    clinic.act("incident.classify", {"incident": incident, "kind": "opioid"}, nurse())
    outcome = "to_hospital_ambulance" if hospital else "recovered_on_site"
    clinic.act("incident.close", {"incident": incident, "outcome": outcome}, nurse())
    clinic.agenda.spawn(
        _paperwork(clinic, incident, patient, hospital=hospital), dice.between(1800, 7200)
    )


def _reviewed_too_soon(clinic: Clinic, patient: Patient) -> Try:
    """Let doses go on while the emergency is running."""
    fields = {"person": patient.person, "reason": "seen_and_safe"}
    prescriber = clinic.staff.prescriber_for(patient.prescriber)
    return Try("doses.review", fields, prescriber, frozenset({"overdose-over"}))


def _paperwork(clinic: Clinic, incident: str, patient: Patient, *, hospital: bool) -> Steps:
    completion = {
        "incident": incident,
        "kind": "opioid",
        "substances": ("heroin" if patient.drug == "diamorphine" else "other_opioid",),
        "hospital": hospital,
        "naloxone_batches_checked": True,
    }
    yield 0
    while not clinic.staff.nurses:
        yield 3600
    clinic.act("incident.complete", completion, clinic.staff.nurse())
    debrief = {"incident": incident, "learning": "none"}
    clinic.act("incident.debrief", debrief, clinic.staff.nurse())
