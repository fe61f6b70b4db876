"""Outlines of need areas for a map: gathered from LSOAs, simplified together, without gaps."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from safelight.kernel.errors import Invalid

TOLERANCE = 0.0012  # degrees, about 80 to 130 m
DIGITS = 4


def gathered(
    shapes: Mapping[str, shapely.Geometry], lsoas: Sequence[str], areas: Sequence[str]
) -> dict[str, shapely.Geometry]:
    """Return one outline per area from the shapes of its LSOAs; the two sequences run together.

    Neighbours keep a common border: it is simplified once for both.

    Raises:
        Invalid: where the shape of an LSOA is missing.
    """
    missing = [code for code in lsoas if code not in shapes]
    if missing:
        raise Invalid(
            "outline-missing",
            f"There is no outline of {missing[0]} ({len(missing):,} are missing).",
            "Add the boundaries of LSOA 2021 with `safelight data add DIR`.",
            code=missing[0],
        )
    parts: dict[str, list[shapely.Geometry]] = {}
    for lsoa, area in zip(lsoas, areas, strict=True):
        parts.setdefault(area, []).append(shapes[lsoa])
    whole = np.array([shapely.make_valid(shapely.union_all(each)) for each in parts.values()])
    simple = shapely.set_precision(shapely.coverage_simplify(whole, TOLERANCE), 10.0**-DIGITS)
    return dict(zip(parts, simple, strict=True))


def outlines_geojson(
    outlines: Mapping[str, shapely.Geometry], properties: Mapping[Any, Mapping[Any, Any]]
) -> bytes:
    """Return outlines as the bytes of a GeoJSON file, WGS84, with the properties of each area."""
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, **properties[code]},
            "geometry": _rounded(shapely.geometry.mapping(outline)),
        }
        for code, outline in sorted(outlines.items())
    ]
    whole = {"type": "FeatureCollection", "features": features}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _rounded(value: Any) -> Any:  # noqa: ANN401 - GeoJSON of any depth
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
