"""Shifts, stops of a vehicle, and how many people staff on duty can supervise."""

from msgspec.structs import replace

from safelight.kernel.clock import local_day
from safelight.kernel.ids import derive_id
from safelight.kernel.privacy import Code, ItemId, Label, Sealed, StaffId
from safelight.run.domain.authority import (
    SUPERVISED_USE,
    TREATMENT,
    VEHICLE,
    in_force,
    require_authority,
)
from safelight.run.domain.base import FLOOR, Change, Command, Fact, Given, Rule, When, refuse
from safelight.run.domain.entities import Authority, Check, Duty, Shift, Stop
from safelight.run.domain.protocol import Protocol
from safelight.run.domain.site import Site


class OpenShift(Command, frozen=True):
    """Open the floor for a team."""


class ShiftOpened(Fact, frozen=True):
    """A team took over the floor."""

    shift: ItemId
    authority: ItemId


class TakeDuty(Command, frozen=True):
    """A member of staff comes on duty, or changes role."""

    duty: Code
    staff: StaffId | None = None


class DutyTaken(Fact, frozen=True):
    """A member of staff is on duty."""

    staff: StaffId
    duty: Code


class EndDuty(Command, frozen=True):
    """A member of staff goes off duty."""

    staff: StaffId | None = None


class DutyEnded(Fact, frozen=True):
    """A member of staff is off duty."""

    staff: StaffId


class CheckItem(Command, frozen=True):
    """Record one equipment or naloxone check."""

    item: Code
    found: Code
    note: Sealed | None = None


class ItemChecked(Fact, frozen=True):
    """Equipment was checked."""

    item: Code
    found: Code
    note: Sealed | None = None


class HandOver(Command, frozen=True):
    """Leave a note for the next team."""

    note: Sealed


class HandedOver(Fact, frozen=True):
    """A handover note was left."""

    note: Sealed


class CloseShift(Command, frozen=True):
    """Close the floor."""


class ShiftClosed(Fact, frozen=True):
    """The floor is closed."""

    shift: ItemId


class ArriveAtStop(Command, frozen=True):
    """A vehicle opens at a stop."""

    label: Label


class StopOpened(Fact, frozen=True):
    """A vehicle stands at a stop and serves there."""

    stop: ItemId
    label: Label


class LeaveStop(Command, frozen=True):
    """A vehicle closes and drives on."""


class StopClosed(Fact, frozen=True):
    """A vehicle left its stop."""

    stop: ItemId


def require_shift(site: Site) -> Shift:
    """Return the open shift; refuses where the floor is closed."""
    if site.shift is None:
        raise refuse(
            "shift-open",
            f"The floor of {site.id} is closed: no shift is open.",
            "Open a shift first. An emergency can be recorded all the same.",
            site=site.id,
        )
    return site.shift


def staffed_capacity(site: Site, protocol: Protocol) -> int:
    """Return how many people may use at once with the staff on duty; furniture adds none."""
    if site.shift is None:
        return 0
    counting = protocol.words("floor_duties")
    on_floor = sum(duty.duty in counting for duty in site.shift.duties)
    if on_floor < protocol.number("minimum_staff"):
        return 0
    return on_floor * protocol.number("people_per_worker")


def open_shift(site: Site, _: OpenShift, given: Given) -> list[Fact]:
    """Open under an authority in force and an adopted pack; who opens is on duty as lead."""
    if site.shift is not None:
        raise refuse(
            "one-shift",
            "A shift is open already.",
            "Take a duty in it, or close it first.",
            shift=site.shift.id,
        )
    if site.adopted is None:
        raise refuse(
            "protocol-adopted",
            "No protocol pack is in force here.",
            "A manager adopts one under Shift, Protocol.",
            site=site.id,
        )
    authority = _require_activity(site, given)
    return [
        ShiftOpened(derive_id("t", given.command), authority.id),
        DutyTaken(given.actor.staff, "lead"),
    ]


def _require_activity(site: Site, given: Given) -> Authority:
    """Return an authority for what can be done here; a clinic without booths needs no ratio."""
    timezone = site.premises.timezone if site.premises else "UTC"
    clinic = in_force(site, TREATMENT, local_day(given.happened_at, timezone))
    if clinic is not None:
        return clinic
    authority = require_authority(site, SUPERVISED_USE, given)
    for value in ("minimum_staff", "people_per_worker"):
        given.protocol.number(value)
    return authority


def on_shift_opened(site: Site, fact: ShiftOpened, when: When) -> Site:
    """The shift begins with the one who opened it as its lead."""
    return site.put(Shift(id=fact.shift, opened_at=when.happened_at, lead=when.staff))


def take_duty(site: Site, command: TakeDuty, given: Given) -> list[Fact]:
    """Sign somebody in; the duty is one the pack knows."""
    require_shift(site)
    given.protocol.require("duties", command.duty)
    return [DutyTaken(command.staff or given.actor.staff, command.duty)]


def on_duty_taken(site: Site, fact: DutyTaken, when: When) -> Site:
    """One duty per member of staff: the newest."""
    shift = require_shift(site)
    others = tuple(duty for duty in shift.duties if duty.staff != fact.staff)
    return site.put(replace(shift, duties=(*others, Duty(fact.staff, fact.duty, when.happened_at))))


def end_duty(site: Site, command: EndDuty, given: Given) -> list[Fact]:
    """Sign somebody out; nobody is held on a shift because the floor would be short."""
    staff = command.staff or given.actor.staff
    if staff not in {duty.staff for duty in require_shift(site).duties}:
        raise refuse(
            "on-duty",
            f"{staff} is not on duty.",
            "Nothing to end: the list under Shift shows who is on duty.",
            staff=staff,
        )
    return [DutyEnded(staff)]


