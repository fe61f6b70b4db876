"""What an oracle writes into its books when it hears a fact. It judges nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from safelight.rehearse.clinic.books import (
    KEPT,
    NOTHING,
    Account,
    Attendance,
    Books,
    Dose,
    Incident,
    Licence,
    Order,
    Patient,
    Preparation,
    mg,
)
from safelight.run.domain import aftermath, authority, base, incident
from safelight.run.domain.clinic import (
    count,
    destruction,
    discrepancy,
    dose,
    footnote,
    late,
    leaving,
    licence,
    observation,
    oral,
    patient,
    prescription,
    referral,
    register,
    session,
)
from safelight.run.domain.clinic.dose import DosePrepared


def hear(books: Books, fact: base.Fact, given: base.Given) -> None:
    """Write down a fact; most are nothing to a clinic's books."""
    heard = HEARD.get(type(fact))
    if heard is not None:
        heard(books, fact, given)


# Who is treated, and by whom


def _founded(books: Books, fact: authority.SiteFounded, _: base.Given) -> None:
    books.premises, books.timezone = fact.name, fact.timezone


def _referred(books: Books, fact: referral.TreatmentReferred, _: base.Given) -> None:
    books.treatments[fact.treatment] = fact.person
    found = books.patient(fact.person)
    if not found.treated:  # what happened to them before they were anybody's patient
        found.locked = False
    found.treated = True


def _left(
    books: Books, fact: leaving.TreatmentEnded | leaving.TreatmentTransferred, _: base.Given
) -> None:
    books.patient(books.treatments.pop(fact.treatment)).treated = False


def _licensed(books: Books, fact: licence.LicenceRecorded, _: base.Given) -> None:
    books.licences[fact.licence] = Licence(fact)


def _unlicensed(books: Books, fact: licence.LicenceWithdrawn, _: base.Given) -> None:
    books.licences[fact.licence].withdrawn = True


def _signed(books: Books, fact: prescription.PrescriptionSigned, given: base.Given) -> None:
    found = books.patient(fact.person)
    if fact.supersedes is not None:
        found.orders[fact.supersedes].stands = False
    found.orders[fact.prescription] = Order(fact, given.actor.staff)
    books.ordered[fact.prescription] = fact.person


def _stopped(books: Books, fact: prescription.PrescriptionStopped, _: base.Given) -> None:
    books.patient(books.ordered[fact.prescription]).orders[fact.prescription].stands = False


# Locks and reviews


def _locked(books: Books, fact: patient.DosesLocked, _: base.Given) -> None:
    books.patient(fact.person).locked = True


def _reviewed(books: Books, fact: patient.DosesReviewed, given: base.Given) -> None:
    found = books.patient(fact.person)
    found.locked, found.reviewed = False, given.now
    if fact.restart:
        found.started = None


def _emergency(books: Books, fact: incident.IncidentOpened, _: base.Given) -> None:
    somebody = fact.person is not None or fact.visit is not None
    books.incidents[fact.incident] = Incident(fact.person, fact.kind, somebody)
    _weigh(books, fact.incident)


def _step(books: Books, fact: incident.StepRecorded, given: base.Given) -> None:
    if fact.what == "naloxone":
        books.incidents[fact.incident].naloxone = given.now
    _weigh(books, fact.incident)


def _step_corrected(books: Books, fact: incident.StepCorrected, given: base.Given) -> None:
    found = books.incidents[fact.incident]
    if fact.what == "naloxone" and found.naloxone is None:  # it was not given again
        found.naloxone = given.now
    _weigh(books, fact.incident)


def _kind(
    books: Books, fact: incident.IncidentClassified | aftermath.IncidentCompleted, _: base.Given
) -> None:
    books.incidents[fact.incident].kind = fact.kind
    _weigh(books, fact.incident)
    if isinstance(fact, aftermath.IncidentCompleted) and not books.treatments:
        books.unknown.discard(fact.incident)  # it was nobody's who is treated here


def _whose(books: Books, fact: incident.IncidentWhose, _: base.Given) -> None:
    found = books.incidents[fact.incident]
    found.person, found.somebody = fact.person, True
    _weigh(books, fact.incident)


def _closed(books: Books, fact: incident.IncidentClosed, _: base.Given) -> None:
    books.incidents[fact.incident].running = False
    _weigh(books, fact.incident)


def _reopened(books: Books, fact: incident.IncidentReopened, _: base.Given) -> None:
    books.incidents[fact.incident].running = True
    _weigh(books, fact.incident)


