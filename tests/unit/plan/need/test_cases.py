"""The histories that the model is checked on, made up in the form of the published ones."""

import numpy as np
import pandas as pd
import pytest

from safelight.plan.need import cases
from safelight.plan.need.areas import small_areas
from safelight.plan.need.folds import evaluate, summary
from safelight.plan.need.history import district_history
from safelight.plan.parameters import shipped_parameters
from tests.support.country import made_up_country
from tests.support.need import PRIORS

TOWNS = {"Avon": 100.0, "Bath": 300.0, "Corby": 50.0, "Derby": 20.0, "Empty": 10.0}
VILLAGES = {"Little Bath": "Bath"}
PLACES = {"AVON": (-72.0, 41.0), "Bath": (-72.1, 41.2), "Corby ": (-72.3, 41.1)}
PLACES |= {"Derby": (-72.4, 41.4), "Little Bath": (-72.1, 41.2)}


def town_deaths() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = [
        {"date": pd.Timestamp(year, 6, 1), "injury_town": name, "injury_lon": x, "injury_lat": y}
        for year in range(2012, 2019)
        for name, (x, y) in PLACES.items()
        for _ in range(rng.poisson(6))
    ]
    rows += [{"date": pd.Timestamp(2015, 1, 1), "injury_town": name} for name in ("Rye", None)]
    return pd.DataFrame(rows)


def calls() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    count = 600
    days = pd.Timestamp(2017, 1, 1) + pd.to_timedelta(rng.integers(0, 5 * 365 + 200, count), "D")
    hot = rng.random(count) < 0.7
    lon = np.where(hot, rng.normal(-111.93, 0.005, count), rng.uniform(-111.96, -111.90, count))
    lat = np.where(hot, rng.normal(33.41, 0.005, count), rng.uniform(33.38, 33.44, count))
    return pd.DataFrame({"date": days, "year": days.year, "lon": lon, "lat": lat})


def test_towns_are_found_whatever_their_spelling_and_others_are_left_out() -> None:
    deaths = town_deaths()
    case = cases.connecticut(deaths, TOWNS, VILLAGES)
    split = case.split(2018)
    in_2018 = deaths[deaths["date"].dt.year == 2018]["injury_town"].str.strip().str.title()
    expected = in_2018.replace(VILLAGES).value_counts().sort_index()
    assert split.seen.tolist() == expected.tolist()
    assert case.periods == (2016, 2017, 2018)
    assert "4 of 5 towns" in case.notes[0]
    assert case.notes[1].startswith("2 of ")


def test_a_forecast_sees_nothing_of_its_own_year() -> None:
    case = cases.connecticut(town_deaths(), TOWNS, VILLAGES)
    counts = case.split(2017).data.counts
    assert counts.shape == (4, 6)
    assert np.isnan(counts[:, -1]).all()
    assert np.isfinite(counts[:, :-1]).all()


def test_squares_come_from_earlier_calls_alone() -> None:
    before = cases.tempe(calls()).split(2020)
    later = calls()
    moved = later["year"] >= 2020
    later.loc[moved, "lon"] += 0.5
    after = cases.tempe(later).split(2020)
    assert len(before.seen) == len(after.seen)
    assert before.seen.sum() > 0
    assert after.seen.sum() == 0


def test_a_year_that_is_not_complete_is_not_forecast() -> None:
    case = cases.tempe(calls())
    assert case.periods == (2020, 2021)
    assert case.notes[-1] == "2022 is not complete and is left out."


def test_districts_are_forecast_from_earlier_years() -> None:
    tables, parameters = made_up_country(), shipped_parameters("planning-need")
    areas = small_areas(tables, parameters)
    history = district_history(tables.deaths, tables.authority_codes, areas.districts["code"])
    case = cases.districts("all", areas, history, np.arange(16), parameters)
    split = case.split(2020)
    assert split.data.counts.shape == (16, 10)
    assert split.seen == pytest.approx(history.deaths[:, -1])
    assert split.people[:, -1] == pytest.approx(history.population[:, -2])


def test_evaluation_scores_every_method_in_every_period() -> None:
    case = cases.connecticut(town_deaths(), TOWNS, VILLAGES)
    heard: list[int] = []
    found = evaluate(case, PRIORS, 1, heard.append)
    assert heard == [1, 2, 3]
    methods = ["model", "population", "last count", "empirical Bayes"]
    assert found.scores["method"].tolist() == methods * 3
    assert (found.scores["capture"] <= found.scores["oracle"] + 1e-12).all()
    assert summary(found)["method"].tolist() == methods
