"""The same two queues in Ciw and in SimPy, for tests and benchmarks: waits and how long it took.

``waits`` are those of everybody who was served, in minutes. Both libraries draw their own numbers,
so a comparison is one of distributions.
"""

import math
import random
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

import ciw
import numpy as np
import numpy.typing as npt
import simpy

DAY, HOUR = 1440.0, 60.0


class Peer(NamedTuple):
    """What a library made of a model."""

    waits: npt.NDArray[np.float64]
    visits: int
    seconds: float  # of processor time, without building the model


class Centre(NamedTuple):
    """A centre with opening hours: what all three can express."""

    opens: int = 9
    closes: int = 21  # hours; the queue is sent home then
    rates: tuple[float, ...] = (6, 6, 8, 8, 10, 12, 12, 12, 10, 8, 6, 4)  # visits by open hour
    booths: int = 5
    median: float = 22.0  # minutes in the booth, lognormal
    spread: float = 0.5
    cleaning: float = 5.0
    patience: float = 45.0  # mean, exponential

    def next_arrival(self, now: float, dice: random.Random) -> float:
        """Return when the next person comes, by thinning."""
        most = max(self.rates) / HOUR
        while True:
            now += dice.expovariate(most)
            hour = now % DAY / HOUR
            rate = self.rates[int(hour) - self.opens] if self.opens <= hour < self.closes else 0.0
            if dice.random() * most < rate / HOUR:
                return now

    def until_closing(self, now: float) -> float:
        """Return the minutes that are left before the doors close."""
        return max(self.closes * HOUR - now % DAY, 0.0)


def simpy_queue(visits: int, rate: float, mean: float, servers: int, seed: int) -> Peer:
    """M/M/c in SimPy."""
    dice, env, waits = random.Random(seed), simpy.Environment(), []
    places = simpy.Resource(env, servers)

    def person() -> Generator[Any, Any, None]:
        asked = env.now
        with places.request() as place:
            yield place
            waits.append(env.now - asked)
            yield env.timeout(dice.expovariate(1 / mean))

    def door() -> Generator[Any, Any, None]:
        for _ in range(visits):
            yield env.timeout(dice.expovariate(rate))
            env.process(person())

    env.process(door())
    seconds = _timed(env.run)
    return Peer(np.array(waits), visits, seconds)


def simpy_centre(days: int, centre: Centre, seed: int) -> Peer:
    """A centre with opening hours in SimPy."""
    dice, env, waits = random.Random(seed), simpy.Environment(), []
    places, came = simpy.Resource(env, centre.booths), []
    level = math.log(centre.median)

    def person() -> Generator[Any, Any, None]:
        asked = env.now
        with places.request() as place:
            patience = dice.expovariate(1 / centre.patience)
            yield place | env.timeout(min(patience, centre.until_closing(asked)))
            if place.triggered:
                waits.append(env.now - asked)
                yield env.timeout(dice.lognormvariate(level, centre.spread))
                yield env.timeout(centre.cleaning)

    def door() -> Generator[Any, Any, None]:
        at = centre.next_arrival(0.0, dice)
        while at < days * DAY:
            yield env.timeout(at - env.now)
            came.append(at)
            env.process(person())
            at = centre.next_arrival(at, dice)

    env.process(door())
    seconds = _timed(env.run)
    return Peer(np.array(waits), len(came), seconds)


def ciw_queue(visits: int, rate: float, mean: float, servers: int, seed: int) -> Peer:
    """M/M/c in Ciw."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate)],
        service_distributions=[ciw.dists.Exponential(1 / mean)],
        number_of_servers=[servers],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    seconds = _timed(lambda: simulation.simulate_until_max_customers(visits, method="Finish"))
    waits = [record.waiting_time for record in simulation.get_all_records()]
    return Peer(np.array(waits), visits, seconds)


class _Arrivals(ciw.dists.Distribution):  # type: ignore[misc]  # Ciw has no types
    def __init__(self, centre: Centre, dice: random.Random) -> None:
        self.centre, self.dice = centre, dice

    def sample(self, t: float = 0.0, ind: object = None) -> float:  # noqa: ARG002 - Ciw's signature
        return self.centre.next_arrival(t, self.dice) - t


class _Use(ciw.dists.Distribution):  # type: ignore[misc]  # as above
    def __init__(self, centre: Centre, dice: random.Random) -> None:
        self.centre, self.dice = centre, dice

    def sample(self, t: float = 0.0, ind: object = None) -> float:  # noqa: ARG002 - Ciw's signature
        centre = self.centre
        use = self.dice.lognormvariate(math.log(centre.median), centre.spread)
        return use + centre.cleaning


class _Patience(ciw.dists.Distribution):  # type: ignore[misc]  # as above
    def __init__(self, centre: Centre, dice: random.Random) -> None:
        self.centre, self.dice = centre, dice

    def sample(self, t: float = 0.0, ind: object = None) -> float:  # noqa: ARG002 - Ciw's signature
        patience = self.dice.expovariate(1 / self.centre.patience)
        return min(patience, self.centre.until_closing(t))


def ciw_centre(days: int, centre: Centre, seed: int) -> Peer:
    """A centre with opening hours in Ciw: cleaning belongs to the service, closing to patience."""
    dice = random.Random(seed)
    network = ciw.create_network(
        arrival_distributions=[_Arrivals(centre, dice)],
        service_distributions=[_Use(centre, dice)],
        reneging_time_distributions=[_Patience(centre, dice)],
        number_of_servers=[centre.booths],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    seconds = _timed(lambda: simulation.simulate_until_max_time(days * DAY))
    records = simulation.get_all_records()
    waits = [record.waiting_time for record in records if record.record_type == "service"]
    return Peer(np.array(waits), len(records), seconds)


def _timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
