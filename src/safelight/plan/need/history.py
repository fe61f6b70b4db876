"""Deaths and people by district and year, in the districts of today."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from safelight.kernel.errors import Invalid
from safelight.plan.need.graph import Floats, Integers
from safelight.sources.deaths import districts as only_districts
from safelight.sources.lookups import to_current

GROWTH_YEARS = 11  # whose growth is carried back to years without a population


class History(NamedTuple):
    """Deaths registered and mid-year population: districts × years."""

    years: Integers
    deaths: Floats
    population: Floats

    def of(self, districts: Integers) -> "History":
        """Return some districts."""
        return History(self.years, self.deaths[districts], self.population[districts])

    def ahead(self) -> "History":
        """Return the history with the next year added: no deaths yet, people as in the last."""
        return History(
            np.append(self.years, self.years[-1] + 1),
            np.column_stack([self.deaths, np.full(len(self.deaths), np.nan)]),
            np.column_stack([self.population, self.population[:, -1]]),
        )

    def until(self, last: int) -> "History":
        """Return the years up to ``last``."""
        kept = self.years <= last
        return History(self.years[kept], self.deaths[:, kept], self.population[:, kept])


def district_history(
    deaths: pd.DataFrame, authority_codes: pd.DataFrame, districts: pd.Series
) -> History:
    """Sum deaths and people to ``districts`` (codes); merged districts are sums of their parts.

    Before the first year with a population, that of each district is carried back by its own mean
    growth over the ``GROWTH_YEARS`` years after it.

    Raises:
        Invalid: for a district without rows, or with a year missing.
    """
    own = only_districts(deaths)
    codes = own["code"].unique().tolist()
    now = dict(zip(codes, to_current(codes, authority_codes, districts.tolist()), strict=True))
    own = own.assign(code=own["code"].map(now))
    counted = own.pivot_table(index="code", columns="year", values="deaths", aggfunc="sum")
    people = own.pivot_table(index="code", columns="year", values="population", aggfunc="sum")
    known, parts = (
        own.pivot_table(index="code", columns="year", values=column, aggfunc="count", dropna=False)
        for column in ("population", "deaths")
    )
    people = people.reindex(columns=counted.columns).where(known == parts)
    counted, people = (table.reindex(index=districts) for table in (counted, people))
    missing = counted.isna().any(axis=1)
    if missing.any():
        raise Invalid(
            "district-deaths",
            f"The district {missing.idxmax()} lacks deaths in some years.",
            "Take 'authority-populations' from its publisher again and add it.",
            code=missing.idxmax(),
        )
    years = counted.columns.to_numpy(dtype=np.int64)
    return History(years, counted.to_numpy(float), _carried_back(people.to_numpy(float)))


def _carried_back(population: Floats) -> Floats:
    """Fill the years before the first population by each district's mean growth after it."""
    first = int(np.isfinite(population).all(axis=0).argmax())
    logs = np.log(population)
    last = min(first + GROWTH_YEARS, population.shape[1] - 1)
    growth = (logs[:, last] - logs[:, first]) / max(last - first, 1)
    back = np.arange(first) - first
    logs[:, :first] = logs[:, [first]] + growth[:, None] * back
    return np.exp(logs)
