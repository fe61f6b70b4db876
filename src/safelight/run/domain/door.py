"""People at the door: exclusions with their way out, alerts, and what a person says of themselves.

An exclusion always ends, and somebody who did not give it reviews it.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import Code, HealthCode, Instant, ItemId, PersonId, Sealed, StaffId
from safelight.run.domain.base import (
    CLINICAL,
    FLOOR,
    Change,
    Command,
    Fact,
    Given,
    Role,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.entities import Alert, Exclusion, Person
from safelight.run.domain.site import Site

UPHELD, SHORTENED, LIFTED = "upheld", "shortened", "lifted"
DECISIONS = (UPHELD, SHORTENED, LIFTED)


class Exclude(Command, frozen=True):
    """Keep a person out for a time."""

    person: PersonId
    reason: HealthCode
    ends_at: Instant
    reviewer: StaffId


class PersonExcluded(Fact, frozen=True):
    """A person may not come in for a time."""

    person: PersonId
    exclusion: ItemId
    reason: HealthCode
    ends_at: Instant
    reviewer: StaffId


class Appeal(Command, frozen=True):
    """Record that a person disagrees with their exclusion."""

    person: PersonId
    exclusion: ItemId


class ExclusionAppealed(Fact, frozen=True):
    """A person disagrees with their exclusion."""

    person: PersonId
    exclusion: ItemId


class Review(Command, frozen=True):
    """Decide whether an exclusion stands; ``ends_at`` only where it is shortened."""

    person: PersonId
    exclusion: ItemId
    decision: Code
    ends_at: Instant | None = None


class ExclusionReviewed(Fact, frozen=True):
    """An exclusion was upheld, shortened or lifted."""

    person: PersonId
    exclusion: ItemId
    decision: Code
    ends_at: Instant | None = None


class AddAlert(Command, frozen=True):
    """Note what staff must know about a person before they need it."""

    person: PersonId
    kind: HealthCode
    note: Sealed | None = None


class AlertAdded(Fact, frozen=True):
    """Staff must know something about a person."""

    person: PersonId
    alert: ItemId
    kind: HealthCode
    note: Sealed | None = None


class WithdrawAlert(Command, frozen=True):
    """Take back an alert that no longer holds."""

    person: PersonId
    alert: ItemId
    reason: Code


class AlertWithdrawn(Fact, frozen=True):
    """An alert no longer holds."""

    person: PersonId
    alert: ItemId
    reason: Code


class Describe(Command, frozen=True):
    """Record what a person says of themselves; nobody has to say anything."""

    person: PersonId
    sex: HealthCode


class PersonDescribed(Fact, frozen=True):
    """A person said something of themselves."""

    person: PersonId
    sex: HealthCode


def exclusion_in_force(person: Person, now: datetime) -> Exclusion | None:
    """Return the exclusion that keeps a person out now, the longest if several do, or None."""
    standing = [e for e in person.exclusions if _is_in_force(e, now)]
    return max(standing, key=lambda e: e.ends_at, default=None)


def _is_in_force(exclusion: Exclusion, now: datetime) -> bool:
    """Tell whether an exclusion keeps its person out now."""
    return exclusion.decision != LIFTED and exclusion.since <= now < exclusion.ends_at


def exclude(site: Site, command: Exclude, given: Given) -> list[Fact]:
    """Exclude a person for a time that ends, with a reviewer who is somebody else."""
    person = site.person(command.person)
    given.protocol.require("exclusion_reasons", command.reason)
    if command.ends_at <= given.now:
        raise refuse(
            "exclusion-ends-later",
            f"The exclusion would be over already, on {_spoken(command.ends_at)}.",
            "Give an end that is still to come.",
            ends_at=command.ends_at,
            now=given.now,
        )
    longest = given.protocol.optional("exclusion_max_days")
    if longest is not None and command.ends_at - given.happened_at > timedelta(days=longest):
        raise refuse(
            "exclusion-max-days",
            f"The protocol pack allows exclusions of at most {longest} days; "
            f"this one would last until {_spoken(command.ends_at)}.",
            "Give an earlier end; it can be reviewed before then.",
            ends_at=command.ends_at,
            exclusion_max_days=longest,
        )
    if command.reviewer == given.actor.staff:
        raise refuse(
            "exclusion-other-reviewer",
            "You cannot review an exclusion that you give yourself.",
            "Name a colleague as reviewer.",
            reviewer=command.reviewer,
        )
    return [
        PersonExcluded(
            person=person.id,
            exclusion=derive_id("x", given.command),
            reason=command.reason,
            ends_at=command.ends_at,
            reviewer=command.reviewer,
        )
    ]


def on_excluded(site: Site, fact: PersonExcluded, when: When) -> Site:
    """The exclusion holds from now on."""
    person = site.person(fact.person)
    new = Exclusion(fact.exclusion, fact.reason, when.happened_at, fact.ends_at, fact.reviewer)
    return site.put(replace(person, exclusions=(*person.exclusions, new)))


def appeal(site: Site, command: Appeal, given: Given) -> list[Fact]:
    """Record an appeal against an exclusion in force; one appeal waits at a time."""
    exclusion = _require_exclusion(site, command.person, command.exclusion, given)
    appealed, reviewed = exclusion.appealed_at, exclusion.reviewed_at
    if appealed is not None and (reviewed is None or reviewed < appealed):
        raise refuse(
            "appeal-once",
            f"An appeal from {_spoken(appealed)} waits for a decision already.",
            "Tell the person that it is on its way; the reviewer or a manager decides.",
            exclusion=exclusion.id,
            reviewer=exclusion.reviewer,
        )
    return [ExclusionAppealed(command.person, exclusion.id)]


def on_appealed(site: Site, fact: ExclusionAppealed, when: When) -> Site:
    """The appeal waits for a decision."""
    old = _exclusion(site.person(fact.person), fact.exclusion)
    return _with_exclusion(site, fact.person, replace(old, appealed_at=when.happened_at))


def review(site: Site, command: Review, given: Given) -> list[Fact]:
    """Decide about an exclusion in force: the reviewer named in it, or a manager."""
    exclusion = _require_exclusion(site, command.person, command.exclusion, given)
    if given.actor.staff != exclusion.reviewer and given.actor.role != Role.MANAGER:
        raise refuse(
            "exclusion-reviewer",
            "Only the reviewer named in an exclusion, or a manager, decides about it.",
            "Ask one of them to decide.",
            reviewer=exclusion.reviewer,
            staff=given.actor.staff,
        )
    if command.decision not in DECISIONS:
        raise refuse(
            "exclusion-decision",
            f"{command.decision!r} is not a decision about an exclusion.",
            f"Choose one of {', '.join(DECISIONS)}.",
            decision=command.decision,
        )
    _require_new_end(exclusion, command, given)
    return [ExclusionReviewed(command.person, exclusion.id, command.decision, command.ends_at)]


def _require_new_end(exclusion: Exclusion, command: Review, given: Given) -> None:
    """Refuse a new end that shortens nothing, or one where nothing is shortened."""
    end = command.ends_at
    if command.decision != SHORTENED:
        if end is not None:
            raise refuse(
                "review-end",
                f"An exclusion that is {command.decision} gets no new end.",
                "Leave the end empty, or choose shortened.",
                decision=command.decision,
                ends_at=end,
            )
    elif end is None or not given.happened_at < end < exclusion.ends_at:
        raise refuse(
            "review-end",
            f"The new end, {_spoken(end) if end else 'none'}, is not between now and the old end, "
            f"{_spoken(exclusion.ends_at)}.",
            "Give an end between the two; to end it now, choose lifted.",
            ends_at=end,
            old_end=exclusion.ends_at,
        )


def on_reviewed(site: Site, fact: ExclusionReviewed, when: When) -> Site:
    """The decision holds from now on."""
    old = _exclusion(site.person(fact.person), fact.exclusion)
    new = replace(
        old,
        ends_at=fact.ends_at or old.ends_at,
        reviewed_at=when.happened_at,
        decision=fact.decision,
    )
    return _with_exclusion(site, fact.person, new)


def add_alert(site: Site, command: AddAlert, given: Given) -> list[Fact]:
    """Add an alert of a kind that the pack knows."""
    person = site.person(command.person)
    given.protocol.require("alert_kinds", command.kind)
    return [AlertAdded(person.id, derive_id("a", given.command), command.kind, command.note)]


def on_alert_added(site: Site, fact: AlertAdded, when: When) -> Site:
    """The alert stands on the person's page."""
    person = site.person(fact.person)
    alert = Alert(fact.alert, fact.kind, when.happened_at, fact.note)
    return site.put(replace(person, alerts=(*person.alerts, alert)))


