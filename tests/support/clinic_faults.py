"""Faults planted into the rules of doses, and what then breaks an invariant of a clinic.

Each fault takes one control away, and a short scenario then does what the control stood against.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from safelight.run.domain import incident, registry
from safelight.run.domain.base import Actor, Fact, Role, When
from safelight.run.domain.clinic import (
    dose,
    gate,
    observation,
    oral,
    patient,
    prescription,
    session,
)
from safelight.run.domain.clinic.patient import DosesReviewed
from safelight.run.domain.clinic.session import DoseReduced, HoldLifted
from safelight.run.domain.clinic_entities import Prescription
from tests.support.clinic import (
    AMPOULE,
    ANN,
    BEA,
    DAY,
    DOC,
    MAX,
    ORDERED,
    Clinic,
)
from tests.support.sites import TODAY, protocol

Fault = Callable[[pytest.MonkeyPatch], object]
Scenario = Callable[[Clinic], object]
Planted = tuple[int, Fault, Scenario]  # the invariant that it breaks

METHADONE = {"drug": "methadone", "form": "tablet", "strength": 5_000, "units": 100}
TABLETS = "cd-methadone-tablet-5mg"


def no_rule(module: Any, *names: str) -> Fault:  # noqa: ANN401 - a module
    """Take rules away: what they would refuse passes."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for name in names:
            patch.setattr(module, name, lambda *_, **__: None)

    return plant


def no_fault(_: pytest.MonkeyPatch) -> None:
    """Plant nothing: the scenario itself writes what no rule would."""


def slip(clinic: Clinic, fact: Fact, by: str | Actor) -> None:
    """Write a fact that no rule let pass."""
    given = clinic.given(by)
    clinic.taps += 1
    clinic.oracle.before(clinic.site, session.Withhold(clinic.session or "se-1", "other"), given)
    when = When(9_999, given.now, given.now, given.actor.staff)
    clinic.oracle.after(registry.evolve(clinic.site, fact, when), [fact], given)


# 1. Orders


def any_order(patch: pytest.MonkeyPatch) -> None:
    """Give under whatever order is named, standing or not."""
    patch.setattr(
        gate,
        "require_order_now",
        lambda site, _, key, __: site.all_of(Prescription)[key],
    )


def dose_after_the_order_ended(clinic: Clinic) -> None:
    clinic.pack = protocol(values={"missed_sessions_review": 99})
    clinic.wait(days=14)
    clinic.up_to("observing")


def dose_after_the_licence_was_withdrawn(clinic: Clinic) -> None:
    clinic.do("licence.withdraw", MAX, licence="licence-diamorphine", reason="expired")
    clinic.up_to("observing")


def dose_prepared_under_an_order_that_is_stopped_since(clinic: Clinic) -> None:
    clinic.up_to("prepared")
    clinic.do("prescription.stop", DOC, prescription=clinic.order, reason="other")
    clinic.site = clinic.site.recalled(clinic.the_order())
    clinic.inject()


def order_signed_without_proof(clinic: Clinic) -> None:
    order = {"person": "p-1", "drug": "diamorphine", "form": "ampoule", "strength": AMPOULE}
    order |= {"route": "intramuscular", "dose": ORDERED, "sessions": 1, "daily": ORDERED}
    order |= {"total": ORDERED, "total_in_words": "two hundred"}
    order |= {"valid_from": TODAY, "valid_to": TODAY}
    clinic.do("prescription.sign", Actor(DOC, Role.PRESCRIBER), **order)


# 2. Quantities


def more_than_ordered(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.prepare(dose=3 * AMPOULE, units=3)
    clinic.inject()


def more_than_the_day(clinic: Clinic) -> None:
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=3, daily=500_000)
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=4)
    clinic.up_to("observing")


def more_than_the_total(clinic: Clinic) -> None:
    clinic.order = clinic.sign(supersedes=clinic.order, sessions=2, total=500_000)
    for _ in range(2):
        clinic.dose()
        clinic.wait(hours=12)
    clinic.up_to("observing")


