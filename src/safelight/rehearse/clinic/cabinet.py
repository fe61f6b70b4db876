"""The cabinet and its registers: deliveries, counts, breakages, destruction, what is wrong in them.

How many units really lie in the cabinet is kept apart from the register, so that each count is a
check of the book against the world.
"""

from collections.abc import Iterable
from datetime import date, time
from typing import Any

from safelight.kernel.ids import derive_id, derive_random_id
from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic.clinic import DAY, Clinic, Stock, Try
from safelight.rehearse.clinic.documents import (
    RENEWED_AFTER,
    authorise_witness,
    renew_licences,
    start_anew,
)
from safelight.rehearse.clinic.patients import METHADONE, MILLIGRAM, PRODUCTS
from safelight.rehearse.dice import Dice
from safelight.run.domain.base import Actor
from safelight.run.domain.clinic.ledger import line_id
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.register_entities import Register

NOON = time(12)
MONDAY, FIRST = 0, 1
MONTH = 30.4
ENOUGH_DAYS, ORDER_DAYS, LEAST = 9, 28, 20
SLIP = 10  # units left out of an entry
HOUR, DAY_SECONDS = 3600.0, 86400.0
SUPPLIER = {"supplier": "Wholesaler (made up)", "address": "1 Nowhere Street"}


def open_registers(clinic: Clinic, daily: dict[str, int]) -> None:
    """Open a register for each drug with what two people counted."""
    for drug, (form, strength) in PRODUCTS.items():
        units = max(LEAST, daily[drug] * ORDER_DAYS)
        actor, witness = clinic.staff.two()
        fields = {"drug": drug, "form": form, "strength": strength, "units": units}
        clinic.act("register.open", fields, actor, witness)
        key = next(r.id for r in clinic.hands.site.all_of(Register).values() if r.drug == drug)
        clinic.cabinet[drug] = Stock(key, strength, units)


def chores(clinic: Clinic) -> Steps:
    """Do at noon of each day what a cabinet, its papers and the machine ask for."""
    first = day = clinic.scenario.period.first
    while True:
        yield clinic.until(clinic.instant(day, NOON))
        dice = clinic.dice("chores", day)
        for drug in PRODUCTS:
            _stock_up(clinic, drug, day, dice)
            if day.weekday() == MONDAY:
                yield 60
                _count(clinic, clinic.cabinet[drug], dice)
        if day.day == FIRST:
            _destroy(clinic, dice)
        _mishaps(clinic, dice)
        if day > first and (day - first).days % RENEWED_AFTER == 0:
            authorise_witness(clinic)
            clinic.agenda.spawn(renew_licences(clinic))
        day += DAY


def _mishaps(clinic: Clinic, dice: Dice) -> None:
    """Whatever happens now and then: breakages, returns, concerns, a machine that starts anew."""
    behaviour = clinic.scenario.behaviour
    if dice.chance(behaviour.broken_per_month.value / MONTH):
        _break(clinic, clinic.cabinet[dice.pick(list(PRODUCTS))])
    if dice.chance(behaviour.returns_per_month.value / MONTH):
        clinic.agenda.spawn(_brought_back(clinic, dice))
    if dice.chance(behaviour.concerns_per_month.value / MONTH):
        _concern(clinic, clinic.cabinet[dice.pick(list(PRODUCTS))])
    if dice.chance(behaviour.restarts_per_year.value / 365):
        clinic.agenda.spawn(_restart(clinic), dice.between(0, DAY_SECONDS))


def _restart(clinic: Clinic) -> Steps:
    yield 0
    start_anew(clinic)


# --- Deliveries -------------------------------------------------------------------------------


def _stock_up(clinic: Clinic, drug: str, day: date, dice: Dice) -> None:
    """Order what four weeks need once there is little more than one week's left."""
    stock = clinic.cabinet[drug]
    orders = clinic.hands.site.all_of(Prescription).values()
    daily = needed_daily((o.drug, o.dose, o.sessions, o.oral) for o in orders)[drug]
    if stock.ordered or stock.units > max(LEAST, daily * ENOUGH_DAYS):
        return
    units = max(LEAST, daily * ORDER_DAYS)
    fields = {"register": stock.register, "units": units, **SUPPLIER, "purpose": "Treatment"}
    command = clinic.act("requisition.sign", fields, clinic.staff.pharmacist_or_manager())
    stock.ordered = True
    delivery = _delivered(clinic, stock, derive_id("rq", command), units, dice)
    comes = clinic.instant(day + DAY * dice.whole(1, 3), time(10, 30))
    clinic.agenda.spawn(delivery, clinic.until(comes))


