"""ONS's deaths: long, by level, and by substance."""

from pathlib import Path

from safelight.sources import deaths
from tests.support.published import read_sample, refusal, rows

YEARS = [str(year) for year in range(2020, 1992, -1)]
AUTHORITIES = "".join(
    f"{code},{name},{','.join(str(first + n) for n in range(28))}\n"
    for code, name, first in (
        ("K04000001", "ENGLAND AND WALES", 100),
        ("E10000016", "Kent", 50),
        ("E07000108", "Dover", 1),
        ("W06000001", "Isle of Anglesey", 0),
    )
)
HEADER = f"code,name,{','.join(YEARS)}\n"


def test_deaths_by_authority_come_one_row_an_area_and_year(tmp_path: Path) -> None:
    frame = read_sample(deaths.BY_AUTHORITY, tmp_path, HEADER + AUTHORITIES)
    assert len(frame) == 4 * 28
    assert rows(frame)[0] == {
        "code": "E07000108",
        "name": "Dover",
        "level": "district",
        "year": 1993,
        "deaths": 28,
    }
    assert frame.groupby("code")["level"].first().to_dict() == {
        "K04000001": "country",
        "E10000016": "county",
        "E07000108": "district",
        "W06000001": "district",
    }


def test_districts_are_the_lower_tier_alone(tmp_path: Path) -> None:
    frame = read_sample(deaths.BY_AUTHORITY, tmp_path, HEADER + AUTHORITIES)
    assert list(deaths.districts(frame)["code"].unique()) == ["E07000108", "W06000001"]


def test_negative_count_is_named_by_row_and_year(tmp_path: Path) -> None:
    wrong = AUTHORITIES.replace("Dover,1,2,3", "Dover,1,2,-3")
    error = refusal(read_sample, deaths.BY_AUTHORITY, tmp_path, HEADER + wrong)
    assert error.message.endswith("_1993_2020.csv, row 4, column '2018': -3 is negative.")


def test_deaths_by_region_have_all_drugs_and_any_opiate_side_by_side(tmp_path: Path) -> None:
    opiate = '"02 Any opiate (includes unspecified opiates, excludes paracetamol compounds)"'
    text = (
        "Year of death registration,Usual residence code,Usual residence name,Substance,Deaths\n"
        "2020,E12000008,South East,01 All drug poisonings,600\n"
        f"2020,E12000008,South East,{opiate},300\n"
    )
    assert rows(read_sample(deaths.BY_REGION, tmp_path, text)) == [
        {
            "code": "E12000008",
            "name": "South East",
            "year": 2020,
            "any_drug": 600,
            "any_opiate": 300,
        }
    ]


def test_totals_of_england_and_wales_keep_their_columns(tmp_path: Path) -> None:
    text = "year,drug_poisoning,drug_misuse,any_opiate,heroin_morphine\n2021,40,30,20,10\n"
    assert rows(read_sample(deaths.ENGLAND_AND_WALES, tmp_path, text)) == [
        {
            "year": 2021,
            "drug_poisoning": 40,
            "drug_misuse": 30,
            "any_opiate": 20,
            "heroin_morphine": 10,
        }
    ]
