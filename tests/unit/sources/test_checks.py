"""Areas that a table lacks, has twice, or has under another year's code."""

import pandas as pd
import pytest

from safelight.sources.checks import complete, distinct
from tests.support.published import refusal

FRAME = pd.DataFrame({"code": ["E01000003", "E01000001", "E01000002"], "people": [3, 1, 2]})


def test_complete_table_comes_back_in_the_order_asked_for() -> None:
    frame = complete(FRAME, ["E01000001", "E01000003"], what="Population")
    assert frame.to_dict("list") == {"code": ["E01000001", "E01000003"], "people": [1, 3]}


def test_missing_areas_are_counted_and_the_first_named() -> None:
    codes = ["E01000005", "E01000001", "E01000004"]
    error = refusal(lambda: complete(FRAME, codes, what="Population"))
    assert error.code == "areas-missing"
    assert error.message == "Population lacks 2 of 3 areas, first E01000004."
    assert error.as_dict()["values"] == {"code": "E01000004", "missing": "2"}


def test_codes_of_another_year_are_told_from_missing_ones() -> None:
    others = {"LSOA 2011": [*FRAME["code"], "E01000009"]}
    error = refusal(lambda: complete(FRAME, ["E01035000"], what="Population", others=others))
    assert error.code == "codes-of-another-year"
    assert error.message == (
        "Population holds LSOA 2011 codes: 1 of 1 areas are not in it, first E01035000."
    )
    assert "lsoa11-to-lsoa21" in error.remedy


def test_missing_area_is_missing_where_the_codes_are_of_no_other_year() -> None:
    others = {"LSOA 2011": ["E01000009"]}
    error = refusal(lambda: complete(FRAME, ["E01035000"], what="Population", others=others))
    assert error.code == "areas-missing"


@pytest.mark.parametrize("keys", [["code"], ["code", "year"]])
def test_rows_that_stand_there_twice_are_named(keys: list[str]) -> None:
    frame = pd.DataFrame({"code": ["a", "b", "b"], "year": [1, 2, 2]})
    error = refusal(distinct, frame, keys, "Deaths")
    assert error.code == "table-duplicate"
    assert error.message == f"Deaths has {', '.join(['b', '2'][: len(keys)])} twice."


def test_area_that_stands_there_twice_makes_no_complete_table() -> None:
    twice = pd.concat([FRAME, FRAME.iloc[:1]])
    error = refusal(lambda: complete(twice, ["E01000001"], what="Population"))
    assert error.message == "Population has E01000003 twice."
