"""Hospital admissions, police seizures, the opioid cohort and single published figures."""

from pathlib import Path

import pandas as pd
import pytest

from safelight.sources import cohort, hospital, reference, seizures
from tests.support.published import read_sample, refusal, rows

ADMISSIONS = (
    'year,Kent,Medway,"Bristol, City of"\n'
    "2019,410.0,75.0,\n2018,400.0,90.0,120.0\n2020,40.0,205.0,110.0\n"
)


def test_admissions_come_by_area_and_year_without_the_year_that_slipped(tmp_path: Path) -> None:
    frame = read_sample(hospital.BY_AREA, tmp_path, ADMISSIONS)
    assert rows(frame) == [
        {"area": "Bristol, City of", "year": 2018, "admissions": 120},
        {"area": "Bristol, City of", "year": 2019, "admissions": None},
        {"area": "Kent", "year": 2018, "admissions": 400},
        {"area": "Kent", "year": 2019, "admissions": 410},
        {"area": "Medway", "year": 2018, "admissions": 90},
        {"area": "Medway", "year": 2019, "admissions": 75},
    ]
    assert "2020" in hospital.BY_AREA.edition


def test_wrong_count_of_any_area_is_named(tmp_path: Path) -> None:
    error = refusal(read_sample, hospital.BY_AREA, tmp_path, ADMISSIONS.replace("120.0", "-1"))
    assert error.message == "misuse.csv, row 3, column 'Bristol, City of': -1 is negative."


NUMBERS = ",".join(seizures.NUMBERS)
OLD = (
    f"\ufeffPolice force,{NUMBERS},Other Class C,Other Class C,Unknown\n"
    "Kent 4,100,1,2,3,4,5,6,7,8,36,50,9,1,1,2,3\n"
)
NEW = (
    f'Police force,{NUMBERS},"Mephedrone\n(non-injection)",Unknown\n'
    " Devon & Cornwall ,100,1,2,3,4,5,6,7,8,36,50,9,1,0,0\n"
    "Border Force,100,1,2,3,4,5,,7,8,30,50,9,,0,\n"
)


def test_seizures_have_the_year_of_their_file_and_forces_without_marks(tmp_path: Path) -> None:
    old = read_sample(seizures.SEIZURES, tmp_path, OLD, "Seizures14-15.csv")
    new = read_sample(seizures.SEIZURES, tmp_path, NEW, "Seizures15-16.csv")
    frame = pd.concat([old, new])
    assert [(row["year"], row["force"]) for row in rows(frame)] == [
        (2014, "Kent"),
        (2015, "Devon and Cornwall"),
        (2015, "Border Force"),
    ]
    assert rows(frame)[0]["heroin"] == 4
    assert rows(frame)[2]["methadone"] is None


def test_columns_whose_header_has_slipped_are_left_out(tmp_path: Path) -> None:
    frame = read_sample(seizures.SEIZURES, tmp_path, OLD, "Seizures14-15.csv")
    assert list(frame.columns)[-2:] == ["amphetamines", "barbiturates"]


def test_wrong_count_under_a_header_of_two_lines_is_named_by_row(tmp_path: Path) -> None:
    wrong = NEW.replace("Border Force,100", "Border Force,many")
    error = refusal(read_sample, seizures.SEIZURES, tmp_path, wrong, "Seizures15-16.csv")
    assert error.message == (
        "Seizures15-16.csv, row 3, column 'All drugs': 'many' is not a number."
    )


COHORT = (
    "exposure,age_group,gender,years_fu,respiratory,liver,drd,cancers,other,external,cvd,total\n"
    "TRUE,40-44,male,1000.5,1,2,3,4,5,6,7,28\nFALSE,40-44,male,3000,0,0,0,0,0,0,1,1\n"
)


def test_cohort_says_who_uses_opioids_and_of_what_they_died(tmp_path: Path) -> None:
    frame = read_sample(cohort.DEATHS_BY_CAUSE, tmp_path, COHORT)
    assert rows(frame)[0] == {
        "uses_opioids": True,
        "age_group": "40-44",
        "sex": "male",
        "person_years": 1000.5,
        "respiratory": 1,
        "liver": 2,
        "drug_related": 3,
        "cancers": 4,
        "other": 5,
        "external": 6,
        "cvd": 7,
        "deaths": 28,
    }
    assert list(frame["uses_opioids"]) == [True, False]


FIGURES = (
    "area,measure,period,value,comparison,note,source_url\n"
    "Kent,ocu_number,2024 report,5000.0,,as quoted,somewhere\n"
    "England,ocu_number,2019/20,300000.0,,,somewhere\n"
)


def test_published_figure_is_found_by_area_measure_and_period(tmp_path: Path) -> None:
    frame = read_sample(reference.FIGURES, tmp_path, FIGURES)
    assert reference.figure(frame, "Kent", "ocu_number", "2024 report") == 5000


@pytest.mark.parametrize("copies", [0, 2])
def test_figure_that_is_missing_or_ambiguous_is_refused(tmp_path: Path, copies: int) -> None:
    frame = read_sample(reference.FIGURES, tmp_path, FIGURES)
    frame = pd.concat([frame[frame["area"] == "England"], *[frame.iloc[:1]] * copies])
    error = refusal(reference.figure, frame, "Kent", "ocu_number", "2024 report")
    assert error.message.startswith(f"The published figures have {copies} rows of ocu_number")
