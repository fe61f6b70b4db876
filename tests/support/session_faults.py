"""Faults planted into the rules of sessions, and what then breaks an invariant of a clinic.

Each fault takes one control away, and a short scenario then does what the control stood against.
"""

import pytest
from msgspec.structs import replace

from safelight.run.domain import dosing_locks, incident
from safelight.run.domain.clinic import (
    dose,
    gate,
    observation,
    oral,
    patient,
    session,
)
from safelight.run.domain.clinic.observation import SessionEnded
from safelight.run.domain.clinic.patient import DosesReviewed
from safelight.run.domain.clinic.session import DoseReduced, HoldLifted
from tests.support.clinic import (
    AMPOULE,
    ANN,
    DOC,
    ORDERED,
    Clinic,
)
from tests.support.clinic_faults import Planted, any_stage, no_fault, no_rule, oral_part, slip

# 4. Assessments


def an_old_assessment(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.wait(hours=1)
    clinic.prepare()
    clinic.inject()


def a_held_assessment(clinic: Clinic) -> None:
    clinic.up_to("identified")
    clinic.assess(spo2=80)
    clinic.prepare()
    clinic.inject()


def a_partial_assessment(clinic: Clinic) -> None:
    clinic.up_to("identified")
    clinic.assess(breath_alcohol=None)
    clinic.prepare()
    clinic.inject()


def less_without_a_prescriber(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.prepare(dose=AMPOULE, units=1)
    clinic.inject()


def a_decision_of_a_nurse(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    slip(clinic, HoldLifted(clinic.session, "other"), ANN)


def a_reduction_of_a_nurse(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    slip(clinic, DoseReduced(clinic.session, clinic.order, AMPOULE, "other"), ANN)


def without_an_assessment(patch: pytest.MonkeyPatch) -> None:
    """Let steps come in any order, and ask for no assessment."""
    any_stage(patch)
    patch.setattr(gate, "_require_assessment", lambda *_: None)


def nobody_assessed(clinic: Clinic) -> None:
    clinic.up_to("identified")
    clinic.prepare()
    clinic.inject()


def a_reduction_that_is_none(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    slip(clinic, DoseReduced(clinic.session, clinic.order, ORDERED, "other"), DOC)


# 5. Missed sessions


def after_days_without(clinic: Clinic) -> None:
    clinic.dose()
    clinic.wait(days=5)
    clinic.up_to("observing")


def an_order_that_changed_by_itself(clinic: Clinic) -> None:
    clinic.site = clinic.site.put(replace(clinic.the_order(), daily=300_000)).settled()
    clinic.up_to("observing")


# 6. Observation


def cleared_early(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.account()
    clinic.wait(minutes=19)
    clinic.observe()
    clinic.observe()
    clinic.discharge()


def cleared_by_oxygen(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.account()
    clinic.wait(minutes=20)
    for _ in range(2):
        clinic.do("session.observe", session=clinic.session, bedside={"spo2": 99})
    clinic.discharge()


def cleared_though_sedated(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.account()
    clinic.wait(minutes=20)
    clinic.observe()
    clinic.observe(sedation="poss_4")
    clinic.discharge()


def cleared_after_one_reading(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.account()
    clinic.wait(minutes=20)
    clinic.observe(spo2=None)
    clinic.observe()
    clinic.discharge()


def cleared_soon_after_naloxone(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.account()
    clinic.naloxone(clinic.overdose(visit=clinic.the_session().visit))
    clinic.wait(minutes=30)
    clinic.observe()
    clinic.observe()
    clinic.discharge()


def naloxone_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Keep no time of naloxone."""
    patch.setattr(dosing_locks, "_with_naloxone", lambda site, _: site)


def naloxone_overlooked(patch: pytest.MonkeyPatch) -> None:
    """Observe for the dose alone."""
    kept = observation.watches
    patch.setattr(observation, "watches", lambda *asked: kept(*asked)[:1])


def completed_without_a_dose(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    slip(clinic, SessionEnded(clinic.session, "completed"), ANN)


def never_flagged(patch: pytest.MonkeyPatch) -> None:
    """Keep no start."""
    kept = patient.after_dose
    patch.setattr(dose, "after_dose", lambda *known: replace(kept(*known), started_at=None))


# 7. Overdoses


def after_an_overdose(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.overdose(visit=clinic.the_session().visit)
    clinic.prepare()
    clinic.inject()


def after_an_overdose_of_nobody_knows_whom(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.incident()
    clinic.prepare()
    clinic.inject()


def no_lock(patch: pytest.MonkeyPatch) -> None:
    """Let incidents lock nobody."""
    patch.setattr(incident, "lock_doses", lambda site, *_: site)


def a_review_of_a_nurse(clinic: Clinic) -> None:
    slip(clinic, DosesReviewed("p-1", "other", restart=False), ANN)


def a_review_over_an_overdose(clinic: Clinic) -> None:
    clinic.begin()
    clinic.incident(visit=clinic.the_session().visit)
    clinic.review()


def oral_part_after_an_overdose(clinic: Clinic) -> None:
    clinic.begin()
    clinic.overdose(visit=clinic.the_session().visit)
    oral_part(clinic)


OF_SESSIONS: list[Planted] = [
    (4, without_an_assessment, nobody_assessed),
    (4, no_fault, a_reduction_that_is_none),
    (4, no_rule(gate, "_require_assessment"), an_old_assessment),
    (4, no_rule(gate, "_require_assessment"), a_held_assessment),
    (4, no_rule(session, "require_complete"), a_partial_assessment),
    (4, no_rule(gate, "_require_quantity"), less_without_a_prescriber),
    (4, no_fault, a_decision_of_a_nurse),
    (4, no_fault, a_reduction_of_a_nurse),
    (
        5,
        lambda patch: patch.setattr(patient, "too_many_missed", lambda *_: False),
        after_days_without,
    ),
    (5, no_fault, an_order_that_changed_by_itself),
    (6, no_rule(observation, "_require_checks"), cleared_after_one_reading),
    (6, no_fault, completed_without_a_dose),
    (6, no_rule(observation, "_require_time", "_require_checks"), cleared_early),
    (6, no_rule(observation, "_require_checks"), cleared_by_oxygen),
    (6, no_rule(observation, "_require_checks"), cleared_though_sedated),
    (6, naloxone_forgotten, cleared_soon_after_naloxone),
    (6, naloxone_overlooked, cleared_soon_after_naloxone),
    (6, never_flagged, lambda clinic: clinic.up_to("observing")),
    (7, no_rule(gate, "require_unlocked"), after_an_overdose),
    (7, no_rule(gate, "require_nobody_unknown"), after_an_overdose_of_nobody_knows_whom),
    (7, no_lock, after_an_overdose),
    (7, no_fault, a_review_of_a_nurse),
    (
        7,
        lambda patch: patch.setattr(patient, "_open_overdose", lambda *_: None),
        a_review_over_an_overdose,
    ),
    (7, no_rule(oral, "require_unlocked"), oral_part_after_an_overdose),
]
