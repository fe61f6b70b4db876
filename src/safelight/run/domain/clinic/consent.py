"""Consent, purpose by purpose: given, withdrawn at any time, and never taken for granted."""

from msgspec.structs import replace

from safelight.kernel.privacy import HealthCode, ItemId
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic.referral import changed, treatment_of
from safelight.run.domain.site import Site
from safelight.run.domain.treatment_entities import Consent, Treatment


class GiveConsent(Command, frozen=True):
    """The patient consents to one purpose."""

    treatment: ItemId
    purpose: HealthCode


class ConsentGiven(Fact, frozen=True):
    """The patient consented to one purpose."""

    treatment: ItemId
    purpose: HealthCode


class WithdrawConsent(Command, frozen=True):
    """The patient withdraws consent to one purpose; no reason is asked."""

    treatment: ItemId
    purpose: HealthCode


class ConsentWithdrawn(Fact, frozen=True):
    """The patient withdrew consent to one purpose."""

    treatment: ItemId
    purpose: HealthCode


def give(site: Site, command: GiveConsent, given: Given) -> list[Fact]:
    """Record a consent that does not stand yet."""
    treatment = treatment_of(site, command.treatment)
    given.protocol.require("consent_purposes", command.purpose)
    if consents_to(treatment, command.purpose):
        raise refuse(
            "consent-new",
            f"The patient has consented to this already: {command.purpose}.",
            "There is nothing to do; what was given stands until it is withdrawn.",
            purpose=command.purpose,
        )
    return [ConsentGiven(treatment.id, command.purpose)]


def on_given(site: Site, fact: ConsentGiven, when: When) -> Site:
    """The consent stands."""
    old = treatment_of(site, fact.treatment).consents
    new = Consent(purpose=fact.purpose, given_at=when.happened_at, staff=when.staff)
    return changed(site, fact.treatment, consents=(*old, new))


def withdraw(site: Site, command: WithdrawConsent, _: Given) -> list[Fact]:
    """Withdraw a consent that stands, whatever packs have come since."""
    treatment = treatment_of(site, command.treatment)
    if not consents_to(treatment, command.purpose):
        raise refuse(
            "consent-stands",
            f"No consent of this patient stands for this: {command.purpose}.",
            "Look at the list of consents; it may be withdrawn already.",
            purpose=command.purpose,
        )
    return [ConsentWithdrawn(treatment.id, command.purpose)]


def on_withdrawn(site: Site, fact: ConsentWithdrawn, when: When) -> Site:
    """The consent stays on record, with the time from which it no longer stands."""
    consents = tuple(
        replace(each, withdrawn_at=when.happened_at)
        if each.purpose == fact.purpose and each.withdrawn_at is None
        else each
        for each in treatment_of(site, fact.treatment).consents
    )
    return changed(site, fact.treatment, consents=consents)


def consents_to(treatment: Treatment, purpose: str) -> bool:
    """Tell whether the patient's consent to a purpose stands."""
    return any(c.purpose == purpose and c.withdrawn_at is None for c in treatment.consents)


COMMANDS = {
    "consent.give": Rule(GiveConsent, give, FLOOR),
    "consent.withdraw": Rule(WithdrawConsent, withdraw, FLOOR),
}
FACTS = {
    "consent.given": Change(ConsentGiven, on_given),
    "consent.withdrawn": Change(ConsentWithdrawn, on_withdrawn),
}
