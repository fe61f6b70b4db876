"""Demands that always choose alike, taken together: fewer rows, the same problem."""

import numpy as np
import numpy.typing as npt

from safelight.plan.compiled import compiled
from safelight.plan.siting.gains import Floats, Gains, Int32s, Ints, both_ways


def merged(gains: Gains) -> tuple[Gains, Ints]:
    """Merge demands that rank the same sites in the same order; their gains add up exactly.

    Whatever is open, such demands choose the same site. Returns the smaller gains and, for each
    demand, the merged one that stands for it (-1 where no site reaches it).
    """
    group = np.full(gains.demands, -1, np.int64)
    reached = np.flatnonzero(np.diff(gains.row_start))
    first, index = np.unique(_fingerprints(gains)[reached], return_index=True, return_inverse=True)[
        1:
    ]
    like = reached[first[index]]
    # Two lists with one fingerprint would be a freak of chance, but a proof leaves none.
    odd = ~_same_lists(gains, reached, like)
    index[odd] = len(first) + np.arange(odd.sum())
    like[odd] = reached[odd]
    group[reached] = index
    stands = np.concatenate([reached[first], reached[odd]])
    length = np.diff(gains.row_start)[stands]
    start = np.concatenate([[0], np.cumsum(length)])
    site, gain = _added(gains, group, stands, start)
    return both_ways(start, site, gain, gains.sites), group


@compiled
def _fingerprints(gains: Gains) -> npt.NDArray[np.uint64]:
    """Return 64 bits for each demand's list of sites."""
    n = len(gains.row_start) - 1
    out = np.empty(n, np.uint64)
    for i in range(n):
        print_ = np.uint64(14695981039346656037)
        for e in range(gains.row_start[i], gains.row_start[i + 1]):
            print_ = (print_ ^ np.uint64(gains.row_site[e] + 1)) * np.uint64(0x9E3779B97F4A7C15)
            print_ ^= print_ >> np.uint64(29)
        out[i] = print_
    return out


@compiled
def _same_lists(gains: Gains, one: Ints, other: Ints) -> npt.NDArray[np.bool_]:
    same = np.ones(len(one), np.bool_)
    for x in range(len(one)):
        a, b = gains.row_start[one[x]], gains.row_start[other[x]]
        length = gains.row_start[one[x] + 1] - a
        if gains.row_start[other[x] + 1] - b != length:
            same[x] = False
            continue
        for e in range(length):
            if gains.row_site[a + e] != gains.row_site[b + e]:
                same[x] = False
                break
    return same


@compiled
def _added(gains: Gains, group: Ints, stands: Ints, start: Ints) -> tuple[Int32s, Floats]:
    site = np.empty(start[-1], np.int32)
    gain = np.zeros(start[-1], np.float64)
    for g in range(len(stands)):
        a = gains.row_start[stands[g]]
        for e in range(start[g + 1] - start[g]):
            site[start[g] + e] = gains.row_site[a + e]
    for i in range(len(group)):
        if group[i] >= 0:
            a = gains.row_start[i]
            for e in range(gains.row_start[i + 1] - a):
                gain[start[group[i]] + e] += gains.row_gain[a + e]
    return site, gain
