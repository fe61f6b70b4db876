"""Random numbers that depend on nothing but who draws and for what, and the visits made of them.

Number ``counter`` of stream ``key`` is SplitMix64's finalizer (Steele, Lea and Flood 2014,
doi:10.1145/2660193.2660195) applied twice to both: no state, so neither the order of the draws nor
how the work is divided can change one. A visit's numbers do not depend on how many booths there
are, so that plans are compared on the same people.

All loops of one job stand in one file: numba keeps machine code by file, and would not notice a
change in a function that came from another.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.plan.capacity.distributions import (
    CONSTANT,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    LOGNORMAL,
    Laws,
)
from safelight.plan.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Marks = npt.NDArray[np.int32]
Traits = npt.NDArray[np.int8]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FACTOR_ONE = np.uint64(0xBF58476D1CE4E5B9)
FACTOR_TWO = np.uint64(0x94D049BB133111EB)
SHIFT_ONE, SHIFT_TWO, SHIFT_THREE = np.uint64(30), np.uint64(27), np.uint64(31)
TO_53_BITS, STEP = np.uint64(11), 2.0**-53

# A counter holds the visit, then what is drawn for it, then how often that needed another draw.
PER_VISIT, PER_PURPOSE = 1 << 20, 1 << 10
GAP, CHOICE, EPISODES, SHY, FIRST_EPISODE = 0, 1, 2, 3, 8
PER_EPISODE, MOST_EPISODES = 4, 100

# The columns of what a request needs and is; the first four are also purposes of a draw.
MINUTES, CLEANING, AFTERCARE, PATIENCE, CLOSING = range(5)
KIND, IS_LAST, ROUTE = range(3)
BOOTH, SEAT, NO_PLACE = 0, 1, -1  # the kinds of place


class Calendar(NamedTuple):
    """Spans of one arrival rate while the doors are open, in order."""

    starts: Floats  # minutes from the first day, 00:00
    lengths: Floats  # minutes
    rates: Floats  # visits a minute
    last_entries: Floats  # minutes: who comes later is turned away
    closings: Floats  # minutes: nobody begins later


class Mix(NamedTuple):
    """Who comes: routes, how many episodes they want, and who leaves at sight of a queue."""

    routes: Floats  # cumulative shares
    episodes: Floats  # routes × most episodes, cumulative shares of wanting so many
    kinds: Integers  # kind of place of each route; -1 needs none
    shy: float  # share


class Visits(NamedTuple):
    """Everybody who comes, and what they will do; nothing in it depends on places or staff."""

    arrival: Floats  # minutes
    late: npt.NDArray[np.bool_]  # came after the last entry
    shy: npt.NDArray[np.bool_]
    first: Integers  # visits + 1: the first of a visit's requests for a place
    needs: Floats  # requests × MINUTES, CLEANING, AFTERCARE, PATIENCE, CLOSING
    traits: Traits  # requests × KIND, IS_LAST, ROUTE


@compiled
def mixed(x: np.uint64) -> np.uint64:
    """Return SplitMix64's finalizer of 64 bits."""
    x = (x ^ (x >> SHIFT_ONE)) * FACTOR_ONE
    x = (x ^ (x >> SHIFT_TWO)) * FACTOR_TWO
    return x ^ (x >> SHIFT_THREE)


@compiled
def stream(seed: int, replication: int) -> np.uint64:
    """Return the key of one replication of a seed from 0 to 2**63 - 1."""
    return mixed(mixed(np.uint64(seed) + GOLDEN) + np.uint64(replication) * GOLDEN)


@compiled
def uniform(key: np.uint64, counter: int) -> float:
    """Return a number above 0 and below 1, from the upper 53 bits."""
    word = mixed(mixed(np.uint64(counter) * GOLDEN + key) ^ key)
    return (np.float64(word >> TO_53_BITS) + 0.5) * STEP


