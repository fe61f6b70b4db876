"""What must be refused, step by step of a session: tired slips, bad luck and bad intent.

Each is one command that somebody tries at a real moment of a real session, with the rule that has
to say no.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from safelight.rehearse.clinic.bedside import before, preparation
from safelight.rehearse.clinic.clinic import Clinic, Try
from safelight.rehearse.clinic.patients import DIAMORPHINE, HYDROMORPHONE, Patient
from safelight.rehearse.dice import Dice
from safelight.run.domain.base import Actor
from safelight.run.domain.dosing_entities import Session


class Moment(NamedTuple):
    """A step of a session at which something can be tried."""

    clinic: Clinic
    patient: Patient
    session: Session
    dice: Dice


Attack = Callable[[Moment], Try]


def _try(
    name: str,
    fields: dict[str, Any],
    by: Actor,
    *rules: str,
    witness: Actor | None = None,
) -> Try:
    return Try(name, fields, by, frozenset(rules), witness)


def _prepare(moment: Moment, *rules: str, **other: object) -> Try:
    """Return a preparation that two nurses could make, but for what is different."""
    fields = {**preparation(moment.clinic, moment.patient, moment.session), **other}
    actor, witness = moment.clinic.staff.two()
    return Try("session.prepare", fields, actor, frozenset(rules), witness)


def _on(moment: Moment, name: str, by: Actor, /, *rules: str, **fields: object) -> Try:
    return _try(name, {"session": moment.session.id, **fields}, by, *rules)


# --- Without the steps before ---------------------------------------------------------------


def dose_before_identity(moment: Moment) -> Try:
    """Prepare for somebody whom nobody has identified."""
    return _prepare(moment, "session-stage")


def assessment_before_identity(moment: Moment) -> Try:
    """Assess somebody whom nobody has identified."""
    return _on(
        moment,
        "session.assess",
        moment.clinic.staff.nurse(),
        "session-stage",
        bedside=before(moment.dice),
    )


def incomplete_assessment(moment: Moment) -> Try:
    """Assess without counting breaths."""
    found = {k: v for k, v in before(moment.dice).items() if k != "breathing_rate"}
    nurse = moment.clinic.staff.nurse()
    return _on(moment, "session.assess", nurse, "assessment-complete", bedside=found)


def second_session(moment: Moment) -> Try:
    """Begin another session beside the one that is going on, as at a second tablet."""
    fields = {"person": moment.patient.person}
    return _try("session.begin", fields, moment.clinic.staff.worker(), "one-session")


# --- The order --------------------------------------------------------------------------------


def no_order(moment: Moment) -> Try:
    """Prepare under an order that nobody signed."""
    return _prepare(moment, "dose-order", order="rx-of-nobody")


def old_order(moment: Moment) -> Try:
    """Prepare under the order that was superseded."""
    return _prepare(moment, "dose-order", order=moment.patient.superseded or "rx-of-nobody")


def lapsed_order(moment: Moment) -> Try:
    """Prepare under an order whose last day has passed, or whose licence was withdrawn."""
    return _prepare(moment, "dose-order-dates", "licence-holds")


# --- Quantities -------------------------------------------------------------------------------


def too_much(moment: Moment) -> Try:
    """Prepare one unit's strength more than was ordered."""
    right = preparation(moment.clinic, moment.patient, moment.session)
    more = {"dose": right["dose"] + moment.patient.strength, "units": right["units"] + 1}
    return _prepare(moment, "dose-quantity", **more)


def nothing(moment: Moment) -> Try:
    """Prepare 0 mg."""
    return _prepare(moment, "dose-quantity", dose=0)


def less_than_nothing(moment: Moment) -> Try:
    """Prepare a negative dose."""
    return _prepare(moment, "form-field", dose=-1000)


def too_little(moment: Moment) -> Try:
    """Prepare less than was ordered, without a prescriber."""
    right = preparation(moment.clinic, moment.patient, moment.session)
    return _prepare(moment, "dose-quantity", dose=right["dose"] - 1000)


def unit_too_many(moment: Moment) -> Try:
    """Take out a unit more than the dose needs, to keep it."""
    right = preparation(moment.clinic, moment.patient, moment.session)
    return _prepare(moment, "dose-units", units=right["units"] + 1)


def unit_too_few(moment: Moment) -> Try:
    """Take out less than the dose needs."""
    right = preparation(moment.clinic, moment.patient, moment.session)
    return _prepare(moment, "dose-units", units=right["units"] - 1)


def wrong_register(moment: Moment) -> Try:
    """Prepare from the register of the other drug."""
    other = HYDROMORPHONE if moment.patient.drug == DIAMORPHINE else DIAMORPHINE
    return _prepare(moment, "dose-register", register=moment.clinic.cabinet[other].register)


# --- Who, when and with whom ------------------------------------------------------------------


def alone(moment: Moment) -> Try:
    """Prepare without a witness."""
    return _prepare(moment, "witness-present")._replace(witness=None)


def own_witness(moment: Moment) -> Try:
    """Prepare with oneself as the witness."""
    wrong = _prepare(moment, "witness-different")
    return wrong._replace(witness=wrong.by)


def worker_as_witness(moment: Moment) -> Try:
    """Prepare before somebody who may not witness it."""
    return _prepare(moment, "witness-may")._replace(witness=moment.clinic.staff.worker())


def worker_prepares(moment: Moment) -> Try:
    """Prepare as somebody who handles no drugs."""
    return _prepare(moment, "role-may")._replace(by=moment.clinic.staff.worker())


