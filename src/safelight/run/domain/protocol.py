"""A protocol pack: every clinical or house value with its citation, approver and date.

The rules read values from the pack in force and hold none themselves. A value that a pack leaves
out is unknown: rules that cannot do without it refuse and say which one to set.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from safelight.kernel.errors import Invalid
from safelight.kernel.privacy import Digest, Flag, HealthCode, ItemId, Label, StaffId
from safelight.run.domain.base import MANAGEMENT, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.criteria import CriteriaSet, faults
from safelight.run.domain.dosing_entities import Bedside
from safelight.run.domain.entities import Adopted
from safelight.run.domain.site import Site


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One number of a pack, with where it comes from and who answers for it."""

    value: int
    unit: str
    citation: str
    approver: str
    holds_from: date


class Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vocabulary of a pack: code to words on the screen."""

    citation: str
    approver: str
    holds_from: date
    words: dict[str, str]


class Timer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reminder in an incident: so long after the last step of a kind. It only advises."""

    after: str
    minutes: int
    text: str
    citation: str
    approver: str
    holds_from: date
    kinds: tuple[str, ...] = ()


class Prompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Advice that follows from the last reading, or stands from the start. It only advises."""

    text: str
    citation: str
    approver: str
    holds_from: date
    kinds: tuple[str, ...] = ()
    measure: str = ""
    below: int | None = None
    above: int | None = None
    among: tuple[str, ...] = ()


class Hold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A finding that stands against a dose, until somebody who may decides otherwise."""

    code: HealthCode  # it goes into the journal
    text: str
    measure: str
    citation: str
    approver: str
    holds_from: date
    below: int | None = None
    above: int | None = None
    among: tuple[str, ...] = ()


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time of the day at which patients are expected; minutes after the clinic day's turn."""

    name: str
    opens: int
    closes: int
    citation: str
    approver: str
    holds_from: date


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pack as read from its file."""

    id: str
    version: str
    title: str
    example: bool
    values: dict[str, Value]
    codes: dict[str, Codes]
    timers: tuple[Timer, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    holds: tuple[Hold, ...] = ()
    slots: tuple[Slot, ...] = ()
    criteria: dict[ItemId, CriteriaSet] = {}
    digest: str = ""

    def number(self, name: str) -> int:
        """Return a value that a rule cannot do without; refuses where the pack leaves it out."""
        found = self.values.get(name)
        if found is None:
            raise refuse(
                "protocol-value",
                f"The protocol pack {self.id} {self.version} does not say {name}.",
                "Set it in your pack with its citation, have it approved, and adopt the pack.",
                pack=self.id,
                value=name,
            )
        return found.value

    def optional(self, name: str) -> int | None:
        """Return a value that only advises, or None where the pack leaves it out."""
        found = self.values.get(name)
        return found.value if found else None

    def words(self, vocabulary: str) -> dict[str, str]:
        """Return a vocabulary as code to words, empty where the pack has none."""
        found = self.codes.get(vocabulary)
        return found.words if found else {}

    def require(self, vocabulary: str, *codes: str) -> None:
        """Refuse codes that the pack in force does not know."""
        known = self.words(vocabulary)
        for code in codes:
            if code not in known:
                raise refuse(
                    f"known-{vocabulary}",
                    f"{code!r} is not among the {vocabulary.replace('_', ' ')} of the pack.",
                    f"Choose one of {', '.join(sorted(known)) or 'none: the pack lists none'}.",
                    code=code,
                    pack=self.id,
                )

    def accept(self, vocabulary: str, *codes: str) -> None:
        """Refuse as ``require`` does, but take any code where no pack lists that vocabulary.

        For what has to be recorded with or without a pack.
        """
        if self.words(vocabulary):
            self.require(vocabulary, *codes)


def parse_protocol(data: Mapping[str, Any], digest: str) -> Protocol:
    """Read a pack from parsed TOML; raises Invalid naming what is wrong and where."""
    try:
        pack = msgspec.convert({**data.get("pack", {}), **_body(data), "digest": digest}, Protocol)
    except msgspec.ValidationError as error:
        raise Invalid(
            "protocol-pack",
            f"The protocol pack cannot be read: {error}.",
            "Every value needs value, unit, citation, approver and holds_from.",
        ) from error
    if wrong := faults(pack.criteria):
        raise Invalid(
            "protocol-criteria",
            f"The criteria of the protocol pack cannot be used: {'; '.join(wrong)}.",
            "Every set needs its criteria, and the days on which it begins or ends.",
        )
    if idle := idle_holds(pack):
        raise Invalid(
            "protocol-holds",
            f"Holds of the protocol pack would never hold anything: {', '.join(idle)}.",
            "Each names a measure with a limit, or findings among those that the pack lists.",
        )
    return pack


# Findings that holds choose among, by measure; every other measure is a number with limits.
FINDINGS = {"sedation": "sedation_levels", "signs": "intoxication_signs"}


def idle_holds(pack: Protocol) -> list[str]:
    """Name the holds that a slip in the pack keeps from ever being met."""
    numbers = set(Bedside.__struct_fields__) - {*FINDINGS, "looked_for_signs"}
    return [hold.code for hold in pack.holds if not _can_be_met(hold, pack, numbers)]


def _can_be_met(hold: Hold, pack: Protocol, numbers: set[str]) -> bool:
    if hold.measure in FINDINGS:
        known = pack.words(FINDINGS[hold.measure])
        return bool(hold.among) and all(code in known for code in hold.among)
    return hold.measure in numbers and (hold.below, hold.above) != (None, None)


def _body(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "pack"}


class Adopt(Command, frozen=True):
    """Put a pack in force at this site."""

    pack: ItemId
    version: Label
    digest: Digest
    approver: StaffId


class ProtocolAdopted(Fact, frozen=True):
    """A pack came into force."""

    pack: ItemId
    version: Label
    digest: Digest
    approver: StaffId
    example: Flag


def adopt(site: Site, command: Adopt, given: Given) -> list[Fact]:
    """Adopt the pack that the command names; a live site takes no example."""
    pack = given.protocol
    if (pack.id, pack.version, pack.digest) != (command.pack, command.version, command.digest):
        raise refuse(
            "pack-known",
            f"No pack {command.pack} {command.version} with that digest is installed here.",
            "Install the pack file first; `safelight packs` lists what is here.",
            pack=command.pack,
        )
    if pack.example and site.premises is not None and site.premises.live:
        raise refuse(
            "pack-approved",
            f"{pack.title} is an example and cannot be used in a live service.",
            "Copy it, let your clinical lead check and approve each value, and adopt the copy.",
            pack=pack.id,
        )
    return [
        ProtocolAdopted(
            pack=pack.id,
            version=pack.version,
            digest=pack.digest,
            approver=command.approver,
            example=pack.example,
        )
    ]


def on_adopted(site: Site, fact: ProtocolAdopted, when: When) -> Site:
    """The pack in force is the one adopted last."""
    return site.put(
        Adopted(
            id="in-force",
            pack=fact.pack,
            version=fact.version,
            digest=fact.digest,
            adopted_at=when.happened_at,
            approver=fact.approver,
            example=fact.example,
        )
    )


COMMANDS = {"protocol.adopt": Rule(Adopt, adopt, MANAGEMENT)}
FACTS = {"protocol.adopted": Change(ProtocolAdopted, on_adopted)}
