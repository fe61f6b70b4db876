"""Driving times: from coordinates, or from a matrix that somebody measured."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from safelight.contracts.need import LAT, LON
from safelight.kernel.errors import Invalid
from safelight.plan.timetable.routes import Ints

EARTH_KM = 6371.0088  # mean radius, IUGG
LONGEST_DRIVE = 1440  # minutes


def minutes_by_road(lonlat: npt.ArrayLike, *, speed_kmh: float, detour: float) -> Ints:
    """Estimate driving times between places (n × 2, WGS84 degrees) as n × n whole minutes.

    Great-circle distance × detour factor / speed, rounded up. Raises Invalid for a speed or a
    detour that makes no sense.
    """
    if not (np.isfinite(speed_kmh) and speed_kmh > 0 and np.isfinite(detour) and detour >= 1):
        raise Invalid(
            "timetable-speed",
            f"A speed of {speed_kmh} km/h with a detour factor of {detour} makes no sense.",
            "Give a speed above 0 and a detour factor of 1 or more.",
        )
    lon, lat = np.radians(np.asarray(lonlat, dtype=float)).T
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    kilometres = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return shortest(np.ceil(kilometres * detour / speed_kmh * 60 - 1e-9))


def shortest(minutes: npt.ArrayLike) -> Ints:
    """Return n × n driving times made whole (rounded up) and never longer than by way of a third.

    Passing a place without stopping is always possible, so a longer time between two places than
    through a third is no limit (Floyd and Warshall's algorithm). Raises Invalid for a matrix that
    is not square, or has missing or negative times.
    """
    given = np.asarray(minutes, dtype=float)
    if given.shape != (len(given), len(given)):
        raise Invalid(
            "timetable-drive",
            f"The driving times have the shape {given.shape}.",
            "Give one row and one column for every place.",
        )
    wrong = ~np.isfinite(given) | (given < 0) | (given > LONGEST_DRIVE)
    if wrong.any():
        row, column = (int(each) for each in np.argwhere(wrong)[0])
        raise Invalid(
            "timetable-drive",
            f"The driving time from place {row + 1} to place {column + 1} is "
            f"{given[row, column]} minutes.",
            "Give minutes between 0 and 1440 for every pair.",
            row=row + 1,
            column=column + 1,
        )
    found: Ints = np.ceil(given).astype(np.int64)
    np.fill_diagonal(found, 0)
    for through in range(len(found)):
        found = np.minimum(found, found[:, through, None] + found[through])
    return found


def check_coordinates(names: Sequence[str], lonlat: npt.NDArray[np.float64]) -> None:
    """Refuse coordinates (n × 2) that are swapped or outside Great Britain; raises Invalid."""
    for name, (lon, lat) in zip(names, lonlat, strict=True):
        if LON[0] <= lat <= LON[1] and LAT[0] <= lon <= LAT[1]:
            raise Invalid(
                "coordinates-swapped",
                f"{name}: lon {lon} and lat {lat} look swapped.",
                "Give lon first, then lat.",
                place=name,
            )
        if not (LON[0] <= lon <= LON[1] and LAT[0] <= lat <= LAT[1]):
            raise Invalid(
                "coordinates",
                f"{name}: lon {lon}, lat {lat} is not in Great Britain.",
                "Give WGS84 degrees, or driving times for places elsewhere.",
                place=name,
            )