def more_accounted_for_than_was_to_be_given(clinic: Clinic) -> None:
    clinic.order = clinic.sign(supersedes=clinic.order, dose=150_000)
    clinic.up_to("assessed")
    clinic.prepare(dose=150_000)
    clinic.inject()
    clinic.account(ORDERED)


def oral_part(clinic: Clinic, quantity: int = 60_000) -> None:
    """Give what is taken by mouth, of 60 mg ordered."""
    clinic.do("register.open", ANN, BEA, **METHADONE)
    oral = {"oral_drug": "methadone", "oral": 60_000}
    clinic.order = clinic.sign(supersedes=clinic.order, **oral)
    told = {"person": "p-1", "order": clinic.order, "register": TABLETS, "quantity": quantity}
    clinic.do("oral.give", ANN, BEA, **told)


def no_oral_order(patch: pytest.MonkeyPatch) -> None:
    """Give by mouth whatever an order says."""
    any_order(patch)
    patch.setattr(oral, "require_order_now", gate.require_order_now)


def oral_part_of_an_order_that_is_stopped(clinic: Clinic) -> None:
    oral_part(clinic, 20_000)
    clinic.do("prescription.stop", DOC, prescription=clinic.order, reason="other")
    told = {"person": "p-1", "order": clinic.order, "register": TABLETS, "quantity": 20_000}
    clinic.do("oral.give", ANN, BEA, **told)


# 3. Intervals


def too_soon(clinic: Clinic) -> None:
    clinic.dose()
    clinic.wait(hours=1)
    clinic.up_to("observing")


def too_often(clinic: Clinic) -> None:
    """Of two doses little was given, so that the third one is within the day's quantity."""
    for _ in range(2):
        clinic.up_to("observing")
        clinic.account(50_000, wasted=150_000)
        clinic.do("session.end", session=clinic.session, outcome="left_before_checks")
        clinic.wait(hours=4)
    clinic.up_to("observing")


def by_a_clock_that_was_moved(clinic: Clinic) -> None:
    clinic.trusted = False
    clinic.up_to("observing")


def time_goes_back(clinic: Clinic) -> None:
    clinic.begin()
    clinic.wait(minutes=-1)
    clinic.identify()


def yesterdays_dose(patch: pytest.MonkeyPatch) -> None:
    """Count a dose for the day before."""
    patch.setattr(dose, "clinic_day", lambda *_: TODAY - DAY)


def forgotten_dose(patch: pytest.MonkeyPatch) -> None:
    """Keep another time of the last dose."""
    kept = patient.after_dose
    early = timedelta(hours=2)
    patch.setattr(
        dose,
        "after_dose",
        lambda known, given, sessions: replace(
            kept(known, given, sessions), last_dose_at=given.at - early
        ),
    )


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


OF_DOSES: list[Planted] = [
    (1, no_rule(gate, "require_standing_licence"), dose_after_the_licence_was_withdrawn),
    (1, any_order, dose_after_the_order_ended),
    (1, any_order, dose_prepared_under_an_order_that_is_stopped_since),
    (1, no_rule(prescription, "require_proof"), order_signed_without_proof),
    (1, no_oral_order, oral_part_of_an_order_that_is_stopped),
    (2, no_rule(gate, "_require_quantity"), more_than_ordered),
    (2, no_rule(gate, "_require_within"), more_than_the_day),
    (2, no_rule(gate, "_require_quantity"), more_than_the_total),
    (2, no_rule(dose, "_require_sum"), more_accounted_for_than_was_to_be_given),
    (2, no_rule(oral, "_require_left"), lambda clinic: oral_part(clinic, 60_001)),
    (3, no_rule(gate, "_require_interval"), too_soon),
    (3, no_rule(gate, "_require_day", "_require_window"), too_often),
    (3, no_rule(gate, "require_trusted_clock"), by_a_clock_that_was_moved),
    (3, no_fault, time_goes_back),
    (3, yesterdays_dose, lambda clinic: clinic.up_to("observing")),
    (3, forgotten_dose, lambda clinic: clinic.up_to("observing")),
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
    (6, no_rule(observation, "_require_time", "_require_checks"), cleared_early),
    (6, no_rule(observation, "_require_checks"), cleared_by_oxygen),
    (6, no_rule(observation, "_require_checks"), cleared_though_sedated),
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
