"""A timetable: what every vehicle does on every day, what that is worth, and what could be."""

from typing import NamedTuple


class Visit(NamedTuple):
    """One opening at a stop; minutes from Monday 00:00."""

    stop: str
    arrive: int
    open: int
    close: int
    leave: int
    dwell: int  # minutes open that were planned for; the opening may be longer
    drive: int  # minutes to get here


class Tour(NamedTuple):
    """One shift of one vehicle, from its parking place and back."""

    vehicle: str
    depart: int
    visits: tuple[Visit, ...]
    rest: tuple[int, int] | None  # the crew's rest, on the way
    back: int
    drive: int  # minutes, the way home included


class Timetable(NamedTuple):
    """A week, with a proof of how good it is."""

    tours: tuple[Tour, ...]  # by departure; a shift that is not here is not driven
    gain: float
    bound: float  # no week is worth more
    seconds: float
    rounds: int  # of generating routes
    routes: int  # in the final choice
    limit: str = ""  # what ended the search before the gap was reached, if anything

    @property
    def gap(self) -> float:
        """Return how far the bound is above the gain, as a share of the gain."""
        if self.bound <= self.gain:
            return 0.0
        return (self.bound - self.gain) / max(abs(self.gain), 1e-12)

    @property
    def drive(self) -> int:
        """Return the minutes driven in the week."""
        return sum(tour.drive for tour in self.tours)

    @property
    def visits(self) -> dict[str, list[Visit]]:
        """Return the visits of each stop that has any, in order of time."""
        found: dict[str, list[Visit]] = {}
        for visit in sorted((v for tour in self.tours for v in tour.visits), key=lambda v: v.open):
            found.setdefault(visit.stop, []).append(visit)
        return found