def _delivered(clinic: Clinic, stock: Stock, requisition: str, units: int, dice: Dice) -> Steps:
    """A delivery comes, and is entered: at once, days later, or wrongly."""
    behaviour, came = clinic.scenario.behaviour, clinic.now
    stock.units += units
    stock.unentered += units
    late = dice.chance(behaviour.late_entry_share.value)
    yield DAY_SECONDS * dice.whole(1, 3) if late else 600
    fields: dict[str, Any] = {
        "register": stock.register,
        "units": units,
        "batch": f"R{came:%y%m%d}",
        "expires": clinic.today + DAY * 730,
        "document": f"Invoice {came:%Y%m%d} (made up)",
        "requisition": requisition,
        **SUPPLIER,
    }
    pharmacist = clinic.staff.pharmacist()
    clinic.attack(Try("register.receive", {**fields, "units": 0}, pharmacist, _r("whole-units")))
    slip = stock.slip is None and dice.chance(behaviour.wrong_entry_share.value)
    told = {**fields, "units": units - SLIP} if slip else fields
    clinic.act("register.receive", told, pharmacist, at=came if late else None)
    stock.unentered -= units
    clinic.tally.receipts += 1
    clinic.tally.late_entries += late
    stock.ordered = False
    if slip:
        register = _register(clinic, stock)
        was, now = (units - SLIP) * stock.strength, units * stock.strength
        stock.slip = (line_id(register.id, register.lines), was, now)


def _r(*rules: str) -> frozenset[str]:
    return frozenset(rules)


def _register(clinic: Clinic, stock: Stock) -> Register:
    return clinic.hands.site.all_of(Register)[stock.register]


# --- Counts and what they find ----------------------------------------------------------------


def _count(clinic: Clinic, stock: Stock, dice: Dice) -> None:
    """Two people count; at times one too many or too few, and at times a unit is really gone."""
    behaviour, before = clinic.scenario.behaviour, _register(clinic, stock).discrepancy
    actor, witness = clinic.staff.two()
    if stock.units and dice.chance(behaviour.loss_share.value):
        stock.units -= 1
        stock.lost += 1
    told = stock.units
    if dice.chance(behaviour.miscount_share.value):
        told = max(0, told + dice.pick((-1, 1)))
    fields = {"register": stock.register, "units": told}
    clinic.attack(Try("register.count", fields, actor, _r("witness-present")))
    clinic.act("register.count", fields, actor, witness)
    clinic.tally.counts += 1
    found = _register(clinic, stock).discrepancy
    if found is not None and found != before:
        clinic.tally.discrepancies += 1
        clinic.agenda.spawn(_explained(clinic, stock, found, dice), HOUR)


def _explained(clinic: Clinic, stock: Stock, key: str, dice: Dice) -> Steps:
    """Look into a difference until a second count, a footnote or a late entry explains it."""
    if _missing(clinic, stock) > 0:
        clinic.attack(_resolving(clinic, stock, key, "loss", "loss-reported"))
    clinic.act("discrepancy.report", {"discrepancy": key}, clinic.staff.nurse())
    resolution = "counted_wrong"
    while True:
        while _missing(clinic, stock) < 0:
            clinic.attack(_resolving(clinic, stock, key, "counted_wrong", "discrepancy-surplus"))
            resolution = "entry_missing"
            if stock.slip is not None:
                _footnote(clinic, stock)
                resolution = "entry_wrong"
            yield dice.between(4 * HOUR, DAY_SECONDS)
        yield dice.between(600, 3 * HOUR)
        # Meanwhile a delivery may have come, and what is on paper is no loss: look again.
        if (missing := _missing(clinic, stock)) >= 0 and not stock.on_paper:
            break
    if missing > 0:
        clinic.attack(_resolving(clinic, stock, key, "counted_wrong", "discrepancy-explained"))
        resolution, stock.lost = "loss", 0
    wrong = _resolving(clinic, stock, key, resolution, "witness-present")
    clinic.attack(wrong._replace(witness=None))
    clinic.act(wrong.name, wrong.fields, wrong.by, wrong.witness)
    clinic.tally.settled += 1