def _weigh(books: Books, key: str) -> None:
    """Work out whom an incident stops, as it is known now."""
    found = books.incidents[key]
    books.unknown.discard(key)
    if found.locks and not found.somebody:
        books.unknown.add(key)
    if found.person is None:
        return
    whose = books.patient(found.person)
    whose.emergencies.discard(key)
    if found.locks and found.running:
        whose.emergencies.add(key)
    whose.locked |= found.locks and whose.treated
    if found.naloxone is not None:
        whose.naloxone = max(found.naloxone, whose.naloxone or found.naloxone)


# Sessions


def _began(books: Books, fact: session.SessionBegan, given: base.Given) -> None:
    books.sessions[fact.session] = Attendance(fact.person, given.now)


def _assessed(books: Books, fact: session.SessionAssessed, given: base.Given) -> None:
    found = books.sessions[fact.session]
    found.bedside, found.assessed_at, found.decided = fact.bedside, given.now, False


def _decided(books: Books, fact: session.HoldLifted, _: base.Given) -> None:
    books.sessions[fact.session].decided = True


def _reduced(books: Books, fact: session.DoseReduced, _: base.Given) -> None:
    books.sessions[fact.session].reduced = (fact.order, mg(fact.dose))


def _prepared(books: Books, fact: DosePrepared, given: base.Given) -> None:
    found = books.sessions[fact.session]
    order = books.patient(found.person).orders[fact.order]
    taken = mg(fact.quantity)
    found.prepared = Preparation(order, fact.register, mg(fact.dose), taken, given.now)
    books.accounts[fact.register].prepared += taken
    _hands(books, fact.register, given)


def _dosed(books: Books, fact: dose.DoseAdministered, given: base.Given) -> None:
    found = books.sessions[fact.session]
    found.dosed_at, found.dose = given.now, mg(fact.dose)
    whose = books.patient(fact.person)
    order = whose.orders[fact.order]
    order.given += found.dose
    _remember(whose, Dose(given.now, books.day(given), fact.drug, found.dose, fact.session), order)


def _remember(whose: Patient, dose: Dose, order: Order | None) -> None:
    whose.doses.append(dose)
    whose.doses.sort(key=lambda each: each.at)
    newest = whose.doses[-1].day
    whose.doses = [each for each in whose.doses if (newest - each.day).days <= KEPT]
    whose.sessions = order.signed.sessions if order else whose.sessions
    whose.started = whose.started or dose.at


def _dosed_on_paper(books: Books, fact: late.LateDoseRecorded, given: base.Given) -> None:
    whose, quantity = books.patient(fact.person), mg(fact.administered)
    order = whose.orders.get(fact.order or "")
    if order is not None:
        order.given += quantity
    at = given.happened_at
    _remember(whose, Dose(at, books.day(given, at), fact.drug, quantity, fact.dose), order)
    whose.locked = True
    _move(books, fact.register, "supplied", quantity, given)
    if fact.wasted:
        _move(books, fact.register, "wasted", mg(fact.wasted), given)


def _by_mouth(books: Books, fact: oral.OralGiven, given: base.Given) -> None:
    whose, today = books.patient(fact.person), books.day(given)
    had = whose.oral[1] if whose.oral[0] == today else NOTHING
    whose.oral = today, had + mg(fact.quantity)
    _move(books, fact.register, "supplied", mg(fact.quantity), given)


def _accounted(books: Books, fact: dose.DoseAccounted, given: base.Given) -> None:
    found = books.sessions[fact.session]
    prepared, whose = found.prepared, books.patient(found.person)
    account = books.accounts[fact.register]
    if prepared is not None:
        account.prepared -= prepared.taken
        prepared.order.given += mg(fact.administered) - found.dose
    account.terms["supplied"] += mg(fact.administered)
    account.terms["wasted"] += mg(fact.wasted)
    account.lines += (fact.administered > 0) + (fact.wasted > 0)
    for each in whose.doses:
        if each.session == fact.session:
            each.quantity = mg(fact.administered)
    found.prepared, found.dose = None, mg(fact.administered)
    _hands(books, fact.register, given)
    if found.left:
        _gone(books, fact.session)


def _observed(books: Books, fact: observation.SessionObserved, given: base.Given) -> None:
    books.sessions[fact.session].seen.append((given.now, fact.bedside))


def _ended(
    books: Books, fact: session.DoseWithheld | observation.SessionEnded, _: base.Given
) -> None:
    found = books.sessions[fact.session]
    found.left = True
    if found.prepared is None:
        _gone(books, fact.session)


