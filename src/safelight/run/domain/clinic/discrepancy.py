"""Discrepancies, from the report to what explained them, and concerns about controlled drugs.

Both go to the accountable officer (Controlled Drugs (Supervision of Management and Use)
Regulations 2013, regulation 11). A discrepancy is resolved with another count: what an entry or a
footnote explains agrees then, and what is still missing is a loss, written off to the microgram.
"""

from typing import Final

from msgspec.structs import replace

from safelight.kernel.ids import derive_random_id
from safelight.kernel.privacy import Code, Count, ItemId, Micrograms, Sealed
from safelight.run.domain.base import (
    FLOOR,
    HANDLING,
    MANAGEMENT,
    Change,
    Command,
    Fact,
    Given,
    Role,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.clinic.count import counted_as
from safelight.run.domain.clinic.ledger import register_of, waste
from safelight.run.domain.clinic.proof import require_now, require_two
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.register_entities import Concern, Discrepancy, Register
from safelight.run.domain.site import Site

LOSS: Final = "loss"
RESOLVING: Final = MANAGEMENT | {Role.PHARMACIST}
RAISING: Final = FLOOR | {Role.OFFICER}
OVERSEEING: Final = frozenset({Role.OFFICER})


class Report(Command, frozen=True):
    """Record that the accountable officer was told of a discrepancy."""

    discrepancy: ItemId


class DiscrepancyReported(Fact, frozen=True):
    """The accountable officer was told of a discrepancy."""

    discrepancy: ItemId


class Resolve(Command, frozen=True):
    """Say what explains a discrepancy, with how many units lie in the cabinet now."""

    discrepancy: ItemId
    resolution: Code
    units: Count
    note: Sealed | None = None


class DiscrepancyResolved(Fact, frozen=True):
    """A discrepancy was explained; ``lost`` was written off."""

    discrepancy: ItemId
    register: ItemId
    resolution: Code
    lost: Micrograms = 0
    note: Sealed | None = None


class Raise(Command, frozen=True):
    """Tell the accountable officer of a concern."""

    kind: Code
    register: ItemId | None = None
    note: Sealed | None = None


class ConcernRaised(Fact, frozen=True):
    """Somebody is concerned about controlled drugs."""

    concern: ItemId
    kind: Code
    register: ItemId | None = None
    note: Sealed | None = None


class Acknowledge(Command, frozen=True):
    """The accountable officer has read a concern."""

    concern: ItemId


class ConcernAcknowledged(Fact, frozen=True):
    """The accountable officer has read a concern."""

    concern: ItemId


def open_discrepancies(site: Site) -> list[Discrepancy]:
    """Return the discrepancies that nothing has explained yet, oldest first."""
    found = [each for each in site.all_of(Discrepancy).values() if each.resolved_at is None]
    return sorted(found, key=lambda each: (each.found_at, each.id))


def report(site: Site, command: Report, _: Given) -> list[Fact]:
    """Report a discrepancy once."""
    found = _open(site, command.discrepancy)
    if found.reported_at is not None:
        raise refuse(
            "discrepancy-unreported",
            f"The accountable officer was told on {found.reported_at:%d %B %Y %H:%M} UTC.",
            "Nothing is left to do; resolve it once it is explained.",
            discrepancy=found.id,
        )
    return [DiscrepancyReported(found.id)]


def on_reported(site: Site, fact: DiscrepancyReported, when: When) -> Site:
    """The discrepancy says who reported it."""
    old = site.all_of(Discrepancy)[fact.discrepancy]
    return site.put(replace(old, reported_at=when.recorded_at, reported_by=when.staff))


def resolve(site: Site, command: Resolve, given: Given) -> list[Fact]:
    """Resolve a discrepancy with another count by two people."""
    require_two(given, HANDLING)
    require_now(given, "A count")
    found = _open(site, command.discrepancy)
    given.protocol.require("discrepancy_resolutions", command.resolution)
    counted = counted_as(register_of(site, found.register), command.units)
    lost = counted.expected - counted.counted
    _require_explained(found, command.resolution, lost)
    resolved = DiscrepancyResolved(found.id, found.register, command.resolution, lost, command.note)
    return [counted, resolved]


def _require_explained(found: Discrepancy, resolution: str, missing: int) -> None:
    """Refuse to close what is not explained: only a loss leaves something missing."""
    if missing < 0:
        raise refuse(
            "discrepancy-surplus",
            f"{in_figures(-missing)} mg more lie in the cabinet than the register says.",
            "Find the delivery or the line that explains it, and enter or correct that first.",
            discrepancy=found.id,
            surplus=-missing,
        )
    if missing and resolution != LOSS:
        raise refuse(
            "discrepancy-explained",
            f"{in_figures(missing)} mg are missing still.",
            "Enter or correct what explains it first; or resolve it as a loss.",
            discrepancy=found.id,
            missing=missing,
        )
    if resolution == LOSS and not missing:
        raise refuse(
            "loss-missing",
            "Nothing is missing: the cabinet and the register agree.",
            "Choose what explained the difference.",
            discrepancy=found.id,
        )
    if resolution == LOSS and found.reported_at is None:
        raise refuse(
            "loss-reported",
            "Nobody has told the accountable officer, and a loss is not written off before.",
            "Report the discrepancy first.",
            discrepancy=found.id,
        )


def on_resolved(site: Site, fact: DiscrepancyResolved, when: When) -> Site:
    """The discrepancy is closed; a loss is a line of its own."""
    if fact.lost:
        site = waste(site, fact.register, fact.lost, when, reason=LOSS)
    site = site.put(replace(site.all_of(Register)[fact.register], discrepancy=None))
    old = site.all_of(Discrepancy)[fact.discrepancy]
    return site.put(
        replace(
            old,
            resolved_at=when.recorded_at,
            resolved_by=when.staff,
            resolution=fact.resolution,
            lost=fact.lost,
            note=fact.note,
        )
    )


def _open(site: Site, key: str) -> Discrepancy:
    found = site.all_of(Discrepancy).get(key)
    if found is None:
        raise refuse(
            "discrepancy-open",
            f"No discrepancy {key} is open here.",
            "Look at the list; somebody may have resolved it already.",
            discrepancy=key,
        )
    return found


def raise_concern(site: Site, command: Raise, given: Given) -> list[Fact]:
    """Raise a concern, about one register or about controlled drugs in general."""
    given.protocol.accept("concern_kinds", command.kind)
    if command.register is not None:
        register_of(site, command.register)
    key = derive_random_id("concern", given.command)
    return [ConcernRaised(key, command.kind, command.register, command.note)]


def on_raised(site: Site, fact: ConcernRaised, when: When) -> Site:
    """The concern waits for the officer."""
    return site.put(
        Concern(
            id=fact.concern,
            kind=fact.kind,
            raised_at=when.happened_at,
            staff=when.staff,
            register=fact.register,
            note=fact.note,
        )
    )


def acknowledge(site: Site, command: Acknowledge, _: Given) -> list[Fact]:
    """Acknowledge a concern that waits."""
    found = site.all_of(Concern).get(command.concern)
    if found is None:
        raise refuse(
            "concern-waiting",
            f"No concern {command.concern} waits here.",
            "Look at the list of concerns; it may be acknowledged already.",
            concern=command.concern,
        )
    return [ConcernAcknowledged(found.id)]


def on_acknowledged(site: Site, fact: ConcernAcknowledged, when: When) -> Site:
    """The officer has seen it."""
    old = site.all_of(Concern)[fact.concern]
    seen = replace(old, acknowledged_at=when.recorded_at, acknowledged_by=when.staff)
    return site.put(seen)


COMMANDS = {
    "discrepancy.report": Rule(Report, report, HANDLING),
    "discrepancy.resolve": Rule(Resolve, resolve, RESOLVING),
    "concern.raise": Rule(Raise, raise_concern, RAISING),
    "concern.acknowledge": Rule(Acknowledge, acknowledge, OVERSEEING),
}
FACTS = {
    "discrepancy.reported": Change(DiscrepancyReported, on_reported),
    "discrepancy.resolved": Change(DiscrepancyResolved, on_resolved),
    "concern.raised": Change(ConcernRaised, on_raised),
    "concern.acknowledged": Change(ConcernAcknowledged, on_acknowledged),
}
