"""Opening and closing one site after another, with what each next step would bring."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.compiled import compiled
from safelight.plan.siting.gains import Floats, Gains, Int32s


class Opening(NamedTuple):
    """Which sites are open, and how every demand is served (arrays that change in place).

    ``rise`` is what each site would add if it opened now; for an open site, what it would add
    beyond the others is lost with it, and stands in ``rise`` again once it is closed.
    """

    best: Floats  # by demand: gain of the best open site, and the site (-1: none)
    best_site: Int32s
    next: Floats  # by demand: the second best
    next_site: Int32s
    rise: Floats  # by site
    is_open: npt.NDArray[np.bool_]  # by site


def none_open(gains: Gains) -> Opening:
    """Return the state before the first site opens."""
    n, m = gains.demands, gains.sites
    owner = np.repeat(np.arange(m), np.diff(gains.col_start))
    return Opening(
        np.zeros(n),
        np.full(n, -1, np.int32),
        np.zeros(n),
        np.full(n, -1, np.int32),
        np.bincount(owner, gains.col_gain, m).astype(np.float64),
        np.zeros(m, np.bool_),
    )


@compiled
def open_site(gains: Gains, state: Opening, site: int) -> None:
    """Open a site; touches only the demands that it reaches and the sites that reach these."""
    state.is_open[site] = True
    for e in range(gains.col_start[site], gains.col_start[site + 1]):
        i = gains.col_demand[e]
        gain, before = gains.col_gain[e], state.best[i]
        if gain > before:
            state.next[i], state.next_site[i] = before, state.best_site[i]
            state.best[i], state.best_site[i] = gain, site
            for a in range(gains.row_start[i], gains.row_start[i + 1]):
                other = gains.row_gain[a]
                if other <= before:
                    break
                state.rise[gains.row_site[a]] -= min(other, gain) - before
        elif gain > state.next[i]:
            state.next[i], state.next_site[i] = gain, site


@compiled
def close_site(gains: Gains, state: Opening, site: int) -> None:
    """Close a site; its demands fall back to their second best."""
    state.is_open[site] = False
    for e in range(gains.col_start[site], gains.col_start[site + 1]):
        i = gains.col_demand[e]
        if state.best_site[i] == site:
            before, after = state.best[i], state.next[i]
            state.best[i], state.best_site[i] = after, state.next_site[i]
            for a in range(gains.row_start[i], gains.row_start[i + 1]):
                other = gains.row_gain[a]
                if other <= after:
                    break
                state.rise[gains.row_site[a]] += min(other, before) - after
            _find_next(gains, state, i)
        elif state.next_site[i] == site:
            _find_next(gains, state, i)


@compiled
def _find_next(gains: Gains, state: Opening, demand: int) -> None:
    state.next[demand], state.next_site[demand] = 0.0, -1
    if state.best_site[demand] < 0:
        return
    for a in range(gains.row_start[demand], gains.row_start[demand + 1]):
        site = gains.row_site[a]
        if state.is_open[site] and site != state.best_site[demand]:
            state.next[demand], state.next_site[demand] = gains.row_gain[a], site
            return
