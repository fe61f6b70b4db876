"""Gains: the sparse core, its restriction to some sites, and demands merged without loss."""

import numpy as np
from scipy import sparse

from safelight.plan.siting.gains import Gains, best_gain, gains_of, restricted, value
from safelight.plan.siting.merging import merged
from safelight.plan.siting.opening import close_site, none_open, open_site

REACH = np.array(
    [
        [1.0, 0.5, 0.0, 0.2],
        [0.5, 0.25, 0.0, 0.1],  # ranks the sites as the first demand does
        [0.0, 1.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 0.0],  # reached by none
    ]
)
WEIGHT = np.array([10.0, 4.0, 3.0, 7.0])


def gains() -> Gains:
    return gains_of(sparse.csr_array(REACH), WEIGHT)


def test_a_demand_lists_its_best_site_first() -> None:
    found = gains()
    assert found.row_site.tolist() == [0, 1, 3, 0, 1, 3, 1, 2]
    assert found.row_gain.tolist() == [10, 5, 2, 2, 1, 0.4, 3, 3]


def test_a_site_lists_the_demands_that_it_reaches() -> None:
    found = gains()
    start, end = found.col_start[1], found.col_start[2]
    assert found.col_demand[start:end].tolist() == [0, 1, 2]
    assert found.col_gain[start:end].tolist() == [5, 1, 3]


def test_a_set_is_worth_the_best_gain_of_each_demand() -> None:
    assert best_gain(gains(), [1, 3]).tolist() == [5, 1, 3, 0]
    assert value(gains(), [1, 3]) == 9
    assert value(gains(), []) == 0


def test_restriction_keeps_what_exceeds_the_forced_sites() -> None:
    found = restricted(gains(), np.array([0, 2]), best_gain(gains(), [1]))
    assert found.sites == 2
    assert value(found, [0]) == value(gains(), [0, 1]) - value(gains(), [1]) == 6
    assert value(found, [1]) == 0  # site 2 reaches only whom site 1 reaches as well


def test_demands_with_one_ranking_are_merged_and_nothing_changes() -> None:
    small, group = merged(gains())
    assert group.tolist() == [group[0], group[0], group[2], -1]
    assert small.demands == 2
    for sites in ([0], [1], [3], [1, 3], [0, 2], [0, 1, 2, 3]):
        assert np.isclose(value(small, sites), value(gains(), sites))


def test_demands_with_the_same_sites_in_another_order_stay_apart() -> None:
    reach = np.array([[1.0, 0.5], [0.5, 1.0]])
    small, _ = merged(gains_of(sparse.csr_array(reach), np.ones(2)))
    assert small.demands == 2


def test_rise_is_what_the_next_site_adds_whatever_opened_and_closed_before() -> None:
    rng = np.random.default_rng(3)
    reach = rng.random((30, 12)) * (rng.random((30, 12)) < 0.4)
    found = gains_of(sparse.csr_array(reach), rng.integers(1, 9, 30).astype(float))
    state = none_open(found)
    opened: set[int] = set()
    for site in rng.integers(0, 12, 200).tolist():
        if site in opened:
            close_site(found, state, site)
            opened.remove(site)
        else:
            open_site(found, state, site)
            opened.add(site)
        now = value(found, sorted(opened))
        adds = [value(found, sorted({*opened, j})) - now for j in range(12)]
        assert np.isclose(state.best.sum(), now)
        assert np.allclose(state.rise, adds)
