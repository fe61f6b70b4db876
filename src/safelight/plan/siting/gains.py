"""Gains: what each site is worth to each demand, by demand and by site."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from safelight.plan.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]


class Gains(NamedTuple):
    """A sparse matrix of gains, kept twice: by demand, best site first, and by site.

    A demand is served by the best open site it can reach, so that a set of sites is worth the
    sum over demands of the largest gain. A gain of 0 does no harm and no good.
    """

    row_start: Ints  # demands + 1
    row_site: Int32s
    row_gain: Floats  # descending within a demand
    col_start: Ints  # sites + 1
    col_demand: Int32s
    col_gain: Floats

    @property
    def demands(self) -> int:
        """Return how many demands there are."""
        return len(self.row_start) - 1

    @property
    def sites(self) -> int:
        """Return how many sites there are."""
        return len(self.col_start) - 1


def gains_of(reach: sparse.csr_array, weight: Floats) -> Gains:
    """Return weight × reach, for a sparse demand × site matrix of reach above 0."""
    start = reach.indptr.astype(np.int64)
    site = reach.indices.astype(np.int32)
    gain = reach.data.astype(np.float64)
    _weigh(start, gain, weight)
    return both_ways(start, site, gain, reach.shape[1])


def restricted(gains: Gains, sites: Ints, base: Floats) -> Gains:
    """Return the gains of some sites alone, above what each demand has already.

    ``sites`` are kept in the order given; ``base`` (one per demand) is what sites that are open
    in any case are worth to it. Demands keep their places.
    """
    place = np.full(gains.sites, -1, np.int32)
    place[sites] = np.arange(len(sites), dtype=np.int32)
    kept = _kept(gains, place, base)
    start, site, gain = _filled(gains, place, base, kept)
    return both_ways(start, site, gain, len(sites))


def value(gains: Gains, sites: Sequence[int] | Ints) -> float:
    """Return what a set of sites is worth."""
    return float(best_gain(gains, sites).sum())


def best_gain(gains: Gains, sites: Sequence[int] | Ints) -> Floats:
    """Return, for each demand, the largest gain among some sites; 0 where none reaches it."""
    return _best_gain(gains, np.asarray(sites, np.int64))


def both_ways(start: Ints, site: Int32s, gain: Floats, sites: int) -> Gains:
    """Sort each demand's sites by gain, and turn the matrix round."""
    _sort_rows(start, site, gain)
    col_start, col_demand, col_gain = _turned(start, site, gain, sites)
    return Gains(start, site, gain, col_start, col_demand, col_gain)


@compiled
def is_whole(gains: Gains) -> bool:
    """Tell whether all gains are whole numbers, so that every sum of them is exact."""
    for gain in gains.row_gain:  # noqa: SIM110 - the loop is compiled
        if gain % 1.0 != 0.0:
            return False
    return True


@compiled
def _weigh(start: Ints, gain: Floats, weight: Floats) -> None:
    for i in range(len(weight)):
        for e in range(start[i], start[i + 1]):
            gain[e] *= weight[i]


@compiled
def _sort_rows(start: Ints, site: Int32s, gain: Floats) -> None:
    for i in range(len(start) - 1):
        a, b = start[i], start[i + 1]
        tidy = True
        for e in range(a + 1, b):
            if gain[e] > gain[e - 1] or (gain[e] == gain[e - 1] and site[e] < site[e - 1]):
                tidy = False
                break
        if tidy:
            continue
        by_site = np.argsort(site[a:b])
        order = by_site[np.argsort(-gain[a:b][by_site], kind="mergesort")]
        site[a:b] = site[a:b][order]
        gain[a:b] = gain[a:b][order]


@compiled
def _turned(start: Ints, site: Int32s, gain: Floats, sites: int) -> tuple[Ints, Int32s, Floats]:
    col_start = np.zeros(sites + 1, np.int64)
    for j in site:
        col_start[j + 1] += 1
    for j in range(sites):
        col_start[j + 1] += col_start[j]
    fill = col_start.copy()
    col_demand = np.empty(len(site), np.int32)
    col_gain = np.empty(len(site), np.float64)
    for i in range(len(start) - 1):
        for e in range(start[i], start[i + 1]):
            j = site[e]
            col_demand[fill[j]] = i
            col_gain[fill[j]] = gain[e]
            fill[j] += 1
    return col_start, col_demand, col_gain


@compiled
def _kept(gains: Gains, place: Int32s, base: Floats) -> Ints:
    """Count what is kept of each demand, as starts."""
    n = len(gains.row_start) - 1
    start = np.zeros(n + 1, np.int64)
    for i in range(n):
        count = 0
        for e in range(gains.row_start[i], gains.row_start[i + 1]):
            if gains.row_gain[e] <= base[i]:
                break
            if place[gains.row_site[e]] >= 0:
                count += 1
        start[i + 1] = start[i] + count
    return start


@compiled
def _filled(gains: Gains, place: Int32s, base: Floats, start: Ints) -> tuple[Ints, Int32s, Floats]:
    site = np.empty(start[-1], np.int32)
    gain = np.empty(start[-1], np.float64)
    for i in range(len(start) - 1):
        at = start[i]
        for e in range(gains.row_start[i], gains.row_start[i + 1]):
            if at == start[i + 1]:
                break
            j = place[gains.row_site[e]]
            if j >= 0:
                site[at] = j
                gain[at] = gains.row_gain[e] - base[i]
                at += 1
    return start, site, gain


@compiled
def _best_gain(gains: Gains, sites: Ints) -> Floats:
    best = np.zeros(len(gains.row_start) - 1)
    for j in sites:
        for e in range(gains.col_start[j], gains.col_start[j + 1]):
            i = gains.col_demand[e]
            best[i] = max(best[i], gains.col_gain[e])
    return best
