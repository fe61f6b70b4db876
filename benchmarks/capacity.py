"""``run.py bench capacity``: visits simulated a second, against Ciw and SimPy in the same run.

Times are processor time of one core, from drawing the people to their waits; the compiler has run
before. Ours are replications of a quarter of a year, of which the median counts.
"""

import statistics
import time
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.capacity_peers import (
    Centre,
    Peer,
    ciw_centre,
    ciw_queue,
    simpy_centre,
    simpy_queue,
)
from benchmarks.floor import AT_LEAST, Measured
from safelight.plan.capacity.distributions import constant, exponential, lognormal
from safelight.plan.capacity.draws import Visits
from safelight.plan.capacity.floor import Trace, run_floor
from safelight.plan.capacity.hours import parse_hours
from safelight.plan.capacity.service import Route, Service
from safelight.plan.capacity.simulation import Capacity, Crowd, places_of, simulate, trace_of
from safelight.plan.capacity.tally import waits_of

SERVERS, MEAN, RATE = 13, 30.0, 0.39  # minutes and visits a minute: load 11.7, 0.9 of 13 places
YEAR, QUARTER, REPLICATIONS, RATIO = 365, 91, 24, 100.0
FIRST = date(2024, 1, 1)
LEVELS = (0.5, 0.75, 0.9, 0.95, 0.99)


class Ours(NamedTuple):
    """What we made of a model."""

    waits: npt.NDArray[np.float64]
    visits: int
    per_second: float


def queue() -> Service:
    """M/M/13 with the doors always open."""
    return Service(
        hours=parse_hours("24 hours"),
        visits_per_day=RATE * 1440,
        routes=(Route("injecting", 1.0, "booth", exponential(MEAN)),),
    )


def centre(model: Centre) -> Service:
    """The peers' centre."""
    weights = [0.0] * 24
    weights[model.opens : model.closes] = model.rates
    return Service(
        hours=parse_hours(f"Mon-Sun {model.opens:02}:00-{model.closes:02}:00"),
        visits_per_day=sum(model.rates),
        routes=(Route("injecting", 1.0, "booth", lognormal(model.median, model.spread)),),
        booth_cleaning=constant(model.cleaning),
        patience=exponential(model.patience),
        hour_weights=tuple(weights),
    )


def ours(service: Service, booths: int, seed: int, *, by_event: bool = False) -> Ours:
    """Simulate years and time them; ``by_event`` goes the general way even where a quicker fits."""
    crowd = Crowd(service, seed=seed, years=REPLICATIONS, days=QUARTER, first_day=FIRST)
    places = places_of(service, Capacity(booths))
    send = run_floor if by_event else trace_of
    waits, rates, visits = [], [], 0
    for number in (0, *range(REPLICATIONS)):  # the first once more, for the compiler
        crowd.forget()
        started = time.process_time()
        people: Visits = crowd.year(number)
        trace: Trace = send(people, places)
        waited = waits_of(trace, people)
        seconds = time.process_time() - started
        rates.append(len(people.arrival) / seconds)
        waits.append(waited)
        visits += len(people.arrival)
    return Ours(np.concatenate(waits[1:]), visits, statistics.median(rates[1:]))


def compared(name: str, mine: Ours, general: Ours, peers: dict[str, Peer]) -> list[Measured]:
    """Return the ratios of speed, with rates and waits beside them."""
    results = []
    for peer, other in peers.items():
        rate = other.visits / other.seconds
        detail = {
            "ours_per_second": mine.per_second,
            "ours_by_event_per_second": general.per_second,
            "peer_per_second": rate,
            "peer_visits": other.visits,
            "mean_wait": [float(mine.waits.mean()), float(other.waits.mean())],
            "levels": LEVELS,
            "waits": [
                np.quantile(each, LEVELS).round(2).tolist() for each in (mine.waits, other.waits)
            ],
        }
        ratio = mine.per_second / rate
        results.append(Measured(f"{name}, ours / {peer}", ratio, "times", AT_LEAST, RATIO, detail))
    return results


def whole() -> Measured:
    """A year of a centre with everything that the command prints, drawn and tallied."""
    service = centre(Centre())
    simulate(service, Capacity(5), seed=1, years=2)
    started = time.process_time()
    found = simulate(service, Capacity(5), seed=1, years=20)
    seconds = time.process_time() - started
    rate = float(found.replications["visits"].sum()) / seconds
    return Measured("with all tables", rate, "visits/s", AT_LEAST, 0, {"seconds": seconds})


def run() -> list[Measured]:
    """Measure everything."""
    model = Centre()
    queues = {
        "SimPy": simpy_queue(200_000, RATE, MEAN, SERVERS, 1),
        "Ciw": ciw_queue(100_000, RATE, MEAN, SERVERS, 1),
    }
    centres = {"SimPy": simpy_centre(4 * YEAR, model, 1), "Ciw": ciw_centre(2 * YEAR, model, 1)}
    results = []
    for name, service, booths, peers in (
        ("M/M/13", queue(), SERVERS, queues),
        ("opening hours", centre(model), model.booths, centres),
    ):
        mine, general = ours(service, booths, 1), ours(service, booths, 1, by_event=True)
        results += compared(name, mine, general, peers)
    return [*results, whole()]
