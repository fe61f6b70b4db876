"""Who may prescribe what here: a doctor's licence for one drug at named premises, with dates.

Misuse of Drugs (Supply to Addicts) Regulations 1997, regulation 3: no doctor prescribes or
supplies diamorphine for addiction except under a licence; licences name doctor and premises.
"""

from datetime import date

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.privacy import Citation, Code, Day, ItemId, Label, StaffId
from safelight.run.domain.authority import holds
from safelight.run.domain.base import MANAGEMENT, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic_entities import Licence
from safelight.run.domain.site import Site


class RecordLicence(Command, frozen=True):
    """Put a prescriber's licence on file."""

    licence: ItemId
    prescriber: StaffId
    drug: Code
    premises: Label
    valid_from: Day
    document: Citation
    valid_to: Day | None = None


class LicenceRecorded(Fact, frozen=True):
    """A prescriber's licence is on file."""

    licence: ItemId
    prescriber: StaffId
    drug: Code
    premises: Label
    valid_from: Day
    document: Citation
    valid_to: Day | None = None


class WithdrawLicence(Command, frozen=True):
    """Record that a licence no longer holds."""

    licence: ItemId
    reason: Code


class LicenceWithdrawn(Fact, frozen=True):
    """A licence no longer holds."""

    licence: ItemId
    reason: Code


def record(site: Site, command: RecordLicence, given: Given) -> list[Fact]:
    """Record a licence for these premises that is not on file yet."""
    given.protocol.require("drugs", command.drug)
    if command.licence in site.all_of(Licence):
        raise refuse(
            "licence-new",
            f"A licence {command.licence} is on file already.",
            "Give the new one an id of its own; withdraw the old one if it no longer holds.",
            licence=command.licence,
        )
    here = site.premises.name if site.premises else site.id
    if command.premises != here:
        raise refuse(
            "licence-premises",
            f"The licence is for {command.premises}, and this is {here}.",
            "Record it where it holds; a licence is for the premises that it names.",
            premises=command.premises,
        )
    if command.valid_to is not None and command.valid_to < command.valid_from:
        raise refuse(
            "licence-dates",
            f"The licence would end ({command.valid_to}) before it begins.",
            "Check both dates against the document.",
            valid_from=command.valid_from,
            valid_to=command.valid_to,
        )
    return [
        LicenceRecorded(
            licence=command.licence,
            prescriber=command.prescriber,
            drug=command.drug,
            premises=command.premises,
            valid_from=command.valid_from,
            document=command.document,
            valid_to=command.valid_to,
        )
    ]


def on_recorded(site: Site, fact: LicenceRecorded, _: When) -> Site:
    """The licence is on file."""
    return site.put(
        Licence(
            id=fact.licence,
            prescriber=fact.prescriber,
            drug=fact.drug,
            premises=fact.premises,
            valid_from=fact.valid_from,
            document=fact.document,
            valid_to=fact.valid_to,
        )
    )


def withdraw(site: Site, command: WithdrawLicence, given: Given) -> list[Fact]:
    """Withdraw a licence that stands; what was prescribed under it can no longer be given."""
    old = site.all_of(Licence).get(command.licence)
    if old is None or old.withdrawn_at is not None:
        raise refuse(
            "licence-stands",
            f"No licence {command.licence} stands here.",
            "Look at the list of licences; it may be withdrawn already.",
            licence=command.licence,
        )
    given.protocol.accept("withdraw_reasons", command.reason)
    return [LicenceWithdrawn(old.id, command.reason)]


def on_withdrawn(site: Site, fact: LicenceWithdrawn, when: When) -> Site:
    """The licence stays on file, with the time from which it no longer holds."""
    return site.put(replace(site.all_of(Licence)[fact.licence], withdrawn_at=when.recorded_at))


def require_licence(site: Site, prescriber: str, drug: str, given: Given) -> Licence:
    """Return the prescriber's licence for a drug that holds today; refuses where none does."""
    today = clinic_date(site, given)
    for licence in sorted(site.all_of(Licence).values(), key=lambda each: each.id):
        if (licence.prescriber, licence.drug) == (prescriber, drug) and holds(licence, today):
            return licence
    raise refuse(
        "prescriber-licensed",
        f"{prescriber} has no licence for {drug} at {site.id} that holds on {today}.",
        "A manager records it; until then another licensed prescriber signs.",
        prescriber=prescriber,
        drug=drug,
        day=today,
    )


def licences_of(site: Site, prescriber: str, today: date) -> list[Licence]:
    """Return a prescriber's licences that hold today, by drug."""
    found = [each for each in site.all_of(Licence).values() if each.prescriber == prescriber]
    return sorted((each for each in found if holds(each, today)), key=lambda each: each.drug)


def require_standing_licence(site: Site, licence_id: str, today: date) -> Licence:
    """Return the licence an order was signed under; refuses one that no longer holds."""
    licence = site.all_of(Licence).get(licence_id)
    if licence is None or not holds(licence, today):
        raise refuse(
            "licence-holds",
            f"The order was signed under {licence_id}, which does not hold on {today}.",
            "A prescriber whose licence holds signs a new order.",
            licence=licence_id,
            day=today,
        )
    return licence


def clinic_date(site: Site, given: Given) -> date:
    """Return the calendar date at the site by trusted time: that of writing, never one told."""
    return local_day(given.now, site.premises.timezone if site.premises else "UTC")


COMMANDS = {
    "licence.record": Rule(RecordLicence, record, MANAGEMENT),
    "licence.withdraw": Rule(WithdrawLicence, withdraw, MANAGEMENT),
}
FACTS = {
    "licence.recorded": Change(LicenceRecorded, on_recorded),
    "licence.withdrawn": Change(LicenceWithdrawn, on_withdrawn),
}
