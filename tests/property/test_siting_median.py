"""p-median and p-centre against every possible plan, on small tables of any kind."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from safelight.kernel.errors import Invalid
from safelight.plan.siting.centres import p_center
from safelight.plan.siting.medians import p_median

Table = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Case(NamedTuple):
    distance: Table
    weight: Table
    p: int
    forced: list[int]
    forbidden: list[int]


whole = st.integers(0, 6).map(float)  # many ties
real = st.floats(0, 1e3, allow_subnormal=False).map(lambda value: round(value, 9))


@st.composite
def cases(draw: st.DrawFn, *, unreachable: bool = True) -> Case:
    demands, candidates = draw(st.integers(1, 9)), draw(st.integers(1, 8))
    numbers = draw(st.sampled_from([whole, real]))
    if unreachable and draw(st.booleans()):
        numbers = numbers | st.just(np.inf)
    distance = draw(arrays(np.float64, (demands, candidates), elements=numbers))
    weight = draw(arrays(np.float64, demands, elements=draw(st.sampled_from([whole, real]))))
    roles = draw(st.lists(st.integers(0, 9), min_size=candidates, max_size=candidates))
    forced = [j for j, role in enumerate(roles) if role == 0]
    forbidden = [j for j, role in enumerate(roles) if role == 1][: candidates - 1]
    least = max(1, len(forced))
    most = candidates - len(forbidden)
    return Case(distance, weight, draw(st.integers(least, max(least, most))), forced, forbidden)


def plans(case: Case) -> list[list[int]]:
    free = sorted(set(range(case.distance.shape[1])) - {*case.forced, *case.forbidden})
    return [[*case.forced, *more] for more in combinations(free, max(0, case.p - len(case.forced)))]


def total(case: Case, plan: list[int]) -> float:
    near = case.distance[:, plan].min(axis=1)
    served = case.weight > 0
    return float((case.weight[served] * near[served]).sum())


def worst(case: Case, plan: list[int]) -> float:
    return float(case.distance[:, plan].min(axis=1).max())


@given(cases())
def test_p_median_is_the_best_of_all_plans(case: Case) -> None:
    best = min(total(case, plan) for plan in plans(case))
    if not np.isfinite(best):
        with pytest.raises(Invalid, match="reach all demand"):
            p_median(
                case.distance, case.weight, case.p, forced=case.forced, forbidden=case.forbidden
            )
        return
    found = p_median(
        case.distance, case.weight, case.p, forced=case.forced, forbidden=case.forbidden
    )
    assert found.objective == pytest.approx(best, rel=1e-9)
    assert found.bound == found.objective
    assert found.objective == pytest.approx(total(case, found.opened.tolist()), rel=1e-12)
    assert len(set(found.opened.tolist())) == case.p
    assert set(case.forced) <= set(found.opened.tolist())
    assert not set(case.forbidden) & set(found.opened.tolist())


@given(cases())
def test_p_center_is_the_best_of_all_plans(case: Case) -> None:
    best = min(worst(case, plan) for plan in plans(case))
    if not np.isfinite(best):
        with pytest.raises(Invalid, match="reach all demand"):
            p_center(case.distance, case.p, forced=case.forced, forbidden=case.forbidden)
        return
    found = p_center(case.distance, case.p, forced=case.forced, forbidden=case.forbidden)
    assert found.objective == found.bound == best == worst(case, found.opened.tolist())
    assert len(set(found.opened.tolist())) == case.p
    assert set(case.forced) <= set(found.opened.tolist())
    assert not set(case.forbidden) & set(found.opened.tolist())


@given(cases(unreachable=False))
def test_one_more_site_never_makes_it_worse(case: Case) -> None:
    if case.p + len(case.forbidden) == case.distance.shape[1]:
        return
    medians = [
        p_median(case.distance, case.weight, p, forced=case.forced, forbidden=case.forbidden)
        for p in (case.p, case.p + 1)
    ]
    assert medians[1].objective <= medians[0].objective
    centers = [
        p_center(case.distance, p, forced=case.forced, forbidden=case.forbidden)
        for p in (case.p, case.p + 1)
    ]
    assert centers[1].objective <= centers[0].objective


@given(cases(unreachable=False), st.sampled_from([0.01, 0.1, 0.5]))
def test_bound_of_a_search_cut_short_is_below_every_plan(case: Case, gap: float) -> None:
    best = min(total(case, plan) for plan in plans(case))
    found = p_median(
        case.distance,
        case.weight,
        case.p,
        gap=gap,
        time_limit=0.0,
        forced=case.forced,
        forbidden=case.forbidden,
    )
    assert found.bound <= best * (1 + 1e-12)
    assert best <= found.objective * (1 + 1e-12)
