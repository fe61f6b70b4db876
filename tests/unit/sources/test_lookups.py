"""Lookups between areas, and the way from old district codes to those in force."""

from pathlib import Path

import pandas as pd

from safelight.sources import lookups
from tests.support.published import read_sample, refusal, rows

LSOA21 = (
    "lsoa21_code,lsoa21_name,msoa21_code,msoa21_name,msoa_hcl_name,ward24_code,ward24_name,"
    "ltla24_code,ltla24_name,utla23_code,utla23_name,region24_code,region24_name,pfa24_code,"
    "pfa24_name,icb24_code,icb24_name,ruc21_code,ruc21_name\n"
    "E01024190,Dover 011B,E02005046,Dover 011,Town,E05012345,Pier,E07000108,Dover,E10000016,Kent,"
    "E12000008,South East,E23000032,Kent,E54000032,NHS Kent,UN1,Urban\n"
    "W01000001,Anglesey 001A,W02000001,Anglesey 001,North,W05001490,Bay,W06000001,Anglesey,"
    "W06000001,Anglesey,,,W15000001,North Wales,,,RLF,Rural\n"
)


def test_lookup_of_2021_gives_every_level_above_an_area(tmp_path: Path) -> None:
    dover, anglesey = rows(read_sample(lookups.LSOA21, tmp_path, LSOA21))
    assert dover == {
        "lsoa_code": "E01024190",
        "lsoa_name": "Dover 011B",
        "msoa_code": "E02005046",
        "msoa_name": "Dover 011",
        "msoa_known_as": "Town",
        "district_code": "E07000108",
        "district": "Dover",
        "upper_tier_code": "E10000016",
        "upper_tier": "Kent",
        "region_code": "E12000008",
        "region": "South East",
        "police_force_code": "E23000032",
        "police_force": "Kent",
        "rural_urban_code": "UN1",
        "rural_urban": "Urban",
    }
    assert anglesey["region"] is None


def test_district_that_is_a_region_is_refused(tmp_path: Path) -> None:
    wrong = LSOA21.replace("E07000108", "E12000008")
    error = refusal(read_sample, lookups.LSOA21, tmp_path, wrong)
    assert "row 2, column 'ltla24_code': 'E12000008' is not of the form" in error.message


def test_lookup_of_2011_has_the_same_names(tmp_path: Path) -> None:
    text = (
        "lsoa11_name,lsoa11_code,msoa11_name,msoa11_code,ltla21_name,ltla21_code\n"
        "Dover 011B,E01024190,Dover 011,E02005046,Dover,E07000108\n"
    )
    frame = read_sample(lookups.LSOA11, tmp_path, text)
    assert rows(frame)[0]["lsoa_code"] == "E01024190"
    assert set(frame) < set(read_sample(lookups.LSOA21, tmp_path, LSOA21))


def test_split_area_has_a_row_for_each_of_its_parts(tmp_path: Path) -> None:
    text = (
        "lsoa11_name,lsoa11_code,change_code,lsoa21_name,lsoa21_code,ltla22_name,ltla22_code\n"
        "Dover 1,E01024190,S,Dover 1A,E01035313,Dover,E07000108\n"
        "Dover 1,E01024190,S,Dover 1B,E01035314,Dover,E07000108\n"
    )
    frame = read_sample(lookups.LSOA11_TO_LSOA21, tmp_path, text)
    assert list(frame["lsoa21_code"]) == ["E01035313", "E01035314"]
    assert list(frame["change"]) == ["S", "S"]


# Carlisle became part of Cumberland in 2023; a later order gave Barnsley a new code.
CODES = pd.DataFrame(
    {
        "code": ["E07000028", "E06000063", "E07000108", "E08000016", "E08000038"],
        "current_code": ["E06000063", "E06000063", "E07000108", "E08000038", "E08000038"],
    }
)
OF_2024 = ["E06000063", "E07000108", "E08000016"]


def test_district_codes_are_brought_to_those_of_one_year() -> None:
    asked = ["E07000108", "E07000028", "E07000028", "E08000016", "E08000038"]
    assert lookups.to_current(asked, CODES, OF_2024) == [
        "E07000108",  # as it was
        "E06000063",  # merged
        "E06000063",
        "E08000016",  # replaced since, but in force in that year
        "E08000016",  # newer than that year
    ]


def test_district_without_counterpart_is_named() -> None:
    error = refusal(lookups.to_current, ["E07000108", "S12000033"], CODES, OF_2024)
    assert error.code == "district-known"
    assert error.message == "The district S12000033 has no counterpart among the 3 asked for."


def test_codes_of_authorities_say_which_is_in_force(tmp_path: Path) -> None:
    text = (
        "LADCD,LADNM,LADCD_ACTIVE,LADNM_ACTIVE,UTLACD,UTLANM,RGNCD,RGNNM,CTRYCD,CTRYNM\n"
        "E07000028,Carlisle,E06000063,Cumberland,E06000063,Cumberland,E12000002,North West,"
        "E92000001,England\n"
    )
    row = rows(read_sample(lookups.AUTHORITY_CODES, tmp_path, text))[0]
    assert (row["code"], row["current_code"]) == ("E07000028", "E06000063")