@compiled
def normal(key: np.uint64, counter: int) -> float:
    """Return a standard normal number from two draws (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(uniform(key, counter)))
    return radius * math.cos(2.0 * math.pi * uniform(key, counter + 1))


@compiled
def standard_gamma(shape: float, key: np.uint64, counter: int) -> float:
    """Return a gamma number of scale 1 (Marsaglia and Tsang 2000, doi:10.1145/358407.358414)."""
    factor = 1.0
    if shape < 1.0:
        factor = uniform(key, counter) ** (1.0 / shape)
        shape, counter = shape + 1.0, counter + 1
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        z = normal(key, counter)
        v = (1.0 + c * z) ** 3
        if v > 0.0:
            limit = 0.5 * z * z + d - d * v + d * math.log(v)
            if math.log(uniform(key, counter + 2)) < limit:
                return factor * d * v
        counter += 3


@compiled
def drawn(code: int, first: float, second: float, key: np.uint64, counter: int) -> float:
    """Return minutes drawn from one law; of an empirical one, the place in its table."""
    if code == CONSTANT:
        return first
    if code == EXPONENTIAL:
        return -first * math.log(uniform(key, counter))
    if code == LOGNORMAL:
        return math.exp(first + second * normal(key, counter))
    if code == GAMMA:
        return second * standard_gamma(first, key, counter)
    return first + math.floor(uniform(key, counter) * second)


@compiled
def picked(cumulative: Floats, key: np.uint64, counter: int) -> int:
    """Return an index, as likely as its step in the cumulative shares says."""
    last = len(cumulative) - 1
    if last == 0 or cumulative[0] >= 1.0:
        return 0
    u, index = uniform(key, counter), 0
    while index < last and u >= cumulative[index]:
        index += 1
    return index


@compiled
def arrivals(key: np.uint64, calendar: Calendar, room: int) -> tuple[Floats, Integers]:
    """Return the times of a Poisson process of changing rate, and the span that each lies in.

    Unit exponentials are laid along the integral of the rate, which is exact. More than ``room``
    arrivals come back as room + 1, so that the caller can make more room.
    """
    times, spans = np.empty(room + 1), np.empty(room + 1, dtype=np.int64)
    count, span, used = 0, 0, 0.0
    while count <= room:
        gap = -math.log(uniform(key, count * PER_VISIT + GAP * PER_PURPOSE))
        while span < len(calendar.starts):
            left = (calendar.lengths[span] - used) * calendar.rates[span]
            if gap < left:
                break
            gap, span, used = gap - left, span + 1, 0.0
        if span == len(calendar.starts):
            break
        used += gap / calendar.rates[span]
        times[count], spans[count] = calendar.starts[span] + used, span
        count += 1
    return times[:count], spans[:count]


@compiled
def wishes(key: np.uint64, mix: Mix, count: int) -> tuple[npt.NDArray[np.int8], Integers]:
    """Return the route of each visit, and where its requests begin (one entry more at the end)."""
    route, first = np.empty(count, dtype=np.int8), np.empty(count + 1, dtype=np.int64)
    total = 0
    for visit in range(count):
        base = visit * PER_VISIT
        chosen = picked(mix.routes, key, base + CHOICE * PER_PURPOSE)
        route[visit], first[visit] = chosen, total
        total += 1 + picked(mix.episodes[chosen], key, base + EPISODES * PER_PURPOSE)
    first[count] = total
    return route, first


@compiled
def requests_of(
    key: np.uint64,
    laws: Laws,
    law_of: Integers,
    kinds: Integers,
    route: npt.NDArray[np.int8],
    first: Integers,
    closings: Floats,
    spans: Integers,
) -> tuple[Floats, Traits]:
    """Return what every request needs and is, in one pass; a law of -1 takes no time.

    ``law_of`` has a row for each route: which law its minutes, cleaning, aftercare and patience
    follow.
    """
    code, one, two, table = laws
    needs, traits = np.empty((first[-1], 5)), np.empty((first[-1], 3), dtype=np.int8)
    for visit in range(len(route)):
        chosen, last = route[visit], first[visit + 1] - 1
        base = visit * PER_VISIT + FIRST_EPISODE * PER_PURPOSE
        for q in range(first[visit], last + 1):
            traits[q, KIND], traits[q, IS_LAST] = kinds[chosen], q == last
            traits[q, ROUTE] = chosen
            for purpose in range(PER_EPISODE):
                law, minutes = law_of[chosen, purpose], 0.0
                if law >= 0 and (purpose != AFTERCARE or q == last):
                    counter = base + purpose * PER_PURPOSE
                    minutes = drawn(code[law], one[law], two[law], key, counter)
                    if code[law] == EMPIRICAL:
                        minutes = table[int(minutes)]
                needs[q, purpose] = minutes
            needs[q, CLOSING] = closings[spans[visit]]
            base += PER_EPISODE * PER_PURPOSE
    return needs, traits


@compiled
def come_late(times: Floats, last_entries: Floats, spans: Integers) -> npt.NDArray[np.bool_]:
    """Return who comes after the last entry."""
    out = np.empty(len(times), dtype=np.bool_)
    for visit in range(len(times)):
        out[visit] = times[visit] > last_entries[spans[visit]]
    return out


@compiled
def leave_at_queues(key: np.uint64, share: float, count: int) -> npt.NDArray[np.bool_]:
    """Return who would leave at sight of a long queue."""
    out = np.zeros(count, dtype=np.bool_)
    if share > 0.0:
        for visit in range(count):
            out[visit] = uniform(key, visit * PER_VISIT + SHY * PER_PURPOSE) < share
    return out


def draw_visits(seed: int, replication: int, calendar: Calendar, mix: Mix, laws: Laws) -> Visits:
    """Draw everybody who comes in one replication; the same seed and number, the same people.

    The laws are in this order: minutes of each route, cleaning of a booth, clearing of a smoking
    seat, aftercare, patience.
    """
    key = np.uint64(stream(seed, replication))
    expected = float(calendar.lengths @ calendar.rates)
    room = int(expected + 10 * math.sqrt(expected) + 100)
    times, spans = arrivals(key, calendar, room)
    while len(times) > room:
        room *= 2
        times, spans = arrivals(key, calendar, room)
    route, first = wishes(key, mix, len(times))
    routes = len(mix.kinds)
    law_of = np.full((routes, PER_EPISODE), -1)
    law_of[:, MINUTES] = np.arange(routes)
    in_place = mix.kinds != NO_PLACE
    law_of[in_place, CLEANING] = routes + mix.kinds[in_place]
    law_of[in_place, AFTERCARE], law_of[in_place, PATIENCE] = routes + 2, routes + 3
    needs, traits = requests_of(
        key, laws, law_of, mix.kinds, route, first, calendar.closings, spans
    )
    return Visits(
        arrival=times,
        late=come_late(times, calendar.last_entries, spans),
        shy=leave_at_queues(key, mix.shy, len(times)),
        first=first,
        needs=needs,
        traits=traits,
    )
