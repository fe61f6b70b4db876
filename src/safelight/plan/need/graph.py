"""Which areas are neighbours: a graph that needs points only, no outlines."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError, cKDTree

from safelight.kernel.errors import Invalid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

DELAUNAY_NEEDS = 4  # with fewer points, or points on one line, every pair is a candidate


def neighbours(points: Floats) -> Integers:
    """Return the Gabriel graph of some points as edges × 2, each pair once and ascending.

    Two points (areas × 2, metres) are neighbours where no third point lies inside the circle that
    has the two as its diameter. The graph holds the shortest spanning tree, so it is connected:
    islands hang on their nearest shore. Gabriel and Sokal, Systematic Zoology 1969;18:259.

    Raises:
        Invalid: for coordinates that are missing, or two areas on one point.
    """
    points = np.asarray(points, dtype=np.float64)
    _check(points)
    if len(points) == 1:
        return np.empty((0, 2), dtype=np.int64)
    pairs = _candidates(points)
    middle = points[pairs].mean(axis=1)
    radius = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1) / 2
    nearest, _ = cKDTree(points).query(middle)
    edges: Integers = pairs[nearest >= radius * (1 - 1e-9)]
    return edges


def parts(edges: Integers, count: int) -> Integers:
    """Return for each of ``count`` areas the number of the connected part that it lies in."""
    matrix = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    labels: Integers = connected_components(matrix, directed=False)[1].astype(np.int64)
    return labels


def _check(points: Floats) -> None:
    wrong = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(wrong):
        raise Invalid(
            "area-coordinates",
            f"Area number {wrong[0] + 1} has no coordinates.",
            "Give every area an easting and a northing.",
            row=int(wrong[0]) + 1,
        )
    if len(np.unique(points, axis=0)) < len(points):
        _, first, count = np.unique(points, axis=0, return_index=True, return_counts=True)
        row = int(first[count > 1][0]) + 1
        raise Invalid(
            "area-coordinates",
            f"Area number {row} lies on the same point as another.",
            "Give each area once, with its own coordinates.",
            row=row,
        )


def _candidates(points: Floats) -> Integers:
    if len(points) >= DELAUNAY_NEEDS:
        try:
            corners = Delaunay(points - points.mean(axis=0)).simplices
        except QhullError:
            pass
        else:
            pairs = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
            return np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)
    return np.stack(np.triu_indices(len(points), k=1), axis=1).astype(np.int64)
