"""Arrays as the planner passes them around, and sums of parts of them."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


def sums(index: Indices, values: Floats, count: int) -> Floats:
    """Return the sum of the values that stand at each index, 0 to ``count`` − 1."""
    return np.asarray(np.bincount(index, values, count), dtype=np.float64)
