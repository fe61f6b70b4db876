"""Sets the clock for a day's stops: departure, openings, the rest, and the way home."""

from typing import NamedTuple

from safelight.plan.timetable.clock import merged
from safelight.plan.timetable.problem import Problem, Spans, Vehicle
from safelight.plan.timetable.result import Tour, Visit


class Shift(NamedTuple):
    """One shift of a vehicle, and the stops on it in order."""

    vehicle: int
    begin: int
    end: int
    stops: tuple[tuple[int, int], ...]  # stop, minutes open


class Leg(NamedTuple):
    """The way to a stop, with or without the rest on it, and the stay there."""

    stop: str
    dwell: int
    stay: int
    drive: int
    pause: int
    windows: Spans

    @property
    def way(self) -> int:
        """Return the minutes from leaving the place before to arriving."""
        return self.drive + self.pause


class Stay(NamedTuple):
    """From arriving to leaving."""

    arrive: int
    leave: int


def tour_of(problem: Problem, shift: Shift, *, stretch: bool) -> Tour | None:
    """Return the tour with the rest nearest to the middle of the shift; None where none is in time.

    Everything happens as early as it can, but the vehicle sets off no earlier than it has to. With
    ``stretch`` the time that is left goes into longer openings, in equal shares.
    """
    tours = [
        _tour(problem, shift, resting, stretch=stretch) for resting in range(len(shift.stops) + 1)
    ]
    middle = shift.begin + shift.end
    return min(
        filter(None, tours),
        key=lambda tour: abs(sum(tour.rest or (0, 0)) - middle),
        default=None,
    )


def _tour(problem: Problem, shift: Shift, resting: int, *, stretch: bool) -> Tour | None:
    """Return the tour that rests before its ``resting``-th stay, counted from 0."""
    vehicle, legs = problem.vehicles[shift.vehicle], _legs(problem, shift, resting)
    pause = vehicle.rest if resting == len(legs) else 0
    home = int(problem.drive[shift.vehicle][shift.stops[-1][0], len(problem.stops)])
    spans = _windows(legs, shift.begin)
    if spans is None:
        return None
    stays = _stays(legs, spans, shift.begin, shift.end - home - pause, stretch=stretch)
    if stays is None:
        return None
    depart = stays[0].arrive - legs[0].way
    back = stays[-1].leave + pause + home
    leaving = [depart, *(stay.leave for stay in stays)][resting]
    return Tour(
        vehicle.id,
        depart,
        tuple(_visit(vehicle, leg, stay) for leg, stay in zip(legs, stays, strict=True)),
        (leaving, leaving + vehicle.rest) if vehicle.rest else None,
        back,
        sum(leg.drive for leg in legs) + home,
    )


def _visit(vehicle: Vehicle, leg: Leg, stay: Stay) -> Visit:
    opening, closing = stay.arrive + vehicle.set_up, stay.leave - vehicle.pack_up
    return Visit(leg.stop, stay.arrive, opening, closing, stay.leave, leg.dwell, leg.drive)


def _legs(problem: Problem, shift: Shift, resting: int) -> list[Leg]:
    vehicle, drive = problem.vehicles[shift.vehicle], problem.drive[shift.vehicle]
    legs, place = [], len(problem.stops)
    for at, (to, dwell) in enumerate(shift.stops):
        stop, pause = problem.stops[to], vehicle.rest if at == resting else 0
        stay = vehicle.set_up + dwell + vehicle.pack_up
        legs.append(Leg(stop.id, dwell, stay, int(drive[place, to]), pause, merged(stop.windows)))
        place = to
    return legs


def _windows(legs: list[Leg], begin: int) -> Spans | None:
    """Return the window of each stay when everything happens as early as it can."""
    spans, now = [], begin
    for leg in legs:
        now += leg.way
        span = next((s for s in leg.windows if max(now, s[0]) + leg.stay <= s[1]), None)
        if span is None:
            return None
        spans.append(span)
        now = max(now, span[0]) + leg.stay
    return tuple(spans)


def _stays(
    legs: list[Leg], spans: Spans, begin: int, end: int, *, stretch: bool
) -> list[Stay] | None:
    """Return the stays within their windows, all over by ``end``; None where that is too early."""
    latest = []
    for leg, (_, closed) in zip(reversed(legs), reversed(spans), strict=True):
        end = min(end, closed)
        latest.append(end)
        end -= leg.stay + leg.way
    stays, now = [], begin
    for at, (leg, (opened, _)) in enumerate(zip(legs, spans, strict=True)):
        arrive = max(now + leg.way, opened)
        spare = latest[-1 - at] - arrive - leg.stay
        if spare < 0:
            return None
        now = arrive + leg.stay + (spare // (len(legs) - at) if stretch else 0)
        stays.append(Stay(arrive, now))
    return stays
