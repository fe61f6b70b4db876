"""Estimates beside each other: a dot for each, a line for its interval. The table says the same."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from markupsafe import Markup, escape

from safelight.web.plan.measure import plain

WIDTH, ROW, TOP, LEFT, RIGHT, FOOT = 640, 40, 8, 190, 60, 34
MOST_TICKS = 5  # beside nought
NICE = (1, 2, 5, 10)


class Bar(NamedTuple):
    """One method: its estimate, with the ends of its interval where it has one."""

    label: str
    value: float
    lower: float | None = None
    upper: float | None = None


def interval_chart(title: str, bars: Sequence[Bar], identifier: str) -> Markup:
    """Return dots on one scale from nought, with lines for intervals."""
    ticks = axis(max((max(bar.value, bar.upper or 0) for bar in bars), default=0))
    top = ticks[-1]
    height = TOP + ROW * len(bars) + FOOT
    parts = [
        (
            f'<svg class="sl-chart sl-chart--beside" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-labelledby="{escape(identifier)}-title">'
        ),
        f'<title id="{escape(identifier)}-title">{escape(title)}; the table says the same.</title>',
        *_grid(ticks, height),
    ]
    for number, bar in enumerate(bars):
        parts += _bar(bar, TOP + ROW * number + ROW / 2, top)
    # Every text above is escaped or a number of our own.
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704


def axis(highest: float) -> list[float]:
    """Return the ticks of a scale: round steps from nought to what is not below the highest."""
    if highest <= 0:
        return [0.0, 1.0]
    unit = 10.0 ** (floor(log10(highest)) - 1)
    steps = (nice * unit * ten for ten in (1, 10) for nice in NICE)
    step = next(step for step in steps if step * MOST_TICKS >= highest)
    return [step * number for number in range(ceil(highest / step) + 1)]


def _x(value: float, top: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * value / top


def _grid(ticks: Sequence[float], height: float) -> list[str]:
    lines = []
    for value in ticks:
        x = _x(value, ticks[-1])
        lines.append(
            f'<line class="sl-chart__grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" '
            f'y2="{height - FOOT}"/><text class="sl-chart__tick" x="{x:.1f}" '
            f'y="{height - FOOT + 22}" text-anchor="middle">{plain(value)}</text>'
        )
    return lines


def _bar(bar: Bar, y: float, top: float) -> list[str]:
    x = _x(bar.value, top)
    parts = [
        (
            f'<text class="sl-chart__label" x="{LEFT - 12}" y="{y + 5:.1f}" '
            f'text-anchor="end">{escape(bar.label)}</text>'
        )
    ]
    if bar.lower is not None and bar.upper is not None:
        parts.append(
            f'<line class="sl-chart__interval" x1="{_x(bar.lower, top):.1f}" '
            f'x2="{_x(bar.upper, top):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
    parts.append(f'<circle class="sl-chart__dot" cx="{x:.1f}" cy="{y:.1f}" r="7"/>')
    return parts
