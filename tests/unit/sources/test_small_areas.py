"""Centroids, deprivation and crime rates of small areas."""

from pathlib import Path

from safelight.sources import centroids, crime, deprivation
from safelight.sources.table import Table
from tests.support.published import read_sample, refusal, rows


def sample(table: Table, **given: object) -> str:
    """Write one row of a table: the values given, and 1 wherever else a number is due."""
    cells = {name: "1" if column.numeric else "x" for name, column in table.columns.items()}
    cells |= {name: str(value) for name, value in given.items()}
    return f"{','.join(cells)}\n{','.join(cells.values())}\n"


CENTROID = (
    "lsoa21_code,easting,northing,lon,lat,census2011_population,n_oa,method\n"
    "E01024190,631000,141500,1.306,51.126,1500,5,oa_population_weighted\n"
    "E01035313,631500,141500,1.313,51.126,,,point_in_polygon\n"
)


def test_centroid_of_a_new_area_has_no_population_of_2011(tmp_path: Path) -> None:
    old, new = rows(read_sample(centroids.LSOA21, tmp_path, CENTROID))
    assert old == {
        "code": "E01024190",
        "easting": 631000,
        "northing": 141500,
        "lon": 1.306,
        "lat": 51.126,
        "population_2011": 1500,
        "method": "oa_population_weighted",
    }
    assert new["population_2011"] is None


def test_centroids_of_2011_know_codes_of_2021(tmp_path: Path) -> None:
    error = refusal(
        read_sample, centroids.LSOA11, tmp_path, CENTROID.replace("lsoa21_code", "lsoa11_code")
    )
    assert error.code == "codes-of-another-year"
    assert "row 3, column 'lsoa11_code': E01035313 is an LSOA 2021 code" in error.message


def test_imd_2025_has_scores_that_may_be_negative(tmp_path: Path) -> None:
    text = sample(
        deprivation.IMD2025_ENGLAND, lsoa21_code="E01024190", IMD_score=54.3, Health_score=-0.5
    )
    row = rows(read_sample(deprivation.IMD2025_ENGLAND, tmp_path, text))[0]
    assert (row["code"], row["imd_score"], row["health_score"]) == ("E01024190", 54.3, -0.5)
    assert {"imd_rank", "crime_decile", "housing_and_services_score"} <= set(row)


def test_rank_beyond_the_number_of_areas_is_refused(tmp_path: Path) -> None:
    text = sample(deprivation.IMD2019_ENGLAND, lsoa11_code="E01024190", IMD_rank=32845)
    error = refusal(read_sample, deprivation.IMD2019_ENGLAND, tmp_path, text)
    assert error.message.endswith("column 'IMD_rank': 32845 is not between 1 and 32844.")


def test_imd_2019_of_england_has_ranks_and_of_wales_scores_too(tmp_path: Path) -> None:
    english = sample(deprivation.IMD2019_ENGLAND, lsoa11_code="E01024190")
    welsh = sample(deprivation.IMD2019_WALES, lsoa11_code="W01000001")
    england = read_sample(deprivation.IMD2019_ENGLAND, tmp_path, english)
    wales = read_sample(deprivation.IMD2019_WALES, tmp_path, welsh)
    assert "imd_rank" in england
    assert "imd_score" not in england
    assert {"imd_rank", "imd_score", "access_decile"} <= set(wales)


def test_indicators_have_crime_and_homelessness_under_plain_names(tmp_path: Path) -> None:
    table = deprivation.IMD2025_INDICATORS
    text = sample(table, lsoa21_code="E01024190", theft_rate_per_1_000_at_risk_population=12.6)
    row = rows(read_sample(table, tmp_path, text))[0]
    assert row["theft"] == 12.6
    assert {"core_homelessness_percent", "burglary", "mental_health"} <= set(row)


def test_crime_rates_of_kent_come_with_district(tmp_path: Path) -> None:
    text = sample(
        crime.KENT_RATES,
        lsoa21_code="E01024190",
        lsoa21_name="Dover 011B",
        ltla24_code="E07000108",
        ltla24_name="Dover",
    )
    row = rows(read_sample(crime.KENT_RATES, tmp_path, text))[0]
    assert (row["code"], row["district"]) == ("E01024190", "Dover")
    assert {rate.name for rate in crime.CRIME_RATES.values()} < set(row)


def test_homelessness_of_a_district_may_be_missing(tmp_path: Path) -> None:
    text = (
        '"ltla23_code","Households assessed as homeless per (000s)",'
        '"Households in temporary accommodation per 1,000"\n"E07000108",1.5,2.5\n"E07000114",,\n'
    )
    assert rows(read_sample(deprivation.HOMELESSNESS, tmp_path, text)) == [
        {"code": "E07000108", "homeless": 1.5, "temporary": 2.5},
        {"code": "E07000114", "homeless": None, "temporary": None},
    ]


def test_recorded_crime_may_take_back_what_was_counted_before(tmp_path: Path) -> None:
    text = sample(crime.RECORDED, Financial_Year="2017/18", Number_of_Offences=-2)
    assert rows(read_sample(crime.RECORDED, tmp_path, text))[0]["offences"] == -2
