"""Numbers, classes and words of a map."""

from math import isnan, nan
from pathlib import Path

import pytest

from safelight.web.plan.measure import (
    NOWHERE,
    QUANTITIES,
    TOP,
    TOP_BREAKS,
    breaks,
    chance,
    class_of,
    coloured,
    estimate,
    legend,
    plain,
    shown,
    three,
    told,
)
from safelight.web.plan.outcome import distance, percent, short_money
from safelight.web.plan.sketch import Sketch
from tests.support.shores import AREA_COUNT, shore_sketch, shore_table


@pytest.fixture
def sketch(tmp_path: Path) -> Sketch:
    return shore_sketch(tmp_path)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.1234, "0.123"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.5, "1,234"),
        (10, "10"),
        (nan, "–"),
    ],
)
def test_a_number_has_three_figures_at_most(value: float, words: str) -> None:
    assert plain(value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.0123, "0.012"),
        (0.12, "0.120"),
        (0.9996, "1.00"),
        (8.8, "8.80"),
        (9.999, "10.0"),
        (30, "30.0"),
        (99.96, "100"),
        (1234.5, "1,234"),
        (nan, "–"),
    ],
)
def test_numbers_of_one_column_have_just_three_figures(value: float, words: str) -> None:
    assert three(value) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, ""),
        (0, "under 1%"),
        (0.01, "1%"),
        (0.954, "95%"),
        (0.99, "99%"),
        (1, "over 99%"),
    ],
)
def test_what_never_happened_in_the_draws_is_not_called_impossible(
    share: float | None, words: str
) -> None:
    assert chance(share) == words


def test_the_legend_counts_every_area_that_has_a_number() -> None:
    of = [class_of(value, (2.0, 3.0)) for value in (1.0, 2.0, 2.5, 3.0, 9.0, nan)]
    assert of == [0, 1, 1, 2, 2, NOWHERE]
    assert [(each.words, each.areas) for each in legend(of, (2.0, 3.0), "estimate")] == [
        ("Under 2", 1),
        ("2 to 3", 2),
        ("3 or more", 2),
    ]


def test_limits_between_classes_are_round_and_leave_no_class_empty() -> None:
    values = [0.0] * 8 + [1.234, 5.678]
    limits = breaks(values, "estimate")
    of = [class_of(value, limits) for value in values]
    assert all(each.areas for each in legend(of, limits, "estimate"))
    assert breaks([nan], "estimate") == ()
    assert breaks(values, TOP) == TOP_BREAKS


def test_a_rate_is_the_count_for_so_many_residents(sketch: Sketch) -> None:
    area, deaths = sketch.areas[3], QUANTITIES["deaths"]
    rate = estimate(area, deaths, "rate")
    assert rate is not None
    assert rate.upper == pytest.approx(area.deaths.upper / area.population * 100_000)
    assert estimate(area, deaths, "count") == area.deaths


def test_an_area_where_nobody_lives_has_no_rate(tmp_path: Path) -> None:
    frame = shore_table().assign(population=[0.0, *[1000.0] * (AREA_COUNT - 1)])
    sketch = shore_sketch(tmp_path, frame)
    values = [coloured(area, shown({}, sketch)) for area in sketch.areas]
    assert [isnan(value) for value in values] == [True, *[False] * (AREA_COUNT - 1)]
    assert told(estimate(sketch.areas[0], QUANTITIES["deaths"], "rate"))[1] == "nobody lives here"


def test_what_does_not_exist_is_shown_as_the_usual(sketch: Sketch) -> None:
    assert shown({"measure": "x", "scale": "y", "view": "z"}, sketch) == shown({}, sketch)


def test_chances_are_offered_only_where_the_table_has_draws(tmp_path: Path) -> None:
    without = shore_sketch(tmp_path, shore_table().drop(columns="deaths_draws"))
    assert shown({"view": "top"}, without).view == "estimate"


def test_a_map_can_be_coloured_by_how_sure_it_is(sketch: Sketch) -> None:
    area = sketch.areas[0]
    assert coloured(area, shown({"view": "top"}, sketch)) == area.chance
    width = (area.deaths.upper - area.deaths.lower) / area.deaths.mean
    assert coloured(area, shown({"view": "width"}, sketch)) == pytest.approx(width)


@pytest.mark.parametrize(
    ("pounds", "words"),
    [(None, "–"), (0, "£0"), (950, "£950"), (10_000, "£10k"), (2_386_825, "£2.39m")],
)
def test_an_amount_fits_a_narrow_column(pounds: float | None, words: str) -> None:
    assert short_money(pounds) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(None, "–"), (0, "0%"), (0.00004, "0.004%"), (0.0247, "2.47%"), (0.431, "43%"), (1, "100%")],
)
def test_a_share_that_is_nearly_nought_is_not_called_nought(
    share: float | None, words: str
) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(
    ("metres", "words"), [(None, "–"), (850.4, "850 m"), (12_345, "12.3 km"), (float("inf"), "–")]
)
def test_a_distance_is_told_in_metres_or_kilometres(metres: float | None, words: str) -> None:
    assert distance(metres) == words
