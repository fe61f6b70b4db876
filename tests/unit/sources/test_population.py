"""People by authority and year, and by small area and age."""

from pathlib import Path

from safelight.sources import population
from tests.support.published import read_sample, rows


def test_population_of_an_authority_may_be_missing(tmp_path: Path) -> None:
    text = (
        "area_code,area_name,year,deaths,population\n"
        "E07000108,Dover,1993,5,\nE07000108,Dover,1997,4,104000\n"
    )
    assert rows(read_sample(population.AUTHORITIES, tmp_path, text)) == [
        {"code": "E07000108", "name": "Dover", "year": 1993, "deaths": 5, "population": None},
        {"code": "E07000108", "name": "Dover", "year": 1997, "deaths": 4, "population": 104000},
    ]


def test_census_bands_keep_their_names(tmp_path: Path) -> None:
    text = (
        "lsoa21_code,lsoa21_name,age_0_15,age_16_24,age_25_34,age_35_49,age_50_64,age_65_plus,"
        "total\nE01024190,Dover 011B,1,2,3,4,5,6,21\n"
    )
    assert rows(read_sample(population.LSOA21, tmp_path, text)) == [
        {
            "code": "E01024190",
            "name": "Dover 011B",
            "age_0_15": 1,
            "age_16_24": 2,
            "age_25_34": 3,
            "age_35_49": 4,
            "age_50_64": 5,
            "age_65_plus": 6,
            "population": 21,
        }
    ]


def test_single_years_sum_to_any_band(tmp_path: Path) -> None:
    ages = [*map(str, range(90)), "90+"]
    text = (
        f"lsoa11_name,lsoa11_code,total_population,{','.join(ages)}\n"
        f"Dover 011B,E01024190,4095,{','.join(str(n) for n in range(91))}\n"
    )
    frame = read_sample(population.LSOA11, tmp_path, text)
    assert list(frame.columns[:4]) == ["code", "name", "population", "age_0"]
    assert list(population.ages(frame, 15, 17)) == [15 + 16 + 17]
    assert list(population.ages(frame, 0, population.OLDEST)) == [4095]
