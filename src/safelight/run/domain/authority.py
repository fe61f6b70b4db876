"""Founding a site, and the authority under which it is lawful to open it."""

import re
from datetime import date, datetime

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.privacy import Citation, Code, Day, Flag, ItemId, Label
from safelight.run.domain.base import MANAGEMENT, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.clinic_entities import Licence
from safelight.run.domain.entities import Authority, Premises
from safelight.run.domain.register_entities import DestructionWitness
from safelight.run.domain.site import Site

BUILDING, VEHICLE = "building", "vehicle"
SUPERVISED_USE, TREATMENT = "supervised_use", "heroin_assisted_treatment"
_SITE_ID = re.compile("[a-z][a-z0-9-]{1,63}")


class Found(Command, frozen=True):
    """Found a site: the first entry of its journal."""

    name: Label
    kind: Code
    timezone: Label
    live: Flag = False


class SiteFounded(Fact, frozen=True):
    """A site came into being."""

    name: Label
    kind: Code
    timezone: Label
    live: Flag = False


class Grant(Command, frozen=True):
    """Record an authority that was granted."""

    authority: ItemId
    instrument: Label
    activities: tuple[Code, ...]
    premises: Label
    valid_from: Day
    document: Citation
    valid_to: Day | None = None
    example: Flag = False


class AuthorityGranted(Fact, frozen=True):
    """An authority was granted to the site."""

    authority: ItemId
    instrument: Label
    activities: tuple[Code, ...]
    premises: Label
    valid_from: Day
    document: Citation
    valid_to: Day | None = None
    example: Flag = False


class Withdraw(Command, frozen=True):
    """Record that an authority no longer holds."""

    authority: ItemId
    reason: Code


class AuthorityWithdrawn(Fact, frozen=True):
    """An authority no longer holds."""

    authority: ItemId
    reason: Code


def found(site: Site, command: Found, given: Given) -> list[Fact]:
    """Found a site that does not exist yet."""
    if site.premises is not None:
        raise refuse(
            "founded-once",
            f"The site {site.id} was founded already as {site.premises.name}.",
            "Choose another site id.",
            site=site.id,
        )
    if not _SITE_ID.fullmatch(site.id):
        raise refuse(
            "site-id",
            f"{site.id!r} cannot be the id of a site.",
            "Use small letters, digits and hyphens, a letter first, such as north-street.",
            site=site.id,
        )
    if command.kind not in {BUILDING, VEHICLE}:
        raise refuse(
            "site-kind",
            f"A site is a building or a vehicle, not {command.kind!r}.",
            "Give kind as building or vehicle.",
            kind=command.kind,
        )
    if not _is_timezone(command.timezone, given.now):
        raise refuse(
            "timezone-known",
            f"{command.timezone!r} is no time zone.",
            "Give one by its name, such as Europe/London.",
            timezone=command.timezone,
        )
    return [SiteFounded(command.name, command.kind, command.timezone, command.live)]


def _is_timezone(name: str, now: datetime) -> bool:
    try:
        local_day(now, name)
    except (OSError, ValueError, LookupError):  # unknown, a folder, or no name at all
        return False
    return True


def on_founded(site: Site, fact: SiteFounded, _: When) -> Site:
    """The site exists."""
    return site.put(
        Premises(id=site.id, name=fact.name, kind=fact.kind, timezone=fact.timezone, live=fact.live)
    )


def grant(site: Site, command: Grant, _: Given) -> list[Fact]:
    """Record an authority that is not on file; a live site takes no example."""
    if command.example and site.premises is not None and site.premises.live:
        raise refuse(
            "authority-real",
            f"{command.instrument} is an example and authorises nothing.",
            "Record the document under which this service may open.",
            authority=command.authority,
        )
    if command.authority in site.authorities:
        raise refuse(
            "authority-new",
            f"An authority {command.authority} is on file already.",
            "Give the new one an id of its own; withdraw the old one if it no longer holds.",
            authority=command.authority,
        )
    if command.valid_to is not None and command.valid_to < command.valid_from:
        raise refuse(
            "authority-dates",
            f"The authority would end ({command.valid_to}) before it begins.",
            "Check both dates against the document.",
            valid_from=command.valid_from,
            valid_to=command.valid_to,
        )
    return [
        AuthorityGranted(
            authority=command.authority,
            instrument=command.instrument,
            activities=command.activities,
            premises=command.premises,
            valid_from=command.valid_from,
            document=command.document,
            valid_to=command.valid_to,
            example=command.example,
        )
    ]


def on_granted(site: Site, fact: AuthorityGranted, _: When) -> Site:
    """The authority is on file."""
    return site.put(
        Authority(
            id=fact.authority,
            instrument=fact.instrument,
            activities=fact.activities,
            premises=fact.premises,
            valid_from=fact.valid_from,
            document=fact.document,
            valid_to=fact.valid_to,
            example=fact.example,
        )
    )


def withdraw(site: Site, command: Withdraw, given: Given) -> list[Fact]:
    """Withdraw an authority that is on file and still holds, for a reason that the pack knows."""
    old = site.authorities.get(command.authority)
    if old is None:
        raise refuse(
            "authority-known",
            f"No authority {command.authority} is on file.",
            f"On file: {', '.join(sorted(site.authorities)) or 'none'}.",
            authority=command.authority,
        )
    if old.withdrawn_at is not None:
        raise refuse(
            "authority-stands",
            f"{old.instrument} was withdrawn on {old.withdrawn_at:%d %B %Y} already.",
            "Nothing to do.",
            authority=old.id,
        )
    given.protocol.accept("withdraw_reasons", command.reason)
    return [AuthorityWithdrawn(command.authority, command.reason)]


def on_withdrawn(site: Site, fact: AuthorityWithdrawn, when: When) -> Site:
    """The authority stays on file, with the time from which it no longer holds."""
    old = site.authorities[fact.authority]
    return site.put(replace(old, withdrawn_at=when.happened_at))


def holds(document: Authority | Licence | DestructionWitness, day: date) -> bool:
    """Tell whether a document holds on a day: begun, not ended, not withdrawn."""
    ended = document.valid_to is not None and document.valid_to < day
    return document.withdrawn_at is None and document.valid_from <= day and not ended


def in_force(site: Site, activity: str, day: date) -> Authority | None:
    """Return the authority that covers an activity on a day, or None."""
    for authority in sorted(site.authorities.values(), key=lambda a: a.id):
        if holds(authority, day) and activity in authority.activities:
            return authority
    return None


def require_authority(site: Site, activity: str, given: Given) -> Authority:
    """Return the authority for an activity when it took place; refuses where none was in force."""
    timezone = site.premises.timezone if site.premises else "UTC"
    found = in_force(site, activity, local_day(given.happened_at, timezone))
    if found is None:
        raise refuse(
            "authority-in-force",
            f"No authority for {activity.replace('_', ' ')} is in force at {site.id}.",
            "A manager records the licence, policy or agreement under Shift, Authority.",
            activity=activity,
            site=site.id,
        )
    return found


COMMANDS = {
    "site.found": Rule(Found, found, MANAGEMENT),
    "authority.grant": Rule(Grant, grant, MANAGEMENT),
    "authority.withdraw": Rule(Withdraw, withdraw, MANAGEMENT),
}
FACTS = {
    "site.founded": Change(SiteFounded, on_founded),
    "authority.granted": Change(AuthorityGranted, on_granted),
    "authority.withdrawn": Change(AuthorityWithdrawn, on_withdrawn),
}
