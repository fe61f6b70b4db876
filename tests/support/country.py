"""A made-up country of sixteen districts, in the form of the published tables."""

import numpy as np
import pandas as pd

from safelight.plan.need.inputs import Tables

DISTRICTS, EACH, WELSH = 16, 6, 3  # districts, LSOAs in each, of which districts in Wales
YEARS = range(2011, 2021)
FIRST_POPULATION = 2013
AREAS = DISTRICTS * EACH
RATE = 8 / 100_000


def made_up_country(seed: int = 1) -> Tables:
    """Return tables that fit each other; deaths rise with deprivation."""
    rng = np.random.default_rng(seed)
    lookup = _lookup()
    codes = lookup["lsoa_code"]
    welsh = codes.str.startswith("W").to_numpy()
    middle = rng.uniform([400_000, 100_000], [600_000, 300_000], (DISTRICTS, 2))
    place = np.repeat(middle, EACH, axis=0) + rng.normal(0, 4_000, (AREAS, 2))
    need = np.repeat(rng.standard_normal(DISTRICTS), EACH) + rng.normal(0, 0.7, AREAS)
    bands = rng.integers(100, 600, (AREAS, 6))
    scores = pd.DataFrame({"employment_score": need, "crime_score": need + rng.normal(0, 1, AREAS)})
    older = pd.Series([f"W01{number:06d}" for number in range(1, welsh.sum() + 1)])
    return Tables(
        lookup,
        pd.DataFrame(
            {
                "code": codes,
                "easting": place[:, 0],
                "northing": place[:, 1],
                "lon": -2 + (place[:, 0] - 400_000) / 70_000,
                "lat": 51 + (place[:, 1] - 150_000) / 111_000,
            }
        ),
        pd.DataFrame({"code": codes, **_bands(bands), "population": bands.sum(axis=1)}),
        scores[~welsh].assign(code=codes[~welsh].to_numpy()),
        scores[welsh].assign(code=older.to_numpy()),
        pd.DataFrame({"lsoa11_code": older, "lsoa21_code": codes[welsh].to_numpy()}),
        _deaths(lookup, bands.sum(axis=1), need, rng),
        _authorities(lookup),
    )


def _lookup() -> pd.DataFrame:
    rows = []
    for number in range(AREAS):
        district = number // EACH
        country = "W" if district >= DISTRICTS - WELSH else "E"
        code = f"{'W06' if country == 'W' else 'E07'}{district + 1:06d}"
        upper = code if country == "W" else f"E10{district // 5 + 16:06d}"
        rows.append(
            {
                "lsoa_code": f"{country}01{900_000 + number:06d}",
                "lsoa_name": f"District {district + 1} 00{number % EACH // 2}{'AB'[number % 2]}",
                "msoa_code": f"{country}02{900_000 + number // 2:06d}",
                "msoa_name": f"District {district + 1} 00{number % EACH // 2}",
                "msoa_known_as": f"Quarter {number // 2}",
                "district_code": code,
                "district": f"District {district + 1}",
                "upper_tier_code": upper,
                "upper_tier": "Kent" if upper == "E10000016" else f"Upper {upper[-2:]}",
                "region_code": None if country == "W" else "E12000008",
                "region": None if country == "W" else "South East",
            }
        )
    return pd.DataFrame(rows)


def _bands(people: np.ndarray) -> dict[str, np.ndarray]:
    names = ("0_15", "16_24", "25_34", "35_49", "50_64", "65_plus")
    return {f"age_{name}": people[:, number] for number, name in enumerate(names)}


def _deaths(
    lookup: pd.DataFrame, people: np.ndarray, need: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    rate = RATE * 60 * np.exp(0.4 * need)  # few people live here, so they die often
    expected = pd.Series(people * rate).groupby(lookup["district_code"]).sum()
    total = pd.Series(people).groupby(lookup["district_code"]).sum()
    rows = [
        {
            "code": code,
            "name": code,
            "year": year,
            "deaths": int(rng.poisson(expected[code] * np.exp(0.03 * (year - 2010)))),
            "population": float(total[code]) if year >= FIRST_POPULATION else np.nan,
        }
        for code in expected.index
        for year in YEARS
    ]
    return pd.DataFrame(rows)


def _authorities(lookup: pd.DataFrame) -> pd.DataFrame:
    codes = lookup["district_code"].drop_duplicates()
    return pd.DataFrame({"code": codes, "current_code": codes}).reset_index(drop=True)
