"""An overdose or naloxone locks a patient's doses, whatever screen it was recorded on.

Naloxone is kept with its time as well: it may wear off before the opioid does.
"""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from safelight.run.domain.dosing_entities import Patient
from safelight.run.domain.entities import Incident
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Treatment

# Kinds that lock nothing. What is not known yet, or not known here, locks.
HARMLESS: Final = frozenset({"injury", "psychiatric", "other"})
NALOXONE: Final = "naloxone"
OVERDOSE: Final = "overdose"


def lock_doses(site: Site, incident: Incident, at: datetime) -> Site:
    """Return the site in which the patient of an incident may have no dose before a review."""
    if incident.person is None or not is_overdose(incident):
        return site
    return _with_naloxone(locked(site, incident.person, OVERDOSE, at), incident)


def _with_naloxone(site: Site, incident: Incident) -> Site:
    """Return the site in which a patient carries the time of the last naloxone.

    It is the time of writing, and of the first writing: a dose that is put right afterwards was
    not given again. One that is taken back as a slip counts still; whoever has to go may leave.
    """
    patient = site.all_of(Patient).get(incident.person or "")
    given = [step for step in incident.steps if step.what == NALOXONE]
    again = {step.corrected_by for step in given}
    times = [step.recorded_at for step in given if step.seq not in again]
    if patient is None or not times:
        return site
    latest = max(*times, patient.naloxone_at or times[0])
    return site.put(replace(patient, naloxone_at=latest))


def is_overdose(incident: Incident) -> bool:
    """Tell whether an incident is, or may turn out to be, an overdose."""
    given = any(step.what == NALOXONE and step.corrected_by is None for step in incident.steps)
    return given or incident.kind not in HARMLESS


def locked(site: Site, person: str, reason: str, at: datetime) -> Site:
    """Return the site in which a patient is locked; anybody who is no patient stays as they are.

    The reasons add up until a review: what came last must not hide an overdose from a prescriber.
    """
    patient = site.all_of(Patient).get(person)
    if patient is None:
        if not any(each.person == person for each in site.all_of(Treatment).values()):
            return site
        patient = Patient(person)
    reasons = patient.locked_for
    if reason not in reasons:
        reasons = (*reasons, reason)
    return site.put(replace(patient, locked_at=at, locked_for=reasons))
