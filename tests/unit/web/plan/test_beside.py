"""Estimates beside each other on one scale."""

import pytest

from safelight.web.plan.beside import Bar, axis, interval_chart


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, [0, 1]),
        (0.034, [0, 0.01, 0.02, 0.03, 0.04]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (2.97, [0, 1, 2, 3]),
        (5.1, [0, 2, 4, 6]),
        (10, [0, 2, 4, 6, 8, 10]),
        (101, [0, 50, 100, 150]),
    ],
)
def test_a_scale_goes_in_round_steps_as_far_as_it_must(highest: float, ticks: list[float]) -> None:
    assert axis(highest) == pytest.approx(ticks)


def test_every_estimate_is_in_the_drawing_with_its_interval() -> None:
    drawing = interval_chart("Deaths <a year>", [Bar("This", 1.8, 1.0, 3.0), Bar("That", 0.7)], "x")
    assert (drawing.count("sl-chart__dot"), drawing.count("sl-chart__interval")) == (2, 1)
    assert "Deaths &lt;a year&gt;" in drawing
