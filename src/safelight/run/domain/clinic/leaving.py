"""Leaving treatment: ended or transferred by a prescriber, and no order outlives it."""

from typing import Final

from safelight.kernel.privacy import HealthCode, ItemId
from safelight.run.domain.base import PRESCRIBING, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.prescription import PrescriptionStopped
from safelight.run.domain.clinic.proof import require_now, require_proof
from safelight.run.domain.clinic.referral import changed, treatment_of
from safelight.run.domain.clinic_entities import Prescription
from safelight.run.domain.dosing_entities import ENDED as SESSION_ENDED
from safelight.run.domain.dosing_entities import Session
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import ENDED, Treatment

ORDER_STOPPED_FOR: Final = "treatment_ended"
TRANSFERRED: Final = "transferred"


class EndTreatment(Command, frozen=True):
    """End a treatment, or close a referral that comes to nothing."""

    treatment: ItemId
    reason: HealthCode


class TreatmentEnded(Fact, frozen=True):
    """A treatment ended."""

    treatment: ItemId
    reason: HealthCode


class TransferTreatment(Command, frozen=True):
    """Hand the patient over to another service, by its code in the pack."""

    treatment: ItemId
    to: HealthCode


class TreatmentTransferred(Fact, frozen=True):
    """A patient was handed over to another service."""

    treatment: ItemId
    to: HealthCode


def end(site: Site, command: EndTreatment, given: Given) -> list[Fact]:
    """End a treatment and stop every order of the patient, in one decision."""
    treatment = _require_may_leave(site, command.treatment, given)
    given.protocol.require("treatment_end_reasons", command.reason)
    return [*_orders_stopped(site, treatment), TreatmentEnded(treatment.id, command.reason)]


def on_ended(site: Site, fact: TreatmentEnded, when: When) -> Site:
    """The treatment is over; the person may be referred again."""
    return changed(
        site, fact.treatment, stage=ENDED, ended_at=when.happened_at, ended_for=fact.reason
    )


def transfer(site: Site, command: TransferTreatment, given: Given) -> list[Fact]:
    """End a treatment here because another service takes over, and stop every order."""
    treatment = _require_may_leave(site, command.treatment, given)
    given.protocol.require("transfer_services", command.to)
    return [*_orders_stopped(site, treatment), TreatmentTransferred(treatment.id, command.to)]


def on_transferred(site: Site, fact: TreatmentTransferred, when: When) -> Site:
    """The treatment is over here, and says who took over."""
    return changed(
        site,
        fact.treatment,
        stage=ENDED,
        ended_at=when.happened_at,
        ended_for=TRANSFERRED,
        transferred_to=fact.to,
    )


def _require_may_leave(site: Site, key: str, given: Given) -> Treatment:
    require_proof(given)
    require_now(given, "The end of a treatment")
    treatment = treatment_of(site, key)
    if treatment.ended_at is not None:
        raise refuse(
            "treatment-not-ended",
            f"The treatment {key} ended on {treatment.ended_at:%d %B %Y}.",
            "There is nothing to end; a new referral begins a new one.",
            treatment=key,
        )
    _require_no_session(site, treatment.person)
    return treatment


def _require_no_session(site: Site, person: str) -> None:
    for session in site.all_of(Session).values():
        if session.person != person:
            continue
        if session.owes:
            raise refuse(
                "nothing-prepared",
                "Drugs that were prepared for this patient are not accounted for.",
                "Give them, waste them or put them back in the session first.",
                session=session.id,
            )
        if session.stage != SESSION_ENDED:
            raise refuse(
                "no-session-running",
                "A session of this patient is going on.",
                "Let it end first: whoever was given a dose is observed to the end.",
                session=session.id,
            )


def _orders_stopped(site: Site, treatment: Treatment) -> list[Fact]:
    return [
        PrescriptionStopped(order.id, ORDER_STOPPED_FOR)
        for order in sorted(site.all_of(Prescription).values(), key=lambda each: each.id)
        if order.person == treatment.person and order.stands
    ]


COMMANDS = {
    "treatment.end": Rule(EndTreatment, end, PRESCRIBING),
    "treatment.transfer": Rule(TransferTreatment, transfer, PRESCRIBING),
}
FACTS = {
    "treatment.ended": Change(TreatmentEnded, on_ended),
    "treatment.transferred": Change(TreatmentTransferred, on_transferred),
}