def withdraw_alert(site: Site, command: WithdrawAlert, given: Given) -> list[Fact]:
    """Withdraw an alert that stands."""
    person = site.person(command.person)
    given.protocol.require("withdraw_reasons", command.reason)
    alert = next((a for a in person.alerts if a.id == command.alert), None)
    if alert is None:
        raise refuse(
            "alert-known",
            f"{person.handle} has no alert {command.alert}.",
            "Open the person's page and choose the alert there.",
            person=person.id,
            alert=command.alert,
        )
    if alert.withdrawn_at is not None:
        raise refuse(
            "alert-stands",
            f"This alert was withdrawn on {_spoken(alert.withdrawn_at)}.",
            "Nothing to do; add a new alert if there is something to know again.",
            alert=alert.id,
        )
    return [AlertWithdrawn(person.id, alert.id, command.reason)]


def on_alert_withdrawn(site: Site, fact: AlertWithdrawn, when: When) -> Site:
    """The alert stays on file, with the time from which it no longer holds."""
    person = site.person(fact.person)
    alerts = tuple(
        replace(a, withdrawn_at=when.happened_at) if a.id == fact.alert else a
        for a in person.alerts
    )
    return site.put(replace(person, alerts=alerts))


def describe(site: Site, command: Describe, given: Given) -> list[Fact]:
    """Record what a person says of themselves, in words that the pack knows."""
    person = site.person(command.person)
    given.protocol.require("sexes", command.sex)
    return [PersonDescribed(person.id, command.sex)]


