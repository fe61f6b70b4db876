"""From published tables to a need table, in a made-up country."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from safelight.contracts.need import BASELINES, QUANTITIES, check_need, draws_of
from safelight.kernel.errors import Invalid
from safelight.plan.need.estimate import Need, Request, estimate_need
from safelight.plan.need.inputs import Tables
from safelight.plan.need.standing import Period
from safelight.plan.parameters import shipped_parameters
from tests.support.country import AREAS, DISTRICTS, EACH, made_up_country

PARAMETERS = shipped_parameters("planning-need")
EVERYWHERE = Request("england-wales", draws=60)


def estimated(request: Request) -> Need:
    return estimate_need(made_up_country(), request, PARAMETERS)


@pytest.fixture(scope="module")
def whole() -> Need:
    return estimated(EVERYWHERE)


def test_table_keeps_the_contract(whole: Need) -> None:
    table = check_need(whole.table)
    assert len(table) == AREAS
    for quantity in QUANTITIES:
        assert (table[f"{quantity}_lower"] < table[f"{quantity}_upper"]).all()
    assert draws_of(table).shape == (AREAS, 60)


def test_small_areas_add_up_to_their_district_in_every_draw(whole: Need) -> None:
    of_district = whole.table["district_code"].to_numpy()
    latest = whole.rates.deaths[:, -3:].mean(axis=1)
    for row, code in enumerate(np.unique(of_district)):
        total = whole.draws[of_district == code].sum(axis=0, dtype=float)
        district = whole.districts["code"].tolist().index(code)
        assert total == pytest.approx(latest[district], rel=1e-5), row


def test_msoas_are_sums_of_their_lsoas_in_every_draw(whole: Need) -> None:
    quarters = estimated(EVERYWHERE._replace(level="msoa"))
    lookup = made_up_country().lookup.set_index("lsoa_code")["msoa_code"]
    sums = pd.DataFrame(whole.draws).groupby(lookup[whole.table["code"]].to_numpy()).sum()
    assert quarters.table["code"].tolist() == sums.index.tolist()
    assert quarters.draws == pytest.approx(sums.to_numpy(), rel=1e-5)
    assert quarters.table["population"].sum() == whole.table["population"].sum()


def test_baselines_add_up_to_the_deaths_registered(whole: Need) -> None:
    deaths = made_up_country().deaths
    yearly = deaths[deaths["year"] >= 2018]["deaths"].sum() / 3
    assert whole.table["deaths_by_population"].sum() == pytest.approx(yearly)
    assert whole.table["deaths_by_last_count"].sum() == pytest.approx(yearly)
    assert whole.table[list(BASELINES)].to_numpy().min() >= 0


def test_deprived_areas_get_more_than_their_share_of_people(whole: Need) -> None:
    table, country = whole.table, made_up_country()
    need = country.england.set_index("code")["employment_score"]
    own = table.set_index("code").loc[need.index]
    ratio = own["deaths"] / own["deaths_by_population"]
    assert np.corrcoef(ratio, need)[0, 1] > 0.6


def test_same_seed_gives_the_same_table(whole: Need) -> None:
    again = estimated(EVERYWHERE)
    assert (again.draws == whole.draws).all()
    assert (estimated(EVERYWHERE._replace(seed=2)).draws != whole.draws).any()


def test_part_of_the_country_learns_deprivation_from_the_rest() -> None:
    found = estimated(Request("E10000016, upper 17, district 15, district 16", draws=40))
    assert len(found.table) == 12 * EACH
    assert len(found.rates.districts) == 13  # one more than asked for, to learn from
    assert len(found.districts) == 12


def test_a_single_district_borrows_from_its_neighbours() -> None:
    found = estimated(Request("E07000003", draws=40))
    assert found.table["district_code"].unique().tolist() == ["E07000003"]
    assert len(found.rates.districts) == 13


def test_record_has_every_district_in_every_three_years(whole: Need) -> None:
    assert len(whole.record) == DISTRICTS * 8
    latest = whole.record[whole.record["last"] == 2020]
    assert latest["top_three"].sum() == pytest.approx(3)
    assert (latest["rate_lower"] < latest["rate"]).all()


def test_progress_goes_from_nothing_to_everything() -> None:
    heard: list[float] = []
    estimate_need(made_up_country(), Request("wales", draws=20), PARAMETERS, heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def without_a_row(tables: Tables) -> Tables:
    return tables._replace(population=tables.population.drop(index=7))


def twice(tables: Tables) -> Tables:
    return tables._replace(population=pd.concat([tables.population, tables.population[:1]]))


def negative(tables: Tables) -> Tables:
    people = tables.population.copy()
    people.loc[3, "age_25_34"] = -4
    return tables._replace(population=people)


def swapped(tables: Tables) -> Tables:
    names = {"lon": "lat", "lat": "lon"}
    return tables._replace(centroids=tables.centroids.rename(columns=names))


def other_year(tables: Tables) -> Tables:
    older = tables.england.assign(code=[f"E01{n:06d}" for n in range(len(tables.england))])
    return tables._replace(england=older)


def a_district_unknown(tables: Tables) -> Tables:
    return tables._replace(deaths=tables.deaths[tables.deaths["code"] != "E07000002"])


def nobody(tables: Tables) -> Tables:
    people = tables.population.copy()
    people.iloc[:EACH, 1:] = 0
    return tables._replace(population=people)


@pytest.mark.parametrize(
    ("spoil", "code", "words"),
    [
        (without_a_row, "area-missing", "E01900007 is missing in the table 'lsoa21-population'"),
        (twice, "area-missing", "E01900000 is there twice"),
        (negative, "area-population", "E01900003: -4 people"),
        (swapped, "area-coordinates", "lon"),
        (other_year, "area-year", "codes are of another year"),
        (a_district_unknown, "district-deaths", "E07000002"),
        (nobody, "area-population", "Nobody lives in District 1"),
    ],
)
def test_wrong_tables_are_refused_in_words(
    spoil: Callable[[Tables], Tables], code: str, words: str
) -> None:
    with pytest.raises(Invalid) as caught:
        estimate_need(spoil(made_up_country()), EVERYWHERE, PARAMETERS)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Request("atlantis"), "region-known"),
        (Request(" , "), "region-known"),
        (Request("wales", level="ward"), "need-level"),
        (Request("wales", draws=2), "need-draws"),
        (Request("wales", period=Period(2019, 2022)), "need-period"),
        (Request("wales", period=Period(2020, 2018)), "need-period"),
    ],
)
def test_wrong_requests_are_refused_in_words(request_: Request, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        estimated(request_)
    assert caught.value.code == code


def test_an_unknown_region_is_answered_with_those_most_like_it() -> None:
    with pytest.raises(Invalid, match="Did you mean kent"):
        estimated(Request("kennt"))
