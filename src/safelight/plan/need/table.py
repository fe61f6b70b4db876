"""The need table from the draws: means, intervals and the naive answers, area by area."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from safelight.plan.need.areas import Areas
from safelight.plan.need.graph import Floats, Integers
from safelight.plan.need.standing import LOWER, UPPER

AT_ONCE = 4096  # areas whose draws are multiplied out together, which bounds the memory
Draws = npt.NDArray[np.float32]


class Table:
    """The areas of a need table: LSOAs, or LSOAs gathered into MSOAs."""

    def __init__(self, areas: Areas, chosen: Integers, *, by_msoa: bool) -> None:
        """Gather the areas ``chosen``."""
        frame = areas.frame.iloc[chosen]
        labels = (frame["msoa_code"] if by_msoa else frame["code"]).to_numpy()
        self.codes, self.first, self.group = np.unique(
            labels, return_index=True, return_inverse=True
        )
        self.areas, self.chosen, self.by_msoa = areas, chosen, by_msoa
        self.district = areas.district[chosen][self.first]

    def gathered(self, values: npt.NDArray[np.floating]) -> Draws:
        """Return sums over the LSOAs of each area (areas × draws)."""
        order = np.argsort(self.group, kind="stable")
        start = np.searchsorted(self.group[order], np.arange(len(self.codes)))
        return np.add.reduceat(values[order], start, axis=0)

    def places(self) -> pd.DataFrame:
        """Return codes, names, districts, centres of the people, and people."""
        frame = self.areas.frame.iloc[self.chosen].reset_index(drop=True)
        people = self.areas.population[self.chosen]
        total = np.bincount(self.group, people)
        found = pd.DataFrame({"code": self.codes})
        known = "msoa_known_as" if self.by_msoa else "name"
        found["name"] = frame[known].to_numpy()[self.first]
        if self.by_msoa:
            found["official_name"] = frame["msoa_name"].to_numpy()[self.first]
        for column in ("district_code", "district", "upper_tier_code", "upper_tier"):
            found[column] = frame[column].to_numpy()[self.first]
        weight = np.maximum(people, 1e-9)  # an area without people still lies somewhere
        for axis in ("easting", "northing", "lon", "lat"):
            digits = 6 if axis in {"lon", "lat"} else 1
            centre = np.bincount(self.group, weight * frame[axis]) / np.bincount(self.group, weight)
            found[axis] = centre.round(digits)
        found["population"] = total
        return found


def summarised(name: str, draws: Draws, factor: Floats, district: Integers) -> pd.DataFrame:
    """Return mean and 95% limits of draws (areas × draws) times their district's factor draws."""
    columns: list[npt.NDArray[np.floating]] = []
    for first in range(0, len(draws), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        values = draws[part] * factor[district[part]].astype(np.float32)
        limits = np.quantile(values, [LOWER, UPPER], axis=1)
        columns.append(np.vstack([values.mean(axis=1, dtype=float), limits]))
    names = [name, f"{name}_lower", f"{name}_upper"]
    return pd.DataFrame(np.hstack(columns).T, columns=names)
