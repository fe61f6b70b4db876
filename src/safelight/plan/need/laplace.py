"""Counts on a latent Gaussian field: the mode, the curvature there and the marginal likelihood.

The field x ~ N(0, Q⁻¹) is written without units of its own; the hyperparameters enter as the spread
of each column of the design. Deaths are Poisson with mean exposure × exp(A x). Everything runs on
sparse matrices: Rue, Martino and Chopin, JRSS B 2009;71:319. The mean of the Gaussian is then moved
from the mode to where it fits best in the sense of Kullback and Leibler: van Niekerk and Rue,
Journal of Machine Learning Research 2024;25(62).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix
from scipy.sparse.linalg import splu

from safelight.kernel.errors import Invalid
from safelight.plan.need.graph import Floats

STEPS = 80
TOLERANCE = 1e-6  # of a Newton step, in units of the log rate
ROUGH = 1e-3  # the same, where nothing is differentiated: a step ends within its square
SHORTEST = 1e-4  # share of a Newton step that may be taken
ROUNDING = 1e-9  # of the log density
LARGEST = 30.0  # log rate, against overflow on the way

# SuperLU without exchanges of rows and in the order given: a positive definite matrix needs no
# pivots, and each model lays out its latent values so that the factor stays sparse.
IN_ORDER: dict[str, Any] = {
    "permc_spec": "NATURAL",
    "diag_pivot_thresh": 0.0,
    "options": {"SymmetricMode": True},
}


class Field(NamedTuple):
    """The latent field at one value of the hyperparameters."""

    spread: Floats  # of each latent value: its column of the design is multiplied by it
    weights: Floats  # of each of the model's parts of the precision
    log_determinant: float  # of the precision, up to a constant


class Model(NamedTuple):
    """Counts, their exposure, and how a field gives their rates."""

    counts: Floats  # one per observation
    exposure: Floats  # the same length, above zero
    design: Any  # sparse, observations × latent values, before the spread
    parts: tuple[Any, ...]  # sparse symmetric matrices whose weighted sum is the precision Q
    root: Callable[[Floats], Any]  # sparse B with Q = BᵀB
    field: Callable[[Floats], Field]
    log_prior: Callable[[Floats], float]  # of the hyperparameters as searched
    names: tuple[str, ...]  # of the hyperparameters
    start: Floats


class Gaussian(NamedTuple):
    """The Gaussian that stands for the field given the hyperparameters."""

    at: Floats  # the hyperparameters
    mean: Floats  # of the latent values
    spread: Floats
    rate: Floats  # the mean of each observation's Poisson law, at the curvature's point
    factor: Any  # of the precision given the counts
    log_evidence: float  # log p(hyperparameters, counts), up to a constant


class Laplace:
    """Fits the Gaussian for one model again and again: what never changes is worked out once."""

    def __init__(self, model: Model) -> None:
        """Lay out the pattern of the precision and where each observation adds to it."""
        self.model = model
        self.design: Any = csr_matrix(model.design)
        size = self.design.shape[1]
        rows, columns, cells, values = _products(self.design)
        keys = np.concatenate([columns * size + rows, *(_keys(part) for part in model.parts)])
        pattern, place = np.unique(keys, return_inverse=True)
        self.row, self.column = pattern % size, pattern // size
        self.start = np.searchsorted(self.column, np.arange(size + 1))
        shape = (len(pattern), len(model.counts))
        self.adds: Any = csr_matrix((values, (place[: len(values)], cells)), shape=shape)
        self.parts = np.zeros((len(model.parts), len(pattern)))
        taken = len(values)
        for number, part in enumerate(model.parts):
            stored = part.tocoo()
            np.add.at(self.parts[number], place[taken : taken + stored.nnz], stored.data)
            taken += stored.nnz

    def fit(
        self,
        at: Floats,
        near: Gaussian | None = None,
        variance: Floats | float = 0.0,
        tolerance: float = TOLERANCE,
    ) -> Gaussian:
        """Return the Gaussian at the mode of the field, for hyperparameters ``at``.

        ``near`` is a fit at other hyperparameters to start from. ``variance`` (of each
        observation's log rate, where known) moves the mean from the mode to the best fit; the
        evidence is only right where it is zero.

        Raises:
            Invalid: where Newton's method does not settle, which good counts do not bring about.
        """
        target = _Target(self, at, np.asarray(variance) / 2)
        tries = [(start, *target.value(start)) for start in _starts(near, target.field)]
        mean, value, rate = max(tries, key=lambda found: found[1])
        for _ in range(STEPS):
            step, factor = target.newton(mean, rate)
            share, value, rate = target.advance(mean, step, value)
            mean = mean + share * step
            if share * target.moves(step).max() < tolerance:
                evidence = value + self.model.log_prior(at) + target.field.log_determinant / 2
                evidence -= float(np.log(factor.U.diagonal()).sum()) / 2
                return Gaussian(at, mean, target.field.spread, rate, factor, evidence)
        raise _unsettled()

    def draw(self, fitted: Gaussian, draws: int, rng: np.random.Generator) -> Floats:
        """Return draws of the latent values (values × draws), multiplied by their spread.

        A right-hand side with the precision as its covariance is solved, so no root of the inverse
        is needed: Papandreou and Yuille, NIPS 2010.
        """
        root = self.model.root(fitted.at)
        noise = root.T @ rng.standard_normal((root.shape[0], draws))
        counted = np.sqrt(fitted.rate)[:, None] * rng.standard_normal((len(fitted.rate), draws))
        noise += fitted.spread[:, None] * (self.design.T @ counted)
        solved = np.asarray(fitted.factor.solve(noise))
        drawn: Floats = (fitted.mean[:, None] + solved) * fitted.spread[:, None]
        return drawn

    def moments(self, fitted: Gaussian, last: int) -> tuple[Floats, Floats]:
        """Return mean and covariance of the ``last`` latent values, times their spread."""
        size = len(fitted.mean)
        unit = np.zeros((size, last))
        unit[size - last :] = np.eye(last)
        spread = fitted.spread[-last:]
        covariance = np.asarray(fitted.factor.solve(unit))[-last:]
        return fitted.mean[-last:] * spread, covariance * np.outer(spread, spread)

    def matrix(self, data: Floats) -> Any:  # noqa: ANN401 - a sparse matrix
        """Return the sparse matrix with these values in the pattern of the precision."""
        size = len(self.start) - 1
        return csc_matrix((data, self.row, self.start), shape=(size, size))


class _Target:
    """The log density of the field for given hyperparameters, and Newton's way up."""

    def __init__(self, laplace: Laplace, at: Floats, shift: Floats) -> None:
        self.laplace, self.shift = laplace, shift
        self.field = laplace.model.field(at)
        self.prior = self.field.weights @ laplace.parts
        self.precision = laplace.matrix(self.prior)

    def moves(self, step: Floats) -> Floats:
        moved: Floats = np.abs(self.laplace.design @ (self.field.spread * step))
        return moved

    def value(self, mean: Floats) -> tuple[float, Floats]:
        """Return the log density, up to a constant, and the mean of each count."""
        model = self.laplace.model
        log_rate = self.laplace.design @ (self.field.spread * mean) + self.shift
        rate = model.exposure * np.exp(np.minimum(log_rate, LARGEST))
        energy = float(mean @ (self.precision @ mean)) / 2
        return float(model.counts @ log_rate - rate.sum()) - energy, rate

    def newton(self, mean: Floats, rate: Floats) -> tuple[Floats, Any]:
        """Return the step to where the parabola at ``mean`` has its top, and its factor."""
        laplace, spread = self.laplace, self.field.spread
        scale = spread[laplace.row] * spread[laplace.column]
        try:
            factor = splu(laplace.matrix((laplace.adds @ rate) * scale + self.prior), **IN_ORDER)
        except RuntimeError as error:  # singular: something is no number
            raise _unsettled() from error
        pull = spread * (laplace.design.T @ (laplace.model.counts - rate))
        return factor.solve(pull - self.precision @ mean), factor

    def advance(self, mean: Floats, step: Floats, value: float) -> tuple[float, float, Floats]:
        """Return the share of a step that does not lead down, and what it leads to."""
        share = 1.0
        while True:
            reached, rate = self.value(mean + share * step)
            if reached >= value - ROUNDING * abs(value) or share < SHORTEST:
                return share, reached, rate
            share /= 2


def _unsettled() -> Invalid:
    return Invalid(
        "need-model",
        "The model of need does not settle on these counts.",
        "Check the table of counts and populations for impossible values.",
    )


def _starts(near: Gaussian | None, field: Field) -> list[Floats]:
    """Return where Newton's method may start: nowhere, or as a fit nearby, in either scale."""
    starts = [np.zeros(len(field.spread))]
    if near is not None:
        starts += [near.mean, near.mean * near.spread / field.spread]
    return starts


def _keys(part: Any) -> Any:  # noqa: ANN401 - a sparse matrix
    stored = part.tocoo()
    return stored.col.astype(np.int64) * part.shape[0] + stored.row


def _products(design: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a sparse matrix
    """Return row, column, observation and value of every entry of the sum over observations."""
    count = np.diff(design.indptr)
    pairs = np.repeat(np.arange(design.shape[0]), count**2)
    within = np.arange(len(pairs)) - np.repeat(np.cumsum(count**2) - count**2, count**2)
    first = design.indptr[pairs] + within // count[pairs]
    second = design.indptr[pairs] + within % count[pairs]
    values = design.data[first] * design.data[second]
    indices = design.indices.astype(np.int64)
    return indices[first], indices[second], pairs, values