def on_described(site: Site, fact: PersonDescribed, _: When) -> Site:
    """What a person said last holds."""
    return site.put(replace(site.person(fact.person), sex=fact.sex))


def _exclusion(person: Person, key: str) -> Exclusion:
    """Return an exclusion of a person; refuses an unknown id."""
    found = next((e for e in person.exclusions if e.id == key), None)
    if found is None:
        raise refuse(
            "exclusion-known",
            f"{person.handle} has no exclusion {key}.",
            "Open the person's page and choose the exclusion there.",
            person=person.id,
            exclusion=key,
        )
    return found


def _require_exclusion(site: Site, person: str, key: str, given: Given) -> Exclusion:
    """Return an exclusion that keeps a person out; refuses one that is over."""
    found = _exclusion(site.person(person), key)
    if not _is_in_force(found, given.happened_at):
        over = "was lifted" if found.decision == LIFTED else f"ends {_spoken(found.ends_at)}"
        raise refuse(
            "exclusion-in-force",
            f"This exclusion {over}; it keeps nobody out at that time.",
            "Nothing to decide: the person may come in.",
            exclusion=found.id,
            ends_at=found.ends_at,
        )
    return found


def _with_exclusion(site: Site, person_id: str, new: Exclusion) -> Site:
    """Return the site with one exclusion of a person replaced."""
    person = site.person(person_id)
    exclusions = tuple(new if e.id == new.id else e for e in person.exclusions)
    return site.put(replace(person, exclusions=exclusions))


def _spoken(instant: datetime) -> str:
    """Return an instant as words: ``13 January 2025 09:00 UTC``."""
    return f"{instant:%d %B %Y %H:%M} UTC"


COMMANDS = {
    "person.exclude": Rule(Exclude, exclude, CLINICAL),
    "person.appeal": Rule(Appeal, appeal, FLOOR),
    "person.review": Rule(Review, review, FLOOR),
    "person.describe": Rule(Describe, describe, FLOOR),
    "alert.add": Rule(AddAlert, add_alert, FLOOR),
    "alert.withdraw": Rule(WithdrawAlert, withdraw_alert, FLOOR),
}
FACTS = {
    "person.excluded": Change(PersonExcluded, on_excluded),
    "exclusion.appealed": Change(ExclusionAppealed, on_appealed),
    "exclusion.reviewed": Change(ExclusionReviewed, on_reviewed),
    "person.described": Change(PersonDescribed, on_described),
    "alert.added": Change(AlertAdded, on_alert_added),
    "alert.withdrawn": Change(AlertWithdrawn, on_alert_withdrawn),
}
