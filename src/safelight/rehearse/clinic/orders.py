"""Orders: signed for fourteen days, superseded before they end, and what nobody may sign."""

from datetime import date, timedelta
from typing import Any

from safelight.kernel.ids import derive_random_id
from safelight.rehearse.clinic.clinic import Clinic, Try
from safelight.rehearse.clinic.patients import MILLIGRAM, Order, Patient, prescriber_of
from safelight.rehearse.dice import Dice
from safelight.run.domain.base import Actor
from safelight.run.domain.clinic.words import in_words

ORDER_DAYS, RENEW_WITHIN = 14, timedelta(days=1)


def sign_order(clinic: Clinic, patient: Patient, dose: int, days: int = ORDER_DAYS) -> bool:
    """Sign an order for a patient in place of the one that stands."""
    fields = order_fields(patient, dose, clinic.today, days)
    by = prescriber_of(clinic, patient)
    command = clinic.act("prescription.sign", fields, by)
    if command:
        patient.superseded = patient.order.id if patient.order else ""
        licence = clinic.licences[by.staff, patient.drug]
        patient.order = Order(derive_random_id("rx", command), dose, fields["valid_to"], licence)
        clinic.tally.orders += 1
    return bool(command)


def order_fields(patient: Patient, dose: int, today: date, days: int) -> dict[str, Any]:
    """Return an order as the screen would send it, with a total that fits."""
    sessions = len(patient.group.slots)
    total = dose * sessions * days
    fields: dict[str, Any] = {
        "person": patient.person,
        "drug": patient.drug,
        "form": "ampoule",
        "strength": patient.strength,
        "route": patient.route,
        "dose": dose,
        "sessions": sessions,
        "daily": dose * sessions,
        "total": total,
        "total_in_words": in_words(total),
        "valid_from": today,
        "valid_to": today + timedelta(days=days - 1),
    }
    if patient.oral:
        fields |= {"oral_drug": "methadone", "oral": patient.oral}
    if patient.order:
        fields["supersedes"] = patient.order.id
    return fields


def is_due(clinic: Clinic, patient: Patient) -> bool:
    """Tell whether a patient's order ends so soon that a new one is signed now."""
    order = patient.order
    return order is None or order.valid_to - clinic.today <= RENEW_WITHIN or is_dead(clinic, order)


def has_lapsed(clinic: Clinic, patient: Patient) -> bool:
    """Tell whether a patient has no order that holds today."""
    order = patient.order
    return order is None or order.valid_to < clinic.today or is_dead(clinic, order)


def is_dead(clinic: Clinic, order: Order) -> bool:
    """Tell whether the licence under which an order was signed no longer holds."""
    return order.licence not in clinic.licences.values()


def settled_dose(patient: Patient) -> int:
    """Return the dose of the next order: the first is half, and the second what was settled."""
    if patient.order is None:
        return patient.dose // 2 // MILLIGRAM * MILLIGRAM
    return patient.dose


def wrong_order(clinic: Clinic, patient: Patient, dice: Dice) -> Try:
    """Return an order that nobody may sign, or not so."""
    prescriber = prescriber_of(clinic, patient)
    right = order_fields(patient, patient.dose, clinic.today, ORDER_DAYS)
    too_much = {"dose": 10**9, "daily": 10**9}
    wrongs: tuple[tuple[dict[str, Any], str], ...] = (
        ({"total_in_words": "one hundred"}, "order-words"),
        ({"dose": 0}, "order-quantity"),
        ({"strength": 0}, "order-quantity"),
        ({"sessions": 9}, "order-quantity"),
        (too_much, "order-quantity"),
        ({"valid_from": clinic.today - timedelta(days=2)}, "order-dates"),
        ({"valid_to": clinic.today + timedelta(days=60)}, "order-dates"),
        ({"total": right["daily"] * 99}, "order-total"),
        ({"supersedes": "rx-of-nobody"}, "order-supersedes"),
        ({"oral_drug": "methadone", "oral": 0}, "order-oral"),
        ({"dose": -1}, "form-field"),
    )
    other, rule = dice.pick(wrongs)
    people: tuple[tuple[Actor, str, dict[str, Any]], ...] = (
        (prescriber, rule, other),
        (prescriber._replace(proved_at=None), "proof-given", {}),
        (
            prescriber._replace(proved_at=clinic.now - timedelta(hours=1)),
            "proof-fresh",
            {},
        ),
        (clinic.staff.nurse(), "role-may", {}),
        (prescriber._replace(staff="sim-locum"), "prescriber-licensed", {}),
    )
    by, rule, other = people[0] if dice.chance(0.6) else dice.pick(people[1:])
    return Try("prescription.sign", {**right, **other}, by, frozenset({rule}))
