"""The arithmetic of a controlled-drugs register: what moves, and the line that says so.

A rule checks first (``require_in_cabinet``, ``require_whole_units``) and writes a fact; when the
fact is applied, these functions move the register. They refuse nothing and round nothing: the terms
of the balance follow the facts exactly.
"""

from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.errors import Refused
from safelight.run.domain.base import Given, When, refuse
from safelight.run.domain.clinic.words import in_figures
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.register_entities import (
    DESTROYED,
    OPENING,
    RECEIVED,
    SUPPLIED,
    WASTED,
    Line,
    Register,
)
from safelight.run.domain.site import Site

# By how much, and which way, a quantity of each kind moves the balance. Each kind is also the
# name of the register's term.
SIGNS: Final = {OPENING: 1, RECEIVED: 1, SUPPLIED: -1, WASTED: -1, DESTROYED: -1}
LARGEST: Final = 10**12  # what the fields of a register and its lines can hold, in micrograms
LATE_DAYS: Final = "register_late_days"


class Totals(NamedTuple):
    """The terms of a register's balance, in micrograms."""

    opening: int
    received: int
    supplied: int
    wasted: int
    destroyed: int
    balance: int
    prepared: int
    cabinet: int


def totals(register: Register) -> Totals:
    """Return the terms of a register, its balance, and where that lies."""
    return Totals(
        opening=register.opening,
        received=register.received,
        supplied=register.supplied,
        wasted=register.wasted,
        destroyed=register.destroyed,
        balance=register.balance,
        prepared=register.prepared,
        cabinet=register.cabinet,
    )


def register_of(site: Site, key: str) -> Register:
    """Return a register; refuses an unknown id."""
    found = site.all_of(Register).get(key)
    if found is None:
        raise _unknown(site, key)
    return found


def find_register(site: Site, drug: str, form: str, strength: int) -> Register | None:
    """Return the register of a drug, form and strength, or None."""
    for register in site.all_of(Register).values():
        if (register.drug, register.form, register.strength) == (drug, form, strength):
            return register
    return None


def register_for(site: Site, drug: str, form: str, strength: int) -> Register:
    """Return the register of a drug, form and strength; refuses where there is none."""
    found = find_register(site, drug, form, strength)
    if found is None:
        raise _unknown(site, f"{drug} {form} {in_figures(strength)} mg")
    return found


def require_in_cabinet(register: Register, quantity: int) -> None:
    """Refuse to take more out of the cabinet than should lie in it."""
    if quantity > register.cabinet:
        raise refuse(
            "cabinet-holds",
            f"By the register {in_figures(register.cabinet)} mg are in the cabinet, and "
            f"{in_figures(quantity)} mg are asked for.",
            "Enter what came in and is not in the register yet; or count the cabinet.",
            register=register.id,
            cabinet=register.cabinet,
            asked=quantity,
        )


def require_whole_units(register: Register, quantity: int) -> None:
    """Refuse what is not one or more whole ampoules, tablets or other units."""
    if quantity < 1 or quantity % register.strength:
        raise refuse(
            "whole-units",
            f"{in_figures(quantity)} mg are not one or more whole units of "
            f"{in_figures(register.strength)} mg.",
            "Only whole units lie in the cabinet; give a quantity of whole units.",
            register=register.id,
            asked=quantity,
        )


def require_room(coming: int, already: int = 0) -> None:
    """Refuse a quantity that no register could hold: a slip of the finger."""
    if already + coming > LARGEST:
        raise refuse(
            "register-holds",
            f"With {in_figures(coming)} mg the register would hold more than it can.",
            "Check the number of units and the strength of one unit.",
            quantity=coming,
        )


def require_since_opening(register: Register, given: Given) -> None:
    """Refuse what took place before the register was opened: its opening stock has it already."""
    if given.happened_at < register.opened_at:
        raise refuse(
            "since-opening",
            f"The register was opened on {register.opened_at:%d %B %Y %H:%M} UTC; this took place "
            f"on {given.happened_at:%d %B %Y %H:%M} UTC.",
            "Leave it out: what was there before was counted as the opening stock.",
            register=register.id,
            happened_at=given.happened_at,
        )


