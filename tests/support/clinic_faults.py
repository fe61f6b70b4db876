"""Faults planted into the rules of doses, and what then breaks an invariant of a clinic.

Each fault takes one control away, and a short scenario then does what the control stood against.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from safelight.run.domain import registry
from safelight.run.domain.base import Actor, Change, Fact, Given, Role, When
from safelight.run.domain.clinic import (
    dose,
    gate,
    oral,
    patient,
    prescription,
    session,
)
from safelight.run.domain.clinic.dose import DoseAdministered
from safelight.run.domain.clinic.licence import LicenceRecorded
from safelight.run.domain.clinic_entities import Licence, Prescription
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.site import Site
from tests.support.clinic import (
    AMPOULE,
    ANN,
    BEA,
    DAY,
    DILAUDID,
    DOC,
    MAX,
    ORDERED,
    Clinic,
    licence,
    order,
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
    clinic.site = registry.evolve(clinic.site, fact, when).settled()
    clinic.oracle.after(clinic.site, [fact], given)


def any_stage(patch: pytest.MonkeyPatch) -> None:
    """Let every step come at any time."""
    patch.setattr(dose, "session_of", lambda site, key, *_, **__: site.all_of(Session)[key])


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


def a_dose_of_another_drug(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.prepare(register=DILAUDID, units=20)
    clinic.inject()


def called_another_drug(patch: pytest.MonkeyPatch) -> None:
    """Write down another drug than was given."""
    patch.setattr(
        dose,
        "DoseAdministered",
        lambda **told: DoseAdministered(**told | {"drug": "hydromorphone"}),
    )


def a_licence_for_other_premises(clinic: Clinic) -> None:
    elsewhere = licence("licence-south", "hydromorphone", premises="South")
    known = msgspec.convert(elsewhere, LicenceRecorded)
    clinic.do("licence.withdraw", MAX, licence="licence-hydromorphone", reason="expired")
    slip(clinic, known, MAX)
    what = {"drug": "hydromorphone", "strength": 10_000, "dose": 40_000}
    clinic.order = clinic.sign(**what)
    clinic.up_to("assessed")
    clinic.prepare(register=DILAUDID, dose=40_000, units=4)
    clinic.inject()


def anybodys_licence(patch: pytest.MonkeyPatch) -> None:
    """Sign under the licence of a colleague."""
    patch.setattr(
        prescription,
        "require_licence",
        lambda site, *_: site.all_of(Licence)["licence-diamorphine"],
    )


def order_signed_by_somebody_unlicensed(clinic: Clinic) -> None:
    other = Actor("s-other", Role.PRESCRIBER, clinic.now)
    clinic.do("prescription.sign", other, **order(clinic.now, route="intramuscular"))


def prepared_for_somebody_else(clinic: Clinic) -> None:
    """Prepare by the order of another patient."""
    theirs = clinic.sign(person=second_patient(clinic))
    clinic.up_to("assessed")
    clinic.prepare(order=theirs)


def second_patient(clinic: Clinic) -> str:
    """Take a second patient on."""
    clinic.take_on("p-2")
    return "p-2"


def given_by(chosen: str) -> Fault:
    """Give by another order than the one that it was prepared by."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        asked = gate.require_dose

        def other(site: Site, session_: Session, key: str, quantity: int, given: Given) -> Any:  # noqa: ANN401
            found = asked(site, session_, key, quantity, given)
            if session_.stage != "prepared":
                return found
            known = site.all_of(Prescription).values()
            return next(
                o for o in known if o.id != key and (o.person == "p-1") == (chosen == "own")
            )

        patch.setattr(dose, "require_dose", other)

    return plant


def given_by_the_order_of_another_route(clinic: Clinic) -> None:
    clinic.sign(route="intramuscular")
    clinic.up_to("observing")


def given_by_the_order_of_another_patient(clinic: Clinic) -> None:
    clinic.sign(person=second_patient(clinic))
    clinic.up_to("observing")


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


def oral_part_after_the_order_ended(clinic: Clinic) -> None:
    oral_part(clinic, 20_000)
    clinic.wait(days=14)
    told = {"person": "p-1", "order": clinic.order, "register": TABLETS, "quantity": 20_000}
    clinic.do("oral.give", ANN, BEA, **told)


def not_charged(patch: pytest.MonkeyPatch) -> None:
    """Take nothing off the order's total."""

    def free(site: Site, fact: DoseAdministered, when: When) -> Site:
        after = dose.on_administered(site, fact, when)
        return after.put(replace(after.all_of(Prescription)[fact.order], given=0))

    patch.setitem(registry.FACTS, "session.administered", Change(DoseAdministered, free))


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


OF_ORDERS: list[Planted] = [
    (1, no_rule(dose, "_require_same_drug"), a_dose_of_another_drug),
    (1, called_another_drug, lambda clinic: clinic.up_to("observing")),
    (1, no_fault, a_licence_for_other_premises),
    (1, anybodys_licence, order_signed_by_somebody_unlicensed),
    (1, any_order, prepared_for_somebody_else),
    (1, given_by("own"), given_by_the_order_of_another_route),
    (1, given_by("theirs"), given_by_the_order_of_another_patient),
    (1, no_oral_order, oral_part_after_the_order_ended),
    (1, no_rule(gate, "require_standing_licence"), dose_after_the_licence_was_withdrawn),
    (1, any_order, dose_after_the_order_ended),
    (1, any_order, dose_prepared_under_an_order_that_is_stopped_since),
    (1, no_rule(prescription, "require_proof"), order_signed_without_proof),
    (1, no_oral_order, oral_part_of_an_order_that_is_stopped),
    (2, not_charged, lambda clinic: clinic.up_to("observing")),
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
]
