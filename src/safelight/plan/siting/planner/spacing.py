"""Groups of places of which at most one may hold a site, because they are too near each other."""

import numpy as np
from scipy.spatial import cKDTree

from safelight.plan.siting.planner.arrays import Floats, Indices


def cliques(metres: Floats, spacing: float) -> list[Indices]:
    """Return groups that together hold every two places nearer than the spacing.

    Any two places of one group are too near. Large groups make tight rows: one row over a group
    says more to a linear relaxation than all its pairs.
    """
    # The tree counts a distance equal to its radius; places exactly as far apart may both be open.
    found = cKDTree(metres).query_ball_point(metres, spacing)
    near = [
        {each for each in others if _apart(metres, place, each) < spacing} - {place}
        for place, others in enumerate(found)
    ]
    left = {(a, b) for a, others in enumerate(near) for b in others if a < b}
    groups = []
    for pair in sorted(left):
        if pair not in left:
            continue
        group = list(pair)
        shared = near[pair[0]] & near[pair[1]]
        # Places with many neighbours among the shared ones first: they keep the group growing.
        for best in sorted(shared, key=lambda each: (-len(shared & near[each]), each)):
            if best in shared:
                group.append(best)
                shared &= near[best]
        group.sort()
        left -= {(a, b) for k, a in enumerate(group) for b in group[k + 1 :]}
        groups.append(np.array(group, dtype=np.int64))
    return groups


def _apart(metres: Floats, one: int, two: int) -> float:
    return float(np.hypot(*(metres[one] - metres[two])))