def on_duty_ended(site: Site, fact: DutyEnded, _: When) -> Site:
    """The member of staff is off the list."""
    shift = require_shift(site)
    rest = tuple(duty for duty in shift.duties if duty.staff != fact.staff)
    return site.put(replace(shift, duties=rest))


def check_item(site: Site, command: CheckItem, given: Given) -> list[Fact]:
    """Record a check of an item the pack lists."""
    require_shift(site)
    given.protocol.require("shift_checks", command.item)
    given.protocol.require("check_findings", command.found)
    return [ItemChecked(command.item, command.found, command.note)]


def on_checked(site: Site, fact: ItemChecked, when: When) -> Site:
    """Checks of a shift add up; the newest of an item counts."""
    shift = require_shift(site)
    check = Check(when.happened_at, when.staff, fact.item, fact.found, fact.note)
    return site.put(replace(shift, checks=(*shift.checks, check)))


def unchecked(site: Site, protocol: Protocol) -> list[str]:
    """Return the items of the pack that this shift has not checked yet."""
    done = {check.item for check in site.shift.checks} if site.shift else set()
    return [item for item in protocol.words("shift_checks") if item not in done]


def hand_over(site: Site, command: HandOver, _: Given) -> list[Fact]:
    """Leave a handover note on the open shift."""
    require_shift(site)
    return [HandedOver(command.note)]


def on_handed_over(site: Site, fact: HandedOver, _: When) -> Site:
    """The newest note stands; earlier ones stay in the journal."""
    return site.put(replace(require_shift(site), handover=fact.note))


def close_shift(site: Site, _: CloseShift, __: Given) -> list[Fact]:
    """Close only an empty floor without a running incident."""
    shift = require_shift(site)
    running = [i.id for i in site.incidents.values() if i.closed_at is None]
    if running:
        raise refuse(
            "incidents-closed",
            f"{len(running)} incident(s) are still running.",
            "Record the outcome of each, then close the shift.",
            incidents=", ".join(running),
        )
    if site.visits:
        raise refuse(
            "floor-empty",
            f"{len(site.visits)} people are still here.",
            "Let them leave on the board first, then close the shift.",
            people=len(site.visits),
        )
    if site.stop is not None:
        return [StopClosed(site.stop.id), ShiftClosed(shift.id)]
    return [ShiftClosed(shift.id)]


def on_shift_closed(site: Site, _: ShiftClosed, when: When) -> Site:
    """The shift is history."""
    return site.put(replace(require_shift(site), closed_at=when.happened_at))


def arrive_at_stop(site: Site, command: ArriveAtStop, given: Given) -> list[Fact]:
    """Open at a stop: vehicles only, one stop at a time."""
    require_shift(site)
    if site.premises is None or site.premises.kind != VEHICLE:
        raise refuse(
            "vehicle",
            f"{site.id} is a building and does not stop anywhere.",
            "Use stops for mobile units only.",
            site=site.id,
        )
    if site.stop is not None:
        raise refuse(
            "one-stop",
            f"The vehicle still stands at {site.stop.label}.",
            "Leave that stop first.",
            stop=site.stop.label,
        )
    return [StopOpened(derive_id("o", given.command), command.label)]


def on_stop_opened(site: Site, fact: StopOpened, when: When) -> Site:
    """The vehicle serves here."""
    return site.put(Stop(id=fact.stop, label=fact.label, opened_at=when.happened_at))


def leave_stop(site: Site, _: LeaveStop, __: Given) -> list[Fact]:
    """Drive on only with nobody aboard."""
    stop = _require_stop(site)
    if site.visits:
        raise refuse(
            "vehicle-empty",
            f"{len(site.visits)} people are still aboard.",
            "Let them leave on the board first.",
            people=len(site.visits),
        )
    return [StopClosed(stop.id)]


def _require_stop(site: Site) -> Stop:
    if site.stop is None:
        raise refuse("at-stop", "The vehicle stands at no stop.", "Arrive at a stop first.")
    return site.stop


def on_stop_closed(site: Site, _: StopClosed, when: When) -> Site:
    """The stop is history."""
    return site.put(replace(_require_stop(site), closed_at=when.happened_at))


COMMANDS = {
    "shift.open": Rule(OpenShift, open_shift, FLOOR),
    "shift.take_duty": Rule(TakeDuty, take_duty, FLOOR),
    "shift.end_duty": Rule(EndDuty, end_duty, FLOOR),
    "shift.check": Rule(CheckItem, check_item, FLOOR),
    "shift.hand_over": Rule(HandOver, hand_over, FLOOR),
    "shift.close": Rule(CloseShift, close_shift, FLOOR),
    "stop.arrive": Rule(ArriveAtStop, arrive_at_stop, FLOOR),
    "stop.leave": Rule(LeaveStop, leave_stop, FLOOR),
}
FACTS = {
    "shift.opened": Change(ShiftOpened, on_shift_opened),
    "shift.duty_taken": Change(DutyTaken, on_duty_taken),
    "shift.duty_ended": Change(DutyEnded, on_duty_ended),
    "shift.checked": Change(ItemChecked, on_checked),
    "shift.handed_over": Change(HandedOver, on_handed_over),
    "shift.closed": Change(ShiftClosed, on_shift_closed),
    "stop.opened": Change(StopOpened, on_stop_opened),
    "stop.closed": Change(StopClosed, on_stop_closed),
}
