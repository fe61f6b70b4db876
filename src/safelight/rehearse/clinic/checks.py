"""The invariants of a clinic, one check each, in plain terms.

Each looks at one fact just before it is written into the oracle's books, and says what is wrong
with it. Numbers are those of docs/hazard-log.md.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from safelight.rehearse.clinic.books import (
    A_DAY,
    NOTHING,
    Attendance,
    Books,
    Order,
    Patient,
    against,
    incomplete,
    mg,
)
from safelight.run.domain.base import Actor, Given, Role
from safelight.run.domain.clinic.destruction import StockDestroyed
from safelight.run.domain.clinic.dose import DoseAccounted, DoseAdministered, DosePrepared
from safelight.run.domain.clinic.footnote import LineCorrected
from safelight.run.domain.clinic.observation import SessionEnded
from safelight.run.domain.clinic.oral import OralGiven
from safelight.run.domain.clinic.patient import DosesReviewed
from safelight.run.domain.clinic.prescription import PrescriptionSigned
from safelight.run.domain.clinic.session import DoseReduced, HoldLifted

Found = Iterator[str]


class Moment(NamedTuple):
    """A dose that was just given, and what the books say about it."""

    fact: DoseAdministered
    given: Given
    patient: Patient
    session: Attendance
    order: Order | None


def moment(books: Books, fact: DoseAdministered, given: Given) -> Moment:
    """Return the moment of a dose."""
    patient, session = books.patient(fact.person), books.sessions[fact.session]
    return Moment(fact, given, patient, session, patient.orders.get(fact.order))


def number(given: Given, name: str) -> int:
    """Return a value of the pack, straight from its table."""
    return given.protocol.values[name].value


def minutes(given: Given, name: str) -> timedelta:
    """Return a time of the pack."""
    return timedelta(minutes=number(given, name))


def proved(actor: Actor | None, given: Given) -> bool:
    """Tell whether somebody gave a second factor just now."""
    if actor is None or actor.proved_at is None:
        return False
    return given.now - minutes(given, "second_factor_minutes") <= actor.proved_at <= given.now


# 1. No dose without an order


def dose_is_ordered(books: Books, dose: Moment) -> Found:
    """An active, in-date, signed order for that patient, drug and route, and its licence."""
    order, today = dose.order, books.today(dose.given)
    if order is None or not order.stands:
        yield f"{dose.fact.session} had a dose, and no order of the patient stands"
        return
    signed = order.signed
    if signed.drug != dose.fact.drug:
        yield f"{dose.fact.drug} was given, and {signed.drug} ordered"
    if not signed.valid_from <= today <= signed.valid_to:
        yield f"the order holds {signed.valid_from} to {signed.valid_to}, and it is {today}"
    licence = books.licences[signed.licence]
    paper = licence.recorded
    if licence.withdrawn or not paper.valid_from <= today <= (paper.valid_to or today):
        yield f"the licence {signed.licence} does not hold on {today}"
    if (paper.prescriber, paper.drug, paper.premises) != (
        order.prescriber,
        signed.drug,
        books.premises,
    ):
        yield f"the licence {signed.licence} is for something else"
    prepared = dose.session.prepared
    if prepared is None or prepared.order is not order:
        yield "what was given was prepared under another order, or not at all"
    elif books.accounts[prepared.register].holds != (signed.drug, signed.form, signed.strength):
        yield f"{signed.drug} was ordered, and {prepared.register} prepared"


def prepared_under_own_order(books: Books, fact: DosePrepared, _: Given) -> Found:
    """What is prepared for a patient is by an order of theirs."""
    person = books.sessions[fact.session].person
    if fact.order not in books.patient(person).orders:
        yield f"{fact.order} is no order of {person}"


def order_is_signed(books: Books, fact: PrescriptionSigned, given: Given) -> Found:
    """Only a prescriber who has just proved it, and has that licence, signs."""
    paper = books.licences[fact.licence].recorded
    if given.actor.role != Role.PRESCRIBER or not proved(given.actor, given):
        yield f"{given.actor.role} signed, proved at {given.actor.proved_at}"
    if paper.prescriber != given.actor.staff or paper.drug != fact.drug:
        yield f"{given.actor.staff} signed under the licence of {paper.prescriber}"


# 2. No more than ordered


def dose_is_within_order_and_day(books: Books, dose: Moment) -> Found:
    """The session's dose, the clinic day's total and the order's total."""
    if dose.order is None or dose.session.prepared is None:
        return
    signed, quantity = dose.order.signed, mg(dose.fact.dose)
    if not NOTHING < quantity <= mg(signed.dose) or quantity > dose.session.prepared.taken:
        yield f"{quantity} mg were given, of {mg(signed.dose)} mg ordered"
    if dose.order.given + quantity > mg(signed.total):
        yield f"with {quantity} mg the order gave more than its {mg(signed.total)} mg"
    today = books.day(dose.given)
    had = sum(
        each.quantity
        for each in dose.patient.doses
        if each.day == today and each.drug == dose.fact.drug
    )
    ceiling = number(dose.given, f"{dose.fact.drug}_daily_maximum_mg")
    if had + quantity > min(mg(signed.daily), Decimal(ceiling)):
        yield f"{had + quantity} mg on {today}, of {mg(signed.daily)} mg ordered, at most {ceiling}"


