"""One attendance: arrival, identity, assessment, decisions, and then the dose.

Simulated staff go by what their screens show. They wait where an interval has not passed, call the
prescriber where one has to decide, and now and then somebody tries what must be refused.
"""

from collections.abc import Generator
from datetime import timedelta

from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic import attacks
from safelight.rehearse.clinic.clinic import CLOCK
from safelight.rehearse.clinic.dosing import dosed
from safelight.rehearse.clinic.orders import has_lapsed, settled_dose, sign_order
from safelight.rehearse.clinic.patients import MILLIGRAM, prescriber_of
from safelight.rehearse.clinic.room import Room, Stopped
from safelight.run.domain.base import Actor
from safelight.run.domain.clinic.gate import INTERVAL
from safelight.run.domain.clinic.patient import MISSED_LIMIT
from safelight.run.domain.dosing_locks import OVERDOSE

Ready = Generator[float, None, bool]


def sitting(room: Room) -> Steps:
    """Go through a session to its end."""
    tally = room.clinic.tally
    tally.sessions += 1
    try:
        room.begin()
        yield from _attended(room)
    except Stopped:
        tally.sessions_mistaken += room.clinic.stopped_by != CLOCK
        room.wrap_up()


def second_helping(room: Room) -> Steps:
    """Come back for a second dose right after the first, which must be refused."""
    try:
        room.begin()
        yield room.dice.between(60, 120)
        room.do("session.identify", room.staff.worker(), by="known")
        room.assess()
        room.clinic.attack(attacks.early(room.moment))
        room.leave("left_before_dose")
    except Stopped:
        room.wrap_up()


def _attended(room: Room) -> Steps:
    clinic, dice = room.clinic, room.dice
    room.tempt("here")
    yield dice.between(60, 300)
    room.do("session.identify", room.staff.worker(), by=dice.pick(("known", "photograph")))
    room.tempt("identified")
    yield dice.between(60, 240)
    if dice.chance(room.behaviour.leaves_before_dose_share.value):
        clinic.tally.left_before_dose += 1
        room.leave("left_before_dose")
        return
    yield from _interval(room)
    if (yield from _assessed(room)) and (yield from _permitted(room)):
        yield from dosed(room)


def _interval(room: Room) -> Steps:
    """Wait until a dose may follow the last one."""
    last = room.known.last_dose_at
    gap = timedelta(minutes=room.clinic.hands.protocol.number(INTERVAL))
    if last is not None and last + gap > room.clinic.now:
        yield room.clinic.until(last + gap) + room.dice.between(30, 300)


def _assessed(room: Room) -> Ready:
    """Assess the patient; where something speaks against a dose, have somebody decide."""
    dice = room.dice
    intoxicated = dice.chance(room.behaviour.intoxicated_share.value)
    if room.assess(intoxicated=intoxicated):
        return True
    room.clinic.attack(attacks.held(room.moment))
    decision = dice.weighted(room.behaviour.hold_decisions.weights)
    if decision == "later":
        yield dice.between(1800, 3600)
        return room.assess()
    if decision == "withheld" or not room.staff.prescriber_here:
        _withhold(room, "intoxicated")
        return False
    yield dice.between(60, 240)
    prescriber = prescriber_of(room.clinic, room.patient)
    if decision == "reduced":
        _reduce(room, prescriber)
    _lift(room, prescriber)
    return True


def _lift(room: Room, prescriber: Actor) -> None:
    seen = room.session.assessment
    number = seen.seq if seen else 0
    reason = "discussed_with_prescriber"
    room.do("session.lift_hold", prescriber, assessment=number, reason=reason)
    room.clinic.tally.lifted += 1


def _reduce(room: Room, prescriber: Actor) -> None:
    order = room.patient.order
    if order is not None and not has_lapsed(room.clinic, room.patient):
        less = order.dose // 2 // MILLIGRAM * MILLIGRAM
        fields = {"order": order.id, "dose": less, "reason": "intoxicated"}
        room.do("session.reduce", prescriber, **fields)
        room.clinic.tally.reduced += 1


def _withhold(room: Room, reason: str) -> None:
    visit = room.session.visit
    room.do("session.withhold", room.staff.nurse(), reason=reason)
    room.clinic.act("visit.leave", {"visit": visit}, room.staff.worker())
    room.clinic.tally.withheld += 1


def _permitted(room: Room) -> Ready:
    """Have a prescriber decide where a lock, missed sessions or a lapsed order stand."""
    clinic, patient = room.clinic, room.patient
    locked = room.known.locked_at is not None
    missed = room.session.missed > clinic.hands.protocol.number(MISSED_LIMIT)
    lapsed = has_lapsed(clinic, patient)
    if not (locked or missed or lapsed):
        _waver(room)
        return True
    wrong = attacks.locked if locked else attacks.missed if missed else attacks.lapsed_order
    clinic.attack(wrong(room.moment))
    if not room.staff.prescriber_here:
        _withhold(room, "other")
        return False
    yield room.dice.between(60, 180)
    if locked or missed:
        _review(room, locked=locked)
    if lapsed and not sign_order(clinic, patient, settled_dose(patient)):
        raise Stopped
    return True


def _review(room: Room, *, locked: bool) -> None:
    known = room.known
    reason = "after_overdose" if OVERDOSE in known.locked_for else "seen_and_safe"
    fields = {
        "person": room.patient.person,
        "reason": reason if locked else "after_missed",
        "lock": known.locked_at,
        "restart": locked,
    }
    if not room.clinic.act("doses.review", fields, prescriber_of(room.clinic, room.patient)):
        raise Stopped
    room.clinic.tally.reviews += 1


def _waver(room: Room) -> None:
    """Now and then, a patient withdraws consent and gives it again."""
    if room.dice.chance(room.behaviour.consent_withdrawn_share.value):
        fields = {"treatment": room.patient.treatment, "purpose": "treatment"}
        room.clinic.act("consent.withdraw", fields, room.staff.nurse())
        room.clinic.attack(attacks.no_consent(room.moment))
        room.clinic.act("consent.give", fields, room.staff.nurse())
