"""The record of every district, three years at a time: who led when, and how surely."""

import numpy as np
import pandas as pd

from safelight.plan.need.areas import Areas
from safelight.plan.need.district_rates import Rates
from safelight.plan.need.graph import Integers
from safelight.plan.need.history import History
from safelight.plan.need.standing import Period, standing

LENGTH = 3


def record(areas: Areas, rates: Rates, chosen: Integers, history: History) -> pd.DataFrame:
    """Return one row per district of ``chosen`` and rolling period of three years.

    ``history`` holds the districts that ``rates`` was learned from. The columns are those of
    ``standing``, with first and last year of the period, code and name.
    """
    own = areas.districts.iloc[chosen].reset_index(drop=True)[["code", "name"]]
    found = []
    for last in rates.years[LENGTH - 1 :].tolist():
        period = Period(last - LENGTH + 1, last)
        rows = standing(rates, chosen, history.deaths, period)
        span = pd.DataFrame({"first": np.full(len(own), period.first), "last": period.last})
        found.append(pd.concat([own, span, rows], axis=1))
    return pd.concat(found, ignore_index=True)


def apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of periods that do not overlap, the latest kept."""
    last = int(rows["last"].max())
    return rows[(last - rows["last"]) % LENGTH == 0].reset_index(drop=True)
