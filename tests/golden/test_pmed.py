"""OR-Library's p-median instances pmed1 to pmed20: the published optimum is found and proven."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from safelight.plan.siting.medians import p_median
from safelight.sources.pmed import instance
from safelight.sources.shelf import Shelf
from tests.support.shared import DATA, needs_data

FOLDER = DATA / "siting"

pytestmark = [pytest.mark.xdist_group("pmed"), needs_data]


@cache
def edges() -> pd.DataFrame:
    return Shelf(FOLDER).read("pmed")


@cache
def optima() -> dict[str, float]:
    table = Shelf(FOLDER).read("pmed-optima")
    return dict(zip(table["instance"], table["optimum"].astype(float), strict=True))


@pytest.mark.parametrize("name", [f"pmed{number}" for number in range(1, 21)])
def test_published_optimum_is_found_and_proven(name: str) -> None:
    problem = instance(edges(), name)
    found = p_median(problem.distances, np.ones(len(problem.distances)), problem.p)
    assert (found.objective, found.bound) == (optima()[name], optima()[name])
    assert found.opened.size == problem.p
