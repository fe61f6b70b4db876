"""What a siting model may be asked: each mistake gives one error with its remedy."""

from collections.abc import Collection
from numbers import Real
from reprlib import repr as repr_
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from safelight.kernel.errors import Invalid
from safelight.plan.siting.gains import Floats, Ints

Matrix: TypeAlias = npt.NDArray[np.generic] | sparse.sparray | sparse.spmatrix
Places: TypeAlias = Collection[int] | Ints
REAL = "biuf"  # the kinds of numpy's types that are real numbers


def real_numbers(values: Any, what: str, remedy: str) -> npt.NDArray[Any]:  # noqa: ANN401
    """Return values as an array of real numbers, of any shape.

    Raises:
        Invalid: Some are text, dates or nothing at all, or the rows are of unequal length.
    """
    try:
        found = np.asarray(values)
    except (ValueError, TypeError) as error:
        words = f"The rows of the {what} differ in length."
        raise Invalid("siting-numbers", words, remedy) from error
    if found.dtype.kind in REAL or not found.size:
        return found
    odd = [each for each in found.ravel().tolist() if not _is_real(each)]
    if not odd and found.dtype == object:
        return found.astype(np.float64)
    first = repr_((odd or [found.dtype])[0])
    raise Invalid("siting-numbers", f"The {what} holds {first}, which is no number.", remedy)


def _is_real(value: object) -> bool:
    try:
        return isinstance(value, Real) and isinstance(float(value), float)
    except OverflowError:
        return False


def reach_matrix(reach: Matrix) -> sparse.csr_array:
    """Return demand × candidate reach without its zeros; raises Invalid outside 0 to 1."""
    rows_and_columns, remedy = 2, "Give shares from 0 to 1 (weights belong in 'weight')."
    sparsely = sparse.issparse(reach)
    given = reach if sparsely else real_numbers(reach, "reach", remedy)
    if len(given.shape) != rows_and_columns:
        raise Invalid(
            "siting-shape",
            "The reach is not a table of demand × candidate.",
            "Give a two-dimensional array or a scipy sparse matrix, one row for each demand.",
        )
    found = sparse.csr_array(given)
    if sparsely:
        real_numbers(found.data, "reach", remedy)
    if found.data.dtype == np.bool_:
        found = found.astype(np.float32)
    if len(found.data) and not (found.data.min() >= 0 and found.data.max() <= 1):
        raise Invalid(
            "siting-reach",
            "The reach is a probability, and some of it is below 0, above 1 or not a number.",
            remedy,
        )
    if not found.has_canonical_format:
        found = found.copy()
        found.sum_duplicates()
    if len(found.data) and not found.data.all():
        found = found.copy()
        found.eliminate_zeros()
    if not found.nnz:
        raise Invalid(
            "siting-nobody",
            "No candidate reaches any demand.",
            "Check that both have the same coordinates and that distances are in metres.",
        )
    return found


def weights(weight: npt.ArrayLike, demands: int) -> Floats:
    """Return one weight for each demand; raises Invalid for a wrong number, negative or NaN."""
    remedy = "Every weight must be a number of 0 or more."
    found = real_numbers(weight, "weight", remedy).astype(np.float64)
    if found.shape != (demands,):
        raise Invalid(
            "siting-shape",
            f"There are {demands} demands, but the weights have shape {found.shape}.",
            "Give one weight for each row of the table, in its order.",
            demands=demands,
        )
    bad = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if len(bad):
        raise Invalid(
            "siting-weight",
            f"Weight {bad[0]} is {found[bad[0]]}.",
            remedy,
            demand=int(bad[0]),
        )
    with np.errstate(over="ignore"):
        total = found.sum()
    if not np.isfinite(total):
        raise Invalid(
            "siting-weight",
            "The weights are too large to be added up.",
            "Divide them all by one number.",
        )
    return found


def number_of_sites(p: int, candidates: int) -> int:
    """Return how many sites to open; raises Invalid for none or more than there are."""
    if isinstance(p, bool) or not (_is_real(p) and 1 <= p <= candidates and int(p) == p):
        raise Invalid(
            "siting-count",
            f"{p} sites of {candidates} candidates cannot be opened.",
            f"Ask for 1 to {candidates} sites.",
            p=p,
            candidates=candidates,
        )
    return int(p)


def check_search(gap: float, seed: int, time_limit: float | None = None) -> None:
    """Refuse a gap outside 0 to below 1, a seed that is no whole number of 0 or more, no time."""
    if not (_is_real(gap) and 0 <= gap < 1):
        raise Invalid(
            "siting-gap",
            f"The gap asked for is {repr_(gap)}.",
            "Give a share from 0 (prove it optimal) to below 1.",
            gap=gap,
        )
    if isinstance(seed, bool) or not (_is_real(seed) and 0 <= seed < np.inf and int(seed) == seed):
        raise Invalid(
            "siting-seed", f"The seed is {repr_(seed)}.", "Give a whole number of 0 or more."
        )
    if time_limit is not None and not (_is_real(time_limit) and time_limit >= 0):
        raise Invalid(
            "siting-time",
            f"The time limit is {repr_(time_limit)}.",
            "Give seconds, 0 or more, or leave it out.",
        )


def places(forced: Places, forbidden: Places, p: int, candidates: int) -> tuple[Ints, Ints]:
    """Return the sites that must open and those that may besides; raises Invalid on conflict."""
    must, never = (
        _columns(name, some, candidates)
        for name, some in (("forced", forced), ("forbidden", forbidden))
    )
    both = np.intersect1d(must, never)
    if len(both):
        raise Invalid(
            "siting-forced-forbidden",
            f"Candidate {both[0]} is both forced and forbidden.",
            "Take it out of one of the two.",
            candidate=int(both[0]),
        )
    free = np.setdiff1d(np.arange(candidates), np.concatenate([must, never]))
    if len(must) > p or len(must) + len(free) < p:
        raise Invalid(
            "siting-forced-count",
            f"{len(must)} candidates are forced and {len(free)} more are free, but {p} sites "
            "are to be opened.",
            f"Ask for {max(1, len(must))} to {len(must) + len(free)} sites.",
            p=p,
        )
    return must, free


def _columns(name: str, some: Places, candidates: int) -> Ints:
    remedy = f"Candidates are numbered from 0 to {candidates - 1}."
    listed = sorted(some) if isinstance(some, set | frozenset) else some
    found = np.unique(real_numbers(listed, f"list of {name} candidates", remedy))
    whole = found.dtype.kind in "iu" or np.array_equal(found, np.floor(found))
    if len(found) and not (whole and found[0] >= 0 and found[-1] < candidates):
        raise Invalid(
            "siting-candidate",
            f"The {name} candidates name one that does not exist.",
            remedy,
            candidates=candidates,
        )
    return found.astype(np.int64)
