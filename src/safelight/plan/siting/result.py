"""What every siting model returns: the sites, what they are worth, and how much better could be."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Siting(NamedTuple):
    """Opened candidates, with a proof of how good they are.

    ``bound`` is the best that any set of sites could reach: never below ``objective`` where more
    is better, never above it where less is better (distances).
    """

    opened: npt.NDArray[np.int64]  # candidates (columns), ascending
    objective: float
    bound: float
    seconds: float

    @property
    def gap(self) -> float:
        """Return how far the bound is from the objective, as a share of the objective."""
        if self.objective == self.bound:
            return 0.0
        return abs(self.bound - self.objective) / max(abs(self.objective), 1e-12)