def stale_proof(moment: Moment) -> Try:
    """Prepare an hour after giving the second factor."""
    wrong = _prepare(moment, "proof-fresh")
    return wrong._replace(by=wrong.by._replace(proved_at=moment.clinic.now - timedelta(hours=1)))


def stale_witness(moment: Moment) -> Try:
    """Prepare before a witness who gave the second factor an hour ago."""
    wrong = _prepare(moment, "proof-fresh")
    assert wrong.witness is not None  # noqa: S101 - two nurses prepare
    old = moment.clinic.now - timedelta(hours=1)
    return wrong._replace(witness=wrong.witness._replace(proved_at=old))


def no_proof(moment: Moment) -> Try:
    """Prepare at a tablet that a colleague left logged in."""
    wrong = _prepare(moment, "proof-given")
    return wrong._replace(by=wrong.by._replace(proved_at=None))


def time_to_come(moment: Moment) -> Try:
    """Prepare at a time that has not come."""
    wrong = _prepare(moment, "written-now", "not-in-future")
    return wrong._replace(at=moment.clinic.now + timedelta(hours=3))


def time_gone(moment: Moment) -> Try:
    """Prepare at a time that has passed."""
    return _prepare(moment, "written-now")._replace(at=moment.clinic.now - timedelta(minutes=30))


def nurse_reduces(moment: Moment) -> Try:
    """Reduce the dose without being a prescriber."""
    order = preparation(moment.clinic, moment.patient, moment.session)["order"]
    fields = {"order": order, "dose": 1000, "reason": "other"}
    return _on(moment, "session.reduce", moment.clinic.staff.nurse(), "role-may", **fields)


# --- What stands against a dose ---------------------------------------------------------------


def held(moment: Moment) -> Try:
    """Prepare although the assessment speaks against it."""
    besides = ("dose-lock", "dose-after-missed", "dose-order-dates", "licence-holds")
    return _prepare(moment, "dose-held", *besides)


def locked(moment: Moment) -> Try:
    """Prepare for somebody who overdosed and was not reviewed."""
    return _prepare(moment, "dose-lock")


def missed(moment: Moment) -> Try:
    """Prepare for somebody who missed too many sessions and was not reviewed."""
    return _prepare(moment, "dose-after-missed")


def early(moment: Moment) -> Try:
    """Prepare a second dose right after the first."""
    return _prepare(moment, "dose-interval", "dose-sessions", "dose-total")


def no_consent(moment: Moment) -> Try:
    """Prepare for somebody who has withdrawn consent."""
    return _prepare(moment, "dose-consent")


# --- What was prepared ------------------------------------------------------------------------


def prepared_twice(moment: Moment) -> Try:
    """Prepare again, as at a second tablet."""
    return _prepare(moment, "session-stage")


def given_twice(moment: Moment) -> Try:
    """Give the dose again, as at a second tablet."""
    nurse = moment.clinic.staff.nurse()
    return _on(moment, "session.administer", nurse, "session-stage", by="patient")


def withheld_with_drugs_out(moment: Moment) -> Try:
    """End the session while what was prepared lies about."""
    nurse = moment.clinic.staff.nurse()
    return _on(moment, "session.withhold", nurse, "session-accounted", reason="other")


def _account(moment: Moment, rule: str, **fields: object) -> Try:
    actor, witness = moment.clinic.staff.two()
    return _on(moment, "session.account", actor, rule, **fields)._replace(witness=witness)


def short_account(moment: Moment) -> Try:
    """Account for a milligram less than was prepared, and keep it."""
    return _account(moment, "account-sum", returned=0, wasted=moment.session.prepared - 1000)


def given_before_it_was(moment: Moment) -> Try:
    """Account for a dose that nobody was given."""
    return _account(moment, "account-given", administered=moment.session.prepared)


# --- Leaving ----------------------------------------------------------------------------------


def _discharge(moment: Moment, *rules: str) -> Try:
    return _on(moment, "session.discharge", moment.clinic.staff.nurse(), *rules)


def gone_early(moment: Moment) -> Try:
    """Discharge before the time of observation is over, after the dose or after naloxone."""
    return _discharge(moment, "observation-time", "observation-naloxone")


def gone_after_naloxone(moment: Moment) -> Try:
    """Discharge somebody who looks well, before naloxone may have worn off."""
    return _discharge(moment, "observation-naloxone")


def gone_unchecked(moment: Moment) -> Try:
    """Discharge on the checks of earlier."""
    return _discharge(moment, "discharge-last")


def gone_drowsy(moment: Moment) -> Try:
    """Discharge somebody whom the last checks do not clear."""
    return _discharge(moment, "discharge-holds")


def discharged_before_dose(moment: Moment) -> Try:
    """Discharge somebody who was given nothing."""
    return _discharge(moment, "session-stage")


AT: dict[str, tuple[Attack, ...]] = {
    "here": (dose_before_identity, assessment_before_identity, second_session),
    "identified": (dose_before_identity, incomplete_assessment, nurse_reduces),
    "assessed": (
        no_order,
        old_order,
        too_much,
        too_little,
        nothing,
        less_than_nothing,
        unit_too_many,
        unit_too_few,
        wrong_register,
        alone,
        own_witness,
        worker_as_witness,
        worker_prepares,
        stale_proof,
        stale_witness,
        no_proof,
        time_to_come,
        time_gone,
    ),
    "prepared": (
        prepared_twice,
        withheld_with_drugs_out,
        short_account,
        given_before_it_was,
        discharged_before_dose,
        second_session,
    ),
    "observing": (gone_early, given_twice, prepared_twice, second_session),
    "unchecked": (gone_unchecked,),
}
