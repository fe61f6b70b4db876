"""The shapes that maps draw: areas from a file, districts and their borders made from these."""

import json
from collections.abc import Iterable
from functools import cached_property
from math import cos, radians
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping, shape

from safelight.kernel.errors import Invalid
from safelight.web.plan.sketch import Projection

DECIMALS = 5  # of a degree: about a metre
GAP = 0.0004  # degrees, some 30 m: as wide as simplified neighbours may lie apart
SPECK = 1e-5  # square degrees, some 8 ha
WIDTH, MARGIN = 960.0, 8.0  # of the drawing
DETAIL = 0.6  # of its units: what nobody sees is left out


class Outlines:
    """The areas of a table by code, and the districts that they make up."""

    def __init__(self, shapes: dict[str, shapely.Geometry], district_of: dict[str, str]) -> None:
        """Keep the shapes; codes that the table does not have are left out."""
        self.shapes = {code: each for code, each in shapes.items() if code in district_of}
        self._district_of = district_of

    @cached_property
    def districts(self) -> dict[str, shapely.Geometry]:
        """The districts by name, each the union of its areas."""
        members: dict[str, list[shapely.Geometry]] = {}
        for code, each in self.shapes.items():
            members.setdefault(self._district_of[code], []).append(each)
        return {name: _union(found) for name, found in sorted(members.items())}

    @cached_property
    def labels(self) -> dict[str, tuple[float, float]]:
        """Where the districts' names stand, well inside each."""
        inside = {name: each.representative_point() for name, each in self.districts.items()}
        return {name: (round(at.x, 4), round(at.y, 4)) for name, at in inside.items()}

    @cached_property
    def projection(self) -> Projection | None:
        """How the drawing is laid out; None where there is nothing to draw."""
        if not self.shapes:
            return None
        every = shapely.GeometryCollection(list(self.shapes.values()))
        west, south, east, north = every.bounds
        shrink = cos(radians((north + south) / 2))
        up = (WIDTH - 2 * MARGIN) / ((east - west) * shrink)
        height = (north - south) * up + 2 * MARGIN
        return Projection(west, north, up * shrink, up, WIDTH, height, MARGIN)

    @cached_property
    def paths(self) -> dict[str, str]:
        """Each area's outline in the units of the drawing."""
        return {code: self._path(each) for code, each in self.shapes.items()}

    @cached_property
    def district_paths(self) -> dict[str, str]:
        """Each district's border in the units of the drawing."""
        return {name: self._path(each) for name, each in self.districts.items()}

    def _path(self, shape_: shapely.Geometry) -> str:
        frame = self.projection
        if frame is None:
            return ""
        rings = []
        fine = shape_.simplify(DETAIL / frame.up)
        for polygon in getattr(fine, "geoms", [fine]):
            for ring in (polygon.exterior, *polygon.interiors):
                corners = (frame.at(lon, lat) for lon, lat in ring.coords[:-1])
                rings.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
        return "".join(rings)

    @cached_property
    def geojson(self) -> bytes:
        """Areas, districts and labels as one file for the map's script; empty for no shapes."""
        areas = [_feature(each, code=code, kind="area") for code, each in self.shapes.items()]
        borders = [
            _feature(each.boundary, name=name, kind="district")
            for name, each in self.districts.items()
        ]
        labels = [
            _feature(shapely.Point(at), name=name, kind="label") for name, at in self.labels.items()
        ]
        return _collection(areas + borders + labels) if areas else b""

    def geometry(self, code: str, lon: float, lat: float) -> dict[str, Any]:
        """Return an area's outline as GeoJSON, or its point where there is none."""
        return _geometry(self.shapes.get(code) or shapely.Point(lon, lat))


def read_outlines(path: Path, district_of: dict[str, str]) -> Outlines:
    """Return the outlines in a GeoJSON file; none where there is no file.

    Raises Invalid for a file that is no GeoJSON with a code for each area.
    """
    if not path.exists():
        return Outlines({}, district_of)
    try:
        features = json.loads(path.read_bytes())["features"]
        shapes = {each["properties"]["code"]: shape(each["geometry"]) for each in features}
    except (ValueError, KeyError, TypeError, shapely.errors.ShapelyError) as error:
        raise Invalid(
            "outlines-file",
            f"{path.name} is no GeoJSON of areas: {error}.",
            "Make the need table again.",
        ) from error
    return Outlines(shapes, district_of)


def points(places: Iterable[tuple[str, float, float]]) -> bytes:
    """Return a point for each area: its code, longitude and latitude."""
    return _collection(
        [_feature(shapely.Point(lon, lat), code=code, kind="area") for code, lon, lat in places]
    )


def _collection(features: list[dict[str, Any]]) -> bytes:
    whole = {"type": "FeatureCollection", "features": features}
    return json.dumps(whole, separators=(",", ":")).encode()


def _union(shapes: list[shapely.Geometry]) -> shapely.Geometry:
    """Return one shape of many; hairline gaps between simplified neighbours are closed."""
    wider = [_grown(each.simplify(GAP / 2), GAP) for each in shapes]
    return _without_specks(_grown(shapely.unary_union(wider), -GAP))


def _grown(shape_: shapely.Geometry, by: float) -> shapely.Geometry:
    return shape_.buffer(by, join_style="mitre", mitre_limit=2)


def _without_specks(shape_: shapely.Geometry) -> shapely.Geometry:
    """Leave out the holes and islets that gaps have left over."""
    whole = [
        shapely.Polygon(each.exterior, [r for r in each.interiors if _size(r) > SPECK])
        for each in getattr(shape_, "geoms", [shape_])
        if each.area > SPECK
    ]
    return shapely.MultiPolygon(whole) if whole else shape_


def _size(ring: shapely.LinearRing) -> float:
    return float(shapely.Polygon(ring).area)


def _feature(geometry: shapely.Geometry, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": _geometry(geometry)}


def _geometry(geometry: shapely.Geometry) -> dict[str, Any]:
    return dict(mapping(shapely.transform(geometry, lambda at: np.round(at, DECIMALS))))
