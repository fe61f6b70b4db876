"""Erlang B, C and A against direct sums in exact fractions, textbook identities and limits."""

from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from scipy.integrate import quad

from safelight.kernel.errors import Invalid
from safelight.plan.capacity.erlang import erlang_b, erlang_c, impatient, patient, smallest

CASES = [
    (Fraction(1, 3), 1),
    (Fraction(2), 3),
    (Fraction(117, 10), 13),
    (Fraction(30), 28),
    (Fraction(39), 40),
]


def exact_b(load: Fraction, servers: int) -> Fraction:
    terms = [load**k / factorial(k) for k in range(servers + 1)]
    return terms[-1] / sum(terms)


def exact_c(load: Fraction, servers: int) -> Fraction:
    last = load**servers / factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / factorial(k) for k in range(servers)) + last)


def exact_a(load: Fraction, servers: int, per_patience: Fraction) -> tuple[Fraction, Fraction]:
    """Sum the states of a queue that is cut where nobody could see the difference."""
    weight, waits, given_up, total = Fraction(1), Fraction(0), Fraction(0), Fraction(1)
    for state in range(1, servers + 120):
        leaving = min(state, servers) + max(state - servers, 0) * per_patience
        weight *= load / leaving
        total += weight
        if state >= servers:
            waits += weight
            given_up += weight * (state - servers) * per_patience
    return waits / total, given_up / total / load


@pytest.mark.parametrize(("load", "servers"), CASES)
def test_erlang_b_equals_the_direct_sum(load: Fraction, servers: int) -> None:
    found = float(erlang_b(float(load), servers))
    assert found == pytest.approx(float(exact_b(load, servers)), rel=1e-12)


@pytest.mark.parametrize(("load", "servers"), [case for case in CASES if case[0] < case[1]])
def test_erlang_c_equals_the_direct_sum(load: Fraction, servers: int) -> None:
    found = float(erlang_c(float(load), servers))
    assert found == pytest.approx(float(exact_c(load, servers)), rel=1e-12)


@pytest.mark.parametrize(("load", "servers"), CASES)
def test_erlang_a_equals_the_direct_sum(load: Fraction, servers: int) -> None:
    found = impatient(float(load), servers, 30, 10, 40)
    waits, abandoned = exact_a(load, servers, Fraction(30, 40))
    assert float(found.waits) == pytest.approx(float(waits), rel=1e-12)
    assert float(found.abandoned) == pytest.approx(float(abandoned), rel=1e-11)


def test_one_place_is_the_queue_of_the_textbooks() -> None:
    """M/M/1: who comes waits with probability rho, for rho / (1 - rho) times the service."""
    found = patient(0.75, 1, 20, 0)
    assert float(found.waits) == pytest.approx(0.75)
    assert float(found.mean_wait) == pytest.approx(60)
    assert float(found.within) == pytest.approx(0.25)


def test_endless_patience_turns_a_into_c() -> None:
    a, c = impatient(11.7, 13, 30, 10, 1e9), patient(11.7, 13, 30, 10)
    for one, other in zip(a[:3], c[:3], strict=True):
        assert float(one) == pytest.approx(float(other), rel=1e-5)


def test_patience_as_long_as_a_service_makes_the_number_present_poisson() -> None:
    """With equal rates the whole is M/M/infinity: the share that waits is a Poisson tail."""
    load, servers = 6.5, 7
    tail = 1 - sum(np.exp(-load) * load**k / factorial(k) for k in range(servers))
    assert float(impatient(load, servers, 30, 10, 30).waits) == pytest.approx(tail, rel=1e-12)


def test_share_in_time_is_the_integral_of_its_density() -> None:
    """Who begins within t minutes of a wait: the derivative in t integrates back to the share."""
    step = 1e-4

    def density(t: float) -> float:
        ends = [float(impatient(11.7, 13, 30, t + side, 45).within) for side in (step, -step)]
        return (ends[0] - ends[1]) / (2 * step)

    start = float(impatient(11.7, 13, 30, step, 45).within)
    whole, _ = quad(density, step, 12.0, limit=20)
    assert start + whole == pytest.approx(float(impatient(11.7, 13, 30, 12, 45).within), abs=1e-6)


def test_everybody_begins_or_gives_up() -> None:
    found = impatient([5.0, 11.7, 40.0], 13, 30, 1e6, 45)
    assert found.within + found.abandoned == pytest.approx(np.ones(3), rel=1e-12)


def test_overload_without_patience_never_ends() -> None:
    found = patient([13.0, 14.0], 13, 30, 10)
    assert found.waits.tolist() == [1.0, 1.0]
    assert np.isinf(found.mean_wait).all()
    assert found.within.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("servers", [2_900, 3_000, 3_100, 100_000])
def test_large_numbers_stay_numbers(servers: int) -> None:
    found = impatient(3_000, servers, 30, 10, 1e4)
    for value in (*found, erlang_b(3_000, servers), erlang_c(3_000, servers)):
        assert np.isfinite(value)
        assert 0 <= float(value) <= 1e4


def test_patience_without_end_and_overload_needs_no_memory_for_the_queue() -> None:
    """Ten times too many people: nine of ten give up, from a queue of thousands of millions."""
    assert float(impatient(100, 10, 30, 10, 3e9).abandoned) == pytest.approx(0.9, rel=1e-6)


def test_a_table_is_one_call() -> None:
    loads, servers = np.linspace(0, 20, 50)[:, None], np.arange(1, 41)[None]
    table = patient(loads, servers, 30, 10)
    assert table.within.shape == (50, 40)
    assert (np.diff(table.within, axis=1) >= -1e-12).all()
    assert (np.diff(table.within, axis=0) <= 1e-12).all()


@pytest.mark.parametrize("patience", [float("inf"), 45.0])
def test_smallest_meets_the_target_and_one_fewer_does_not(patience: float) -> None:
    loads = np.array([0.4, 3.0, 11.7, 60.0])
    found = smallest(loads, 30, 10, 0.95, patience)
    for load, servers in zip(loads, found, strict=True):
        shares = [
            float(impatient(load, count, 30, 10, patience).within)
            if np.isfinite(patience)
            else float(patient(load, count, 30, 10).within)
            for count in (int(servers), max(int(servers) - 1, 1))
        ]
        assert shares[0] >= 0.95
        assert servers == 1 or shares[1] < 0.95


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: erlang_b(-1, 2), "capacity-load"),
        (lambda: erlang_c(float("nan"), 2), "capacity-load"),
        (lambda: erlang_c(1, 0), "capacity-places"),
        (lambda: patient(1, 2, 0, 10), "capacity-minutes"),
        (lambda: impatient(1, 2, 30, 10, 0), "capacity-minutes"),
        (lambda: smallest(1, 30, 10, 1.5), "capacity-target"),
        (lambda: smallest(2000, 30, 10, 0.95), "capacity-too-large"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(call, rule: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - one lambda a row
    with pytest.raises(Invalid) as refusal:
        call()
    assert refusal.value.code == rule
    assert refusal.value.remedy