def take_out(site: Site, register_id: str, quantity: int, when: When) -> Site:
    """The quantity leaves the cabinet to be prepared; the balance stays, and so no line is due."""
    register = site.all_of(Register)[register_id]
    prepared = register.prepared + quantity
    return site.put(replace(register, prepared=prepared, handlers=_handlers(register, when)))


def put_back(site: Site, register_id: str, quantity: int, when: When) -> Site:
    """What was prepared goes back into the cabinet, unused."""
    register = site.all_of(Register)[register_id]
    prepared = _less(register, quantity)
    return site.put(replace(register, prepared=prepared, handlers=_handlers(register, when)))


def supply(
    site: Site,
    register_id: str,
    quantity: int,
    when: When,
    *,
    person: str | None = None,
    prescriber: str | None = None,
    session: str | None = None,
    document: str | None = None,
) -> Site:
    """Prepared stock was administered or supplied."""
    old = site.all_of(Register)[register_id]
    register = replace(old, supplied=old.supplied + quantity, prepared=_less(old, quantity))
    return enter(
        site,
        register,
        when,
        kind=SUPPLIED,
        change=-quantity,
        person=person,
        prescriber=prescriber,
        session=session,
        document=document,
    )


def waste(
    site: Site,
    register_id: str,
    quantity: int,
    when: When,
    *,
    reason: str | None = None,
    session: str | None = None,
    person: str | None = None,
) -> Site:
    """Stock was wasted: of a session's prepared stock, or out of the cabinet without a session."""
    old = site.all_of(Register)[register_id]
    prepared = old.prepared if session is None else _less(old, quantity)
    register = replace(old, wasted=old.wasted + quantity, prepared=prepared)
    return enter(
        site,
        register,
        when,
        kind=WASTED,
        change=-quantity,
        reason=reason,
        session=session,
        person=person,
    )


def enter(
    site: Site,
    register: Register,
    when: When,
    *,
    kind: str,
    change: int = 0,
    **fields: Any,  # noqa: ANN401 - other fields of a Line
) -> Site:
    """Write the next line of a register whose terms have been changed already."""
    number = register.lines + 1
    # An authorised witness of destruction must never have had a hand in the register, or they
    # could not witness a second time.
    apart = DESTROYED in (kind, fields.get("corrects"))
    handlers = _handlers(register, when._replace(witness=None) if apart else when)
    line = Line(
        id=line_id(register.id, number),
        register=register.id,
        number=number,
        seq=when.seq,
        kind=kind,
        at=when.happened_at,
        recorded_at=when.recorded_at,
        staff=when.staff,
        change=change,
        balance=register.balance,
        witness=when.witness,
        **fields,
    )
    return site.put(replace(register, lines=number, handlers=handlers)).put(line)


def line_id(register: str, number: int) -> str:
    """Return the id under which a line is found in the archive."""
    return f"{register}-{number}"


def is_late(line: Line, timezone: str, protocol: Protocol) -> bool:
    """Tell whether a line was entered later than the law's day after it took place."""
    entered = local_day(line.recorded_at, timezone) - local_day(line.at, timezone)
    return entered.days > protocol.number(LATE_DAYS)


def _unknown(site: Site, wanted: str) -> Refused:
    return refuse(
        "register-known",
        f"There is no controlled-drugs register of {wanted} here.",
        f"Choose one of {', '.join(sorted(site.all_of(Register))) or 'none: open one first'}.",
        wanted=wanted,
    )


def _less(register: Register, quantity: int) -> int:
    """Return what stays prepared; what was never prepared came out of the cabinet."""
    return max(0, register.prepared - quantity)


def _handlers(register: Register, when: When) -> tuple[str, ...]:
    """Return everybody who ever had a hand in a register, those of this entry included."""
    hands = register.handlers
    for staff in (when.staff, when.witness):
        if staff is not None and staff not in hands:
            hands = (*hands, staff)
    return hands
