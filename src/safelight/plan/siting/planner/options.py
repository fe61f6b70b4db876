"""What could be opened: one option for each place and each kind of site allowed there."""

from typing import NamedTuple

import numpy as np

from safelight.kernel.errors import Invalid
from safelight.plan.siting.planner.arrays import Flags, Floats, Indices
from safelight.plan.siting.planner.figures import BUILDING, KINDS, MOBILE, annuity
from safelight.plan.siting.planner.places import Places
from safelight.plan.siting.planner.problem import SiteProblem


class Options(NamedTuple):
    """Everything that could be opened, one entry of each array per option."""

    place: Indices
    kind: Indices  # of KINDS
    capital: Floats  # £ at the start
    running: Floats  # £ a year
    annual: Floats  # £ a year, with the capital spread over its life
    capacity: Floats  # episodes a year
    open_share: Floats  # hours open, of the week
    visits: Floats  # of a vehicle, a week

    @property
    def is_building(self) -> Flags:
        """Tell which options are buildings."""
        return np.equal(self.kind, KINDS.index(BUILDING))

    @property
    def is_mobile(self) -> Flags:
        """Tell which options are mobile stops."""
        return np.equal(self.kind, KINDS.index(MOBILE))


def options_of(places: Places, problem: SiteProblem) -> Options:
    """Return every place with every kind that the problem and the place allow.

    Raises Invalid where nothing is allowed anywhere.
    """
    allowed = places.allowed & np.array([kind in problem.kinds for kind in KINDS])
    place, kind = (each.astype(np.int64) for each in np.nonzero(allowed))
    if not len(place):
        raise Invalid(
            "candidates-kinds",
            f"No candidate may hold a {' or '.join(problem.kinds)}.",
            "Allow another kind, or correct the candidates' column kinds.",
        )
    figures, building = problem.figures, kind == KINDS.index(BUILDING)
    kinds = [figures.kinds[name] for name in KINDS]
    fixed, stop = kinds[KINDS.index(BUILDING)], kinds[KINDS.index(MOBILE)]

    def cost(name: str, figure: float) -> Floats:
        own = places.costs[name][place]
        return np.where(np.isnan(own), figure, own)

    capital = np.where(building, cost("building_capital", fixed.capital), stop.capital)
    running = np.where(
        building,
        cost("building_running", fixed.running),
        cost("stop_running", stop.running),
    )
    a_year = annuity(1.0, fixed.life, figures.discount_rate)
    return Options(
        place,
        kind,
        capital,
        running,
        running + capital * a_year,
        np.array([each.capacity for each in kinds])[kind],
        np.array([each.open_share for each in kinds])[kind],
        np.array([each.visits for each in kinds])[kind],
    )


def vehicle_cost(problem: SiteProblem) -> float:
    """Return what a vehicle costs a year: running cost and capital spread over its life."""
    vehicle = problem.figures.vehicle
    return vehicle.running + annuity(vehicle.capital, vehicle.life, problem.figures.discount_rate)
