"""Who really stands there: a second factor given just now, and a second person.

A tablet on a shelf stays logged in. Signing an order, preparing a dose, wasting, counting and
destroying need proof that is minutes old, and most of them need it from two different people.
"""

from datetime import timedelta
from typing import Final

from safelight.run.domain.base import Actor, Given, Role, refuse

PROOF_MINUTES: Final = "second_factor_minutes"


def require_proof(given: Given) -> None:
    """Refuse an actor whose second factor is missing, old, or from a time to come."""
    _require_fresh(given.actor, given)


def require_two(given: Given, may: frozenset[Role]) -> str:
    """Return the witness, who is another person, in such a role, and proved it just now.

    Raises:
        Refused: Nobody witnessed it, the witness is the actor or may not witness this, or either
            proof is not fresh.
    """
    witness = given.witness
    if witness is None:
        raise refuse(
            "witness-present",
            "This needs two people, and one is here.",
            "Ask a colleague to confirm it with their own second factor.",
        )
    if witness.staff == given.actor.staff:
        raise refuse(
            "witness-different",
            f"{witness.staff} cannot witness what {given.actor.staff} does.",
            "Ask somebody else to confirm it with their own second factor.",
            actor=given.actor.staff,
            witness=witness.staff,
        )
    if witness.role not in may:
        raise refuse(
            "witness-may",
            f"The role {witness.role} may not witness this.",
            f"Ask one of: {', '.join(sorted(may))}.",
            role=witness.role,
        )
    _require_fresh(given.actor, given)
    _require_fresh(witness, given)
    return witness.staff


def _require_fresh(actor: Actor, given: Given) -> None:
    minutes = given.protocol.number(PROOF_MINUTES)
    if actor.proved_at is None:
        raise refuse(
            "proof-given",
            f"{actor.staff} gave no second factor.",
            "Give it now; being logged in is not enough for this.",
            staff=actor.staff,
        )
    age = given.now - actor.proved_at
    if not timedelta(0) <= age <= timedelta(minutes=minutes):
        raise refuse(
            "proof-fresh",
            f"The second factor of {actor.staff} is of {actor.proved_at:%d %B %H:%M:%S} UTC; it is "
            f"{given.now:%d %B %H:%M:%S} UTC, and it holds for {minutes} minutes.",
            "Give it again.",
            staff=actor.staff,
            proved_at=actor.proved_at,
        )


def require_now(given: Given, what: str) -> None:
    """Refuse a time that somebody told: orders and doses rest on the time of writing alone."""
    if given.happened_at != given.now:
        raise refuse(
            "written-now",
            f"{what} is recorded as it happens, never for a time that has passed.",
            "Leave the time empty; what went on paper meanwhile is recorded as a late dose.",
            happened_at=given.happened_at,
        )


def require_trusted_clock(given: Given) -> None:
    """Refuse where the machine's clock may have been moved: no interval could be relied on."""
    if not given.clock_trusted:
        raise refuse(
            "clock-trusted",
            "The clock of this machine was moved, or nobody has confirmed it since it started.",
            "Two people compare it with another clock and confirm it on the clinic's board.",
        )
