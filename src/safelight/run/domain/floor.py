"""Places: booths, smoking seats and chairs, and their states."""

from msgspec.structs import replace

from safelight.kernel.privacy import Code, Flag, Label, PlaceId
from safelight.run.domain.base import (
    FLOOR,
    MANAGEMENT,
    Change,
    Command,
    Fact,
    Given,
    Rule,
    When,
    refuse,
)
from safelight.run.domain.entities import (
    AIR_CLEARING,
    CLEANING,
    CLOSED,
    OCCUPIED,
    OPEN,
    Place,
    Visit,
)
from safelight.run.domain.site import Site

SMOKING = "smoking"


class AddPlace(Command, frozen=True):
    """Put a booth, seat or chair on the floor plan."""

    place: PlaceId
    label: Label
    kind: Code
    routes: tuple[Code, ...]
    step_free: Flag = False


class PlaceAdded(Fact, frozen=True):
    """The floor plan has one more place."""

    place: PlaceId
    label: Label
    kind: Code
    routes: tuple[Code, ...]
    step_free: Flag = False


class ReadyPlace(Command, frozen=True):
    """Cleaning or air clearing is done."""

    place: PlaceId


class PlaceReadied(Fact, frozen=True):
    """A place is open again."""

    place: PlaceId


class ClosePlace(Command, frozen=True):
    """Take a place out of use."""

    place: PlaceId
    reason: Code


class PlaceClosed(Fact, frozen=True):
    """A place is out of use."""

    place: PlaceId
    reason: Code


class ReopenPlace(Command, frozen=True):
    """Put a closed place back into use."""

    place: PlaceId


class PlaceReopened(Fact, frozen=True):
    """A closed place is in use again."""

    place: PlaceId


def add_place(site: Site, command: AddPlace, given: Given) -> list[Fact]:
    """Add a place with an id of its own, of a kind and with routes that the pack knows."""
    if command.place in site.places:
        raise refuse(
            "place-new",
            f"There is a place {command.place} already.",
            "Choose another id.",
            place=command.place,
        )
    given.protocol.accept("place_kinds", command.kind)
    given.protocol.require("routes", *command.routes)
    return [
        PlaceAdded(command.place, command.label, command.kind, command.routes, command.step_free)
    ]


def on_added(site: Site, fact: PlaceAdded, when: When) -> Site:
    """The place is open from now on."""
    return site.put(
        Place(
            id=fact.place,
            label=fact.label,
            kind=fact.kind,
            routes=fact.routes,
            since=when.happened_at,
            step_free=fact.step_free,
        )
    )


def ready(site: Site, command: ReadyPlace, _: Given) -> list[Fact]:
    """Only a place that is being cleaned or aired becomes ready."""
    place = site.place(command.place)
    if place.state not in {CLEANING, AIR_CLEARING}:
        raise refuse(
            "place-in-turnover",
            f"{place.label} is {place.state.replace('_', ' ')}, not being cleaned or aired.",
            "Look at the board: another tablet may have done it.",
            place=place.id,
            state=place.state,
        )
    return [PlaceReadied(place.id)]


def on_readied(site: Site, fact: PlaceReadied, when: When) -> Site:
    """The place takes people again."""
    return site.put(replace(site.place(fact.place), state=OPEN, since=when.happened_at))


def close(site: Site, command: ClosePlace, given: Given) -> list[Fact]:
    """Close a place that is open: one in turnover is made ready first, or it would be forgotten."""
    place = site.place(command.place)
    given.protocol.require("closed_reasons", command.reason)
    if place.state != OPEN:
        raise refuse(
            "place-free",
            f"{place.label} is {place.state.replace('_', ' ')}.",
            "Close it when the person has left it and it was cleaned or aired.",
            place=place.id,
            state=place.state,
        )
    return [PlaceClosed(place.id, command.reason)]


def on_closed(site: Site, fact: PlaceClosed, when: When) -> Site:
    """The place takes nobody."""
    place = site.place(fact.place)
    return site.put(replace(place, state=CLOSED, since=when.happened_at, closed_for=fact.reason))


def reopen(site: Site, command: ReopenPlace, _: Given) -> list[Fact]:
    """Open only what is closed."""
    place = site.place(command.place)
    if place.state != CLOSED:
        raise refuse(
            "place-closed",
            f"{place.label} is not closed, but {place.state.replace('_', ' ')}.",
            "Look at the board: another tablet may have opened it.",
            place=place.id,
            state=place.state,
        )
    return [PlaceReopened(place.id)]


def on_reopened(site: Site, fact: PlaceReopened, when: When) -> Site:
    """The place is open."""
    place = site.place(fact.place)
    return site.put(replace(place, state=OPEN, since=when.happened_at, closed_for=None))


def require_place_for(site: Site, visit: Visit, place_id: str) -> Place:
    """Return a place that can take this visit now; refuses one that cannot, saying why."""
    place = site.place(place_id)
    if place.state != OPEN:
        others = (p for p in site.places.values() if visit.route in p.routes)
        free = [p.label for p in others if p.state == OPEN]
        raise refuse(
            "place-open",
            f"{place.label} is {place.state.replace('_', ' ')}.",
            f"Free now: {', '.join(sorted(free)) or 'none; the person keeps their turn'}.",
            place=place.id,
            state=place.state,
        )
    if visit.route not in place.routes:
        raise refuse(
            "place-route",
            f"{place.label} is for {', '.join(place.routes)}, not for {visit.route}.",
            "Choose a place for that route, or change the route at reception.",
            place=place.id,
            route=visit.route,
        )
    return place


def occupy(site: Site, place_id: str, visit: str, when: When) -> Site:
    """Return the site with a visit in a place."""
    place = site.place(place_id)
    return site.put(replace(place, state=OCCUPIED, visit=visit, since=when.happened_at))


def vacate(site: Site, place_id: str | None, when: When) -> Site:
    """Return the site with a place empty and in turnover: aired after smoking, else cleaned."""
    if place_id is None:
        return site
    place = site.place(place_id)
    state = AIR_CLEARING if SMOKING in place.routes else CLEANING
    return site.put(replace(place, state=state, visit=None, since=when.happened_at))


COMMANDS = {
    "place.add": Rule(AddPlace, add_place, MANAGEMENT),
    "place.ready": Rule(ReadyPlace, ready, FLOOR),
    "place.close": Rule(ClosePlace, close, FLOOR),
    "place.reopen": Rule(ReopenPlace, reopen, FLOOR),
}
FACTS = {
    "place.added": Change(PlaceAdded, on_added),
    "place.readied": Change(PlaceReadied, on_readied),
    "place.closed": Change(PlaceClosed, on_closed),
    "place.reopened": Change(PlaceReopened, on_reopened),
}
