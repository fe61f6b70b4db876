"""Papers that hold for a time: prescribers' licences, the witness's authorisation, the clock."""

from datetime import timedelta
from itertools import product

from safelight.rehearse.agenda import Steps
from safelight.rehearse.clinic.clinic import DAY, Clinic, Try
from safelight.rehearse.clinic.patients import DIAMORPHINE, HYDROMORPHONE
from safelight.rehearse.clinic.staff import WITNESS, prescribers_of
from safelight.run.domain.dosing_entities import ASSESSED, OBSERVING, PREPARED, Session
from safelight.run.domain.register_entities import DestructionWitness

HOLDS_DAYS, RENEWED_AFTER = 365, 350
MADE_UP = "Made up for rehearsal; there is no such document."
QUIET_LOOK = 60.0


def record_licences(clinic: Clinic) -> None:
    """Put a licence for each drug and everybody who prescribes here on file."""
    today = clinic.today
    for staff, drug in product(prescribers_of(clinic.scenario.teams), (DIAMORPHINE, HYDROMORPHONE)):
        key = f"licence-{staff.removeprefix('sim-')}-{drug}-{today:%Y%m%d}"
        fields = {
            "licence": key,
            "prescriber": staff,
            "drug": drug,
            "premises": clinic.scenario.site.name,
            "valid_from": today,
            "valid_to": today + DAY * HOLDS_DAYS,
            "document": MADE_UP,
        }
        clinic.act("licence.record", fields, clinic.staff.manager())
        clinic.licences[staff, drug] = key


def renew_licences(clinic: Clinic) -> Steps:
    """Renew every licence in a quiet moment; nothing is given under an old one from then on."""
    yield 0
    while _busy(clinic):
        yield QUIET_LOOK
    manager = clinic.staff.manager()
    for key in clinic.licences.values():
        clinic.act("licence.withdraw", {"licence": key, "reason": "expired"}, manager)
    record_licences(clinic)


def _busy(clinic: Clinic) -> bool:
    sessions = clinic.hands.site.all_of(Session).values()
    return any(each.stage in (ASSESSED, PREPARED) for each in sessions)


def authorise_witness(clinic: Clinic) -> None:
    """Put the witness of destruction on file for a year, in place of the year before."""
    manager = clinic.staff.manager()
    for old in clinic.hands.site.all_of(DestructionWitness).values():
        if old.withdrawn_at is None:
            gone = {"authorisation": old.id, "reason": "expired"}
            clinic.act("destruction_witness.withdraw", gone, manager)
    fields = {
        "staff": WITNESS,
        "valid_from": clinic.today,
        "valid_to": clinic.today + DAY * HOLDS_DAYS,
        "document": MADE_UP,
    }
    clinic.act("destruction_witness.authorise", fields, manager)


def start_anew(clinic: Clinic) -> None:
    """The machine starts anew; nobody is dosed or cleared until two people confirm its clock."""
    clinic.hands.restart()
    clinic.tally.restarts += 1
    for session in clinic.hands.site.all_of(Session).values():
        if session.stage in (PREPARED, OBSERVING):
            clinic.attack(_on_a_clock_nobody_confirmed(clinic, session))
    actor, witness = clinic.staff.two()
    right = {"other": clinic.now}
    wrong = {"other": clinic.now + timedelta(hours=1)}
    rule = frozenset({"clock-right"})
    clinic.attack(Try("clock.confirm", wrong, actor, rule, witness))
    clinic.attack(Try("clock.confirm", right, actor, frozenset({"witness-present"})))
    confirm_clock(clinic)


def _on_a_clock_nobody_confirmed(clinic: Clinic, session: Session) -> Try:
    fields: dict[str, object] = {"session": session.id}
    name = "session.discharge"
    if session.stage == PREPARED:
        name, fields["by"] = "session.administer", "patient"
    return Try(name, fields, clinic.staff.nurse(), frozenset({"clock-trusted"}))


def confirm_clock(clinic: Clinic) -> None:
    """Two nurses compare the clock with another one."""
    actor, witness = clinic.staff.two()
    clinic.act("clock.confirm", {"other": clinic.now}, actor, witness)
