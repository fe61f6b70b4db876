"""Our waits against those of Ciw and SimPy on the same models, and against the formulas."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks.capacity import centre, queue
from benchmarks.capacity_peers import (
    Centre,
    Peer,
    ciw_centre,
    ciw_queue,
    simpy_centre,
    simpy_queue,
)
from safelight.plan.capacity.distributions import constant, exponential
from safelight.plan.capacity.draws import Floats
from safelight.plan.capacity.erlang import erlang_b, impatient, patient
from safelight.plan.capacity.service import Service
from safelight.plan.capacity.simulation import Capacity, Crowd, places_of, simulate, trace_of
from safelight.plan.capacity.tally import waits_of

MODEL = Centre()
LOAD, MEAN, SERVERS = 11.7, 30.0, 13  # as in the benchmark
DAYS = 300


def our_waits(service: Service, booths: int, days: int) -> Floats:
    crowd = Crowd(service, seed=3, years=1, days=days)
    visits = crowd.year(0)
    return waits_of(trace_of(visits, places_of(service, Capacity(booths))), visits)


def thinned(waits: Floats, every: int) -> Floats:
    """Take waits far enough apart to be independent, which the test supposes."""
    return waits[::every]


def are_alike(ours: Floats, theirs: Floats, every: int) -> bool:
    pvalue = stats.ks_2samp(thinned(ours, every), thinned(theirs, every)).pvalue
    return bool(pvalue > 0.01)


@pytest.fixture(scope="module")
def centre_waits() -> Floats:
    return our_waits(centre(MODEL), MODEL.booths, 4 * DAYS)


@pytest.fixture(scope="module")
def simpy_waits() -> Floats:
    return simpy_centre(2 * DAYS, MODEL, 5).waits


def test_a_centre_has_the_waits_of_simpy(centre_waits: Floats, simpy_waits: Floats) -> None:
    """Changing rates, cleaning, patience and closing; a fifteenth of the waits is independent."""
    assert are_alike(centre_waits, simpy_waits, 15)
    assert centre_waits.mean() == pytest.approx(simpy_waits.mean(), rel=0.1)


def test_a_centre_has_the_waits_of_ciw(centre_waits: Floats) -> None:
    found = ciw_centre(DAYS, MODEL, 5)
    assert are_alike(centre_waits, found.waits, 15)
    assert centre_waits.mean() == pytest.approx(found.waits.mean(), rel=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        MODEL._replace(median=MODEL.median * 1.1),
        MODEL._replace(cleaning=0.0),
        MODEL._replace(patience=1e6),
        MODEL._replace(booths=MODEL.booths + 1),
    ],
    ids=["slower", "no cleaning", "endless patience", "one more booth"],
)
def test_the_comparison_finds_a_wrong_model(wrong: Centre, simpy_waits: Floats) -> None:
    assert not are_alike(our_waits(centre(wrong), wrong.booths, 4 * DAYS), simpy_waits, 15)


@pytest.mark.parametrize("peer", [simpy_queue, ciw_queue])
def test_a_plain_queue_has_the_waits_of_both_libraries(peer: object) -> None:
    """At a load of 7 on 9 places, where waits are soon forgotten."""
    calm = replace(queue(), visits_per_day=7.0 / MEAN * 1440)
    found: Peer = peer(15_000, 7.0 / MEAN, MEAN, 9, 5)  # type: ignore[operator]
    ours = our_waits(calm, 9, 300)
    assert are_alike(ours, found.waits, 40)
    assert not are_alike(ours * 1.25, found.waits, 1)


def test_waits_are_those_of_erlang_c() -> None:
    found = simulate(queue(), Capacity(SERVERS), seed=2, years=12, target_minutes=10)
    truth = patient(LOAD, SERVERS, MEAN, 10)
    for name, expected in (("mean_wait", truth.mean_wait), ("within_target", truth.within)):
        estimate = found.estimate(name)
        assert abs(float(expected) - estimate.mean) < 1.5 * (estimate.high - estimate.mean)
        assert estimate.high - estimate.low < 0.08 * estimate.mean


def test_waits_are_those_of_erlang_a() -> None:
    service = replace(queue(), patience=exponential(60))
    found = simulate(service, Capacity(SERVERS), seed=2, years=12, target_minutes=10)
    truth = impatient(LOAD, SERVERS, MEAN, 10, 60)
    given_up = found.replications["reneged"] / found.replications["visits"]
    assert given_up.mean() == pytest.approx(float(truth.abandoned), rel=0.02)
    assert found.estimate("within_target").mean == pytest.approx(float(truth.within), rel=0.005)


def test_who_never_waits_is_blocked_as_often_as_erlang_b_says() -> None:
    service = replace(queue(), patience=constant(0))
    found = simulate(service, Capacity(SERVERS), seed=2, years=6)
    lost = found.replications["reneged"] / found.replications["visits"]
    assert lost.mean() == pytest.approx(float(erlang_b(LOAD, SERVERS)), rel=0.02)
    assert found.estimate("mean_wait").mean == 0.0


def test_places_are_used_as_long_as_the_load_says() -> None:
    found = simulate(queue(), Capacity(SERVERS), seed=2, years=4)
    assert found.estimate("booth_use").mean == pytest.approx(LOAD / SERVERS, rel=0.01)
    people = found.hours["in_booths"].to_numpy()
    assert people.mean() == pytest.approx(LOAD, rel=0.01)
    assert np.ptp(people) < 2.0
