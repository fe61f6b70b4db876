"""What a visit is for besides supervised use: services given, and referrals made."""

from msgspec.structs import replace

from safelight.kernel.privacy import HealthCode, VisitId
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When
from safelight.run.domain.site import Site


class GiveService(Command, frozen=True):
    """Record a service, such as wound care or advice on safer injecting."""

    visit: VisitId
    service: HealthCode


class ServiceGiven(Fact, frozen=True):
    """A service was given during a visit."""

    visit: VisitId
    service: HealthCode


class MakeReferral(Command, frozen=True):
    """Record a referral, such as to treatment or housing."""

    visit: VisitId
    to: HealthCode


class ReferralMade(Fact, frozen=True):
    """A person was referred to another service."""

    visit: VisitId
    to: HealthCode


def give_service(site: Site, command: GiveService, given: Given) -> list[Fact]:
    """Record a service that the pack knows; the same one may be given twice."""
    visit = site.visit(command.visit)
    given.protocol.require("services", command.service)
    return [ServiceGiven(visit.id, command.service)]


def on_service_given(site: Site, fact: ServiceGiven, _: When) -> Site:
    """The service is on the visit."""
    visit = site.visit(fact.visit)
    return site.put(replace(visit, services=(*visit.services, fact.service)))


def make_referral(site: Site, command: MakeReferral, given: Given) -> list[Fact]:
    """Record a referral that the pack knows."""
    visit = site.visit(command.visit)
    given.protocol.require("referrals", command.to)
    return [ReferralMade(visit.id, command.to)]


def on_referral_made(site: Site, fact: ReferralMade, _: When) -> Site:
    """The referral is on the visit."""
    visit = site.visit(fact.visit)
    return site.put(replace(visit, referrals=(*visit.referrals, fact.to)))


COMMANDS = {
    "service.give": Rule(GiveService, give_service, FLOOR),
    "referral.make": Rule(MakeReferral, make_referral, FLOOR),
}
FACTS = {
    "service.given": Change(ServiceGiven, on_service_given),
    "referral.made": Change(ReferralMade, on_referral_made),
}