def dose_by_mouth_is_ordered(books: Books, fact: OralGiven, given: Given) -> Found:
    """What is taken by mouth is in an order that stands and holds today."""
    order, today = books.patient(fact.person).orders.get(fact.order), books.today(given)
    if order is None or not order.stands or order.signed.oral_drug is None:
        yield f"{fact.person} had a dose by mouth, and no order of it stands"
    elif not order.signed.valid_from <= today <= order.signed.valid_to:
        yield f"the order ends on {order.signed.valid_to}, and it is {today}"


def dose_by_mouth_is_within_order(books: Books, fact: OralGiven, given: Given) -> Found:
    """The clinic day's total by mouth."""
    patient = books.patient(fact.person)
    order, (day, had) = patient.orders.get(fact.order), patient.oral
    quantity = mg(fact.quantity) + (had if day == books.day(given) else NOTHING)
    if fact.quantity < 1 or (order is not None and quantity > mg(order.signed.oral)):
        yield f"{quantity} mg by mouth in a day are not what was ordered"


def given_is_within_dose(books: Books, fact: DoseAccounted) -> Found:
    """Nobody accounts for more than was about to be given."""
    if mg(fact.administered) > books.sessions[fact.session].dose:
        yield f"{mg(fact.administered)} mg are said to be given, more than was to be"


# 3. Intervals and sessions


def dose_keeps_interval_and_sessions(books: Books, dose: Moment) -> Found:
    """The interval and the number of sessions, by a clock that is right and never goes back."""
    given, doses = dose.given, dose.patient.doses
    if not given.clock_trusted or given.happened_at != given.now:
        yield "a dose rests on a time that nobody vouches for"
    if doses and given.now - doses[-1].at < minutes(given, "dose_interval_minutes"):
        yield f"{given.now - doses[-1].at} after the last dose"
    most = number(given, "sessions_per_day")
    if dose.order is not None:
        most = min(most, dose.order.signed.sessions)
    today = books.day(given)
    if dose.fact.day != today:
        yield f"the dose counts for {dose.fact.day}, and it is the clinic day {today}"
    window = timedelta(hours=number(given, "dose_window_hours"))
    if sum(each.day == today for each in doses) >= most:
        yield f"more than {most} doses on {today}"
    if sum(given.now - each.at < window for each in doses) >= most:
        yield f"more than {most} doses in {window}"


# 4. Assessments and holds


