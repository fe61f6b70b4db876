"""Where each district stands among the others, how surely, and whether it rises or falls."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from safelight.kernel.errors import Invalid
from safelight.plan.need.district_rates import Rates
from safelight.plan.need.graph import Floats, Integers

TOP = 3
TREND_YEARS = 10
PER = 100_000
LOWER, UPPER = 0.025, 0.975


class Period(NamedTuple):
    """Years, first and last included."""

    first: int
    last: int

    def __str__(self) -> str:  # type: ignore[explicit-override]  # needs 3.12
        """Return '2018 to 2020', or the one year."""
        return f"{self.first} to {self.last}" if self.last > self.first else str(self.first)

    @property
    def length(self) -> int:
        """Return the number of years."""
        return self.last - self.first + 1

    def of(self, years: Integers) -> Integers:
        """Return the places of the period's years; raises Invalid where a year is not there."""
        found = np.flatnonzero((years >= self.first) & (years <= self.last))
        if self.last < self.first or len(found) != self.last - self.first + 1:
            raise Invalid(
                "need-period",
                f"There are no deaths of {self.first} to {self.last}: they are of "
                f"{years[0]} to {years[-1]}.",
                f"Give years within them, such as --period {years[-1] - 2}-{years[-1]}.",
            )
        return found


def poisson_interval(counts: Floats) -> tuple[Floats, Floats]:
    """Return the exact 95% interval of a Poisson mean (Garwood, Biometrika 1936;28:437)."""
    low = np.where(counts > 0, gammaincinv(np.maximum(counts, 0.5), LOWER), 0.0)
    return low, gammaincinv(counts + 1, UPPER)


def standing(rates: Rates, chosen: Integers, counts: Floats, period: Period) -> pd.DataFrame:
    """Return one row per district of ``chosen`` for one period.

    ``counts`` are the deaths registered (districts of ``rates`` × years). Rates are per 100,000
    people and year; rank 1 is the highest rate; the trend is the mean yearly change of the rate
    over the ``TREND_YEARS`` years up to the period's last.
    """
    rows = np.searchsorted(rates.districts, chosen)
    place = period.of(rates.years)
    people = rates.population[rows][:, place].sum(axis=1)
    registered = counts[rows][:, place].sum(axis=1)
    drawn = rates.deaths[rows][:, place].sum(axis=1) / people[:, None] * PER
    low, high = poisson_interval(registered)
    rank = ranks(drawn)
    change = _change(rates, rows, int(place[-1]))
    return pd.DataFrame(
        {
            "deaths": registered.astype(int),
            "rate": registered / people * PER,
            "rate_lower": low / people * PER,
            "rate_upper": high / people * PER,
            "posterior": drawn.mean(axis=1),
            "posterior_lower": np.quantile(drawn, LOWER, axis=1),
            "posterior_upper": np.quantile(drawn, UPPER, axis=1),
            "rank": rank.mean(axis=1),
            "rank_lower": np.quantile(rank, LOWER, axis=1, method="nearest").astype(int),
            "rank_upper": np.quantile(rank, UPPER, axis=1, method="nearest").astype(int),
            "top_three": (rank <= TOP).mean(axis=1),
            "change": np.expm1(change.mean(axis=1)),
            "rising": (change > 0).mean(axis=1),
        }
    )


def ranks(values: Floats) -> Integers:
    """Return the rank of each row in each column, 1 for the highest."""
    order: Integers = np.argsort(np.argsort(-values, axis=0, kind="stable"), axis=0) + 1
    return order


def _change(rates: Rates, rows: Integers, last: int) -> Floats:
    """Return draws of the slope of the log rate by least squares (districts × draws)."""
    years = np.arange(max(last - TREND_YEARS + 1, 0), last + 1)
    logs = np.log(rates.deaths[rows][:, years] / rates.population[rows][:, years, None])
    if len(years) == 1:
        return np.zeros((len(rows), logs.shape[2]))
    centred = years - years.mean()
    slope: Floats = np.einsum("t,dtk->dk", centred, logs) / (centred @ centred)
    return slope
