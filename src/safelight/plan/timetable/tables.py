"""Reads stops, vehicles and driving times from rows of text, as they stand in CSV or TOML files."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import Parameters
from safelight.plan.timetable.clock import DAY, parse_clock, parse_days, parse_spans
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.routes import Ints
from safelight.plan.timetable.travel import check_coordinates, minutes_by_road, shortest

Row = Mapping[str, object]
T = TypeVar("T")

STOP_COLUMNS = {"id", "name", "lon", "lat", "weight", "reach", "dwell", "visits", "hours"}
VEHICLE_COLUMNS = {
    "id", "parking", "lon", "lat", "days", "start", "end", "most_stops", "rest", "set_up",
    "pack_up", "speed_kmh",
}  # fmt: skip


class PlacedStop(NamedTuple):
    """A stop, and where it is if that was said."""

    stop: Stop
    lonlat: tuple[float, float] | None


class PlacedVehicle(NamedTuple):
    """A vehicle, where it is parked if that was said, and how fast it drives."""

    vehicle: Vehicle
    lonlat: tuple[float, float] | None
    speed_kmh: float


class DriveTable(NamedTuple):
    """Driving times between places that have ids."""

    ids: tuple[str, ...]
    minutes: Ints


class _Cells:
    """One row, read cell by cell; every complaint names table, row and column."""

    def __init__(self, table: str, number: int, row: Row, known: set[str]) -> None:
        self._where, self._number = f"{table}, row {number}", number
        strange = [name for name in row if name not in known and not name.startswith("gain_")]
        if strange:
            raise Invalid(
                "timetable-column",
                f"{table} has a column '{strange[0]}' that means nothing here.",
                f"Its columns are {', '.join(sorted(known))}.",
            )
        self._text = {name: "" if each is None else str(each).strip() for name, each in row.items()}

    def has(self, *names: str) -> bool:
        """Tell whether there is something in all of these columns."""
        return all(self._text.get(name) for name in names)

    def columns(self) -> Iterable[str]:
        """Return the columns in which there is something."""
        return (name for name, text in self._text.items() if text)

    def read(self, name: str, reader: Callable[[str], T], default: T | None = None) -> T:
        """Read one cell, or return what stands for an empty one; raises Invalid."""
        text = self._text.get(name, "")
        if not text and default is not None:
            return default
        try:
            if not text:
                raise ValueError("it is empty")  # noqa: TRY301 - told like any unreadable cell
            return reader(text)
        except (ValueError, Invalid) as error:
            raise Invalid(
                "timetable-value",
                f"{self._where}, column {name}: '{text}' cannot be read ({error}).",
                "Correct the cell.",
                row=self._number,
                column=name,
            ) from error

    def lonlat(self) -> tuple[float, float] | None:
        """Read the coordinates, if there are any; raises Invalid."""
        if not (self.has("lon") or self.has("lat")):
            return None
        return self.read("lon", float), self.read("lat", float)


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split("|")}))


def _listed(parameters: Parameters, name: str) -> list[float]:
    value = parameters[name].value
    return [float(np.squeeze(each)) for each in value] if isinstance(value, list) else []


def days_apart(parameters: Parameters) -> dict[int, int]:
    """Return the least days from one visit to the next, by number of visits."""
    pairs = np.asarray(parameters["days_apart"].value, dtype=float)
    return {int(visits): int(days) for visits, days in pairs}


def read_stops(rows: Iterable[Row], parameters: Parameters) -> list[PlacedStop]:
    """Read stops: ``id``, ``name``, ``lon``, ``lat``, ``weight``, ``reach``, ``dwell``, ``visits``,
    ``hours``, ``gain_1`` … ``gain_7``.

    ``dwell`` and ``visits`` may list choices (``120|180``); ``hours`` is when a vehicle may stand
    there (``Mon-Fri 09:30-15:00``). Either ``weight`` or gains are needed; what else is empty
    comes from the parameters. Raises Invalid that names row and column.
    """  # noqa: D205 - the columns are the summary
    return [
        _stop(_Cells("the stops", number, row, STOP_COLUMNS), parameters)
        for number, row in enumerate(rows, 1)
    ]


def _stop(cells: _Cells, parameters: Parameters) -> PlacedStop:
    named = [name for name in cells.columns() if name.startswith("gain_")]
    gains = {int(name[5:]): cells.read(name, float) for name in named if name[5:].isdigit()}
    visits = tuple(sorted(gains)) or tuple(int(v) for v in _listed(parameters, "visits"))
    stop = Stop(
        cells.read("id", str),
        cells.read("name", str, cells.read("id", str)),
        cells.read("weight", float, 1.0 if gains else None),
        cells.read("reach", float, parameters.number("reach")),
        cells.read("dwell", _whole_numbers, (int(parameters.number("dwell")),)),
        cells.read("visits", _whole_numbers, visits),
        cells.read("hours", parse_spans, ()),
        gains or None,
    )
    return PlacedStop(stop, cells.lonlat())


def read_vehicles(rows: Iterable[Row], parameters: Parameters) -> list[PlacedVehicle]:
    """Read vehicles: ``id``, ``parking``, ``lon``, ``lat``, ``days``, ``start``, ``end``, and more.

    A vehicle with other hours on other days has one row for each; the first one counts for all
    else. ``end`` not after ``start`` is on the next day. Raises Invalid that names row and column.
    """
    found: dict[str, PlacedVehicle] = {}
    for number, row in enumerate(rows, 1):
        cells = _Cells("the vehicles", number, row, VEHICLE_COLUMNS)
        shifts = _shifts(cells)
        name = cells.read("id", str)
        known = found.get(name) or _vehicle(cells, name, parameters)
        vehicle = known.vehicle._replace(shifts=tuple(sorted((*known.vehicle.shifts, *shifts))))
        found[name] = known._replace(vehicle=vehicle)
    return list(found.values())


def _shifts(cells: _Cells) -> list[tuple[int, int]]:
    start, end = cells.read("start", parse_clock), cells.read("end", parse_clock)
    length = (end - start) % DAY or DAY
    return [
        (day * DAY + start, day * DAY + start + length) for day in cells.read("days", parse_days)
    ]


def _vehicle(cells: _Cells, name: str, parameters: Parameters) -> PlacedVehicle:
    def minutes(column: str) -> int:
        return cells.read(column, int, int(parameters.number(column)))

    parking = cells.read("parking", str, name)
    vehicle = Vehicle(
        name, parking, (), minutes("most_stops"), minutes("rest"), minutes("set_up"),
        minutes("pack_up"),
    )  # fmt: skip
    speed = cells.read("speed_kmh", float, parameters.number("speed_kmh"))
    return PlacedVehicle(vehicle, cells.lonlat(), speed)


def read_drive(rows: Sequence[Sequence[str]]) -> DriveTable:
    """Read driving times in minutes: a head of ids, then one row per id; raises Invalid."""
    ids = tuple(each.strip() for each in rows[0][1:]) if rows else ()
    body = [row for row in rows[1:] if any(each.strip() for each in row)]
    if not ids or tuple(row[0].strip() for row in body) != ids:
        raise Invalid(
            "timetable-drive",
            "The ids at the left of the driving times are not those at the top.",
            "Give the same ids in the same order, from left to right and from top to bottom.",
        )
    try:
        minutes = [[float(cell) for cell in row[1:]] for row in body]
    except ValueError as error:
        raise Invalid(
            "timetable-drive", f"A driving time is no number: {error}.", "Give minutes."
        ) from error
    if {len(row) for row in minutes} != {len(ids)}:
        raise Invalid(
            "timetable-drive",
            "A row of the driving times is too short or too long.",
            f"Give {len(ids)} times in each.",
        )
    return DriveTable(ids, shortest(minutes))


def stops_from_need(
    frame: pd.DataFrame, top: int, parameters: Parameters, quantity: str = "people_at_risk"
) -> list[PlacedStop]:
    """Return the areas of a need table with the most need as stops; raises Invalid for none."""
    if top < 1:
        raise Invalid("timetable-stops", f"{top} stops.", "Give --stops-top 1 or more.")
    most = frame.sort_values([quantity, "code"], ascending=[False, True]).head(top)
    rows = most.rename(columns={"code": "id", quantity: "weight"})
    return read_stops(
        ({str(key): value for key, value in row.items()} for row in
         rows[["id", "name", "lon", "lat", "weight"]].to_dict("records")),
        parameters,
    )  # fmt: skip


def problem_of(
    stops: Sequence[PlacedStop],
    vehicles: Sequence[PlacedVehicle],
    drive: DriveTable | None,
    parameters: Parameters,
) -> Problem:
    """Put a problem together, with estimated driving times where no table is given.

    Raises Invalid for a place that nobody located.
    """
    estimate = _from_coordinates if drive is None else _from_table(drive)
    return Problem(
        tuple(each.stop for each in stops),
        tuple(each.vehicle for each in vehicles),
        tuple(estimate(stops, vehicle, parameters) for vehicle in vehicles),
        days_apart(parameters),
    )


def _from_coordinates(
    stops: Sequence[PlacedStop], vehicle: PlacedVehicle, parameters: Parameters
) -> Ints:
    places = [(f"stop {each.stop.id}", each.lonlat) for each in stops]
    places.append((f"vehicle {vehicle.vehicle.id}", vehicle.lonlat))
    for name, lonlat in places:
        if lonlat is None:
            raise Invalid(
                "timetable-place",
                f"Nothing says where {name} is.",
                "Give lon and lat, or driving times with --drive.",
                place=name,
            )
    points = np.array([each for _, each in places], float)
    check_coordinates([name for name, _ in places], points)
    return minutes_by_road(points, speed_kmh=vehicle.speed_kmh, detour=parameters.number("detour"))


def _from_table(
    drive: DriveTable,
) -> Callable[[Sequence[PlacedStop], PlacedVehicle, Parameters], Ints]:
    place = {each: number for number, each in enumerate(drive.ids)}

    def picked(
        stops: Sequence[PlacedStop], vehicle: PlacedVehicle, _parameters: Parameters
    ) -> Ints:
        ids = [*(each.stop.id for each in stops), vehicle.vehicle.parking]
        missing = [each for each in ids if each not in place]
        if missing:
            raise Invalid(
                "timetable-place",
                f"The driving times have no place '{missing[0]}'.",
                "Give a row and a column for every stop and every parking place.",
                place=missing[0],
            )
        at = [place[each] for each in ids]
        return drive.minutes[np.ix_(at, at)]

    return picked