def dose_is_assessed(_: Books, dose: Moment) -> Found:
    """A fresh and complete assessment; what it speaks against, somebody decided."""
    seen, given = dose.session, dose.given
    if seen.bedside is None or seen.assessed_at is None:
        yield "nobody assessed the patient"
        return
    if given.now - seen.assessed_at > minutes(given, "pre_assessment_minutes"):
        yield f"the assessment is of {seen.assessed_at}"
    if missing := incomplete(seen.bedside, given.protocol, "pre_assessment_measures"):
        yield f"the assessment leaves out {', '.join(missing)}"
    held = against(seen.bedside, given.protocol)
    if held and not seen.decided:
        yield f"nobody decided about: {', '.join(held)}"
    if dose.order is None:
        return
    quantity, ordered = mg(dose.fact.dose), mg(dose.order.signed.dose)
    order, allowed = seen.reduced or (dose.fact.order, ordered)
    if dose.fact.order != order or (quantity != allowed and quantity <= ordered):
        yield f"{quantity} mg instead of {allowed} mg of {order}, by no prescriber"


def hold_is_lifted_by_who_may(_: Books, __: HoldLifted, given: Given) -> Found:
    """A prescriber, or whom the pack lets decide, who has just proved it."""
    named = given.protocol.codes.get("hold_deciders")
    may = {Role.PRESCRIBER, *(named.words if named else ())}
    if given.actor.role not in may or not proved(given.actor, given):
        yield f"{given.actor.role} decided about a hold, proved at {given.actor.proved_at}"


def dose_is_reduced_by_a_prescriber(books: Books, fact: DoseReduced, given: Given) -> Found:
    """Only a prescriber reduces, and to less than was ordered."""
    ordered = books.patient(books.sessions[fact.session].person).orders[fact.order].signed.dose
    if given.actor.role != Role.PRESCRIBER or not proved(given.actor, given):
        yield f"{given.actor.role} reduced a dose, proved at {given.actor.proved_at}"
    if not 0 < fact.dose < ordered:
        yield f"{mg(fact.dose)} mg is no reduction of {mg(ordered)} mg"


# 5. Missed sessions


def missed_sessions_are_reviewed(books: Books, dose: Moment) -> Found:
    """After too many sessions without a dose there is a review, and nobody changed the order."""
    patient = dose.patient
    if not patient.doses:
        return
    today, last = books.day(dose.given), patient.doses[-1]
    now = max((each.signed.sessions for each in patient.orders.values() if each.stands), default=0)
    if patient.reviewed is not None and patient.reviewed >= last.at:
        since = books.day(dose.given, patient.reviewed)
        missed = max(0, (today - since - A_DAY).days) * now
    else:
        most = max(patient.sessions, now)
        had = sum(each.day == last.day for each in patient.doses)
        missed = most * (today - last.day).days - min(had, most) if today > last.day else 0
    if missed > number(dose.given, "missed_sessions_review"):
        yield f"{missed} sessions were missed, and no prescriber reviewed it"


# 6. Observation


def observation_is_whole(books: Books, fact: SessionEnded, given: Given) -> Found:
    """Whoever is cleared was observed all the time, after naloxone too, by more than oxygen."""
    found = books.sessions[fact.session]
    if fact.outcome != "completed":
        return
    if found.dosed_at is None:
        yield "a session without a dose is completed"
        return
    over = found.dosed_at + minutes(given, "observation_minutes")
    naloxone = books.patient(found.person).naloxone
    if naloxone is not None and naloxone >= found.began:
        over = max(over, naloxone + minutes(given, "observation_minutes_after_naloxone"))
    if given.now < over or not found.seen or found.seen[-1][0] < over:
        yield f"cleared {given.now - found.dosed_at} after the dose"
        return
    last = found.seen[-1][1]
    if (last.sedation, last.breathing_rate, last.etco2_tenths) == (None, None, None):
        yield "cleared by oxygen alone"
    read = sum(bedside.spo2 is not None for _, bedside in found.seen)
    if read < number(given, "discharge_spo2_readings"):
        yield f"cleared after {read} readings of oxygen"
    if wrong := incomplete(last, given.protocol, "post_assessment_measures"):
        yield f"cleared without {', '.join(wrong)}"
    if wrong := against(last, given.protocol):
        yield f"cleared although: {', '.join(wrong)}"


# 7. Overdoses


