"""The lines of the affine space of 27 points, hard to cover for all who think in fractions."""

from itertools import combinations, product

import numpy as np
import numpy.typing as npt

FEWEST = 18  # points that hit every line: the largest set without a line (a cap) has 9


def hits() -> npt.NDArray[np.bool_]:
    """Return the table of 117 lines × 27 points: which points hit which lines.

    A third of every point hits every line, so a linear relaxation believes that 9 suffice.
    """
    points = np.array(list(product(range(3), repeat=3)))
    lines = [trio for trio in combinations(range(27), 3) if not (points[[*trio]].sum(0) % 3).any()]
    table = np.zeros((len(lines), 27), np.bool_)
    for row, trio in enumerate(lines):
        table[row, [*trio]] = True
    return table
