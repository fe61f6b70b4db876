"""Randomness that depends on nothing but its key, so that a rehearsal can be repeated exactly.

Every visit, day and month has dice of its own. What one of them draws never shifts what another
draws: the first week is the same whether a week or a year is rehearsed.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TypeVar

T_ = TypeVar("T_")

_NORMAL = NormalDist()
_WORD = 8  # bytes of one draw
_DRAWS = 8  # draws from one digest
_SPAN = float(1 << 53)
_LARGEST_MEAN = 20.0  # beyond it a Poisson number is drawn in parts


class Dice:
    """Counter-based draws from a key such as ``(seed, "thistle", "2025-01-13", 17)``."""

    def __init__(self, *key: object) -> None:
        """Take the key; equal keys draw equal numbers, on every machine."""
        self._key = "|".join(map(str, key))
        self._counter = 0
        self._pool = b""

    def roll(self) -> float:
        """Return a number from 0 up to, but not including, 1."""
        place = self._counter % _DRAWS
        if place == 0:
            text = f"{self._key}#{self._counter}".encode()
            self._pool = hashlib.blake2b(text, digest_size=_DRAWS * _WORD).digest()
        self._counter += 1
        word = self._pool[place * _WORD : (place + 1) * _WORD]
        return (int.from_bytes(word) >> 11) / _SPAN

    def chance(self, share: float) -> bool:
        """Return True in this share of the cases."""
        return self.roll() < share

    def between(self, low: float, high: float) -> float:
        """Return a number between two others, each equally likely."""
        return low + (high - low) * self.roll()

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return low + int(self.roll() * (high - low + 1))

    def pick(self, options: Sequence[T_]) -> T_:
        """Return one of some options, each equally likely."""
        return options[int(self.roll() * len(options))]

    def weighted(self, weights: Mapping[T_, float]) -> T_:
        """Return a key, as likely as its weight says."""
        left = self.roll() * sum(weights.values())
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        return next(reversed(list(weights)))

    def shuffled(self, items: Sequence[T_]) -> list[T_]:
        """Return the same items in another order."""
        mixed = list(items)
        for last in range(len(mixed) - 1, 0, -1):
            other = int(self.roll() * (last + 1))
            mixed[last], mixed[other] = mixed[other], mixed[last]
        return mixed

    def lognormal(self, median: float, spread: float) -> float:
        """Return a positive number; ``spread`` is the standard deviation of its logarithm."""
        return median * math.exp(spread * _NORMAL.inv_cdf(max(self.roll(), 1 / _SPAN)))

    def exponential(self, mean: float) -> float:
        """Return the time to the next of events that come at random."""
        return -mean * math.log(1 - self.roll())

    def pareto(self, alpha: float, most: float) -> float:
        """Return a heavy-tailed number from 1 to ``most``."""
        return min(most, float((1 - self.roll()) ** (-1 / alpha)))

    def poisson(self, mean: float) -> int:
        """Return how many of events that come at random fall into a time."""
        if mean > _LARGEST_MEAN:
            return self.poisson(mean / 2) + self.poisson(mean / 2)
        limit, product, number = math.exp(-mean), self.roll(), 0
        while product > limit:
            product *= self.roll()
            number += 1
        return number
