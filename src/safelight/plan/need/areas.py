"""The small areas as arrays: where they are, who lives there, how deprived they are."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from safelight.contracts.need import EASTING, LAT, LON, NORTHING
from safelight.kernel.errors import Invalid
from safelight.plan.need.graph import Floats, Integers
from safelight.plan.need.inputs import Tables, aligned, non_negative
from safelight.plan.parameters import Parameters

BANDS = ("0_15", "16_24", "25_34", "35_49", "50_64", "65_plus")
COVARIATES = ("employment", "crime")


class Areas(NamedTuple):
    """The LSOAs of 2021, one row each in all arrays."""

    frame: pd.DataFrame  # the lookup's columns, code first, with easting, northing, lon and lat
    population: Floats
    exposure: Floats  # people, each weighted by the risk at that age
    covariates: Floats  # areas × COVARIATES, normal scores within each country, high = deprived
    district: Integers  # number of the district in ``districts``
    districts: pd.DataFrame  # code, name, easting, northing, upper tier, region: one row each

    @property
    def points(self) -> Floats:
        """Return easting and northing in metres (areas × 2)."""
        return self.frame[["easting", "northing"]].to_numpy(dtype=float)

    def of(self, districts: Integers) -> Integers:
        """Return which areas lie in some districts."""
        return np.flatnonzero(np.isin(self.district, districts))


def small_areas(tables: Tables, parameters: Parameters) -> Areas:
    """Join the tables by LSOA.

    Raises:
        Invalid: for an LSOA that a table lacks, for codes of another year, a negative population or
            coordinates that are swapped or outside Great Britain.
    """
    lookup = tables.lookup.rename(columns={"lsoa_code": "code", "lsoa_name": "name"})
    lookup = lookup.sort_values("code", ignore_index=True)
    codes = lookup["code"]
    places = aligned(tables.centroids, codes, "lsoa21-centroids")
    _check_places(places)
    people = aligned(tables.population, codes, "lsoa21-population")
    bands = people[[f"age_{band}" for band in BANDS]]
    for column in bands:
        non_negative(bands[column], codes, "lsoa21-population")
    non_negative(people["population"], codes, "lsoa21-population")
    frame = pd.concat([lookup, places[["easting", "northing", "lon", "lat"]]], axis=1)
    frame["region"] = frame["region"].fillna("Wales")
    population = people["population"].to_numpy(dtype=float)
    numbers, districts = _districts(frame, population)
    risk = np.array(parameters["age_risk"].value, dtype=float)
    return Areas(
        frame,
        population,
        bands.to_numpy(dtype=float) @ risk,
        _covariates(tables, codes),
        numbers,
        districts,
    )


def normal_scores(values: Floats) -> Floats:
    """Return the normal scores of the ranks: mean 0, sd about 1, high where the value is high."""
    ranks = pd.Series(values).rank().to_numpy()
    scores: Floats = ndtri((ranks - 0.5) / len(values))
    return scores


def _covariates(tables: Tables, codes: pd.Series) -> Floats:
    """Return normal scores per country: the two countries' indices cannot be compared."""
    columns = [f"{name}_score" for name in COVARIATES]
    welsh = codes.str.startswith("W").to_numpy()
    found = np.empty((len(codes), len(columns)))
    if not welsh.all():
        english = aligned(tables.england, codes[~welsh], "imd2025-england")
        found[~welsh] = np.apply_along_axis(normal_scores, 0, english[columns].to_numpy(float))
    if welsh.any():
        later = tables.wales.merge(
            tables.lsoa11_to_lsoa21, left_on="code", right_on="lsoa11_code", how="inner"
        )
        means = later.groupby("lsoa21_code")[columns].mean().reset_index(names="code")
        own = aligned(means, codes[welsh], "imd2019-wales")
        found[welsh] = np.apply_along_axis(normal_scores, 0, own[columns].to_numpy(float))
    return found


def _districts(frame: pd.DataFrame, population: Floats) -> tuple[Integers, pd.DataFrame]:
    """Return each area's district number, and the districts with their people's centre."""
    columns = ["district_code", "district", "upper_tier_code", "upper_tier", "region"]
    districts = frame[columns].drop_duplicates("district_code").sort_values("district_code")
    districts = districts.reset_index(drop=True)
    numbers = districts["district_code"].searchsorted(frame["district_code"]).astype(np.int64)
    weight = np.bincount(numbers, population)
    if (weight <= 0).any():
        name = districts["district"].iloc[int(weight.argmin())]
        raise Invalid(
            "area-population",
            f"Nobody lives in {name}, so its deaths cannot be shared among its areas.",
            "Check 'lsoa21-population', and add it again.",
            district=name,
        )
    for axis in ("easting", "northing"):
        districts[axis] = np.bincount(numbers, population * frame[axis]) / weight
    return numbers, districts.rename(columns={"district_code": "code", "district": "name"})


def _check_places(places: pd.DataFrame) -> None:
    limits = {"easting": EASTING, "northing": NORTHING, "lon": LON, "lat": LAT}
    for axis, (low, high) in limits.items():
        wrong = ~places[axis].between(low, high).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            raise Invalid(
                "area-coordinates",
                f"'lsoa21-centroids', {places['code'].iloc[row]}: {axis} {places[axis].iloc[row]} "
                f"is not between {low:g} and {high:g}.",
                "Are two columns swapped? Easting and longitude come first.",
                code=places["code"].iloc[row],
            )
