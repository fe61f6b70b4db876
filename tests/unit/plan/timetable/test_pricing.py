"""The search for routes finds every set that counts, and says so where it did not look."""

from itertools import combinations

import numpy as np
import pytest

from safelight.plan.timetable.pricing import Found, price
from safelight.plan.timetable.problem import Problem, Stop, Vehicle
from safelight.plan.timetable.programme import Programme, programme_of
from safelight.plan.timetable.routes import NEVER, best_order
from safelight.plan.timetable.travel import shortest

STOPS, MOST = 9, 4


@pytest.fixture(scope="module")
def programme() -> Programme:
    """Nine stops, two of them with windows, and a shift into which two to four of them fit."""
    dice = np.random.default_rng(5)
    at = dice.uniform(0, 60, (STOPS + 1, 2))
    drive = shortest(np.hypot(*(at[:, None] - at).transpose(2, 0, 1)))
    windows = {2: ((540, 720),), 5: ((800, 1000),)}
    stops = tuple(
        Stop(f"S{n}", f"Stop {n}", 1.0, 0.5, (60, 90), (1,), windows.get(n, ()))
        for n in range(STOPS)
    )
    return programme_of(
        Problem(stops, (Vehicle("V", "Base", ((480, 960),), MOST, 30, 10, 10),), (drive,), {})
    )


@pytest.fixture(scope="module")
def value(programme: Programme) -> np.ndarray:
    return np.random.default_rng(6).uniform(0, 10, len(programme.calls.stop))


@pytest.fixture(scope="module")
def feasible(programme: Programme) -> list[tuple[int, ...]]:
    """Every set that can be driven, by trying every order of every set."""
    calls = programme.calls
    return [
        chosen
        for size in range(1, MOST + 1)
        for chosen in combinations(range(len(calls.stop)), size)
        if len({int(calls.stop[call]) for call in chosen}) == size
        and best_order(calls, programme.fleet, 0, np.array(chosen))[0] < NEVER
    ]


def found_by(
    programme: Programme,
    value: np.ndarray,
    above: float,
    *,
    most: int = 10_000,
    work: int = 10**6,
    rising: bool = False,
    idle: bool = False,
) -> Found:
    calls, fleet = programme.calls, programme.fleet
    return price(calls, fleet, 0, value, above, most=most, work=work, rising=rising, idle=idle)


def as_sets(found: Found) -> set[tuple[int, ...]]:
    return {tuple(int(call) for call in row if call >= 0) for row in found.sets}


def test_all_largest_sets_are_found(
    programme: Programme, value: np.ndarray, feasible: list[tuple[int, ...]]
) -> None:
    whole = {frozenset(chosen) for chosen in feasible}
    largest = {tuple(sorted(each)) for each in whole if not any(each < other for other in whole)}
    found = found_by(programme, value, -1.0, idle=True)
    assert as_sets(found) == largest
    assert found.is_complete


def test_best_set_is_worth_what_the_best_of_all_is(
    programme: Programme, value: np.ndarray, feasible: list[tuple[int, ...]]
) -> None:
    best = max(float(value[list(chosen)].sum()) for chosen in feasible)
    found = found_by(programme, value, 0.0, rising=True)
    assert found.best == pytest.approx(best)
    assert max(value[list(chosen)].sum() for chosen in as_sets(found)) == pytest.approx(best)


def test_sets_worth_no_more_than_asked_for_are_left_out(
    programme: Programme, value: np.ndarray, feasible: list[tuple[int, ...]]
) -> None:
    above = float(np.quantile([value[list(chosen)].sum() for chosen in feasible], 0.9))
    found = as_sets(found_by(programme, value, above))
    assert found
    assert all(value[list(chosen)].sum() > above for chosen in found)


@pytest.mark.parametrize("work", [1, 5, 20, 100])
def test_bound_holds_where_the_work_ran_out(
    programme: Programme, value: np.ndarray, feasible: list[tuple[int, ...]], work: int
) -> None:
    best = max(float(value[list(chosen)].sum()) for chosen in feasible)
    found = found_by(programme, value, 0.0, rising=True, work=work)
    assert found.best >= best
    assert not found.is_complete


def test_too_many_sets_are_not_called_complete(programme: Programme, value: np.ndarray) -> None:
    found = found_by(programme, value, -1.0, idle=True, most=3)
    assert len(found.sets) == 3
    assert not found.is_complete
