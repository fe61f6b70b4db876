"""The shape that every rule has: a command is decided into facts, and a fact changes the site."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from safelight.kernel.errors import Refused

if TYPE_CHECKING:
    from safelight.run.domain.protocol import Protocol
    from safelight.run.domain.site import Site


class Role(StrEnum):
    """What a member of staff may do here. Whoever has no role may do nothing."""

    WORKER = "worker"
    NURSE = "nurse"
    MANAGER = "manager"
    PRESCRIBER = "prescriber"
    PHARMACIST = "pharmacist"
    OFFICER = "officer"  # the controlled-drugs accountable officer
    WITNESS = "witness"  # authorised to witness destruction, and nothing else
    ANALYST = "analyst"
    ANYONE = "anyone"  # nobody signed in: an emergency only, attributed afterwards


FLOOR = frozenset({Role.WORKER, Role.NURSE, Role.MANAGER, Role.PRESCRIBER, Role.PHARMACIST})
CLINICAL = frozenset({Role.NURSE, Role.MANAGER, Role.PRESCRIBER})
MANAGEMENT = frozenset({Role.MANAGER})
PRESCRIBING = frozenset({Role.PRESCRIBER})
# Who handles controlled drugs, and who may look into their register.
HANDLING = frozenset({Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER, Role.MANAGER})
INSPECTING = HANDLING | {Role.OFFICER}
EMERGENCY = frozenset({*FLOOR, Role.ANYONE})

UNATTRIBUTED = "staff-unattributed"


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody asks for. Field limits are checked before any rule sees it."""


class Fact(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What took place: the body of a journal entry."""


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing of a site's present state, kept as one row of the read model."""


class Actor(NamedTuple):
    """Who acts: a member of staff by random id, in one role."""

    staff: str
    role: Role
    proved_at: datetime | None = None  # when they last gave a second factor


class Given(NamedTuple):
    """What a decision may depend on besides the site and the command."""

    now: datetime
    happened_at: datetime  # differs from ``now`` in a late entry only
    actor: Actor
    protocol: "Protocol"
    command: str  # the client's command id; ids of new things derive from it
    witness: Actor | None = None  # whoever stood by and proved it
    clock_trusted: bool = False  # the time is known not to have been moved
    behind: timedelta = timedelta(0)  # the machine's clock, since ``now`` never goes back


class When(NamedTuple):
    """Where in the journal a fact stands."""

    seq: int
    happened_at: datetime
    recorded_at: datetime
    staff: str
    witness: str | None = None


Decide = Callable[["Site", Any, Given], list[Fact]]
Evolve = Callable[["Site", Any, When], "Site"]


class Rule(NamedTuple):
    """A command, who may give it, and the function that decides it."""

    command: type[Command]
    decide: Decide
    may: frozenset[Role]


class Change(NamedTuple):
    """A fact, the function that applies it, and the version of its schema."""

    fact: type[Fact]
    evolve: Evolve
    version: int = 1


def refuse(rule: str, message: str, remedy: str, /, **values: object) -> Refused:
    """Return the error that names the rule, the values and the remedy; the caller raises it."""
    return Refused(rule, message, remedy, **values)
