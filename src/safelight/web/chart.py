"""Charts drawn on the server as SVG: they need no script, print, and take the page's colours."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple

from markupsafe import Markup, escape

WIDTH, HEIGHT = 720, 280
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 20, 52
GRID_LINES = 4
BAR_SHARE = 0.72
NICE_STEPS = (1, 2, 2.5, 5, 10)


class Bar(NamedTuple):
    """One bar: what stands under it, and how high it is."""

    label: str
    value: int


def bar_chart(
    title: str, bars: Sequence[Bar], identifier: str, *, by: str = "month", top: int = 0
) -> Markup:
    """Return a bar chart. The table beside it says the same, so it is described, not read out.

    ``top`` is where the axis ends if the highest possible value is known.
    """
    top = top or nice_top(max((bar.value for bar in bars), default=0))
    description = f"{title}, by {by}; the numbers are in the table below."
    parts = [
        (
            f'<svg class="sl-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-labelledby="{escape(identifier)}-title {escape(identifier)}-text">'
        ),
        f'<title id="{escape(identifier)}-title">{escape(title)}</title>',
        f'<desc id="{escape(identifier)}-text">{escape(description)}</desc>',
        *_grid(top),
        *_bars(bars, top),
        "</svg>",
    ]
    # Every text above is escaped or a number of our own.
    return Markup("".join(parts))  # noqa: S704


def nice_top(highest: int) -> int:
    """Return the top of an axis: a round number, at least as high as the highest bar."""
    if highest <= GRID_LINES:
        return GRID_LINES
    unit = float(10 ** floor(log10(highest / GRID_LINES)))
    step = next(n * unit for n in NICE_STEPS if n * unit * GRID_LINES >= highest)
    return ceil(step * GRID_LINES)


def _grid(top: int) -> list[str]:
    lines = []
    for number in range(GRID_LINES + 1):
        value = top * number / GRID_LINES
        y = _y(value, top)
        lines.append(
            f'<line class="sl-chart__grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
            f'<text class="sl-chart__tick" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">'
            f"{value:,.0f}</text>"
        )
    return lines


def _bars(bars: Sequence[Bar], top: int) -> list[str]:
    room = (WIDTH - LEFT - RIGHT) / max(1, len(bars))
    width = room * BAR_SHARE
    drawn = []
    for number, bar in enumerate(bars):
        x = LEFT + room * number + (room - width) / 2
        y = _y(bar.value, top)
        middle = x + width / 2
        drawn.append(
            f'<rect class="sl-chart__bar" x="{x:.1f}" y="{y}" width="{width:.1f}" '
            f'height="{HEIGHT - BOTTOM - y:.1f}"/>'
            f'<text class="sl-chart__value" x="{middle:.1f}" y="{y - 4}" text-anchor="middle">'
            f"{bar.value:,}</text>"
            f'<text class="sl-chart__label" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">'
            f"{_lines(bar.label, middle)}</text>"
        )
    return drawn


def _lines(label: str, middle: float) -> str:
    """Return the words of a label one under the other."""
    return "".join(
        f'<tspan x="{middle:.1f}" dy="{19 if number else 0}">{escape(word)}</tspan>'
        for number, word in enumerate(label.split())
    )


def _y(value: float, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top, 1)
