"""An oracle's own books: what it heard of orders, patients, sessions and registers.

Quantities are decimal milligrams and days those of the wall clock, so that an error of the rules
in micrograms, in time zones or in their own bookkeeping does not happen here a second time.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from safelight.run.domain import base
from safelight.run.domain.clinic.destruction import WitnessAuthorised
from safelight.run.domain.clinic.licence import LicenceRecorded
from safelight.run.domain.clinic.prescription import PrescriptionSigned
from safelight.run.domain.dosing_entities import Bedside
from safelight.run.domain.protocol import Protocol

NOTHING = Decimal(0)
A_DAY = timedelta(days=1)
KEPT = 5  # clinic days of doses; no pack may look back further


def mg(micrograms: int) -> Decimal:
    """Return milligrams, exactly."""
    return Decimal(micrograms).scaleb(-3)


def wall(instant: datetime, timezone: str) -> datetime:
    """Return what a clock on the wall shows."""
    return instant.astimezone(ZoneInfo(timezone)).replace(tzinfo=None)


def day_of(instant: datetime, timezone: str, turn: int) -> date:
    """Return the clinic day of an instant, which begins ``turn`` minutes after midnight."""
    today = wall(instant, timezone).date()
    return today if instant >= begins(today, timezone, turn) else today - A_DAY


@lru_cache(maxsize=64)
def begins(day: date, timezone: str, turn: int) -> datetime:
    """Return when a clinic day begins: the first time that a clock on the wall shows its turn.

    Where the clock skips that time, it is when a clock that nobody set forward would show it.
    """
    shown = datetime.combine(day, time()) + timedelta(minutes=turn)
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    offsets = [each.astimezone(ZoneInfo(timezone)).utcoffset() for each in (noon - A_DAY, noon)]
    possible = [shown.replace(tzinfo=UTC) - offset for offset in offsets if offset is not None]
    shows = [instant for instant in possible if wall(instant, timezone) == shown]
    return min(shows, default=possible[0])


@dataclass
class Order:
    """One signed order, as it was signed, and what was given of it."""

    signed: PrescriptionSigned
    prescriber: str
    stands: bool = True
    given: Decimal = NOTHING


@dataclass
class Licence:
    """One prescriber's licence."""

    recorded: LicenceRecorded
    withdrawn: bool = False


@dataclass
class Dose:
    """One dose."""

    at: datetime
    day: date
    drug: str
    quantity: Decimal
    session: str


@dataclass
class Patient:
    """What was heard of one patient."""

    orders: dict[str, Order] = field(default_factory=dict)
    doses: list[Dose] = field(default_factory=list)  # of the last days, the newest last
    treated: bool = False
    locked: bool = False
    emergencies: set[str] = field(default_factory=set)
    reviewed: datetime | None = None
    sessions: int = 0  # a day, by the order of the last dose
    started: datetime | None = None
    naloxone: datetime | None = None  # the last time, as it was first written
    oral: tuple[date, Decimal] = (date.min, NOTHING)  # by mouth, on the last day of any


@dataclass
class Preparation:
    """What two people took out of a cabinet for a session."""

    order: Order
    register: str
    dose: Decimal
    taken: Decimal
    at: datetime


@dataclass
class Attendance:
    """One session of a patient."""

    person: str
    began: datetime
    bedside: Bedside | None = None
    assessed_at: datetime | None = None
    decided: bool = False  # about what the newest assessment speaks against
    reduced: tuple[str, Decimal] | None = None  # of which order, to what
    prepared: Preparation | None = None  # and not accounted for
    dosed_at: datetime | None = None
    dose: Decimal = NOTHING
    seen: list[tuple[datetime, Bedside]] = field(default_factory=list)
    left: bool = False


@dataclass
class Incident:
    """One emergency."""

    person: str | None
    kind: str
    somebody: bool  # it is known whose it is, or that it is nobody's who is treated here
    naloxone: datetime | None = None  # the last time
    running: bool = True

    @property
    def locks(self) -> bool:
        """Tell whether it is, or may be, an overdose."""
        return self.naloxone is not None or self.kind not in {"injury", "psychiatric", "other"}


@dataclass
class Account:
    """One register: the terms of its balance, what is out of the cabinet, and who handled it."""

    holds: tuple[str, str, int]  # drug, form, and micrograms in one unit
    strength: Decimal
    terms: dict[str, Decimal]
    prepared: Decimal = NOTHING
    lines: int = 0
    hands: set[str] = field(default_factory=set)

    @property
    def balance(self) -> Decimal:
        """Return what the premises hold."""
        came = self.terms["opening"] + self.terms["received"]
        return came - sum(self.terms[each] for each in ("supplied", "wasted", "destroyed"))


@dataclass
class Books:
    """All that an oracle knows of one site."""

    premises: str = ""
    timezone: str = "UTC"
    now: datetime | None = None
    people: dict[str, Patient] = field(default_factory=dict)
    treatments: dict[str, str] = field(default_factory=dict)  # to whose
    ordered: dict[str, str] = field(default_factory=dict)  # an order, to whose
    licences: dict[str, Licence] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)  # what may be an overdose of anybody here
    sessions: dict[str, Attendance] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    witnesses: dict[str, WitnessAuthorised] = field(default_factory=dict)
    done: OrderedDict[str, None] = field(default_factory=OrderedDict)  # commands

    def patient(self, person: str) -> Patient:
        """Return what was heard of somebody."""
        return self.people.setdefault(person, Patient())

    def today(self, given: base.Given) -> date:
        """Return the day of the wall's calendar."""
        return wall(given.now, self.timezone).date()

    def day(self, given: base.Given, at: datetime | None = None) -> date:
        """Return the clinic day of an instant, which is now unless said otherwise."""
        turn = given.protocol.values["clinic_day_turn_minutes"].value
        return day_of(at or given.now, self.timezone, turn)


def incomplete(bedside: Bedside, protocol: Protocol, vocabulary: str) -> list[str]:
    """Name what the pack wants of an assessment and nobody measured."""
    wanted = protocol.codes[vocabulary].words if vocabulary in protocol.codes else {"anything": ""}
    found = {each: getattr(bedside, each, None) for each in Bedside.__struct_fields__}
    found["signs"] = bedside.looked_for_signs or None
    return [measure for measure in wanted if found.get(measure) is None]


def against(bedside: Bedside, protocol: Protocol) -> list[str]:
    """Name what in an assessment speaks against a dose, as the pack says it."""
    found = []
    for hold in protocol.holds:
        value = getattr(bedside, hold.measure)
        if isinstance(value, int):
            low = hold.below is not None and value < hold.below
            high = hold.above is not None and value > hold.above
            held = low or high
        else:
            seen = {value} if isinstance(value, str) else set(value or ())
            held = not seen.isdisjoint(hold.among)
        if held:
            found.append(hold.code)
    return found
