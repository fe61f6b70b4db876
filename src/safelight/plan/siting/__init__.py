"""Where to open sites: covering, median, centre and decay models, each with a proven bound."""

from safelight.plan.siting.centres import p_center
from safelight.plan.siting.covering import decay, maximal_covering
from safelight.plan.siting.draws import over_draws
from safelight.plan.siting.frontier import frontier
from safelight.plan.siting.medians import p_median
from safelight.plan.siting.result import Siting

__all__ = [
    "Siting",
    "decay",
    "frontier",
    "maximal_covering",
    "over_draws",
    "p_center",
    "p_median",
]
