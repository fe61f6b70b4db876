"""The structured part of BYM2: neighbours alike, scaled so that its spread means the same anywhere.

Besag, York and Mollié 1991; scaling as in Sørbye and Rue, Spatial Statistics 2014;8:39, and Riebler
et al., Statistical Methods in Medical Research 2016;25:1145; parts that no edge joins are scaled
one by one, and an area without neighbours is independent (Freni-Sterrantino, Ventrucci and Rue,
Spatial and Spatio-temporal Epidemiology 2018;26:25).
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix, identity, vstack
from scipy.sparse.linalg import splu
from scipy.special import digamma

from safelight.plan.need.graph import Floats, Integers, parts

DENSE_UP_TO = 500  # areas of a part for which its eigenvalues are cheap
PROBES = 200  # draws behind the estimate for more areas
RIDGE = 1e-6  # makes the factor of an intrinsic field possible; its mean is taken out afterwards
SUM_PRECISION = 1e6  # of the mean of each part around zero: a constraint for all that matters

# SuperLU without exchanges of rows, in an order for symmetric matrices: a positive definite
# matrix needs no pivots.
SYMMETRIC: dict[str, Any] = {
    "permc_spec": "MMD_AT_PLUS_A",
    "diag_pivot_thresh": 0.0,
    "options": {"SymmetricMode": True},
}


class Structure(NamedTuple):
    """The scaled structured field of a map."""

    eigenvalues: Floats  # of its covariance, one per area
    root: Any  # sparse B, one column per area, with BᵀB its precision


def structure(edges: Integers, count: int) -> Structure:
    """Return the field of a map of up to some thousand areas, from the exact eigenvalues.

    In every part the geometric mean of the variances is 1, and the mean of the field is tied to
    zero by a row of its own.
    """
    labels = parts(edges, count)
    scale, eigenvalues = np.ones(count), np.ones(count)
    for members, own in _parts(edges, labels):
        values, scale[members] = _spectrum(own, len(members))
        eigenvalues[members] = values / scale[members]
    inside = np.sqrt(scale[edges[:, 0]]) if len(edges) else np.empty(0)
    sums = _sums(labels)
    sizes = np.asarray(sums.sum(axis=1)).ravel()
    weight = np.where(sizes == 1, 1.0, np.sqrt(SUM_PRECISION) / sizes)
    ties = csr_matrix(sums.multiply(weight[:, None]))
    steps = csr_matrix(differences(edges, count).multiply(inside[:, None]))
    return Structure(eigenvalues, vstack([steps, ties]).tocsr())


def differences(edges: Integers, count: int) -> Any:  # noqa: ANN401 - a sparse matrix
    """Return the matrix (edges × areas) whose rows are the difference of two neighbours."""
    rows = np.repeat(np.arange(len(edges)), 2)
    values = np.tile([1.0, -1.0], len(edges))
    return csr_matrix((values, (rows, edges.ravel())), shape=(len(edges), count))


def scaling(edges: Integers, count: int, rng: np.random.Generator) -> Floats:
    """Return for each area the factor on the precision of its part: the geometric mean variance.

    Exact up to ``DENSE_UP_TO`` areas in a part; beyond, from ``PROBES`` draws, with the bias of the
    logarithm of an estimated variance taken out.
    """
    scale = np.ones(count)
    for members, own in _parts(edges, parts(edges, count)):
        if len(members) <= DENSE_UP_TO:
            scale[members] = _spectrum(own, len(members))[1]
        else:
            field = draw(own, np.ones(len(members)), PROBES, rng)
            bias = digamma(PROBES / 2) - np.log(PROBES / 2)
            scale[members] = np.exp(np.log((field**2).mean(axis=1)).mean() - bias)
    return scale


def draw(edges: Integers, scale: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws (areas × draws) of the field whose precision is ``scale`` times the structure.

    Each part has mean zero; an area without neighbours is standard normal.
    """
    count = len(scale)
    labels = parts(edges, count)
    root = differences(edges, count)
    factor = splu((root.T @ root + RIDGE * identity(count)).tocsc(), **SYMMETRIC)
    noise = root.T @ rng.standard_normal((len(edges), draws))
    noise += np.sqrt(RIDGE) * rng.standard_normal((count, draws))
    field: Floats = np.asarray(factor.solve(noise))
    sums = _sums(labels)
    sizes = np.asarray(sums.sum(axis=1)).ravel()
    field -= ((sums @ field) / sizes[:, None])[labels]
    field /= np.sqrt(scale)[:, None]
    alone = (sizes == 1)[labels]
    field[alone] = rng.standard_normal((int(alone.sum()), draws))
    return field


def _parts(edges: Integers, labels: Integers) -> list[tuple[Integers, Integers]]:
    """Return members and own edges of every part of more than one area."""
    found = []
    for part in np.unique(labels[edges[:, 0]]):
        members = np.flatnonzero(labels == part)
        own = edges[labels[edges[:, 0]] == part]
        found.append((members, np.searchsorted(members, own)))
    return found


def _spectrum(edges: Integers, count: int) -> tuple[Floats, float]:
    """Return the eigenvalues of a part's generalised inverse, and its geometric mean variance."""
    root = differences(edges, count)
    values, vectors = np.linalg.eigh((root.T @ root).toarray())
    inverse = np.concatenate([[0.0], 1 / values[1:]])  # one constant vector costs nothing
    return inverse, float(np.exp(np.log(vectors**2 @ inverse).mean()))


def _sums(labels: Integers) -> Any:  # noqa: ANN401 - a sparse matrix
    shape = (int(labels.max()) + 1, len(labels))
    return csr_matrix((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=shape)