def no_dose_after_an_overdose(books: Books, dose: Moment) -> Found:
    """Nobody has a dose between an overdose, or naloxone, and a prescriber's review."""
    if dose.patient.locked:
        yield "the patient's doses are locked"
    if dose.patient.emergencies or books.unknown:
        running = sorted({*dose.patient.emergencies, *books.unknown})
        yield f"an overdose is running, or it is open whose: {', '.join(running)}"


def nothing_by_mouth_after_an_overdose(books: Books, fact: OralGiven, _: Given) -> Found:
    """As for an injection."""
    patient = books.patient(fact.person)
    if patient.locked or patient.emergencies or books.unknown:
        yield f"{fact.person} had a dose by mouth, and is locked"


def review_is_a_prescribers(books: Books, fact: DosesReviewed, given: Given) -> Found:
    """Only a prescriber who has just proved it reviews, and not while it runs."""
    if given.actor.role != Role.PRESCRIBER or not proved(given.actor, given):
        yield f"{given.actor.role} reviewed, proved at {given.actor.proved_at}"
    if books.patient(fact.person).emergencies:
        yield "the overdose is running still"


# 8. Two people


def two_people_did_it(given: Given) -> Found:
    """Two different people, who both have just proved it."""
    if given.witness is None or given.witness.staff == given.actor.staff:
        yield f"{given.actor.staff} was alone"
    elif not (proved(given.actor, given) and proved(given.witness, given)):
        yield f"{given.actor.staff} or {given.witness.staff} proved nothing just now"


def destruction_is_witnessed(
    books: Books, fact: StockDestroyed | LineCorrected, given: Given
) -> Found:
    """The witness of a destruction is authorised, and never handled drugs here."""
    if isinstance(fact, LineCorrected) and fact.corrects != "destroyed":
        return
    witness, today = given.witness, books.today(given)
    if witness is None:
        return
    papers = [each for each in books.witnesses.values() if each.staff == witness.staff]
    if not any(each.valid_from <= today <= each.valid_to for each in papers):
        yield f"{witness.staff} is not authorised on {today}"
    if any(witness.staff in account.hands for account in books.accounts.values()):
        yield f"{witness.staff} handles drugs here"


# 9. Every microgram


def all_of_it_is_somewhere(books: Books, fact: DoseAccounted) -> Found:
    """Prepared is administered, wasted and returned."""
    prepared = books.sessions[fact.session].prepared
    told = mg(fact.administered) + mg(fact.wasted) + mg(fact.returned)
    if prepared is None:
        yield "nothing was prepared, or it is accounted for already"
    elif told != prepared.taken or fact.register != prepared.register:
        yield f"{prepared.taken} mg of {prepared.register} were prepared, and {told} mg told"


def nothing_is_owed_when_cleared(books: Books, fact: SessionEnded) -> Found:
    """Nobody is cleared while something is out of the cabinet for them."""
    prepared = books.sessions[fact.session].prepared
    if fact.outcome == "completed" and prepared is not None:
        yield f"{prepared.taken} mg are not accounted for"


def taken_is_what_the_order_names(books: Books, fact: DosePrepared, _: Given) -> Found:
    """Whole units, no more than the dose needs, and only one preparation at a time."""
    session, account = books.sessions[fact.session], books.accounts[fact.register]
    units = mg(fact.quantity) / account.strength
    if session.prepared is not None:
        yield "what was prepared before is not accounted for"
    if units != int(units) or not mg(fact.dose) <= mg(fact.quantity) < (
        mg(fact.dose) + account.strength
    ):
        yield f"{mg(fact.quantity)} mg were taken for {mg(fact.dose)} mg"


# 10. Nothing twice


def nothing_happens_twice(_: Books, dose: Moment) -> Found:
    """A session has one dose, however often somebody taps."""
    if dose.session.dosed_at is not None:
        yield f"{dose.fact.session} had a second dose"
    yield from (
        f"{dose.fact.session} had a dose before"
        for each in dose.patient.doses
        if each.session == dose.fact.session
    )
