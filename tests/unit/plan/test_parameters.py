"""Planning parameters carry their sources, and a wrong file is told from a right one."""

import pytest

from safelight.kernel.errors import Invalid
from safelight.plan.parameters import parse_parameters, shipped_parameters

GOOD = """
[parameters]
id = "test"
version = "1"
title = "Made up"

[values.length_of_stay]
value = 25
unit = "minutes"
citation = "Assumption: made up"
low = 10
high = 40

[values.table]
value = [[0, 1.0], [500, 0.5]]
unit = "metres, share"
citation = "Assumption: made up"
"""


def test_a_figure_has_unit_source_and_limits() -> None:
    parameters = parse_parameters(GOOD)
    stay = parameters["length_of_stay"]
    assert (stay.value, stay.unit, stay.low, stay.high) == (25, "minutes", 10, 40)
    assert parameters.number("length_of_stay") == 25.0
    assert parameters["table"].value == [[0, 1.0], [500, 0.5]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[parameters", "cannot be read"),
        ("[parameters]\nid='a'\nversion='1'\ntitle='t'", "values"),
        (GOOD.replace('citation = "Assumption: made up"\nlow', "low"), "citation"),
        (GOOD.replace("unit =", "unti ="), "unti"),
    ],
    ids=["no TOML", "no values", "no source", "misspelt field"],
)
def test_a_wrong_file_is_refused(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        parse_parameters(text)


def test_a_figure_that_is_not_there_is_asked_for_by_name() -> None:
    with pytest.raises(Invalid, match="no 'speed'"):
        parse_parameters(GOOD)["speed"]


def test_a_table_is_no_number() -> None:
    with pytest.raises(Invalid, match="not a number"):
        parse_parameters(GOOD).number("table")


@pytest.mark.parametrize(
    "name", ["planning-capacity", "planning-need", "planning-siting", "planning-timetable"]
)
def test_every_shipped_figure_has_a_source(name: str) -> None:
    for figure in shipped_parameters(name).values.values():
        assert len(figure.citation) > 10
        assert figure.unit
        assert "not verified" not in figure.citation.lower()
