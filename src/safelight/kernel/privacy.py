"""Privacy classes, and the field types that carry them.

Every field that is stored names its class. A repository test walks all of them, so that a new
field cannot slip into a journal unclassified.
"""

from datetime import date, datetime
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

from msgspec import Meta


class Privacy(StrEnum):
    """What a stored value says about a person, and therefore who may ever see it."""

    OPEN = "open"  # says nothing about any person: a code, a place, a count of stock
    STAFF = "staff"  # which member of staff, by random id
    PSEUDONYM = "pseudonym"  # which person, by random id or word handle
    HEALTH = "health"  # about a person's health, drug use or conduct; special category
    SEALED = "sealed"  # ciphertext; unreadable without the vault


def _meta(privacy: Privacy, **rules: Any) -> Meta:  # noqa: ANN401 - handed on to Meta as it is
    return partial(Meta, extra={"privacy": privacy})(**rules)


# What a form shows in milligrams.
MICROGRAMS = "microgram"


def _micrograms(privacy: Privacy, **rules: Any) -> Meta:  # noqa: ANN401 - as above
    return Meta(extra={"privacy": privacy, "unit": MICROGRAMS}, **rules)


# ``\Z`` and not ``$``, which lets a line break pass at the end.
_ID = r"^[a-z][a-z0-9-]{1,63}\Z"
_CODE = r"^[a-z][a-z0-9_]{0,47}\Z"

# Says nothing about any person.
Code = Annotated[str, _meta(Privacy.OPEN, pattern=_CODE)]
Label = Annotated[str, _meta(Privacy.OPEN, min_length=1, max_length=120)]
Citation = Annotated[str, _meta(Privacy.OPEN, max_length=1000)]
Batch = Annotated[str, _meta(Privacy.OPEN, pattern=r"^[A-Za-z0-9./ -]{1,40}\Z")]
PlaceId = Annotated[str, _meta(Privacy.OPEN, pattern=_ID)]
ItemId = Annotated[str, _meta(Privacy.OPEN, pattern=_ID)]
Digest = Annotated[str, _meta(Privacy.OPEN, pattern=r"^[0-9a-f]{64}\Z")]
Count = Annotated[int, _meta(Privacy.OPEN, ge=0, le=1_000_000)]
Total = Annotated[int, _meta(Privacy.OPEN, ge=0)]  # what counts add up to; it knows no slip
Micrograms = Annotated[int, _micrograms(Privacy.OPEN, ge=0, le=10**12)]  # of stock; 1 kg is 10**9
MicrogramsMoved = Annotated[int, _meta(Privacy.OPEN, ge=-(10**12), le=10**12)]
Seq = Annotated[int, _meta(Privacy.OPEN, ge=1)]
Flag = Annotated[bool, _meta(Privacy.OPEN)]
Instant = Annotated[datetime, _meta(Privacy.OPEN, tz=True)]
Day = Annotated[date, _meta(Privacy.OPEN)]

# Who works here, by random id; names of staff live in accounts.
StaffId = Annotated[str, _meta(Privacy.STAFF, pattern=_ID)]

# Which person, never by name.
PersonId = Annotated[str, _meta(Privacy.PSEUDONYM, pattern=_ID)]
VisitId = Annotated[str, _meta(Privacy.PSEUDONYM, pattern=_ID)]
IncidentId = Annotated[str, _meta(Privacy.PSEUDONYM, pattern=_ID)]
Handle = Annotated[str, _meta(Privacy.PSEUDONYM, pattern=r"^[a-z]+ [a-z]+( [0-9]+)?\Z")]

# Health, drug use and conduct.
HealthCode = Annotated[str, _meta(Privacy.HEALTH, pattern=_CODE)]
HealthFlag = Annotated[bool, _meta(Privacy.HEALTH)]
HealthInstant = Annotated[datetime, _meta(Privacy.HEALTH, tz=True)]
HealthDay = Annotated[date, _meta(Privacy.HEALTH)]
# Of a dose or an order, in whole micrograms: exact thousandths of a milligram, and never a float.
DoseMicrograms = Annotated[int, _micrograms(Privacy.HEALTH, ge=0, le=10**10)]
QuantityWords = Annotated[str, _meta(Privacy.HEALTH, pattern=r"^[A-Za-z][A-Za-z ,-]{1,199}\Z")]


def measurement(low: int, high: int) -> Meta:
    """Return the limits of a bedside measurement: beyond them it is a slip of the finger."""
    return _meta(Privacy.HEALTH, ge=low, le=high)


# Free text, encrypted before any rule or journal sees it.
Sealed = Annotated[str, _meta(Privacy.SEALED, pattern=r"^sealed:[A-Za-z0-9_=:.-]{1,12000}\Z")]
