"""Where the need is: a map with intervals, the districts, and every area in a table."""

from math import inf, isfinite
from typing import NamedTuple

from django.http import HttpResponse
from django.views.decorators.gzip import gzip_page

from safelight.web.plan.draw import areas_map
from safelight.web.plan.files import send
from safelight.web.plan.frame import PLANNERS, here, over_a_table, plan_context, table_choices
from safelight.web.plan.measure import (
    NOWHERE,
    QUANTITIES,
    SCALES,
    Shown,
    breaks,
    chance,
    class_of,
    coloured,
    estimate,
    legend,
    shown,
    told,
    views,
)
from safelight.web.plan.shelf import Shelved, can_make
from safelight.web.plan.sketch import CSV, DRAWING, GEOJSON, Sketch
from safelight.web.policy import address, page
from safelight.web.ports import PageRequest
from safelight.web.render import render


class AreaRow(NamedTuple):
    """One area as the table shows it, and the map."""

    code: str
    name: str
    district: str
    colour: int
    mean: str
    interval: str
    chance: str
    population: str


class DistrictRow(NamedTuple):
    """One district: its areas together."""

    name: str
    areas: int
    population: str
    mean: str
    interval: str
    likely: int


@page("plan", PLANNERS, "plan")
@gzip_page
@over_a_table
def need(request: PageRequest, table: Shelved) -> HttpResponse:
    """Show the map of need; without scripts it is a picture with the same table below."""
    sketch = table.sketch
    what = shown(request.GET, sketch)
    values = [coloured(area, what) for area in sketch.areas]
    limits = breaks(values, what.view)
    of = [class_of(value, limits) for value in values]
    context = plan_context(
        "need",
        table=table,
        sketch=sketch,
        can_make=can_make(request.services.desk),
        tables=table_choices(request),
        what=what,
        quantities={key: each.title for key, each in QUANTITIES.items()},
        scales=SCALES,
        views=views(sketch),
        legend=legend(of, limits, what.view),
        nowhere=of.count(NOWHERE),
        areas=area_rows(sketch, what, values, of),
        districts=district_rows(sketch, what),
        whole=told(estimate(sketch.whole, what.quantity, what.scale)),
        picture=areas_map(
            sketch,
            {area.code: number for area, number in zip(sketch.areas, of, strict=True)},
            link=lambda code: address("plan-area", code) + here(table),
        ),
    )
    return render(request, "plan/need.html", context)


@page("plan/need.csv", PLANNERS, "plan-need-csv")
@over_a_table
def need_csv(_: PageRequest, table: Shelved) -> HttpResponse:
    """Send the whole table, less its draws."""
    return send(table.folder / CSV, f"safelight-need-{table.sketch.region}.csv")


@page("plan/need.geojson", PLANNERS, "plan-need-geojson")
@gzip_page
@over_a_table
def need_geojson(_: PageRequest, table: Shelved) -> HttpResponse:
    """Send the areas with everything that the table says of them."""
    return send(table.folder / GEOJSON, f"safelight-need-{table.sketch.region}.geojson")


@page("plan/areas.geojson", PLANNERS, "plan-areas")
@gzip_page
@over_a_table
def areas(_: PageRequest, table: Shelved) -> HttpResponse:
    """Send the outlines that the map draws."""
    return send(table.folder / DRAWING)


def area_rows(sketch: Sketch, what: Shown, values: list[float], of: list[int]) -> list[AreaRow]:
    """Return the areas, highest first."""
    found = []
    for area, value, number in zip(sketch.areas, values, of, strict=True):
        row = AreaRow(
            area.code,
            area.name,
            area.district,
            number,
            *told(estimate(area, what.quantity, what.scale)),
            chance=chance(area.chance),
            population=f"{area.population:,.0f}",
        )
        found.append((value if isfinite(value) else -inf, row))
    return [row for _, row in sorted(found, key=lambda each: -each[0])]


def district_rows(sketch: Sketch, what: Shown) -> list[DistrictRow]:
    """Return the districts, highest first."""
    found = []
    for one in sketch.districts:
        ends = estimate(one, what.quantity, what.scale)
        people = f"{one.population:,.0f}"
        row = DistrictRow(one.name, one.areas, people, *told(ends), likely=one.likely)
        found.append((ends.mean if ends else -inf, row))
    return [row for _, row in sorted(found, key=lambda each: -each[0])]
