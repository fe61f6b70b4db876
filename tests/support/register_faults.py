"""Faults planted into the rules of registers and of two people: what then breaks an invariant."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from safelight.run.domain import registry
from safelight.run.domain.base import Actor, Change, Role, When
from safelight.run.domain.clinic import (
    count,
    destruction,
    dose,
    footnote,
    late,
    ledger,
    observation,
    register,
    returns,
)
from safelight.run.domain.clinic.count import RegisterCounted
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.register_entities import Register
from safelight.run.domain.site import Site
from tests.support.clinic import (
    AMPOULE,
    ANN,
    BEA,
    EVE,
    HEROIN,
    MINUTE,
    ORDERED,
    Clinic,
)
from tests.support.clinic_faults import METHADONE, Planted, Scenario, any_stage, no_fault, no_rule
from tests.support.sites import protocol

RECEIVE: dict[str, Any] = {
    "register": HEROIN,
    "units": 10,
    "batch": "AB12",
    "expires": "2026-01-31",
    "supplier": "Maker Ltd",
    "address": "1 Works Road",
    "document": "Invoice 77",
}


# 8. Two people


def prepared_alone(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.do("session.prepare", ANN, None, **clinic.preparation())


def prepared_with_oneself(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.do("session.prepare", ANN, ANN, **clinic.preparation())


def prepared_with_somebody_logged_in(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    old = Actor(BEA, Role.NURSE, clinic.now - 6 * MINUTE)
    clinic.do("session.prepare", ANN, old, **clinic.preparation())


def wasted_alone(clinic: Clinic) -> None:
    clinic.up_to("prepared")
    clinic.do("session.account", ANN, None, session=clinic.session, wasted=ORDERED)


def alone(name: str, **fields: Any) -> Scenario:  # noqa: ANN401 - of a command
    """Return a scenario in which one person alone gives a command."""
    return lambda clinic: clinic.do(name, ANN, None, **fields)


def a_return_destroyed_alone(clinic: Clinic) -> None:
    back = {"drug": "methadone", "form": "tablet", "strength": 5_000, "units": 3}
    (fact,) = clinic.do("return.record", ANN, **back)
    key = fact.patient_return  # type: ignore[attr-defined]
    clinic.do("return.destroy", ANN, None, patient_return=key, method="other")


DESTROY = {"register": HEROIN, "units": 1, "reason": "expired", "method": "other"}
CORRECT = {"line": f"{HEROIN}-1", "was": 1000 * AMPOULE, "now": 999 * AMPOULE}


def destroyed_before_a_colleague(clinic: Clinic) -> None:
    clinic.do("register.destroy", ANN, BEA, **DESTROY)


def destroyed_before_somebody_unauthorised(clinic: Clinic) -> None:
    clinic.do("register.destroy", ANN, EVE, **DESTROY)


# 9. Every microgram


def a_part_disappears(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.account(150_000)


def cleared_while_something_is_owed(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.wait(minutes=20)
    clinic.observe()
    clinic.observe()
    clinic.discharge()


def nothing_taken_out(patch: pytest.MonkeyPatch) -> None:
    """Leave what is prepared in the cabinet's book."""
    patch.setattr(dose, "take_out", lambda site, *_: site)


def overwritten(site: Site, fact: RegisterCounted, when: When) -> Site:
    """Make the book fit the cabinet."""
    known = site.all_of(Register)[fact.register]
    missing = fact.expected - fact.counted
    return count.on_counted(site.put(replace(known, wasted=known.wasted + missing)), fact, when)


def count_that_overwrites(patch: pytest.MonkeyPatch) -> None:
    """Let a count change the balance."""
    change = Change(RegisterCounted, overwritten)
    patch.setitem(registry.FACTS, "register.counted", change)


def silent_count(patch: pytest.MonkeyPatch) -> None:
    """Open no discrepancy."""
    rule = registry.COMMANDS["register.count"]
    quiet = rule._replace(decide=lambda *how: count.count(*how)[:1])
    patch.setitem(registry.COMMANDS, "register.count", quiet)


def a_count_that_differs(clinic: Clinic) -> None:
    clinic.do("register.count", ANN, BEA, register=HEROIN, units=990)


