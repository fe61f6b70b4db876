"""British National Grid and WGS84 longitude and latitude, each from the other.

The formulas are those of Ordnance Survey, A guide to coordinate systems in Great Britain, annexes
B and C, with its seven-parameter Helmert transformation: good to about 5 metres.
"""

from typing import Final

import numpy as np

from safelight.plan.siting.planner.arrays import Floats

WGS84: Final = (6_378_137.0, 6_356_752.3142)  # semi-axes in metres
AIRY: Final = (6_377_563.396, 6_356_256.909)
SHIFT: Final = np.array([-446.448, 125.157, -542.060])  # metres, WGS84 to OSGB36
ROTATION: Final = np.radians(np.array([-0.1502, -0.2470, -0.8421]) / 3600)
SCALE: Final = 20.4894e-6
ORIGIN_LAT, ORIGIN_LON = np.radians(49.0), np.radians(-2.0)
FALSE_EAST, FALSE_NORTH, FACTOR = 400_000.0, -100_000.0, 0.9996012717
STEP: Final = 1e-5  # degrees, for the slope of the projection
TURNS: Final = 6  # Newton steps: three are enough within Great Britain


def to_grid(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return eastings and northings in metres of WGS84 degrees."""
    return _projected(*_shifted(np.radians(lat), np.radians(lon)))


def to_degrees(easting: Floats, northing: Floats) -> tuple[Floats, Floats]:
    """Return WGS84 longitudes and latitudes of grid metres, by inverting ``to_grid``."""
    lon = -2.0 + (easting - FALSE_EAST) / 70_000.0
    lat = 49.0 + (northing - FALSE_NORTH) / 111_000.0
    for _ in range(TURNS):
        east, north = to_grid(lon, lat)
        east_by_lon, north_by_lon = (
            (b - a) / STEP for a, b in zip((east, north), to_grid(lon + STEP, lat), strict=True)
        )
        east_by_lat, north_by_lat = (
            (b - a) / STEP for a, b in zip((east, north), to_grid(lon, lat + STEP), strict=True)
        )
        off_east, off_north = easting - east, northing - north
        area = east_by_lon * north_by_lat - east_by_lat * north_by_lon
        lon = lon + (off_east * north_by_lat - off_north * east_by_lat) / area
        lat = lat + (off_north * east_by_lon - off_east * north_by_lon) / area
    return lon, lat


def _shifted(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Carry WGS84 radians over to the ellipsoid of the grid (OSGB36)."""
    semi, minor = WGS84
    e2 = 1 - (minor / semi) ** 2
    nu = semi / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    x, y = nu * np.cos(lat) * np.cos(lon), nu * np.cos(lat) * np.sin(lon)
    z = nu * (1 - e2) * np.sin(lat)
    rx, ry, rz = ROTATION
    x, y, z = (
        SHIFT[0] + (1 + SCALE) * x - rz * y + ry * z,
        SHIFT[1] + rz * x + (1 + SCALE) * y - rx * z,
        SHIFT[2] - ry * x + rx * y + (1 + SCALE) * z,
    )
    semi, minor = AIRY
    e2 = 1 - (minor / semi) ** 2
    across = np.hypot(x, y)
    found = np.arctan2(z, across * (1 - e2))
    for _ in range(TURNS):
        nu = semi / np.sqrt(1 - e2 * np.sin(found) ** 2)
        found = np.arctan2(z + e2 * nu * np.sin(found), across)
    return found, np.arctan2(y, x)


def _meridian(lat: Floats) -> Floats:
    """Return the developed arc of the meridian from the grid's origin."""
    semi, minor = AIRY
    n = (semi - minor) / (semi + minor)
    less, more = lat - ORIGIN_LAT, lat + ORIGIN_LAT
    return np.asarray(
        minor
        * FACTOR
        * (
            (1 + n + 1.25 * (n**2 + n**3)) * less
            - (3 * n + 3 * n**2 + 2.625 * n**3) * np.sin(less) * np.cos(more)
            + 1.875 * (n**2 + n**3) * np.sin(2 * less) * np.cos(2 * more)
            - 35 / 24 * n**3 * np.sin(3 * less) * np.cos(3 * more)
        )
    )


def _projected(lat: Floats, lon: Floats) -> tuple[Floats, Floats]:
    """Project OSGB36 radians onto the grid (transverse Mercator)."""
    semi, minor = AIRY
    e2 = 1 - (minor / semi) ** 2
    sin, cos, tan2 = np.sin(lat), np.cos(lat), np.tan(lat) ** 2
    nu = semi * FACTOR / np.sqrt(1 - e2 * sin**2)
    rho = semi * FACTOR * (1 - e2) / (1 - e2 * sin**2) ** 1.5
    eta2, turn = nu / rho - 1, lon - ORIGIN_LON
    north = (
        _meridian(lat)
        + FALSE_NORTH
        + turn**2 * nu / 2 * sin * cos
        + turn**4 * nu / 24 * sin * cos**3 * (5 - tan2 + 9 * eta2)
        + turn**6 * nu / 720 * sin * cos**5 * (61 - 58 * tan2 + tan2**2)
    )
    east = (
        FALSE_EAST
        + turn * nu * cos
        + turn**3 * nu / 6 * cos**3 * (nu / rho - tan2)
        + turn**5 * nu / 120 * cos**5 * (5 - 18 * tan2 + tan2**2 + 14 * eta2 - 58 * tan2 * eta2)
    )
    return east, north
