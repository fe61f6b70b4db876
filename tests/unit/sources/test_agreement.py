"""Tables that do not fit each other are named, with the area or year and both figures."""

import pandas as pd
import pytest

from safelight.sources.agreement import RULES, Rule
from tests.support.published import refusal

LOOKUP = pd.DataFrame(
    {
        "lsoa_code": ["E01000001", "E01000002", "W01000001"],
        "district_code": ["E07000108", "E07000114", "W06000001"],
        "upper_tier": ["Kent", "Medway", "Anglesey"],
    }
)


def rule(words: str) -> Rule:
    """Return the rule of these words."""
    return next(rule for rule in RULES if rule.words == words)


def areas(*codes: str) -> pd.DataFrame:
    return pd.DataFrame({"code": list(codes)})


def test_missing_centroid_is_named() -> None:
    check = rule("lsoa21-centroids covers the areas of lsoa21-lookup").check
    check(LOOKUP, areas("E01000002", "E01000001", "W01000001"))
    error = refusal(check, LOOKUP, areas("E01000001", "W01000001"))
    assert error.message == "lsoa21-centroids lacks 1 of 3 areas, first E01000002."


def test_strange_area_is_named() -> None:
    check = rule("lsoa21-population covers the areas of lsoa21-lookup").check
    error = refusal(check, LOOKUP, areas(*LOOKUP["lsoa_code"], "E01099999"))
    assert error.message == (
        "lsoa21-population has 1 areas that lsoa21-lookup has not, first E01099999."
    )


def test_index_of_england_covers_england_alone() -> None:
    check = rule("imd2025-england covers the areas of lsoa21-lookup").check
    check(LOOKUP, areas("E01000001", "E01000002"))
    assert refusal(check, LOOKUP, areas("E01000001")).code == "areas-missing"
    assert refusal(check, LOOKUP, areas(*LOOKUP["lsoa_code"])).code == "areas-unknown"


def test_table_of_kent_covers_kent_and_medway() -> None:
    check = rule("kent-crime-rates covers Kent and Medway").check
    check(LOOKUP, areas("E01000002", "E01000001"))
    assert "lacks 1 of 2" in refusal(check, LOOKUP, areas("E01000001")).message


def test_lookup_between_censuses_joins_every_area() -> None:
    check = rule("lsoa11-to-lsoa21 joins the lookups").check
    change = pd.DataFrame(
        {"lsoa11_code": ["E01000001"] * 2, "lsoa21_code": ["E01000001", "E01000002"]}
    )
    new = LOOKUP[LOOKUP["upper_tier"] != "Anglesey"]
    check(change, new.iloc[:1], new)
    error = refusal(check, change, new, new)
    assert error.message.startswith("lsoa11-to-lsoa21 (lsoa11_code) lacks 1 of 2 areas")


AUTHORITIES = pd.DataFrame(
    [
        ("K04000001", 2020, 9),
        ("E12000008", 2020, 6),
        ("E07000108", 2020, 6),
        ("W06000001", 2020, 2),
    ],
    columns=["code", "year", "deaths"],
)
REGIONS = pd.DataFrame(
    [("E12000008", 2020, 6), ("J99000001", 2020, 1), ("K04000001", 2020, 9)],
    columns=["code", "year", "any_drug"],
)
TOTALS = pd.DataFrame({"year": [2020, 2021], "drug_poisoning": [9, 10]})

SUMS = {
    "a district": ((AUTHORITIES, 2, "deaths"), "Deaths of districts and non-residents"),
    "the total": ((TOTALS, 0, "drug_poisoning"), "Deaths by authority and in all, 2020"),
    "a region": ((REGIONS, 0, "any_drug"), "Deaths by authority and by region, E12000008 2020"),
}


@pytest.mark.parametrize(("spoilt", "words"), SUMS.values(), ids=SUMS)
def test_deaths_add_up_to_england_and_wales(
    spoilt: tuple[pd.DataFrame, int, str], words: str
) -> None:
    check = rule("deaths add up").check
    tables = AUTHORITIES, REGIONS, TOTALS
    check(*tables)
    frame, row, column = spoilt
    wrong = frame.copy()
    wrong.loc[row, column] = 5
    error = refusal(check, *(wrong if each is frame else each for each in tables))
    assert error.code == "tables-agree"
    assert error.message.startswith(words)


LONG = pd.DataFrame(
    [
        ("K04000001", 2020, 9, 300.0),
        ("E92000001", 2020, 7, 200.0),
        ("W92000004", 2020, 2, 100.0),
        ("E07000108", 2020, 6, 200.0),
        ("W06000001", 2020, 2, 100.0),
        ("W06000001", 1993, 2, None),
    ],
    columns=["code", "year", "deaths", "population"],
)


def test_same_deaths_stand_in_both_tables() -> None:
    check = rule("deaths agree between tables").check
    check(LONG, LONG)
    error = refusal(check, LONG, LONG.assign(deaths=[9, 7, 2, 6, 3, 2]))
    assert error.message.endswith("authority-populations, W06000001 2020: 2 against 3.")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (3, "Population of districts and nation, E92000001 2020: 201 against 200."),
        (0, "Population of nations, 2020: 300 against 201."),
    ],
)
def test_people_of_districts_sum_to_their_nation(row: int, words: str) -> None:
    check = rule("people add up").check
    check(LONG)
    wrong = LONG.copy()
    wrong.loc[row, "population"] = 201
    assert refusal(check, wrong).message == words


def test_people_by_age_sum_to_all_and_to_the_nation() -> None:
    check = rule("people add up by age").check
    ages = {f"age_{age}": [1, 2] for age in range(91)}
    people = pd.DataFrame({"population": [91, 182], **ages})
    long = LONG.assign(population=273.0)
    check(people, long)
    error = refusal(check, people.assign(population=[91, 181]), long)
    assert error.message == "Population of LSOA 2011 by age and in all, 1: 182 against 181."
    error = refusal(check, people, LONG)
    assert error.message == "Population by LSOA and by authority, 2020: 273 against 300."


def test_every_district_has_a_successor_and_every_successor_a_district() -> None:
    check = rule("every district of 2020 has a successor").check
    codes = pd.DataFrame(
        {"code": ["E07000108", "W06000001"], "current_code": ["E07000108", "W06000001"]}
    )
    lookup = LOOKUP[LOOKUP["district_code"] != "E07000114"]
    check(LONG, codes, lookup)
    assert refusal(check, LONG, codes, LOOKUP).message.endswith("first E07000114.")
    assert refusal(check, LONG, codes, lookup.iloc[:1]).code == "district-known"


def test_postcodes_lie_in_the_district_of_their_area() -> None:
    check = rule("postcodes lie in their district").check
    postcodes = pd.DataFrame(
        {
            "postcode": ["CT16 1AA", "CT9 1AA", "CT9 9ZZ"],
            "lsoa_code": ["E01000001", "E01000002", None],
            "district_code": ["E07000108", "E07000114", None],
        }
    )
    check(LOOKUP, postcodes)
    wrong = postcodes.assign(district_code="E07000108")
    assert refusal(check, LOOKUP, wrong).message == (
        "Postcode CT9 1AA: district E07000108 is not that of E01000002; 1 such."
    )


def test_instance_without_optimum_is_named() -> None:
    check = rule("instances have optima").check
    edges = pd.DataFrame({"file": ["pmed1"]})
    error = refusal(check, edges, pd.DataFrame({"instance": ["pmed2"], "optimum": [1]}))
    assert error.message == "pmed-optima lacks 1 of 1 areas, first pmed1."