def _missing(clinic: Clinic, stock: Stock) -> int:
    """Return how many units fewer lie in the cabinet than the register says."""
    return _register(clinic, stock).cabinet // stock.strength - stock.units


def _resolving(clinic: Clinic, stock: Stock, key: str, resolution: str, rule: str) -> Try:
    fields = {"discrepancy": key, "resolution": resolution, "units": stock.units}
    by, witness = clinic.staff.pharmacist_or_manager(), clinic.staff.nurse()
    return Try("discrepancy.resolve", fields, by, _r(rule), witness)


def _footnote(clinic: Clinic, stock: Stock) -> None:
    if stock.slip is None:
        return
    line, was, now = stock.slip
    fields = {"line": line, "was": was, "now": now, "reason": "typing_slip"}
    actor, witness = clinic.staff.two()
    other = {**fields, "was": was + stock.strength}
    clinic.attack(Try("register.correct", other, actor, _r("line-says"), witness))
    clinic.act("register.correct", fields, actor, witness)
    clinic.attack(Try("register.correct", fields, actor, _r("line-corrected"), witness))
    clinic.tally.footnotes += 1
    stock.slip = None


# --- What leaves the cabinet without a patient ------------------------------------------------


def _break(clinic: Clinic, stock: Stock) -> None:
    """An ampoule breaks; somebody tries to write off more than there is."""
    actor, witness = clinic.staff.two()
    fields = {"register": stock.register, "reason": "broken"}
    more = _register(clinic, stock).cabinet // stock.strength + 1
    wrong = Try("register.waste", {**fields, "units": more}, actor, _r("cabinet-holds"), witness)
    clinic.attack(wrong)
    if stock.units:
        stock.units -= 1
        clinic.act("register.waste", {**fields, "units": 1}, actor, witness)


def _destroy(clinic: Clinic, dice: Dice) -> None:
    """Destroy what has expired before the authorised witness, and before nobody else."""
    staff, mean = clinic.staff, clinic.scenario.behaviour.expired_per_month.value
    for stock in clinic.cabinet.values():
        units = min(dice.poisson(mean / len(PRODUCTS)), stock.units)
        fields = {
            "register": stock.register,
            "units": max(1, units),
            "reason": "expired",
            "method": "denaturing_kit",
        }
        by = staff.pharmacist()
        wrong: tuple[tuple[Actor, str], ...] = (
            (staff.manager(), "witness-may"),
            (staff.officer(), "witness-authorised"),
        )
        for witness, rule in wrong:
            clinic.attack(Try("register.destroy", fields, by, _r(rule), witness))
        if units:
            stock.units -= units
            clinic.act("register.destroy", fields, by, staff.witness())
            clinic.tally.destructions += 1


def _brought_back(clinic: Clinic, dice: Dice) -> Steps:
    """Somebody brings drugs back, which are never stock, and two people destroy them later."""
    fields = {"drug": "methadone", "form": "tablet", "strength": 5 * MILLIGRAM}
    units = {"units": dice.whole(1, 30)}
    command = clinic.act("return.record", {**fields, **units}, clinic.staff.nurse())
    yield dice.between(HOUR, 3 * HOUR)
    actor, witness = clinic.staff.two()
    key = derive_random_id("return", command)
    gone = {"patient_return": key, "method": "denaturing_kit"}
    clinic.attack(Try("return.destroy", gone, actor, _r("witness-different"), actor))
    clinic.act("return.destroy", gone, actor, witness)


def _concern(clinic: Clinic, stock: Stock) -> None:
    fields = {"kind": "record_keeping", "register": stock.register}
    command = clinic.act("concern.raise", fields, clinic.staff.nurse())
    key = {"concern": derive_random_id("concern", command)}
    clinic.act("concern.acknowledge", key, clinic.staff.officer())


def needed_daily(orders: Iterable[tuple[str, int, int, int]]) -> dict[str, int]:
    """Return how many units a day of each drug orders need: drug, dose, sessions, by mouth."""
    daily = dict.fromkeys(PRODUCTS, 0)
    for drug, dose, sessions, oral in orders:
        daily[drug] += -(-dose // PRODUCTS[drug].strength) * sessions
        daily[METHADONE] += oral // PRODUCTS[METHADONE].strength
    return daily