def more_than_there_is(clinic: Clinic) -> None:
    clinic.do("register.waste", ANN, BEA, register=HEROIN, units=1001, reason="broken")


def more_units_than_needed(clinic: Clinic) -> None:
    clinic.up_to("assessed")
    clinic.prepare(units=9)


# 10. Nothing twice


def a_tap_that_comes_twice(clinic: Clinic) -> None:
    clinic.do("register.receive", ANN, **RECEIVE)
    clinic.taps -= 1
    clinic.do("register.receive", ANN, **RECEIVE)


def never_accounted(patch: pytest.MonkeyPatch) -> None:
    """Forget that something is accounted for."""
    patch.setattr(Session, "owes", True)


def accounted_for_twice(clinic: Clinic) -> None:
    clinic.up_to("observing")
    clinic.account()
    clinic.account()


def prepared_twice(clinic: Clinic) -> None:
    clinic.up_to("prepared")
    clinic.prepare()


def a_second_injection(clinic: Clinic) -> None:
    clinic.pack = protocol(values={"dose_interval_minutes": 0})
    clinic.up_to("observing")
    clinic.inject()


def told_later(patch: pytest.MonkeyPatch) -> None:
    """Forget when a late entry took place."""
    enter = ledger.enter
    patch.setattr(
        register,
        "enter",
        lambda site, known, when, **how: enter(
            site, known, when._replace(happened_at=when.recorded_at), **how
        ),
    )


def a_late_delivery(clinic: Clinic) -> None:
    clinic.wait(days=1)
    clinic.do("register.receive", ANN, None, clinic.now - timedelta(hours=5), **RECEIVE)


def two_lines(patch: pytest.MonkeyPatch) -> None:
    """Write every wastage twice, the second time of nothing."""
    waste = register.on_wasted

    def again(site: Site, fact: register.StockWasted, when: When) -> Site:
        return waste(waste(site, fact, when), replace(fact, quantity=0), when)

    patch.setitem(registry.FACTS, "register.wasted", Change(register.StockWasted, again))


def one_wastage(clinic: Clinic) -> None:
    clinic.do("register.waste", ANN, BEA, register=HEROIN, units=1, reason="broken")


OF_REGISTERS: list[Planted] = [
    (8, no_rule(destruction, "require_destruction_witness"), alone("register.destroy", **DESTROY)),
    (9, never_accounted, accounted_for_twice),
    (9, any_stage, prepared_twice),
    (8, no_rule(dose, "require_two"), prepared_alone),
    (8, no_rule(dose, "require_two"), prepared_with_oneself),
    (8, no_rule(dose, "require_two"), prepared_with_somebody_logged_in),
    (8, no_rule(dose, "require_two"), wasted_alone),
    (
        8,
        no_rule(register, "require_two"),
        alone("register.waste", register=HEROIN, units=1, reason="broken"),
    ),
    (8, no_rule(register, "require_two"), alone("register.open", **METHADONE)),
    (8, no_rule(count, "require_two"), alone("register.count", register=HEROIN, units=1000)),
    (8, no_rule(footnote, "require_two"), alone("register.correct", **CORRECT, reason="other")),
    (
        8,
        no_rule(late, "require_two"),
        alone(
            "doses.record_late", person="p-1", register=HEROIN, administered=ORDERED, by="patient"
        ),
    ),
    (8, no_rule(returns, "require_two"), a_return_destroyed_alone),
    (8, no_rule(destruction, "require_destruction_witness"), destroyed_before_a_colleague),
    (
        8,
        no_rule(destruction, "require_destruction_witness"),
        destroyed_before_somebody_unauthorised,
    ),
    (9, no_rule(dose, "_require_sum"), a_part_disappears),
    (9, no_rule(observation, "require_nothing_owed"), cleared_while_something_is_owed),
    (9, nothing_taken_out, lambda clinic: clinic.up_to("prepared")),
    (9, count_that_overwrites, a_count_that_differs),
    (9, silent_count, a_count_that_differs),
    (9, no_rule(register, "require_in_cabinet"), more_than_there_is),
    (9, no_rule(dose, "_require_units"), more_units_than_needed),
    (10, no_fault, a_tap_that_comes_twice),
    (10, any_stage, a_second_injection),
    (10, told_later, a_late_delivery),
    (10, two_lines, one_wastage),
]
