"""British National Grid and longitude and latitude."""

import numpy as np
import pytest

from safelight.plan.siting.planner.grid import to_degrees, to_grid


def test_grid_of_a_published_point_is_found() -> None:
    # The population centre of LSOA E01011949 (Hartlepool): 449812.4, 531348.5 in the shared table.
    east, north = to_grid(np.array([-1.229068]), np.array([54.674748]))
    assert (east[0], north[0]) == (pytest.approx(449_812.4, abs=5), pytest.approx(531_348.5, abs=5))


def test_each_way_undoes_the_other() -> None:
    east, north = np.array([600_000.0, 131_000.0, 450_000.0]), np.array([150e3, 21e3, 1_150e3])
    again = to_grid(*to_degrees(east, north))
    assert again[0] == pytest.approx(east, abs=1e-3)
    assert again[1] == pytest.approx(north, abs=1e-3)
