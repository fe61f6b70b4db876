"""A dose, from the cabinet to the last checks, and what may become of it on the way."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic import attacks, bedside
from safelight.rehearse.clinic.overdose import overdose
from safelight.rehearse.clinic.patients import MILLIGRAM
from safelight.rehearse.clinic.room import Room, Stopped
from safelight.run.domain.clinic.observation import Watch, watches

SITES = {"intravenous": ("left_arm", "right_arm"), "intramuscular": ("deltoid", "thigh")}
BY_PATIENT = 0.95


def dosed(room: Room) -> Steps:
    """Prepare a dose, have it given, and observe; or give it on paper where the system is down."""
    clinic, patient, dice = room.clinic, room.patient, room.dice
    room.tempt("assessed")
    yield dice.between(60, 150)
    fields = bedside.preparation(clinic, patient, room.session)
    if dice.chance(room.behaviour.paper_share.value):
        yield from _on_paper(room, fields)
        return
    actor, witness = room.staff.two()
    room.do("session.prepare", actor, witness, **fields)
    clinic.cabinet[patient.drug].units -= fields["units"]
    room.tempt("prepared")
    yield dice.between(60, 200)
    if dice.chance(room.behaviour.unused_share.value):
        _unused(room)
        return
    by = "patient" if dice.chance(BY_PATIENT) else "clinician"
    site = dice.pick(SITES[patient.route])
    room.do("session.administer", room.staff.nurse(), by=by, body_site=site)
    clinic.tally.doses += 1
    room.dosed = True
    yield from _watched(room, clinic.now)


def _on_paper(room: Room, fields: dict[str, Any]) -> Steps:
    """The system is down: the dose goes on paper, and is recorded when it is up again."""
    clinic, patient, given_at = room.clinic, room.patient, room.clinic.now
    stock, units = clinic.cabinet[patient.drug], fields["units"]
    stock.units -= units
    stock.on_paper += units
    yield room.dice.between(1800, 3600)
    stock.on_paper -= units
    stock.lost += units  # unless it is recorded now
    room.leave("left_before_checks")
    wasted = units * patient.strength - fields["dose"]
    actor, witness = room.staff.two()
    late = {
        "person": patient.person,
        "register": fields["register"],
        "order": fields["order"],
        "administered": fields["dose"],
        "wasted": wasted,
        "by": "patient",
    }
    if not clinic.act("doses.record_late", late, actor, witness, given_at):
        raise Stopped
    stock.lost -= units
    clinic.tally.on_paper += 1
    clinic.tally.micrograms += fields["dose"]
    clinic.tally.wasted += wasted


def _unused(room: Room) -> None:
    """The patient goes before the injection; whole units are put back, or all is wasted."""
    prepared = room.session.prepared
    room.leave("left_before_dose")
    room.clinic.tally.left_before_dose += 1
    if room.dice.chance(0.5):
        room.account(returned=prepared)
    else:
        room.account(wasted=prepared)


def _account(room: Room) -> None:
    """Account for a dose; now and then only part of it could be injected."""
    session = room.session
    given = session.planned
    if room.dice.chance(room.behaviour.partial_share.value):
        given = given // 2 // MILLIGRAM * MILLIGRAM
    room.account(administered=given, wasted=session.prepared - given)


def _watched(room: Room, began: datetime) -> Steps:
    """Observe from the moment of the injection to the last checks."""
    clinic, dice, behaviour = room.clinic, room.dice, room.behaviour
    yield 60
    _observe(room)
    if dice.chance(behaviour.overdoses_per_injection.value):
        hospital = dice.chance(behaviour.ambulance_share.value)
        yield from overdose(clinic, room.patient, room.session.visit, dice, hospital=hospital)
        if hospital:
            room.leave("to_hospital")
            _account(room)
            return
    yield clinic.until(began + timedelta(minutes=5))
    _observe(room)
    if clinic.now < _over(room):  # it may be over after an emergency
        room.tempt("observing")
    yield dice.between(30, 240)
    _account(room)
    yield clinic.until(began + timedelta(minutes=10))
    _observe(room)
    if dice.chance(behaviour.leaves_before_checks_share.value):
        clinic.tally.left_before_checks += 1
        room.leave("left_before_checks")
        return
    yield from _checked(room)


def _checked(room: Room) -> Steps:
    """Check the patient once more when the time is over, and again where that clears nobody."""
    clinic, dice, over = room.clinic, room.dice, _over(room)
    yield from _looks_well(room)
    yield clinic.until(over) + dice.between(0, 60)
    if room.session.observations[-1].at < over:
        room.tempt("unchecked")
    if dice.chance(room.behaviour.drowsy_after_share.value):
        _observe(room, drowsy=True)
        clinic.attack(attacks.gone_drowsy(room.moment))
        yield dice.between(600, 1200)
    _observe(room)
    yield dice.between(20, 90)
    room.do("session.discharge", room.staff.nurse())


def _looks_well(room: Room) -> Steps:
    """After naloxone, try to clear the patient when the time that follows the dose is over."""
    clinic = room.clinic
    for dose, naloxone in pairwise(watches(clinic.hands.site, room.session)):
        yield clinic.until(_end(room, dose))
        _observe(room)
        if clinic.now < _end(room, naloxone):
            clinic.attack(attacks.gone_after_naloxone(room.moment))


def _over(room: Room) -> datetime:
    """Return when the time of observation is over."""
    return max(_end(room, watch) for watch in watches(room.clinic.hands.site, room.session))


def _end(room: Room, watch: Watch) -> datetime:
    return watch.since + timedelta(minutes=room.clinic.hands.protocol.number(watch.value))


def _observe(room: Room, *, drowsy: bool = False) -> None:
    found = bedside.after(room.dice, drowsy=drowsy)
    room.do("session.observe", room.staff.worker(), bedside=found)