def _gone(books: Books, key: str) -> None:
    """Forget a session, and the orders that only it could still be about."""
    whose: Patient = books.patient(books.sessions.pop(key).person)
    for old in [key for key, order in whose.orders.items() if not order.stands]:
        del whose.orders[old]
        del books.ordered[old]


# Registers


def _opened(books: Books, fact: register.RegisterOpened, given: base.Given) -> None:
    terms = dict.fromkeys(("opening", "received", "supplied", "wasted", "destroyed"), NOTHING)
    holds = fact.drug, fact.form, fact.strength
    books.accounts[fact.register] = Account(holds, mg(fact.strength), terms)
    _move(books, fact.register, "opening", fact.units * mg(fact.strength), given)


def _obtained(books: Books, fact: register.StockObtained, given: base.Given) -> None:
    quantity = fact.units * books.accounts[fact.register].strength
    _move(books, fact.register, "received", quantity, given)


def _wasted(books: Books, fact: register.StockWasted, given: base.Given) -> None:
    _move(books, fact.register, "wasted", mg(fact.quantity), given)


def _destroyed(books: Books, fact: destruction.StockDestroyed, given: base.Given) -> None:
    quantity = fact.units * books.accounts[fact.register].strength
    _move(books, fact.register, "destroyed", quantity, given._replace(witness=None))


def _corrected(books: Books, fact: footnote.LineCorrected, given: base.Given) -> None:
    apart = given._replace(witness=None) if fact.corrects == "destroyed" else given
    _move(books, fact.register, fact.corrects, mg(fact.now) - mg(fact.was), apart)


def _counted(books: Books, fact: count.RegisterCounted, given: base.Given) -> None:
    _move(books, fact.register, "opening", NOTHING, given)


def _resolved(books: Books, fact: discrepancy.DiscrepancyResolved, given: base.Given) -> None:
    if fact.lost:
        _move(books, fact.register, "wasted", mg(fact.lost), given)


def _move(books: Books, key: str, term: str, quantity: Decimal, given: base.Given) -> None:
    account = books.accounts[key]
    account.terms[term] += quantity
    account.lines += 1
    _hands(books, key, given)


def _hands(books: Books, key: str, given: base.Given) -> None:
    hands = books.accounts[key].hands
    hands.add(given.actor.staff)
    if given.witness is not None:
        hands.add(given.witness.staff)


def _authorised(books: Books, fact: destruction.WitnessAuthorised, _: base.Given) -> None:
    books.witnesses[fact.authorisation] = fact


def _unauthorised(books: Books, fact: destruction.WitnessWithdrawn, _: base.Given) -> None:
    del books.witnesses[fact.authorisation]


HEARD: dict[type[base.Fact], Callable[[Books, Any, base.Given], None]] = {
    authority.SiteFounded: _founded,
    referral.TreatmentReferred: _referred,
    leaving.TreatmentEnded: _left,
    leaving.TreatmentTransferred: _left,
    licence.LicenceRecorded: _licensed,
    licence.LicenceWithdrawn: _unlicensed,
    prescription.PrescriptionSigned: _signed,
    prescription.PrescriptionStopped: _stopped,
    patient.DosesLocked: _locked,
    patient.DosesReviewed: _reviewed,
    incident.IncidentOpened: _emergency,
    incident.StepRecorded: _step,
    incident.StepCorrected: _step_corrected,
    incident.IncidentClassified: _kind,
    aftermath.IncidentCompleted: _kind,
    incident.IncidentWhose: _whose,
    incident.IncidentClosed: _closed,
    incident.IncidentReopened: _reopened,
    session.SessionBegan: _began,
    session.SessionAssessed: _assessed,
    session.HoldLifted: _decided,
    session.DoseReduced: _reduced,
    session.DoseWithheld: _ended,
    dose.DosePrepared: _prepared,
    dose.DoseAdministered: _dosed,
    dose.DoseAccounted: _accounted,
    late.LateDoseRecorded: _dosed_on_paper,
    oral.OralGiven: _by_mouth,
    observation.SessionObserved: _observed,
    observation.SessionEnded: _ended,
    register.RegisterOpened: _opened,
    register.StockObtained: _obtained,
    register.StockWasted: _wasted,
    destruction.StockDestroyed: _destroyed,
    footnote.LineCorrected: _corrected,
    count.RegisterCounted: _counted,
    discrepancy.DiscrepancyResolved: _resolved,
    destruction.WitnessAuthorised: _authorised,
    destruction.WitnessWithdrawn: _unauthorised,
}
