"""Maps drawn on the server as SVG: for readers without scripts, and for reports."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from safelight.web.plan.sketch import Projection, Sketch

# For reports, from few to many; the style sheet has the same for screens. Light to dark says it
# without colour too.
FILLS = ("#faf5d3", "#b5d3a3", "#60b192", "#00888f", "#005884", "#172764")
REPORT_STYLE = (
    ".sl-area{stroke:#fff;stroke-width:.6}.sl-area--none{fill:#c9d0d4}"
    ".sl-border{fill:none;stroke:#3f4b54;stroke-width:1.5}"
    ".sl-place-name{font:700 17px 'Libertinus Serif',serif;fill:#212b32;stroke:#fff;"
    "stroke-width:4;stroke-linejoin:round;paint-order:stroke;text-anchor:middle}"
    ".sl-pin{stroke:#fff;stroke-width:2.5}"
    ".sl-pin--building{fill:#8a1c5c}.sl-pin--mobile{fill:#b34700}"
    ".sl-pin__number{font:700 16px 'Libertinus Serif',serif;fill:#fff;text-anchor:middle}"
    + "".join(f".sl-area--{number}{{fill:{fill}}}" for number, fill in enumerate(FILLS))
)
NEAR, LETTER, LINE = 22, 9, 34  # a mark's reach, a letter's width, from a mark to a name below it


class Pin(NamedTuple):
    """A site on a map."""

    number: int
    kind: str  # 'building' or 'mobile'
    lon: float
    lat: float
    name: str


def areas_map(
    sketch: Sketch,
    colours: Mapping[str, int],
    *,
    pins: Iterable[Pin] = (),
    link: Callable[[str], str] | None = None,
    style: str = "",
) -> Markup:
    """Return a map of areas in their classes; nothing where there are no outlines.

    ``link`` gives each area's address; ``style`` is put into a drawing that leaves the page.
    """
    frame = sketch.projection
    if frame is None:
        return Markup("")
    shown = list(pins)
    parts = [
        _open(frame),
        f"<style>{style}</style>" if style else "",
        *_areas(sketch, colours, link),
        *(f'<path class="sl-border" d="{one.path}"/>' for one in sketch.districts),
        *_names(sketch, frame, shown),
        *(_pin(pin, frame) for pin in shown),
        "</svg>",
    ]
    # Every text above is escaped, or a number or a path of our own making.
    return Markup("".join(parts))  # noqa: S704


def _open(frame: Projection) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="sl-mapdrawing" role="img" '
        'aria-label="Map; the numbers are in the tables." '
        f'viewBox="0 0 {frame.width:.0f} {frame.height:.0f}">'
    )


def _areas(
    sketch: Sketch, colours: Mapping[str, int], link: Callable[[str], str] | None
) -> Iterable[str]:
    for area in sketch.areas:
        number = colours.get(area.code, -1)
        name = number if number >= 0 else "none"
        path = f'<path class="sl-area sl-area--{name}" d="{area.path}"/>'
        # The table beside the map leads to the same pages, so the keyboard passes the map by.
        yield f'<a href="{escape(link(area.code))}" tabindex="-1">{path}</a>' if link else path


def _names(sketch: Sketch, frame: Projection, pins: Sequence[Pin]) -> Iterable[str]:
    marks = [frame.at(pin.lon, pin.lat) for pin in pins]
    for one in sketch.districts:
        if one.label:
            x, y = frame.at(*one.label)
            wide = NEAR + LETTER * len(one.name) / 2
            # A name that a site would cover stands below the lowest of those in its way.
            y = max([y, *(v + LINE for u, v in marks if abs(u - x) < wide and abs(v - y) < NEAR)])
            yield f'<text class="sl-place-name" x="{x:.1f}" y="{y:.1f}">{escape(one.name)}</text>'


def _pin(pin: Pin, frame: Projection) -> str:
    x, y = frame.at(pin.lon, pin.lat)
    shape = (
        f'<rect class="sl-pin sl-pin--building" x="{x - 13:.1f}" y="{y - 13:.1f}" '
        'width="26" height="26" rx="3"/>'
        if pin.kind == "building"
        else f'<circle class="sl-pin sl-pin--mobile" cx="{x:.1f}" cy="{y:.1f}" r="14"/>'
    )
    text = f'<text class="sl-pin__number" x="{x:.1f}" y="{y + 5:.1f}">{pin.number}</text>'
    return f"<g><title>{escape(pin.name)}</title>{shape}{text}</g>"
